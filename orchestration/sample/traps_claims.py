"""Traps of the claim: what a biller would be denied, has billed already, or forgot.

Belongs here: months whose minutes are right and whose claim is not; claims against what the minutes support.
Does not belong here: minutes (`traps_ledger.py`, `traps_edges.py`).
"""

from collections.abc import Callable
from datetime import date, timedelta

from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    claim,
    enrol,
    minutes,
    review,
    scale,
    segments,
    visit,
)
from orchestration.sample.trap_kit import Case, Kit
from orchestration.sample.workforce import npi_of

MINUTE = 60
_ODD_NPI = 900_000
_APCM_ADD_ONS_FROM = date(2026, 1, 1)


def _held(kit: Kit, trap: str, says: str, check: str, make: Callable[[int], Case]) -> None:
    """Plant months that one check alone holds back."""
    cases = []
    for number in range(kit.instances):
        case = make(number)
        minutes(kit, case)
        cases.append(case)
    months = [
        candidate(kit, case, FULL_CODE, "held", FULL_MINUTES, blocking=check, review="") for case in cases
    ]
    kit.plant(trap, says, cases, candidates=months)


def billing_practitioner(kit: Kit) -> None:
    """Plant doctors with a wrong NPI, and enrolments without a doctor who bills."""
    _held(
        kit,
        "npi_wrong_check_digit",
        "The doctor's NPI has ten digits and a wrong check digit.",
        "billing_practitioner",
        lambda number: enrol(kit, team=number % 2, npi=_with_wrong_digit(number)),
    )
    _held(
        kit,
        "npi_nine_digits",
        "The doctor's NPI lacks its last digit.",
        "billing_practitioner",
        lambda number: enrol(kit, team=number % 2, npi=npi_of(_ODD_NPI + number)[:9]),
    )
    _held(
        kit,
        "billing_practitioner_missing",
        "The enrolment names no doctor who bills.",
        "billing_practitioner",
        lambda number: enrol(kit, team=number % 2, has_billing=False),
    )


def _with_wrong_digit(number: int) -> str:
    right = npi_of(_ODD_NPI + number)
    return right[:9] + str((int(right[9]) + 1 + number) % 10)


def missing_evidence(kit: Kit) -> None:
    """Plant months without the review, the scale, the diagnosis or the visit that a claim asks for."""

    def unreviewed(number: int) -> Case:
        case = enrol(kit, team=number % 2, has_review=False)
        if number % 2:
            review(kit, case, kit.day(9), status="entered-in-error")
        return case

    def unscaled(number: int) -> Case:
        case = enrol(kit, team=number % 2, has_scale=False)
        if number % 2:
            scale(kit, case, kit.month - timedelta(days=31))
        return case

    def unvisited(number: int) -> Case:
        case = enrol(kit, team=number % 2, has_visit=False)
        if number % 2:
            visit(kit, case, kit.day(5) - timedelta(days=366), kit.people_on)
        return case

    says = "No psychiatric review in the month, or one that was entered in error."
    _held(kit, "psychiatric_review_missing", says, "psychiatric_review", unreviewed)
    says = "No PHQ-9 in the month, or one 31 days before it."
    _held(kit, "scale_missing", says, "validated_scale", unscaled)
    says = "The doctor did not see the patient, or 366 days earlier."
    _held(kit, "initiating_visit_missing", says, "initiating_visit", unvisited)
    _held(
        kit,
        "diagnosis_missing",
        "The problem list has diabetes or a symptom, and no F code.",
        "eligible_diagnosis",
        lambda number: enrol(kit, team=number % 2, diagnosis=("E11.9", "R45.851")[number % 2]),
    )


def exclusive_codes(kit: Kit) -> None:
    """Plant a claim that excludes the candidate, and patients in two programs that exclude each other."""
    excluded = []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        claim(kit, case, "99484", status="paid", paid_amount_usd="52.10")
        excluded.append(case)
    kit.plant(
        "exclusive_code_billed",
        "A code that excludes this one was billed for the month.",
        excluded,
        candidates=[
            candidate(kit, case, FULL_CODE, "held", FULL_MINUTES, blocking="no_exclusive_code", review="")
            for case in excluded
        ],
    )

    cases, months, entries, expected = [], [], [], []
    for number in range(kit.instances):
        team = number % 2
        general = enrol(kit, team=team, program="bhi", ended_on=kit.day(14).isoformat())
        first = minutes(kit, general, 25, kit.day(6))
        case = enrol(
            kit, team=team, patient_id=general.patient_id, started_on=kit.day(15), has_scale=False,
            has_review=False, has_visit=False, enrolled_in=kit.prompt,
        )  # fmt: skip
        review(kit, case, kit.day(20))
        second = minutes(kit, case, FULL_MINUTES, kit.day(18))
        expected += [
            segments(first, credited=25 * MINUTE) | {"program": "bhi"},
            segments(second, credited=FULL_MINUTES * MINUTE) | {"program": "cocm"},
        ]
        months += [
            candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES),
            candidate(kit, general, "99484", "not_billable", 25) | {"is_suppressed": True},
        ]
        cases.append(case)
        entries += [first, second]
    kit.plant(
        "exclusive_pair",
        "A patient moved from one program to the other in the month; only one of them is billed.",
        cases,
        entries,
        segments=expected,
        candidates=months,
    )


def unknown_payer(kit: Kit) -> None:
    """Plant coverages of a payer that no policy knows; they get the default policy and no amount."""
    cases, findings = [], []
    for number in range(kit.instances):
        payer = f"plan_of_the_moon_{number}"
        case = enrol(kit, team=number % 2, payer=payer)
        minutes(kit, case)
        cases.append(case)
        findings.append({"kind": "unknown_payer", "feed": "coverage", "column": "payer_id", "value": payer})
    months = [
        candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) | {"expected_amount_usd": None}
        for case in cases
    ]
    says = "No policy knows the payer; the default one decides, and the rate is not known."
    kit.plant("unknown_payer", says, cases, candidates=months, findings=findings)
    cases = []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2, payer="")
        minutes(kit, case)
        cases.append(case)
    months = [
        candidate(kit, case, FULL_CODE, "held", FULL_MINUTES, blocking="coverage_in_force") for case in cases
    ]
    kit.plant("coverage_missing", "The patient has no coverage.", cases, candidates=months)


TRAPS = (billing_practitioner, missing_evidence, exclusive_codes, unknown_payer)
