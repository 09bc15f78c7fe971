"""References by identifier are resolved over all that was delivered, whatever came first."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.feeds_night import Nights

DEFINITIONS = "http://hl7.org/fhir/StructureDefinition"
FIRST, SECOND = date(2025, 1, 1), date(2025, 1, 2)


def visit(number: int, practitioner: Any, patient: Any = "Patient/p1") -> dict[str, Any]:
    """An encounter; a reference given as text is a reference, as a dictionary an element."""

    def element(target: Any) -> Any:
        return {"reference": target} if isinstance(target, str) else target

    return {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": element(patient),
        "period": {"start": "2025-01-01T10:00:00Z"},
        "participant": [{"individual": element(practitioner)}],
    }


def contained(number: int, role: dict[str, Any], *inside: dict[str, Any]) -> dict[str, Any]:
    """An encounter with a role inside, and what the role refers to."""
    own = {"resourceType": "PractitionerRole", "id": "role", **role}
    return {**visit(number, "#role"), "contained": [own, *inside]}


def practitioner(identity: str, *numbers: str, system: str = "urn:npi") -> dict[str, Any]:
    identifiers = [{"system": system, "value": number} for number in numbers]
    return {"resourceType": "Practitioner", "id": identity, "identifier": identifiers}


def lines(*resources: dict[str, Any]) -> str:
    return "".join(json.dumps(resource) + "\n" for resource in resources)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def found(nights: Nights, column: str = "practitioner_id") -> list[str]:
    return [row[column] for row in nights.raw("encounter")]


@pytest.mark.slow
def test_each_way_of_asking_leads_to_the_same_resource(nights: Nights) -> None:
    inside = {"resourceType": "Practitioner", "id": "in", "identifier": [{"system": "urn:npi", "value": "7"}]}
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "identifier": [{"system": "urn:role", "value": "R"}],
        "practitioner": {"reference": "Practitioner/s1"},
        "organization": {"reference": "Organization/t1"},
    }
    asked = [
        visit(1, "Practitioner?identifier=urn:npi|7"),
        visit(2, "https://ehr.example/Practitioner?identifier=urn%3Anpi%7C7"),
        visit(3, "Practitioner?identifier=7"),
        visit(4, {"identifier": {"system": "urn:npi", "value": "7"}}),
        visit(5, {"identifier": {"value": "7"}}),
        visit(6, "PractitionerRole/r1"),
        {**visit(7, "#in"), "contained": [inside]},
        visit(8, "Practitioner/s1"),
        visit(9, "Practitioner/s1/_history/3"),
        visit(10, "https://ehr.example:8443/r4/Practitioner/s1/_history/3"),
        visit(11, "http://other.example/Practitioner/s1/"),
        visit(12, "Practitioner/s1#name"),
        visit(13, "https://ehr.example/Practitioner/s1#name"),
        visit(14, "urn:uuid:s1"),
        visit(15, "Practitioner?_id=s1"),
        visit(16, "Practitioner?active=true&identifier=urn:npi|7"),
        visit(17, "Practitioner?identifier=urn:npi%7C7&active=true"),
        visit(18, {"type": "Practitioner", "identifier": {"system": "urn:npi", "value": "7"}}),
        visit(19, {"type": f"{DEFINITIONS}/Practitioner", "identifier": {"value": "7"}}),
        visit(20, "PractitionerRole/r1/_history/1"),
        visit(21, "https://ehr.example/r4/PractitionerRole/r1#code"),
        visit(22, "PractitionerRole?identifier=urn:role%7CR"),
        visit(23, "PractitionerRole?_id=r1"),
        visit(24, {"type": "PractitionerRole", "identifier": {"system": "urn:role", "value": "R"}}),
        visit(25, {"type": "PractitionerRole", "reference": "urn:uuid:r1"}),
        contained(26, {"practitioner": {"reference": "Practitioner/s1"}}),
        contained(27, {"practitioner": {"reference": "https://ehr.example/Practitioner/s1/_history/2"}}),
        contained(28, {"practitioner": {"reference": "Practitioner?identifier=urn:npi|7"}}),
        contained(29, {"practitioner": {"identifier": {"system": "urn:npi", "value": "7"}}}),
        contained(30, {"practitioner": {"reference": "#in"}}, inside),
    ]
    nights.land("fhir/2025-01-01/all.ndjson", lines(*asked, role, practitioner("s1", "7")))
    nights.run()
    assert [name for name, who in zip(asked, found(nights), strict=True) if who != "s1"] == []


@pytest.mark.slow
def test_a_reference_that_names_nobody_is_nobody(nights: Nights) -> None:
    nobody = [
        {"display": "Dr. Doe"},
        {"reference": ""},
        {"reference": "Device/s1"},
        {"type": "Device", "identifier": {"system": "urn:npi", "value": "7"}},
        {"type": "RelatedPerson", "reference": "urn:uuid:s1"},
    ]
    asked = [visit(number, who) for number, who in enumerate(nobody)]
    nights.land("fhir/2025-01-01/all.ndjson", lines(*asked, practitioner("s1", "7")))
    nights.run()
    assert found(nights) == [None] * len(nobody)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["Organization/t1", "Organization?_id=t1", "#role"])
def test_a_team_is_found_as_a_practitioner_is(nights: Nights, place: str) -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "organization": {"reference": "Organization/t1"},
    }
    served = {**visit(1, "Practitioner/s1"), "serviceProvider": {"reference": place}, "contained": [role]}
    nights.land("fhir/2025-01-01/all.ndjson", lines(served))
    nights.run()
    assert found(nights, "team_id") == ["t1"]


@pytest.mark.slow
def test_a_patient_is_found_by_a_record_number(nights: Nights) -> None:
    patient = {"resourceType": "Patient", "id": "p7", "identifier": [{"system": "urn:site", "value": "M-7"}]}
    nights.land("fhir/2025-01-01/a.ndjson", lines(patient, visit(1, "x", "Patient?identifier=urn:site|M-7")))
    nights.run()
    assert found(nights, "patient_id") == ["p7"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        "Practitioner?identifier=urn:npi|8",
        "Practitioner?identifier=urn:other|7",
        "Practitioner?identifier=8",
        "Practitioner?role=none",
    ],
)
def test_a_reference_that_misses_stays_as_it_is_written(nights: Nights, asked: str) -> None:
    nights.land("fhir/2025-01-01/a.ndjson", lines(visit(1, asked), practitioner("s1", "7")))
    nights.run()
    assert found(nights) == [asked]


def test_an_identifier_without_a_system_is_of_two_people_where_two_systems_have_it(nights: Nights) -> None:
    people = [practitioner("s1", "7"), practitioner("s2", "7", system="urn:other"), practitioner("s3", "8")]
    asked = [visit(1, "Practitioner?identifier=7"), visit(2, {"identifier": {"value": "8"}})]
    nights.land("fhir/2025-01-01/a.ndjson", lines(*asked, *people))
    nights.run()
    assert found(nights) == ["Practitioner?identifier=7", "s3"]


def test_an_identifier_of_two_resources_is_the_lower_id(nights: Nights) -> None:
    people = [
        practitioner("s3", "7"),
        practitioner("s2", "7"),
        practitioner("s3", "7"),
        practitioner("s1", "8"),
    ]
    nights.land("fhir/2025-01-01/a.ndjson", lines(visit(1, "Practitioner?identifier=urn:npi|7"), *people))
    nights.run()
    assert found(nights) == ["s2"]


VISITS = lines(visit(1, "Practitioner?identifier=urn:npi|7"), visit(2, "Practitioner/s9"))
PEOPLE = lines(practitioner("s1", "7"))


@pytest.mark.slow
@pytest.mark.parametrize("order", [("visits", "people"), ("people", "visits")])
@pytest.mark.parametrize("is_gone", [False, True])
def test_it_does_not_matter_what_came_first(tmp_path: Path, order: tuple[str, str], is_gone: bool) -> None:
    deliveries = {
        "visits": ("fhir/2025-01-01/Encounter.ndjson", VISITS),
        "people": ("fhir/2025-01-02/Practitioner.ndjson", PEOPLE),
    }
    at_once = Nights(tmp_path / "at once")
    for delivery in deliveries.values():
        at_once.land(*delivery)
    at_once.run()
    nights = Nights(tmp_path / "one by one")
    for name in order:
        path = nights.land(*deliveries[name])
        nights.run(as_of=SECOND)
        if is_gone:
            path.unlink()
    nights.run(as_of=SECOND)
    assert found(nights) == ["s1", "s9"]
    assert nights.everything() == at_once.everything()


@pytest.mark.slow
def test_identifiers_delivered_after_the_business_date_are_not_known(nights: Nights) -> None:
    nights.land("fhir/2025-01-01/Encounter.ndjson", VISITS)
    nights.land("fhir/2025-01-02/Practitioner.ndjson", PEOPLE)
    nights.run()
    assert found(nights) == ["s1", "s9"]
    nights.run(as_of=FIRST)
    assert found(nights) == ["Practitioner?identifier=urn:npi|7", "s9"]
    nights.run()
    assert found(nights) == ["s1", "s9"]


@pytest.mark.slow
def test_rows_that_resolve_anew_are_read_again_by_the_models(nights: Nights) -> None:
    nights.land("fhir/2025-01-01/Encounter.ndjson", VISITS)
    nights.run()
    nights.built(FIRST)
    nights.land("fhir/2025-01-02/other.ndjson", lines(practitioner("s5", "5")))
    assert not nights.run().needs_full_refresh
    nights.land("fhir/2025-01-02/Practitioner.ndjson", PEOPLE)
    assert nights.run().needs_full_refresh


@pytest.mark.slow
def test_superseded_identifiers_are_forgotten(nights: Nights) -> None:
    nights.land("fhir/2025-01-01/Encounter.ndjson", VISITS)
    path = nights.land("fhir/2025-01-01/Practitioner.ndjson", PEOPLE)
    nights.run()
    path.write_text(lines(practitioner("s2", "7")))
    nights.run()
    assert found(nights) == ["s2", "s9"]
    path.write_text(lines(practitioner("s2", "8")))
    nights.run()
    assert found(nights)[0].startswith("Practitioner?")
    assert len(list((nights.lake / "identifiers").iterdir())) == 1


def test_practitioners_sent_again_and_again_are_versions_of_one(nights: Nights) -> None:
    again = [practitioner("s1", "7"), practitioner("s2", "8")] * 40
    nights.land("fhir/2025-01-01/Practitioner.ndjson", lines(*again))
    nights.run()
    assert len(nights.raw("practitioner")) == 80
    assert {row["practitioner_id"] for row in nights.raw("practitioner")} == {"s1", "s2"}
