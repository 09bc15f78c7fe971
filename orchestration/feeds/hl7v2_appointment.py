"""What a SIU message says of one appointment.

Belongs here: from the fields of a message to the columns of the feed ``appointment``, by the rows of
``seeds/siu_*.csv``, with the reasons of what was decided. Does not belong here: the syntax of messages
(``hl7v2_message.py``), and which of several messages counts: each is a version, and the latest one does.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

from orchestration.feeds.follow_ups import MARK
from orchestration.feeds.hl7v2_message import Message, NotReadable, iso_time
from orchestration.feeds.hl7v2_rules import (
    HL7V2,
    NEVER,
    NONE,
    UNKNOWN,
    Place,
    SiuRules,
    Source,
    Trigger,
    bare,
)

Row = dict[str, str | None]

SIU = "SIU"
OF_RESOURCES = ("AIS", "AIG", "AIL", "AIP")
REMOVED = "D"
NO_TIME = "1900-01-01"
STATUS_PLACE = Place("SCH", 25, 1)
CODED_PLACES = (("AIS", 3), ("SCH", 8), ("SCH", 7), ("AIP", 4))
REPORTED_COLUMN = "service_line"
OTHER = "other"
CODED_COLUMNS = ("service_line", "visit_type", "modality")
PLAIN_COLUMNS = ("practitioner_id", "patient_id", "team_id", "slot_id", "encounter_id")
COLUMNS = (
    *("appointment_id", "patient_id", "practitioner_id", "team_id", "service_line", "visit_type", "modality"),
    *("booked_at", "starts_at", "ends_at", "status", "cancelled_at", "slot_id", "encounter_id", "updated_at"),
)
SITE_COLUMNS = ("x_siu_trigger", "x_siu_state", "x_siu_reason")
ROW_COLUMNS = (*COLUMNS, "is_deleted", *SITE_COLUMNS)
AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]*)")
LETTER_FIRST = re.compile(r"([A-Za-z])(\d{1,9})")


class Appointment:
    """One message on its way to a row of the feed.

    Attributes:
        unmapped: column, system and code of what no row of ``seeds/code_map.csv`` knows.
    """

    def __init__(self, message: Message, rules: SiuRules, trigger_event: str, trigger: Trigger) -> None:
        """Keep what is read.

        Args:
            message: with one SCH segment.
            rules: of the delivery's date.
            trigger_event: such as ``S12``.
            trigger: its rule.
        """
        self.message = message
        self.rules = rules
        self.trigger_event = trigger_event
        self.trigger = trigger
        self.reasons: list[str] = []
        self.unmapped: list[tuple[str, str, str]] = []

    def row(self) -> Row:
        """The columns of the feed and the site's own, as text; null where the message says nothing."""
        row: Row = dict.fromkeys(ROW_COLUMNS)
        row["x_siu_trigger"] = self.trigger_event
        row["appointment_id"] = self._appointment_id()
        for column in PLAIN_COLUMNS:
            row[column] = self._first(column)
        self._decide(row)
        self._time(row)
        for column in CODED_COLUMNS:
            row[column] = self._coded(column)
        happened = self._first("updated_at")
        if happened is not None:
            happened = iso_time(happened)
            row["updated_at"] = _in_order(happened, self.trigger.order)
            if self.trigger.time_column:
                row[self.trigger.time_column] = happened
        if row["status"] != "cancelled":
            row["cancelled_at"] = None
        if row["starts_at"] is None:
            self._leave_open(row)
        row["x_siu_reason"] = ";".join(self.reasons) or None
        return row

    def _leave_open(self, row: Row) -> None:
        """What becomes of a message without a start.

        A deletion needs none. Others take it from the appointment's earlier messages, once those are there:
        until then such a row waits, and the start that it carries is none. The rest is refused.
        """
        if row["status"] == "entered-in-error":
            row["is_deleted"] = "true"
            self.reasons.append("deleted_without_times")
        elif self.trigger.may_lack_times and row["appointment_id"]:
            row["patient_id"] = f"{MARK}{row['appointment_id']}"
            row["starts_at"] = NO_TIME
            self.reasons.append("times_of_earlier_message")
            self.unmapped.append(("starts_at", HL7V2, ""))

    def _decide(self, row: Row) -> None:
        """State and status, from the trigger event, the event's reason and the reported status."""
        reported = self._text(STATUS_PLACE)
        status = self.rules.statuses.get(bare(reported), UNKNOWN) if bare(reported) else NONE
        if status == UNKNOWN:
            self.unmapped.append(("status", HL7V2, reported))
        reason = ""
        for number in (1, 2):
            reason = reason or self.rules.code("event_reason", self._text(Place("SCH", 6, number)))
        found = self.rules.outcome(self.trigger_event, reason or NONE, status)
        row["x_siu_state"], row["status"] = found.state, found.status
        if found.reason:
            self.reasons.append(found.reason)

    def _time(self, row: Row) -> None:
        """Start and end; an end that is not after the start, or belongs to another start, is none."""
        starts = [(source, iso_time(value)) for source, value in self._found("starts_at")]
        if not starts:
            return
        self._note(starts[0][0])
        row["starts_at"] = begin = starts[0][1]
        others = dict(reversed(starts))
        if any(other != begin for source, other in others.items() if not source.reason):
            self.reasons.append("starts_disagree")
        for source, value in self._found("ends_at"):
            own = source.start and self._text(source.start)
            if own and iso_time(own) != begin:
                continue
            if not _is_after(iso_time(value), begin):
                self.reasons.append("end_not_after_start")
                continue
            self._note(source)
            row["ends_at"] = iso_time(value)
            return
        for source, value in self._found("duration"):
            seconds = self._seconds(value, source)
            if seconds and seconds <= source.longest_seconds and (end := _later(begin, seconds)):
                self._note(source)
                row["ends_at"] = end
                return
        self.reasons.append("no_end")

    def _seconds(self, value: str, source: Source) -> float | None:
        """A length in seconds; null where amount or unit say nothing."""
        if found := LETTER_FIRST.fullmatch(value):
            amount, unit = found[2], found[1]
        elif found := AMOUNT.fullmatch(value):
            amount, unit = found[1], found[2] or (self._text(source.beside) if source.beside else "")
        else:
            return None
        factor = self.rules.code(source.codes, unit)
        return float(amount) * float(factor) if factor else None

    def _appointment_id(self) -> str | None:
        """The scheduler's number; later occurrences of a series carry their own behind it."""
        number, occurrence = self._first("appointment_id"), self._text(Place("SCH", 3, 1))
        is_later = occurrence.isdecimal() and occurrence.isascii() and int(occurrence) > 1
        return f"{number}#{int(occurrence)}" if number and is_later else number

    def _coded(self, column: str) -> str | None:
        """The value of the first coding that is known; where none is, the first one is noted."""
        known = self.rules.values.get(column, {})
        first: tuple[str, str] | None = None
        for system, code in self._codings:
            if value := known.get(f"{system}|{code}"):
                return value
            if not self.rules.code("no_service", code):
                first = first or (system, code)
        if column != REPORTED_COLUMN or first is None:
            return None
        self.unmapped.append((column, *first))
        return OTHER

    @cached_property
    def _codings(self) -> list[tuple[str, str]]:
        """System and code of what was booked, in the order of their weight."""
        systems = self.rules.codes.get("system", {})
        found = []
        for segment, number in CODED_PLACES:
            for field in self._fields(segment, number):
                for repetition in self.message.repetitions(field):
                    for at in (1, 4):
                        if code := self.message.component(repetition, at):
                            system = self.message.component(repetition, at + 2)
                            found.append((systems.get(bare(system), system) or HL7V2, code))
        return found

    def _note(self, source: Source) -> None:
        if source.reason and source.reason not in self.reasons:
            self.reasons.append(source.reason)

    def _first(self, column: str) -> str | None:
        for source, value in self._found(column):
            self._note(source)
            return value
        return None

    def _found(self, column: str) -> Iterator[tuple[Source, str]]:
        """What a column's sources hold, the best first."""
        for source in self.rules.sources.get(column, ()):
            ranked = sorted(self._ranked(source), key=lambda found: found[0])
            yield from ((source, value) for _, value in ranked)

    def _ranked(self, source: Source) -> Iterator[tuple[str, str]]:
        """The values at a place with the rank that the type beside them gives."""
        place, beside = source.place, source.beside
        is_ranked = beside is not None and source.codes != "duration_unit"
        types = self._fields(beside.segment, beside.field) if beside and is_ranked else []
        for position, field in enumerate(self._fields(place.segment, place.field)):
            for repetition in self.message.repetitions(field):
                value = self.message.component(repetition, place.component)
                if not value:
                    continue
                rank = ""
                if beside is not None and is_ranked:
                    same_field = (beside.segment, beside.field) == (place.segment, place.field)
                    holder = repetition if same_field else (types[position] if position < len(types) else "")
                    rank = self.rules.code(source.codes, self.message.component(holder, beside.component))
                if rank != NEVER:
                    yield rank, value

    def _fields(self, segment: str, number: int) -> list[str]:
        """A field of each segment of that name, empty where it ends before; removed resources go."""
        place = number - 1 if segment == "MSH" else number
        listed = self.message.segments.get(segment, [])
        if segment in OF_RESOURCES:
            listed = [fields for fields in listed if len(fields) < 3 or fields[2].strip().upper() != REMOVED]
        return [fields[place] if len(fields) > place else "" for fields in listed]

    def _text(self, place: Place) -> str:
        return self.message.text(place.segment, place.field, place.component)


