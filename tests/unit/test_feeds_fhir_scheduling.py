"""Appointments and slots, and how they find the people and teams that they name in a roundabout way."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import SNOMED, Json, concept, lines, only, parts, read, ref, unmapped

APPOINTMENT: Json = {
    "resourceType": "Appointment",
    "id": "a1",
    "status": "booked",
    "serviceType": [concept("http://nucc.org/provider-taxonomy", "1041C0700X")],
    "appointmentType": concept("http://terminology.hl7.org/CodeSystem/v2-0276", "FOLLOWUP"),
    "start": "2025-01-10T10:00:00-05:00",
    "minutesDuration": 30,
    "created": "2025-01-02T09:00:00-05:00",
    "slot": [ref("Slot/l1")],
    "participant": [
        {"actor": ref("Location/o1"), "status": "accepted"},
        {"actor": ref("Patient/p1"), "status": "accepted"},
        {"actor": ref("Practitioner/s1"), "status": "accepted"},
    ],
}


@pytest.mark.slow
def test_an_appointment(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    place = {"resourceType": "Location", "id": "o1", "managingOrganization": ref("Organization/t1")}
    nights.land("fhir/2025-01-01/a.ndjson", lines(APPOINTMENT, place))
    nights.run()
    row = nights.raw("appointment")[0]
    wanted = {
        "appointment_id": "a1",
        "patient_id": "p1",
        "practitioner_id": "s1",
        "team_id": "t1",
        "service_line": "behavioral_health",
        "visit_type": "follow_up",
        "modality": None,
        "booked_at": datetime(2025, 1, 2, 14),
        "starts_at": datetime(2025, 1, 10, 15),
        "ends_at": datetime(2025, 1, 10, 15, 30),
        "ends_at_is_local": False,
        "status": "booked",
        "cancelled_at": None,
        "slot_id": "l1",
    }
    assert {name: row[name] for name in wanted} == wanted


URN = [{"actor": ref("urn:uuid:p2")}, {"actor": {**ref("urn:uuid:s2"), "type": "Practitioner"}}]
MISTAKE = concept("http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason", "oth-err")
CANCELLATION = {"url": "http://x/Appointment.cancellationDate", "valueDateTime": "2025-01-09T10:00:00Z"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"end": "2025-01-10T15:45:00Z"}, "ends_at", datetime(2025, 1, 10, 15, 45)),
        ({"minutesDuration": None}, "ends_at", None),
        ({"participant": URN}, "patient_id", "p2"),
        ({"participant": URN}, "practitioner_id", "s2"),
        ({"participant": URN}, "team_id", None),
        ({"participant": []}, "patient_id", None),
        ({"status": "cancelled", "extension": [CANCELLATION]}, "cancelled_at", datetime(2025, 1, 9, 10)),
        ({"status": "booked", "extension": [CANCELLATION]}, "cancelled_at", None),
        ({"status": "cancelled", "cancelationReason": {"text": "Patient"}}, "status", "cancelled"),
        ({"status": "cancelled", "cancelationReason": {"text": "no SHOW"}}, "status", "noshow"),
        ({"status": "cancelled", "cancelationReason": MISTAKE}, "status", "entered-in-error"),
        ({"status": "booked", "cancelationReason": {"text": "No show"}}, "status", "booked"),
        (
            {"status": "cancelled", "cancelationReason": {"text": "No show"}, "extension": [CANCELLATION]},
            "cancelled_at",
            None,
        ),
        ({"serviceType": None}, "service_line", None),
        ({"serviceType": [concept(SNOMED, "448337001")]}, "modality", "video"),
    ],
)
def test_what_an_appointment_may_lack_or_say_otherwise(
    tmp_path: Path, change: Json, column: str, value: object
) -> None:
    resource = {**APPOINTMENT, "appointmentType": None, "participant": URN, **change}
    assert only(tmp_path, "appointment", resource)[column] == value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"start": None}, "missing_required:starts_at"),
        ({"status": "no-show"}, "missing_required:status"),
    ],
)
def test_an_appointment_without_time_or_status_is_refused(tmp_path: Path, change: Json, reason: str) -> None:
    assert read(tmp_path, "appointment", {**APPOINTMENT, **change}).refused == [(1, reason)]


def test_a_service_that_nobody_knows_is_another_and_a_finding(tmp_path: Path) -> None:
    odd = {**APPOINTMENT, "participant": URN, "serviceType": [concept("urn:x", "Y")]}
    outcome = read(tmp_path, "appointment", odd)
    assert outcome.rows[0]["service_line"] == "other"
    assert unmapped(outcome) == [("service_line", "urn:x", "Y", 1)]


SLOT: Json = {
    "resourceType": "Slot",
    "id": "l1",
    "schedule": ref("Schedule/h1"),
    "status": "busy-tentative",
    "start": "2025-01-10T15:00:00Z",
    "end": "2025-01-10T15:30:00Z",
}
ROLE: Json = {
    "resourceType": "PractitionerRole",
    "id": "r1",
    "practitioner": ref("Practitioner?identifier=urn:npi|7"),
    "organization": ref("Organization/t1"),
}
PERSON: Json = {
    "resourceType": "Practitioner",
    "id": "s1",
    "identifier": [{"system": "urn:npi", "value": "7"}],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("actors", "practitioner", "team"),
    [
        (["Practitioner/s1", "Location/o1"], "s1", "t9"),
        (["PractitionerRole/r1"], "s1", "t1"),
        (["Location?identifier=urn:site|9"], "Practitioner?schedule=h1", "t9"),
        (["HealthcareService/v1", "Practitioner/s1"], "s1", "t8"),
    ],
)
def test_a_slot_finds_its_people_through_its_schedule(
    tmp_path: Path, actors: list[str], practitioner: str, team: str
) -> None:
    nights = Nights(tmp_path)
    schedule = {"resourceType": "Schedule", "id": "h1", "actor": [ref(actor) for actor in actors]}
    place = {
        "resourceType": "Location",
        "id": "o1",
        "identifier": [{"system": "urn:site", "value": "9"}],
        "managingOrganization": ref("Organization/t9"),
    }
    service = {"resourceType": "HealthcareService", "id": "v1", "providedBy": ref("Organization/t8")}
    nights.land("fhir/2025-01-01/Slot.ndjson", lines(SLOT))
    nights.land("fhir/2025-01-02/rest.ndjson", lines(schedule, place, service, ROLE, PERSON))
    nights.run()
    row = nights.raw("slot")[0]
    assert (row["slot_id"], row["status"]) == ("l1", "busy-tentative")
    assert (row["practitioner_id"], row["team_id"]) == (practitioner, team)


def test_what_only_stands_between_others_fills_nothing_and_is_counted(tmp_path: Path) -> None:
    outcome = read(tmp_path, "slot", {"resourceType": "Location", "id": "o1"}, SLOT)
    assert parts(outcome) == {"slot": (1, 1, 0), "fhir": (1, 1, 0)}
    assert unmapped(outcome) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-01-10T10:15:00-05:00", (datetime(2025, 1, 10, 15, 45), False)),
        ("2025-01-10T15:15:00.000+0000", (datetime(2025, 1, 10, 15, 45), False)),
        ("2025-01-10T10:15:00", (datetime(2025, 1, 10, 10, 45), True)),
    ],
)
def test_an_end_by_the_length_is_local_where_the_start_is(
    tmp_path: Path, start: str, end: tuple[datetime, bool]
) -> None:
    row = only(tmp_path, "appointment", {**APPOINTMENT, "participant": URN, "start": start})
    assert (row["ends_at"], row["ends_at_is_local"]) == end
    assert row["starts_at_is_local"] == row["ends_at_is_local"]
