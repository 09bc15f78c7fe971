"""The patient months: each is the sum of the segments it was made from.

Belongs here: what months owe to segments. Does not belong here: codes and claims (``claims``).
"""

from typing import Final

from expectations.check import Check, NoRows, must_hold

MONTH: Final = "fct_patient_month"
MONTHS: Final = ("fct_patient_month", "fct_claim_candidate", "fct_claim_evidence", "rpt_near_miss")

# A month after the business date has no row yet; only entries dated too far ahead lie in it.
_SUMS: Final = """
with segment as (
    select
        patient_id,
        program,
        service_month,
        sum(case when disposition = 'credited' then seconds else 0 end) as credited_seconds,
        sum(case when disposition = 'credited' then 0 else seconds end) as uncredited_seconds,
        sum(case when disposition = 'future_dated' then 0 else seconds end) as known_seconds
    from fct_minute_segment
    where program is not null
    group by patient_id, program, service_month
)
select coalesce(patient_month.patient_id, segment.patient_id) as row_key
from fct_patient_month as patient_month
full outer join segment
    on patient_month.patient_id = segment.patient_id
    and patient_month.program = segment.program
    and patient_month.service_month = segment.service_month
where (patient_month.patient_id is null and segment.known_seconds > 0)
    or (
        patient_month.patient_id is not null
        and (
            patient_month.credited_seconds <> coalesce(segment.credited_seconds, 0)
            or patient_month.uncredited_seconds <> coalesce(segment.uncredited_seconds, 0)
        )
    )
"""

_MINUTES: Final = """
select patient_id as row_key
from fct_patient_month
where credited_minutes is distinct from credited_seconds // 60
"""

_MONTH_TYPE: Final = """
select patient_id as row_key
from fct_patient_month
where (credited_seconds > 0) <> (month_type is not null) or month_type not in ('initial', 'subsequent')
"""


def checks() -> list[Check]:
    """Return the checks of the months."""
    return [
        must_hold(
            MONTH,
            "seconds_are_the_sum_of_the_segments",
            NoRows(_SUMS),
            means="A month's credited or uncredited time is not the sum of the segments it was made from.",
            do="Compare fct_patient_month with fct_minute_segment for one such patient, program and month.",
            affected_marts=MONTHS,
            subjects=(MONTH, "fct_minute_segment"),
            key="patient_id",
        ),
        must_hold(
            MONTH,
            "minutes_are_the_whole_minutes_of_the_sum",
            NoRows(_MINUTES),
            means=(
                "A month's minutes are not its seconds rounded down once: a code could be reached "
                "without the work."
            ),
            do="Look at where seconds become minutes before fct_patient_month.",
            affected_marts=MONTHS,
            key="patient_id",
        ),
        must_hold(
            MONTH,
            "month_type_says_whether_time_was_credited",
            NoRows(_MONTH_TYPE),
            means=(
                "A month with credited time has no type, or one without has: the wrong code would be chosen."
            ),
            do="Look at how the model of month chains treats one such month.",
            affected_marts=MONTHS,
            key="patient_id",
        ),
    ]
