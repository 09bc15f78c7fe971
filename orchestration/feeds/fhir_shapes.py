"""Elements of FHIR resources in another shape than their own.

Belongs here: lines that have to be looked at one by one, since some are no resources or have elements of
another shape: what can be read of them all the same, and which cannot be read. Does not belong here: shapes
that tell another release (``fhir_types.py``), and what a resource means.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from orchestration.feeds.fhir_elements import CONCEPT_BEGINS, structure
from orchestration.feeds.fhir_text import LINE_LIMIT
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.lake import quoted

CLEAN: Final = "clean"
"""The file of lines that were looked at one by one."""

NOTED: Final = f"{CLEAN}.noted"
"""The file of the numbers of those that hold an element that cannot be read, and why."""

MISFIT: Final = "malformed_element:"
"""The beginning of that reason; the name of the element follows."""

ANY: Final = "JSON"
BOOLEANS: Final = {"true": True, "false": False}


class _OfAnotherShape(Exception):
    """An element has a shape in which it cannot be read."""


def misfit_codes(codes: Mapping[str, str]) -> str:
    """SQL of why elements that are read as text are not of their shape; null where they are.

    Args:
        codes: DuckDB types by element; the text of each is ``<element>__text``, without blanks.
    """
    cases = [
        f"""WHEN NOT starts_with(s."{element}__text", '{"[" if kind.endswith("[]") else "{"}') """
        f"""OR contains(s."{element}__text", '"coding":{{') THEN {quoted(MISFIT + element)}"""
        for element, kind in codes.items()
        if kind.startswith(CONCEPT_BEGINS)
    ]
    return f"CASE {' '.join(cases)} END" if cases else ""


@cache
def _shapes(name: str) -> dict[str, Any]:
    """The shape of each element that is read of a type: a list of one shape, an object of shapes, or a name.

    What is contained may be of any type, so its elements have any shape.
    """
    columns = RESOURCES[name].columns
    return {element: json.loads(structure(kind)) for element, kind in columns.items()} | {"contained": [ANY]}


def _fitted(value: Any, shape: Any) -> Any:
    """A value in its shape: what stands alone where a list belongs is a list of one."""
    if value is None or shape == ANY:
        return value
    if isinstance(shape, list):
        return [_fitted(part, shape[0]) for part in (value if isinstance(value, list) else [value])]
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _OfAnotherShape
        return {name: _fitted(part, shape.get(name, ANY)) for name, part in value.items()}
    if shape == "BOOLEAN" and not isinstance(value, bool):
        if value not in BOOLEANS:
            raise _OfAnotherShape
        return BOOLEANS[value]
    return value


def _line(line: bytes) -> tuple[bytes, str]:
    """A line as it can be read, and why it cannot; a line that is no resource is an empty object."""
    try:
        resource = json.loads(line)
    except (ValueError, RecursionError):
        return b"{}", ""
    if not isinstance(resource, dict):
        return b"{}", ""
    name = resource.get("resourceType")
    if not isinstance(name, str) or name not in RESOURCES or RESOURCES[name].foreign.keys() & resource:
        return line, ""
    fitted = {}
    for element, value in resource.items():
        try:
            fitted[element] = _fitted(value, _shapes(name).get(element, ANY))
        except (_OfAnotherShape, TypeError):
            return b"{}", f"{MISFIT}{element}"
    return (line if fitted == resource else json.dumps(fitted).encode()), ""


def _whole_lines(source: BinaryIO) -> Iterator[bytes]:
    """The lines of a file without blank ones; one that is too long is the beginning of an object."""
    while line := source.readline(LINE_LIMIT):
        is_whole = len(line) < LINE_LIMIT or line.endswith(b"\n")
        while not is_whole:
            rest = source.readline(LINE_LIMIT)
            is_whole = not rest or rest.endswith(b"\n")
            line = b"{"
        if line.strip():
            yield line.rstrip(b"\r\n")


def keep_readable_lines(text: Path, target: Path) -> int:
    """Copy a file with an empty object for each line that is no resource, or cannot be read.

    What can be read as what it is meant for is put in its shape. Blank lines go.

    Args:
        text: the file.
        target: gets the lines; beside it the numbers of those that have an element that cannot be read.

    Returns:
        The number of lines.
    """
    lines = 0
    with (
        text.open("rb") as source,
        target.open("wb") as clean,
        target.with_name(NOTED).open("w", encoding="utf-8") as noted,
    ):
        if source.read(len(BOM_UTF8)) != BOM_UTF8:
            source.seek(0)
        for lines, found in enumerate(_whole_lines(source), start=1):
            line, reason = _line(found)
            clean.write(line + b"\n")
            if reason:
                noted.write(f"{lines},{reason}\n")
    return lines
