"""Tasks, communications and claim responses: later versions of what they are about, once that has come."""

import json
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


OBJECTION = concept(
    "http://terminology.hl7.org/CodeSystem/communication-not-done-reason", "patient-objection"
)
REPORT = [concept("http://loinc.org", "11488-4")]
ABOUT = [ref("ServiceRequest/r1")]


TOLD: tuple[tuple[str, Json, str | None], ...] = (
    ("CommunicationRequest", {"status": "completed"}, "completed"),
    ("CommunicationRequest", {"status": "completed", "basedOn": None, "about": ABOUT}, "completed"),
    ("CommunicationRequest", {"status": "completed", "recipient": [ref("Practitioner/d1")]}, "completed"),
    ("CommunicationRequest", {"status": "completed", "recipient": [ref("Patient/p1")]}, None),
    ("CommunicationRequest", {"status": "revoked"}, "revoked"),
    ("CommunicationRequest", {"status": "revoked", "statusReason": OBJECTION}, "declined"),
    ("CommunicationRequest", {"status": "active"}, None),
    ("CommunicationRequest", {"status": "completed", "doNotPerform": True}, None),
    ("CommunicationRequest", {"status": "entered-in-error"}, None),
    ("CommunicationRequest", {"status": "completed", "basedOn": [ref("CarePlan/c")]}, None),
    ("Communication", {"status": "completed"}, None),
    ("Communication", {"status": "completed", "category": REPORT}, "completed"),
    ("Communication", {"status": "in-progress", "category": REPORT}, None),
    ("Communication", {"status": "completed", "category": REPORT, "recipient": [ref("Patient/p1")]}, None),
    (
        "Communication",
        {"status": "not-done", "statusReason": OBJECTION, "recipient": [ref("Patient/p1")]},
        "declined",
    ),
)


@pytest.mark.slow
def test_communications_tell_of_their_referrals_as_far_as_they_can(nights: Nights) -> None:
    resources = [PATIENT]
    for number, (kind, says, _) in enumerate(TOLD):
        said: Json = {"id": f"c{number}", "meta": {"lastUpdated": "2025-01-20T10:00:00Z"}, "basedOn": ABOUT}
        text = json.dumps({"resourceType": kind, **said, **says})
        resources += [{**REQUEST, "id": f"r{number}"}, json.loads(text.replace("/r1", f"/r{number}"))]
    nights.land("fhir/2025-01-21/all.ndjson", lines(*resources))
    nights.run()
    versions = nights.raw("referral")
    for number, (_, _, becomes) in enumerate(TOLD):
        own = [row for row in versions if row["referral_id"] == f"r{number}"]
        expected = {"active", becomes} if becomes else {"active"}
        assert {row["status"] for row in own} == expected, TOLD[number]
        assert {row["patient_id"] for row in own} == {"p1"}
    counted = {row["code"]: row["rows"] for row in nights.reference("unmapped_code")}
    for kind in ("CommunicationRequest", "Communication"):
        assert counted[kind] == sum(1 for one, _, becomes in TOLD if one == kind and becomes is None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"lastUpdated": "2025-01-20T10:00:00Z"}, datetime(2025, 1, 20, 10)),
        (None, datetime(2025, 1, 19, 9)),
    ],
)
def test_a_task_says_when_it_was_last_modified(nights: Nights, meta: Json | None, expected: datetime) -> None:
    said = task("completed", lastModified="2025-01-19T10:00:00+01:00", meta=meta)
    nights.land("fhir/2025-01-21/all.ndjson", lines(REQUEST, PATIENT, said))
    nights.run()
    assert [row["updated_at"] for row in nights.raw("referral") if row["status"] == "completed"] == [expected]


