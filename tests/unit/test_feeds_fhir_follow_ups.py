"""Tasks and claim responses: later versions of the referral or the claim line that they are about."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights, Row
from tests.support.fhir_lines import SNOMED, Json, concept, lines, parts, read, ref, unmapped

REQUEST: Json = {
    "resourceType": "ServiceRequest",
    "id": "r1",
    "meta": {"lastUpdated": "2025-01-10T10:00:00Z"},
    "status": "active",
    "intent": "order",
    "code": concept(SNOMED, "183524004"),
    "subject": ref("Patient?identifier=urn:site|7"),
    "authoredOn": "2025-01-10T10:00:00Z",
}
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:site", "value": "7"}],
}


def task(status: str, **change: object) -> Json:
    return {
        "resourceType": "Task",
        "id": "k1",
        "meta": {"lastUpdated": "2025-01-20T10:00:00Z"},
        "status": status,
        "focus": ref("ServiceRequest/r1"),
        **change,
    }


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def told(rows: list[Row]) -> list[tuple[str, str, str, datetime]]:
    names = ("patient_id", "service_line", "status", "updated_at")
    return [tuple(row[name] for name in names) for row in rows]


WRITTEN = ("p1", "psychiatry", "active", datetime(2025, 1, 10, 10))
REJECTED = ("p1", "psychiatry", "declined", datetime(2025, 1, 20, 10))


@pytest.mark.parametrize("place", ["one file", "later", "earlier"])
def test_a_task_is_a_later_version_of_its_referral_whenever_that_comes(nights: Nights, place: str) -> None:
    if place == "one file":
        nights.land("fhir/2025-01-21/all.ndjson", lines(task("rejected"), REQUEST, PATIENT))
    else:
        days = ("2025-01-21", "2025-01-22") if place == "later" else ("2025-01-22", "2025-01-21")
        nights.land(f"fhir/{days[0]}/request.ndjson", lines(REQUEST, PATIENT))
        nights.land(f"fhir/{days[1]}/task.ndjson", lines(task("rejected")))
    nights.run()
    assert sorted(told(nights.raw("referral"))) == sorted([WRITTEN, REJECTED])
    before = nights.everything()
    nights.run()
    assert nights.everything() == before


def test_a_task_waits_for_its_referral(nights: Nights) -> None:
    nights.land("fhir/2025-01-21/task.ndjson", lines(task("completed")))
    nights.run()
    assert nights.raw("referral") == []
    nights.land("fhir/2025-01-22/request.ndjson", lines(REQUEST, PATIENT))
    nights.run()
    assert [status for _, _, status, _ in told(nights.raw("referral"))] == ["completed", "active"]
    nights.run(as_of=date(2025, 1, 21))
    assert [
        row["status"] for row in nights.raw("referral") if row["_delivered_on"] <= date(2025, 1, 21)
    ] == []


def test_a_task_keeps_what_was_known_when_it_came(nights: Nights) -> None:
    changed = {
        **REQUEST,
        "code": concept(SNOMED, "183583007"),
        "meta": {"lastUpdated": "2025-02-01T00:00:00Z"},
    }
    nights.land("fhir/2025-01-11/a.ndjson", lines(REQUEST, PATIENT))
    nights.land("fhir/2025-01-21/b.ndjson", lines(task("rejected")))
    nights.run()
    nights.built(date(2025, 1, 21))
    nights.land("fhir/2025-02-02/c.ndjson", lines(changed))
    report = nights.run()
    assert REJECTED in told(nights.raw("referral"))
    assert not report.needs_full_refresh


@pytest.mark.parametrize(
    ("change", "filled", "finding"),
    [
        ({"focus": None, "basedOn": [ref("CarePlan/x"), ref("ServiceRequest/r1")]}, True, []),
        ({"focus": ref("Patient/p1")}, False, [("resourceType", "", "Task", 1)]),
        ({"focus": None}, False, [("resourceType", "", "Task", 1)]),
        ({"status": "entered-in-error"}, False, [("resourceType", "", "Task", 1)]),
    ],
)
def test_only_a_task_about_a_request_is_about_a_referral(
    tmp_path: Path, change: Json, filled: bool, finding: list[tuple[str, str, str, int]]
) -> None:
    outcome = read(tmp_path, "referral", {**task("completed"), **change})
    assert parts(outcome) == {"referral" if filled else "fhir": (1, 1, 0)}
    assert unmapped(outcome) == finding


def test_a_response_is_a_later_version_of_each_line_of_its_claim(nights: Nights) -> None:
    adjudication = "http://terminology.hl7.org/CodeSystem/adjudication"
    item = {
        "productOrService": concept("http://www.ama-assn.org/go/cpt", "99492"),
        "servicedDate": "2025-01-31",
    }
    claim = {
        "resourceType": "Claim",
        "id": "m1",
        "meta": {"lastUpdated": "2025-02-03T00:00:00Z"},
        "status": "active",
        "patient": ref("Patient/p1"),
        "created": "2025-02-03",
        "item": [{"sequence": 1, **item}, {"sequence": 2, **item}],
    }
    paid = {"category": concept(adjudication, "benefit"), "amount": {"value": 81.5, "currency": "USD"}}
    response = {
        "resourceType": "ClaimResponse",
        "id": "y1",
        "meta": {"lastUpdated": "2025-02-20T00:00:00Z"},
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "request": ref("Claim/m1"),
        "item": [{"itemSequence": 2, "adjudication": [paid]}, {"itemSequence": 9, "adjudication": [paid]}],
    }
    nights.land("fhir/2025-02-04/Claim.ndjson", lines(claim))
    nights.land("fhir/2025-02-21/ClaimResponse.ndjson", lines(response))
    nights.run()
    names = ("claim_line_id", "patient_id", "procedure_code", "status", "submitted_on", "paid_amount_usd")
    found = [tuple(row[name] for name in names) for row in nights.raw("claim_line")]
    sent = date(2025, 2, 3)
    assert found == [
        ("m1#1", "p1", "99492", "submitted", sent, None),
        ("m1#2", "p1", "99492", "submitted", sent, None),
        ("m1#2", "p1", "99492", "paid", sent, Decimal("81.5")),
    ]
