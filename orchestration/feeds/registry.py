"""What ingestion remembers from night to night.

Belongs here: which path held which bytes, what became of them, what the warehouse has been built from, and a
cache that spares reading files that did not change. Does not belong here: reading files or deciding about
rows.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.feeds.lake import Lake, write_json
from orchestration.feeds.landing import LandedFile
from orchestration.feeds.opened import Traits
from orchestration.redaction import SafeError

STATE_FILE = "state.json"
SEEN_FILE = "seen.json"
LOADED_FILE = "loaded.json"
SETTLING_NS = 2_000_000_000
"""A file written less than this before it was read may have been written again within one tick of the file
system's clock."""


@dataclass(frozen=True)
class Copy:
    """One landed path and the bytes that it holds."""

    folder: str
    delivered_on: str
    source_file: str
    format: str
    file_id: str

    @property
    def content(self) -> str:
        """Names the bytes within their folder; copies share it."""
        return f"{self.folder}/{self.file_id}"

    @property
    def order(self) -> tuple[str, str]:
        """The first by this order among copies is the one that counts."""
        return (self.delivered_on, self.source_file)


@dataclass(frozen=True)
class Part:
    """What one file gave to one feed.

    Attributes:
        tables: how many raw tables hold it: of a large file one to each piece that it was read in.
        held_tables: how many tables wait for references, where any do.
    """

    feed: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    unknown_columns: tuple[str, ...] = ()
    resolution: str = ""
    tables: int = 1
    held_tables: int = 1


@dataclass(frozen=True)
class UnmappedCode:
    """A code of a standard format that ``seeds/code_map.csv`` does not know."""

    feed: str
    column_name: str
    system: str
    code: str
    rows: int


@dataclass(frozen=True)
class Content:
    """What became of the bytes of one landed file.

    Attributes:
        reason: why the whole file was refused; empty where it was not.
        rules: fingerprint of the code and tables that read it.
        delivered_on: of the copy that the raw rows name.
        source_file: of the same copy.
    """

    rules: str
    delivered_on: str
    source_file: str
    reason: str
    parts: tuple[Part, ...]
    unmapped: tuple[UnmappedCode, ...] = ()
    has_identifiers: bool = False

    def identity(self) -> str:
        """Changes whenever the raw rows change."""
        rows = replace(self, parts=tuple(replace(part, tables=1, held_tables=1) for part in self.parts))
        return hashlib.sha256(json.dumps(asdict(rows), sort_keys=True).encode()).hexdigest()[:16]


Unjoined = tuple[str, str, str, str, str, int, date]
"""Feed, column, kind, system, reason, rows and delivery date of identifiers that lead to nobody."""


Waiting = tuple[str, int, date]
"""Feed, number and delivery date of reports whose subject never came."""


@dataclass
class State:
    """All landed paths that were ever read, and what became of their bytes.

    Attributes:
        unjoined: identifiers that lead to nobody, counted anew each night.
        waiting: reports of what became of something that never came, counted anew each night.
    """

    copies: dict[str, Copy] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    unjoined: list[Unjoined] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    def canonical(self) -> dict[str, Copy]:
        """Of each content the copy that counts: the first by date and path."""
        chosen: dict[str, Copy] = {}
        for copy in sorted(self.copies.values(), key=lambda copy: copy.order):
            chosen.setdefault(copy.content, copy)
        return chosen


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def load_state(lake: Lake) -> State:
    """Read what earlier nights left; nothing where there were none.

    Raises:
        SafeError: the file is there and cannot be read. What is gone from the landing is told there alone, so
            it is not passed over.
    """
    path = lake.registry / STATE_FILE
    try:
        document = _read_json(path)
        return State() if document is None else _state_of(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SafeError(
            f"{path} is damaged: put a copy of it back, or move it away, and the next night reads the whole "
            "landing anew (what no longer lies there is lost)"
        ) from None


def _state_of(document: dict[str, Any]) -> State:
    contents = {}
    for key, entry in document["contents"].items():
        parts = tuple(
            Part(**{**part, "unknown_columns": tuple(part["unknown_columns"])}) for part in entry["parts"]
        )
        unmapped = tuple(UnmappedCode(**code) for code in entry["unmapped"])
        contents[key] = Content(**{**entry, "parts": parts, "unmapped": unmapped})
    return State({path: Copy(**entry) for path, entry in document["copies"].items()}, contents)


def save_state(lake: Lake, state: State) -> None:
    """Commit the night's reading; one atomic write, after the files that it names are in place."""
    write_json(
        lake.registry / STATE_FILE,
        {
            "copies": {path: asdict(copy) for path, copy in state.copies.items()},
            "contents": {key: asdict(content) for key, content in state.contents.items()},
        },
    )


class Seen:
    """The cache of file ids by path, size and times; dropping it costs time and nothing else."""

    def __init__(self, lake: Lake) -> None:
        """Read the cache.

        Args:
            lake: where it lies.
        """
        self._path = lake.registry / SEEN_FILE
        try:
            found = _read_json(self._path)
        except ValueError:
            found = None
        self._entries: dict[str, list[Any]] = found if isinstance(found, dict) else {}

    @staticmethod
    def _stamp(path: Path) -> list[int]:
        status = path.stat()
        return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]

    def recall(self, file: LandedFile) -> tuple[str, Traits] | None:
        """The file id and traits of a file that is as it was, else None."""
        try:
            stamp, file_id, traits = self._entries[file.source_file]
            return (file_id, Traits(**traits)) if stamp == self._stamp(file.path) else None
        except (KeyError, TypeError, ValueError):
            return None

    def stamp(self, file: LandedFile) -> list[int]:
        """Size, times and inode of a file, to be compared before and after it is read."""
        return self._stamp(file.path)

    def save(self, read: Iterable[tuple[LandedFile, list[int], str, Traits]]) -> None:
        """Remember the files of this night that had settled when they were read.

        Args:
            read: file, stamp before reading, file id and traits.
        """
        found = list(read)
        write_json(self._path, {})
        now = self._path.stat().st_mtime_ns
        entries = {
            file.source_file: [stamp, file_id, asdict(traits)]
            for file, stamp, file_id, traits in found
            if max(stamp[1], stamp[2]) < now - SETTLING_NS
        }
        write_json(self._path, entries)


@dataclass(frozen=True)
class Loaded:
    """What the last successful build read."""

    as_of: date
    contents: dict[str, str]


def load_loaded(lake: Lake) -> Loaded | None:
    """What the last successful build read; None before the first, and where it cannot be told any more."""
    try:
        document = _read_json(lake.registry / LOADED_FILE)
        if document is None:
            return None
        return Loaded(date.fromisoformat(document["as_of"]), document["contents"])
    except (ValueError, KeyError, TypeError):
        return None


def readable(state: State, as_of: date) -> dict[str, str]:
    """The identity of each content whose rows a build as of that date sees."""
    limit = as_of.isoformat()
    return {
        key: content.identity()
        for key, content in state.contents.items()
        if content.delivered_on <= limit and content.parts
    }


def save_loaded(lake: Lake, state: State, as_of: date) -> None:
    """Note that a build has succeeded from all that is readable on that date."""
    write_json(lake.registry / LOADED_FILE, {"as_of": as_of.isoformat(), "contents": readable(state, as_of)})
