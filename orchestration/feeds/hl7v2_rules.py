"""The rules of reading SIU messages, as rows of seeds in force on a date.

Belongs here: loading ``seeds/siu_*.csv`` and the codes of HL7 v2. Does not belong here: applying them
(``hl7v2_appointment.py``).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from orchestration.feeds.codes import CODE_MAP_FILE, load_code_map, rows_in_force
from orchestration.redaction import SafeError

TRIGGER_FILE = "siu_trigger.csv"
STATUS_RULE_FILE = "siu_status_rule.csv"
SOURCE_FILE = "siu_source.csv"
SIU_FILES = (TRIGGER_FILE, STATUS_RULE_FILE, SOURCE_FILE)
HL7V2 = "hl7v2"
ANY = "any"
NONE = "none"
UNKNOWN = "unknown"
NEVER = "never"
DURATION_UNIT = "duration_unit"
AUTHORITY = "identifier_authority"
PERSONNEL_ROLE = "personnel_role"
RESOURCE_TYPE = "resource_type"
EVENT_REASON = "event_reason"
STATUS = "status"
APPOINTMENT = "appointment"
SLOT = "slot"
SOURCE_COLUMNS = {
    *("appointment_id", "appointment_scope", "updated_at", "patient_id", "practitioner_id", "team_id"),
    *("slot_id", "encounter_id", "starts_at", "ends_at", "duration", STATUS, EVENT_REASON),
}
"""Columns whose places rows may name."""

STATUS_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0278"


@lru_cache(maxsize=4096)
def bare(code: str) -> str:
    """A code without case and punctuation, as it is compared: ``No-Show`` and ``NOSHOW`` are one."""
    return re.sub(r"[\W_]+", "", code).upper()


@dataclass(frozen=True)
class Trigger:
    """What a trigger event does by itself.

    Attributes:
        feed: which its messages are rows of.
        state: of the appointment or slot behind it.
        order: of two messages of the same instant the one with the higher order is the later one.
        time_column: the column that takes the time of the message; empty for none.
        may_lack_times: whether a message without a start takes it from earlier messages.
        keeps_removed: whether resources that the message removes still say who it was with, where no other
            does.
        changes_alone: whether the message lists the resources that change, and not the others.
    """

    feed: str
    state: str
    order: int
    time_column: str
    may_lack_times: bool
    keeps_removed: bool
    changes_alone: bool


@dataclass(frozen=True)
class Outcome:
    """What event, reason and reported status together mean."""

    state: str
    status: str
    reason: str


class Place(NamedTuple):
    """A component of a field: ``SCH-11.4`` is ``("SCH", 11, 4)``."""

    segment: str
    field: int
    component: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read ``SCH-11.4``; without a component the first one is meant.

        Raises:
            SafeError: it is no place.
        """
        found = re.fullmatch(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?", text)
        if found is None:
            raise SafeError(f"{SOURCE_FILE}: {text!r} is no place in a message; write it as SCH-11.4")
        return cls(found[1], int(found[2]), int(found[3] or 1))


@dataclass(frozen=True)
class Source:
    """Where a column may be found.

    Attributes:
        place: where.
        beside: the unit of an amount, or the type of an identifier or resource, if the value depends on one.
        codes: the codes that rank what stands beside; empty where nothing does.
        start: the start that an end belongs to, if the message gives one with it.
        longest_seconds: a length over it is not believed.
        reason: what a row says that was filled from here.
    """

    place: Place
    beside: Place | None
    codes: str
    start: Place | None
    longest_seconds: float
    reason: str

    @cached_property
    def is_ranked(self) -> bool:
        """Whether what stands beside a value says how good it is."""
        return self.beside is not None and self.codes != DURATION_UNIT


@dataclass(frozen=True)
class SiuRules:
    """All rules of one date.

    Attributes:
        triggers: by trigger event; one that is not here is not taken.
        outcomes: by trigger event, event reason and reported status.
        sources: by column, the best first.
        codes: what a code of HL7 v2 is read as, by kind and bare code.
        statuses: the feed's status of a bare status code.
        values: the values of a column of the feed by ``system|code``.
    """

    triggers: Mapping[str, Trigger]
    outcomes: Mapping[tuple[str, str, str], Outcome]
    sources: Mapping[str, tuple[Source, ...]]
    codes: Mapping[str, Mapping[str, str]]
    statuses: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]

    @cached_property
    def decided_by(self) -> tuple[tuple[str, int], ...]:
        """Segment and field of all that a status is decided by."""
        listed = (*self.sources.get(EVENT_REASON, ()), *self.sources.get(STATUS, ()))
        return tuple(dict.fromkeys(source.place[:2] for source in listed))

    def outcome(self, trigger: str, reason: str, status: str) -> Outcome:
        """The most exact row: the reason weighs more than the status.

        Raises:
            KeyError: no row covers the trigger.
        """
        for key in ((trigger, reason, status), (trigger, reason, ANY), (trigger, ANY, status)):
            if key in self.outcomes:
                return self.outcomes[key]
        return self.outcomes[trigger, ANY, ANY]

    def coded(self, kind: str, code: str, text: str) -> str:
        """What a coded element is read as: by its code, by the text behind it, or as any other code."""
        known = self.codes.get(kind, {})
        return known.get(bare(code)) or known.get(bare(text)) or self.code(kind, code or text)

    def knows(self, kind: str, code: str, text: str = "") -> bool:
        """Whether a code or the text behind it has a row of its own."""
        known = self.codes.get(kind, {})
        return bare(code) in known or bare(text) in known

    def code(self, kind: str, code: str) -> str:
        """What a code is read as; the row for any code where it has none of its own; empty without rows."""
        known = self.codes.get(kind, {})
        return known.get(bare(code) or NONE, known.get(ANY, ""))


