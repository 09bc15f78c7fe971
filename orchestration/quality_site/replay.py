"""Corrected rows of the quarantine, delivered once.

Somebody who may see the rows writes them whole into a CSV file, each with the place or the hash of the
refused row that it corrects. They are tried at the door first; then all of them land as one more delivery of
their feed, which the next night reads like any other.

Belongs here: reading and judging such a file, landing it, and the note of what was replayed. Does not belong
here: what the door refuses (``orchestration/feeds``). No message names a value.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from orchestration.feeds.contract import Feed, load_contract
from orchestration.feeds.lake import Lake
from orchestration.night_lock import night_lock
from orchestration.publishing.access import Asking
from orchestration.publishing.engine import literal, open_engine
from orchestration.publishing.files import make_folder, write_json, write_whole
from orchestration.publishing.lookup import Row, open_current
from orchestration.settings import ConfigurationError, Settings

PLACE: Final = ("source_file", "row_number")
HASH: Final = "record_key_hash"
OWN_COLUMN: Final = "x_"
JOURNAL_FILE: Final = "replayed.json"
_NAME_DIGITS: Final = 16


class ReplayError(ConfigurationError):
    """Nothing was landed. The message names rows of the given file by their number, and no value of them."""


@dataclass(frozen=True)
class Replayed:
    """What landed: the feed, the rows, and the file's path in the landing."""

    feed: str
    rows: int
    source_file: str


@dataclass(frozen=True)
class _Correction:
    """A row of the given file, counted from 1, and the refused row that it corrects."""

    number: int
    cells: Mapping[str, str]
    refused: Row

    @property
    def place(self) -> str:
        return f"{self.refused['source_file']}#{self.refused['row_number']}"


def replay(file: Path, settings: Settings, *, delivered_on: date | None = None) -> Replayed:
    """Land the corrected rows of a file, all or none.

    Args:
        file: CSV with a header: the columns ``source_file`` and ``row_number``, or ``record_key_hash``, then
            columns of the feed. Each row is whole; a blank cell is a blank.
        settings: the site's choices.
        delivered_on: the delivery date that they get; without it, the one that readers have results of.

    Raises:
        ReplayError: a row corrects nothing that is refused, was corrected before, has another key than what
            it corrects, or would be refused again.
        PublishError: nothing has been published yet.
        NightRunningError: a night runs in this home.
    """
    columns, rows = _read(file)
    with night_lock(settings):
        return _replay(columns, rows, settings, delivered_on)


def _replay(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    settings: Settings,
    delivered_on: date | None,
) -> Replayed:
    with open_current(settings.published, Asking("quality replay")) as reader:
        refused = reader.rows("select * from {dq_quarantine}", marts=["dq_quarantine"])
        delivered_on = delivered_on or reader.generation.as_of_date
    corrections = _match(rows, refused, _journal(settings))
    feed = _only_feed(corrections)
    own = _expect_columns(columns, feed)
    text = _written(own, corrections)
    name = f"replay-{hashlib.sha256(text.encode()).hexdigest()[:_NAME_DIGITS]}.csv"
    source_file = f"{feed.name}/{delivered_on.isoformat()}/{name}"
    _try(source_file, text, feed, corrections, settings, delivered_on)
    place = settings.landing / source_file
    make_folder(place.parent)
    write_whole(place, text)
    make_folder(settings.quality)
    _note(settings, corrections, source_file)
    return Replayed(feed.name, len(corrections), source_file)


