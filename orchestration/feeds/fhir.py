"""FHIR R4 bulk NDJSON: one resource a line, its type told by the line and not by the file's name.

Belongs here: from lines to the rows of the feeds that a resource fills; what becomes of lines that fill none.
Does not belong here: the meaning of elements (``fhir_resources.py`` and its neighbours) and references
between files (``references.py``).
"""

import json
from codecs import BOM_UTF8
from pathlib import Path

import duckdb

from orchestration.feeds import fhir_clinical, fhir_orders, fhir_people
from orchestration.feeds.codes import CodeMap, load_code_map
from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.fhir_resources import SYSTEMS, Mapping, Resource, exclusive, feed_rows
from orchestration.feeds.lake import move_into_place, quoted, table, write_table
from orchestration.feeds.landing import FHIR
from orchestration.feeds.opened import FileRefused, Traits, open_text
from orchestration.feeds.reading import Reading, RowsLost
from orchestration.feeds.references import hold_back_references
from orchestration.feeds.registry import Content, Part, UnmappedCode

LINE_LIMIT = 16 << 20
"""Bytes of the longest resource that is read."""

RESOURCES: dict[str, Resource] = {
    "Patient": fhir_people.PATIENT,
    "Practitioner": fhir_people.PRACTITIONER,
    "PractitionerRole": fhir_people.PRACTITIONER_ROLE,
    "Organization": fhir_people.ORGANIZATION,
    "Coverage": fhir_people.COVERAGE,
    "Encounter": fhir_clinical.ENCOUNTER,
    "Condition": fhir_clinical.CONDITION,
    "Observation": fhir_clinical.OBSERVATION,
    "Procedure": fhir_orders.PROCEDURE,
    "MedicationRequest": fhir_orders.MEDICATION_REQUEST,
    "ServiceRequest": fhir_orders.SERVICE_REQUEST,
}
"""The resource types that fill feeds; a type that is not here is refused line by line."""

SHOWN_CODE = "'[A-Za-z0-9][A-Za-z0-9 ._:/&+-]{0,63}'"
"""Unknown codes of this form are shown in a finding; anything else might be more than a code."""

OPEN_TEXT = ("staffing",)
"""Feeds whose words are about no patient: where they stand in place of a code, a finding shows them."""


def _read_json(text: Path, elements: dict[str, str]) -> str:
    columns = ", ".join(f"'{name}': {quoted(kind)}" for name, kind in elements.items())
    return (
        f"read_json({quoted(text)}, format = 'newline_delimited', records = true, ignore_errors = true, "
        f"maximum_object_size = {LINE_LIMIT + 1024}, columns = {{{columns}}})"
    )


def _keep_readable_lines(text: Path, target: Path) -> int:
    """Copy a file with an empty object for each line that is no resource; blank lines go.

    Returns:
        The number of lines.
    """
    lines = 0
    with text.open("rb") as source, target.open("wb") as clean:
        if source.read(len(BOM_UTF8)) != BOM_UTF8:
            source.seek(0)
        while line := source.readline(LINE_LIMIT):
            is_whole = len(line) < LINE_LIMIT or line.endswith(b"\n")
            while not is_whole:
                rest = source.readline(LINE_LIMIT)
                is_whole = not rest or rest.endswith(b"\n")
                line = b"{"
            if not line.strip():
                continue
            lines += 1
            try:
                is_object = isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                is_object = False
            clean.write(line.rstrip(b"\r\n") + b"\n" if is_object else b"{}\n")
    return lines


