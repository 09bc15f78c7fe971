"""FHIR resources to read at volume: a few invented ones of each type, over and over with new ids.

They are as wide as what servers send: codes with their displays, profiles, addresses, elements that no feed
takes. Nothing is drawn by chance: the same size gives the same bytes.

Belongs here: writing files of the resources in ``resources.ndjson``. Does not belong here: reading them.
"""

import json
from itertools import groupby
from pathlib import Path
from typing import Final

_RESOURCES: Final = Path(__file__).with_name("resources.ndjson")
_PER_PATIENT, _PER_VISIT, _PRACTITIONERS, _TEAMS = 40, 8, 600, 25
_FIELDS: Final = {
    "<own>": "%(own)08x",
    "<patient>": "%(patient)08x",
    "<visit>": "%(visit)08x",
    "<staff>": "%(staff)08x",
    "<team>": "%(team)08x",
    "<year>": "%(year)02d",
    "<month>": "%(month)d",
    "<day>": "%(day)d",
}


def _formats() -> dict[str, list[str]]:
    """By resource type, its resources as text with a place for each number."""
    found = []
    for line in _RESOURCES.read_text(encoding="utf-8").splitlines():
        text = line.replace("%", "%%") + "\n"
        for mark, field in _FIELDS.items():
            text = text.replace(mark, field)
        found.append((json.loads(line)["resourceType"], text))
    return {kind: [text for _, text in texts] for kind, texts in groupby(found, key=lambda pair: pair[0])}


FORMATS: Final = _formats()
"""The resource types that make up most of an export."""


def write_resources(path: Path, kind: str, megabytes: float, first: int = 0) -> int:
    """Write a file of resources of one type.

    Args:
        path: the file.
        kind: the resource type.
        megabytes: its size; the line that reaches it is the last.
        first: the number of the first resource, by which two files differ.

    Returns:
        The number of lines.
    """
    formats = FORMATS[kind]
    wanted, written, number = megabytes * 1e6, 0, first
    with path.open("w", encoding="ascii") as target:
        while written < wanted:
            values = {
                "own": number,
                "patient": number // _PER_PATIENT,
                "visit": number // _PER_VISIT,
                "staff": number % _PRACTITIONERS,
                "team": number % _TEAMS,
                "year": 20 + number // 81 % 6,
                "month": 1 + number // 9 % 9,
                "day": number % 9,
            }
            line = formats[number % len(formats)] % values
            target.write(line)
            written += len(line)
            number += 1
    return number - first
