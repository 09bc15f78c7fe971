"""What resources leave open is told: when a visit ended, what was paid, what a consent holds for."""

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.support.fhir_lines import CODES, VISIT, Json, concept, only, read, ref, unmapped

pytestmark = pytest.mark.slow

CPT, ICD10 = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = ref("Patient/p1")
BILLED: Json = {**VISIT, "type": [concept(CPT, "90834")]}
START = "2025-01-07T14:00:00Z"


@pytest.mark.parametrize(
    ("change", "ended_at", "listed"),
    [
        ({"period": {"start": START, "end": "2025-01-07T14:40:00Z"}}, datetime(2025, 1, 7, 14, 40), []),
        ({"length": {"value": 45, "code": "min", "unit": "m"}}, datetime(2025, 1, 7, 14, 45), []),
        ({"length": {"value": 0.75, "unit": "Hours"}}, datetime(2025, 1, 7, 14, 45), []),
        ({"length": {"value": 45}}, None, ["billed without an end"]),
        ({"length": {"value": 45, "unit": "moons"}}, None, ["billed without an end"]),
        ({}, None, ["billed without an end"]),
        ({"status": "in-progress"}, None, []),
        (
            {"period": {"start": START, "end": "2025-01-07"}},
            datetime(2025, 1, 7, 23, 59, 59),
            ["a date without a time"],
        ),
        (
            {"period": {"start": START, "end": "2025-02"}},
            datetime(2025, 2, 28, 23, 59, 59),
            ["a date without a time"],
        ),
    ],
)
def test_when_a_visit_ended_is_told_by_its_end_or_its_length(
    tmp_path: Path, change: Json, ended_at: datetime | None, listed: list[str]
) -> None:
    found = read(tmp_path, "encounter", BILLED | change)
    assert found.rows[0]["ended_at"] == ended_at
    assert unmapped(found) == [("ended_at", "period.end", code, 1) for code in listed]


def test_a_visit_that_bills_nothing_needs_no_end(tmp_path: Path) -> None:
    found = read(tmp_path, "encounter", VISIT | {"type": [{"text": "Nurse visit"}]})
    assert [column for column, *_ in unmapped(found) if column == "ended_at"] == []


def test_a_length_is_local_where_the_start_is(tmp_path: Path) -> None:
    visit = BILLED | {"period": {"start": "2025-01-07T14:00:00"}, "length": {"value": 30, "unit": "min"}}
    row = only(tmp_path, "encounter", visit)
    assert (row["ended_at"], row["ended_at_is_local"]) == (datetime(2025, 1, 7, 14, 30), True)


@pytest.mark.parametrize(
    ("onset", "recorded", "is_open"),
    [
        ("2024-05", None, True),
        ("2024-05", "2024-05-20", True),
        ("2024-05", "2024-06-02", False),
        ("2024", "2024-06-02", True),
        ("2019", "2024-06-02", False),
        ("2024-05-01", "2024-05-20", False),
    ],
)
def test_a_diagnosis_of_the_month_in_which_it_was_recorded_is_a_finding(
    tmp_path: Path, onset: str, recorded: str | None, *, is_open: bool
) -> None:
    diagnosis: Json = {
        **{"resourceType": "Condition", "id": "c1", "subject": PATIENT, "code": concept(ICD10, "F33.1")},
        **{"onsetDateTime": onset, "recordedDate": recorded},
    }
    found = read(tmp_path, "condition", diagnosis)
    assert found.rows[0]["onset_on"] == date.fromisoformat((onset + "-01-01")[:10])
    assert unmapped(found) == ([("onset_on", "onset", "part of a date", 1)] if is_open else [])


ITEM: Json = {"sequence": 1, "productOrService": concept(CPT, "99492"), "servicedDate": "2025-01-31"}
EXPLAINED: Json = {
    **{"resourceType": "ExplanationOfBenefit", "id": "x1", "status": "active", "use": "claim"},
    **{"outcome": "complete", "patient": PATIENT, "insurer": {"display": "Medicare"}, "item": [ITEM]},
}


def _amount(kind: str, value: float) -> Json:
    return {"category": concept(f"{CODES}/adjudication", kind), "amount": {"value": value, "currency": "USD"}}


