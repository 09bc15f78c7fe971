"""A night's ingestion, from the landing to a lake that holds just what was delivered.

Belongs here: which files are read, moved or dropped, and in which order things become true.
Does not belong here: how one file is read.
"""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.feeds.contract import Contract, load_contract
from orchestration.feeds.door import MACROS
from orchestration.feeds.lake import Lake, empty_work, engine, write_empty_lake
from orchestration.feeds.landing import LandedFile, Notice, scan
from orchestration.feeds.opened import FILE_ID_LENGTH, Traits, read_through
from orchestration.feeds.reading import Reading, read_flat
from orchestration.feeds.reference import write_reference_tables
from orchestration.feeds.registry import (
    Content,
    Copy,
    Seen,
    State,
    load_loaded,
    load_state,
    readable,
    save_loaded,
    save_state,
)
from orchestration.feeds.zones import is_zone

Progress = Callable[[str, int, int], None]
Reader = Callable[[Reading, Path, Traits], Content]
SEEDS = Path(__file__).resolve().parents[2] / "seeds"


@dataclass(frozen=True)
class FileResult:
    """What became of one landed file in one feed; a row of ``feed_file``."""

    feed: str
    delivered_on: date
    source_file: str
    file_id: str
    format: str
    status: str
    reason: str | None
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    unknown_columns: str | None
    is_pending: bool


@dataclass(frozen=True)
class IngestReport:
    """What a night's ingestion found.

    Attributes:
        as_of_date: the business date; None where nothing was ever delivered.
        files: one entry a landed file and feed, all nights.
        notices: what lies in the landing and was not read.
        needs_full_refresh: whether incremental models must be built anew: nothing was built yet, the date went back, or
            rows that were built from are gone or changed.
    """

    as_of_date: date | None
    files: tuple[FileResult, ...]
    notices: tuple[Notice, ...]
    needs_full_refresh: bool

    @property
    def totals(self) -> dict[str, tuple[int, int, int]]:
        """Rows read, accepted and quarantined by feed, over all files."""
        sums: dict[str, tuple[int, int, int]] = {}
        for file in self.files:
            read, accepted, quarantined = sums.get(file.feed, (0, 0, 0))
            sums[file.feed] = (
                read + file.rows_read,
                accepted + file.rows_accepted,
                quarantined + file.rows_quarantined,
            )
        return sums


STANDARD_READERS: dict[str, Reader] = {}
"""Readers of the standard formats by format; a format without one is refused file by file, and so never lost silently."""


