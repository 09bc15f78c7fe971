"""FHIR resources that do not come one a line: Bundles, lists of resources, and resources over several lines.

Belongs here: from such a file to one of one resource a line. Does not belong here: Bundles that say what was
deleted (``fhir_deleted.py``), and what resources mean.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from orchestration.feeds.fhir_deleted import BUNDLE
from orchestration.feeds.fhir_text import LINE_LIMIT, objects_in

DOCUMENT_LIMIT: Final = 64 << 20
"""Bytes of the largest file that is read as a whole; lines of Bundles may be in files of any size."""

BETWEEN: Final = " \t\r\n,"
NOTHING: Final[dict[str, Any]] = {"resourceType": BUNDLE}
"""An entry that holds no resource and deletes nothing: a Bundle of nothing, which is refused as one."""


def lines_of_documents(text: Path, target: Path) -> Path | None:
    """Write what a file holds as one resource a line, where it is not written so already.

    Args:
        text: the file.
        target: gets the lines.

    Returns:
        The lines; None where the file's own lines are its resources, or it is no JSON as a whole.
    """
    with text.open("rb") as source:
        first = source.readline(LINE_LIMIT)
        while first and not first.strip():
            first = source.readline(LINE_LIMIT)
    known = _parsed(first)
    if isinstance(known, dict):
        if not _holds_resources(known):
            return None
        _write(target, _of_lines(text))
        return target
    if first.removeprefix(BOM_UTF8).lstrip()[:1] not in (b"{", b"[") or text.stat().st_size > DOCUMENT_LIMIT:
        return None
    found = _values(text.read_text(encoding="utf-8-sig"))
    if found is None:
        return None
    _write(target, (json.dumps(resource) for value in found for resource in _resources(value)))
    return target


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _holds_resources(resource: dict[str, Any]) -> bool:
    """Whether a resource is a Bundle of others, and not one of deletions alone."""
    entries = resource.get("entry")
    if resource.get("resourceType") != BUNDLE or not isinstance(entries, list):
        return False
    return any(isinstance(entry, dict) and isinstance(entry.get("resource"), dict) for entry in entries)


def _write(target: Path, lines: Iterator[str]) -> None:
    with target.open("w", encoding="utf-8", errors="surrogatepass") as handle:
        handle.writelines(f"{line}\n" for line in lines)


def _of_lines(text: Path) -> Iterator[str]:
    """The lines of a file with those of Bundles in place of each; lines that are no JSON stay as they are."""
    with text.open("rb") as source:
        while line := source.readline(LINE_LIMIT):
            resource = _parsed(line) if b'"Bundle"' in line else None
            if isinstance(resource, dict) and _holds_resources(resource):
                yield from (json.dumps(found) for found in _resources(resource))
            elif line.strip():
                yield line.decode("utf-8", errors="replace").rstrip("\r\n")


def _values(text: str) -> list[Any] | None:
    """The JSON values that a text is made of; None where it is made of anything else."""
    found, place, decoder = [], 0, json.JSONDecoder()
    try:
        while place < len(text):
            if text[place] in BETWEEN:
                place += 1
                continue
            value, place = decoder.raw_decode(text, place)
            found.append(value)
    except (ValueError, RecursionError):
        return None
    return found


def _resources(value: Any) -> Iterator[Any]:
    """The resources in a value: of a list each part, of a Bundle each entry, else the value itself."""
    if isinstance(value, list) and value:
        for part in value:
            yield from _resources(part)
    elif isinstance(value, dict) and _holds_resources(value):
        names = _names(value["entry"])
        for entry in value["entry"]:
            yield from _resources(_of_entry(entry, names))
    else:
        yield value


def _names(entries: list[Any]) -> dict[str, str]:
    """The references by which resources of a Bundle are known outside, by the names that they have in it."""
    names = {}
    for entry in entries:
        address, resource = (
            (entry.get("fullUrl"), entry.get("resource")) if isinstance(entry, dict) else (None, None)
        )
        if isinstance(address, str) and address.startswith("urn:") and isinstance(resource, dict):
            names[address] = f"{resource.get('resourceType')}/{resource.get('id', _tail(address))}"
    return names


def _tail(address: str) -> str:
    """The id at the end of an address."""
    return address.rstrip("/").replace(":", "/").rsplit("/", 1)[-1]


def _of_entry(entry: Any, names: dict[str, str]) -> Any:
    """The resource of an entry, or its deletion as a Bundle of its own."""
    if not isinstance(entry, dict):
        return NOTHING
    request, resource = entry.get("request"), entry.get("resource")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        return {"resourceType": BUNDLE, "entry": [{"request": request, "response": entry.get("response")}]}
    if not isinstance(resource, dict):
        return NOTHING
    if "id" not in resource and isinstance(entry.get("fullUrl"), str):
        resource["id"] = _tail(entry["fullUrl"])
    return _renamed(resource, names) if names else resource


def _renamed(resource: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A resource whose references name others as they are known outside of the Bundle."""
    for node in objects_in(resource):
        reference = node.get("reference")
        if isinstance(reference, str) and reference in names:
            node["reference"] = names[reference]
    return resource
