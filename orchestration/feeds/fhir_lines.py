"""The lines of a piece of a FHIR file in memory, with what is kept of each by the plan of its type.

Belongs here: tables of lines, their types and numbers. Does not belong here: what a line is as text
(``fhir_text.py``), and what becomes of it (``fhir_piece.py``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from orchestration.feeds.door import ROW
from orchestration.feeds.failures import RowsLost
from orchestration.feeds.fhir_deleted import BUNDLE, DELETIONS
from orchestration.feeds.fhir_plan import plan_of
from orchestration.feeds.fhir_shapes import NOTED
from orchestration.feeds.fhir_text import first_type, note_modified_lines, read_json
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.lake import quoted
from orchestration.feeds.reading import Reading
from orchestration.feeds.row_numbers import numbers_in

LINES: Final = "fhir_lines"
OTHERS: Final = "fhir_others"
"""The tables of all lines as the plan of the first one's type reads them, and of those of another type."""

PLACE: Final = "rowid + 1"
"""Where in the table a line stands: the engine keeps their order."""

FILE: Final = "file_of_line"
"""Which of several small files a line is from."""

MODIFIED: Final = "unknown_modifier_extension"
NO_RESOURCE: Final = "malformed_row"


class Lines:
    """The lines of a piece: most files hold one type, of which the first one's is a guess.

    Attributes:
        types: the number in the file of the first line of each type, and how many there are; lines that are
            no resources are under None.
        first_type: that of the first line, empty if it cannot be told.
        is_strict: whether an element in another shape than its own is an error.
    """

    def __init__(
        self, reading: Reading, texts: Sequence[Path], longest: int, before: int, first: int | None
    ) -> None:
        """Keep where things are.

        Args:
            reading: the file.
            texts: the lines; of several small files, if there are several.
            longest: bytes of the longest line.
            before: how many lines of the file come before these.
            first: how many of the lines are read; all, if None.
        """
        self._limit = "" if first is None else f"LIMIT {first}"
        self.types: dict[str | None, tuple[int, int]] = {}
        self._reading = reading
        self._connection = reading.connection
        self._texts = texts
        self._longest = longest
        self._before = before
        self._modified: str | None = None
        self.is_strict = True
        self.first_type = ""

    def read(self, known: set[str] | None, *, is_strict: bool) -> None:
        """Read the lines, with what is kept of those of the first one's type.

        Args:
            known: addresses of modifier extensions that change nothing; None where the file mentions none.
            is_strict: whether an element in another shape than its own is an error.

        Raises:
            duckdb.Error: a line cannot even be passed over, or not be read strictly.
        """
        self.is_strict = is_strict
        self.first_type = first_type(self._texts[0]) or ""
        modified = self._reading.work / f"{self._texts[0].name}.modified"
        if known is not None and note_modified_lines(self._texts[0], known, modified):
            self._modified = f"SELECT number FROM {numbers_in(modified)}"  # noqa: S608
        self._make(LINES, self.first_type)
        counted = self._connection.execute(
            f"SELECT {quoted(self.first_type)}, 1, count(*) FROM {LINES} HAVING count(*) > 0 "  # noqa: S608
            f"AND count(*) = count(*) FILTER (WHERE line_type = {quoted(self.first_type)})"
        ).fetchall()
        counted = (
            counted
            or self._connection.execute(
                f"SELECT line_type, min({PLACE}), count(*) FROM {LINES} GROUP BY line_type"  # noqa: S608
            ).fetchall()
        )
        self.types = {name: (int(first) + self._before, int(number)) for name, first, number in counted}

    def spans(self) -> dict[int, tuple[int, int]]:
        """First and last line of each of several files that is of the first one's type throughout."""
        counted = self._connection.execute(
            f"SELECT {FILE}, min({PLACE}), max({PLACE}) FROM {LINES} GROUP BY {FILE} "  # noqa: S608
            f"HAVING count(*) = max({PLACE}) - min({PLACE}) + 1 "
            f"AND count(*) = count(*) FILTER (WHERE line_type = {quoted(self.first_type)}) ORDER BY ALL"
        ).fetchall()
        return {int(file): (int(begin), int(end)) for file, begin, end in counted}

    def of_type(self, name: str) -> str:
        """SQL of the lines of one type, which can be read again and again, with their numbers in the file.

        Args:
            name: of the type.

        Raises:
            RowsLost: there are not as many as there were.
        """
        if name != self.first_type:
            self._make(OTHERS, name)
            counted = self._connection.execute(f"SELECT count(*) FROM {OTHERS}").fetchone()  # noqa: S608
            if counted != (self.types[name][1],):
                raise RowsLost
            return self._numbered(name, OTHERS, ROW, f"* EXCLUDE ({ROW})")
        only = f"WHERE line_type = {quoted(name)}" if len(self.types) > 1 else ""
        return self._numbered(name, f"{LINES} {only}", PLACE, "*")

    def no_resources(self) -> str:
        """SQL of the numbers in the file of lines that are no resources, as ``row_number``, and why."""
        lines = f"SELECT {PLACE} + {self._before} AS row_number FROM {LINES} WHERE line_type IS NULL"  # noqa: S608
        noted = self._reading.work / NOTED
        if not noted.exists():
            return f"SELECT row_number, {quoted(NO_RESOURCE)} AS reason FROM ({lines})"  # noqa: S608
        reasons = numbers_in(noted, "reason")
        return (
            f"SELECT row_number, coalesce(noted.reason, {quoted(NO_RESOURCE)}) AS reason "  # noqa: S608
            f"FROM ({lines}) LEFT JOIN {reasons} AS noted ON row_number = noted.number"
        )

    def drop(self) -> None:
        """Free the memory."""
        for made in (LINES, OTHERS):
            self._connection.execute(f"DROP TABLE IF EXISTS {made}")

    def _numbered(self, name: str, source: str, place: str, kept: str) -> str:
        if self._modified and name in RESOURCES:
            is_modified = f"{place} IN ({self._modified})"
            kept += f" REPLACE (CASE WHEN {is_modified} THEN {quoted(MODIFIED)} ELSE reason END AS reason)"
        return f"(SELECT {place} + {self._before} AS {ROW}, {kept} FROM {source})"  # noqa: S608

    def _make(self, made: str, name: str) -> None:
        """Make a table of what is kept of each line by the plan of a type; types alone if it has none."""
        plan = plan_of(self._reading.contract, name) if name in RESOURCES else None
        elements = plan.columns if plan else {"resourceType": "VARCHAR"}
        if name == BUNDLE:
            elements = DELETIONS.columns
        kind = "CASE WHEN regexp_full_match(resourceType, '[A-Za-z]{1,64}') THEN resourceType END"
        if name:
            kind = f"CASE WHEN resourceType = {quoted(name)} THEN {quoted(name)} ELSE {kind} END"
        also = [FILE] if len(self._texts) > 1 else []
        told = f"file_index AS {FILE}, " if also else ""
        source = read_json(self._texts, elements, self._longest, is_strict=self.is_strict)
        lines = f"SELECT {kind} AS line_type, {told}* FROM {source} {self._limit}"  # noqa: S608
        if made == OTHERS:
            numbered = f"SELECT row_number() OVER () AS {ROW}, * FROM ({lines})"  # noqa: S608
            lines = f"SELECT * FROM ({numbered}) WHERE line_type = {quoted(name)}"  # noqa: S608
            also.append(ROW)
        rows = plan.lines(f"({lines})", also) if plan else lines
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {made} AS {rows}")
