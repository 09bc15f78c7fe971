"""What lies in the landing folder.

Belongs here: which files are deliveries, of which feed and date, and which things are not deliveries and why.
Does not belong here: opening a file.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.feeds.contract import Contract, load_contract
from orchestration.feeds.site import NO_SITE, FilePattern, Site

FHIR = "fhir"
HL7V2 = "hl7v2"
IDENTITY = "identity"
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".uploading")
FLAT_FORMATS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet"}
STANDARD_FORMATS = {
    FHIR: dict.fromkeys((".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz", ".json", ".json.gz"), "fhir_ndjson"),
    HL7V2: dict.fromkeys(
        (".hl7", ".hl7.gz", ".mllp", ".mllp.gz", ".log", ".log.gz", ".txt", ".txt.gz"), "hl7v2"
    ),
}
LISTS_OF_FILES = ("manifest.json",)
"""Endings of what an export tells of its own files; they are no deliveries."""

LOGS = ("log.ndjson",)
"""Names of what a client notes of an export, beside the files that it fetched."""

DELIVERED_ENDINGS = tuple(
    ending + packed
    for ending in (".csv", ".parquet", ".ndjson", ".jsonl", ".hl7", ".mllp")
    for packed in ("", ".gz")
)
"""Endings by which a file beside the folders is taken for a delivery that went astray."""


@dataclass(frozen=True, order=True)
class LandedFile:
    """A delivered file.

    Attributes:
        delivered_on: the date of its folder.
        source_file: its path relative to the landing, separated by ``/``.
        folder: the first part of that path: a feed, ``fhir`` or ``hl7v2``.
        format: ``csv``, ``parquet``, ``fhir_ndjson`` or ``hl7v2``.
        path: where it lies now.
    """

    delivered_on: date
    source_file: str
    folder: str
    format: str
    path: Path


@dataclass(frozen=True, order=True)
class Notice:
    """Something in the landing that is not read.

    Attributes:
        kind: ``outside_of_folders``, ``unknown_folder``, ``unreadable_folder``, ``not_a_delivery_date``,
            ``unfinished_upload``, ``unsupported_file``, ``not_a_file``, ``named_for_two_feeds``,
            ``unreadable_name`` or ``changed_while_read``.
        path: relative to the landing.
        delivered_on: the date of its folder, if it has one.
    """

    kind: str
    path: str
    delivered_on: date | None = None


@dataclass(frozen=True)
class Scan:
    """The deliveries to read, in order, and what else was found."""

    files: tuple[LandedFile, ...]
    notices: tuple[Notice, ...]


def _delivery_date(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if re.fullmatch(r"\d{4}-\d\d-\d\d", name, re.ASCII) else None
    except ValueError:
        return None


def _printable(name: str) -> str:
    """A name whose bytes are no UTF-8 with a mark in place of what cannot be written."""
    return name.encode("utf-8", errors="replace").decode("utf-8")


def _children(
    folder: Path, notices: list[Notice], relative: str, delivered_on: date | None = None
) -> list[Path]:
    """What is in a folder, in order; a notice and nothing where it may not be opened or a name is no text."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        notices.append(Notice("unreadable_folder", relative, delivered_on))
        return []
    strange = [path for path in found if _printable(path.name) != path.name]
    for path in strange:
        notices.append(Notice("unreadable_name", f"{relative}/{_printable(path.name)}", delivered_on))
    return [path for path in found if path not in strange]


def _format_of(name: str, folder: str, site: Site = NO_SITE) -> str | None:
    """The format of a file in a dated folder; None where it is none of the feed's."""
    patterns = site.feed(folder).files
    if patterns:
        is_named = any(pattern.fits_name(name) for pattern in patterns if not pattern.is_path)
        return _format_by_suffix(name, folder) or _usual_format(folder) if is_named else None
    return _format_by_suffix(name, folder)


def _format_by_suffix(name: str, folder: str) -> str | None:
    lowered = name.lower()
    if lowered.endswith(LISTS_OF_FILES) or lowered in LOGS:
        return None
    formats = STANDARD_FORMATS.get(folder, FLAT_FORMATS)
    return next((formats[suffix] for suffix in formats if lowered.endswith(suffix)), None)


def _usual_format(folder: str) -> str:
    return next(iter(STANDARD_FORMATS.get(folder, FLAT_FORMATS).values()))


def _is_named_by_site(folder: str, site: Site) -> bool:
    """Whether a folder of the landing is the first part of a path that the site names."""
    patterns = (pattern for feed in site.feeds.values() for pattern in feed.files if pattern.is_path)
    return any(FilePattern(pattern.text.partition("/")[0]).fits_name(folder) for pattern in patterns)


