"""The lines of a FHIR file before anything is known of their meaning.

Belongs here: reading lines as JSON with declared types, which lines are no resources, and which say that they
must not be read without knowing more. Does not belong here: what a resource means (``fhir_resources.py``).
"""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestration.feeds.lake import quoted
from orchestration.feeds.opened import CHUNK, MODIFIER

LINE_LIMIT = 16 << 20
"""Bytes of the longest resource that is read."""


def read_json(texts: Sequence[Path], elements: dict[str, str], longest: int, *, is_strict: bool) -> str:
    """SQL of the lines of files with declared types.

    Args:
        texts: the files, a resource a line, in the order in which they are read.
        elements: DuckDB types by element.
        longest: bytes of the longest line. The engine's buffers are as small as that lets them be: what lies
            near is read again the quicker.
        is_strict: whether an element of another shape is an error; it is null else.

    Returns:
        A table function.
    """
    columns = ", ".join(f"'{name}': {quoted(kind)}" for name, kind in elements.items())
    most = CHUNK if longest <= CHUNK else LINE_LIMIT
    listed = ", ".join(map(quoted, texts))
    return (
        f"read_json([{listed}], format = 'newline_delimited', records = true, "
        f"ignore_errors = {'false' if is_strict else 'true'}, "
        f"maximum_object_size = {most + 1024}, columns = {{{columns}}})"
    )


def has_mark(text: Path) -> bool:
    """Whether a file begins with a byte order mark."""
    with text.open("rb") as handle:
        return handle.read(len(BOM_UTF8)) == BOM_UTF8


def first_type(text: Path) -> str | None:
    """The resource type of the first line, if it can be told; a guess that spares reading the file twice."""
    with text.open("rb") as handle:
        try:
            first = json.loads(handle.readline(LINE_LIMIT))
            return str(first["resourceType"])
        except (ValueError, RecursionError, KeyError, TypeError):
            return None


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a JSON value, itself and those in its lists and objects among them, in no order."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            yield node
            waiting.extend(node.values())


def _modifiers(resource: Any) -> Iterator[str]:
    """Addresses of all modifier extensions in a resource, the resources that it contains included."""
    for node in objects_in(resource):
        found = node.get("modifierExtension")
        for entry in found if isinstance(found, list) else []:
            yield str(entry.get("url")) if isinstance(entry, dict) else ""


def note_modified_lines(text: Path, known: set[str], target: Path) -> bool:
    """List the lines with a modifier extension nobody knows: they may mean the opposite of what they say.

    Args:
        text: lines without blank ones.
        known: addresses of modifier extensions that change nothing here.
        target: gets the numbers of the lines, one a line.

    Returns:
        Whether there are any.
    """
    noted = 0
    with text.open("rb") as source, target.open("w") as listed:
        for number, line in enumerate(source, start=1):
            if MODIFIER not in line:
                continue
            try:
                is_known = set(_modifiers(json.loads(line))) <= known
            except (ValueError, RecursionError):
                is_known = False
            if not is_known:
                noted += 1
                listed.write(f"{number}\n")
    return noted > 0