def open_message(body: bytes) -> Message:
    """A message that can be read at all.

    Raises:
        NotReadable: the reason, which holds nothing of the message.
    """
    try:
        return Message(body)
    except NotReadable:
        raise NotReadable("malformed_row") from None


def check_siu(message: Message) -> None:
    """See that a SIU message is about one appointment.

    Raises:
        NotReadable: ``missing_segment:SCH`` or ``several_segments:SCH``.
    """
    schedules = len(message.segments.get("SCH", ()))
    if schedules != 1:
        raise NotReadable("several_segments:SCH" if schedules else "missing_segment:SCH")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_after(end: str, start: str) -> bool:
    """Whether an end is after a start; true where they cannot be compared."""
    first, last = _moment(start), _moment(end)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return True
    return last > first


def _later(start: str, seconds: float) -> str | None:
    moment = _moment(start)
    try:
        return (moment + timedelta(seconds=round(seconds))).isoformat() if moment else None
    except OverflowError:
        return None


def _in_order(moment: str, order: int) -> str:
    """A time with the place among messages of the same instant in its fifth and sixth decimal."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-].*)?)?", moment)
    if found is None:
        return moment
    day, clock, part, zone = found.groups()
    return f"{day}T{clock or '00:00:00'}.{(part or '')[:4]:0<4}{order:02d}{zone or ''}"
