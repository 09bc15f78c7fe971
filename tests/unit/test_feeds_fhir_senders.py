"""More of what senders write: codes without their systems, refusals, other scripts of the same code."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import LOINC, Json, concept, lines, only, read, ref, unmapped

pytestmark = pytest.mark.slow

CODES = "http://terminology.hl7.org/CodeSystem"
CPT, ICD10 = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = ref("Patient/p1")
DIAGNOSIS: Json = {
    "resourceType": "Condition",
    "id": "c1",
    "code": concept(ICD10, "F33.1"),
    "subject": PATIENT,
}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"coding": [{"code": "refuted"}]}, "refuted"),
        ({"text": "Entered in error"}, "entered-in-error"),
        (concept("http://hl7.org/fhir/condition-ver-status", "confirmed"), "confirmed"),
    ],
)
def test_a_refuted_diagnosis_needs_no_system_to_be_none(tmp_path: Path, said: Json, status: str) -> None:
    row = only(
        tmp_path, "condition", DIAGNOSIS | {"verificationStatus": said, "clinicalStatus": {"text": "Active"}}
    )
    assert (row["verification_status"], row["clinical_status"]) == (status, "active")


@pytest.mark.parametrize("code", ["F331", "f33.1", " F33.1 ", "F33.1"])
def test_a_diagnosis_is_one_however_it_is_written(tmp_path: Path, code: str) -> None:
    assert only(tmp_path, "condition", DIAGNOSIS | {"code": concept(ICD10, code)})["icd10_code"] == "F33.1"


def test_a_code_of_three_signs_has_no_dot(tmp_path: Path) -> None:
    assert only(tmp_path, "condition", DIAGNOSIS | {"code": concept(ICD10, "F29")})["icd10_code"] == "F29"


AGREED: Json = {
    "resourceType": "Consent",
    "id": "k1",
    "status": "active",
    "category": [concept(CPT, "99492")],
    "patient": PATIENT,
    "dateTime": "2025-01-02",
}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"policyRule": concept(f"{CODES}/v3-ActCode", "OPTOUT")}, "rejected"),
        ({"policyRule": concept(f"{CODES}/v3-ActCode", "OPTIN")}, "active"),
        ({"policyRule": concept(f"{CODES}/v3-ActCode", "OPTOUT"), "status": "inactive"}, "inactive"),
        ({"policyRule": {"text": "clinic policy"}}, "active"),
    ],
)
def test_a_document_of_dissent_is_no_consent(tmp_path: Path, change: Json, status: str) -> None:
    assert only(tmp_path, "consent", AGREED | change)["status"] == status


VISIT: Json = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "subject": PATIENT,
    "period": {"start": "2025-01-07T14:00:00Z"},
}
EPIC_CLASS = "urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.13260"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (concept(f"{CODES}/v3-ActCode", "AMB"), "ambulatory"),
        ({"coding": [{"code": "EMER"}], "text": "ED"}, "emergency"),
        ({"system": EPIC_CLASS, "code": "5", "display": "Appointment"}, "ambulatory"),
    ],
)
def test_a_class_of_visit_may_be_a_concept(tmp_path: Path, kind: Json, said: str) -> None:
    ends = {"period": VISIT["period"] | {"end": "2025-01-07T15:00:00Z"}}
    found = read(tmp_path, "encounter", VISIT | ends | {"class": kind, "type": [concept(CPT, "90791")]})
    assert (found.rows[0]["encounter_class"], unmapped(found)) == (said, [])


def test_what_a_visit_was_may_stand_in_words(tmp_path: Path) -> None:
    said = {
        "class": {"code": "AMB"},
        "type": [{"text": "video visit"}],
        "serviceType": {"text": "Psychiatry"},
    }
    row = only(tmp_path, "encounter", VISIT | said)
    assert (row["service_line"], row["modality"]) == ("psychiatry", "video")


HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


@pytest.mark.parametrize("system", [CPT, HCPCS])
def test_a_code_of_cpt_is_one_of_hcpcs_too(tmp_path: Path, system: str) -> None:
    said = {"class": {"code": "AMB"}, "type": [concept(system, "90837")]}
    row = only(tmp_path, "encounter", VISIT | said)
    assert (row["service_line"], row["billing_codes"]) == ("behavioral_health", "90837")


BLUE_BUTTON = "https://bluebutton.cms.gov/resources"


def _variable(name: str, value: float) -> Json:
    category = concept(f"{BLUE_BUTTON}/codesystem/adjudication", f"{BLUE_BUTTON}/variables/{name}")
    return {"category": category, "amount": {"value": value, "currency": "USD"}}


def test_what_medicare_paid_is_known_by_its_own_names(tmp_path: Path) -> None:
    amounts = [("line_sbmtd_chrg_amt", 150), ("line_nch_pmt_amt", 90), ("line_prvdr_pmt_amt", 90)]
    item = {
        "sequence": 1,
        "productOrService": concept(CPT, "99492"),
        "servicedDate": "2025-01-31",
        "adjudication": [_variable(name, value) for name, value in amounts],
    }
    explanation = {
        "resourceType": "ExplanationOfBenefit",
        "id": "x1",
        "status": "active",
        "outcome": "complete",
        "patient": PATIENT,
        "insurer": {"identifier": {"value": "Centers for Medicare and Medicaid Services"}},
        "item": [item],
    }
    found = read(tmp_path, "claim_line", explanation)
    row = found.rows[0]
    assert (row["paid_amount_usd"], row["payer_id"], unmapped(found)) == (Decimal(90), "medicare", [])


def test_items_without_numbers_are_not_taken_for_one(tmp_path: Path) -> None:
    items = [
        {"productOrService": concept(CPT, code), "servicedDate": "2025-01-31"} for code in ("99492", "99494")
    ]
    claim = {"resourceType": "Claim", "id": "m1", "status": "active", "patient": PATIENT, "item": items}
    assert read(tmp_path, "claim_line", claim).refused == [(1, "missing_required:claim_line_id")]
    assert only(tmp_path, "claim_line", claim | {"item": items[:1]})["claim_line_id"] == "m1#1"


@pytest.mark.parametrize("code", ["F", "Female", "female"])
def test_a_sex_in_another_script(tmp_path: Path, code: str) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "gender": code}
    assert only(tmp_path, "patient", patient)["sex"] == "female"


@pytest.mark.parametrize("said", [concept(LOINC, "LA6576-8"), {"text": "Positive screen"}])
def test_a_finding_of_a_screen_may_be_a_common_code_or_a_word(tmp_path: Path, said: Json) -> None:
    screen: Json = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(LOINC, "73832-8"),
        "subject": PATIENT,
        "effectiveDateTime": "2025-01-07",
        "valueCodeableConcept": said,
    }
    assert only(tmp_path, "assessment", screen)["screen_result"] == "positive"


def _number(value: str, **more: object) -> Json:
    return {"type": concept(f"{CODES}/v2-0203", "MR"), "value": value, **more}


@pytest.mark.parametrize(
    "other",
    [{"use": "old"}, {"use": "secondary"}, {"period": {"end": "2020-06-30"}}],
)
def test_a_number_that_has_ended_stands_back(tmp_path: Path, other: Json) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "identifier": [_number("1", **other), _number("2")]}
    assert only(tmp_path, "patient", patient)["mrn"] == "2"


def test_the_only_number_counts_also_where_it_has_ended(tmp_path: Path) -> None:
    ended = _number("1", period={"end": "2020-06-30"})
    assert (
        only(tmp_path, "patient", {"resourceType": "Patient", "id": "p1", "identifier": [ended]})["mrn"]
        == "1"
    )


def test_a_name_that_has_ended_stands_back(tmp_path: Path) -> None:
    names = [
        {"use": "official", "family": "Before", "period": {"end": "2020-06-30"}},
        {"use": "temp", "family": "Unknown"},
        {"use": "official", "family": "Now", "period": {"start": "2020-07-01"}},
    ]
    assert (
        only(tmp_path, "patient", {"resourceType": "Patient", "id": "p1", "name": names})["family_name"]
        == "Now"
    )


def test_part_of_a_date_is_a_finding_and_doubts_no_work_before_a_death(tmp_path: Path) -> None:
    said: Json = {"resourceType": "Patient", "birthDate": "1960-02-03"}
    found = read(
        tmp_path,
        "patient",
        {**said, "id": "born", "birthDate": "1960"},
        {**said, "id": "year", "deceasedDateTime": "2024"},
        {
            **said,
            "id": "month",
            "deceasedDateTime": "2025-01",
            "meta": {"lastUpdated": "2025-01-09T02:00:00Z"},
        },
        {**said, "id": "day", "deceasedDateTime": "2025-01-04"},
    )
    assert {row["patient_id"]: row["deceased_on"] for row in found.rows} == {
        "born": None,
        "year": date(2024, 12, 31),
        "month": date(2025, 1, 9),
        "day": date(2025, 1, 4),
    }
    assert unmapped(found) == [
        ("birth_date", "birthDate", "part of a date", 1),
        ("deceased_on", "deceasedDateTime", "part of a date", 2),
    ]


@pytest.mark.parametrize(
    "kind",
    [
        {"text": "Payer"},
        concept("http://hl7.org/fhir/organization-type", "ins"),
        concept("http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/OrgTypeCS", "payer"),
    ],
)
def test_an_insurer_is_no_team(tmp_path: Path, kind: Json) -> None:
    plan = {"resourceType": "Organization", "id": "o1", "name": "Plan", "type": [kind]}
    assert read(tmp_path, "team", plan).rows == []


def test_a_role_at_a_service_is_at_who_provides_it(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    role = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": ref("Practitioner/d1")}
    service = {"resourceType": "HealthcareService", "id": "h1", "location": [ref("Location/room")]}
    room = {"resourceType": "Location", "id": "room", "partOf": ref("Location/house")}
    house = {"resourceType": "Location", "id": "house", "managingOrganization": ref("Organization/t1")}
    whole = (role | {"healthcareService": [ref("HealthcareService/h1")]}, service, room, house)
    nights.land("fhir/2025-01-06/a.ndjson", lines(*whole))
    nights.run()
    assert [row["team_id"] for row in nights.raw("staffing")] == ["t1"]


def test_places_within_each_other_lead_to_nobody(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    room = {"resourceType": "Location", "id": "room", "partOf": ref("Location/house")}
    house = {"resourceType": "Location", "id": "house", "partOf": ref("Location/room")}
    visit = VISIT | {"class": {"code": "AMB"}, "location": [{"location": ref("Location/room")}]}
    nights.land("fhir/2025-01-06/a.ndjson", lines(room, house, visit))
    nights.run()
    (row,) = nights.raw("encounter")
    assert row["team_id"].startswith("Organization?location=")


def _booked(*participants: Json) -> Json:
    return {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2025-02-03T15:00:00Z",
        "participant": [{"actor": PATIENT, "status": "accepted"}, *participants],
    }


def _asked(who: str, status: str = "accepted", role: str = "") -> Json:
    return {
        "actor": ref(f"Practitioner/{who}"),
        "status": status,
        "type": [concept(f"{CODES}/v3-ParticipationType", role)] if role else None,
    }


@pytest.mark.parametrize(
    ("participants", "practitioner"),
    [
        ([_asked("away", "declined"), _asked("seen")], "seen"),
        ([_asked("away", "declined")], None),
        ([_asked("sender", role="REF"), _asked("seen")], "seen"),
        ([_asked("second", role="SPRF"), _asked("seen", role="PPRF")], "seen"),
        ([_asked("helper"), _asked("seen", role="ATND")], "seen"),
        ([_asked("seen", "tentative"), _asked("helper")], "seen"),
    ],
)
def test_who_declined_or_referred_holds_no_appointment(
    tmp_path: Path, participants: list[Json], practitioner: str | None
) -> None:
    row = only(tmp_path, "appointment", _booked(*participants))
    assert (row["patient_id"], row["practitioner_id"]) == ("p1", practitioner)


def test_a_patient_who_declines_is_still_the_patient(tmp_path: Path) -> None:
    booking = _booked() | {"participant": [{"actor": PATIENT, "status": "declined"}, _asked("seen")]}
    row = only(tmp_path, "appointment", booking)
    assert (row["patient_id"], row["practitioner_id"]) == ("p1", "seen")


@pytest.mark.parametrize(
    ("feed", "column", "resource"),
    [
        (
            "observation",
            "observed_at",
            {"resourceType": "Observation", "effectivePeriod": {"end": "2025-01-07"}},
        ),
        (
            "procedure",
            "performed_at",
            {"resourceType": "Procedure", "performedPeriod": {"end": "2025-01-07"}},
        ),
    ],
)
def test_a_period_that_only_ends_was_when_it_ended(
    tmp_path: Path, feed: str, column: str, resource: Json
) -> None:
    said: Json = {"id": "x1", "status": "completed", "code": concept(CPT, "96127"), "subject": PATIENT}
    status = {"status": "final"} if feed == "observation" else {}
    assert only(tmp_path, feed, {**said, **status, **resource})[column] == datetime(2025, 1, 7)


def test_what_a_row_has_no_room_for_is_a_finding(tmp_path: Path) -> None:
    several = {"category": [concept(CPT, "99492"), {"text": "Behavioral Health Integration"}]}
    group = [{"actor": PATIENT}, {"actor": ref("Patient/p2")}]
    found = read(
        tmp_path,
        "consent",
        AGREED | several,
        AGREED | {"id": "k2", "category": [concept(CPT, "99492", "99494")]},
        _booked() | {"participant": group},
        _booked(_asked("seen")) | {"id": "a2"},
    )
    assert [(row["consent_id"], row["program"]) for row in found.rows] == [("k1", "cocm"), ("k2", "cocm")]
    assert unmapped(found) == [
        ("patient_id", "participant", "several patients", 1),
        ("consent_id", "several programs", "bhi and cocm", 1),
    ]
