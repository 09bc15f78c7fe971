"""What a look at a landing folder can find, as plain counts without a value of a patient.

Belongs here: the form of what is found. Does not belong here: looking (``doctor``) and showing
(``doctor_render``).
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal

from orchestration.ahead import Ahead
from orchestration.feeds.due import Due
from orchestration.feeds.landing import FHIR, HL7V2, Notice

FOLDERS: Final = {"fhir_ndjson": FHIR, "hl7v2": HL7V2}
"""Folders of the landing by the format that they are for; other files lie in their feed's own."""

State = Literal["missing", "late", "refused"]


@dataclass(frozen=True)
class Delivered:
    """What was delivered of a feed in one format.

    Attributes:
        read_on: the latest date of a file that is not refused as a whole; ``date.min`` where all are.
        files: landed files that hold something for the feed; ``twice`` of them hold the bytes of another.
        refused_files: of them, those that would be refused as a whole.
    """

    feed: str
    format: str
    files: int
    twice: int
    refused_files: int
    first_on: date
    last_on: date
    read_on: date
    rows_read: int
    rows_accepted: int
    rows_quarantined: int

    @property
    def folder(self) -> str:
        """The folder of the landing that it came in."""
        return FOLDERS.get(self.format, self.feed)


@dataclass(frozen=True)
class Refusal:
    """A reason to refuse rows, or whole files, of a feed.

    Attributes:
        rows: refused rows; 0 where whole files are.
        files: refused files; 0 where rows are.
        paths: the files concerned, relative to the landing.
    """

    feed: str
    reason: str
    rows: int
    files: int
    paths: tuple[str, ...]


@dataclass(frozen=True)
class UnknownColumn:
    """A column that the contract does not have: it is dropped."""

    feed: str
    column_name: str
    files: int


@dataclass(frozen=True)
class UnknownPayer:
    """A payer without rules; one of few rows is blank, since it may be no payer but a person."""

    feed: str
    name: str
    rows: int


@dataclass(frozen=True)
class UnknownCode:
    """A code that the rules have no row for; a code that might be more than one is blank."""

    feed: str
    column_name: str
    system: str
    code: str
    rows: int


@dataclass(frozen=True)
class Unjoined:
    """Rows of a feed whose identifier leads to nobody, or to two."""

    feed: str
    column_name: str
    system: str
    reason: str
    rows: int


@dataclass(frozen=True)
class WaitingReports:
    """Reports of what became of rows of a feed that have not been delivered."""

    feed: str
    rows: int


@dataclass(frozen=True)
class Gap:
    """A feed that is not there, or not in time, and what that costs.

    Attributes:
        is_required: whether the site requires it.
        is_stop: whether the night should not go on without it: it is required, and nothing of it is there.
    """

    feed: str
    state: State
    newest_on: date | None
    due: Due
    what_it_costs: str
    is_required: bool
    is_stop: bool


@dataclass(frozen=True)
class Look:
    """What was found.

    Attributes:
        as_of_date: the business date of a night over this landing; None where nothing was delivered.
        zones_further_east: zones of teams whose midnights fall on the day before in the site's zone, in which
            FHIR's instants become dates; none without FHIR.
        is_zone_missing: whether teams name zones and the site itself is left in UTC.
        required_in_fhir: feeds that the site requires and that come as FHIR alone: the sensor, which looks at
            folders, waits for files of their own.
        awaited: feeds whose delivery of today has not come and may still come in time, with the time.
        ahead: delivery dates after today; none where a date is asked for.
        stops: what would stop the night, a sentence each; none where the landing is usable.
    """

    as_of_date: date | None
    delivered: tuple[Delivered, ...]
    refusals: tuple[Refusal, ...]
    notices: tuple[Notice, ...]
    unknown_columns: tuple[UnknownColumn, ...]
    unknown_codes: tuple[UnknownCode, ...]
    unknown_payers: tuple[UnknownPayer, ...]
    unjoined: tuple[Unjoined, ...]
    waiting: tuple[WaitingReports, ...]
    gaps: tuple[Gap, ...]
    zones_further_east: tuple[str, ...]
    is_zone_missing: bool
    required_in_fhir: tuple[str, ...]
    awaited: tuple[tuple[str, time], ...]
    ahead: Ahead
    stops: tuple[str, ...]
