"""Identifiers of patients and practitioners that ingestion could join to nobody.

Belongs here: one check a kind and reason. None of them holds a night back. Does not belong here: references
to keys that no feed has (``raw_references``), which such identifiers become.
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Drill, NoRows
from expectations.consequences import FeedConsequence

_COSTS: Final = {
    "patient": "minutes have the disposition unknown_patient, visits, scores and claims are nobody's",
    "practitioner": "minutes have the disposition unknown_staff, visits and claims are nobody's",
}
_REASONS: Final = {
    "unknown": (
        "lead to nobody: neither the crosswalk nor a resource has them. They stay as they came: {cost}.",
        "Add rows to the crosswalk in the landing folder identity, or have the source send them; the lake's "
        "reference table unjoined_identifier names feed, column, system and number of rows.",
    ),
    "ambiguous": (
        "lead to two, and are joined to neither. They stay as they came: {cost}.",
        "Correct the crosswalk, or have the source say which of its two resources is the one; the lake's "
        "reference table unjoined_identifier names feed, column, system and number of rows.",
    ),
    "chained": (
        "lead in the crosswalk to an id that the crosswalk joins to another one. Each row is taken as it is, "
        "and no further: of three records of one person two stay apart, and minutes and scores with them.",
        "Where such rows are merges that followed each other, name the record that stands in each of them. "
        "Where two sites count in the same numbers, state their systems in the profile and the crosswalk.",
    ),
}


def checks(consequences: Mapping[str, FeedConsequence]) -> list[Check]:
    """Return the checks.

    Args:
        consequences: what each feed costs when it is missing, by feed.
    """
    return [
        Check(
            layer="raw",
            table_name="unjoined_identifier",
            name=f"no_{kind}_is_{reason}",
            rule=NoRows(_unjoined(kind, reason)),
            severity="warning",
            owner=consequences[kind].owner,
            what_it_means=f"Identifiers of {kind}s {means.format(cost=cost)}",
            what_to_do=do,
            affected_marts=consequences[kind].affected_marts,
            is_about_emptiness=True,
            drill=Drill(_unjoined(kind, reason), cause="feed and column"),
        )
        for kind, cost in _COSTS.items()
        for reason, (means, do) in _REASONS.items()
    ] + [
        Check(
            layer="raw",
            table_name="unjoined_identifier",
            name="no_appointment_is_ambiguous",
            rule=NoRows(_unjoined("appointment", "ambiguous")),
            severity="warning",
            owner=consequences["appointment"].owner,
            what_it_means=(
                "Messages name an appointment by the placer's number alone, and other messages give that "
                "number to several of the filler's numbers or to several patients. They stand as an "
                "appointment of their own: one visit may count as two."
            ),
            what_to_do=(
                "Have the scheduler send its own number (SCH-2) in each message. Where two of them count in "
                "the same numbers, add rows for appointment_scope to seeds/siu_source.csv."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            is_about_emptiness=True,
        ),
        Check(
            layer="raw",
            table_name="unjoined_identifier",
            name="every_system_of_the_crosswalk_is_in_use",
            rule=NoRows(
                "select system as cause, unnest(range(rows)) as number from unjoined_identifier "
                "where reason = 'unused'"
            ),
            severity="info",
            owner=consequences["patient"].owner,
            what_it_means=(
                "Rows of the crosswalk name a system that no resource carries and that the profile states "
                "for no feed: they join nobody. Where the system is misspelled, one person stays two."
            ),
            what_to_do=(
                "Compare the system with those of the resources and of the profile, sign by sign; the ids of "
                "resources themselves are fhir, in small letters. Rows for sources to come may stay."
            ),
            affected_marts=consequences["patient"].affected_marts,
            is_about_emptiness=True,
        ),
    ]


def _unjoined(kind: str, reason: str) -> str:
    return (
        "select feed || '.' || column_name as cause, unnest(range(rows)) as number "  # noqa: S608
        f"from unjoined_identifier where kind = '{kind}' and reason = '{reason}'"
    )
