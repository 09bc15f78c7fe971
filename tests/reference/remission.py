"""Remission of depression at 12 months, and follow-up, remission and response at 120 to 240 days.

Written from the measures' text, one patient at a time, with its windows as the text has them: a wrong row of
a seed shows as a difference. What does not belong here: how a chart is read (``chart``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.reference.chart import FINAL, Chart, Score, any_in

DEPRESSION = {"Major Depression Including Remission", "Dysthymia"}
DISORDERS = {
    "Bipolar Disorder": "bipolar_disorder",
    "Personality Disorder Emotionally Labile": "personality_disorder",
    "Schizophrenia or Psychotic Disorder": "psychotic_disorder",
    "Pervasive Developmental Disorder": "pervasive_developmental_disorder",
}
YOUNGEST = 12
ABOVE = 9
REMISSION_BELOW = 5


@dataclass(frozen=True)
class Judged:
    """What a metric says of a patient."""

    metric_id: str
    exclusion_reason: str | None
    is_met: bool
    evidence_on: date | None
    evidence_value: int | None


@dataclass(frozen=True)
class Course:
    """The index score and the days that follow from it."""

    index: Score
    searched_from: date
    decided_from: date
    decided_until: date


def judge(chart: Chart, year: int) -> Iterator[Judged]:
    """The four metrics of a measurement period, for a patient who is of their initial population."""
    twelve_months = _twelve_months(chart, year)
    if twelve_months:
        yield _judged(chart, twelve_months, "cms159_depression_remission_12_months")
    half_year = _half_year(chart, year)
    if half_year:
        for metric_id in (
            "depression_followup_120_240_days",
            "depression_remission_120_240_days",
            "depression_response_120_240_days",
        ):
            yield _judged(chart, half_year, metric_id)


def _twelve_months(chart: Chart, year: int) -> Course | None:
    """Index at, or in the 7 days before, an office visit with active depression that ended in the intake."""
    first, last = date(year - 2, 11, 1), date(year - 1, 10, 31)
    visits = [
        visit
        for visit in chart.visits
        if "Contact or Office Visit" in visit.sets
        and visit.status == "finished"
        and first <= visit.ended_on <= last
        and any(
            diagnosis.is_confirmed_active
            and diagnosis.sets & DEPRESSION
            and diagnosis.prevails_in(visit.started_on, visit.ended_on)
            for diagnosis in chart.diagnoses
        )
    ]
    for score in chart.depression_scores:
        if score.score > ABOVE and any(
            visit.started_on - timedelta(7) <= score.day <= visit.ended_on for visit in visits
        ):
            if not _is_old_enough(chart, score.day):
                return None
            after = _year_later(score.day)
            return Course(score, first, after - timedelta(60), after + timedelta(60))
    return None


def _half_year(chart: Chart, year: int) -> Course | None:
    """Index in the intake and within 15 days of any visit with depression."""
    first, last = date(year - 1, 5, 1), date(year, 4, 30)
    visits = [
        visit
        for visit in chart.visits
        if visit.status == "finished"
        and any(
            diagnosis.verification in {None, "confirmed"}
            and diagnosis.clinical in {None, "active", "recurrence", "relapse"}
            and diagnosis.sets & DEPRESSION
            and diagnosis.prevails_in(visit.started_on, visit.ended_on)
            for diagnosis in chart.diagnoses
        )
    ]
    for score in chart.depression_scores:
        near = any(
            visit.started_on - timedelta(15) <= score.day <= visit.ended_on + timedelta(15)
            for visit in visits
        )
        if score.score > ABOVE and first <= score.day <= last and near:
            if not _is_old_enough(chart, score.day):
                return None
            return Course(score, first, score.day + timedelta(120), score.day + timedelta(240))
    return None


def _judged(chart: Chart, course: Course, metric_id: str) -> Judged:
    scores = [
        score for score in chart.depression_scores if course.decided_from <= score.day <= course.decided_until
    ]
    last = scores[-1] if scores else None
    if metric_id.startswith("depression_followup"):
        is_met = last is not None
    elif metric_id.startswith("depression_response"):
        is_met = last is not None and 2 * last.score <= course.index.score
    else:
        is_met = last is not None and last.score < REMISSION_BELOW
    reason = _exclusion(chart, course)
    shown = last or course.index
    told = f"denominator_exclusion:{reason}" if reason else None
    return Judged(metric_id, told, is_met and not reason, shown.day, shown.score)


def _exclusion(chart: Chart, course: Course) -> str | None:
    first, last = course.searched_from, course.decided_until
    if _had_hospice(chart, first, last):
        return "hospice"
    if _had_palliative_care(chart, first, last):
        return "palliative_care"
    if chart.deceased_on and chart.deceased_on <= last:
        return "death"
    for name, reason in DISORDERS.items():
        if any(
            name in diagnosis.sets and diagnosis.is_confirmed_active and diagnosis.first <= last
            for diagnosis in chart.diagnoses
        ):
            return reason
    return None


def _had_hospice(chart: Chart, first: date, last: date) -> bool:
    discharged = any(
        "Encounter Inpatient" in visit.sets
        and visit.status == "finished"
        and "Hospice Discharge" in chart.codebook.sets_of_pair(visit.discharge)
        and first <= visit.ended_on <= last
        for visit in chart.visits
    )
    visited = any(
        "Hospice Encounter" in visit.sets
        and visit.status not in {"cancelled", "noshow", "entered-in-error"}
        and visit.started_on <= last
        and visit.ended_on >= first
        for visit in chart.visits
    )
    assessed = [
        finding
        for finding in chart.findings
        if "Hospice Assessment" in finding.sets
        and finding.status in FINAL
        and "Hospice Assessment Yes" in chart.codebook.sets_of_pair(finding.value)
    ]
    ordered = [
        order
        for order in chart.referrals
        if "Hospice Care Ambulatory" in order.sets
        and order.status in {"active", "completed"}
        and order.intent in {None, "order"}
        and not order.is_forbidden
    ]
    performed = [
        procedure
        for procedure in chart.procedures
        if "Hospice Care Ambulatory" in procedure.sets
        and procedure.status not in {"not-done", "entered-in-error"}
    ]
    return (
        discharged
        or visited
        or any_in([*assessed, *ordered, *performed], first, last)
        or _diagnosed(chart, "Hospice Diagnosis", first, last)
    )


def _had_palliative_care(chart: Chart, first: date, last: date) -> bool:
    assessed = [
        finding
        for finding in chart.findings
        if "Palliative Care Assessment" in finding.sets and finding.status in FINAL
    ]
    performed = [
        procedure
        for procedure in chart.procedures
        if "Palliative Care Intervention" in procedure.sets
        and procedure.status not in {"not-done", "entered-in-error", "ordered"}
    ]
    visited = any(
        "Palliative Care Encounter" in visit.sets
        and visit.status == "finished"
        and visit.started_on <= last
        and visit.ended_on >= first
        for visit in chart.visits
    )
    return (
        any_in([*assessed, *performed], first, last)
        or visited
        or _diagnosed(chart, "Palliative Care Diagnosis", first, last)
    )


def _diagnosed(chart: Chart, name: str, first: date, last: date) -> bool:
    return any(
        name in diagnosis.sets and diagnosis.is_confirmed_active and diagnosis.prevails_in(first, last)
        for diagnosis in chart.diagnoses
    )


def _is_old_enough(chart: Chart, day: date) -> bool:
    age = chart.age_on(day)
    return age is not None and age >= YOUNGEST


def _year_later(day: date) -> date:
    """The same day of the next year; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
