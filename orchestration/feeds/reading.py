"""Reading one landed file into the lake.

Belongs here: the way of one file from rows as text to raw rows, refused rows and counts. Does not belong
here: formats, which files to read, and what happens between files.
"""

import shutil
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.door import Door, Origin, Staged
from orchestration.feeds.failures import RowsLost
from orchestration.feeds.identity import identity_columns
from orchestration.feeds.lake import Lake, make_folder, move_into_place, quoted, table, write_table
from orchestration.feeds.registry import Content, Copy, Part, UnmappedCode
from orchestration.feeds.row_numbers import numbers_in
from orchestration.feeds.settling import Place
from orchestration.feeds.site import NO_SITE, Site
from orchestration.feeds.tables import QUARANTINE_COLUMNS

NOT_RESOLVED = "none"


@dataclass(frozen=True)
class Rules:
    """By what a file is read, whichever it is.

    Attributes:
        contract: the feeds.
        seeds: the folder of the rules that are rows.
        hash_key: keys the hashes in the quarantine.
        fingerprint: of the code and tables that read files; another one reads them anew.
        site: what the site does its own way.
        joins_identifiers: whether tables wait for identifiers to be joined once all files are read.
    """

    contract: Contract
    seeds: Path
    hash_key: str
    fingerprint: str
    site: Site = NO_SITE
    joins_identifiers: bool = False


@dataclass(frozen=True)
class Judged:
    """Rows that the door has looked at, not yet in their places.

    Attributes:
        every: the table of all rows; the numbers of those that do not come in are negative.
        kept: the table of the rows that come in.
        accepted: how many those are.
        refused: how many do not.
        refusals: the table of row numbers, key hashes and reasons, if there are any.
        unknown: names of columns that the contract does not have.
        leads: whether a reference in them has to be resolved; None if nobody has looked.
    """

    every: Path
    kept: Path
    accepted: int
    refused: int
    refusals: Path | None
    unknown: tuple[str, ...] = ()
    leads: bool | None = None

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return self.accepted + self.refused