@pytest.mark.parametrize(
    ("change", "status", "listed"),
    [
        ({}, "paid", ["not told"]),
        ({"disposition": "Denied"}, "paid", ["not told"]),
        ({"item": [ITEM | {"adjudication": [_amount("submitted", 160)]}]}, "paid", ["not told"]),
        ({"item": [ITEM | {"adjudication": [_amount("benefit", 0)]}]}, "paid", []),
        ({"item": [ITEM | {"adjudication": [_amount("benefit", 120)]}]}, "paid", []),
        ({"item": [ITEM | {"adjudication": [_amount("benefit", -120)]}]}, "paid", ["below zero"]),
        ({"payment": {"amount": {"value": -120}}}, "paid", ["below zero"]),
        ({"outcome": "queued"}, "submitted", []),
        ({"outcome": "error"}, "denied", []),
    ],
)
def test_a_payment_that_nobody_tells_is_a_finding(
    tmp_path: Path, change: Json, status: str, listed: list[str]
) -> None:
    found = read(tmp_path, "claim_line", EXPLAINED | change)
    assert found.rows[0]["status"] == status
    assert unmapped(found) == [("paid_amount_usd", "payment", code, 1) for code in listed]


@pytest.mark.parametrize("kind", ["Claim", "ExplanationOfBenefit"])
def test_items_of_one_number_are_refused_and_the_others_stand(tmp_path: Path, kind: str) -> None:
    paid = {"adjudication": [_amount("benefit", 120)]}
    items = [ITEM | paid | {"sequence": number} for number in (1, 2, "1.0", 3)]
    found = read(tmp_path, "claim_line", EXPLAINED | {"resourceType": kind, "item": items})
    assert [row["claim_line_id"] for row in found.rows] == ["x1#2", "x1#3"]
    assert (found.refused, found.counts) == ([(1, "missing_required:claim_line_id")], (4, 2, 2))


@pytest.mark.parametrize(("precedence", "rows"), [(None, 1), (1, 1), ("1", 1), (2, 0), ("2", 0)])
def test_what_a_further_payer_says_is_no_version_of_what_the_first_one_said(
    tmp_path: Path, precedence: object, rows: int
) -> None:
    paid = {"item": [ITEM | {"adjudication": [_amount("benefit", 20)]}], "claim": ref("Claim/c1")}
    found = read(tmp_path, "claim_line", EXPLAINED | paid | {"precedence": precedence})
    assert [row["claim_line_id"] for row in found.rows] == ["c1#1"] * rows
    told = ("payer_id", "precedence", "of a further payer", 1)
    assert (told in unmapped(found)) == (rows == 0)
    assert found.counts == (1, 1, 0)


@pytest.mark.parametrize("system", ["C4BBAdjudicationDiscriminator", "C4BBAdjudication"])
def test_a_denial_may_be_named_by_either_system_of_its_guide(tmp_path: Path, system: str) -> None:
    guide = "http://hl7.org/fhir/us/carin-bb/CodeSystem"
    reason = {
        "category": concept(f"{guide}/{system}", "denialreason"),
        "reason": concept("https://x12.org/codes/claim-adjustment-reason-codes", "197"),
    }
    row = only(tmp_path, "claim_line", EXPLAINED | {"item": [ITEM | {"adjudication": [reason]}]})
    assert (row["status"], row["denial_reason"]) == ("denied", "197")


@pytest.mark.parametrize("kind", ["Claim", "ExplanationOfBenefit"])
def test_items_below_an_item_are_a_finding(tmp_path: Path, kind: str) -> None:
    below = {"detail": [{"sequence": 1, "productOrService": concept(CPT, "99493")}]}
    paid = {"adjudication": [_amount("benefit", 120)]}
    found = read(tmp_path, "claim_line", EXPLAINED | {"resourceType": kind, "item": [ITEM | below | paid]})
    assert [row["procedure_code"] for row in found.rows] == ["99492"]
    assert unmapped(found) == [("claim_line_id", "detail", "items of an item", 1)]


CONSENT: Json = {
    **{"resourceType": "Consent", "id": "k1", "status": "active", "patient": PATIENT},
    **{"dateTime": "2025-01-10T15:00:00Z", "category": [concept(CPT, "99492")]},
}


@pytest.mark.parametrize(
    ("start", "granted_at"),
    [
        ("2025-02-01", datetime(2025, 2, 1)),
        ("2025-01-11T08:00:00Z", datetime(2025, 1, 11, 8)),
        ("2025-01-10", datetime(2025, 1, 10, 15)),
        ("2024-12-01", datetime(2025, 1, 10, 15)),
    ],
)
def test_a_consent_that_holds_from_a_later_day_is_granted_on_it(
    tmp_path: Path, start: str, granted_at: datetime
) -> None:
    provision = {"type": "permit", "period": {"start": start}}
    assert only(tmp_path, "consent", CONSENT | {"provision": provision})["granted_at"] == granted_at


