"""FHIR resources line by line: each element where it belongs, each line counted once."""

import gzip
import json
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights, read_file
from tests.support.fhir_lines import LOINC, SNOMED, Json, concept, lines, only, parts, read, ref, unmapped

CONDITION_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"


PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"lastUpdated": "2025-01-10T10:00:00.123Z"},
    "identifier": [
        {"system": "urn:site", "value": "77"},
        {
            "type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR"),
            "system": "urn:site",
            "value": "M-1",
        },
    ],
    "name": [
        {"use": "maiden", "family": "Alt"},
        {"use": "official", "family": "Neu", "given": ["Ida", "B."]},
    ],
    "gender": "female",
    "birthDate": "1980-02-29",
    "deceasedDateTime": "2025-03-01T23:30:00-05:00",
}


def test_a_patient(tmp_path: Path) -> None:
    row = only(tmp_path, "patient", PATIENT)
    assert row | {"site_columns": None} == row
    assert (row["patient_id"], row["mrn"], row["family_name"], row["given_name"]) == (
        "p1",
        "M-1",
        "Neu",
        "Ida B.",
    )
    assert (row["birth_date"], row["sex"], row["deceased_on"]) == (
        date(1980, 2, 29),
        "female",
        date(2025, 3, 1),
    )
    assert (row["updated_at"], row["updated_at_is_local"]) == (datetime(2025, 1, 10, 10, 0, 0, 123000), False)


@pytest.mark.parametrize(
    ("names", "family"),
    [
        ([{"use": "old", "family": "A"}, {"family": "B"}], "B"),
        ([{"use": "old", "family": "A"}], "A"),
        ([{"family": "A"}, {"use": "official", "family": "B"}], "B"),
        ([], None),
    ],
)
def test_the_name_in_use_is_taken(tmp_path: Path, names: list[Json], family: str | None) -> None:
    assert only(tmp_path, "patient", {**PATIENT, "name": names})["family_name"] == family


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1980", date(1980, 1, 1)),
        ("1980-02", date(1980, 2, 1)),
        ("1980-02-29", date(1980, 2, 29)),
        (None, None),
    ],
)
def test_a_part_of_a_date_is_its_first_day(tmp_path: Path, text: str | None, day: date | None) -> None:
    assert only(tmp_path, "patient", {**PATIENT, "birthDate": text})["birth_date"] == day


