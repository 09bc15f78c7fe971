"""What a SIU message says of one appointment, or of a time that was blocked or opened.

Belongs here: from the fields of a message to the columns of the feeds ``appointment`` and ``slot``, by the
rows of ``seeds/siu_*.csv``, with the reasons of what was decided. Does not belong here: the syntax of
messages (``hl7v2_message.py``), and which of several messages counts: each is a version, and the latest one
does.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from orchestration.feeds.follow_ups import MARK, NO_TIME
from orchestration.feeds.hl7v2_message import Message, NotReadable, Separators
from orchestration.feeds.hl7v2_places import SEVERAL_STARTS, Places
from orchestration.feeds.hl7v2_resources import OF_EARLIER, leaves_out_people
from orchestration.feeds.hl7v2_rules import (
    EVENT_REASON,
    HL7V2,
    NONE,
    PERSONNEL_ROLE,
    SLOT,
    STATUS,
    UNKNOWN,
    SiuRules,
    Trigger,
    bare,
)
from orchestration.feeds.hl7v2_times import in_order, is_time
from orchestration.feeds.placers import PLACER
from orchestration.feeds.words import folded

SIU = "SIU"
REASON_PLACE = ("SCH", 7)
"""The reason for the visit: a code, or what somebody wrote, which is nobody else's business."""

ROLE_PLACE = ("AIP", 4)
"""A taxonomy of providers may stand here, which says the service; most often it is a role, which does not."""

CODED_PLACES = (("AIS", 3), ("SCH", 8), REASON_PLACE, ROLE_PLACE)
REPORTED_COLUMN = "service_line"
OTHER = "other"
CODED_COLUMNS = ("service_line", "visit_type", "modality")
COLUMNS = (
    *("appointment_id", "patient_id", "practitioner_id", "team_id", "service_line", "visit_type", "modality"),
    *("booked_at", "starts_at", "ends_at", "status", "cancelled_at", "slot_id", "encounter_id", "updated_at"),
)
SITE_COLUMNS = ("x_siu_trigger", "x_siu_state", "x_siu_reason", PLACER)
ROW_COLUMNS = (*COLUMNS, "is_deleted", *SITE_COLUMNS)
SLOT_COLUMNS = ("practitioner_id", "team_id", "starts_at", "ends_at", "status", "updated_at")
"""Columns of a slot that stand where those of an appointment do; its id stands in ``appointment_id``."""

BLOCKED = "siu:"
"""Stands before the number of a blocked time, so that it is never that of a slot of another source."""
REMEMBERED = 10_000
"""Answers that are kept for messages that say the same again; then they are worked out anew."""

Key = TypeVar("Key")
Value = TypeVar("Value")
Row = tuple[str | None, ...]
Unmapped = tuple[str, str, str]
"""Column, system and code of what no row of ``seeds/code_map.csv`` knows."""


class Decision(NamedTuple):
    """State and status by trigger event, the event's reason and the reported status."""

    state: str
    status: str
    reason: str
    unmapped: tuple[Unmapped, ...]


class Coding(NamedTuple):
    """A code of what was booked.

    Attributes:
        shown: what a finding may say of it; None where it needs none.
    """

    system: str
    code: str
    shown: str | None


class Coded(NamedTuple):
    """The values of ``CODED_COLUMNS``."""

    values: tuple[str | None, ...]
    unmapped: tuple[Unmapped, ...]


