"""The shapes of the answers that ``explain`` gives: facts with their rule, version and evidence.

Belongs here: dataclasses. Does not belong here: how they are found (``explain``, ``explain_evidence``) or
shown (``explain_render``).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Evidence:
    """One fact that an answer rests on: what kind of row, which one, of which day, and what it says."""

    kind: str
    id: str
    on: date | None
    text: str


@dataclass(frozen=True)
class PolicyRow:
    """The row of ``seeds/payer_policy.csv`` that decided, with its source."""

    version: str
    payer_id: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


@dataclass(frozen=True)
class SegmentAnswer:
    """One piece of an entry: what became of its time, and why. Times are UTC."""

    entry_id: str
    segment_number: int
    started_at: datetime
    ended_at: datetime
    service_on: date
    seconds: int
    disposition: str
    sentence: str
    source: str
    policy_version: str | None
    program: str | None
    staff_role: str | None
    evidence: list[Evidence] = field(default_factory=list)


@dataclass(frozen=True)
class RejectedRow:
    """A delivered row of the entry that was quarantined, by its place and reasons."""

    delivery_on: date
    source_file: str
    row_number: int
    reason: str


@dataclass(frozen=True)
class EntryExplanation:
    """What became of a time entry. ``candidate_ids`` are the claims that its credited time supports."""

    entry_id: str
    generation: str
    as_of_date: date
    patient_id: str | None
    staff_id: str | None
    activity_code: str | None
    worked_seconds: int
    credited_seconds: int
    segments: list[SegmentAnswer]
    policies: list[PolicyRow]
    candidate_ids: list[str]
    rejected_rows: list[RejectedRow]


@dataclass(frozen=True)
class CheckAnswer:
    """One check of a claim candidate, with the evidence that decided it."""

    check_id: str
    severity: str
    outcome: str
    explanation: str
    evidence_kind: str | None
    evidence_id: str | None
    evidence_on: date | None
    policy_version: str | None
    who_can_fix: str | None


@dataclass(frozen=True)
class CandidateExplanation:
    """Why a candidate has its status. ``uncredited_seconds`` is the month's other time by disposition."""

    candidate_id: str
    generation: str
    as_of_date: date
    patient_id: str
    program: str
    service_month: date
    procedure_code: str | None
    units: int | None
    status: str
    month_type: str | None
    credited_minutes: int
    unbilled_minutes: int | None
    date_of_service: date
    payer_id: str | None
    billing_npi: str | None
    expected_amount_usd: Decimal | None
    suppressed_by: str | None
    blocking_check_ids: list[str]
    review_check_ids: list[str]
    policy: PolicyRow | None
    checks: list[CheckAnswer]
    segments: list[SegmentAnswer]
    uncredited_seconds: dict[str, int]
    sibling_ids: list[str]
