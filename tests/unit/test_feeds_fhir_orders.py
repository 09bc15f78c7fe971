"""Procedures, medication orders and service requests: each element where it belongs."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import LOINC, SNOMED, Json, concept, lines, only, read, ref, unmapped

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
REASON = {"url": "http://x/qicore-notDoneReason", "valueCodeableConcept": concept(SNOMED, "183932001")}

PROCEDURE: Json = {
    "resourceType": "Procedure",
    "id": "x1",
    "status": "completed",
    "code": {"coding": [{"system": "urn:vendor", "code": "V1"}, {"system": SNOMED, "code": "108313002"}]},
    "subject": ref("Patient/p1"),
    "encounter": ref("Encounter/e1"),
    "performedPeriod": {"start": "2025-01-10T10:00:00-05:00", "end": "2025-01-10T10:45:00-05:00"},
    "performer": [{"actor": ref("Organization/t1")}, {"actor": ref("Practitioner/s1")}],
}


def test_a_procedure(tmp_path: Path) -> None:
    row = only(tmp_path, "procedure", PROCEDURE)
    wanted = {
        "procedure_id": "x1",
        "patient_id": "p1",
        "encounter_id": "e1",
        "practitioner_id": "s1",
        "code_system": SNOMED,
        "code": "108313002",
        "performed_at": datetime(2025, 1, 10, 15),
        "ended_at": datetime(2025, 1, 10, 15, 45),
        "status": "completed",
        "not_done_reason": None,
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("codings", "system", "code"),
    [
        ([("urn:oid:2.16.840.1.113883.6.96", "1")], SNOMED, "1"),
        ([("http://www.nlm.nih.gov/research/umls/hcpcs", "G0182")], HCPCS, "G0182"),
        ([("urn:vendor", "V1")], "urn:vendor", "V1"),
        ([("urn:vendor", "V1"), (CPT, "99377")], CPT, "99377"),
    ],
)
def test_a_code_system_has_one_name(
    tmp_path: Path, codings: list[tuple[str, str]], system: str, code: str
) -> None:
    listed = {"coding": [{"system": named, "code": value} for named, value in codings]}
    row = only(tmp_path, "procedure", {**PROCEDURE, "code": listed})
    assert (row["code_system"], row["code"]) == (system, code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "not-done", "statusReason": concept(SNOMED, "105480006")}, "refused"),
        ({"status": "not-done", "extension": [{"url": "y"}, REASON]}, "medical"),
        ({"status": "not-done", "statusReason": concept("urn:x", "strange")}, "other"),
        ({"status": "not-done"}, None),
        ({"status": "stopped", "statusReason": concept(SNOMED, "105480006")}, None),
    ],
)
def test_a_procedure_not_done_says_why(tmp_path: Path, change: Json, reason: str | None) -> None:
    row = only(tmp_path, "procedure", {**PROCEDURE, **change})
    assert (row["status"], row["not_done_reason"]) == (change["status"], reason)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"performedDateTime": "2025-01-11T10:00:00Z"}, datetime(2025, 1, 11, 10)),
        ({"extension": [{"url": "qicore-recorded", "valueDateTime": "2025-01-12"}]}, datetime(2025, 1, 12)),
    ],
)
def test_the_time_of_a_procedure_may_stand_in_several_places(
    tmp_path: Path, change: Json, at: datetime
) -> None:
    resource = {key: PROCEDURE[key] for key in PROCEDURE if key != "performedPeriod"} | change
    assert only(tmp_path, "procedure", resource)["performed_at"] == at


@pytest.mark.slow
def test_a_procedure_of_unknown_status_is_refused_and_a_finding(tmp_path: Path) -> None:
    outcome = read(tmp_path, "procedure", {**PROCEDURE, "status": "unknown"})
    assert outcome.refused == [(1, "missing_required:status")]
    assert unmapped(outcome) == [("status", "http://hl7.org/fhir/event-status", "unknown", 1)]


MEDICATION: Json = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "1000048"),
    "subject": ref("Patient/p1"),
    "encounter": ref("Encounter/e1"),
    "authoredOn": "2025-06-21T08:00:00.000+00:00",
}


@pytest.mark.slow
def test_a_medication_order(tmp_path: Path) -> None:
    row = only(tmp_path, "medication_order", MEDICATION)
    wanted = {
        "order_id": "m1",
        "patient_id": "p1",
        "encounter_id": "e1",
        "code_system": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "code": "1000048",
        "authored_at": datetime(2025, 6, 21, 8),
        "intent": "order",
        "do_not_perform": None,
        "status": "active",
        "not_done_reason": None,
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "intent"), [("plan", "plan"), ("reflex-order", "order"), ("option", "other"), ("wish", "other")]
)
def test_the_intent_of_an_order(tmp_path: Path, sent: str, intent: str) -> None:
    assert only(tmp_path, "medication_order", {**MEDICATION, "intent": sent})["intent"] == intent


@pytest.mark.slow
@pytest.mark.parametrize(("forbids", "reason"), [(True, "refused"), (False, None)])
def test_a_medication_that_shall_not_be_given_says_why(
    tmp_path: Path, forbids: bool, reason: str | None
) -> None:
    why = {"doNotPerform": forbids, "reasonCode": [concept(SNOMED, "105480006")]}
    row = only(tmp_path, "medication_order", {**MEDICATION, **why})
    assert (row["do_not_perform"], row["not_done_reason"]) == (forbids, reason)


def test_a_contained_medication_gives_its_code(tmp_path: Path) -> None:
    inside = {"resourceType": "Medication", "id": "in", "code": concept("urn:x", "M")}
    resource = {key: MEDICATION[key] for key in MEDICATION if key != "medicationCodeableConcept"}
    changed = {**resource, "contained": [inside], "medicationReference": ref("#in")}
    row = only(tmp_path, "medication_order", changed)
    assert (row["code_system"], row["code"]) == ("urn:x", "M")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "system", "code"),
    [
        ("Medication/d1", "http://www.nlm.nih.gov/research/umls/rxnorm", "1000048"),
        ("urn:uuid:d1", "http://www.nlm.nih.gov/research/umls/rxnorm", "1000048"),
        ("Medication/d2", "Medication?system=d2", "Medication?code=d2"),
    ],
)
def test_a_medication_of_its_own_gives_its_code_whenever_it_comes(
    tmp_path: Path, named: str, system: str, code: str
) -> None:
    nights = Nights(tmp_path)
    order = {key: MEDICATION[key] for key in MEDICATION if key != "medicationCodeableConcept"}
    medication = {
        "resourceType": "Medication",
        "id": "d1",
        "code": MEDICATION["medicationCodeableConcept"],
    }
    nights.land("fhir/2025-01-01/a.ndjson", lines({**order, "medicationReference": ref(named)}))
    nights.land("fhir/2025-01-02/b.ndjson", lines(medication))
    nights.run()
    found = nights.raw("medication_order")[0]
    assert (found["code_system"], found["code"]) == (system, code)


REQUEST: Json = {
    "resourceType": "ServiceRequest",
    "id": "r1",
    "status": "active",
    "intent": "order",
    "doNotPerform": False,
    "code": concept(SNOMED, "183524004"),
    "subject": ref("Patient/p1"),
    "requester": ref("Practitioner/s1"),
    "performer": [ref("Practitioner/s2"), ref("Organization/t1")],
    "authoredOn": "2025-06-21T08:00:00Z",
    "reasonCode": [{"coding": [{"system": "urn:x", "code": "X"}]}, concept(SNOMED, "370143000")],
}


@pytest.mark.slow
def test_a_service_request_is_a_referral(tmp_path: Path) -> None:
    row = only(tmp_path, "referral", REQUEST)
    wanted = {
        "referral_id": "r1",
        "patient_id": "p1",
        "referrer_id": "s1",
        "team_id": "t1",
        "service_line": "psychiatry",
        "method": "order",
        "reason_code": "370143000",
        "service_code": f"{SNOMED}|183524004",
        "intent": "order",
        "do_not_perform": False,
        "authored_at": datetime(2025, 6, 21, 8),
        "status": "active",
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "column", "value", "finding"),
    [
        ({"code": concept(SNOMED, "183583007")}, "service_line", "behavioral_health", None),
        ({"code": concept(SNOMED, "385763009")}, "service_line", "other", None),
        ({"code": concept("urn:x", "Y")}, "service_line", "other", "Y"),
        ({"code": {"text": "Jane Doe to the clinic"}}, "service_line", "other", ""),
        ({"code": {"text": "Warm handoff"}}, "method", "warm_handoff", ""),
        (
            {"code": None, "performerType": concept("http://nucc.org/provider-taxonomy", "1041C0700X")},
            "service_line",
            "behavioral_health",
            None,
        ),
        (
            {"code": concept(LOINC, "4548-4"), "category": [concept(SNOMED, "108252007")]},
            "service_line",
            "other",
            None,
        ),
        ({"requester": ref("Patient/p1")}, "method", "self", None),
        ({"requester": ref("Patient/p1")}, "referrer_id", None, None),
        ({"performer": None, "requester": ref("Organization/t2")}, "team_id", "t2", None),
        ({"performer": [ref("Practitioner/s2")]}, "team_id", None, None),
        ({"doNotPerform": True}, "do_not_perform", True, None),
    ],
)
def test_what_a_request_asks_for(
    tmp_path: Path, change: Json, column: str, value: object, finding: str | None
) -> None:
    outcome = read(tmp_path, "referral", {**REQUEST, **change})
    assert outcome.rows[0][column] == value
    assert [code for _, _, code, _ in unmapped(outcome)] == ([] if finding is None else [finding])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "feed", "value_code"),
    [
        ({"valueBoolean": True}, "observation", "|true"),
        ({"valueCodeableConcept": concept(SNOMED, "1")}, "observation", f"{SNOMED}|1"),
        ({"valueCodeableConcept": concept(SNOMED, "428181000124104")}, "assessment", None),
        ({"valueBoolean": True, "status": "cancelled", "extension": [REASON]}, "assessment", None),
    ],
)
def test_a_screen_whose_answer_is_no_result_still_shows_that_it_was_done(
    tmp_path: Path, answer: Json, feed: str, value_code: str | None
) -> None:
    screen = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(LOINC, "73832-8"),
        "subject": ref("Patient/p1"),
        "effectiveDateTime": "2025-01-10T10:00:00Z",
    }
    row = only(tmp_path, feed, {**screen, **answer})
    assert row.get("value_code") == value_code