def test_a_practitioner(tmp_path: Path) -> None:
    resource = {
        "resourceType": "Practitioner",
        "id": "s1",
        "identifier": [{"value": "x"}, {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
        "name": [{"family": "Ray", "given": ["Grace"], "suffix": ["LCSW"]}],
        "qualification": [{"code": {"text": "other"}}],
    }
    row = only(tmp_path, "practitioner", resource)
    found = [row[name] for name in ("practitioner_id", "npi", "family_name", "given_name", "credential")]
    assert found == ["s1", "1234567893", "Ray", "Grace", "LCSW"]


ROLE: Json = {
    "resourceType": "PractitionerRole",
    "id": "r1",
    "practitioner": ref("Practitioner/s1"),
    "organization": ref("Organization/t1"),
    "code": [concept("urn:site", "x")],
    "specialty": [concept("http://nucc.org/provider-taxonomy", "207Q00000X")],
    "period": {"start": "2024-01-01", "end": "2024-12-31"},
}


def test_a_role_is_staffing(tmp_path: Path) -> None:
    outcome = read(tmp_path, "staffing", ROLE)
    row = outcome.rows[0]
    assert (row["practitioner_id"], row["team_id"], row["role"]) == ("s1", "t1", "pcp")
    assert (row["effective_from"], row["effective_to"]) == (date(2024, 1, 1), date(2024, 12, 31))
    assert unmapped(outcome) == []


@pytest.mark.slow
def test_a_role_at_a_place_alone_is_of_the_team_that_manages_it(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    role = {**ROLE, "organization": None, "location": [ref("Location/o1")]}
    place = {"resourceType": "Location", "id": "o1", "managingOrganization": ref("Organization/t9")}
    nights.land("fhir/2025-01-01/a.ndjson", lines(role, place))
    nights.run()
    assert nights.raw("staffing")[0]["team_id"] == "t9"


def test_a_role_that_nobody_knows_is_another_and_a_finding(tmp_path: Path) -> None:
    outcome = read(tmp_path, "staffing", {**ROLE, "specialty": [{"text": "Basket weaving"}]})
    assert outcome.rows[0]["role"] == "other"
    assert unmapped(outcome) == [("role", "urn:site", "x", 1)]


@pytest.mark.parametrize(
    ("active", "end", "is_deleted"), [(True, None, False), (False, None, True), (False, "2024-12-31", False)]
)
def test_a_role_that_ended_on_an_unknown_day_is_taken_back(
    tmp_path: Path, active: bool, end: str | None, is_deleted: bool
) -> None:
    resource = {**ROLE, "active": active, "period": {"start": "2024-01-01", "end": end}}
    assert only(tmp_path, "staffing", resource)["is_deleted"] is is_deleted


TEAM: Json = {
    "resourceType": "Organization",
    "id": "t1",
    "name": "North",
    "identifier": [{"system": "urn:oid:2.16.840.1.113883.4.4", "value": "12-3456789"}],
    "type": [concept("http://terminology.hl7.org/CodeSystem/organization-type", "prov")],
    "partOf": {"reference": "Organization/s9", "display": "Campus"},
}


def test_an_organization_is_a_team(tmp_path: Path) -> None:
    row = only(tmp_path, "team", TEAM)
    found = [row[name] for name in ("team_id", "team_name", "site_id", "site_name", "billing_tin")]
    assert found == ["t1", "North", "s9", "Campus", "123456789"]


def test_an_insurer_is_no_team_and_not_lost(tmp_path: Path) -> None:
    insurer = {**TEAM, "id": "i1", "type": [concept("urn:x", "ins")]}
    outcome = read(tmp_path, "team", insurer, TEAM, {**TEAM, "id": "t2", "type": None})
    assert [row["team_id"] for row in outcome.rows] == ["t1", "t2"]
    assert parts(outcome) == {"team": (2, 2, 0), "fhir": (1, 1, 0)}


COVERAGE: Json = {
    "resourceType": "Coverage",
    "id": "c1",
    "status": "active",
    "beneficiary": ref("urn:uuid:p1"),
    "payor": [{"reference": "Organization/i1", "display": "Acme Health"}],
    "order": 1,
    "period": {"start": "2024-01-01T00:00:00Z"},
}


def test_a_coverage(tmp_path: Path) -> None:
    row = only(tmp_path, "coverage", COVERAGE)
    found = [
        row[name]
        for name in ("coverage_id", "patient_id", "payer_id", "rank", "effective_from", "effective_to")
    ]
    assert found == ["c1", "p1", "i1", 1, date(2024, 1, 1), None]


@pytest.mark.parametrize(
    ("change", "payer"),
    [
        ({"type": concept("https://nahdo.org/sopt", "1")}, "medicare"),
        ({"type": concept("https://nahdo.org/sopt", "599")}, "i1"),
        ({"payor": [{"reference": "urn:uuid:i2", "display": "Medicare"}]}, "medicare"),
    ],
)
def test_a_payer_is_known_by_type_or_name_else_by_its_id(tmp_path: Path, change: Json, payer: str) -> None:
    assert only(tmp_path, "coverage", {**COVERAGE, **change})["payer_id"] == payer


@pytest.mark.parametrize(
    ("status", "end", "is_deleted"),
    [
        ("active", None, False),
        ("cancelled", "2024-06-30", False),
        ("cancelled", None, True),
        ("draft", None, True),
        ("entered-in-error", "2024-06-30", True),
    ],
)
def test_a_coverage_that_is_none_is_taken_back(
    tmp_path: Path, status: str, end: str | None, is_deleted: bool
) -> None:
    resource = {**COVERAGE, "status": status, "period": {"start": "2024-01-01", "end": end}}
    assert only(tmp_path, "coverage", resource)["is_deleted"] is is_deleted


ENCOUNTER: Json = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "type": [
        concept("http://www.ama-assn.org/go/cpt", "90791"),
        concept(SNOMED, "185317003"),
    ],
    "subject": ref("Patient/p1"),
    "period": {"start": "2025-01-10T10:00:00.9-05:00", "end": "2025-01-10T10:30:00-05:00"},
    "participant": [
        {"individual": ref("RelatedPerson/x")},
        {"individual": ref("Practitioner/second")},
        {"type": [concept("urn:x", "PPRF")], "individual": ref("Practitioner/first")},
    ],
    "serviceProvider": ref("https://ehr.example/fhir/Organization/t1/_history/3"),
    "basedOn": [ref("ServiceRequest/sr1")],
    "hospitalization": {"dischargeDisposition": concept(SNOMED, "428361000124107")},
}


def test_an_encounter(tmp_path: Path) -> None:
    row = only(tmp_path, "encounter", ENCOUNTER)
    wanted = {
        "encounter_id": "e1",
        "patient_id": "p1",
        "practitioner_id": "first",
        "team_id": "t1",
        "encounter_class": "ambulatory",
        "service_line": "behavioral_health",
        "visit_type": None,
        "modality": "phone",
        "started_at": datetime(2025, 1, 10, 15),
        "started_at_is_local": False,
        "ended_at": datetime(2025, 1, 10, 15, 30),
        "status": "finished",
        "billing_codes": "90791",
        "type_codes": f"http://www.ama-assn.org/go/cpt|90791;{SNOMED}|185317003",
        "discharge_disposition": f"{SNOMED}|428361000124107",
        "referral_id": "sr1",
        "is_deleted": False,
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "column", "value", "finding"),
    [
        ({"class": {"system": "urn:x", "code": "STRANGE"}}, "encounter_class", "other", "STRANGE"),
        ({"type": [concept(SNOMED, "1")]}, "service_line", "other", "1"),
        ({"type": []}, "service_line", "other", "no code"),
        ({"status": "triaged"}, "status", "arrived", None),
        ({"participant": None}, "practitioner_id", None, None),
    ],
)
def test_a_code_that_nobody_knows_is_another_and_a_finding(
    tmp_path: Path, change: Json, column: str, value: str | None, finding: str | None
) -> None:
    outcome = read(tmp_path, "encounter", {**ENCOUNTER, **change})
    assert outcome.rows[0][column] == value
    assert [code for _, _, code, _ in unmapped(outcome)] == ([finding] if finding else [])


def test_a_status_that_nobody_knows_is_none(tmp_path: Path) -> None:
    outcome = read(tmp_path, "encounter", {**ENCOUNTER, "status": "unknown"}, {**ENCOUNTER, "status": None})
    assert outcome.refused == [(1, "missing_required:status"), (2, "missing_required:status")]
    assert unmapped(outcome) == [("status", "http://hl7.org/fhir/encounter-status", "unknown", 1)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Patient/p1", "p1"),
        ("Patient/p1/_history/2", "p1"),
        ("https://ehr.example/fhir/R4/Patient/p1", "p1"),
        ("urn:uuid:0a1b", "0a1b"),
        ("urn:oid:1.2.3", "1.2.3"),
        ("p1", "p1"),
        ("Patient?identifier=urn:site|77", "Patient?identifier=urn:site|77"),
        ("https://ehr.example/fhir/Patient?identifier=urn:site%7C77", "Patient?identifier=urn:site|77"),
    ],
)
def test_a_reference_names_an_id_or_waits_for_one(tmp_path: Path, text: str, value: str) -> None:
    outcome = read(tmp_path, "encounter", {**ENCOUNTER, "subject": ref(text)})
    held = "?" in value
    assert [part.resolution for part in outcome.content.parts] == (["none"] if held else [""])
    if not held:
        assert outcome.rows[0]["patient_id"] == value


