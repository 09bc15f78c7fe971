"""The careful way through a delimited file whose rows do not all have the form of rows.

Belongs here: telling a row that can be read from one that cannot, one by one, in constant memory.
Does not belong here: what the fields mean.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from orchestration.feeds.opened import BEHIND_A_BACKSLASH

RECORD_LIMIT = 2_000_000
"""Bytes of the longest record that is read; the fast reader's own limit."""

LINES_LIMIT = 1_000
"""Physical lines that one quoted field may span before its opening quote is taken for a mistake."""


@dataclass(frozen=True)
class Scrubbed:
    """The rows that can be read, and the numbers of those that cannot.

    Attributes:
        path: a clean file without header: the row number, then the fields, all separated by the file's
            delimiter.
        clean_rows: how many rows it has.
        malformed: the numbers of the other rows, one a line, counted from 1 over all rows, blank lines apart.
        malformed_rows: how many those are.
    """

    path: Path
    clean_rows: int
    malformed: Path
    malformed_rows: int


class _Lines:
    """Physical lines with a way back, none longer than the limit in memory."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._returned: deque[bytes] = deque()

    def next(self) -> bytes | None:
        if self._returned:
            return self._returned.popleft()
        line = self._handle.readline(RECORD_LIMIT + 1)
        if not line:
            return None
        if len(line) > RECORD_LIMIT and not line.endswith(b"\n"):
            while (rest := self._handle.readline(RECORD_LIMIT)) and not rest.endswith(b"\n"):
                pass
        return line

    def put_back(self, lines: list[bytes]) -> None:
        self._returned.extendleft(reversed(lines))


BLANKS = b" \t\v\f\x1a"
"""What a line of nothing holds; the last sign is the mark of an old file's end."""

QUOTED = re.compile(r' *"((?:[^"]|"")*+)" *')
OPEN = re.compile(r' *"')


def _fields(record: str, delimiter: str) -> list[str] | None:
    """The fields of one record.

    Returns:
        The fields; an empty list where the record is wrong for good; None where a quote is still open.
    """
    fields, start = [], 0
    is_odd = BEHIND_A_BACKSLASH.decode() in record
    while True:
        if match := QUOTED.match(record, start):
            fields.append(match[1].replace('""', '"'))
            end = match.end()
        elif OPEN.match(record, start):
            return None
        else:
            end = record.find(delimiter, start)
            end = len(record) if end < 0 else end
            fields.append(record[start:end])
            if "\n" in fields[-1] or "\r" in fields[-1] or (is_odd and '"' in fields[-1]):
                return []
        if end == len(record):
            return fields
        if record[end] != delimiter:
            return []
        start = end + 1


def _read_record(lines: _Lines, first: bytes, delimiter: str, width: int) -> list[str] | None:
    """The fields of the record that starts with a line, read on while a quote is open; None if malformed."""
    taken: list[bytes] = []
    record = first
    while len(record) <= RECORD_LIMIT and b"\0" not in record:
        try:
            fields = _fields(record.decode("utf-8").rstrip("\r\n"), delimiter)
        except UnicodeDecodeError:
            break
        if fields is not None:
            while len(fields) > width and not fields[-1]:
                fields.pop()
            if len(fields) == width:
                return fields
            break
        more = _until_quote(lines, taken, LINES_LIMIT)
        if more is None:
            break
        record += more
    lines.put_back(taken)
    return None


def _until_quote(lines: _Lines, taken: list[bytes], limit: int) -> bytes | None:
    """The next lines up to one that holds a quote, noted in ``taken``; None where there is none in reach."""
    gathered = b""
    while len(taken) < limit:
        line = lines.next()
        if line is None:
            return None
        taken.append(line)
        gathered += line
        if b'"' in line:
            return gathered
        if len(gathered) > RECORD_LIMIT:
            return None
    return None


def _row_pattern(delimiter: str, width: int, within: bytes = b"") -> re.Pattern[bytes]:
    """A line that is a row of so many fields by itself, empty fields at its end apart.

    Args:
        delimiter: one character.
        width: how many fields.
        within: what else no field may hold that is not in quotes.
    """
    mark = re.escape(delimiter.encode())
    field = rb'(?: *"(?:[^"]|"")*+" *+|(?! *")[^\r\n%b%b]*+)' % (mark, within)
    return re.compile(rb"%b(?:%b%b){%d}(?:%b)*+" % (field, mark, field, width - 1, mark))


def _records(lines: _Lines, delimiter: str, width: int) -> Iterator[bytes | list[str] | None]:
    """Each row as it stands, or as fields, or None where it is malformed."""
    is_row = _row_pattern(delimiter, width).fullmatch
    # Where quotes stand behind backslashes, one within a field may be what is left of quotes around two.
    is_plain_row = _row_pattern(delimiter, width, b'"').fullmatch
    # The mark of an empty text, in files of SQL Server's bcp.
    empty = re.compile(rb"(?<![^%b])\0(?![^%b\r\n])" % (mark := re.escape(delimiter.encode()), mark))
    while (line := lines.next()) is not None:
        if b"\0" in line and b'"' not in line:
            line = empty.sub(b"", line)
        bare = line.rstrip(b"\r\n")
        if not bare.strip(BLANKS):
            continue
        is_one = is_plain_row if BEHIND_A_BACKSLASH in bare else is_row
        if len(line) <= RECORD_LIMIT and b"\0" not in bare and is_one(bare):
            yield bare
        else:
            yield _read_record(lines, line, delimiter, width) if b'"' in line else None


def scrub(text: Path, delimiter: str, width: int, lines_before: int, work: Path) -> Scrubbed:
    """Part a file into rows that the engine can read and rows that nobody can.

    A row is malformed where it has another number of fields than the header (empty ones at its end
    apart), where its quotes do not close, or where it holds a NUL or is longer than ``RECORD_LIMIT``. A quote
    that is opened and never closed costs its own line and not the lines behind it.

    Args:
        text: UTF-8 text with a header.
        delimiter: one character.
        width: fields of the header.
        lines_before: blank lines before the header.
        work: where to write the clean file and the numbers of the malformed rows.

    Returns:
        The two files and how many rows each has.
    """
    path, malformed = work / "clean", work / "malformed"
    number = malformed_rows = 0
    with text.open("rb") as source, path.open("wb") as clean, malformed.open("wb") as refused:
        for _ in range(lines_before + 1):
            source.readline()
        for record in _records(_Lines(source), delimiter, width):
            number += 1
            if record is None:
                malformed_rows += 1
                refused.write(b"%d\n" % number)
            else:
                row = record if isinstance(record, bytes) else _quoted(record, delimiter)
                clean.write(b"%d%b%b\n" % (number, delimiter.encode(), row))
    return Scrubbed(path, number - malformed_rows, malformed, malformed_rows)


def _quoted(fields: list[str], delimiter: str) -> bytes:
    row = io.StringIO()
    csv.writer(row, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow(fields)
    return row.getvalue().encode("utf-8")