class Reading:
    """One file on its way into the lake.

    Attributes:
        connection: the engine that reads it.
        beside: engines that may read other pieces of it meanwhile.
        place: puts finished tables in their places.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rules: Rules,
        lake: Lake,
        copy: Copy,
        beside: Sequence[duckdb.DuckDBPyConnection] = (),
        place: Place = move_into_place,
    ) -> None:
        """Make a scratch folder of this file's own.

        Args:
            connection: with the door's macros.
            rules: by which the file is read.
            lake: where the rows go.
            copy: the landed file.
            beside: more connections like the first.
            place: puts finished tables in their places.
        """
        self.beside = beside
        self.place = place
        self.connection = connection
        self.contract = rules.contract
        self.seeds = rules.seeds
        self.rules = rules
        self.lake = lake
        self.copy = copy
        self.delivered_on = date.fromisoformat(copy.delivered_on)
        self.origin = Origin(self.delivered_on, copy.source_file, copy.file_id)
        self.work = lake.work / f"{copy.folder}-{copy.file_id}"
        shutil.rmtree(self.work, ignore_errors=True)
        make_folder(self.work)

    def by(self, connection: duckdb.DuckDBPyConnection) -> "Reading":
        """The same file, read by another engine.

        Args:
            connection: of that engine.
        """
        other = copy(self)
        other.connection = connection
        return other

    def close(self) -> None:
        """Drop the scratch folder."""
        shutil.rmtree(self.work, ignore_errors=True)

    def waits(self, feed: Feed) -> bool:
        """Whether rows of a feed wait for their identifiers to be joined."""
        return self.rules.joins_identifiers and any(identity_columns(feed))

    def place_of(self, feed: Feed) -> Path:
        """Where the rows of a feed go: into the raw lake, or beside it where they wait."""
        if self.waits(feed):
            return self.lake.unresolved(feed.name, self.copy.file_id)
        return self.lake.raw(feed.name, self.delivered_on, self.copy.file_id)

    def content(
        self,
        parts: Sequence[Part],
        reason: str = "",
        unmapped: Sequence[UnmappedCode] = (),
        *,
        has_identifiers: bool = False,
    ) -> Content:
        """What the registry keeps of this file."""
        return Content(
            self.rules.fingerprint,
            self.copy.delivered_on,
            self.copy.source_file,
            reason,
            tuple(parts),
            tuple(unmapped),
            has_identifiers,
        )

    def refuse_file(self, feed: str, reason: str) -> Content:
        """Refuse the file as a whole: one row in the quarantine that names no record."""
        only = f"SELECT 0::BIGINT AS row_number, NULL::VARCHAR AS record_key_hash, {quoted(reason)} AS reason"
        self.write_refused(feed, only)
        return self.content([Part(feed, 0, 0, 0)], reason)

    def let_in(self, feed: Feed, staged: Staged, final: Path) -> Part:
        """Write the rows of a staged source that the door lets in, and the refusals of the others.

        Args:
            feed: the contract.
            staged: the rows as text.
            final: where the raw table goes; ``resolution`` of the counts is set where that is to wait.

        Returns:
            The counts.

        Raises:
            duckdb.Error: the source cannot be read through; nothing was put in place.
            RowsLost: it was read, and not all of it; nothing was put in place.
        """
        judged = self.judge(feed, staged, self.work / feed.name)
        self.place(judged.kept, final)
        waiting = NOT_RESOLVED if final == self.lake.unresolved(feed.name, self.copy.file_id) else ""
        return replace(self._counts(feed, [judged]), resolution=waiting)

    def judge(
        self,
        feed: Feed,
        staged: Staged,
        made: Path,
        connection: duckdb.DuckDBPyConnection | None = None,
    ) -> Judged:
        """Write the rows of a staged source that the door lets in, and the refusals, not yet in their places.

        Args:
            feed: the contract.
            staged: the rows as text.
            made: the beginning of the names of the tables.
            connection: the one that knows the source, if it is not the file's own.

        Raises:
            duckdb.Error: the source cannot be read through.
            RowsLost: it was read, and not all of it.
        """
        connection = connection or self.connection
        site = self.rules.site
        told = replace(site.apply(feed, staged), stamp_zone=site.stamp_zone(self.copy.folder))
        door = Door(feed, told, self.origin)
        rows_made = write_table(connection, door.accepted_sql(), made.with_name(f"{made.name}.made"))
        rows, lowest = _counted(connection, rows_made)
        if staged.expected_rows not in (None, rows):
            raise RowsLost
        kept, accepted, sources = rows_made, rows, []
        if lowest < 0:
            numbers = f"SELECT -_row_number FROM {table(rows_made)} WHERE _row_number < 0"  # noqa: S608
            sources.append(f"FROM ({door.refused_sql(numbers)})")
            good = f"FROM {table(rows_made)} WHERE _row_number > 0"
            kept = write_table(connection, good, made.with_name(f"{made.name}.kept"))
            accepted = _counted(connection, kept)[0]
        if staged.malformed and staged.malformed_rows:
            sources.append(_malformed(staged.malformed))
        refusals = None
        if sources:
            refused = " UNION ALL ".join(sources)
            refusals = write_table(connection, refused, made.with_name(f"{made.name}.refusals"))
        not_accepted = rows - accepted + staged.malformed_rows
        return Judged(rows_made, kept, accepted, not_accepted, refusals, staged.unknown)

    def put_in_place(self, feed: Feed, judged: Sequence[Judged], *, waits: bool) -> Part:
        """Put what was judged piece by piece in its place, a table for each piece, and the refusals.

        Args:
            feed: the contract.
            judged: the pieces, in order.
            waits: whether they wait for references.

        Returns:
            The counts.
        """
        made = [piece.kept for piece in judged if piece.accepted] or [judged[0].kept]
        number, file_id = len(made), self.copy.file_id
        counts = replace(self._counts(feed, judged), tables=number)
        places = self.lake.raws(feed.name, self.delivered_on, file_id, number)
        if waits:
            counts = replace(counts, resolution=NOT_RESOLVED, tables=1, held_tables=number)
            places = self.lake.all_unresolved(feed.name, file_id, number)
        for table_made, place in zip(made, places, strict=True):
            self.place(table_made, place)
        return counts

    def _counts(self, feed: Feed, judged: Sequence[Judged]) -> Part:
        """The counts of what was judged, whose refusals go into the quarantine."""
        accepted = sum(piece.accepted for piece in judged)
        refused = sum(piece.refused for piece in judged)
        tables = [f"FROM {table(piece.refusals)}" for piece in judged if piece.refusals]
        if tables:
            self.write_refused(feed.name, " UNION ALL ".join(tables))
        return Part(feed.name, accepted + refused, accepted, refused, judged[0].unknown)

    def write_refused(self, feed: str, rows: str) -> None:
        """Put refused rows into the quarantine.

        Args:
            feed: the feed that they were meant for.
            rows: SQL that gives ``row_number``, ``record_key_hash`` and ``reason``.
        """
        named = {
            "feed": quoted(feed),
            "delivered_on": f"DATE '{self.copy.delivered_on}'",
            "source_file": quoted(self.copy.source_file),
            "file_id": quoted(self.copy.file_id),
        }
        columns = ", ".join(f"{named.get(name, f'q.{name}')} AS {name}" for name, _ in QUARANTINE_COLUMNS)
        listed = f"SELECT {columns} FROM ({rows}) AS q ORDER BY row_number"  # noqa: S608
        made = write_table(self.connection, listed, self.work / f"{feed}.refused")
        self.place(made, self.lake.refused(feed, self.copy.file_id))


def _counted(connection: duckdb.DuckDBPyConnection, made: Path) -> tuple[int, int]:
    """The number of rows of a raw table, and the lowest row number, 0 where there are none."""
    counts = f"SELECT count(*), coalesce(min(_row_number), 0) FROM {table(made)}"  # noqa: S608
    found = connection.execute(counts).fetchone()
    return (found[0], found[1]) if found else (0, 0)


def _malformed(rows: Path) -> str:
    """SQL of the rows that have no fields to judge."""
    return (
        "SELECT number AS row_number, NULL::VARCHAR AS record_key_hash, 'malformed_row' AS reason "  # noqa: S608
        f"FROM {numbers_in(rows)}"
    )