CONDITION: Json = {
    "resourceType": "Condition",
    "id": "d1",
    "clinicalStatus": concept(CONDITION_STATUS, "active"),
    "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
    "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")],
    "code": {
        "coding": [
            {"system": SNOMED, "code": "370143000"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F32.1"},
        ]
    },
    "subject": ref("Patient/p1"),
    "encounter": ref("Encounter/e1"),
    "onsetPeriod": {"start": "2024-05"},
    "abatementDateTime": "2025-01-01T00:30:00Z",
    "recordedDate": "2024-06-01",
}


def test_a_condition(tmp_path: Path) -> None:
    row = only(tmp_path, "condition", CONDITION)
    wanted = {
        "condition_id": "d1",
        "patient_id": "p1",
        "icd10_code": "F32.1",
        "snomed_code": "370143000",
        "category": "problem",
        "verification_status": "confirmed",
        "clinical_status": "active",
        "recorded_on": date(2024, 6, 1),
        "encounter_id": "e1",
        "onset_on": date(2024, 5, 1),
        "abated_on": date(2025, 1, 1),
    }
    assert {name: row[name] for name in wanted} == wanted


def test_a_condition_without_a_known_code_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, "condition", {**CONDITION, "code": {"text": "sad"}}).refused == [
        (1, "missing_required:icd10_code")
    ]


