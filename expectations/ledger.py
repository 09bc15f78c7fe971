"""The minute ledger: no second lost, none counted twice, and each month the sum of its segments.

Belongs here: what segments owe to entries, and months to segments. Each test is one aggregate over the
whole ledger.
Does not belong here: whether a rule was applied rightly (the models' tests) and claims (``claims``).
"""

from typing import Final

from expectations.check import Check, InSet, NoRows

OWNER: Final = "data_engineering"
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

# The marts show what is known now; the entries are kept as known at each closing day too.
_ENTRIES: Final = "select entry_id, worked_seconds from int_entry where knowledge_id = 'current'"

# Of segments in order of their start, one that begins before a former one has ended. Where neighbours do
# not overlap, none do.
_STAFF_TWICE: Final = """
with credited as (
    select
        started_at,
        lag(ended_at) over (partition by staff_id order by started_at, ended_at) as former_ended_at
    from {batch}
    where disposition = 'credited'
)
select 1 from credited where started_at < former_ended_at
"""

# The policy that decides is the later segment's: it may let a moment count that another staff member has
# claimed already.
_PATIENT_TWICE: Final = """
with policy as (
    select policy_version, bool_or(counts_concurrent_staff) as counts_both
    from payer_policy
    group by policy_version
),
credited as (
    select
        started_at,
        rule_version,
        max(ended_at) over (
            partition by patient_id order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as former_ended_at
    from {batch}
    where disposition = 'credited'
)
select 1
from credited
left join policy on credited.rule_version = policy.policy_version
where credited.started_at < credited.former_ended_at and not coalesce(policy.counts_both, false)
"""

_SECONDS_OF_ENTRIES: Final = f"""
with entry as ({_ENTRIES}),
segment as (
    select entry_id, sum(seconds) as seconds from {{batch}} group by entry_id
)
select 1
from entry
full outer join segment on entry.entry_id = segment.entry_id
where coalesce(entry.worked_seconds, 0) <> coalesce(segment.seconds, 0)
"""  # noqa: S608

_GAPS: Final = """
select entry_id
from {batch}
group by entry_id
having sum(seconds) <> date_diff('second', min(started_at), max(ended_at))
"""

_MONTHS: Final = """
with segment as (
    select
        patient_id, program, service_month,
        coalesce(sum(seconds) filter (where disposition = 'credited'), 0) as credited_seconds
    from fct_minute_segment
    where program is not null
    group by patient_id, program, service_month
)
select 1
from {batch} as patient_month
full outer join segment
    on patient_month.patient_id = segment.patient_id
    and patient_month.program = segment.program
    and patient_month.service_month = segment.service_month
where coalesce(patient_month.credited_seconds, 0) <> coalesce(segment.credited_seconds, 0)
"""


def checks() -> list[Check]:
    """Return the checks of segments and months."""
    return [*_conservation(), *_single_credit(), *_segments(), *_months()]


def _conservation() -> list[Check]:
    return [
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="no_second_of_an_entry_is_lost_or_doubled",
            rule=NoRows(_SECONDS_OF_ENTRIES),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "The segments of a time entry do not add up to the time that was worked: minutes "
                "were lost or made up."
            ),
            what_to_do=(
                "Compare int_entry with fct_minute_segment for one such entry, then follow it "
                "back through the ledger's models."
            ),
            affected_marts=LEDGER,
            subjects=("int_entry", "fct_minute_segment"),
        ),
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="segments_of_an_entry_leave_no_gap",
            rule=NoRows(_GAPS),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "The segments of an entry do not cover it from its first to its last second "
                "without a gap or an overlap."
            ),
            what_to_do=(
                "Look at the segments of one such entry in order of their start; a border was cut "
                "differently on its two sides."
            ),
            affected_marts=LEDGER,
        ),
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="seconds_are_the_length_of_the_segment",
            rule=NoRows(
                "select 1 from {batch} where seconds <= 0 or seconds is null "
                "or seconds <> date_diff('second', started_at, ended_at)"
            ),
            severity="critical",
            owner=OWNER,
            what_it_means="A segment's seconds are not the time between its start and its end.",
            what_to_do=(
                "Look at how the ledger's last model cuts segments, and at fractions of seconds in staging."
            ),
            affected_marts=LEDGER,
        ),
    ]