def _read(file: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        lines = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        columns = [column.strip() for column in next(lines, [])]
        cells = [line for line in lines if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"{file.name} cannot be read as CSV in UTF-8 ({type(error).__name__})") from None
    if len(set(columns)) != len(columns) or not (set(PLACE) <= set(columns) or HASH in columns):
        raise ReplayError(
            f"{file.name} needs a header with {' and '.join(PLACE)}, or {HASH}, and the feed's columns, "
            "each once"
        )
    if not cells:
        raise ReplayError(f"{file.name} has no row")
    for number, line in enumerate(cells, start=1):
        if len(line) != len(columns):
            raise ReplayError(f"row {number} has {len(line)} cells and the header {len(columns)}")
    return columns, [dict(zip(columns, line, strict=True)) for line in cells]


def _match(
    rows: Sequence[Mapping[str, str]], refused: Iterable[Row], journal: Mapping[str, Any]
) -> list[_Correction]:
    """Find what each row corrects; the newest place of a record that is named by its hash."""
    known = sorted(refused, key=lambda row: (row["delivery_on"], row["source_file"], row["row_number"]))
    by_place = {(row["source_file"], str(row["row_number"])): row for row in known if row["row_number"]}
    by_hash = {row[HASH]: row for row in known if row[HASH] and row["resolved_on"] is None}
    corrections: list[_Correction] = []
    for number, cells in enumerate(rows, start=1):
        source_file, row_number = (cells.get(column, "").strip() for column in PLACE)
        found = (
            by_place.get((source_file, row_number))
            if source_file
            else by_hash.get(cells.get(HASH, "").strip())
        )
        if found is None:
            raise ReplayError(f"row {number} names no row that the last published night has refused")
        if found["resolved_on"] is not None:
            raise ReplayError(f"row {number} corrects what was mended on {found['resolved_on']}")
        correction = _Correction(number, cells, found)
        if correction.place in journal:
            raise ReplayError(
                f"row {number} was replayed before, as {journal[correction.place]['landed_as']}"
            )
        if any(other.place == correction.place for other in corrections):
            raise ReplayError(f"row {number} corrects the same row as one before it")
        corrections.append(correction)
    return corrections


def _only_feed(corrections: Sequence[_Correction]) -> Feed:
    feeds = sorted({correction.refused["feed"] for correction in corrections})
    known = load_contract().feeds
    if len(feeds) != 1 or feeds[0] not in known:
        raise ReplayError(f"the rows are of {', '.join(feeds)}: replay one feed at a time")
    return known[feeds[0]]


def _expect_columns(columns: Sequence[str], feed: Feed) -> list[str]:
    """The columns that land, in the order of the file."""
    own = [column for column in columns if column not in (*PLACE, HASH)]
    accepted = {column.name for column in feed.accepted}
    for position, column in enumerate(columns, start=1):
        if column in own and column not in accepted and not column.startswith(OWN_COLUMN):
            raise ReplayError(f"column {position} of the header is no column of the feed {feed.name}")
    return own


def _written(columns: Sequence[str], corrections: Sequence[_Correction]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([correction.cells[column] for column in columns] for correction in corrections)
    return text.getvalue()


def _try(
    source_file: str,
    text: str,
    feed: Feed,
    corrections: Sequence[_Correction],
    settings: Settings,
    delivered_on: date,
) -> None:
    """Read the file as a night would, where the next night cleans up, and look at what comes out."""
    from orchestration.feeds.ingest import ingest

    work = make_folder(Lake(settings.lake, settings.quarantine).work)
    with TemporaryDirectory(dir=work) as place:
        root = Path(place)
        make_folder((root / "landing" / source_file).parent)
        write_whole(root / "landing" / source_file, text)
        ingest(
            root / "landing",
            root / "lake",
            root / "quarantine",
            as_of=delivered_on,
            default_time_zone=settings.default_time_zone,
            hash_key=settings.read_hash_key(),
            threads=1,
            memory_limit=settings.memory_limit,
        )
        refused = _rows(root / "quarantine" / feed.name, "row_number, reason")
        if refused:
            said = "; ".join(
                f"row {number}: {reason}" if number else str(reason) for number, reason in refused
            )
            raise ReplayError(f"nothing is landed, because it would be refused again: {said}")
        hashes = dict(_rows(root / "lake" / "raw" / feed.name, f"_row_number, {_key_hash(feed, settings)}"))
    for position, correction in enumerate(corrections, start=1):
        wanted = None if _is_of_key(correction.refused["reason"], feed) else correction.refused[HASH]
        if wanted is not None and hashes.get(position) != wanted:
            raise ReplayError(f"row {correction.number} has another key than the row that it corrects")


def _is_of_key(reason: str, feed: Feed) -> bool:
    """Whether a row was refused for its key, which the correction then has to change."""
    return any(one.partition(":")[2] in feed.key for one in reason.split(";"))


def _rows(folder: Path, columns: str) -> list[tuple[Any, ...]]:
    files = sorted(path for path in folder.rglob("*.parquet") if path.name != "_schema.parquet")
    if not files:
        return []
    listed = ", ".join(literal(path) for path in files)
    with open_engine(threads=1) as engine:
        return engine.execute(
            f"select {columns} from read_parquet([{listed}]) order by 1"  # noqa: S608
        ).fetchall()


def _key_hash(feed: Feed, settings: Settings) -> str:
    """SQL of the keyed hash of a record, as the door and the models make it."""
    key = " || '|' || ".join(f"coalesce(cast({column} as varchar), '')" for column in feed.key)
    return f"sha256({literal(f'{settings.read_hash_key()}|{feed.name}|')} || {key})"


def _journal(settings: Settings) -> dict[str, Any]:
    path = settings.quality / JOURNAL_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _note(settings: Settings, corrections: Iterable[_Correction], source_file: str) -> None:
    landed = {
        correction.place: {"landed_as": source_file, "reason": correction.refused["reason"]}
        for correction in corrections
    }
    write_json(settings.quality / JOURNAL_FILE, _journal(settings) | landed)
