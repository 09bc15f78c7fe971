"""Codes and names that the rules do not know: payers, activities, instruments, procedures, time zones.

Belongs here: one check a column that is looked up in a seed. None of them holds a night back.
Does not belong here: codes that ingestion translates (``raw_deliveries``) and closed lists (refused at the
door).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from expectations.check import NOBODY, Check, Drill, NoRows, is_latest, is_standing
from expectations.consequences import FeedConsequence
from orchestration.feeds.contract import Contract, Feed

# The seeds that codes are looked up in, with the column that lists them.
CODE_LISTS: Final[Mapping[str, str]] = {
    "payer_policy": "payer_id",
    "activity_type": "activity_code",
    "assessment_instrument": "instrument",
    "procedure_code": "procedure_code",
}


@dataclass(frozen=True)
class _Lookup:
    feed: str
    column: str
    known: str
    owner: str
    what_it_means: str
    what_to_do: str
    is_payer: bool = False
    read_as: str = ""


def _listed(seed: str) -> str:
    column = CODE_LISTS[seed]
    return f"select {column} from {seed} where {column} is not null"  # noqa: S608


WITHOUT_MODIFIERS: Final = (
    "upper(case when (length(procedure_code) between 6 and 11 or length(procedure_code) in (14, 17)) "
    "and substring(procedure_code, 6, 1) in ('-', ' ', ':', '.', ',', '/') "
    "then left(procedure_code, 5) else procedure_code end)"
)
"""A code as ``stg_feed__claim_line`` reads it."""

_LOOKUPS: Final = (
    _Lookup(
        feed="coverage",
        column="payer_id",
        known=_listed("payer_policy"),
        owner="billing",
        what_it_means=(
            "Coverage names a payer without a policy: its months are judged by the default "
            "policy, with unknown rates."
        ),
        what_to_do="Add the payer to seeds/payer_policy.csv with its rules and their source.",
        is_payer=True,
    ),
    _Lookup(
        feed="claim_line",
        column="payer_id",
        known=_listed("payer_policy"),
        owner="billing",
        what_it_means=(
            "Claim lines name a payer without a policy, so it cannot be told whether they keep to its rules."
        ),
        what_to_do="Add the payer to seeds/payer_policy.csv with its rules and their source.",
        is_payer=True,
    ),
    _Lookup(
        feed="care_activity",
        column="activity_code",
        known=_listed("activity_type"),
        owner="care_management",
        what_it_means=(
            "Time entries carry an activity that the rules do not know: their minutes are "
            "not_countable_activity."
        ),
        what_to_do=(
            "Correct the code in the source, or add it to seeds/activity_type.csv and say whether it counts."
        ),
    ),
    _Lookup(
        feed="assessment",
        column="instrument",
        known=_listed("assessment_instrument"),
        owner="care_management",
        what_it_means=(
            "Scores of an instrument that the rules do not know prove no validated scale and are "
            "in no result."
        ),
        what_to_do=(
            "Correct the name in the source, or add the instrument to seeds/assessment_instrument.csv."
        ),
    ),
    _Lookup(
        feed="claim_line",
        column="procedure_code",
        known=_listed("procedure_code"),
        owner="billing",
        what_it_means=(
            "Claim lines of a code that the rules do not know belong to no family: they exclude "
            "and reconcile nothing."
        ),
        what_to_do=(
            "Nothing for codes that have no part in integrated care; else add the code to "
            "seeds/procedure_code.csv."
        ),
        read_as=WITHOUT_MODIFIERS,
    ),
    _Lookup(
        feed="team",
        column="time_zone",
        known="select time_zone from zone_offset_utc where time_zone is not null",
        owner="practice_operations",
        what_it_means=(
            "A team's time zone is not an IANA name: its local times use the configured default zone."
        ),
        what_to_do="Have the team sent with a name such as America/New_York.",
    ),
)


def checks(
    contract: Contract,
    consequences: Mapping[str, FeedConsequence],
    unmapped_share: float,
    unknown_payer_share: float,
) -> list[Check]:
    """Return one check a looked-up column; its cause is the code, which only ``identified/`` spells out.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
        unmapped_share: share of rows (0 to 1) with an unknown code above which a finding is a warning.
        unknown_payer_share: the same for payers.
    """
    return [
        Check(
            layer="raw",
            table_name=lookup.feed,
            name=f"{lookup.column}_has_a_rule",
            rule=NoRows(_unknown(lookup, contract.feeds[lookup.feed])),
            severity="warning",
            severity_within_threshold="info",
            threshold=unknown_payer_share if lookup.is_payer else unmapped_share,
            owner=lookup.owner,
            what_it_means=lookup.what_it_means,
            what_to_do=lookup.what_to_do,
            affected_marts=consequences[lookup.feed].affected_marts,
            drill=Drill(
                _unknown(lookup, contract.feeds[lookup.feed]),
                key=lookup.column,
                cause=lookup.column.removesuffix("_id").replace("_", " "),
                names=NOBODY,
            ),
        )
        for lookup in _LOOKUPS
    ]


def _unknown(lookup: _Lookup, feed: Feed) -> str:
    """Rows that count (latest version, neither withdrawn nor deleted) and carry a code that no rule knows."""
    return (
        f"with unknown as (select * from {feed.name} "  # noqa: S608
        f"where {is_standing(feed.void)} and {lookup.column} is not null "
        f"and {lookup.read_as or lookup.column} not in ({lookup.known})) "
        f"select {lookup.column} as cause, {lookup.column} as row_key, _source_file as place "
        f"from unknown where {is_latest(feed.name, feed.key, 'unknown')}"
    )
