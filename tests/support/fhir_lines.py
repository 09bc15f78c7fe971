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
