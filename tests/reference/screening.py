"""Screening for depression and follow-up, written from the measure's text, one patient at a time.

What belongs here: who is screened, excluded, excepted. What does not: how a chart is read (``chart``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.reference.chart import INSTRUMENT, Chart, Event, Visit
from tests.reference.remission import Judged

METRIC = "cms2_screening_followup"
VISITS = {"Encounter to Screen for Depression", "Physical Therapy Evaluation", "Telephone Visits"}
LISTS = {"adult": "Adult Depression Screening", "adolescent": "Adolescent Depression Screening"}
MEDICATIONS = {"adult": "Adult Depression Medications", "adolescent": "Adolescent Depression Medications"}
REFERRALS = {"adult": "Referral for Adult Depression", "adolescent": "Referral for Adolescent Depression"}
PROCEDURES = {"adult": "Follow Up for Adult Depression", "adolescent": "Follow Up for Adolescent Depression"}
FIRST_YEAR_OF_DAYS_BEFORE = 2026


@dataclass(frozen=True)
class Screen:
    """A screen that was done, or was not for a reason."""

    day: date
    order: tuple[int, str]
    is_done: bool
    finding: str | None
    reason: str | None
    score: int | None


def judge(chart: Chart, first: date, last: date) -> Judged | None:
    """What the measure says of a patient in a measurement period, or None for who is not looked at.

    Args:
        chart: the patient.
        first: first day of the period.
        last: its last day, or the business date in an open one.
    """
    age = chart.age_on(first)
    visits = [
        visit
        for visit in chart.visits
        if visit.sets & VISITS
        and visit.status == "finished"
        and visit.started_on >= first
        and visit.ended_on <= last
    ]
    if age is None or age < 12 or not visits:
        return None
    latest = {kind: _latest(chart, kind, visits) for kind in LISTS}
    kinds = [
        kind for kind in LISTS if (kind == "adult" and age >= 17) or (kind == "adolescent" and age <= 17)
    ]
    looked_at = {kind: screen for kind in kinds if (screen := latest[kind])}
    met = {
        kind: screen
        for kind, screen in looked_at.items()
        if screen.finding == "negative"
        or (screen.finding == "positive" and _is_followed(chart, kind, screen, visits, last))
    }
    not_done = [
        screen
        for kind in LISTS
        if latest[kind] is None
        for screen in _screens(chart, kind)
        if screen.reason and any(visit.started_on <= screen.day <= visit.ended_on for visit in visits)
    ]
    told = list((met or looked_at).values())
    if _is_bipolar(chart, visits, first.year):
        reason = "denominator_exclusion:bipolar_disorder"
    elif not met and any(screen.reason == "refused" for screen in not_done):
        reason = "denominator_exception:patient_refused"
    elif not met and not_done:
        reason = "denominator_exception:medical_reason"
    else:
        reason = None
    is_met = bool(met) and reason is None
    days = [screen.day for screen in told or not_done]
    scores = [screen.score for screen in told if screen.score is not None]
    if met and not scores:
        scores = [screen.score for screen in looked_at.values() if screen.score is not None]
    return Judged(METRIC, reason, is_met, max(days, default=None), max(scores, default=None))


def _screens(chart: Chart, kind: str) -> Iterator[Screen]:
    name = LISTS[kind]
    for row, second, day in chart.assessments:
        if name not in chart.codebook.sets(INSTRUMENT, row["instrument"]):
            continue
        scale = chart.clinic.rules.one("assessment_instrument", day, instrument=row["instrument"])
        cut = scale["positive_at_least"] if scale else ""
        score, finding = row["score"], row["screen_result"]
        is_done = row["status"] in {"final", "corrected"} and (score is not None or finding is not None)
        if finding is None and score is not None and cut:
            finding = "positive" if score >= int(cut) else "negative"
        reason = row["not_done_reason"]
        if is_done or row["status"] == "entered-in-error" or reason not in {"refused", "medical"}:
            reason = None
        yield Screen(
            day, (second, row["assessment_id"]), is_done, finding if is_done else None, reason, score
        )
    for found in chart.findings:
        if name in found.sets and found.has_value and found.status in {"final", "corrected"}:
            yield Screen(found.day, (found.second, found.event_id), True, None, None, None)


def _latest(chart: Chart, kind: str, visits: list[Visit]) -> Screen | None:
    done = [
        screen
        for screen in _screens(chart, kind)
        if screen.is_done
        and any(timedelta(0) <= visit.started_on - screen.day <= timedelta(14) for visit in visits)
    ]
    return max(done, key=lambda screen: screen.order, default=None)


def _is_followed(chart: Chart, kind: str, screen: Screen, visits: list[Visit], last: date) -> bool:
    orders = [
        order
        for order in chart.medications
        if MEDICATIONS[kind] in order.sets
        and order.status in {"active", "completed"}
        and order.intent in {None, "order"}
        and not order.is_forbidden
    ]
    orders += [
        referral
        for referral in chart.referrals
        if REFERRALS[kind] in referral.sets
        and referral.status in {"active", "completed"}
        and not referral.is_forbidden
    ]
    procedures = [
        procedure
        for procedure in chart.procedures
        if PROCEDURES[kind] in procedure.sets and procedure.status == "completed"
    ]

    def answers(step: Event, visit: Visit) -> bool:
        return visit.started_on <= step.day <= min(last, visit.ended_on + timedelta(2))

    return any(
        any(answers(order, visit) for order in orders)
        or any(answers(done, visit) and done.second >= visit.start for done in procedures)
        for visit in visits
        if timedelta(0) <= visit.started_on - screen.day <= timedelta(14)
    )


def _is_bipolar(chart: Chart, visits: list[Visit], year: int) -> bool:
    """Onset before a visit: by the edition of 2025 on an earlier day, by the one before on that day too."""
    margin = timedelta(1 if year >= FIRST_YEAR_OF_DAYS_BEFORE else 0)
    return any(
        "Bipolar Disorder" in diagnosis.sets
        and diagnosis.category in {"problem", "health_concern"}
        and diagnosis.first <= visit.started_on - margin
        for diagnosis in chart.diagnoses
        for visit in visits
    )