@pytest.mark.slow
def test_a_task_without_any_time_comes_right_after_the_version_that_it_is_about(nights: Nights) -> None:
    nights.land("fhir/2025-01-21/all.ndjson", lines(REQUEST, PATIENT, task("completed", meta=None)))
    nights.run()
    latest = max(nights.raw("referral"), key=lambda row: row["updated_at"])
    assert (latest["status"], latest["updated_at"]) == ("completed", datetime(2025, 1, 10, 10, 0, 0, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    "focus",
    [
        ref("ServiceRequest?identifier=urn:site|o7"),
        ref("https://fhir.invalid/r4/ServiceRequest/r1/_history/2"),
        {"identifier": {"system": "urn:site", "value": "o7"}, "type": "ServiceRequest"},
    ],
)
def test_a_task_names_its_referral_in_any_way(nights: Nights, focus: Json) -> None:
    request = {**REQUEST, "identifier": [{"system": "urn:site", "value": "o7"}]}
    nights.land("fhir/2025-01-20/task.ndjson", lines(task("rejected", focus=focus)))
    nights.land("fhir/2025-01-21/request.ndjson", lines(request, PATIENT))
    nights.run()
    assert sorted(told(nights.raw("referral"))) == sorted([WRITTEN, REJECTED])


@pytest.mark.slow
def test_claim_and_what_became_of_it_meet_by_an_identifier(nights: Nights) -> None:
    claim = {"system": "urn:claims", "value": "77"}
    code = concept("http://www.ama-assn.org/go/cpt", "99492")
    item = {"sequence": 1, "productOrService": code, "servicedDate": "2025-01-31"}
    sent = {"resourceType": "Claim", "id": "m1", "identifier": [claim], "created": "2025-02-03"}
    shared = {"status": "active", "patient": ref("Patient/p1"), "item": [item]}
    explained = {**shared, "resourceType": "ExplanationOfBenefit", "id": "x1", "outcome": "complete"}
    answer = {"resourceType": "ClaimResponse", "id": "y1", "status": "active", "outcome": "error"}
    told_of = {"claim": {"identifier": claim}, "meta": {"lastUpdated": "2025-02-10T00:00:00Z"}}
    responded = {"request": {"identifier": claim}, "created": "2025-02-20", "item": [{"itemSequence": 1}]}
    nights.land("fhir/2025-02-20/a.ndjson", lines({**explained, **told_of}, {**answer, **responded}))
    nights.land("fhir/2025-02-21/b.ndjson", lines({**shared, **sent}))
    nights.run()
    found = {(row["claim_line_id"], row["status"], row["updated_at"]) for row in nights.raw("claim_line")}
    assert found == {
        ("m1#1", "submitted", None),
        ("m1#1", "paid", datetime(2025, 2, 10)),
        ("m1#1", "denied", datetime(2025, 2, 20)),
    }


CANCELLED = (
    "MSH|^~\\&|S|C|W|C|20250120100000||SIU^S15|m1|P|2.5\rSCH||F7|||||||||||||||||||||||Cancelled\rPID|1||p1\r"
)


@pytest.mark.slow
def test_what_waits_for_something_that_never_came_is_counted(nights: Nights) -> None:
    response = {
        "resourceType": "ClaimResponse",
        "id": "y1",
        "status": "active",
        "outcome": "complete",
        "request": ref("Claim/m1"),
        "item": [{"itemSequence": 1}, {"itemSequence": 2}],
    }
    nights.land("fhir/2025-01-21/a.ndjson", lines(task("completed"), task("rejected"), response))
    nights.land("hl7v2/2025-01-21/a.hl7", CANCELLED)
    nights.run()
    day = date(2025, 1, 21)
    counted = [(row["feed"], row["rows"], row["delivered_on"]) for row in nights.reference("waiting_report")]
    assert counted == [("appointment", 1, day), ("claim_line", 2, day), ("referral", 2, day)]
    nights.land("fhir/2025-01-22/b.ndjson", lines(REQUEST, PATIENT))
    nights.run()
    assert [row["feed"] for row in nights.reference("waiting_report")] == ["appointment", "claim_line"]
    nights.run(as_of=day)
    assert len(nights.reference("waiting_report")) == 3
