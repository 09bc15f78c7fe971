"""Invented FHIR resources as lines, and what became of them.

Belongs here: the elements that many resources share, and reading a handful of them.
Does not belong here: what is expected of them.
"""

import json
from pathlib import Path
from typing import Any

from orchestration.feeds.upkeep import Reader
from tests.support.feeds_night import Outcome, Row, read_file

Json = dict[str, Any]
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"


def concept(system: str, *codes: str) -> Json:
    """A CodeableConcept of codes of one system."""
    return {"coding": [{"system": system, "code": code} for code in codes]}


def ref(text: str) -> Json:
    """A Reference as text."""
    return {"reference": text}


CODES = "http://terminology.hl7.org/CodeSystem"
"""The beginning of the addresses of HL7's own code systems."""

VISIT: Json = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": f"{CODES}/v3-ActCode", "code": "AMB"},
    "subject": {"reference": "Patient/p1"},
    "period": {"start": "2025-01-07T14:00:00Z"},
}
REQUEST: Json = {
    "resourceType": "ServiceRequest",
    "id": "r1",
    "status": "active",
    "intent": "order",
    "code": concept(SNOMED, "183524004"),
    "subject": {"reference": "Patient/p1"},
    "authoredOn": "2025-01-10T10:00:00Z",
}
TOTAL: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": concept(LOINC, "44261-6"),
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2025-01-07",
    "valueInteger": 12,
}
"""A visit, an order and a score of one patient."""


def lines(*resources: Json) -> str:
    """Resources as NDJSON without an end of the last line."""
    return "\n".join(json.dumps(resource) for resource in resources)


def read(root: Path, feed: str, *resources: Json, reader: Reader | None = None) -> Outcome:
    """Read resources, and the rows of one feed that they fill."""
    return read_file(root, "fhir", lines(*resources), "anything.ndjson", feed, reader)


def only(root: Path, feed: str, resource: Json) -> Row:
    """The one row that a good resource fills."""
    outcome = read(root, feed, resource)
    assert outcome.refused == []
    return outcome.rows[0]


def parts(outcome: Outcome) -> dict[str, tuple[int, int, int]]:
    """Rows read, accepted and quarantined by feed."""
    return {
        part.feed: (part.rows_read, part.rows_accepted, part.rows_quarantined)
        for part in outcome.content.parts
    }


def unmapped(outcome: Outcome) -> list[tuple[str, str, str, int]]:
    """Column, system, code and number of the codes that no row knows."""
    return [(code.column_name, code.system, code.code, code.rows) for code in outcome.content.unmapped]