def _named_by_path(landing: Path, site: Site, notices: list[Notice]) -> list[LandedFile]:
    """The files below folders that the site names by a path, and notices of the others there."""
    named = [
        (name, pattern)
        for name, feed in sorted(site.feeds.items())
        for pattern in feed.files
        if pattern.is_path
    ]
    files = []
    for path in sorted(landing.rglob("*")) if named and landing.is_dir() else []:
        relative = path.relative_to(landing)
        parts = relative.parts
        if len(parts) < 2 or parts[0].startswith(".") or not path.is_file():
            continue
        if not _is_named_by_site(parts[0], site):
            continue
        source_file = _printable(relative.as_posix())
        fits = {name: day for name, pattern in named if (day := pattern.delivered_on(source_file))}
        found = next(iter(fits.items()), None)
        if len(fits) > 1 and not _is_unfinished(path.name):
            notices.append(Notice("named_for_two_feeds", source_file, max(fits.values())))
        elif found and source_file == relative.as_posix() and not _is_unfinished(path.name):
            format_ = _format_by_suffix(path.name, found[0]) or _usual_format(found[0])
            files.append(LandedFile(found[1], source_file, found[0], format_, path))
        elif parts[0] not in {*load_contract().feeds, *STANDARD_FORMATS, IDENTITY}:
            kind = "unfinished_upload" if _is_unfinished(path.name) else "unsupported_file"
            notices.append(Notice(kind, source_file, found[1] if found else None))
    return files


def _of_folder(path: Path, source_file: str, delivered_on: date, taken: set[str]) -> list[Notice]:
    """What is told of a folder among the files of a day: itself, or what is not read of its files.

    Args:
        path: the folder, or a link that leads nowhere.
        source_file: its path relative to the landing.
        delivered_on: the day.
        taken: the files that the site names by a path.
    """
    if not any(name.startswith(f"{source_file}/") for name in taken):
        return [Notice("not_a_file", source_file, delivered_on)]
    inside = {f"{source_file}/{_printable(one.relative_to(path).as_posix())}": one for one in path.rglob("*")}
    left = [name for name, one in sorted(inside.items()) if one.is_file() and name not in taken]
    return [Notice("unsupported_file", name, delivered_on) for name in left]


def _is_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(UNFINISHED)


def scan(
    landing: Path, as_of: date | None = None, contract: Contract | None = None, site: Site = NO_SITE
) -> Scan:
    """List the landing.

    Args:
        landing: the folder that feeds land in; one that does not exist holds nothing.
        as_of: folders dated after it are passed over; None takes all.
        contract: the feeds; the package's own if None.
        site: which names of files are deliveries, where they are not the contract's.

    Returns:
        Deliveries sorted by date and path, and notices sorted by kind and path.
    """
    feeds = (contract or load_contract()).feeds
    notices: list[Notice] = []
    by_path = _named_by_path(landing, site, notices)
    taken = {file.source_file for file in by_path} | {notice.path for notice in notices}
    files = [file for file in by_path if as_of is None or file.delivered_on <= as_of]
    for folder in sorted(landing.iterdir()) if landing.is_dir() else []:
        if folder.name.startswith("."):
            continue
        if not folder.is_dir():
            if folder.name.lower().endswith(DELIVERED_ENDINGS):
                notices.append(Notice("outside_of_folders", _printable(folder.name)))
            continue
        if folder.name not in {*feeds, *STANDARD_FORMATS, IDENTITY}:
            if not _is_named_by_site(folder.name, site):
                notices.append(Notice("unknown_folder", _printable(folder.name)))
            continue
        for dated in _children(folder, notices, folder.name):
            delivered_on = _delivery_date(dated.name)
            relative = f"{folder.name}/{dated.name}"
            if relative in taken:
                continue
            if delivered_on is None or not dated.is_dir():
                kind = "unfinished_upload" if _is_unfinished(dated.name) else "not_a_delivery_date"
                notices.append(Notice(kind, relative))
                continue
            if as_of is not None and delivered_on > as_of:
                continue
            for path in _children(dated, notices, relative, delivered_on):
                source_file = f"{relative}/{path.name}"
                if source_file in taken:
                    continue
                format_ = _format_of(path.name, folder.name, site)
                if _is_unfinished(path.name):
                    notices.append(Notice("unfinished_upload", source_file, delivered_on))
                elif not path.is_file():
                    notices += _of_folder(path, source_file, delivered_on, taken)
                elif format_ is None:
                    notices.append(Notice("unsupported_file", source_file, delivered_on))
                else:
                    files.append(LandedFile(delivered_on, source_file, folder.name, format_, path))
    return Scan(tuple(sorted(files)), tuple(sorted(notices, key=lambda notice: (notice.kind, notice.path))))


def latest_delivery_date(landing: Path, site: Site = NO_SITE) -> date | None:
    """The latest date on which anything was delivered; None where nothing was.

    A dated folder counts where it holds a delivery: an empty folder, or one with an upload in progress alone,
    does not.
    """
    return max(delivered_days(landing, site), default=None)


def delivered_days(landing: Path, site: Site = NO_SITE) -> dict[date, set[str]]:
    """Return the folders of the landing that hold a file, by delivery date."""
    days: dict[date, set[str]] = {}
    for file in scan(landing, site=site).files:
        days.setdefault(file.delivered_on, set()).add(file.folder)
    return days
