"""FHIR R4 bulk NDJSON: one resource a line, its type told by the line and not by the file's name.

Belongs here: from lines to the rows of the feeds that a resource fills; what becomes of lines that fill none.
Does not belong here: the meaning of elements (``fhir_resources.py`` and its neighbours) and references
between files (``references.py``).
"""

from pathlib import Path

import duckdb

from orchestration.feeds.codes import CodeMap, load_code_map
from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.fhir_deleted import (
    BUNDLE,
    DELETIONS,
    IS_DELETION,
    deletions,
    not_executed,
    tombstones,
)
from orchestration.feeds.fhir_resources import Mapping, Resource, exclusive, feed_rows
from orchestration.feeds.fhir_text import (
    first_type,
    has_mark,
    keep_readable_lines,
    note_modified_lines,
    read_json,
)
from orchestration.feeds.fhir_types import RELEASE_OF_TYPE, RESOURCES, reason_to_refuse
from orchestration.feeds.lake import move_into_place, quoted, table, write_table
from orchestration.feeds.landing import FHIR
from orchestration.feeds.opened import FileRefused, Traits, open_text
from orchestration.feeds.reading import Reading, RowsLost
from orchestration.feeds.references import hold_back_references
from orchestration.feeds.registry import Content, Part, UnmappedCode

SHOWN_CODE = "'[A-Za-z0-9][A-Za-z0-9 ._:/&+-]{0,63}'"
"""Unknown codes of this form are shown in a finding; anything else might be more than a code."""

