"""The checks that ask about the claim: coverage, practitioner, other claims, units, ages and days.

What belongs here: one function a check. What does not: what was done for the patient (``care_checks``).
"""

from datetime import timedelta

from tests.reference.case import FAIL, NOT_APPLICABLE, PASS, Case, outcome_of
from tests.reference.clinic import FAR_FUTURE

APCM_BASES = frozenset({"G0556", "G0557", "G0558"})
APCM_ADDONS = frozenset({"G0568", "G0569", "G0570"})
UNIT_CODE = "99494"
NPI_PREFIX = "80840"


def coverage_in_force(case: Case) -> str:
    """Primary coverage on the date of service."""
    return outcome_of(case.month.payer_id is not None)


def code_covered(case: Case) -> str:
    """Every code of the month is one that the payer covers."""
    covered = case.policy.items("covered_codes")
    return outcome_of(all(code in covered for code in case.code_names)) if case.codes else NOT_APPLICABLE


def billing_practitioner(case: Case) -> str:
    """The month's episode names a primary care provider with a valid NPI."""
    who = case.month.episode["billing_practitioner_id"]
    npi = case.clinic.practitioners.get(who, {}).get("npi") if who else None
    return outcome_of(is_npi(npi) and case.clinic.is_staffed_as(who, "pcp", case.month.date_of_service))


def is_npi(text: str | None) -> bool:
    """Ten digits whose last is right by Luhn's rule, counted behind the prefix 80840."""
    if text is None or len(text) != 10 or not (text.isascii() and text.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(NPI_PREFIX + text)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled // 10 + doubled % 10
    return total % 10 == 0


def no_exclusive_code(case: Case) -> str:
    """No live claim line of a code that excludes one of the month's."""
    if not case.codes:
        return NOT_APPLICABLE
    excluded = case.clinic.rules.excluded_codes(case.code_names, case.month.date_of_service)
    return outcome_of(all(line["procedure_code"] not in excluded for line in case.live_lines))


def not_already_billed(case: Case) -> str:
    """No live claim line of the same family, by any practitioner."""
    return outcome_of(
        all(
            case.clinic.rules.family(line["procedure_code"], line["service_on"]) != case.month.program
            for line in case.live_lines
        )
    )


def apcm_base(case: Case) -> str:
    """The add-ons of advanced primary care stand beside a claim of its base by the same practitioner."""
    if not APCM_ADDONS & set(case.code_names):
        return NOT_APPLICABLE
    who = case.month.episode["billing_practitioner_id"]
    return outcome_of(
        any(
            line["procedure_code"] in APCM_BASES and line["billing_practitioner_id"] == who
            for line in case.live_lines
            if who is not None
        )
    )


def prior_authorization(case: Case) -> str:
    """Months of the chain so far, where the payer limits them."""
    limit = case.policy.number("max_months")
    if limit is None or case.month.chain is None:
        return NOT_APPLICABLE
    return outcome_of(case.month.chain.months <= limit)


def unit_limit(case: Case) -> str:
    """Units of 99494 that nobody needs to look at."""
    limit = case.policy.number("review_units_99494")
    if limit is None or not case.codes:
        return NOT_APPLICABLE
    return outcome_of(sum(code.units for code in case.codes if code.procedure_code == UNIT_CODE) <= limit)


def single_payer_month(case: Case) -> str:
    """One primary payer over the credited days and the date of service."""
    payers = {segment.payer_id for segment in case.month.credited} | {case.month.payer_id}
    return outcome_of(len(payers) == 1)


def age_limit(case: Case) -> str:
    """Within the payer's ages on the date of service."""
    youngest, oldest = case.policy.number("age_min_years"), case.policy.number("age_max_years")
    if youngest is None and oldest is None:
        return PASS
    born = case.clinic.patients.get(case.month.patient_id, {}).get("birth_date")
    if born is None:
        return FAIL
    day = case.month.date_of_service
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return outcome_of((youngest or 0) <= age <= (oldest if oldest is not None else age))


def timely_filing(case: Case) -> str:
    """Still in time to be sent."""
    limit = case.policy.number("filing_limit_days")
    if limit is None:
        return NOT_APPLICABLE
    return outcome_of(
        case.clinic.as_of <= min(FAR_FUTURE, case.month.date_of_service + timedelta(days=limit))
    )
