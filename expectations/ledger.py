"""The minute ledger: no second of an entry is lost, none is counted twice.

Belongs here: what segments owe to entries and to each other; each test is one aggregate over the ledger.
Does not belong here: whether a rule was applied rightly (the models' tests), and the months (``months``).
"""

from typing import Final

from expectations.check import Check, Drill, InSet, NoRows, must_hold

SEGMENT: Final = "fct_minute_segment"
LEDGER: Final = ("fct_minute_segment", "fct_patient_month", "fct_claim_candidate", "fct_claim_evidence")
DISPOSITIONS: Final = (
    "voided",
    "duplicate",
    "future_dated",
    "unknown_patient",
    "unknown_staff",
    "no_episode",
    "after_death",
    "outside_consent",
    "unqualified_staff",
    "not_countable_activity",
    "billed_separately",
    "facility_stay",
    "staff_overlap",
    "patient_overlap",
    "credited",
)

# The marts show what is known now; int_entry holds the entries as known at each closing day besides.
_SECONDS_OF_ENTRIES: Final = """
with entry as (
    select entry_id, worked_seconds from int_entry where knowledge_id = 'current'
),
segment as (
    select entry_id, sum(seconds) as seconds from fct_minute_segment group by entry_id
)
select coalesce(entry.entry_id, segment.entry_id) as row_key
from entry
full outer join segment on entry.entry_id = segment.entry_id
where coalesce(entry.worked_seconds, 0) <> coalesce(segment.seconds, 0)
"""

_GAPS: Final = """
select entry_id as row_key
from fct_minute_segment
group by entry_id
having sum(seconds) <> date_diff('second', min(started_at), max(ended_at))
"""

_SECONDS_OF_SEGMENTS: Final = """
select entry_id as row_key
from fct_minute_segment
where seconds is null or seconds <= 0 or seconds <> date_diff('second', started_at, ended_at)
"""

# Sorted by start, an overlap anywhere is an overlap of two neighbours somewhere.
_STAFF_TWICE: Final = """
with credited as (
    select
        entry_id,
        started_at,
        lag(ended_at) over (partition by staff_id order by started_at, ended_at) as former_ended_at
    from fct_minute_segment
    where disposition = 'credited'
)
select entry_id as row_key from credited where started_at < former_ended_at
"""

# The later segment's policy decides: it may count a moment that somebody else has claimed already. Only
# patients with an overlap are looked at so closely: whether two neighbours meet is cheaper to see.
_PATIENT_TWICE: Final = """
with neighbour as (
    select
        patient_id,
        started_at,
        lag(ended_at) over (partition by patient_id order by started_at, ended_at) as former_ended_at
    from fct_minute_segment
    where disposition = 'credited'
),
policy as (
    select policy_version, bool_or(cast(counts_concurrent_staff as boolean)) as counts_both
    from payer_policy
    group by policy_version
),
credited as (
    select
        entry_id,
        started_at,
        rule_version,
        max(ended_at) over (
            partition by patient_id order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as former_ended_at
    from fct_minute_segment
    where disposition = 'credited'
        and patient_id in (select patient_id from neighbour where started_at < former_ended_at)
)
select credited.entry_id as row_key
from credited
left join policy on credited.rule_version = policy.policy_version
where credited.started_at < credited.former_ended_at and not coalesce(policy.counts_both, false)
"""

_UNFOUNDED: Final = """
select segment.entry_id as row_key
from fct_minute_segment as segment
where segment.disposition is null
    or (
        segment.disposition = 'credited'
        and (
            segment.patient_id is null
            or segment.staff_id is null
            or segment.episode_id is null
            or segment.program is null
            or segment.rule_version is null
            or segment.rule_version not in (select policy_version from payer_policy)
        )
    )
"""

_UNNAMED_WINNER: Final = """
select segment.entry_id as row_key
from fct_minute_segment as segment
where (segment.disposition in ('staff_overlap', 'patient_overlap')) <> (segment.lost_to_entry_id is not null)
    or segment.lost_to_entry_id = segment.entry_id
"""


def checks() -> list[Check]:
    """Return the checks of the segments."""
    return [
        must_hold(
            SEGMENT,
            "no_second_of_an_entry_is_lost_or_doubled",
            NoRows(_SECONDS_OF_ENTRIES),
            means=(
                "Segments of a time entry do not add up to the time that was worked: minutes were "
                "lost or made up."
            ),
            do=(
                "Compare int_entry with fct_minute_segment for one such entry, and follow it "
                "through the ledger."
            ),
            affected_marts=LEDGER,
            subjects=("int_entry", SEGMENT),
            key="entry_id",
        ),
        must_hold(
            SEGMENT,
            "segments_of_an_entry_leave_no_gap",
            NoRows(_GAPS),
            means="The segments of an entry do not cover it from its first to its last second once.",
            do="Look at one such entry's segments in order of start; a border differs on its two sides.",
            affected_marts=LEDGER,
            key="entry_id",
        ),
        must_hold(
            SEGMENT,
            "seconds_are_the_length_of_the_segment",
            NoRows(_SECONDS_OF_SEGMENTS),
            means="A segment's seconds are not the time between its start and its end.",
            do="Look at how the ledger's last model cuts segments, and at fractions of seconds in staging.",
            affected_marts=LEDGER,
            key="entry_id",
        ),
        must_hold(
            SEGMENT,
            "no_second_of_a_staff_member_is_credited_twice",
            NoRows(_STAFF_TWICE),
            means="The same time of one staff member was credited twice: it would be billed twice.",
            do="Look at the rule staff_overlap for one such staff member and day.",
            affected_marts=LEDGER,
            key="entry_id",
        ),
        must_hold(
            SEGMENT,
            "no_second_of_a_patient_is_credited_twice",
            NoRows(_PATIENT_TWICE),
            means=(
                "Two staff members' time at one moment was credited to a patient whose payer does "
                "not count both."
            ),
            do=(
                "Look at the rule patient_overlap for one such patient and day, and at "
                "counts_concurrent_staff."
            ),
            affected_marts=LEDGER,
            key="entry_id",
        ),
        must_hold(
            SEGMENT,
            "disposition_is_one_of_the_list",
            InSet("disposition", DISPOSITIONS),
            means=(
                "A segment has a disposition that nobody has defined: its minutes are neither "
                "counted nor explained."
            ),
            do="Compare the ledger's models with seeds/disposition.csv.",
            affected_marts=LEDGER,
        ),
        must_hold(
            SEGMENT,
            "credited_time_has_person_episode_and_rule",
            NoRows(_UNFOUNDED),
            means=(
                "Credited time lacks patient, staff member, episode or payer rule: nobody could "
                "defend the claim."
            ),
            do="Look at one such segment: the first model that loses the column is at fault.",
            affected_marts=LEDGER,
            key="entry_id",
        ),
        Check(
            layer="marts",
            table_name=SEGMENT,
            name="lost_time_names_the_entry_it_was_lost_to",
            rule=NoRows(_UNNAMED_WINNER),
            severity="warning",
            owner="data_engineering",
            what_it_means="Time lost to another entry does not say to which, or names one without need.",
            what_to_do="Look at lost_to_entry_id in the ledger's overlap models.",
            affected_marts=(SEGMENT,),
            drill=Drill(_UNNAMED_WINNER, key="entry_id"),
        ),
    ]