SCORE: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": concept(LOINC, "44261-6"),
    "subject": ref("Patient/p1"),
    "encounter": ref("Encounter/e1"),
    "effectiveDateTime": "2025-01-10T10:00:00Z",
    "valueInteger": 12,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "instrument"),
    [("44261-6", "PHQ-9"), ("55758-7", "PHQ-2"), ("70274-6", "GAD-7"), ("89204-2", "PHQ-9M")],
)
def test_the_total_of_an_instrument_is_an_assessment(tmp_path: Path, code: str, instrument: str) -> None:
    row = only(tmp_path, "assessment", {**SCORE, "code": concept(LOINC, "1-8", code)})
    wanted = {
        "assessment_id": "o1",
        "patient_id": "p1",
        "instrument": instrument,
        "score": 12,
        "item9_score": None,
        "taken_at": datetime(2025, 1, 10, 10),
        "encounter_id": "e1",
        "status": "final",
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "score"),
    [
        ({"valueInteger": 0}, 0),
        ({"valueQuantity": {"value": 7.0, "unit": "{score}"}}, 7),
        ({"valueString": "9"}, 9),
        ({"valueQuantity": {"value": 7.4}}, "invalid_type:score"),
        ({"valueString": "nine"}, "invalid_type:score"),
        ({}, "missing_required:score"),
    ],
)
def test_a_score_is_a_whole_number_however_it_is_sent(tmp_path: Path, value: Json, score: object) -> None:
    resource = {key: SCORE[key] for key in SCORE if key != "valueInteger"} | value
    outcome = read(tmp_path, "assessment", resource)
    found = [reason for _, reason in outcome.refused] or [row["score"] for row in outcome.rows]
    assert found == [score]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "score"),
    [
        ({"valueInteger": 0}, 0),
        ({"valueQuantity": {"value": 2}}, 2),
        ({"valueCodeableConcept": concept(LOINC, "LA6571-9")}, 3),
        ({"valueCodeableConcept": concept(LOINC, "LA0-0")}, None),
        ({}, None),
    ],
)
def test_item_nine_comes_as_a_component(tmp_path: Path, value: Json, score: int | None) -> None:
    component = [
        {"code": concept(LOINC, "44250-9"), "valueInteger": 1},
        {"code": concept(LOINC, "44260-8"), **value},
    ]
    assert only(tmp_path, "assessment", {**SCORE, "component": component})["item9_score"] == score


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "taken_at"),
    [
        ({"effectivePeriod": {"start": "2025-01-09T10:00:00Z"}}, datetime(2025, 1, 9, 10)),
        ({"effectiveInstant": "2025-01-08T10:00:00.5Z"}, datetime(2025, 1, 8, 10)),
        ({"issued": "2025-01-07T10:00:00Z"}, datetime(2025, 1, 7, 10)),
        ({"effectiveDateTime": "2025-01"}, datetime(2025, 1, 1)),
    ],
)
def test_the_time_of_a_score_may_stand_in_several_places(
    tmp_path: Path, change: Json, taken_at: datetime
) -> None:
    resource = {key: SCORE[key] for key in SCORE if key != "effectiveDateTime"} | change
    assert only(tmp_path, "assessment", resource)["taken_at"] == taken_at


