"""What senders write that could be taken for something else: it is read right, or it is told."""

from functools import partial
from pathlib import Path

import pytest

from orchestration.feeds.fhir import read_fhir
from tests.support.feeds_night import Nights
from tests.support.fhir_lines import (
    CODES,
    LOINC,
    REQUEST,
    SNOMED,
    TOTAL,
    VISIT,
    Json,
    concept,
    lines,
    only,
    parts,
    read,
    ref,
    unmapped,
)

pytestmark = pytest.mark.slow

CPT, NPI = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/us-npi"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = ref("Patient/p1")
EXPLAINED: Json = {
    "resourceType": "ExplanationOfBenefit",
    "id": "b1",
    "status": "active",
    "use": "claim",
    "outcome": "complete",
    "patient": PATIENT,
    "created": "2025-02-03",
    "item": [{"sequence": 1, "productOrService": concept(CPT, "99492"), "servicedDate": "2025-01-31"}],
}


def _inside(kind: str, name: str = "x") -> Json:
    """A contained resource with a national number."""
    return {"resourceType": kind, "id": name, "identifier": [{"system": NPI, "value": "7"}]}


@pytest.mark.parametrize(
    ("kind", "name", "practitioner"),
    [
        ("Practitioner", "x", "s7"),
        ("Practitioner", "#x", "s7"),
        ("RelatedPerson", "x", None),
        ("Organization", "x", None),
    ],
)
def test_what_is_inside_of_a_resource_is_nobody_of_another_type(
    tmp_path: Path, kind: str, name: str, practitioner: str | None
) -> None:
    visit = {**VISIT, "participant": [{"individual": ref("#x")}], "contained": [_inside(kind, name)]}
    nights = Nights(tmp_path)
    nights.land("fhir/2025-02-01/a.ndjson", lines(visit, _inside("Practitioner", "s7")))
    nights.run()
    assert [row["practitioner_id"] for row in nights.raw("encounter")] == [practitioner]


def test_an_organization_inside_of_a_claim_bills_for_the_member_who_gave_the_service(tmp_path: Path) -> None:
    member = {"provider": ref("Practitioner/s1"), "role": concept(f"{CODES}/claimcareteamrole", "primary")}
    billed = {"provider": ref("#x"), "contained": [_inside("Organization")], "careTeam": [member]}
    assert only(tmp_path, "claim_line", {**EXPLAINED, **billed})["billing_practitioner_id"] == "s1"


def test_a_coding_without_a_code_gives_way_to_the_next_of_its_system(tmp_path: Path) -> None:
    code = {"coding": [{"system": ICD10, "display": "words"}, {"system": ICD10, "code": "F33.1"}]}
    diagnosis = {"resourceType": "Condition", "id": "c1", "subject": PATIENT, "code": code}
    assert only(tmp_path, "condition", diagnosis)["icd10_code"] == "F33.1"


@pytest.mark.parametrize(
    ("codes", "listed"),
    [
        ([(ICD10, "F32.9"), (ICD10, "F33.1")], [("icd10_code", "code", "several codes", 1)]),
        ([(ICD10, "F33.1"), ("urn:oid:2.16.840.1.113883.6.90", "F33.1")], []),
        ([(ICD10, "F33.1"), (SNOMED, "370143000")], []),
    ],
)
def test_a_diagnosis_of_several_codes_is_a_finding(
    tmp_path: Path, codes: list[tuple[str, str]], listed: list[tuple[str, str, str, int]]
) -> None:
    code = {"coding": [{"system": system, "code": code} for system, code in codes]}
    diagnosis = {"resourceType": "Condition", "id": "c1", "subject": PATIENT, "code": code}
    found = read(tmp_path, "condition", diagnosis)
    assert ([row["icd10_code"] for row in found.rows], unmapped(found)) == ([codes[0][1]], listed)


TASK_CODES = ("http://hl7.org/fhir/CodeSystem/task-code", f"{CODES}/task-code")


