"""What holds of every file that a reader is given, whatever its bytes.

Belongs here: reading bytes as a file of a kind, and holding the outcome to the promise that nothing is lost.
Does not belong here: where the bytes come from.
"""

import io
import re
import shutil
import tempfile
from codecs import BOM_UTF8
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from orchestration.feeds.contract import load_contract
from orchestration.feeds.fhir_documents import lines_of_documents
from orchestration.feeds.hl7v2_appointment import ROW_COLUMNS, Schedules, check_siu, open_message
from orchestration.feeds.hl7v2_frames import frames
from orchestration.feeds.hl7v2_message import NotReadable
from orchestration.feeds.hl7v2_rules import load_siu_rules
from orchestration.feeds.ingest import SEEDS
from orchestration.feeds.opened import FileRefused, open_bytes, open_text, read_through
from orchestration.profile import ProfileError, load_profile
from tests.support.feeds_night import Outcome, read_file, rows_of

DAY: Final = date(2026, 3, 2)
UNSUPPORTED: Final = ("unsupported_message", "unsupported_resource")
HEADERS: Final = re.compile(rb"(?:\A|[\r\n\x0b\x1c])(?:MSH|msh)\|\^~\\&\|")
NOTHING: Final = b" \t\r\v\f\x1a,;|\0\xa0\xc2\xef\xbb\xbf"
"""Bytes of lines that may be none, whatever the delimiter."""

