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
        lines_before: lines that stand before the header and say nothing of it.
        line_end: as the header's line has it.
    """

    delimiter: str
    width: int
    columns: Columns
    lines_before: int
    line_end: str


def match_columns(names: list[str], feed: Feed, filled: Set[str] = frozenset()) -> Columns:
    """Match a file's column names with the contract; case, spaces around a name and controls do not matter.

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
    cleaned = [CONTROLS.sub("", name).strip(" \u00a0\ufeff").lower() for name in names]
    accepted = {column.name for column in feed.accepted}
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


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def read_header(head: bytes, feed: Feed, site: Site = NO_SITE) -> Header:
    """Find the delimiter under which a header is complete.

    Args:
        head: the first bytes of the file, UTF-8.
        feed: the contract of the feed.
        site: names the delimiter, where it is not to be found out, and the columns that it fills.

    Returns:
        The header.

    Raises:
        FileRefused: ``wrong_delimiter`` where the names are there and none of the known delimiters parts
            them; ``missing_column:<name>``; ``duplicate_column:<name>``.
    """
    lines = head.decode("utf-8", errors="replace").split("\n")
    bare = (NOT_SEEN.sub("", line) for line in lines)
    said = (line.strip() and not SAYS_DELIMITER.fullmatch(line) for line in bare)
    lines_before = next((number for number, says in enumerate(said) if says), 0)
    line = NOT_SEEN.sub("", lines[lines_before]).rstrip("\r")
    accepted = {column.name for column in feed.accepted}

    def recognized(delimiter: str) -> int:
        return sum(name.strip().lower() in accepted for name in _split(line, delimiter))

    best = site.feed(feed.name).delimiter or max(DELIMITERS, key=recognized)
    names = _split(line, best)
    words = set(re.findall(r"[a-z0-9_]+", line.lower()))
    try:
        columns = match_columns(names, feed, site.filled(feed))
    except FileRefused:
        required = set(feed.required) - site.filled(feed)
        if words.issuperset(required) and not {name.strip().lower() for name in names}.issuperset(required):
            raise FileRefused("wrong_delimiter") from None
        raise
    line_end = "\r\n" if lines[lines_before].endswith("\r") else "\n"
    return Header(best, len(names), columns, lines_before, line_end)