@pytest.mark.parametrize(
    ("system", "code", "filled"),
    [
        (TASK_CODES[0], "fulfill", {"referral": (1, 1, 0)}),
        (TASK_CODES[0], "approve", {"fhir": (1, 1, 0)}),
        (TASK_CODES[0], "abort", {"fhir": (1, 1, 0)}),
        (TASK_CODES[1], "suspend", {"fhir": (1, 1, 0)}),
        (SNOMED, "103696004", {"referral": (1, 1, 0)}),
    ],
)
def test_a_task_that_is_done_has_done_what_it_asked_for(
    tmp_path: Path, system: str, code: str, filled: dict[str, tuple[int, int, int]]
) -> None:
    task = {"resourceType": "Task", "id": "k1", "status": "completed", "focus": ref("ServiceRequest/r1")}
    assert parts(read(tmp_path, "referral", {**task, "code": concept(system, code)})) == filled


ITEM_NINE: Json = {"code": concept(LOINC, "44260-8"), "valueInteger": 2}
SOMEBODY: Json = {"resourceType": "Patient", "id": "p1"}
NUMBER: Json = {"system": "urn:own", "value": "7", "type": concept(f"{CODES}/v2-0203", "MR")}


@pytest.mark.parametrize(
    ("feed", "resource", "column", "value"),
    [
        ("patient", {**SOMEBODY, "name": {"family": "Okafor", "given": "Ada"}}, "given_name", "Ada"),
        ("patient", {**SOMEBODY, "identifier": NUMBER}, "mrn", "7"),
        (
            "encounter",
            {**VISIT, "participant": {"individual": ref("Practitioner/s1")}},
            "practitioner_id",
            "s1",
        ),
        ("encounter", {**VISIT, "type": concept(CPT, "90791")}, "billing_codes", "90791"),
        ("assessment", {**TOTAL, "code": {"coding": TOTAL["code"]["coding"][0]}}, "score", 12),
        ("assessment", {**TOTAL, "component": ITEM_NINE}, "item9_score", 2),
        ("referral", {**REQUEST, "doNotPerform": "true"}, "do_not_perform", True),
    ],
)
def test_what_stands_alone_where_a_list_belongs_is_a_list_of_one(
    tmp_path: Path, feed: str, resource: Json, column: str, value: object
) -> None:
    assert only(tmp_path, feed, resource)[column] == value


@pytest.mark.parametrize(
    ("feed", "resource", "element"),
    [
        ("patient", {**SOMEBODY, "name": ["Okafor"]}, "name"),
        ("patient", {**SOMEBODY, "active": "maybe"}, "active"),
        ("encounter", {**VISIT, "subject": [PATIENT]}, "subject"),
        ("assessment", {**TOTAL, "code": [TOTAL["code"]]}, "code"),
        ("assessment", {**TOTAL, "code": "44261-6"}, "code"),
        ("assessment", {**TOTAL, "valueQuantity": [{"value": 3}]}, "valueQuantity"),
        ("assessment", {**TOTAL, "component": [{"code": [ITEM_NINE["code"]]}]}, "component"),
    ],
)
def test_an_element_of_another_shape_costs_its_line_and_is_named(
    tmp_path: Path, feed: str, resource: Json, element: str
) -> None:
    good = {**resource, element: {**TOTAL, **VISIT, **SOMEBODY}.get(element), "id": "good"}
    found = read(tmp_path, feed, good, resource, {**good, "id": "better"})
    assert found.refused == [(2, f"malformed_element:{element}")]
    assert len(found.rows) == 2


def test_what_is_inside_of_a_resource_may_be_of_any_shape(tmp_path: Path) -> None:
    role = {"resourceType": "PractitionerRole", "id": "r", "code": [concept("urn:own", "x")]}
    form = {"resourceType": "QuestionnaireResponse", "id": "q", "identifier": {"value": "1"}}
    inside = [{**role, "practitioner": ref("Practitioner/s1")}, form]
    visit = {
        **VISIT,
        "participant": [{"individual": ref("#r")}],
        "contained": inside,
        "type": concept(CPT, "90791"),
    }
    row = only(tmp_path, "encounter", visit)
    assert (row["practitioner_id"], row["billing_codes"]) == ("s1", "90791")


