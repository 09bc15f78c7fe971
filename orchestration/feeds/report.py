"""What an ingestion tells of itself.

Belongs here: one entry a landed file and feed, the totals, and whether the models must be built anew.
Does not belong here: severities and sentences for people.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date

from orchestration.feeds.landing import LandedFile, Notice
from orchestration.feeds.opened import FILE_ID_LENGTH
from orchestration.feeds.registry import Content, Copy, Loaded, State, readable


@dataclass(frozen=True)
class FileResult:
    """What became of one landed file in one feed; a row of ``feed_file``.

    Attributes:
        feed: the feed; ``fhir`` and ``hl7v2`` for lines and messages that fill none.
        status: ``accepted``, ``rejected`` or ``duplicate``.
        reason: why the file was rejected.
        unknown_columns: names of columns that the contract does not have, separated by ``;``.
        is_pending: accepted, and no build has succeeded since.
    """

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

    def row(self) -> tuple[object, ...]:
        """The values in column order."""
        return astuple(self)


@dataclass(frozen=True)
class IngestReport:
    """What a night's ingestion found.

    Attributes:
        as_of_date: the business date; None where nothing was ever delivered.
        files: one entry a landed file and feed, all nights.
        notices: what lies in the landing and was not read.
        needs_full_refresh: whether incremental models must be built anew: nothing was built yet, the date
            went back, or rows that were built from are gone or changed.
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
            read, accepted, refused = sums.get(file.feed, (0, 0, 0))
            sums[file.feed] = (
                read + file.rows_read,
                accepted + file.rows_accepted,
                refused + file.rows_quarantined,
            )
        return sums


def _of_copy(copy: Copy, content: Content, *, is_first: bool, is_built: bool) -> Iterable[FileResult]:
    status = "duplicate" if not is_first else "rejected" if content.reason else "accepted"
    for part in content.parts:
        yield FileResult(
            feed=part.feed,
            delivered_on=date.fromisoformat(copy.delivered_on),
            source_file=copy.source_file,
            file_id=copy.file_id,
            format=copy.format,
            status=status,
            reason=content.reason or None,
            rows_read=part.rows_read if is_first else 0,
            rows_accepted=part.rows_accepted if is_first else 0,
            rows_quarantined=part.rows_quarantined if is_first else 0,
            unknown_columns=";".join(part.unknown_columns) or None,
            is_pending=status == "accepted" and not is_built,
        )


def _of_unreadable(file: LandedFile) -> FileResult:
    name = hashlib.sha256(f"unreadable:{file.source_file}".encode()).hexdigest()[:FILE_ID_LENGTH]
    return FileResult(
        feed=file.folder,
        delivered_on=file.delivered_on,
        source_file=file.source_file,
        file_id=name,
        format=file.format,
        status="rejected",
        reason="unreadable_file",
        rows_read=0,
        rows_accepted=0,
        rows_quarantined=0,
        unknown_columns=None,
        is_pending=False,
    )


def make_report(
    state: State,
    loaded: Loaded | None,
    as_of: date | None,
    unreadable: Iterable[LandedFile],
    notices: Iterable[Notice],
) -> IngestReport:
    """Tell what the registry holds as of a date.

    Args:
        state: the registry after the ingestion.
        loaded: what the last successful build read.
        as_of: the business date.
        unreadable: files that could not be opened this night.
        notices: what was found and not read.

    Returns:
        The report, its entries sorted by date, path and feed.
    """
    ordered = tuple(sorted(notices, key=lambda notice: (notice.kind, notice.path)))
    if as_of is None:
        return IngestReport(None, (), ordered, needs_full_refresh=loaded is None)
    built = loaded.contents if loaded else {}
    canonical = state.canonical()
    files = [_of_unreadable(file) for file in unreadable]
    for copy in state.copies.values():
        content = state.contents.get(copy.content)
        if content is not None and copy.delivered_on <= as_of.isoformat():
            is_built = built.get(copy.content) == content.identity()
            files.extend(_of_copy(copy, content, is_first=canonical[copy.content] == copy, is_built=is_built))
    files.sort(key=lambda file: (file.delivered_on, file.source_file, file.feed))
    now = readable(state, as_of)
    is_changed = any(now.get(key) != identity for key, identity in built.items())
    went_back = loaded is not None and as_of < loaded.as_of
    return IngestReport(as_of, tuple(files), ordered, loaded is None or went_back or is_changed)