class Schedules:
    """Reads what messages say of appointments, by the rules of one date.

    Decisions and codes recur from message to message and are worked out once.
    """

    def __init__(self, rules: SiuRules) -> None:
        """Keep the rules.

        Args:
            rules: of the delivery's date.
        """
        self.rules = rules
        self._decisions: dict[tuple[Separators, str, tuple[tuple[str, ...], ...]], Decision] = {}
        self._coded: dict[tuple[Separators, tuple[tuple[str, ...], ...]], Coded] = {}

    def row(self, message: Message, trigger_event: str, trigger: Trigger) -> tuple[Row, list[Unmapped]]:
        """What a message says of an appointment or a slot, whichever its event is about.

        Args:
            message: with one SCH segment.
            trigger_event: such as ``S12``.
            trigger: its rule.

        Returns:
            The values of ``ROW_COLUMNS``, and what no row of ``seeds/code_map.csv`` knows.
        """
        if trigger.feed == SLOT:
            return self._slot(message, trigger_event, trigger), []
        return self._appointment(message, trigger_event, trigger)

    def _slot(self, message: Message, trigger_event: str, trigger: Trigger) -> Row:
        """A time that was blocked; one that was opened takes its block back and needs its number alone."""
        read = Places(message, self.rules)
        number = read.appointment_id()
        decision = self._decide(message, trigger_event)
        starts_at, ends_at = read.times()
        happened = read.happened()
        values = {
            "appointment_id": f"{BLOCKED}{number}" if number else None,
            "practitioner_id": read.first("practitioner_id"),
            "team_id": read.first("team_id"),
            "starts_at": starts_at,
            "ends_at": ends_at,
            "status": decision.status,
            "updated_at": in_order(happened, trigger.order) if happened else None,
            "is_deleted": "true" if decision.status == "entered-in-error" else None,
            "x_siu_trigger": trigger_event,
            "x_siu_state": decision.state,
            "x_siu_reason": ";".join(read.reasons) or None,
        }
        return tuple(values.get(column) for column in ROW_COLUMNS)

    def _appointment(
        self, message: Message, trigger_event: str, trigger: Trigger
    ) -> tuple[Row, list[Unmapped]]:
        """The columns of the feed and the site's own, as text; null where the message says nothing."""
        read = Places(message, self.rules, keeps_removed=trigger.keeps_removed)
        appointment_id = read.appointment_id()
        placer = read.placer()
        practitioner_id = read.first("practitioner_id")
        unmapped = [("practitioner_id", HL7V2, code) for code in dict.fromkeys(read.strange)]
        patient_id, team_id = read.first("patient_id"), read.first("team_id")
        slot_id, encounter_id = read.first("slot_id"), read.first("encounter_id")
        decision = self._decide(message, trigger_event)
        status, is_deleted = decision.status, None
        read.reasons += filter(None, [decision.reason])
        unmapped += decision.unmapped
        starts_at, ends_at = read.times()
        if SEVERAL_STARTS in read.reasons:
            unmapped.append(("starts_at", HL7V2, SEVERAL_STARTS.replace("_", " ")))
        is_error = status == "entered-in-error"
        if starts_at and (trigger.may_lack_times or is_error) and not is_time(starts_at):
            starts_at = None
        coded = self._code(read)
        unmapped += coded.unmapped
        happened = read.happened()
        updated_at = in_order(happened, trigger.order) if happened else None
        if happened is None:
            read.reasons.append("no_time_of_message")
        if reason := self.rules.code("processing", message.text("MSH", 11, 1)):
            read.reasons.append(reason)
        if "DSC" in message.lines and message.text("DSC", 1, 1):
            read.reasons.append("goes_on_elsewhere")
        if len(message.lines.get("PID", ())) > 1 and read.patients() > 1:
            read.reasons.append("several_patients")
        is_booking = trigger.time_column == "booked_at"
        booked_at = happened if is_booking else None
        if not is_booking and leaves_out_people(message, self.rules, changes_alone=trigger.changes_alone):
            read.reasons.append(OF_EARLIER)
        is_cancelled = trigger.time_column == "cancelled_at" and status == "cancelled"
        cancelled_at = happened if is_cancelled else None
        if starts_at is None and is_error:
            is_deleted = "true"
            read.reasons.append("deleted_without_times")
        elif starts_at is None and trigger.may_lack_times and appointment_id:
            # The start comes from the appointment's earlier messages, once those are there: until then
            # such a row waits, and the start that it carries is none.
            patient_id, starts_at = f"{MARK}{appointment_id}", NO_TIME
            read.reasons.append("times_of_earlier_message")
            unmapped.append(("starts_at", HL7V2, ""))
        elif patient_id is None and appointment_id:
            # So does the patient, where some other message knows one; else the row has none.
            patient_id = f"{MARK}{appointment_id}"
            read.reasons.append("patient_of_earlier_message")
        row = (
            *(appointment_id, patient_id, practitioner_id, team_id, *coded.values),
            *(booked_at, starts_at, ends_at, status, cancelled_at, slot_id, encounter_id, updated_at),
            *(is_deleted, trigger_event, decision.state, ";".join(read.reasons) or None, placer),
        )
        return row, unmapped

    def _decide(self, message: Message, trigger_event: str) -> Decision:
        """State and status, from the trigger event, the event's reason and the reported status."""
        fields = tuple(tuple(message.fields(*place)) for place in self.rules.decided_by)
        key = (message.separators, trigger_event, fields)
        if (known := self._decisions.get(key)) is None:
            words = [text for text in self._words(message, STATUS) if bare(text)]
            listed = (self.rules.statuses.get(bare(text)) for text in words)
            status = next(filter(None, listed), UNKNOWN if words else NONE)
            read = (self.rules.code(EVENT_REASON, text) for text in self._words(message, EVENT_REASON))
            found = self.rules.outcome(trigger_event, next(filter(None, read), NONE), status)
            unmapped = ((STATUS, HL7V2, words[0]),) if status == UNKNOWN else ()
            known = Decision(found.state, found.status, found.reason, unmapped)
            _remember(self._decisions, key, known)
        return known

    def _words(self, message: Message, column: str) -> list[str]:
        """What the places of a column say, the best first."""
        return [message.text(*source.place) for source in self.rules.sources.get(column, ())]

    def _code(self, read: Places) -> Coded:
        """Service line, visit type and modality: for each the first coding that is known."""
        fields = tuple([tuple(read.fields(*place)) for place in CODED_PLACES])
        key = (read.message.separators, fields)
        if (known := self._coded.get(key)) is None:
            listed = zip(CODED_PLACES, fields, strict=True)
            codings = [
                coding for place, found in listed for coding in self._codings(read.message, place, found)
            ]
            unmapped: list[Unmapped] = []
            values = tuple(self._value(column, codings, unmapped) for column in CODED_COLUMNS)
            known = Coded(values, tuple(unmapped))
            _remember(self._coded, key, known)
        return known

    def _value(self, column: str, codings: list[Coding], unmapped: list[Unmapped]) -> str | None:
        """The value of the first coding that is known; where none is, the first is noted that may be one."""
        known = self.rules.values.get(column, {})
        first: tuple[str, str] | None = None
        for system, code, shown in codings:
            if value := known.get(f"{system}|{code}"):
                return value
            if shown is not None and not self.rules.code("no_service", code):
                first = first or (system, shown)
        if column != REPORTED_COLUMN or first is None:
            return None
        unmapped.append((column, *first))
        return OTHER

    def _codings(self, message: Message, place: tuple[str, int], fields: tuple[str, ...]) -> Iterator[Coding]:
        """What one place says of what was booked, in the order of its weight."""
        systems = self.rules.codes.get("system", {})
        for field in fields:
            for repetition in message.repetitions(field):
                for at in (1, 4):
                    text = message.component(repetition, at + 1)
                    if code := message.component(repetition, at):
                        system = message.component(repetition, at + 2)
                        shown: str | None = code
                        if place == ROLE_PLACE and self.rules.knows(PERSONNEL_ROLE, code, text):
                            shown = None
                        elif place == REASON_PLACE and not system and " " in code:
                            shown = ""
                        yield Coding(systems.get(bare(system), system) or HL7V2, code, shown)
                    if text:
                        yield Coding("text", folded(text), None)


def _remember(known: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep an answer; all are dropped when there are too many, so that memory has a bound."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = value


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
    schedules = len(message.lines.get("SCH", ()))
    if schedules != 1:
        raise NotReadable("several_segments:SCH" if schedules else "missing_segment:SCH")
