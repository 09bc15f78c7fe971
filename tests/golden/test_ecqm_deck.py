"""A deck of test patients through the FHIR door and out of the member rows, and what the runner says of it.

The patients are invented; decks of others are run by hand (``python -m tests.support.ecqm_deck DIR``).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.ecqm_deck import metric_of, read_expected, run
from tests.support.warehouse import Warehouse

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
HEADER = (
    "patient_id,initial_population,denominator,denominator_exclusion,denominator_exception,numerator,"
    "period_start,period_end"
)


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def subject(patient_id: str) -> dict[str, Any]:
    return {"subject": {"reference": f"Patient/{patient_id}"}}


def patient(patient_id: str, born: str = "1980-05-05", **more: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": patient_id, "birthDate": born, **more}


def visit(patient_id: str, day: str, code: str = "90791") -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": f"{patient_id}.visit",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [concept("http://www.ama-assn.org/go/cpt", code)],
        "period": {"start": f"{day}T08:00:00+00:00", "end": f"{day}T08:15:00+00:00"},
        **subject(patient_id),
    }


def condition(patient_id: str, code: str, since: str) -> dict[str, Any]:
    base = "http://terminology.hl7.org/CodeSystem"
    return {
        "resourceType": "Condition",
        "id": f"{patient_id}.{code}",
        "clinicalStatus": concept(f"{base}/condition-clinical", "active"),
        "verificationStatus": concept(f"{base}/condition-ver-status", "confirmed"),
        "category": [concept(f"{base}/condition-category", "problem-list-item")],
        "code": concept("http://hl7.org/fhir/sid/icd-10-cm", code),
        "onsetDateTime": f"{since}T08:00:00+00:00",
        **subject(patient_id),
    }


def observation(patient_id: str, code: str, day: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{patient_id}.{code}.{day}",
        "status": "final",
        "code": concept(LOINC, code),
        "effectiveDateTime": f"{day}T08:10:00+00:00",
        **value,
        **subject(patient_id),
    }


def not_done(patient_id: str, code: str, day: str, reason: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{patient_id}.not-done",
        "status": "cancelled",
        "extension": [
            {
                "url": "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore-notDoneReason",
                "valueCodeableConcept": concept(SNOMED, reason),
            }
        ],
        "code": concept(LOINC, code),
        "issued": f"{day}T08:10:00+00:00",
        **subject(patient_id),
    }


def hospice_order(patient_id: str, of: str, **more: bool) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": f"{patient_id[:13]}.order",
        "status": "active",
        "intent": "order",
        "code": concept(SNOMED, "385763009"),
        "authoredOn": "2025-01-04T08:00:00+00:00",
        "subject": {"reference": of},
        **more,
    }


def medication(patient_id: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": f"{patient_id}.drug",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "1000048"),
        "authoredOn": f"{day}T08:00:00+00:00",
        **subject(patient_id),
    }


def write_deck(deck: Path, expected: dict[str, str], resources: list[dict[str, Any]]) -> Path:
    deck.mkdir()
    lines = [f"{patient_id},{counts},2025-01-01,2025-12-31" for patient_id, counts in expected.items()]
    (deck / "expected.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    kinds = {resource["resourceType"] for resource in resources}
    for kind in kinds:
        own = [json.dumps(one) + "\n" for one in resources if one["resourceType"] == kind]
        (deck / f"{kind}.ndjson").write_text("".join(own), encoding="utf-8")
    return deck


def test_a_deck_of_remission_comes_out_as_expected(warehouse: Warehouse, tmp_path: Path) -> None:
    followed = ("met-1", "high-1", "dead-1", "hospice-1", "never-1", "stray-patient-1")
    resources = [patient(one) for one in (*followed, "none-1") if one != "dead-1"]
    resources.append(patient("dead-1", deceasedDateTime="2025-02-01T08:00:00Z"))
    for one in followed:
        resources += [visit(one, "2024-02-25"), condition(one, "F32.9", "2024-02-25")]
        resources.append(observation(one, "44261-6", "2024-02-25", valueInteger=12))
        score = 9 if one == "high-1" else 4
        resources.append(observation(one, "44261-6", "2025-02-19", valueInteger=score))
    resources.append(hospice_order("hospice-1", "Patient/hospice-1"))
    resources.append(hospice_order("never-1", "Patient/never-1", doNotPerform=True))
    resources.append(hospice_order("stray-patient-1", "http://elsewhere.example/fhir/Patient/46"))
    expected = {
        "met-1": "1,1,0,,1",
        "high-1": "1,1,0,,0",
        "dead-1": "1,1,1,,0",
        "hospice-1": "1,1,1,,0",
        "never-1": "1,1,0,,1",
        "stray-patient-1": "1,1,1,,0",
        "none-1": "0,0,0,,0",
    }
    deck = write_deck(tmp_path / "cms159_invented", expected, resources)
    metric = metric_of(deck)
    assert run(deck, warehouse, tmp_path / "night", metric=metric) == []


def test_a_deck_of_screens_comes_out_as_expected(warehouse: Warehouse, tmp_path: Path) -> None:
    negative = {"valueCodeableConcept": concept(SNOMED, "428171000124102")}
    positive = {"valueCodeableConcept": concept(SNOMED, "428181000124104")}
    everyone = ("negative-1", "positive-1", "followed-1", "declined-1", "answered-1", "bipolar-1", "young-1")
    resources = [patient(one) for one in everyone if one != "young-1"] + [patient("young-1", "2013-01-02")]
    resources += [visit(one, "2025-06-21") for one in everyone]
    resources += [
        observation("negative-1", "73832-8", "2025-06-15", **negative),
        observation("positive-1", "73832-8", "2025-06-15", **positive),
        observation("followed-1", "73832-8", "2025-06-15", **positive),
        medication("followed-1", "2025-06-23"),
        not_done("declined-1", "73832-8", "2025-06-21", "720834000"),
        not_done("answered-1", "73832-8", "2025-06-21", "183932001"),
        observation("answered-1", "73832-8", "2025-06-14", valueBoolean=True),
        condition("bipolar-1", "F31.9", "2025-06-15"),
    ]
    expected = {
        "negative-1": "1,1,0,0,1",
        "positive-1": "1,1,0,0,0",
        "followed-1": "1,1,0,0,1",
        "declined-1": "1,1,0,1,0",
        "answered-1": "1,1,0,0,0",
        "bipolar-1": "1,1,1,0,0",
        "young-1": "0,0,0,0,0",
    }
    deck = write_deck(tmp_path / "cms2_invented", expected, resources)
    assert run(deck, warehouse, tmp_path / "work", metric=metric_of(deck)) == []


def test_a_difference_names_the_patient_and_both_counts(warehouse: Warehouse, tmp_path: Path) -> None:
    resources = [patient("p-1"), visit("p-1", "2025-06-21")]
    deck = write_deck(tmp_path / "cms2_wrong", {"p-1": "1,1,0,0,1"}, resources)
    (one,) = run(deck, warehouse, tmp_path / "work", metric=metric_of(deck))
    assert (one.patient_id, one.expected["numerator"], one.actual["numerator"]) == ("p-1", 1, 0)


def test_a_blank_count_is_not_looked_at_and_a_folder_names_its_measure(tmp_path: Path) -> None:
    deck = write_deck(tmp_path / "cms159_2024", {"p-1": "1,1,0,,0"}, [patient("p-1")])
    assert "denominator_exception" not in read_expected(deck)[0].counts
    assert metric_of(deck) == "cms159_depression_remission_12_months"
    with pytest.raises(ValueError, match="say --metric"):
        metric_of(tmp_path)
