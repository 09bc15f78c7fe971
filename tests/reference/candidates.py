"""Claim candidates: a month's codes with their checks, status and dollars.

What belongs here: status, exclusive pairs, and what a candidate says about itself. What does not: the codes
(``codes``) and the checks (``checks``).
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tests.reference.case import FAIL, Case
from tests.reference.checks import CHECKS
from tests.reference.clinic import Clinic
from tests.reference.codes import Code, Ladder
from tests.reference.moments import Moments
from tests.reference.months import Month

NOT_BILLABLE = "not_billable"
SUBMITTED = "submitted"
IN_PROGRESS = "in_progress"
HELD = "held"
REVIEW = "review"
READY = "ready"
KEPT_FIRST = (SUBMITTED, READY, REVIEW, IN_PROGRESS, HELD)


@dataclass(frozen=True)
class Claim:
    """All candidates of one patient-month: they share checks and status."""

    month: Month
    ladder: Ladder
    codes: list[Code]
    outcomes: dict[str, str]
    status: str
    suppressed_by: tuple[str, str, date, str | None] | None = None

    @property
    def name(self) -> tuple[str, str, date, str | None]:
        """The base candidate's patient, program, month and code."""
        code = self.codes[0].procedure_code if self.codes else None
        return (self.month.patient_id, self.month.program, self.month.month, code)

    @property
    def total(self) -> Decimal | None:
        """What the codes bring together."""
        return self.ladder.total(self.codes)

    def severity(self, check_id: str) -> str:
        """Whether a failure of the check holds the claim back or asks for a look."""
        policy = self.month.policy
        return "review" if policy and check_id in policy.items("review_checks") else "block"

    def failed(self, severity: str) -> list[str]:
        """The failed checks of a severity, sorted."""
        return sorted(
            check_id
            for check_id, outcome in self.outcomes.items()
            if outcome == FAIL and self.severity(check_id) == severity
        )


def write_claims(clinic: Clinic, moments: Moments, months: list[Month]) -> list[Claim]:
    """The claims of all patient-months, with exclusive pairs settled."""
    claims = {
        (month.patient_id, month.month, month.program): _claim(clinic, moments, month) for month in months
    }
    for (patient_id, month, program), claim in list(claims.items()):
        other = claims.get((patient_id, month, "bhi"))
        if program == "cocm" and other is not None and _exclude_each_other(clinic, claim, other):
            kept, lost = sorted((claim, other), key=_preference)
            claims[lost.name[0], month, lost.name[1]] = replace(
                lost, status=NOT_BILLABLE, suppressed_by=kept.name
            )
    return list(claims.values())


def _claim(clinic: Clinic, moments: Moments, month: Month) -> Claim:
    ladder = Ladder(clinic, month)
    codes = ladder.codes(month.credited_minutes)
    if month.policy is None:
        raise ValueError("no policy is in force on a date of service")
    case = Case(clinic, moments, month, month.policy, codes)
    outcomes = {check_id: check(case) for check_id, check in CHECKS.items()}
    claim = Claim(month, ladder, codes, outcomes, READY)
    return replace(claim, status=_status(clinic, claim))


def _status(clinic: Clinic, claim: Claim) -> str:
    """The first that holds."""
    if not claim.codes:
        return NOT_BILLABLE
    if claim.outcomes["not_already_billed"] == FAIL:
        return SUBMITTED
    if clinic.as_of < claim.month.last_day:
        return IN_PROGRESS
    if claim.failed("block"):
        return HELD
    return REVIEW if claim.failed("review") else READY


def _exclude_each_other(clinic: Clinic, one: Claim, other: Claim) -> bool:
    names = [code.procedure_code for code in one.codes]
    excluded = clinic.rules.excluded_codes(names, one.month.date_of_service)
    return any(code.procedure_code in excluded for code in other.codes)


def _preference(claim: Claim) -> tuple[int, Decimal, bool]:
    """What is kept of an exclusive pair comes first."""
    total = claim.total
    return (
        KEPT_FIRST.index(claim.status),
        -total if total is not None else Decimal(1),
        claim.month.program != "cocm",
    )