def test_lines_of_several_types_need_not_be_alike(tmp_path: Path) -> None:
    clinic = {"resourceType": "Organization", "id": "o1", "name": "Clinic"}
    found = read(tmp_path, "patient", {**SOMEBODY, "name": [{"family": "Okafor"}]}, clinic)
    assert (parts(found), found.refused) == ({"patient": (1, 1, 0), "team": (1, 1, 0)}, [])


FORM: Json = {
    "resourceType": "QuestionnaireResponse",
    "id": "q1",
    "status": "completed",
    "subject": PATIENT,
    "item": [{"linkId": "/44261-6", "answer": [{"valueInteger": 12}]}],
}
DONE: Json = {"resourceType": "Procedure", "id": "d1", "status": "completed", "subject": PATIENT}
ORDERED: Json = {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "subject": PATIENT}


@pytest.mark.parametrize(
    ("feed", "resource", "column", "element"),
    [
        ("assessment", {**TOTAL, "effectiveDateTime": "2025-03"}, "taken_at", "effective"),
        ("assessment", {**TOTAL, "effectiveDateTime": None, "issued": "2025"}, "taken_at", "effective"),
        (
            "observation",
            {**TOTAL, "code": concept(LOINC, "8302-2")} | {"effectiveDateTime": "2025"},
            "observed_at",
            "effective",
        ),
        (
            "observation",
            {**TOTAL, "code": concept(LOINC, "8302-2"), "component": [ITEM_NINE]}
            | {"effectiveDateTime": "2025"},
            "observed_at",
            "effective",
        ),
        ("assessment", {**FORM, "authored": "2025-01"}, "taken_at", "authored"),
        ("encounter", {**VISIT, "period": {"start": "2025-01"}}, "started_at", "period.start"),
        (
            "procedure",
            {**DONE, "code": concept(CPT, "96127"), "performedDateTime": "2025"},
            "performed_at",
            "performed",
        ),
        ("referral", {**REQUEST, "authoredOn": "2025-01"}, "authored_at", "authoredOn"),
        (
            "medication_order",
            {**ORDERED, "medicationCodeableConcept": concept("urn:x", "1"), "authoredOn": "2025-01"},
            "authored_at",
            "authoredOn",
        ),
    ],
)
def test_part_of_a_date_is_told_wherever_it_is_when_something_was(
    tmp_path: Path, feed: str, resource: Json, column: str, element: str
) -> None:
    found = read(tmp_path, feed, resource)
    assert found.rows[0][column].day == 1
    assert (column, element, "part of a date") in {code[:3] for code in unmapped(found)}


def test_a_whole_date_is_no_part_of_one(tmp_path: Path) -> None:
    found = read(tmp_path, "assessment", {**TOTAL, "effectiveDateTime": "2025-03-01"})
    assert (len(found.rows), unmapped(found)) == (1, [])


def test_lines_with_elements_of_another_shape_are_told_the_same_whatever_a_file_is_cut_into(
    tmp_path: Path,
) -> None:
    visits = [
        VISIT,
        {**VISIT, "id": "e2", "type": concept(CPT, "90791")},
        {**VISIT, "id": "e3", "subject": [PATIENT]},
        {**VISIT, "id": "e4", "participant": {"individual": ref("Practitioner/s1")}},
        {**VISIT, "id": "e5", "period": "2025"},
        {**VISIT, "id": "e6"},
    ]
    (tmp_path / "cut").mkdir()
    whole = read(tmp_path, "encounter", *visits)
    cut = read(tmp_path / "cut", "encounter", *visits, reader=partial(read_fhir, most=300))
    assert (whole.rows, whole.refused) == (cut.rows, cut.refused)
    assert cut.refused == [(3, "malformed_element:subject"), (5, "malformed_element:period")]
    assert [row["practitioner_id"] for row in cut.rows] == [None, None, "s1", None]
