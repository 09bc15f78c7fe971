"""Resources as other systems write them: each bends the standard its own way, and is taken in."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import LOINC, SNOMED, Json, concept, lines, only, read, ref, unmapped

pytestmark = pytest.mark.slow

CODES = "http://terminology.hl7.org/CodeSystem"
CPT, ICD10 = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-10-cm"
OLD_ROLES = "http://hl7.org/fhir/v3/ParticipationType"
VENDOR = "urn:oid:1.2.3.4"
PATIENT = ref("Patient/p1")


def _took_part(role: str, who: str, system: str = f"{CODES}/v3-ParticipationType") -> Json:
    """A participant of a visit with one role, or none where it is blank."""
    return {"type": [concept(system, role)] if role else None, "individual": ref(f"Practitioner/{who}")}


@pytest.mark.parametrize(
    ("participants", "practitioner"),
    [
        ([_took_part("REF", "sender"), _took_part("", "seen")], "seen"),
        ([_took_part("REF", "sender"), _took_part("ATND", "seen")], "seen"),
        ([_took_part("REF", "sender", OLD_ROLES), _took_part("CON", "seen")], "seen"),
        ([_took_part("REF", "sender")], None),
        ([_took_part("REF", "sender"), _took_part("translator", "voice", f"{CODES}/participant-type")], None),
        ([_took_part("CON", "seen")], "seen"),
    ],
)
def test_who_referred_a_patient_did_not_see_them(
    tmp_path: Path, participants: list[Json], practitioner: str | None
) -> None:
    visit: Json = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"system": f"{CODES}/v3-ActCode", "code": "AMB"},
        "subject": PATIENT,
        "participant": participants,
        "period": {"start": "2025-01-07T14:00:00Z"},
    }
    assert only(tmp_path, "encounter", visit)["practitioner_id"] == practitioner


@pytest.mark.parametrize(
    ("system", "column", "code"),
    [
        ("2.16.840.1.113883.6.90", "icd10_code", "F33.1"),
        ("ICD-10-CM", "icd10_code", "F33.1"),
        ("http://hl7.org/fhir/sid/icd-10", "icd10_code", "F33.1"),
        ("http://hl7.org/fhir/sid/icd-10-cm/", "icd10_code", "F33.1"),
        ("http://snomed.info/sct/731000124108", "snomed_code", "35489007"),
        ("2.16.840.1.113883.6.96", "snomed_code", "35489007"),
        ("https://www.cdc.gov/nchs/icd/icd10cm.htm", "icd10_code", "F33.1"),
        ("SCT", "snomed_code", "35489007"),
    ],
)
def test_a_code_system_by_another_name(tmp_path: Path, system: str, column: str, code: str) -> None:
    own = {"coding": [{"system": VENDOR, "code": "1"}, {"system": system, "code": code}]}
    diagnosis = {"resourceType": "Condition", "id": "c1", "code": own, "subject": PATIENT}
    assert only(tmp_path, "condition", diagnosis)[column] == code


def test_what_is_known_by_a_code_of_its_own_alone_is_a_finding_wherever_it_stands(tmp_path: Path) -> None:
    shared: Json = {"subject": PATIENT, "status": "final", "effectiveDateTime": "2025-01-07"}
    found = read(
        tmp_path,
        "observation",
        {"resourceType": "Condition", "id": "c1", "code": concept("", "F33.1"), "subject": PATIENT},
        {"resourceType": "Observation", "id": "o1", "code": concept(VENDOR, "3062"), **shared},
        {"resourceType": "Observation", "id": "o2", "code": concept(LOINC, "8480-6"), **shared},
        {
            **{"resourceType": "Procedure", "id": "r1", "code": concept(VENDOR, "77"), "subject": PATIENT},
            **{"status": "completed", "performedDateTime": "2025-01-07"},
        },
        {
            **{"resourceType": "MedicationRequest", "id": "m1", "subject": PATIENT, "status": "active"},
            **{"intent": "order", "authoredOn": "2025-01-07"},
            "medicationCodeableConcept": concept(VENDOR, "88"),
        },
    )
    assert [row["observation_id"] for row in found.rows] == ["o1", "o2"]
    assert unmapped(found) == [
        ("icd10_code", "", "F33.1", 1),
        ("code", VENDOR, "88", 1),
        ("code", VENDOR, "3062", 1),
        ("code", VENDOR, "77", 1),
    ]
    assert found.refused == [(1, "missing_required:icd10_code")]


COVERAGE: Json = {"resourceType": "Coverage", "id": "v1", "status": "active", "beneficiary": PATIENT}
INSURER: Json = {"resourceType": "Organization", "id": "o"}
SOURCE_OF_PAYMENT = "urn:oid:2.16.840.1.113883.3.221.5"


@pytest.mark.parametrize(
    ("change", "payer"),
    [
        ({"payor": [{"display": "MEDICARE"}]}, "medicare"),
        ({"payor": [{"display": "\u2003Medicare\u00a0"}]}, "medicare"),
        ({"payor": [{"display": " An unknown plan "}]}, "An unknown plan"),
        ({"payor": [ref("#o")], "contained": [INSURER | {"name": "Medicare"}]}, "medicare"),
        ({"payor": [ref("#o")], "contained": [INSURER | {"name": "Plan"}]}, "Plan"),
        ({"payor": [ref("Organization/o9")]}, "o9"),
        ({"payor": [ref("Organization/o9")], "type": concept(SOURCE_OF_PAYMENT, "1")}, "medicare"),
    ],
)
def test_a_payer_is_known_by_its_words_or_kept_by_them(tmp_path: Path, change: Json, payer: str) -> None:
    assert only(tmp_path, "coverage", COVERAGE | change)["payer_id"] == payer


@pytest.mark.parametrize(
    "change",
    [
        {"payor": [{"reference": "Patient/p1", "display": "Ida Probe"}]},
        {"payor": [{"display": "Ida Probe"}], "beneficiary": PATIENT | {"display": "Ida Probe"}},
        {"payor": [{"display": "I. Probe"}], "type": concept(f"{CODES}/coverage-selfpay", "pay")},
    ],
)
def test_a_patient_who_pays_is_no_payer(tmp_path: Path, change: Json) -> None:
    assert read(tmp_path, "coverage", COVERAGE | change).refused == [(1, "missing_required:payer_id")]


@pytest.mark.parametrize("kind", [{"text": "MRN"}, {"text": "medical record number"}, concept("", "MR")])
def test_a_record_number_is_known_by_its_words(tmp_path: Path, kind: Json) -> None:
    identifiers = [{"type": {"text": "EPIC"}, "value": "E7"}, {"type": kind, "value": "  203713"}]
    patient = {"resourceType": "Patient", "id": "p1", "identifier": identifiers}
    assert only(tmp_path, "patient", patient)["mrn"] == "203713"


def test_a_death_without_a_date_was_before_the_record_said_so(tmp_path: Path) -> None:
    said: Json = {"resourceType": "Patient", "meta": {"lastUpdated": "2025-01-05T02:00:00Z"}}
    found = read(
        tmp_path,
        "patient",
        {**said, "id": "no_date", "deceasedBoolean": True},
        {**said, "id": "alive", "deceasedBoolean": False},
        {**said, "id": "dated", "deceasedBoolean": True, "deceasedDateTime": "2024-12-01"},
        {**said, "id": "nothing_known", "deceasedBoolean": True, "meta": {}},
    )
    assert {row["patient_id"]: row["deceased_on"] for row in found.rows} == {
        "no_date": date(2025, 1, 5),
        "alive": None,
        "dated": date(2024, 12, 1),
        "nothing_known": None,
    }
    assert unmapped(found) == [("deceased_on", "deceasedBoolean", "true", 2)]


def test_a_name_may_begin_with_a_bracket(tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "[Test] Probe"}]}
    assert only(tmp_path, "patient", patient)["family_name"] == "[Test] Probe"


def test_a_team_is_paid_under_the_number_that_is_called_one_for_taxes(tmp_path: Path) -> None:
    number = {"type": concept(f"{CODES}/v2-0203", "TAX"), "value": "12-3456789"}
    clinic = {"resourceType": "Organization", "id": "t1", "name": "Clinic", "identifier": [number]}
    assert only(tmp_path, "team", clinic)["billing_tin"] == "123456789"


def test_each_primary_care_provider_of_a_care_team_is_a_panel_row(tmp_path: Path) -> None:
    role, words = [concept(SNOMED, "446050000")], [{"text": "PCP - General"}]
    team = {
        "resourceType": "CareTeam",
        "id": "ct1",
        "status": "active",
        "subject": PATIENT,
        "managingOrganization": [ref("Organization/t1")],
        "participant": [
            {"role": [concept(SNOMED, "224535009")], "member": ref("Practitioner/nurse")},
            {"role": role, "member": ref("Practitioner/a"), "period": {"start": "2021-03", "end": "2023-05"}},
            {"role": words, "member": ref("Practitioner/b"), "period": {"start": "2023-06-01"}},
        ],
    }
    rows = read(tmp_path, "panel", team).rows
    assert [(row["pcp_id"], row["team_id"], row["effective_from"], row["effective_to"]) for row in rows] == [
        ("a", "t1", date(2021, 3, 1), date(2023, 5, 31)),
        ("b", "t1", date(2023, 6, 1), None),
    ]


def test_what_a_form_or_a_care_team_would_be_known_by_is_listed(tmp_path: Path) -> None:
    form = "https://vendor.example/fhir/Questionnaire/a-form-whose-address-is-longer-than-a-code-ever-is"
    member = {"role": [concept(VENDOR, "9")], "member": ref("Practitioner/a")}
    found = read(
        tmp_path,
        "panel",
        {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": form},
        {"resourceType": "CareTeam", "id": "ct1", "status": "active", "participant": [member]},
    )
    assert unmapped(found) == [
        ("form", "uri", form, 1),
        ("resourceType", "", "CareTeam", 1),
        ("resourceType", "", "QuestionnaireResponse", 1),
        ("pcp_id", VENDOR, "9", 1),
    ]


@pytest.mark.parametrize(
    ("booking", "line", "listed"),
    [
        ({"appointmentType": concept(f"{CODES}/v2-0276", "ROUTINE")}, None, []),
        ({"specialty": [concept(SNOMED, "394587001")]}, "psychiatry", []),
        ({"serviceType": [concept(VENDOR, "5")]}, "other", [("service_line", VENDOR, "5", 1)]),
    ],
)
def test_a_kind_of_booking_is_no_service(
    tmp_path: Path, booking: Json, line: str | None, listed: object
) -> None:
    visit = {"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2025-02-03T15:00:00Z"}
    found = read(tmp_path, "appointment", visit | booking)
    assert (found.rows[0]["service_line"], unmapped(found)) == (line, listed)


def test_a_cancellation_that_holds_no_time_any_more_takes_the_booking_back(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    booked: Json = {
        "resourceType": "Appointment",
        "id": "a1",
        "meta": {"lastUpdated": "2025-01-06T10:00:00Z"},
        "status": "booked",
        "start": "2025-02-03T15:00:00Z",
        "end": "2025-02-03T15:30:00Z",
        "participant": [{"actor": PATIENT}],
    }
    gone = {"meta": {"lastUpdated": "2025-01-09T10:00:00Z"}, "status": "cancelled"}
    nights.land("fhir/2025-01-06/a.ndjson", lines(booked))
    nights.land("fhir/2025-01-09/a.ndjson", lines({"resourceType": "Appointment", "id": "a1", **gone}))
    nights.land("fhir/2025-01-10/a.ndjson", lines({"resourceType": "Appointment", "id": "a2", **gone}))
    nights.run()
    first, last = nights.raw("appointment")
    assert (first["status"], last["status"], last["patient_id"]) == ("booked", "cancelled", "p1")
    assert first["starts_at"] == last["starts_at"]
    assert nights.reference("waiting_report") == [
        {"feed": "appointment", "rows": 1, "delivered_on": date(2025, 1, 10)}
    ]


R5_ENCOUNTER: Json = {"status": "completed", "class": [concept(f"{CODES}/v3-ActCode", "AMB")]}


@pytest.mark.parametrize(
    ("resource", "release"),
    [
        ({"resourceType": "Encounter", **R5_ENCOUNTER}, "R5"),
        ({"resourceType": "Encounter", "class": "ambulatory"}, "DSTU2"),
        ({"resourceType": "Appointment", "serviceType": [{"concept": concept(VENDOR, "1")}]}, "R5"),
        ({"resourceType": "Consent", "status": "active", "subject": PATIENT, "date": "2025-01-01"}, "R5"),
        ({"resourceType": "Claim", "status": "active", "use": "complete"}, "STU3"),
        ({"resourceType": "Claim", "status": "active", "organization": ref("Organization/o")}, "STU3"),
        ({"resourceType": "Patient", "name": [{"family": ["Old"]}]}, "DSTU2"),
        ({"resourceType": "Slot", "freeBusyType": "FREE"}, "DSTU2"),
        ({"resourceType": "BodySite"}, "STU3"),
    ],
)
def test_a_shape_of_another_release_is_refused_by_its_name(
    tmp_path: Path, resource: Json, release: str
) -> None:
    assert read(tmp_path, "patient", {"id": "x", **resource}).refused == [
        (1, f"unsupported_release:{release}")
    ]


def _amount(system: str, code: str, value: float) -> Json:
    return {"category": concept(system, code), "amount": {"value": value, "currency": "USD"}}


CARIN = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"
BENEFIT = _amount(f"{CODES}/adjudication", "benefit", 90)
SUBMITTED = _amount(f"{CODES}/adjudication", "submitted", 150)


@pytest.mark.parametrize(
    ("amounts", "paid", "listed"),
    [
        ([SUBMITTED, BENEFIT, _amount(CARIN, "paidtoprovider", 90)], 90, []),
        ([_amount(CARIN, "paidtoprovider", 60), _amount(CARIN, "paidtopatient", 30)], 90, []),
        (
            [SUBMITTED, _amount(CARIN, "coinsurance", 10)],
            None,
            [("paid_amount_usd", "payment", "not told", 1)],
        ),
        ([SUBMITTED, _amount("urn:payer", "PD", 55)], None, [("paid_amount_usd", "urn:payer", "PD", 1)]),
    ],
)
def test_money_that_is_told_twice_is_paid_once(
    tmp_path: Path, amounts: list[Json], paid: int | None, listed: object
) -> None:
    explanation: Json = {
        "resourceType": "ExplanationOfBenefit",
        "id": "x1",
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "patient": PATIENT,
        "insurer": {"identifier": {"value": "CMS"}},
        "provider": ref("Organization/o1"),
        "careTeam": [
            {"provider": ref("Practitioner/sender"), "role": concept("", "referring")},
            {"provider": ref("Practitioner/seen"), "role": concept("", "primary")},
        ],
        "billablePeriod": {"start": "2025-01-04"},
        "item": [{"sequence": 1, "productOrService": concept(CPT, "99492"), "adjudication": amounts}],
    }
    found = read(tmp_path, "claim_line", explanation)
    (row,) = found.rows
    assert (row["paid_amount_usd"], unmapped(found)) == (paid, listed)
    assert (row["payer_id"], row["billing_practitioner_id"]) == ("medicare", "seen")


def test_a_reason_why_there_is_no_code_is_no_code(tmp_path: Path) -> None:
    nothing = concept(f"{CODES}/data-absent-reason", "not-applicable")
    item = {"sequence": 1, "productOrService": nothing, "servicedDate": "2025-01-04"}
    claim = {"resourceType": "Claim", "id": "c1", "status": "active", "patient": PATIENT, "item": [item]}
    assert read(tmp_path, "claim_line", claim).refused == [(1, "missing_required:procedure_code")]


NPI, NPI_BY_NUMBER = "http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"


@pytest.mark.parametrize("asked", [NPI, NPI_BY_NUMBER])
@pytest.mark.parametrize(
    "carried",
    [{"system": NPI}, {"system": NPI_BY_NUMBER}, {"type": concept(f"{CODES}/v2-0203", "NPI")}],
)
def test_the_national_number_is_one_under_each_of_its_names(
    tmp_path: Path, asked: str, carried: Json
) -> None:
    nights = Nights(tmp_path)
    numbers = [{**carried, "value": "1234567893", "use": "old"}, {**carried, "value": "1999999984"}]
    doctor = {"resourceType": "Practitioner", "id": "d1", "identifier": numbers, "name": [{"text": "Jo Doe"}]}
    order = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": "active",
        "intent": "order",
        "code": {"text": "Ambulatory Referral to Psychiatry"},
        "subject": PATIENT,
        "authoredOn": "2025-01-02",
        "requester": {"identifier": {"system": asked, "value": "1234567893"}},
    }
    nights.land("fhir/2025-01-06/a.ndjson", lines(doctor, order))
    nights.run()
    (row,), (referral,) = nights.raw("practitioner"), nights.raw("referral")
    assert (row["npi"], row["family_name"]) == ("1999999984", "Jo Doe")
    assert (referral["referrer_id"], referral["service_line"]) == ("d1", "psychiatry")


def test_words_in_place_of_a_code_are_counted_and_not_shown(tmp_path: Path) -> None:
    visit = {"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2025-02-03T15:00:00Z"}
    found = read(tmp_path, "appointment", visit | {"serviceType": [{"text": "Seen with Ida"}]})
    assert unmapped(found) == [("service_line", "text", "", 1)]


@pytest.mark.parametrize("system", ["", "http://hl7.org/fhir/v3/ActCode"])
def test_a_class_of_visit_without_its_system_or_under_its_old_name(tmp_path: Path, system: str) -> None:
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"system": system, "code": "AMB"} if system else {"code": "AMB"},
        "subject": PATIENT,
        "period": {"start": "2025-01-07"},
    }
    assert only(tmp_path, "encounter", visit)["encounter_class"] == "ambulatory"
