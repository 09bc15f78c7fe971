"""The checks that ask what was done for the patient: consent, visit, diagnosis, scale, review, documentation.

What belongs here: one function a check. What does not: checks of the claim itself (``claim_checks``).
"""

from datetime import date, timedelta

from tests.reference.case import FAIL, NOT_APPLICABLE, PASS, Case, outcome_of
from tests.reference.cells import epoch_second, local_date
from tests.reference.clinic import FAR_PAST, Record
from tests.reference.rules import is_true, listed
from tests.reference.versions import VOID_STATUS

SCORED = frozenset({"final", "amended", "corrected"})
DISMISSED = frozenset({"refuted", "entered-in-error"})
GONE = frozenset({"inactive", "remission", "resolved"})


def consent_on_file(case: Case) -> str:
    """A consent to the program was in force at the first credited second of the month."""
    if not case.month.credited:
        return NOT_APPLICABLE
    first = min(segment.start for segment in case.month.credited)
    return outcome_of(case.moments.has_consent(case.month.patient_id, case.month.program, first))


def initiating_visit(case: Case) -> str:
    """A finished primary-care visit in the days up to the first credited date of the chain."""
    days = case.policy.number("initiating_visit_days")
    if days is None or case.month.chain is None:
        return NOT_APPLICABLE
    until = case.month.chain.first_credited_day
    return outcome_of(
        any(
            until - timedelta(days=days) <= day <= until and _opens_a_service(case, encounter, day)
            for encounter in case.clinic.of_patient("encounter", case.month.patient_id)
            for day in [case.local_day(encounter["started_at"], case.clinic.encounter_zone(encounter))]
        )
    )


def _opens_a_service(case: Case, encounter: Record, day: date) -> bool:
    if encounter["status"] != "finished" or encounter["service_line"] != "primary_care":
        return False
    codes = listed(encounter["billing_codes"] or "")
    return not codes or any(
        case.clinic.rules.procedure_flag(code, "is_initiating_visit", day) for code in codes
    )


def eligible_diagnosis(case: Case) -> str:
    """A condition of the payer's list that is there on the date of service."""
    ranges = [
        (parts[0], parts[-1])
        for parts in (
            [plain(end) for end in item.split("-")] for item in case.policy.items("diagnosis_codes")
        )
    ]
    return outcome_of(
        any(
            _is_present(condition, case.month.date_of_service)
            and any(_is_within(code, low, high) for low, high in ranges)
            for condition in case.clinic.of_patient("condition", case.month.patient_id)
            for code in [_icd10(case, condition)]
        )
    )


def plain(code: str) -> str:
    """A diagnosis code without its dot."""
    return code.strip().replace(".", "").upper()


def _icd10(case: Case, condition: Record) -> str:
    code = condition["icd10_code"]
    if code is None:
        snomed = condition["snomed_code"]
        code = case.clinic.rules.icd10_of_snomed(snomed, case.month.date_of_service) or ""
    return plain(code)


def _is_within(code: str, low: str, high: str) -> bool:
    return code[: len(low)] >= low and code[: len(high)] <= high


def _is_present(condition: Record, day: date) -> bool:
    if condition["verification_status"] in DISMISSED:
        return False
    since = condition["onset_on"] or condition["recorded_on"] or FAR_PAST
    until = condition["abated_on"]
    if until is None:
        return since <= day and condition["clinical_status"] not in GONE
    return bool(since <= day < until)


def validated_scale(case: Case) -> str:
    """A valid score by a validated instrument in the month, or in the days before it."""
    earliest = case.month.month - timedelta(days=case.policy.number("scale_max_age_days") or 0)
    for assessment in case.clinic.of_patient("assessment", case.month.patient_id):
        if assessment["score"] is None or assessment["status"] not in SCORED:
            continue
        zone = case.clinic.row_zone(
            assessment["taken_at"],
            patient_id=assessment["patient_id"],
            encounter_id=assessment["encounter_id"],
        )
        day = case.local_day(assessment["taken_at"], zone)
        instrument = case.clinic.rules.one("assessment_instrument", day, instrument=assessment["instrument"])
        if instrument and is_true(instrument["is_validated"]) and earliest <= day <= case.month.last_day:
            return PASS
    return FAIL


def psychiatric_review(case: Case) -> str:
    """cocm: the psychiatric consultant reviewed the patient in the month."""
    if case.month.program != "cocm" or case.policy.row["psychiatric_review_rule"] == "none":
        return NOT_APPLICABLE
    for review in case.clinic.of_patient("case_review", case.month.patient_id):
        consultant = review["psychiatric_consultant_id"]
        zone = case.clinic.row_zone(
            review["reviewed_at"], patient_id=review["patient_id"], staff_id=consultant
        )
        day = case.local_day(review["reviewed_at"], zone)
        counts = review["status"] != VOID_STATUS and day.replace(day=1) == case.month.month
        if counts and case.clinic.is_staffed_as(consultant, "psychiatric_consultant", day):
            return PASS
    return FAIL


def timely_documentation(case: Case) -> str:
    """No credited time was written down too long after it."""
    limit = case.policy.number("late_documentation_days")
    if limit is None:
        return NOT_APPLICABLE
    for segment in case.month.credited:
        stamp = segment.entry.documented_at
        if stamp is None:
            return FAIL
        written_on = local_date(epoch_second(stamp, segment.entry.zone), segment.zone)
        if (written_on - segment.day).days > limit:
            return FAIL
    return PASS