class _Night:
    """One run over one landing."""

    def __init__(
        self,
        lake: Lake,
        contract: Contract,
        hash_key: str,
        threads: int | None,
        memory: str | None,
        progress: Progress,
    ) -> None:
        self.lake = lake
        self.contract = contract
        self.hash_key = hash_key
        self.threads = threads
        self.memory = memory
        self.progress = progress
        self.state = load_state(lake)
        self.notices: list[Notice] = []
        self.unreadable: list[LandedFile] = []
        self.traits: dict[str, Traits] = {}

    def look(self, files: Iterable[LandedFile]) -> dict[str, list[LandedFile]]:
        """Name the bytes of each file, and note in the registry which path holds which.

        Returns:
            The files that lie in the landing now, by content.
        """
        seen = Seen(self.lake)
        present: dict[str, list[LandedFile]] = {}
        remembered = []
        with ThreadPoolExecutor(self.threads) as pool:
            found = pool.map(lambda file: (file, _identify(file, seen)), files)
            for file, identified in found:
                if identified is None:
                    self.unreadable.append(file)
                    continue
                stamp, file_id, traits = identified
                if stamp != seen.stamp(file):
                    self.notices.append(Notice("changed_while_read", file.source_file, file.delivered_on))
                    continue
                copy = Copy(
                    file.folder, file.delivered_on.isoformat(), file.source_file, file.format, file_id
                )
                self.state.copies[file.source_file] = copy
                self.traits[copy.content] = traits
                present.setdefault(copy.content, []).append(file)
                remembered.append((file, stamp, file_id, traits))
        seen.save(remembered)
        return present

    def bring_up_to_date(self, present: dict[str, list[LandedFile]], rules: str) -> None:
        """Read what is new, was read by other rules, or has to stand under another path; forget what is superseded."""
        canonical = self.state.canonical()
        wanted = []
        for key, copy in canonical.items():
            known = self.state.contents.get(key)
            is_current = (
                known is not None
                and known.rules == rules
                and (known.delivered_on, known.source_file) == copy.order
                and self._is_in_place(copy, known)
            )
            if not is_current and key in present:
                wanted.append((copy, present[key][0]))
        wanted.sort(key=lambda pair: (-self.traits[pair[0].content].size, pair[0].source_file))
        with (
            engine(self.lake, self.threads, self.memory) as connection,
            ThreadPoolExecutor(self.threads) as pool,
        ):
            tasks = pool.map(lambda pair: (pair[0], self._read(connection, pair[0], pair[1], rules)), wanted)
            for done, (copy, content) in enumerate(tasks, start=1):
                self.state.contents[copy.content] = content
                self.progress(copy.folder, done, len(wanted))
        for key in set(self.state.contents) - set(canonical):
            del self.state.contents[key]

    def _is_in_place(self, copy: Copy, known: Content) -> bool:
        return all(path.exists() for path in self._paths_of(copy.file_id, known))

    def _paths_of(self, file_id: str, content: Content) -> list[Path]:
        paths = []
        for part in content.parts:
            if part.feed in self.contract.feeds and not content.reason:
                paths.append(self.lake.raw(part.feed, date.fromisoformat(content.delivered_on), file_id))
            if content.reason or part.rows_quarantined:
                paths.append(self.lake.refused(part.feed, file_id))
        return paths

    def _read(
        self, connection: duckdb.DuckDBPyConnection, copy: Copy, file: LandedFile, rules: str
    ) -> Content:
        with connection.cursor() as cursor:
            cursor.execute(MACROS)
            reading = Reading(cursor, self.lake, self.contract, self.hash_key, copy, rules)
            try:
                if copy.folder in self.contract.feeds:
                    return read_flat(reading, file.path, self.traits[copy.content])
                if reader := STANDARD_READERS.get(copy.format):
                    return reader(reading, file.path, self.traits[copy.content])
                return reading.refuse_file(copy.folder, f"unsupported_format:{copy.format}")
            finally:
                reading.close()

    def drop_unreferenced(self) -> None:
        """Remove tables that no landed file stands behind any more, after the registry says so."""
        expected = {
            path
            for key, content in self.state.contents.items()
            for path in self._paths_of(key.split("/")[1], content)
        }
        for folder in (self.lake.root / "raw", self.lake.quarantine):
            for path in folder.rglob("*.parquet"):
                if path.name != "_schema.parquet" and path not in expected:
                    path.unlink()
                    if path.parent.name.startswith("delivered_on=") and not any(path.parent.iterdir()):
                        path.parent.rmdir()

    def results(self, as_of: date, loaded: dict[str, str]) -> list[FileResult]:
        """One entry a landed file and feed, sorted by date, path and feed."""
        canonical = self.state.canonical()
        results = []
        for copy in self.state.copies.values():
            content = self.state.contents.get(copy.content)
            delivered_on = date.fromisoformat(copy.delivered_on)
            if content is None or delivered_on > as_of:
                continue
            is_first = canonical[copy.content] == copy
            status = "duplicate" if not is_first else "rejected" if content.reason else "accepted"
            is_pending = status == "accepted" and loaded.get(copy.content) != content.identity()
            for part in content.parts:
                counts = (
                    (part.rows_read, part.rows_accepted, part.rows_quarantined) if is_first else (0, 0, 0)
                )
                unknown = ";".join(part.unknown_columns) or None
                results.append(
                    FileResult(
                        part.feed, delivered_on, copy.source_file, copy.file_id, copy.format, status,
                        content.reason or None, *counts, unknown, is_pending,
                    )
                )  # fmt: skip
        for file in self.unreadable:
            results.append(
                FileResult(
                    file.folder, file.delivered_on, file.source_file, _unreadable_id(file), file.format,
                    "rejected", "unreadable_file", 0, 0, 0, None, False,
                )
            )  # fmt: skip
        return sorted(results, key=lambda result: (result.delivered_on, result.source_file, result.feed))


