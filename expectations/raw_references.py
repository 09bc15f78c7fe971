"""References between feeds: a key that another feed does not have, and a visit that names nobody.

Dimensions arrive late, so a miss never stops a row or a night: it is a finding that says what it costs.
Belongs here: one check a reference of the contract, and visits without a practitioner, who may be left out.
Does not belong here: codes of the rules (``raw_codes``).
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Drill, NoRows, is_latest, is_standing
from expectations.consequences import FeedConsequence
from orchestration.feeds.contract import Contract, Feed

TEAM_KEY: Final = "team_id"
TEAM_NAMES: Final = (
    f"select {TEAM_KEY} as cause, arg_max(team_name, _delivered_on) as name from team "  # noqa: S608
    f"where {TEAM_KEY} is not null group by {TEAM_KEY}"
)
WHAT_IT_COSTS: Final[Mapping[tuple[str, str], str]] = {
    ("care_activity", "patient_id"): (
        "Their minutes have the disposition unknown_patient and are not credited."
    ),
    ("care_activity", "staff_id"): "Their minutes have the disposition unknown_staff and are not credited.",
    ("care_activity", "encounter_id"): (
        "Their time zone is taken from the staff member's team instead of the visit."
    ),
    ("case_review", "psychiatric_consultant_id"): (
        "The reviews prove no psychiatric review, so claims are held."
    ),
    ("claim_line", "encounter_id"): "The claim lines cannot be opened to the visit they were billed for.",
    ("condition", "encounter_id"): "The diagnoses cannot be opened to the visit they were made in.",
    ("consent", "billing_practitioner_id"): (
        "The consents cannot be opened to the practitioner they were given to."
    ),
    ("coverage", "patient_id"): (
        "The coverages pay for nobody; a patient they belong to has the default policy."
    ),
    ("encounter", "practitioner_id"): "The visits take no time out of the ledger as billed separately.",
    ("encounter", "team_id"): "The visits have no team, so their local date is told by the next best zone.",
    ("episode", "billing_practitioner_id"): "The check billing_practitioner fails, so claims are held.",
    ("episode", "care_manager_id"): "Registry and near-miss list show a care manager who is not known.",
    ("episode", "patient_id"): "The episodes enrol nobody: minutes of these patients are unknown_patient.",
    ("episode", "team_id"): (
        "Local dates, place of service and billing group of the episodes are told without their team."
    ),
    ("panel", "pcp_id"): "The patients belong to a provider who is on no scorecard.",
    ("staffing", "practitioner_id"): "The roles are held by nobody; minutes of such staff are unknown_staff.",
    ("staffing", "team_id"): "The roles count, but the local time of such staff is told without their team.",
}
BY_TARGET: Final[Mapping[str, str]] = {
    "encounter": "The rows cannot be opened to their visit.",
    "patient": "The rows belong to nobody and are in no result of a patient.",
    "practitioner": "The rows name somebody who is in no result of a practitioner.",
    "referral": "The rows cannot be followed back to the referral that led to them.",
    "slot": "The rows cannot be set beside the slot they were booked into.",
    "team": "The rows are in no result of a team, and their local time is told without it.",
}


def checks(
    contract: Contract, consequences: Mapping[str, FeedConsequence], orphan_share: float
) -> list[Check]:
    """Return one check a reference, and the one of visits.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
        orphan_share: share of rows (0 to 1) above which a finding is a warning.
    """
    of_references = [
        Check(
            layer="raw",
            table_name=feed.name,
            name=f"{column.name}_is_known",
            rule=NoRows(_orphans(feed, column.name, column.ref)),
            severity="warning",
            severity_within_threshold="info",
            threshold=orphan_share,
            owner=consequences[column.ref].owner,
            what_it_means=(
                f"Rows of {feed.name} name a {column.ref} that has not been delivered. "
                f"{WHAT_IT_COSTS.get((feed.name, column.name), BY_TARGET[column.ref])}"
            ),
            what_to_do=(
                f"Ask for the missing {column.ref} rows; the next night after they come puts "
                "everything right."
            ),
            affected_marts=consequences[feed.name].affected_marts,
            drill=_drill(feed, column.name, column.ref),
        )
        for feed in contract.feeds.values()
        for column in feed.columns
        if column.ref
    ]
    visits = contract.feeds["encounter"]
    return [*of_references, _visits(visits, consequences[visits.name], orphan_share)]


def _visits(feed: Feed, consequence: FeedConsequence, orphan_share: float) -> Check:
    nameless = (
        f"select visit.{TEAM_KEY} as cause, visit.encounter_id as row_key, visit._source_file as place "  # noqa: S608
        f"from {feed.name} as visit where not visit.is_deleted and visit.practitioner_id is null "
        "and visit.status = 'finished' and visit.encounter_class in ('ambulatory', 'virtual', 'home') "
        f"and {is_latest(feed.name, feed.key, 'visit')}"
    )
    return Check(
        layer="raw",
        table_name=feed.name,
        name="visits_have_a_practitioner",
        rule=NoRows(nameless),
        severity="warning",
        severity_within_threshold="info",
        threshold=orphan_share,
        owner=consequence.owner,
        what_it_means="Finished visits do not say who saw the patient: they are in nobody's day.",
        what_to_do="Have the visits sent again with their practitioner.",
        affected_marts=("fct_metric_value", *consequence.affected_marts),
        drill=Drill(nameless, key="encounter_id", cause="team", names=TEAM_NAMES),
    )


def _drill(feed: Feed, column: str, target: str) -> Drill:
    """Tell orphans apart by the team of the row, where one is known, and by the key that is not."""
    team, join = _team_of(feed, column)
    orphans = _orphans(
        feed,
        column,
        target,
        f"{team} as cause, orphan.{column} as row_key, orphan._source_file as place",
        join,
    )
    return Drill(orphans, key=column, cause="team" if team != "null" else None, names=TEAM_NAMES)


def _team_of(feed: Feed, column: str) -> tuple[str, str]:
    """The team of an orphan as SQL, and what has to be joined for it: its own, its patient's, its staff's."""
    columns = {one.name for one in feed.columns} - {column}
    if TEAM_KEY in columns:
        return f"orphan.{TEAM_KEY}", ""
    for own, held_by, key in (
        ("patient_id", "panel", "patient_id"),
        ("staff_id", "staffing", "practitioner_id"),
    ):
        if own in columns and feed.name != held_by:
            newest = (
                f"select {key}, arg_max({TEAM_KEY}, coalesce(effective_from, date '0001-01-01')) "  # noqa: S608
                f"as {TEAM_KEY} from {held_by} where not is_deleted group by {key}"
            )
            return f"held.{TEAM_KEY}", f"left join ({newest}) as held on orphan.{own} = held.{key} "
    return "null", ""


def _orphans(feed: Feed, column: str, target: str, selected: str = "1", join: str = "") -> str:
    """Rows that count (latest version, neither withdrawn nor deleted) and name a key that is not known."""
    return (
        f"with orphan as (select * from {feed.name} anti join known_{target} "  # noqa: S608
        f"on {feed.name}.{column} = known_{target}.known_key "
        f"where {is_standing(feed.void)} and {column} is not null) "
        f"select {selected} from orphan {join}where {is_latest(feed.name, feed.key, 'orphan')}"
    )
