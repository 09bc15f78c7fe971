"""The first line of a delimited file: which delimiter, which columns.

Belongs here: matching what a header says with the contract. Does not belong here: the rows below it.
"""

import csv
import re
from collections.abc import Set
from dataclasses import dataclass

from orchestration.feeds.cells import UNSEEN
from orchestration.feeds.contract import SITE_PREFIX, Feed
from orchestration.feeds.opened import FileRefused
from orchestration.feeds.site import NO_SITE, Site

DELIMITERS = (",", ";", "|", "\t")
HEADER_LIMIT = 1 << 18
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
"""No statement can name a column by them, and no column means anything by them."""
NOT_SEEN = re.compile(f"[{UNSEEN}]")
NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
"""What people part the words of a column's name by, where the contract has one line below."""

IN_SINGLE_QUOTES = re.compile(r"\s*'.*'\s*")
"""A name in quotes that are no quotes of delimited text: each text below would keep its own."""

REMARKS = ("#", "--", "//")
MOST_TITLES = 20
"""Lines of titles and remarks that may stand before a header."""

SAYS_DELIMITER = re.compile(r"\s*\"?sep=.{0,2}\"?\s*", re.IGNORECASE)
"""A line by which a spreadsheet tells itself what parts the fields; it is no header."""


@dataclass(frozen=True)
class Columns:
    """Where a file's columns are.

    Attributes:
        known: position of each contract column (and of ``updated_at``, ``is_deleted``) that the file has.
        site: position of each of the site's own columns, by name, sorted.
        unknown: names of the other columns, sorted.
    """

    known: dict[str, int]
    site: dict[str, int]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """The delimiter, the number of fields, and where the columns are.

    Attributes:
        lines_before: lines that stand before the header: blank ones, titles and remarks.
        line_end: as the header's line has it.
    """

    delimiter: str
    width: int
    columns: Columns
    lines_before: int
    line_end: str


def match_columns(names: list[str], feed: Feed, filled: Set[str] = frozenset()) -> Columns:
    """Match a file's column names with the contract; case, spaces around a name and controls do not matter.

    ``Patient ID`` and ``patientId`` are ``patient_id`` where no column is called just that.

    Args:
        names: as the file has them, in its order.
        feed: the contract of the feed.
        filled: columns that need not be there, because the site has a value for them.

    Returns:
        The positions by contract name.

    Raises:
        FileRefused: ``missing_column:<name>`` for each required column that is not there, or
            ``duplicate_column:<name>``.
    """
    accepted = {column.name for column in feed.accepted}
    cleaned = _as_contracted([_cleaned(name) for name in names], accepted)
    missing = [name for name in feed.required if name not in cleaned and name not in filled]
    if missing:
        raise FileRefused(";".join(f"missing_column:{name}" for name in missing))
    used = [name for name in cleaned if name in accepted or name.startswith(SITE_PREFIX)]
    twice = sorted({name for name in used if used.count(name) > 1})
    if twice:
        raise FileRefused(";".join(f"duplicate_column:{name}" for name in twice))
    known = {name: cleaned.index(name) for name in cleaned if name in accepted}
    site = {name: cleaned.index(name) for name in sorted(cleaned) if name.startswith(SITE_PREFIX)}
    unknown = sorted({name for name in cleaned if name and name not in known and name not in site})
    return Columns(known, site, tuple(unknown))


def _cleaned(name: str) -> str:
    return CONTROLS.sub("", name).strip(" \u00a0\ufeff").lower()


def _bare(name: str) -> str:
    return NOT_IN_A_NAME.sub("", name)


def _as_contracted(names: list[str], accepted: Set[str]) -> list[str]:
    """The names, and the contract's in place of those that write its words in another way."""
    by_words = {_bare(name): name for name in accepted - set(names)}
    return [
        name if name in accepted or name.startswith(SITE_PREFIX) else by_words.get(_bare(name), name)
        for name in names
    ]


def _is_title(line: str, delimiter: str) -> bool:
    """Whether a line is a title or a remark: it holds one text alone, or begins as remarks do."""
    return line.startswith(REMARKS) or len([text for text in _split(line, delimiter) if text.strip()]) < 2


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def read_header(head: bytes, feed: Feed, site: Site = NO_SITE) -> Header:
    """Find the delimiter under which a header is complete, below what titles and remarks stand before it.

    Args:
        head: the first bytes of the file, UTF-8.
        feed: the contract of the feed.
        site: names the delimiter, where it is not to be found out, and the columns that it fills.

    Returns:
        The header.

    Raises:
        FileRefused: ``wrong_delimiter`` where the names are there and none of the known delimiters parts
            them; ``unsupported_quotes``; ``missing_column:<name>``; ``duplicate_column:<name>``.
    """
    lines = head.decode("utf-8", errors="replace").split("\n")
    bare = [NOT_SEEN.sub("", line).rstrip("\r") for line in lines]
    said = [number for number, line in enumerate(bare) if line.strip() and not SAYS_DELIMITER.fullmatch(line)]
    first: FileRefused | None = None
    are_remarks = True
    for number in said[:MOST_TITLES] or [0]:
        delimiter = _delimiter_of(bare[number], feed, site)
        try:
            width, columns = _read_names(bare[number], delimiter, feed, site)
        except FileRefused as refusal:
            first = first or refusal
            are_remarks = are_remarks and bare[number].startswith(REMARKS)
            if not _is_title(bare[number], delimiter):
                break
            continue
        if width == 1 and not are_remarks:
            # In a file of one column each row looks like a title.
            break
        line_end = "\r\n" if lines[number].endswith("\r") else "\n"
        return Header(delimiter, width, columns, number, line_end)
    raise first or FileRefused("empty_file")


def _delimiter_of(line: str, feed: Feed, site: Site) -> str:
    """The site's delimiter, else that which parts a line into most names of the contract."""
    accepted = {_bare(column.name) for column in feed.accepted}

    def recognized(delimiter: str) -> int:
        return sum(_bare(_cleaned(name)) in accepted for name in _split(line, delimiter))

    return site.feed(feed.name).delimiter or max(DELIMITERS, key=recognized)


def _read_names(line: str, delimiter: str, feed: Feed, site: Site) -> tuple[int, Columns]:
    """How many names a header has, and where the columns are.

    Raises:
        FileRefused: it is no header.
    """
    names = _split(line.removeprefix("#"), delimiter)
    if all(IN_SINGLE_QUOTES.fullmatch(name) for name in names):
        raise FileRefused("unsupported_quotes")
    try:
        return len(names), match_columns(names, feed, site.filled(feed))
    except FileRefused:
        required = set(feed.required) - site.filled(feed)
        words = set(re.findall(r"[a-z0-9_]+", line.lower()))
        if words.issuperset(required) and not {name.strip().lower() for name in names}.issuperset(required):
            raise FileRefused("wrong_delimiter") from None
        raise