@pytest.mark.parametrize(
    ("provision", "is_told"),
    [
        ({"type": "permit", "provision": [{"type": "deny"}]}, True),
        ({"provision": [{"type": "deny"}]}, True),
        ({"type": "deny", "provision": [{"type": "permit"}]}, True),
        ({"type": "permit", "provision": [{"type": "permit"}]}, False),
        ({"type": "permit"}, False),
    ],
)
def test_a_consent_with_exceptions_is_a_finding(tmp_path: Path, provision: Json, *, is_told: bool) -> None:
    found = read(tmp_path, "consent", CONSENT | {"provision": provision})
    assert len(found.rows) == 1
    assert unmapped(found) == ([("consent_id", "provision", "exceptions", 1)] if is_told else [])


def test_a_role_that_does_not_say_what_it_is_is_a_finding(tmp_path: Path) -> None:
    role: Json = {
        **{"resourceType": "PractitionerRole", "id": "r1", "practitioner": ref("Practitioner/s1")},
        "organization": ref("Organization/t1"),
    }
    found = read(tmp_path, "staffing", role)
    assert [row["role"] for row in found.rows] == ["other"]
    assert unmapped(found) == [("practitioner_id", "code", "no code", 1)]


def test_a_patient_in_a_format_of_its_server_is_refused_by_its_name(tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "deceased": {"dateTime": "2024-12-01"}}
    assert read(tmp_path, "patient", patient).refused == [(1, "unsupported_release:Aidbox")]


def _provider(who: str, **period: str) -> Json:
    """A member of a care team who is the primary care provider."""
    role = [concept("http://snomed.info/sct", "446050000")]
    return {"role": role, "member": ref(f"Practitioner/{who}"), "period": period or None}


CARE_TEAM: Json = {
    **{"resourceType": "CareTeam", "id": "ct1", "status": "active", "subject": PATIENT},
    **{"period": {"start": "2025-01-01"}, "managingOrganization": [ref("Organization/t1")]},
}


@pytest.mark.parametrize(
    ("members", "providers", "is_told"),
    [
        ([_provider("a"), _provider("b")], ["a"], True),
        ([_provider("a", start="2025-01-01", end="2025-02-01"), _provider("b")], ["b"], True),
        ([_provider("a", start="2024-01-01", end="2024-12-31"), _provider("b")], ["a", "b"], False),
        ([_provider("a")], ["a"], False),
    ],
)
def test_a_patient_has_one_primary_care_provider_from_a_day_on(
    tmp_path: Path, members: list[Json], providers: list[str], *, is_told: bool
) -> None:
    found = read(tmp_path, "panel", CARE_TEAM | {"participant": members})
    assert [row["pcp_id"] for row in found.rows] == providers
    told = [("effective_from", "participant", "several primary care providers", 1)]
    assert unmapped(found) == (told if is_told else [])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"abatementString": "after surgery"}, "inactive"),
        ({"abatementAge": {"value": 44}}, "inactive"),
        ({"abatementRange": {"low": {"value": 44}}}, "inactive"),
        ({"abatementString": "x", "clinicalStatus": {"text": "Active"}}, "active"),
        ({"abatementDateTime": "2024-01-05"}, None),
        ({}, None),
    ],
)
def test_a_diagnosis_that_is_over_on_a_day_that_nobody_tells_is_in_force_no_more(
    tmp_path: Path, change: Json, status: str | None
) -> None:
    diagnosis: Json = {
        **{"resourceType": "Condition", "id": "c1", "subject": PATIENT, "code": concept(ICD10, "F33.1")},
        **change,
    }
    assert only(tmp_path, "condition", diagnosis)["clinical_status"] == status


def test_a_patient_of_a_booking_who_is_named_in_words_alone_is_a_finding(tmp_path: Path) -> None:
    booking: Json = {
        **{"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2025-02-03T15:00:00Z"},
        "participant": [{"actor": {"display": "Ida Probe", "type": "Patient"}}],
    }
    found = read(tmp_path, "appointment", booking)
    assert unmapped(found) == [("patient_id", "participant", "named without an id", 1)]