def _unreadable_id(file: LandedFile) -> str:
    return hashlib.sha256(f"unreadable:{file.source_file}".encode()).hexdigest()[:FILE_ID_LENGTH]


def _identify(file: LandedFile, seen: Seen) -> tuple[list[int], str, Traits] | None:
    """Stamp, file id and traits of a file; None where it cannot be opened."""
    try:
        stamp = seen.stamp(file)
        file_id, traits = seen.recall(file) or read_through(file.path)
    except OSError:
        return None
    return stamp, file_id, traits


def _rules(seeds: Path) -> str:
    """Fingerprint of all that decides how a file is read."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted([*package.glob("*.py"), *package.glob("*.yml")]):
        digest.update(path.read_bytes())
    for name in ("code_map.csv", "assessment_instrument.csv"):
        if (seeds / name).exists():
            digest.update((seeds / name).read_bytes())
    return digest.hexdigest()[:16]


def ingest(
    landing: Path,
    lake: Path,
    quarantine: Path,
    *,
    as_of: date | None,
    default_time_zone: str,
    hash_key: str,
    progress: Progress | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    seeds: Path = SEEDS,
) -> IngestReport:
    """Bring the lake up to what has been delivered.

    The result depends on what was delivered and not on when, how often or in what order this ran; interrupted anywhere, it
    can be run again.

    Args:
        landing: the folder that feeds land in.
        lake: the raw lake.
        quarantine: refused rows.
        as_of: the business date; None is the latest delivery date. Folders dated after it are not read.
        default_time_zone: IANA zone of teams that name none.
        hash_key: keys the hashes of refused records.
        progress: called with folder, files done and files to do.
        threads: files read at a time; the number of processors if None.
        memory_limit: the engine's limit, such as ``4GB``.
        seeds: the folder of the rules that are rows.

    Returns:
        What was found.

    Raises:
        ValueError: the default time zone is not in the IANA database.
        reading.EngineFailed: memory or disk ran out.
    """
    if not is_zone(default_time_zone):
        raise ValueError(
            f"the default time zone {default_time_zone!r} is not in the IANA database; name one such as UTC"
        )
    contract = load_contract()
    place = write_empty_lake(lake, quarantine, contract)
    empty_work(place)
    found = scan(landing, as_of, contract)
    if as_of is None:
        as_of = max((file.delivered_on for file in found.files), default=None)
    night = _Night(place, contract, hash_key, threads, memory_limit, progress or (lambda *_: None))
    present = night.look(found.files)
    night.bring_up_to_date(present, _rules(seeds))
    save_state(place, night.state)
    night.drop_unreferenced()
    loaded = load_loaded(place)
    built = loaded.contents if loaded else {}
    files = night.results(as_of, built) if as_of else []
    notices = sorted([*found.notices, *night.notices], key=lambda notice: (notice.kind, notice.path))
    write_reference_tables(
        place, contract, night.state, [_row(file) for file in files], notices,
        as_of=as_of, default_time_zone=default_time_zone, hash_key=hash_key,
    )  # fmt: skip
    empty_work(place)
    now_readable = readable(night.state, as_of) if as_of else {}
    is_stale = any(now_readable.get(key) != identity for key, identity in built.items())
    went_back = loaded is not None and as_of is not None and as_of < loaded.as_of
    return IngestReport(as_of, tuple(files), tuple(notices), loaded is None or went_back or is_stale)


def _row(file: FileResult) -> tuple[object, ...]:
    return tuple(vars(file).values())


def mark_loaded(lake: Path, as_of: date) -> None:
    """Note that a build of the warehouse has succeeded from this lake.

    Args:
        lake: the raw lake.
        as_of: the business date that was built.
    """
    place = Lake(lake, lake)
    save_loaded(place, load_state(place), as_of)