def _single_credit() -> list[Check]:
    return [
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="no_second_of_a_staff_member_is_credited_twice",
            rule=NoRows(_STAFF_TWICE),
            severity="critical",
            owner=OWNER,
            what_it_means="The same time of one staff member was credited twice: it would be billed twice.",
            what_to_do="Look at the rule staff_overlap for one such staff member and day.",
            affected_marts=LEDGER,
        ),
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="no_second_of_a_patient_is_credited_twice",
            rule=NoRows(_PATIENT_TWICE),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "Time of two staff members at the same moment was credited to one patient, and "
                "the payer does not count both."
            ),
            what_to_do=(
                "Look at the rule patient_overlap for one such patient and day, and at "
                "counts_concurrent_staff of the policy."
            ),
            affected_marts=LEDGER,
        ),
    ]


def _segments() -> list[Check]:
    return [
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="disposition_is_one_of_the_list",
            rule=InSet("disposition", DISPOSITIONS),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "A segment has a disposition that nobody has defined, so its minutes are neither "
                "counted nor explained."
            ),
            what_to_do="Compare the ledger's models with seeds/disposition.csv.",
            affected_marts=LEDGER,
        ),
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="credited_time_has_person_episode_and_rule",
            rule=NoRows(
                "select 1 from {batch} as segment "
                "where segment.disposition is null or (segment.disposition = 'credited' "
                "and (segment.patient_id is null or segment.staff_id is null or segment.episode_id is null "
                "or segment.program is null or segment.rule_version is null "
                "or segment.rule_version not in (select policy_version from payer_policy)))"
            ),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "Credited time lacks its patient, staff member, episode or payer rule, so nobody "
                "could defend the claim."
            ),
            what_to_do="Look at one such segment: the first model that loses the column is at fault.",
            affected_marts=LEDGER,
        ),
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="lost_time_names_the_entry_it_was_lost_to",
            rule=NoRows(
                "select 1 from {batch} as lost "
                "where (lost.disposition in ('staff_overlap', 'patient_overlap')) <> "
                "(lost.lost_to_entry_id is not null) "
                "or lost.lost_to_entry_id = lost.entry_id"
            ),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Time that was lost to another entry does not say to which, or names one without need."
            ),
            what_to_do="Look at lost_to_entry_id in the ledger's overlap models.",
            affected_marts=("fct_minute_segment",),
        ),
    ]


def _months() -> list[Check]:
    return [
        Check(
            layer="marts",
            table_name="fct_patient_month",
            name="credited_seconds_are_the_sum_of_the_segments",
            rule=NoRows(_MONTHS),
            severity="critical",
            owner=OWNER,
            what_it_means="A month's credited time is not the sum of the credited segments it was made from.",
            what_to_do=(
                "Compare fct_patient_month with fct_minute_segment for one such patient, program and month."
            ),
            affected_marts=LEDGER[1:],
            subjects=("fct_patient_month", "fct_minute_segment"),
        ),
        Check(
            layer="marts",
            table_name="fct_patient_month",
            name="credited_minutes_are_whole_minutes_of_the_sum",
            rule=NoRows(
                "select 1 from {batch} where credited_minutes is distinct from credited_seconds // 60"
            ),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "A month's minutes are not its seconds rounded down once: a code could be reached "
                "that was not worked for."
            ),
            what_to_do="Look at where the model fct_patient_month turns seconds into minutes.",
            affected_marts=LEDGER[1:],
        ),
        Check(
            layer="marts",
            table_name="fct_patient_month",
            name="month_type_says_whether_time_was_credited",
            rule=NoRows(
                "select 1 from {batch} where (credited_seconds > 0) <> (month_type is not null) "
                "or month_type not in ('initial', 'subsequent')"
            ),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "A month with credited time is neither initial nor subsequent, or one without is: "
                "the wrong code would be chosen."
            ),
            what_to_do="Look at how the model of month chains treats one such month.",
            affected_marts=LEDGER[1:],
        ),
    ]