@pytest.mark.slow
def test_a_finding_of_a_screen_and_a_screen_not_done(tmp_path: Path) -> None:
    base = {key: SCORE[key] for key in SCORE if key != "valueInteger"} | {"code": concept(LOINC, "73832-8")}
    found = {**base, "valueCodeableConcept": concept(SNOMED, "428181000124104")}
    why = {"url": "http://x/qicore-notDoneReason", "valueCodeableConcept": concept(SNOMED, "720834000")}
    refused = {**base, "id": "o2", "status": "cancelled", "extension": [{"url": "y"}, why]}
    absent = {**base, "id": "o3", "dataAbsentReason": concept("urn:x", "strange")}
    outcome = read(tmp_path, "assessment", found, refused, absent)
    assert [(row["screen_result"], row["not_done_reason"]) for row in outcome.rows] == [
        ("positive", None),
        (None, "refused"),
        (None, "other"),
    ]
    assert unmapped(outcome) == [("not_done_reason", "urn:x", "strange", 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("value", "is_deleted"), [({"valueInteger": 12}, False), ({}, True)])
def test_an_error_that_holds_no_score_any_more_takes_the_score_back(
    tmp_path: Path, value: Json, is_deleted: bool
) -> None:
    resource = {key: SCORE[key] for key in SCORE if key != "valueInteger"} | value
    row = only(tmp_path, "assessment", {**resource, "status": "entered-in-error"})
    assert (row["is_deleted"], row["status"]) == (is_deleted, "entered-in-error")


@pytest.mark.slow
def test_any_other_observation_is_an_observation(tmp_path: Path) -> None:
    weight = {
        **SCORE,
        "code": concept(LOINC, "29463-7"),
        "valueInteger": None,
        "valueQuantity": {"value": 71.25},
    }
    smoking = {**SCORE, "id": "o2", "code": concept(LOINC, "72166-2"), "valueInteger": None}
    smoking["valueCodeableConcept"] = concept(SNOMED, "8517006")
    outcome = read(
        tmp_path, "observation", weight, SCORE, smoking, {**SCORE, "id": "o4", "code": {"text": "free"}}
    )
    assert outcome.numbers == [1, 3]
    names = ("observation_id", "code_system", "code", "value_number", "value_code", "status")
    assert [[row[name] for name in names] for row in outcome.rows] == [
        ["o1", LOINC, "29463-7", pytest.approx(71.25), None, "final"],
        ["o2", LOINC, "72166-2", None, f"{SNOMED}|8517006", "final"],
    ]
    assert outcome.refused == [(4, "missing_required:code_system;missing_required:code")]
    assert parts(outcome) == {"assessment": (1, 1, 0), "observation": (3, 2, 1)}


@pytest.mark.slow
def test_lines_tell_their_type_and_not_the_name_of_the_file(tmp_path: Path) -> None:
    mixed = lines(PATIENT, SCORE, {"resourceType": "Bundle", "id": "b"}, ENCOUNTER, PATIENT)
    outcome = read_file(tmp_path, "fhir", mixed, "Observation.ndjson", "patient")
    assert outcome.numbers == [1, 5]
    assert parts(outcome) == {
        "encounter": (1, 1, 0),
        "assessment": (1, 1, 0),
        "patient": (2, 2, 0),
        "fhir": (1, 0, 1),
    }
    assert outcome.refused == [(3, "unsupported_resource:Bundle")]


BROKEN = [
    "{",
    '{"resourceType": "Patient", "id": "p9"',
    "null",
    "[]",
    '"Patient"',
    "{}",
    '{"resourceType": null, "id": "p9"}',
    '{"resourceType": "Jane Doe, 1980", "id": "p9"}',
    '{"resourceType": "Patient", "id": "\\ud800"}',
    lines(PATIENT) + lines(PATIENT),
    "\ufeff{}",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "place"),
    [(line, "between") for line in BROKEN]
    + [(line, place) for line in BROKEN[:4] for place in ("first", "last")],
)
def test_a_line_that_is_no_resource_costs_itself_alone(tmp_path: Path, line: str, place: str) -> None:
    good = lines(PATIENT)
    texts = {"first": [line, good, good], "between": [good, line, good], "last": [good, good, line]}[place]
    number = texts.index(line) + 1
    outcome = read_file(tmp_path, "fhir", "\n".join(texts), "a.ndjson", "patient")
    assert outcome.refused == [(number, "malformed_row")]
    assert outcome.numbers == [row for row in (1, 2, 3) if row != number]
    assert parts(outcome) == {"patient": (2, 2, 0), "fhir": (1, 0, 1)}


