"""What senders write that could be taken for something else: it is read right, or it is told."""

from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import SNOMED, Json, concept, lines, only, parts, read, ref

CODES = "http://terminology.hl7.org/CodeSystem"
CPT, NPI = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/us-npi"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = ref("Patient/p1")
VISIT: Json = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": f"{CODES}/v3-ActCode", "code": "AMB"},
    "subject": PATIENT,
    "period": {"start": "2025-01-07T14:00:00Z"},
}
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
