"""``manifest.json``: what a generation was made from, and the size and hash of every file in it.

Belongs here: making the manifest and holding a folder to it. Does not belong here: writing the files that it
lists.
"""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.publishing.contract import PUBLISH_ID
from orchestration.publishing.engine import literal
from orchestration.publishing.errors import PublishError
from orchestration.publishing.files import relative_files, sha256_of, write_json
from orchestration.publishing.views import BI_FILE

MANIFEST_FILE = "manifest.json"
FORMAT = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Strict):
    """One file of a generation; rows and the hash of names and types where it is Parquet."""

    sha256: str
    bytes: int
    rows: int | None = None
    schema_sha256: str | None = None


class FeedInputs(_Strict):
    """What of a feed went in: how many files and rows, and one hash over the ids of its files."""

    files: int
    rows_accepted: int
    sha256: str


class Manifest(_Strict):
    """The manifest of one generation.

    ``made_of`` names files that a later night may take over, each with a hash of what it was made of.
    """

    format: int
    publish_id: str
    as_of_date: date
    inputs_sha256: str
    inputs: dict[str, FeedInputs]
    rules_sha256: str
    rule_versions: list[str]
    code_version: str
    gates: dict[str, dict[str, int]]
    absent_marts: list[str]
    files: dict[str, FileEntry]
    made_of: dict[str, str] = {}


def list_files(engine: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, FileEntry]:
    """Measure every file below a folder except the manifest and the views, which depend on its place."""
    entries = {}
    for name in _listed(folder):
        path = folder / name
        rows, schema = _parquet_facts(engine, path) if path.suffix == ".parquet" else (None, None)
        entries[name] = FileEntry(
            sha256=sha256_of(path), bytes=path.stat().st_size, rows=rows, schema_sha256=schema
        )
    return entries


def _listed(folder: Path) -> list[str]:
    """The files that a manifest answers for: not itself, not the views, not leftovers of either."""
    apart = (MANIFEST_FILE, BI_FILE, ".")
    return [name for name in relative_files(folder) if not name.startswith(apart)]


def _parquet_facts(engine: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, str]:
    """Rows and the hash of the column names and types."""
    columns = engine.execute(f"describe from read_parquet({literal(path)})").fetchall()
    rows = engine.execute(f"select sum(num_rows) from parquet_file_metadata({literal(path)})").fetchone()  # noqa: S608
    shape = json.dumps([[name, kind] for name, kind, *_ in columns])
    return int(rows[0]) if rows else 0, hashlib.sha256(shape.encode()).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest whole."""
    write_json(folder / MANIFEST_FILE, manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> Manifest:
    """Read a generation's manifest.

    Raises:
        PublishError: it is missing, torn or of another format.
    """
    path = folder / MANIFEST_FILE
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(raw, dict) and raw.get("format") != FORMAT:
            raise PublishError(f"{folder.name}: {MANIFEST_FILE} has another format than this version reads")
        return Manifest.model_validate(raw)
    except (OSError, ValueError, ValidationError):
        raise PublishError(f"{folder.name}: {MANIFEST_FILE} is missing or torn") from None


def problems_of(folder: Path) -> list[str]:
    """What is wrong with a generation: files that are missing, foreign or changed. Empty when it is whole.

    Every byte is read once. The views are left out: ``views.views_are_pinned`` looks at them.
    """
    return _problems(folder, is_read=True)


def visible_problems_of(folder: Path) -> list[str]:
    """The same, as far as names and sizes tell it: no file is read."""
    return _problems(folder, is_read=False)


def _problems(folder: Path, *, is_read: bool) -> list[str]:
    try:
        manifest = read_manifest(folder)
    except PublishError as error:
        return [str(error)]
    found = set(_listed(folder))
    problems = [f"{name} is missing" for name in sorted(set(manifest.files) - found)]
    problems += [f"{name} is not in the manifest" for name in sorted(found - set(manifest.files))]
    for name in sorted(found & set(manifest.files)):
        path, entry = folder / name, manifest.files[name]
        if path.stat().st_size != entry.bytes or (is_read and sha256_of(path) != entry.sha256):
            problems.append(f"{name} is not what was written")
    return problems


def audit(engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Read a fresh generation back, as a reader would, before anyone can see it.

    Raises:
        PublishError: a file differs from the manifest, does not open, has other rows, or carries another
            ``publish_id``.
    """
    problems = problems_of(folder)
    manifest = read_manifest(folder) if not problems else None
    for name, entry in manifest.files.items() if manifest else ():
        if entry.rows is None or name.startswith(("rules/", "inputs")):
            continue
        source = f"read_parquet({literal(folder / name)})"
        row = engine.execute(
            f"select count(*), min({PUBLISH_ID}), max({PUBLISH_ID}) from {source}"  # noqa: S608
        ).fetchone()
        wanted = (
            (entry.rows, *((manifest.publish_id,) * 2 if entry.rows else (None, None))) if manifest else ()
        )
        if row != wanted:
            problems.append(f"{name} does not read back as written")
    if problems:
        raise PublishError(
            f"{folder.name} was not published, readers keep the current generation: {'; '.join(problems)}"
        )
