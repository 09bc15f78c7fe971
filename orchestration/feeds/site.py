"""What one site does its own way, as ingestion needs it: file names, delimiters, payers, teams, identifiers.

Belongs here: these rules as plain values, and what they make of a name or of a column. Does not belong here:
the file that a site writes them in (``orchestration/profile.py``).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from orchestration.feeds.contract import Feed
from orchestration.feeds.door import Staged
from orchestration.feeds.lake import quoted
from orchestration.feeds.words import folded, folded_sql

Kind = Literal["patient", "practitioner"]

DATE_FORMS: Final[Mapping[str, str]] = {
    "{date}": r"(?P<date>\d{4}-\d\d-\d\d)",
    "{yyyymmdd}": r"(?P<compact>\d{8})",
}
TEAM_COLUMN: Final = "team_id"
PAYER_COLUMN: Final = "payer_id"
FEEDS_WITH_A_TEAM: Final = ("staffing", "panel", "encounter", "appointment", "slot", "referral", "episode")
"""Feeds in which a blank team is left out of the source; in the others it means the whole organization."""


@dataclass(frozen=True)
class FilePattern:
    """A pattern of file names.

    Attributes:
        text: as the site wrote it. With a ``/`` it is a path in the landing and names the delivery date;
            without one it is the name of a file in ``<feed>/<YYYY-MM-DD>/``.
    """

    text: str

    @property
    def is_path(self) -> bool:
        """Whether it is a path in the landing."""
        return "/" in self.text

    def delivered_on(self, path: str) -> date | None:
        """The delivery date that a path of the landing carries; None where it does not fit."""
        found = re.fullmatch(self._expression, path, re.ASCII | re.IGNORECASE)
        if found is None:
            return None
        groups = found.groupdict()
        text = groups.get("date") or groups.get("compact") or ""
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    def fits_name(self, name: str) -> bool:
        """Whether a file's name fits."""
        return re.fullmatch(self._expression, name, re.ASCII | re.IGNORECASE) is not None

    @property
    def _expression(self) -> str:
        parts = re.split(r"(\{date\}|\{yyyymmdd\}|\*|\?)", self.text)
        wild = {"*": "[^/]*", "?": "[^/]", **DATE_FORMS}
        return "".join(wild.get(part, re.escape(part)) for part in parts)


@dataclass(frozen=True)
class FeedSite:
    """What a site does its own way in one feed.

    Attributes:
        files: which files are the feed's; empty is as the contract has it.
        delimiter: of its delimited files; None looks for one.
        systems: the identifier system that its ids of patients and practitioners belong to.
        stamp_zone: the zone of ``updated_at`` where it has no offset; empty is the site's.
    """

    files: tuple[FilePattern, ...] = ()
    delimiter: str | None = None
    systems: tuple[tuple[Kind, str], ...] = ()
    stamp_zone: str = ""

    def system(self, kind: Kind) -> str:
        """The system of the feed's ids of a kind; empty where the site names none."""
        return dict(self.systems).get(kind, "")


AS_CONTRACTED: Final = FeedSite()


@dataclass(frozen=True)
class Site:
    """What a site does its own way.

    Attributes:
        feeds: by feed, ``fhir`` and ``hl7v2`` among them.
        payers: payer id by the name that sources write, compared as ``folded``.
        default_team: the team of rows that name none; empty leaves them without.
        systems: by kind, the identifier systems whose value is the warehouse's id, the first that a resource
            carries counting; empty keeps the resource's own id.
        time_zone: in which an instant becomes a date, and of stamps without an offset.
    """

    feeds: Mapping[str, FeedSite] = field(default_factory=dict)
    payers: Mapping[str, str] = field(default_factory=dict)
    default_team: str = ""
    systems: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    time_zone: str = "UTC"

    def feed(self, name: str) -> FeedSite:
        """What the site does its own way in a feed."""
        return self.feeds.get(name, AS_CONTRACTED)

    def fingerprint(self) -> str:
        """Changes with whatever changes what a file becomes; empty where that is as the contract has it."""
        if self == Site():
            return ""
        told = [sorted(self.feeds.items()), sorted(self.payers.items()), self.default_team, self.time_zone]
        return hashlib.sha256(repr([*told, sorted(self.systems.items())]).encode()).hexdigest()[:16]

    def stamp_zone(self, name: str) -> str:
        """The zone of a feed's ``updated_at`` where it has no offset."""
        return self.feed(name).stamp_zone or self.time_zone

    @property
    def stamp_zones(self) -> frozenset[str]:
        """All zones of stamps without an offset."""
        return frozenset({self.time_zone, *map(self.stamp_zone, self.feeds)})

    @property
    def states_systems(self) -> bool:
        """Whether the site says of any identifier which system it belongs to."""
        return bool(self.systems) or any(feed.systems for feed in self.feeds.values())

    def filled(self, feed: Feed) -> frozenset[str]:
        """The columns of a feed that need not be there, because the site has a value for them."""
        return frozenset({TEAM_COLUMN} if self.default_team and feed.name in FEEDS_WITH_A_TEAM else ())

    def apply(self, feed: Feed, staged: Staged) -> Staged:
        """Put the site's payers and team into rows on their way to the door.

        Args:
            feed: the contract.
            staged: the rows as text.

        Returns:
            The rows, with other expressions for the columns that the site has something to say of.
        """
        columns = dict(staged.columns)
        if self.payers and PAYER_COLUMN in columns:
            name = folded_sql(f"{staged.trim}({columns[PAYER_COLUMN]})")
            payers = {folded(key): value for key, value in self.payers.items()}
            known = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in sorted(payers.items()))
            columns[PAYER_COLUMN] = f"coalesce(MAP {{{known}}}[{name}], {columns[PAYER_COLUMN]})"
        for column in sorted(self.filled(feed)):
            given = f"{staged.trim}({columns[column]})" if column in columns else "NULL"
            columns[column] = f"coalesce({given}, {quoted(self.default_team)})"
        changed = {name for name, text in columns.items() if staged.columns.get(name) != text}
        return replace(staged, columns=columns, trimmed=staged.trimmed - changed) if changed else staged


NO_SITE: Final = Site()
"""Everything as the contract has it."""