class _Lines:
    """One file of resources on its way into the feeds."""

    def __init__(
        self, reading: Reading, text: Path, codes: CodeMap, expected: int, *, is_careful: bool
    ) -> None:
        self.reading = reading
        self.connection = reading.connection
        self.text = text
        self.codes = codes
        self.expected = expected
        self.is_careful = is_careful
        self.unmapped: list[UnmappedCode] = []
        self.identifiers: list[Path] = []
        self.lines = reading.work / "lines"
        names = ", ".join(f"{quoted(name)}: {quoted(value)}" for name, value in codes.systems.items())
        self.connection.execute(f"SET VARIABLE {SYSTEMS} = MAP {{{names}}}::MAP(VARCHAR, VARCHAR)")

    def content(self) -> Content:
        """Let all lines in, type by type.

        Returns:
            What became of the file.

        Raises:
            duckdb.Error: the lines cannot be read through.
            RowsLost: they were, and not all of them, or lines that are no resources want a second look.
        """
        types = self.types()
        if sum(types.values()) != self.expected or (None in types and not self.is_careful):
            raise RowsLost
        parts: list[Part] = []
        served = 0
        for name in sorted(name for name in types if name in RESOURCES):
            filled = self.resources(name, types[name])
            parts += filled
            served += types[name] - sum(part.rows_read for part in filled)
        parts += self.passed_over(types, served)
        if self.identifiers:
            tables = " UNION ALL ".join(f"FROM {table(path)}" for path in self.identifiers)
            made = write_table(self.connection, tables, self.reading.work / "identifiers")
            move_into_place(made, self.reading.lake.identifiers(self.reading.copy.file_id))
        return self.reading.content(parts, unmapped=self.unmapped, has_identifiers=bool(self.identifiers))

    def types(self) -> dict[str | None, int]:
        """How many lines there are of each resource type, None standing for lines that are no resource.

        Raises:
            duckdb.Error: a line cannot even be passed over.
        """
        kind = "CASE WHEN regexp_full_match(resourceType, '[A-Za-z]{1,64}') THEN resourceType END"
        source = _read_json(self.text, {"resourceType": "VARCHAR"})
        rows = f"SELECT row_number() OVER () AS {ROW}, {kind} AS type FROM {source}"  # noqa: S608
        write_table(self.connection, rows, self.lines)
        counts = f"SELECT type, count(*) FROM {table(self.lines)} GROUP BY type"  # noqa: S608
        return dict(self.connection.execute(counts).fetchall())

    def passed_over(self, types: dict[str | None, int], served: int) -> list[Part]:
        """Refuse the lines that fill no feed; ``served`` lines are of use as references alone."""
        strange = [name for name in types if name not in RESOURCES]
        refused = sum(types[name] for name in strange)
        if refused:
            known = ", ".join(quoted(name) for name in RESOURCES)
            reason = "coalesce('unsupported_resource:' || type, 'malformed_row')"
            self.reading.write_refused(
                FHIR,
                f"SELECT {ROW} AS row_number, NULL::VARCHAR AS record_key_hash, "  # noqa: S608
                f"{reason} AS reason FROM {table(self.lines)} WHERE coalesce(type NOT IN ({known}), true)",
            )
        return [Part(FHIR, refused + served, served, refused)] if refused or served else []

    def resources(self, name: str, expected: int) -> list[Part]:
        """Let the lines of one type into their feeds.

        Args:
            name: the resource type.
            expected: how many lines are of it.

        Returns:
            The counts by feed; a line may fill none.
        """
        resource = RESOURCES[name]
        every = _read_json(self.text, resource.elements)
        numbered = f"SELECT row_number() OVER () AS {ROW}, * FROM {every}"  # noqa: S608
        rows = f"SELECT * FROM ({numbered}) WHERE resourceType = {quoted(name)}"  # noqa: S608
        source = table(write_table(self.connection, rows, self.reading.work / f"{name}.resources"))
        if self._count(source) != expected:
            raise RowsLost
        if resource.identifier_rows:
            self._keep_identifiers(name, resource, source)
        conditions = exclusive(resource, self.codes)
        parts = [self._fill(mapping, f"FROM {source} AS s WHERE {where}") for mapping, where in conditions]
        return [part for part in parts if part is not None]

    def _count(self, source: str) -> int:
        found = self.connection.execute(f"SELECT count(*) FROM {source}").fetchone()  # noqa: S608
        return int(found[0]) if found else 0

    def _fill(self, mapping: Mapping, source: str) -> Part | None:
        feed = self.reading.contract.feeds[mapping.feed]
        rows = feed_rows(feed, mapping, source, self.codes)
        staged = table(write_table(self.connection, rows, self.reading.work / f"{feed.name}.staged"))
        if not self._count(staged):
            return None
        for column, coded in mapping.coded.items():
            if coded.is_reported:
                self._note_unmapped(feed.name, column, staged)
        names = [*mapping.columns, *mapping.coded, "updated_at", "is_deleted"]
        columns = {name: f'r."{name}"' for name in names}
        return hold_back_references(self.reading, feed, Staged(relation=f"FROM {staged}", columns=columns))

    def _note_unmapped(self, feed: str, column: str, staged: str) -> None:
        coding = f'"{column}__code"'
        shown = f"regexp_full_match({coding}.code, {SHOWN_CODE})"
        if feed not in OPEN_TEXT:
            shown += f" AND {coding}.system IS DISTINCT FROM 'text'"
        code = f"CASE WHEN {shown} THEN {coding}.code ELSE '' END"
        counted = self.connection.execute(
            f"SELECT coalesce({coding}.system, ''), {code}, count(*) FROM {staged} "  # noqa: S608
            f"WHERE {coding}.code IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        self.unmapped += [UnmappedCode(feed, column, *found) for found in counted]

    def _keep_identifiers(self, name: str, resource: Resource, source: str) -> None:
        every = f"SELECT unnest({resource.identifier_rows}) AS entry FROM {source} AS s"  # noqa: S608
        rows = (
            "SELECT DISTINCT entry.type, entry.system, entry.value, entry.id "  # noqa: S608
            f"FROM ({every}) WHERE entry.id IS NOT NULL ORDER BY ALL"
        )
        made = write_table(self.connection, rows, self.reading.work / f"{name}.identifiers")
        if self._count(table(made)):
            self.identifiers.append(made)


def read_fhir(reading: Reading, path: Path, traits: Traits) -> Content:
    """Read a file of FHIR resources.

    Args:
        reading: the file and where it goes.
        path: where it lies.
        traits: of its bytes.

    Returns:
        What became of it, with one part a feed; lines that fill no feed are a part of ``fhir``.
    """
    try:
        text, traits = open_text(path, traits, reading.work)
    except FileRefused as refusal:
        return reading.refuse_file(FHIR, refusal.reason)
    codes = load_code_map(reading.seeds, reading.delivered_on)
    with text.open("rb") as handle:
        has_mark = handle.read(len(BOM_UTF8)) == BOM_UTF8
    expected = traits.lines
    for is_careful in (True,) if has_mark else (False, True):
        if is_careful:
            expected = _keep_readable_lines(text, reading.work / "clean")
            text = reading.work / "clean"
        try:
            return _Lines(reading, text, codes, expected, is_careful=is_careful).content()
        except RowsLost:
            continue
        except duckdb.Error as problem:
            reading.stop_if_engine_failed(problem)
    return reading.refuse_file(FHIR, "unreadable_file")