def test_a_resource_over_several_lines_that_breaks_off_is_refused_line_by_line(tmp_path: Path) -> None:
    pretty = json.dumps(PATIENT, indent=1)[:-2]
    outcome = read_file(tmp_path, "fhir", pretty + "\n" + lines(PATIENT), "a.ndjson", "patient")
    assert len(outcome.rows) == 1
    assert {reason for _, reason in outcome.refused} == {"malformed_row"}
    assert outcome.counts == (len(pretty.split("\n")) + 1, 1, len(pretty.split("\n")))


FORMS = {
    "plain": lines(PATIENT).encode(),
    "with a line end": lines(PATIENT).encode() + b"\n",
    "with carriage returns": lines(PATIENT).encode() + b"\r\n",
    "with a byte order mark": b"\xef\xbb\xbf" + lines(PATIENT).encode(),
    "with blank lines": b"\n\n " + lines(PATIENT).encode() + b"\n\n",
    "gzipped": gzip.compress(lines(PATIENT).encode()),
    "in UTF-16": lines(PATIENT).encode("utf-16"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_in_any_form(tmp_path: Path, form: str) -> None:
    name = "a.ndjson.gz" if form == "gzipped" else "a.ndjson"
    outcome = read_file(tmp_path, "fhir", FORMS[form], name, "patient")
    assert ([row["patient_id"] for row in outcome.rows], outcome.counts) == (["p1"], (1, 1, 0))


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.ndjson", "empty_file"),
        (b"\n", "a.ndjson", "empty_file"),
        (b"\x1f\x8b{}", "a.ndjson.gz", "broken_gzip"),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused(
    tmp_path: Path, content: bytes, name: str, reason: str
) -> None:
    outcome = read_file(tmp_path, "fhir", content, name)
    assert (outcome.refused, outcome.content.parts[0].feed) == ([(0, reason)], "fhir")


def test_an_element_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    odd = {**PATIENT, "identifier": {"value": "M-1"}, "gender": ["female"]}
    no_date, no_name = {**PATIENT, "birthDate": {"year": 1980}}, {**PATIENT, "name": "Neu"}
    outcome = read(tmp_path, "patient", odd, no_date, no_name, PATIENT)
    found = [(row["family_name"], row["mrn"], row["sex"]) for row in outcome.rows]
    assert found == [("Neu", None, "other"), ("Neu", "M-1", "female")]
    assert unmapped(outcome) == [("sex", "http://hl7.org/fhir/administrative-gender", "", 1)]
    assert sorted(outcome.refused) == [(2, "invalid_type:birth_date"), (3, "malformed_element:name")]


@pytest.mark.slow
def test_a_refused_resource_leaves_no_value_behind(tmp_path: Path) -> None:
    outcome = read(
        tmp_path, "assessment", {**SCORE, "valueString": "Canaria", "valueInteger": None, "id": "Canaria"}
    )
    assert outcome.refused == [(1, "invalid_type:score")]
    left = [path.read_bytes() for path in (tmp_path / "quarantine").rglob("*.parquet")]
    assert all(b"Canaria" not in content for content in left)
    assert "Canaria" not in repr(outcome.content)


def part(code: str | None, **value: object) -> Json:
    return {"code": concept(LOINC, code) if code else {"text": "words"}, **value}


PRESSURE: Json = {
    "resourceType": "Observation",
    "id": "b1",
    "status": "final",
    "code": concept(LOINC, "85354-9"),
    "subject": ref("Patient/p1"),
    "effectiveDateTime": "2025-01-02T10:00:00Z",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("components", "expected"),
    [
        (
            [part("8480-6", valueQuantity={"value": 120}), part("8462-4", valueQuantity={"value": 80.5})],
            [
                ("b1", "85354-9", None, None),
                ("b1#8462-4", "8462-4", None, 80.5),
                ("b1#8480-6", "8480-6", None, 120),
            ],
        ),
        (
            [part("8480-6", valueInteger=1), part("8480-6", valueInteger=2), part(None, valueInteger=3)],
            [
                ("b1", "85354-9", None, None),
                ("b1#8480-6", "8480-6", None, 1),
                ("b1#8480-6#2", "8480-6", None, 2),
            ],
        ),
        (
            [part("8357-6", valueCodeableConcept=concept(SNOMED, "77"))],
            [("b1", "85354-9", None, None), ("b1#8357-6", "8357-6", f"{SNOMED}|77", None)],
        ),
        ([part(None, valueInteger=3)], [("b1", "85354-9", None, None)]),
    ],
)
def test_each_coded_component_is_a_finding_of_its_own(
    tmp_path: Path, components: list[Json], expected: list[object]
) -> None:
    outcome = read(tmp_path, "observation", {**PRESSURE, "component": components})
    names = ("observation_id", "code", "value_code", "value_number")
    assert sorted(tuple(row[name] for name in names) for row in outcome.rows) == expected
    assert {(row["patient_id"], row["status"]) for row in outcome.rows} == {("p1", "final")}
    assert outcome.refused == []


@pytest.mark.slow
def test_a_finding_with_components_that_cannot_be_taken_is_one_refused_line(tmp_path: Path) -> None:
    undated = {**PRESSURE, "effectiveDateTime": None, "component": [part("8480-6", valueInteger=1)]}
    outcome = read(tmp_path, "observation", undated)
    assert (outcome.rows, outcome.refused) == ([], [(1, "missing_required:observed_at")])


@pytest.mark.slow
def test_a_bound_is_no_number(tmp_path: Path) -> None:
    bound = {"value": 7, "comparator": "<"}
    loose = [part("8480-6", valueQuantity=bound), part("8462-4", valueQuantity={"value": 80})]
    outcome = read(tmp_path, "observation", {**PRESSURE, "valueQuantity": bound, "component": loose})
    assert [row["value_number"] for row in outcome.rows] == [None, None, 80]
    score = {**SCORE, "valueInteger": None, "valueQuantity": bound}
    assert read(tmp_path, "assessment", score).refused == [(1, "missing_required:score")]


def test_an_old_record_number_stands_back(tmp_path: Path) -> None:
    kind = concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR")
    old, new = ({"use": use, "type": kind, "value": use} for use in ("old", "usual"))
    assert only(tmp_path, "patient", {**PATIENT, "identifier": [old, new]})["mrn"] == "usual"
    assert only(tmp_path, "patient", {**PATIENT, "identifier": [old]})["mrn"] == "old"