OPEN_TEXT = ("staffing",)
"""Feeds whose words are about no patient: where they stand in place of a code, a finding shows them."""


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
        self.staged: dict[str, list[tuple[Path, list[str]]]] = {}
        self.refused: list[str] = []
        self.lines = reading.work / "lines"
        self.type_of_table = ""
        codes.make_known(self.connection)

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
        known = {pair.partition("|")[2] for pair in self.codes.entries.get((FHIR, "modifier"), {})}
        listed = self.reading.work / "modified"
        modified = listed if note_modified_lines(self.text, known, listed) else None
        for name in sorted(name for name in types if name in RESOURCES):
            self.resources(name, types[name], modified)
        if BUNDLE in types:
            self.bundles(types[BUNDLE])
        self.count_others(types)
        parts = [self.fill(feed) for feed in sorted(self.staged)]
        parts += self.passed_over()
        if self.identifiers:
            tables = " UNION ALL ".join(f"FROM {table(path)}" for path in self.identifiers)
            made = write_table(self.connection, tables, self.reading.work / "identifiers")
            move_into_place(made, self.reading.lake.identifiers(self.reading.copy.file_id))
        return self.reading.content(parts, unmapped=self.unmapped, has_identifiers=bool(self.identifiers))

    def types(self) -> dict[str | None, int]:
        """How many lines there are of each resource type, None standing for lines that are no resource.

        The elements of the first line's type are kept on the way: most files hold one type.

        Raises:
            duckdb.Error: a line cannot even be passed over.
        """
        guess = first_type(self.text)
        self.type_of_table = guess if guess in RESOURCES else ""
        elements = RESOURCES[guess].columns if guess in RESOURCES else {"resourceType": "VARCHAR"}
        source = read_json(self.text, elements)
        if guess in RESOURCES:
            source = RESOURCES[guess].derive(source)
        kind = "CASE WHEN regexp_full_match(resourceType, '[A-Za-z]{1,64}') THEN resourceType END"
        rows = f"SELECT row_number() OVER () AS {ROW}, {kind} AS line_type, * FROM {source}"  # noqa: S608
        write_table(self.connection, rows, self.lines)
        counts = f"SELECT line_type, count(*) FROM {table(self.lines)} GROUP BY line_type"  # noqa: S608
        return dict(self.connection.execute(counts).fetchall())

    def _of_type(self, name: str, resource: Resource, expected: int) -> str:
        """The lines of one type as a table that others can be read from again and again."""
        if name == self.type_of_table:
            return f"(FROM {table(self.lines)} WHERE line_type = {quoted(name)})"
        every = resource.derive(read_json(self.text, resource.columns))
        numbered = f"SELECT row_number() OVER () AS {ROW}, * FROM {every}"  # noqa: S608
        rows = f"SELECT * FROM ({numbered}) WHERE resourceType = {quoted(name)}"  # noqa: S608
        source = table(write_table(self.connection, rows, self.reading.work / f"{name}.resources"))
        if self._count(source) != expected:
            raise RowsLost
        return source

    def resources(self, name: str, expected: int, modified: Path | None) -> None:
        """Stage the lines of one type for their feeds.

        Args:
            name: the resource type.
            expected: how many lines are of it.
            modified: numbers of the lines that must not be read as they stand.
        """
        resource = RESOURCES[name]
        every = self._of_type(name, resource, expected)
        reason = reason_to_refuse(resource, modified)
        self.refused.append(
            f"SELECT {ROW} AS row_number, {reason} AS reason FROM {every} AS s WHERE {reason} IS NOT NULL"  # noqa: S608
        )
        source = f"(FROM {every} AS s WHERE {reason} IS NULL)"
        if resource.identifier_rows:
            self._keep_identifiers(name, resource, source)
        for number, (mapping, where) in enumerate(exclusive(resource)):
            self._stage(f"{name}.{number}", mapping, f"FROM {source} AS s WHERE {where}")

    def bundles(self, expected: int) -> None:
        """Stage the tombstones of Bundles of deletions; any other Bundle is refused."""
        source = self._of_type(BUNDLE, DELETIONS, expected)
        self.refused.append(
            f"SELECT {ROW} AS row_number, 'unsupported_resource:{BUNDLE}' AS reason "  # noqa: S608
            f"FROM {source} AS s WHERE NOT coalesce({IS_DELETION}, false)"
        )
        rows = deletions(source, self.reading.delivered_on)
        deleted = table(write_table(self.connection, rows, self.reading.work / "deleted"))
        contract = self.reading.contract
        self.refused.append(not_executed(contract, deleted))
        for number, (feed, query) in enumerate(tombstones(contract, deleted)):
            made = write_table(self.connection, query, self.reading.work / f"deleted.{number}")
            if self._count(table(made)):
                key = contract.feeds[feed].key[0]
                self.staged.setdefault(feed, []).append((made, [key, "updated_at", "is_deleted"]))

    def count_others(self, types: dict[str | None, int]) -> None:
        """Refuse lines that are no resources one by one, and types that fill nothing each as a whole."""
        self.refused.append(
            f"SELECT {ROW} AS row_number, 'malformed_row' AS reason "  # noqa: S608
            f"FROM {table(self.lines)} WHERE line_type IS NULL"
        )
        for name in sorted(name for name in types if name and name not in RESOURCES and name != BUNDLE):
            release = RELEASE_OF_TYPE.get(name)
            reason = f"unsupported_release:{release}" if release else f"unsupported_resource:{name}"
            self.refused.append(
                f"SELECT min({ROW}) AS row_number, {quoted(reason)} AS reason "  # noqa: S608
                f"FROM {table(self.lines)} WHERE line_type = {quoted(name)}"
            )
            self.unmapped.append(UnmappedCode(FHIR, "resourceType", "", name, types[name]))

    def passed_over(self) -> list[Part]:
        """Put refused lines into the quarantine, and count the lines that fill no feed."""
        known = ", ".join(quoted(name) for name in (*RESOURCES, BUNDLE))
        refusals = " UNION ALL ".join(f"({query})" for query in self.refused)
        reasons = "string_agg(reason, ';' ORDER BY reason)"
        listed = (
            f"SELECT row_number, NULL::VARCHAR AS record_key_hash, {reasons} AS reason "  # noqa: S608
            f"FROM ({refusals}) GROUP BY row_number"
        )
        made = table(write_table(self.connection, listed, self.reading.work / "refusals"))
        filled = [f"SELECT {ROW} FROM {table(path)}" for tables in self.staged.values() for path, _ in tables]  # noqa: S608
        filled.append(f"SELECT NULL::BIGINT AS {ROW} WHERE false")
        empty = (
            f"SELECT count(*) FILTER (WHERE line_type IS NULL OR line_type NOT IN ({known}) "  # noqa: S608
            f"OR {ROW} IN (SELECT row_number FROM {made})), count(*) "
            f"FROM {table(self.lines)} WHERE {ROW} NOT IN ({' UNION ALL '.join(filled)})"
        )
        self._note_unfilled(made, " UNION ALL ".join(filled))
        found = self.connection.execute(empty).fetchone()
        refused, total = (int(found[0]), int(found[1])) if found else (0, 0)
        if self._count(made):
            self.reading.write_refused(FHIR, f"FROM {made}")
        return [Part(FHIR, total, total - refused, refused)] if total else []

    def _note_unfilled(self, refusals: str, filled: str) -> None:
        """List the types whose lines were good and filled nothing, unless others may refer to them."""
        names = [name for name, resource in RESOURCES.items() if not resource.identifier_rows]
        counted = self.connection.execute(
            f"SELECT line_type, count(*) FROM {table(self.lines)} "  # noqa: S608
            f"WHERE line_type IN ({', '.join(map(quoted, names))}) AND {ROW} NOT IN ({filled}) "
            f"AND {ROW} NOT IN (SELECT row_number FROM {refusals}) GROUP BY line_type ORDER BY line_type"
        ).fetchall()
        self.unmapped += [UnmappedCode(FHIR, "resourceType", "", *found) for found in counted]

    def _count(self, source: str) -> int:
        found = self.connection.execute(f"SELECT count(*) FROM {source}").fetchone()  # noqa: S608
        return int(found[0]) if found else 0

    def _stage(self, name: str, mapping: Mapping, source: str) -> None:
        feed = self.reading.contract.feeds[mapping.feed]
        rows = feed_rows(feed, mapping, source)
        made = write_table(self.connection, rows, self.reading.work / f"{name}.staged")
        if not self._count(table(made)):
            return
        for column, coded in mapping.coded.items():
            if coded.is_reported:
                self._note_unmapped(feed.name, column, table(made))
        columns = [*mapping.columns, *mapping.coded, "updated_at", "is_deleted"]
        self.staged.setdefault(feed.name, []).append((made, columns))

    def fill(self, name: str) -> Part:
        """Let what was staged for a feed in; in a file of many types several may fill the same one."""
        tables = self.staged[name]
        relation = " UNION ALL BY NAME ".join(f"FROM {table(path)}" for path, _ in tables)
        columns = {column: f'r."{column}"' for _, columns in tables for column in columns}
        feed = self.reading.contract.feeds[name]
        staged = Staged(relation=relation, columns=columns, has_parts=True)
        return hold_back_references(self.reading, feed, staged)

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
    codes = load_code_map(reading.seeds, reading.delivered_on, reading.rules.site.payers)
    expected = traits.lines
    for is_careful in (True,) if has_mark(text) else (False, True):
        if is_careful:
            expected = keep_readable_lines(text, reading.work / "clean")
            text = reading.work / "clean"
        try:
            return _Lines(reading, text, codes, expected, is_careful=is_careful).content()
        except RowsLost:
            continue
        except duckdb.Error as problem:
            reading.stop_if_engine_failed(problem)
    return reading.refuse_file(FHIR, "unreadable_file")
