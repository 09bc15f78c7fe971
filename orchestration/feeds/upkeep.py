"""Keeping the lake equal to what was delivered.

Belongs here: which files are read, moved to another copy's name or dropped, and in which order things become
true. Does not belong here: how one file is read.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from orchestration.feeds import door, fhir_resources, values
from orchestration.feeds.engines import Engines
from orchestration.feeds.fhir import read_fhir
from orchestration.feeds.fhir_batch import read_together, together
from orchestration.feeds.fhir_dates import set_zone
from orchestration.feeds.fhir_pieces import most_pieces
from orchestration.feeds.flat import read_flat
from orchestration.feeds.hl7v2 import read_hl7v2
from orchestration.feeds.lake import Lake, engine, move_into_place, quoted, set_variable, table, write_table
from orchestration.feeds.landing import IDENTITY, LandedFile, Notice
from orchestration.feeds.opened import Traits, read_through
from orchestration.feeds.reading import Reading, Rules
from orchestration.feeds.references import resolve_references
from orchestration.feeds.registry import Content, Copy, Seen, load_state, save_state
from orchestration.feeds.settling import Place, Settling
from orchestration.feeds.stamps import know_zones
from orchestration.feeds.workers import Workers, shares

Progress = Callable[[str, int, int], None]
Reader = Callable[[Reading, Path, Traits], Content]

FHIR_FORMAT = "fhir_ndjson"
STANDARD_READERS: dict[str, Reader] = {FHIR_FORMAT: read_fhir, "hl7v2": read_hl7v2}
"""Readers of the standard formats."""


class Upkeep:
    """One run over one landing.

    Attributes:
        state: the registry.
        notices: files that changed while they were looked at.
        unreadable: files that could not be opened.
    """

    def __init__(self, lake: Lake, rules: Rules, threads: int, memory_limit: str | None) -> None:
        """Read the registry.

        Args:
            lake: what is kept.
            rules: by which files are read.
            threads: files read at a time.
            memory_limit: the engine's.
        """
        self.lake = lake
        self.rules = rules
        self.threads = threads
        self.memory_limit = memory_limit
        self.state = load_state(lake)
        self.notices: list[Notice] = []
        self.unreadable: list[LandedFile] = []
        self._traits: dict[str, Traits] = {}
        self._present: dict[str, LandedFile] = {}
        self._workers = Workers(threads)
        self._readers: dict[str, Reader] = dict(STANDARD_READERS)
        self._readers["hl7v2"] = partial(read_hl7v2, workers=self._workers)

    def look(self, files: Iterable[LandedFile]) -> None:
        """Name the bytes of each landed file, the largest first, and note which path holds which."""
        seen = Seen(self.lake)
        remembered = []
        every = list(files)
        with ThreadPoolExecutor(self.threads) as pool:
            begun = {
                file.source_file: pool.submit(_identify, file, seen)
                for file in sorted(every, key=_largest_first)
            }
            for file in every:
                found = begun[file.source_file].result()
                if found is None:
                    self.unreadable.append(file)
                    continue
                stamp, file_id, traits = found
                if stamp != seen.stamp(file):
                    self.notices.append(Notice("changed_while_read", file.source_file, file.delivered_on))
                    continue
                day = file.delivered_on.isoformat()
                copy = Copy(file.folder, day, file.source_file, file.format, file_id)
                self.state.copies[file.source_file] = copy
                self._traits[copy.content] = traits
                self._present.setdefault(copy.content, file)
                remembered.append((file, stamp, file_id, traits))
        seen.save(remembered)

    def bring_up_to_date(self, as_of: date | None, progress: Progress) -> None:
        """Read what is new, give moved rows their new name, forget what is superseded, and commit.

        Tables are in place before the registry names them, and go only after it has ceased to: interrupted
        anywhere, the next run comes to the same lake.

        Args:
            as_of: identifiers delivered later resolve nothing.
            progress: called with folder, files done and files to do.
        """
        canonical = self.state.canonical()
        for key in set(self.state.contents) - set(canonical):
            del self.state.contents[key]
        self._read_all(self._unread(canonical), progress)
        with engine(self.lake, self.memory_limit) as connection:
            for key, copy in canonical.items():
                known = self.state.contents.get(key)
                if known is not None and (known.delivered_on, known.source_file) != copy.order:
                    self.state.contents[key] = self._rename(connection, copy, known)
            if as_of is not None:
                resolve_references(connection, self.lake, self.rules, self.state, as_of)
        save_state(self.lake, self.state)
        self._drop_unreferenced()

    def _unread(self, canonical: dict[str, Copy]) -> list[Copy]:
        """What lies in the landing and is not in the lake as it should be, the largest first."""
        unread = []
        for key in self._present:
            copy, known = canonical[key], self.state.contents.get(key)
            is_current = (
                known is not None
                and known.rules == self.rules.fingerprint
                and (known.delivered_on, known.source_file) == copy.order
                and all(path.exists() for path in self._paths_of(key, known))
            )
            if not is_current:
                unread.append(copy)
        return sorted(unread, key=lambda copy: (-self._traits[copy.content].size, copy.order))

    def _read_all(self, unread: list[Copy], progress: Progress) -> None:
        """Read files side by side, each by engines that no other file uses at the time."""
        lots = self._lots(unread)
        sizes = [self._size(lot) for lot in lots]
        most = [
            most_pieces(size) if len(lot) == 1 and lot[0].format == FHIR_FORMAT else 1
            for lot, size in zip(lots, sizes, strict=True)
        ]
        shared = shares(sizes, most, self.threads)
        count = min(self.threads, sum(shared))

        def begin(number: int) -> duckdb.DuckDBPyConnection:
            connection = stack.enter_context(engine(self.lake, self.memory_limit, number=number, of=count))
            connection.execute(values.MACROS)
            connection.execute(fhir_resources.MACROS)
            set_variable(connection, door.HASH_KEY, self.rules.hash_key)
            set_zone(connection, self.rules.site.time_zone)
            know_zones(connection, self.rules.site.stamp_zones)
            return connection

        def read(lot: list[Copy], number: int) -> list[Content]:
            with engines.taken(number) as taken:
                return self._read_together(taken, lot, place)

        with ExitStack() as stack:
            place = stack.enter_context(Settling(self.lake)).place
            stack.callback(self._workers.close)
            pool = stack.enter_context(ThreadPoolExecutor(max(count, 1)))
            engines = Engines(list(pool.map(begin, range(count))))
            stack.callback(pool.shutdown, cancel_futures=True)
            done = 0
            for lot, contents in zip(lots, pool.map(read, lots, shared), strict=True):
                for copy, content in zip(lot, contents, strict=True):
                    self.state.contents[copy.content] = content
                    done += 1
                    progress(copy.folder, done, len(unread))

    def _size(self, lot: Sequence[Copy]) -> int:
        return sum(self._traits[copy.content].size for copy in lot)

    def _lots(self, unread: Sequence[Copy]) -> list[list[Copy]]:
        """Files that are read together, the largest first; most are alone."""
        lots = [[copy] for copy in unread if copy.format != FHIR_FORMAT]
        resources = [copy for copy in unread if copy.format == FHIR_FORMAT]
        lots += together(resources, lambda copy: self._size([copy]), self._path, self.threads)
        return sorted(lots, key=lambda lot: (-self._size(lot), lot[0].order))

    def _path(self, copy: Copy) -> Path:
        return self._present[copy.content].path

    def _read_together(
        self, connections: Sequence[duckdb.DuckDBPyConnection], lot: Sequence[Copy], place: Place
    ) -> list[Content]:
        """Read files together, and those alone that have to be."""
        found: list[Content | None] = [None] * len(lot)
        if len(lot) > 1:
            readings = [Reading(connections[0], self.rules, self.lake, copy, place=place) for copy in lot]
            traits = (self._traits[copy.content] for copy in lot)
            try:
                found = read_together(list(zip(readings, map(self._path, lot), traits, strict=True)))
            finally:
                for reading in readings:
                    reading.close()
        pairs = zip(lot, found, strict=True)
        return [content or self._read(connections, copy, place) for copy, content in pairs]

    def _read(self, connections: Sequence[duckdb.DuckDBPyConnection], copy: Copy, place: Place) -> Content:
        path, traits = self._path(copy), self._traits[copy.content]
        reading = Reading(connections[0], self.rules, self.lake, copy, connections[1:], place)
        try:
            if copy.folder in self.rules.contract.feeds or copy.folder == IDENTITY:
                return read_flat(reading, path, traits)
            return self._readers[copy.format](reading, path, traits)
        finally:
            reading.close()

    def _paths_of(self, key: str, content: Content) -> list[Path]:
        """The tables that hold what a content became."""
        file_id = key.split("/")[1]
        paths = [self.lake.identifiers(file_id)] if content.has_identifiers else []
        for part in content.parts:
            if part.feed in self.rules.contract.feeds and not content.reason:
                day = date.fromisoformat(content.delivered_on)
                paths += self.lake.raws(part.feed, day, file_id, part.tables)
            if part.feed == IDENTITY and not content.reason:
                paths.append(self.lake.crosswalk(file_id))
            if part.resolution:
                paths += self.lake.all_unresolved(part.feed, file_id, part.held_tables)
            if content.reason or part.rows_quarantined:
                paths.append(self.lake.refused(part.feed, file_id))
        return paths

    def _rename(self, connection: duckdb.DuckDBPyConnection, copy: Copy, known: Content) -> Content:
        """Let rows whose file is gone from the landing name the copy that counts now."""
        renamed = replace(known, delivered_on=copy.delivered_on, source_file=copy.source_file)
        day, source_file = f"DATE '{copy.delivered_on}'", quoted(copy.source_file)
        sources, targets = self._paths_of(copy.content, known), self._paths_of(copy.content, renamed)
        for number, (source, target) in enumerate(zip(sources, targets, strict=True)):
            if source.is_relative_to(self.lake.quarantine):
                names = f"{day} AS delivered_on, {source_file} AS source_file"
            elif source == self.lake.identifiers(copy.file_id):
                continue
            else:
                names = f"{day} AS _delivered_on, {source_file} AS _source_file"
            rows = f"SELECT * REPLACE ({names}) FROM {table(source)}"  # noqa: S608
            made = write_table(connection, rows, self.lake.work / f"{copy.file_id}-{number}.renamed")
            move_into_place(made, target)
        return renamed

    def _drop_unreferenced(self) -> None:
        """Remove the tables that the registry does not name."""
        contents = self.state.contents.items()
        expected = {path for key, content in contents for path in self._paths_of(key, content)}
        root = self.lake.root
        kept = ("raw", "unresolved", "identifiers", "crosswalk")
        for folder in (*(root / name for name in kept), self.lake.quarantine):
            for path in sorted(folder.rglob("*.parquet")):
                if path.name != "_schema.parquet" and path not in expected:
                    path.unlink()
                    if path.parent.name.startswith("delivered_on=") and not any(path.parent.iterdir()):
                        path.parent.rmdir()


def _largest_first(file: LandedFile) -> tuple[int, str]:
    """What sorts landed files by their size; one that cannot be looked at is told of when it is opened."""
    try:
        return -file.path.stat().st_size, file.source_file
    except OSError:
        return 0, file.source_file


def _identify(file: LandedFile, seen: Seen) -> tuple[list[int], str, Traits] | None:
    """Stamp, file id and traits of a file; None where it cannot be opened."""
    try:
        stamp = seen.stamp(file)
        file_id, traits = seen.recall(file) or read_through(
            file.path, has_cells=file.format not in STANDARD_READERS
        )
    except OSError:
        return None
    return stamp, file_id, traits