PUNCTUATION: Final = re.compile(rb"[^a-z0-9]+")
PLACES: Final = ("raw", "unresolved")


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        feed: the folder of the landing that it lies in.
        name: a file name of its format.
    """

    feed: str
    name: str


KINDS: Final = {
    "hl7v2": Kind("hl7v2", "a.hl7"),
    "csv": Kind("team", "a.csv"),
    "typed": Kind("care_activity", "a.csv"),
    "parquet": Kind("team", "a.parquet"),
    "fhir": Kind("fhir", "a.ndjson"),
}


MESSAGES: Final = "messages"
PROFILE: Final = "profile"
READS: Final = (MESSAGES, *KINDS, PROFILE)
"""What bytes can be read as: a kind of file, messages without the engine around them, or a profile."""

SCHEDULES: Final = Schedules(load_siu_rules(SEEDS, DAY))


class Lost(AssertionError):
    """A line is in neither place, in both, or counted wrongly. The message holds nothing of the file."""


def hold(kind: str, content: bytes, parent: Path | None = None) -> None:
    """Read bytes as a file and account for each of its rows.

    Args:
        kind: one of ``READS``.
        content: any bytes.
        parent: where a scratch folder may be made.

    Raises:
        Lost: rows in are not rows accepted and rows quarantined.
    """
    if kind == MESSAGES:
        _hold_messages(content)
        return
    root = Path(tempfile.mkdtemp(dir=parent))
    try:
        if kind == PROFILE:
            _hold_profile(content, root / "profile.yaml")
        else:
            _hold(kind, content, root)
    finally:
        shutil.rmtree(root)


def _hold_messages(content: bytes) -> None:
    """Each frame is a message or says why not, the same wherever the file is cut, and each message a row."""
    found = list(frames(io.BytesIO(content)))
    if len(found) < len(HEADERS.findall(content)):
        raise Lost("there are fewer frames than headers")
    middle = max(len(content) // 2, 1)
    if found != [*frames(io.BytesIO(content), end=middle), *frames(io.BytesIO(content), begin=middle)]:
        raise Lost("a file that is cut in the middle holds other messages")
    for frame in found:
        if bool(frame.body) == bool(frame.reason):
            raise Lost("a frame is neither a message nor refused")
        try:
            message = open_message(frame.body)
            event = message.event[1]
            check_siu(message)
        except NotReadable:
            continue
        if trigger := SCHEDULES.rules.triggers.get(event):
            row, _ = SCHEDULES.row(message, event, trigger)
            if len(row) != len(ROW_COLUMNS):
                raise Lost("a message is no row")


def _hold_profile(content: bytes, path: Path) -> None:
    """It is a profile, or each line that is said of it names the file."""
    path.write_bytes(content)
    try:
        load_profile(path)
    except ProfileError as error:
        if not all(line.startswith(f"{path}:") for line in str(error).split("\n")):
            raise Lost("a problem of a profile is not told in one line with its place") from None


def _hold(kind: str, content: bytes, root: Path) -> None:
    found = KINDS[kind]
    outcome = read_file(root, found.feed, content, found.name)
    accepted = _numbers(root)
    refused = Counter(number for number, _ in outcome.refused)
    if outcome.content.reason:
        if accepted or list(refused) != [0] or any(outcome.counts):
            raise Lost(f"a refused file left rows behind: {outcome.content.reason}")
        return
    for part in outcome.content.parts:
        if part.rows_read != part.rows_accepted + part.rows_quarantined:
            raise Lost(f"{part.feed}: rows read are not rows accepted and quarantined")
    # Good resources that fill no feed are accepted and in no table.
    if sum(accepted.values()) != sum(
        part.rows_accepted for part in outcome.content.parts if part.feed != "fhir"
    ):
        raise Lost("the lake holds another number of rows than were accepted")
    if kind != "fhir" and (both := accepted.keys() & refused.keys()):
        raise Lost(f"rows {sorted(both)} are accepted and refused")
    _hold_numbers(kind, content, root, accepted.keys() | refused.keys(), outcome)


def _hold_numbers(kind: str, content: bytes, root: Path, numbers: set[int], outcome: Outcome) -> None:
    """Each row that the bytes hold, by another count of them, is in one place."""
    text, found = b"" if kind == "parquet" else _opened(kind, content, root), len(numbers)
    rows = outcome.counts[0]
    if kind == "hl7v2":
        # Messages of other kinds are one line of the quarantine for each kind.
        has_others = any(reason.startswith(UNSUPPORTED) for _, reason in outcome.refused)
        is_whole = len(list(frames(io.BytesIO(text)))) == rows and (has_others or found == rows)
    elif kind == "fhir":
        rows = sum(1 for line in text.removeprefix(BOM_UTF8).split(b"\n") if line.strip())
        others = sum(part.rows_read for part in outcome.content.parts if part.feed == "fhir")
        is_whole = len(_filling(root)) + others == rows
    elif kind == "parquet":
        is_whole = found == rows
    else:
        is_whole = found == rows and (b'"' in text or _lines(text, KINDS[kind].feed) <= rows)
    if not is_whole or not numbers <= set(range(1, rows + 1)):
        raise Lost(f"{found} numbers up to {max(numbers, default=0)} stand for {rows} rows")


def _lines(text: bytes, feed: str) -> int:
    """How many lines below the header hold something; titles may stand before it."""
    names = [name.replace("_", "").encode() for name in load_contract().feeds[feed].required]
    lines = [line for line in text.split(b"\n") if line.strip(NOTHING)]
    bare = (PUNCTUATION.sub(b"", line.lower()) for line in lines)
    header = next((number for number, line in enumerate(bare) if all(name in line for name in names)), 0)
    return max(len(lines) - header - 1, 0)


def _filling(root: Path) -> set[int]:
    """The numbers of the lines that became rows of a feed, refused ones among them."""
    refused = [
        path for path in (root / "quarantine").rglob("*.parquet") if path.parent.name not in ("fhir", "hl7v2")
    ]
    rows = {row["row_number"] for path in refused for row in rows_of(f"SELECT row_number FROM '{path}'")}
    return rows | _numbers(root).keys()


def _opened(kind: str, content: bytes, root: Path) -> bytes:
    """The file unpacked, in a narrow encoding, and one resource a line."""
    path, work = root / "again", root / "opened"
    path.write_bytes(content)
    work.mkdir()
    try:
        is_text = kind != "hl7v2"
        text = open_text(path, read_through(path)[1], work)[0] if is_text else open_bytes(path, work)
        if kind == "fhir":
            text = lines_of_documents(text, work / "lines") or text
        return text.read_bytes()
    except FileRefused:
        return b""


def _numbers(root: Path) -> Counter[int]:
    """How often each row number stands in the lake."""
    files = [path for place in PLACES for path in sorted((root / "lake" / place).rglob("*.parquet"))]
    return Counter(
        row["_row_number"]
        for path in files
        for row in rows_of(f"SELECT _row_number FROM read_parquet('{path}', hive_partitioning = false)")
    )
