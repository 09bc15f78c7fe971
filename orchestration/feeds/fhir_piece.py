"""A piece of a FHIR file on its way into the feeds: lines that are in memory together.

Belongs here: running the steps of a plan over one piece, and what becomes of lines that fill nothing.
Does not belong here: the steps (``fhir_plan.py``), and putting pieces together (``fhir.py``).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.failures import RowsLost
from orchestration.feeds.fhir_deleted import (
    BUNDLE,
    IS_DELETION,
    deletions,
    not_executed,
    tombstones,
)
from orchestration.feeds.fhir_found import Found
from orchestration.feeds.fhir_joins import SAID_TABLE, identifiers, joined, joined_again, sorted_out, untaken
from orchestration.feeds.fhir_lines import Lines
from orchestration.feeds.fhir_plan import Plan, plan_of
from orchestration.feeds.fhir_rows import Row
from orchestration.feeds.fhir_shapes import MISFIT
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.fhir_unknown import count_codes, lines_with_unknown, may_be_unknown
from orchestration.feeds.lake import table, write_table
from orchestration.feeds.landing import FHIR
from orchestration.feeds.reading import Judged, Reading
from orchestration.feeds.references import leads_somewhere


class Piece:
    """Lines that are read at one time.

    Attributes:
        found: what became of them.
    """

    def __init__(
        self,
        reading: Reading,
        texts: Sequence[Path],
        name: str,
        longest: int,
        before: int = 0,
        first: int | None = None,
    ) -> None:
        """Keep where things are.

        Args:
            reading: the file; its connection knows what codes mean.
            texts: the lines; of several small files that hold one type, if there are several.
            name: of the piece, unlike those of others.
            longest: bytes of the longest line.
            before: how many lines of the file come before these.
            first: how many of the lines are read; all, if None.
        """
        self.found = Found()
        self._reading = reading
        self._connection = reading.connection
        self._lines = Lines(reading, texts, longest, before, first)
        self._name = name
        self._tables = 0
        self._made = {SAID_TABLE, "fhir_sorted"}

    def read(self, known: set[str] | None, *, is_careful: bool) -> Found:
        """Read the lines, and find out what becomes of each.

        Args:
            known: addresses of modifier extensions that change nothing; None where the file mentions none.
            is_careful: whether lines that are no resources are expected.

        Returns:
            What became of them.

        Raises:
            duckdb.Error: a line cannot even be passed over.
            RowsLost: lines that are no resources, or have elements in another shape, want a second look.
        """
        self._lines.read(known, is_strict=not is_careful)
        types = self._lines.types
        if None in types and not is_careful:
            raise RowsLost
        self.found.lines = sum(number for _, number in types.values())
        for name in sorted(name for name in types if name in RESOURCES):
            self._resources(name, types[name][1])
        if BUNDLE in types:
            self._bundles()
        for other, (first, number) in types.items():
            if other is None:
                self._refuse(self._lines.no_resources())
            elif other not in RESOURCES and other != BUNDLE:
                self.found.others[other] = (first, number)
            else:
                continue
            self.found.unfilled += number
            self.found.unfilled_refused += number
        self._drop()
        return self.found

    def read_together(self) -> Found:
        """Read the lines of several files, and find out what becomes of those of the first one's type.

        Returns:
            What became of them, with the spans of the files that hold no others.

        Raises:
            duckdb.Error: a line cannot even be passed over.
            RowsLost: lines that have elements in another shape want a second look.
        """
        self._lines.read(None, is_strict=True)
        self.found.spans = self._lines.spans()
        if self.found.spans:
            name = self._lines.first_type
            self._resources(name, self._lines.types[name][1])
        self._drop()
        return self.found

    def _drop(self) -> None:
        self._lines.drop()
        for made in self._made:
            self._connection.execute(f"DROP TABLE IF EXISTS {made}")

    def _resources(self, name: str, number: int) -> None:
        """Judge the lines of one type for their feeds."""
        plan = plan_of(self._reading.contract, name)
        lines = self._lines.of_type(name)
        if plan.codes:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {SAID_TABLE} AS {plan.said(lines)}")
        every = joined(plan, lines, SAID_TABLE)
        refused = self._refuse(
            f"SELECT {ROW} AS row_number, coalesce(reason, codes_reason) AS reason "  # noqa: S608
            f"FROM {every} WHERE coalesce(reason, codes_reason) IS NOT NULL"
        )
        misfits = f"{SAID_TABLE} WHERE starts_with(codes_reason, '{MISFIT}')"
        if refused and self._lines.is_strict and plan.codes and self._count(misfits):
            raise RowsLost
        good = every
        if refused:
            good = f"(FROM {every} WHERE coalesce(reason, codes_reason) IS NULL)"
        if plan.is_sorted:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE fhir_sorted AS {sorted_out(plan, good)}")
            good = joined_again(plan, lines, SAID_TABLE, "fhir_sorted")
        taking = self._taking(plan) if plan.is_sorted else {}
        filling = [row for row in plan.rows if taking.get(row.prefix, 1)]
        few = {prefix for prefix, taken in taking.items() if 2 * taken < number}
        together = groupby(filling, key=lambda row: row.feed.name)
        filled = sum(self._rows(plan, list(rows), good, few, taking) for _, rows in together)
        if plan.resource.identifier_rows:
            is_of_lines = plan.places["identifier_rows"] == "line" and not refused
            self._keep_identifiers(plan, lines if is_of_lines else good)
        elif unfilled := number - refused - filled:
            self.found.unmapped[FHIR, "resourceType", "", name] += unfilled
            if plan.resource.told_by:
                feed, column, _ = plan.resource.told_by
                self._note_codes(feed, column, untaken(plan, good))
        self.found.unfilled += number - filled
        self.found.unfilled_refused += refused

    def _taking(self, plan: Plan) -> dict[str, int]:
        """How many lines fill each feed, by the prefix of its row, once lines are sorted."""
        counts = ", ".join(
            f'count(*) FILTER ("{row.takes}")' if row.takes else "count(*)" for row in plan.rows
        )
        counted = self._connection.execute(f"SELECT {counts} FROM fhir_sorted").fetchall()  # noqa: S608
        return {row.prefix: int(number) for row, number in zip(plan.rows, counted[0], strict=True)}

    def _rows(self, plan: Plan, rows: list[Row], good: str, few: set[str], taking: dict[str, int]) -> int:
        """Judge the rows of a feed.

        Args:
            plan: of the type.
            rows: of the feed.
            good: SQL of good lines.
            few: the prefixes of rows that few of the lines fill.
            taking: how many lines fill each row, by its prefix; none where lines are not sorted.

        Returns:
            How many lines fill them.
        """
        taken = [self._taken(plan, row, good, is_few=row.prefix in few) for row in rows]
        filled = " UNION ALL BY NAME ".join(plan.filled(*each) for each in zip(rows, taken, strict=True))
        columns = list(dict.fromkeys(column for row in rows for column in row.columns))
        feed = rows[0].feed.name
        judged = self._judge(feed, filled, columns, f"{plan.name} {rows[0].prefix}", plan.trimmed[feed])
        if not judged.rows:
            return 0
        for row, lines in zip(rows, taken, strict=True):
            for column in row.reported:
                if judged.refused or may_be_unknown(self._connection, plan, row, column, judged.kept):
                    self._note_unmapped(plan, row, column, lines)
        if taking:
            return sum(taking[row.prefix] for row in rows)
        if not any(row.mapping.each for row in rows):
            return judged.rows
        if judged.refused:
            return sum(map(self._count, taken))
        return self._count(f"(SELECT DISTINCT _row_number FROM {table(judged.kept)})")  # noqa: S608

    def _taken(self, plan: Plan, row: Row, good: str, *, is_few: bool) -> str:
        """SQL of the lines that fill a feed.

        Those with parts, and few of many, are put together first where others lie between them: lists cost
        the engine as much for one line of a block as for all, and lines are looked at several times.
        """
        taken = plan.taken(row, good)
        if not plan.is_sorted or not (row.mapping.each or is_few):
            return taken
        made = f"fhir_parted_{row.prefix}"
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {made} AS {plan.narrow(row, taken)}")
        self._made.add(made)
        return made

    def _judge(
        self,
        feed: str,
        relation: str,
        filled: list[str],
        place: str,
        trimmed: frozenset[str] = frozenset(),
    ) -> Judged:
        """Judge the rows that one place in what is read of one type gives."""
        columns = {name: f'r."{name}"' for name in (*filled, "updated_at", "is_deleted")}
        staged = Staged(relation=relation, columns=columns, trimmed=trimmed, has_parts=True)
        contract = self._reading.contract.feeds[feed]
        judged = self._reading.judge(contract, staged, self._next(), self._connection)
        if judged.rows and not self.found.spans:
            judged = replace(judged, leads=leads_somewhere(self._connection, contract, [judged.kept]))
        if judged.rows:
            self.found.judged.setdefault(feed, {}).setdefault(place, []).append(judged)
        return judged

    def _bundles(self) -> None:
        """Judge the tombstones of Bundles of deletions; any other Bundle is refused."""
        source = self._lines.of_type(BUNDLE)
        contract, run = self._reading.contract, self._connection.execute
        deleted = "fhir_deleted"
        run(f"CREATE OR REPLACE TEMP TABLE {deleted} AS {deletions(source, self._reading.delivered_on)}")
        refusals = (
            f"SELECT {ROW} AS row_number, 'unsupported_resource:{BUNDLE}' AS reason "  # noqa: S608
            f"FROM {source} AS s WHERE NOT coalesce({IS_DELETION}, false) "
            f"UNION ALL {not_executed(contract, deleted)}"
        )
        self._refuse(refusals)
        filling = [f"SELECT NULL::BIGINT AS {ROW} WHERE false"]
        for feed, query in tombstones(contract, deleted):
            if self._judge(feed, query, [contract.feeds[feed].key[0]], BUNDLE).rows:
                filling.append(f"SELECT {ROW} FROM ({query})")  # noqa: S608
        counted = run(
            f"SELECT count(*), count(*) FILTER (WHERE {ROW} IN (SELECT row_number FROM ({refusals}))) "  # noqa: S608
            f"FROM {source} WHERE {ROW} NOT IN ({' UNION ALL '.join(filling)})"
        ).fetchone()
        unfilled, refused = counted or (0, 0)
        self.found.unfilled += unfilled
        self.found.unfilled_refused += refused
        run(f"DROP TABLE {deleted}")

    def _note_unmapped(self, plan: Plan, row: Row, column: str, taken: str) -> None:
        lines = lines_with_unknown(self._connection, plan, row, column, taken)
        self._note_codes(row.feed.name, column, plan.unknown(row, column, lines))

    def _note_codes(self, feed: str, column: str, codings: str) -> None:
        file = self.found.file_of(ROW)
        for found, system, code, number in count_codes(self._connection, codings, feed, file):
            self.found.note((feed, column, system, code), found, number)

    def _keep_identifiers(self, plan: Plan, good: str) -> None:
        made = self._next()
        rows = identifiers(plan, good, is_numbered=bool(self.found.spans))
        write_table(self._connection, rows, made)
        if self._count(table(made)):
            self.found.identifiers.setdefault(plan.name, []).append(made)

    def _refuse(self, refusals: str) -> int:
        """Keep the refusals of a query of row numbers and reasons.

        Returns:
            How many there are.
        """
        made = self._next()
        write_table(self._connection, refusals, made)
        number = self._count(table(made))
        if number:
            self.found.refusals.append(made)
        return number

    def _next(self) -> Path:
        """A path for the piece's next table."""
        self._tables += 1
        return self._reading.work / f"{self._name}.{self._tables}"

    def _count(self, source: str) -> int:
        found = self._connection.execute(f"SELECT count(*) FROM {source}").fetchone()  # noqa: S608
        return int(found[0]) if found else 0