def load_siu_rules(seeds: Path, day: date) -> SiuRules:
    """Read the rules in force on a date; once for as long as the seeds stay as they are.

    Args:
        seeds: the folder of the rules that are rows.
        day: the delivery date of the file that is read.

    Returns:
        The rules.

    Raises:
        SafeError: a row says what cannot be, or one is missing that another one needs.
    """
    found = [(seeds / name).stat() for name in (*SIU_FILES, CODE_MAP_FILE)]
    return _load(seeds, day, tuple((stat.st_mtime_ns, stat.st_size) for stat in found))


@lru_cache(maxsize=64)
def _load(seeds: Path, day: date, _stamps: tuple[tuple[int, int], ...]) -> SiuRules:
    triggers = {
        row["trigger_event"]: Trigger(
            row["feed"],
            row["state"],
            _number(row, "order_in_instant", TRIGGER_FILE),
            row["time_column"],
            row["may_lack_times"] == "true",
            row["keeps_removed"] == "true",
            row["changes_alone"] == "true",
        )
        for row in rows_in_force(seeds / TRIGGER_FILE, day)
    }
    outcomes = {
        (row["trigger_event"], row["event_reason"], row["reported_status"]): Outcome(
            row["state"], row["status"], row["reason"]
        )
        for row in rows_in_force(seeds / STATUS_RULE_FILE, day)
    }
    sources: dict[str, list[Source]] = {}
    listed = rows_in_force(seeds / SOURCE_FILE, day)
    for row in sorted(listed, key=lambda row: _number(row, "priority", SOURCE_FILE)):
        source = Source(
            Place.parse(row["source_field"]),
            Place.parse(row["beside_field"]) if row["beside_field"] else None,
            row["beside_codes"],
            Place.parse(row["start_field"]) if row["start_field"] else None,
            60 * _number(row, "longest_minutes", SOURCE_FILE) if row["longest_minutes"] else math.inf,
            row["reason"],
        )
        sources.setdefault(row["feed_column"], []).append(source)
    _check(triggers, outcomes, sources)
    entries = load_code_map(seeds, day).entries
    codes = {
        column: {_code(pair): value for pair, value in known.items()}
        for (feed, column), known in entries.items()
        if feed == HL7V2
    }
    statuses = {
        _code(pair): value
        for pair, value in entries.get((APPOINTMENT, "status"), {}).items()
        if pair.startswith(f"{STATUS_SYSTEM}|")
    }
    values = {column: known for (feed, column), known in entries.items() if feed == APPOINTMENT}
    return SiuRules(
        triggers,
        outcomes,
        {column: tuple(listed) for column, listed in sources.items()},
        codes,
        statuses,
        values,
    )


def _number(row: Mapping[str, str], column: str, file: str) -> int:
    try:
        return int(row[column])
    except ValueError:
        raise SafeError(f"{file}: {column} {row[column]!r} is no whole number") from None


def _check(
    triggers: Mapping[str, Trigger],
    outcomes: Mapping[tuple[str, str, str], Outcome],
    sources: Mapping[str, list[Source]],
) -> None:
    """See that the rows go together: a site adds its own, and none of them may stop a night half way."""
    for event, trigger in triggers.items():
        if trigger.feed not in (APPOINTMENT, SLOT):
            raise SafeError(
                f"{TRIGGER_FILE}: {event} fills {trigger.feed!r}; it may fill appointment or slot"
            )
        if (event, ANY, ANY) not in outcomes:
            raise SafeError(
                f"{STATUS_RULE_FILE}: no row of any reason and status for {event}, which {TRIGGER_FILE} has"
            )
    if unknown := sorted(sources.keys() - SOURCE_COLUMNS):
        known = ", ".join(sorted(SOURCE_COLUMNS))
        raise SafeError(f"{SOURCE_FILE}: {unknown[0]!r} is no column that is looked for; these are: {known}")


def _code(pair: str) -> str:
    code = pair.partition("|")[2]
    return code if code in (ANY, NONE) else bare(code)
