"""Exports in which a sender says more than is asked, beside its own codes: what counts of it."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import LOINC, SNOMED, Json, concept, lines, only, read, ref, unmapped

pytestmark = pytest.mark.slow
VENDOR = "urn:oid:1.2.3.4"
PATIENT = ref("Patient/p1")
PHQ_9_ITEMS = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3"]
PHQ_9_ITEMS += ["44260-8"]
OWN_FIRST: Json = {
    "coding": [{"system": VENDOR, "code": "4"}, {"system": LOINC, "code": "LA6570-1"}],
}


def _found(code: str, **value: object) -> Json:
    """An observation of a LOINC code."""
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(LOINC, code),
        "subject": PATIENT,
        "effectiveDateTime": "2025-01-07T14:00:00Z",
        **value,
    }


def _visit(**more: object) -> Json:
    """A visit that took place."""
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": PATIENT,
        "period": {"start": "2025-01-07T14:00:00Z"},
        **more,
    }


HOUR = {"value": 1, "code": "h"}


@pytest.mark.parametrize(
    ("code", "answer", "kept"),
    [
        ("44260-8", OWN_FIRST, f"{LOINC}|LA6570-1"),
        ("72166-2", {"coding": [{"code": "4"}, {"system": SNOMED, "code": "8517006"}]}, f"{SNOMED}|8517006"),
        ("72166-2", {"coding": [{"system": VENDOR, "code": "4"}, {"code": "5"}]}, f"{VENDOR}|4"),
        ("72166-2", concept("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"), "UNK"),
    ],
)
def test_an_answer_is_the_first_code_in_a_standard_system(
    tmp_path: Path, code: str, answer: Json, kept: str
) -> None:
    row = only(tmp_path, "observation", _found(code, valueCodeableConcept=answer))
    assert str(row["value_code"]).endswith(kept)


def test_parts_of_a_form_have_points_behind_codes_of_the_sender(tmp_path: Path) -> None:
    parts = [{"code": concept(LOINC, code), "valueCodeableConcept": OWN_FIRST} for code in PHQ_9_ITEMS]
    row = only(tmp_path, "assessment", _found("44249-1", component=parts))
    assert (row["instrument"], row["score"], row["item9_score"]) == ("PHQ-9", 18, 2)


def test_a_part_of_a_finding_is_answered_by_the_first_code_in_a_standard_system(tmp_path: Path) -> None:
    part = {"code": concept(LOINC, "8867-4"), "valueCodeableConcept": OWN_FIRST}
    rows = read(tmp_path, "observation", _found("85354-9", component=[part])).rows
    assert [row["value_code"] for row in rows] == [None, f"{LOINC}|LA6570-1"]


@pytest.mark.parametrize(
    ("codings", "kept"),
    [
        ([(VENDOR, "1"), (SNOMED, "428361000124107")], f"{SNOMED}|428361000124107"),
        ([(VENDOR, "1"), ("http://www.nubc.org/patient-discharge", "50")], "patient-discharge|50"),
        ([(VENDOR, "1")], f"{VENDOR}|1"),
    ],
)
def test_where_a_patient_was_discharged_to_is_told_by_a_standard_code(
    tmp_path: Path, codings: list[tuple[str, str]], kept: str
) -> None:
    disposition = {"coding": [{"system": one, "code": code} for one, code in codings]}
    visit = _visit(hospitalization={"dischargeDisposition": disposition})
    assert str(only(tmp_path, "encounter", visit)["discharge_disposition"]).endswith(kept)


@pytest.mark.parametrize("words", ["Referring provider", "SCRIBE", "interpreter"])
def test_who_has_no_part_in_a_visit_may_be_named_by_words_alone(tmp_path: Path, words: str) -> None:
    people = [
        {"type": [{"text": words}], "individual": ref("Practitioner/away")},
        {"type": [{"text": "Attending"}], "individual": ref("Practitioner/seen")},
    ]
    visit = _visit(participant=people)
    assert only(tmp_path, "encounter", visit)["practitioner_id"] == "seen"


def test_who_holds_an_appointment_may_be_inside_of_it(tmp_path: Path) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d", "identifier": [{"system": "urn:own", "value": "7"}]}
    visit = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2025-02-03T15:00:00Z",
        "contained": [doctor],
        "participant": [{"actor": ref("#d")}, {"actor": PATIENT}],
    }
    assert read(tmp_path, "appointment", visit).content.parts[0].rows_accepted == 1
    nights = Nights(tmp_path)
    own = {"resourceType": "Practitioner", "id": "d7", "identifier": doctor["identifier"]}
    nights.land("fhir/2025-02-01/a.ndjson", lines(visit, own))
    nights.run()
    (row,) = nights.raw("appointment")
    assert (row["patient_id"], row["practitioner_id"]) == ("p1", "d7")


@pytest.mark.parametrize("ending", ["ordinalValue", "itemWeight", "iso21090-CO-value"])
def test_points_of_an_answer_that_it_carries_itself(tmp_path: Path, ending: str) -> None:
    weight = {"url": f"http://hl7.org/fhir/StructureDefinition/{ending}", "valueDecimal": 2}
    answer = {"valueCoding": {"system": VENDOR, "code": "c", "extension": [weight]}}
    form = {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "subject": PATIENT,
        "authored": "2025-01-07T14:00:00Z",
        "item": [{"linkId": code, "answer": [answer]} for code in PHQ_9_ITEMS],
    }
    row = only(tmp_path, "assessment", form)
    assert (row["instrument"], row["score"], row["item9_score"]) == ("PHQ-9", 18, 2)


@pytest.mark.parametrize(
    ("payors", "payer"),
    [
        ([PATIENT, ref("Organization/o9")], "o9"),
        ([ref("Organization/o8"), ref("Organization/o9")], "o8"),
        ([{"reference": "RelatedPerson/r1"}, {"display": "Medicare"}], "medicare"),
    ],
)
def test_of_several_who_pay_the_first_who_is_no_person_is_the_payer(
    tmp_path: Path, payors: list[Json], payer: str
) -> None:
    coverage = {
        "resourceType": "Coverage",
        "id": "v1",
        "status": "active",
        "beneficiary": PATIENT,
        "payor": payors,
    }
    assert only(tmp_path, "coverage", coverage)["payer_id"] == payer


@pytest.mark.parametrize(
    ("recorded", "expected"), [({}, date(2025, 1, 3)), ({"recordedDate": "2025-01-04"}, date(2025, 1, 4))]
)
def test_a_diagnosis_that_does_not_say_when_it_was_recorded_was_so_when_asserted(
    tmp_path: Path, recorded: Json, expected: date
) -> None:
    asserted = {
        "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
        "valueDateTime": "2025-01-03",
    }
    diagnosis = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": PATIENT,
        "code": concept("http://hl7.org/fhir/sid/icd-10-cm", "F33.1"),
        "extension": [{"url": "http://other", "valueCode": "x"}, asserted],
        **recorded,
    }
    assert only(tmp_path, "condition", diagnosis)["recorded_on"] == expected


TAXONOMY = "http://nucc.org/provider-taxonomy"


@pytest.mark.parametrize(
    ("change", "listed"),
    [
        (
            {"code": [concept(TAXONOMY, "207Q00000X"), concept(TAXONOMY, "2084P0800X")]},
            [("practitioner_id", "several roles", "pcp and psychiatric_consultant", 1)],
        ),
        ({"code": [concept(TAXONOMY, "207Q00000X"), concept(TAXONOMY, "207R00000X")]}, []),
        (
            {"organization": None, "location": [ref("Organization/t2"), ref("Organization/t3")]},
            [("team_id", "location", "several places", 1)],
        ),
        ({"location": [ref("Location/l1"), ref("Location/l2")]}, []),
    ],
)
def test_what_a_role_says_beside_what_a_row_has_room_for_is_a_finding(
    tmp_path: Path, change: Json, listed: list[tuple[str, str, str, int]]
) -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": ref("Practitioner/d1"),
        "organization": ref("Organization/t1"),
        "code": [concept(TAXONOMY, "207Q00000X")],
        **change,
    }
    found = read(tmp_path, "staffing", role)
    assert [row["role"] for row in found.rows] == ["pcp"]
    assert unmapped(found) == listed


NAMED: Json = {"individual": {"display": "Ada Okafor"}}
SEEN: Json = {"individual": ref("Practitioner/seen")}
ATTENDING = [concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "ATND")]
UNNAMED = [("practitioner_id", "participant", "named without an id", 1)]


@pytest.mark.parametrize(
    ("people", "practitioner", "listed"),
    [
        ([NAMED, SEEN], "seen", []),
        ([NAMED], None, UNNAMED),
        ([NAMED | {"type": ATTENDING}, SEEN], None, UNNAMED),
        ([NAMED, SEEN | {"type": ATTENDING}], "seen", []),
    ],
)
def test_somebody_without_an_id_gives_way_unless_they_are_known_to_have_seen_the_patient(
    tmp_path: Path, people: list[Json], practitioner: str | None, listed: list[tuple[str, str, str, int]]
) -> None:
    places = [{"location": {"display": "Lobby"}}, {"location": ref("Organization/t1")}]
    orders = [{"display": "Referral"}, ref("ServiceRequest/s1")]
    kind = [concept("http://www.ama-assn.org/go/cpt", "90791")]
    visit = _visit(participant=people, location=places, basedOn=orders, type=kind, length=HOUR)
    found = read(tmp_path, "encounter", visit)
    (row,) = found.rows
    assert (row["practitioner_id"], row["team_id"], row["referral_id"]) == (practitioner, "t1", "s1")
    assert unmapped(found) == listed


@pytest.mark.parametrize(
    ("change", "listed"),
    [
        ({"active": False}, [("patient_id", "active", "false", 1)]),
        ({"active": True}, []),
        ({"active": False, "link": [{"type": "replaced-by", "other": ref("Patient/p2")}]}, []),
        ({}, []),
    ],
)
def test_a_record_that_is_not_in_use_stands_and_is_a_finding(
    tmp_path: Path, change: Json, listed: list[tuple[str, str, str, int]]
) -> None:
    found = read(tmp_path, "patient", {"resourceType": "Patient", "id": "p1", **change})
    assert (len(found.rows), unmapped(found)) == (1, listed)
