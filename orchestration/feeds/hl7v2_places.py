"""Where a SIU message says something: the places that rows name, the best first.

Belongs here: looking up a column by the rows of ``seeds/siu_source.csv``, and start and end of an
appointment. Does not belong here: what is made of it (``hl7v2_appointment.py``).
"""

import re
from collections.abc import Iterator

from orchestration.feeds.hl7v2_message import Message
from orchestration.feeds.hl7v2_resources import OF_RESOURCES, PLAIN, not_gone, not_removed, removes_groups
from orchestration.feeds.hl7v2_rules import AUTHORITY, NEVER, SiuRules, Source
from orchestration.feeds.hl7v2_times import is_after, is_time, iso_time, later
from orchestration.feeds.placers import PLACED

WITH_REMOVED = "with_removed_resources"
SEVERAL_STARTS = "several_starts"
DAY = len("2026-03-02")
CLOCK = "T"  # stands in a time that says more than its day

ENDED = "~"
"""Stands behind the rank of what has ended: behind all others of its type, and before the next type."""

VALID_UNTIL = 8
"""The component of an identifier (CX) that says when it ended."""

OCCURRENCE = re.compile(r"[0-9]{1,9}")
AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]*)")
LETTER_FIRST = re.compile(r"([A-Za-z])(\d{1,9})")


class Places:
    """One message, looked up by the places that the rules name.

    Attributes:
        message: what is looked up.
        reasons: what was decided so far, in order.
        strange: types beside values that were passed over because no row knows them; empty for somebody who
            is named and has no number.
    """

    def __init__(self, message: Message, rules: SiuRules, *, keeps_removed: bool = False) -> None:
        """Keep what is read.

        Args:
            message: any.
            rules: of the delivery's date.
            keeps_removed: whether removed resources count where there are no others.
        """
        self.message = message
        self.rules = rules
        self.keeps_removed = keeps_removed
        self.reasons: list[str] = []
        self.strange: list[str] = []
        self._standing: dict[str, list[list[str]]] = {}
        self._takes_groups = removes_groups(message)

    def first(self, column: str) -> str | None:
        """The value of a column from the best place that has one; a number of zeros alone is none."""
        for source in self.rules.sources.get(column, ()):
            if (value := self._best(source)) and value.strip("0"):
                self._note(source)
                return value
        return None

    def appointment_id(self) -> str | None:
        """The scheduler's number, behind the name of its numbers where a site says where that stands.

        Later occurrences of a series carry their own behind it.
        """
        return self._whole(self.first("appointment_id"))

    def placer(self) -> str | None:
        """The number that messages without the filler's have, where this one has both."""
        if PLACED in self.reasons:
            return None
        sources = self.rules.sources.get("appointment_id", ())
        numbers = (self._best(source) for source in sources if source.reason == PLACED)
        return self._whole(next((number for number in numbers if number.strip("0")), None))

    def _whole(self, number: str | None) -> str | None:
        """A number behind the name of its numbers, and before that of its occurrence."""
        occurrence = self.message.text("SCH", 3, 1)
        if number and (scope := self.first("appointment_scope")):
            number = f"{scope}:{number}"
        is_later = OCCURRENCE.fullmatch(occurrence) is not None and int(occurrence) > 1
        return f"{number}#{int(occurrence)}" if number and is_later else number

    def happened(self) -> str | None:
        """When it happened, in ISO 8601.

        A day gives way to a time on it, and what is no time, or a day after the message was sent, to the
        message's own time.
        """
        best: str | None = None
        first = ""
        for source in self.rules.sources.get("updated_at", ()):
            if not (value := self._best(source)):
                continue
            found = iso_time(value)
            if best is None or (CLOCK not in best and found.startswith(best)):
                best, first = found, value
                self._note(source)
            elif is_time(value) and not is_time(first):
                best, first = found, value
                self.reasons.append("event_time_is_no_time")
            elif is_time(value) and best[:DAY] > found[:DAY]:
                best = found
                self.reasons.append("event_after_message")
        return best

    def times(self) -> tuple[str | None, str | None]:
        """Start and end; an end that is not after the start, or belongs to another start, is none.

        A text that is no time gives way to the next place, and a day to a time on it.
        """
        begin, no_time, do_agree = None, None, True
        for source in self.rules.sources.get("starts_at", ()):
            if begin is not None and source.reason and CLOCK in begin:
                continue
            if not (value := self._best(source)):
                continue
            found = iso_time(value)
            if not is_time(value):
                no_time = no_time or (None if source.reason else found)
            elif begin is None or (CLOCK not in begin and found.startswith(begin)):
                begin = found
                self._note(source)
            elif not source.reason:
                do_agree = do_agree and found == begin
        if no_time is not None:
            self.reasons.append("start_is_no_time")
        if begin is None:
            return no_time, None
        if not do_agree:
            self.reasons.append("starts_disagree")
        if self._has_several_starts():
            self.reasons.append(SEVERAL_STARTS)
        return begin, self._end(begin)

    def _has_several_starts(self) -> bool:
        """Whether one place names several starts: a series under one number, and a row has the first."""
        sign = self.message.separators.repetition
        for source in self.rules.sources.get("starts_at", ()):
            if source.reason:
                continue
            fields = self.fields(source.place.segment, source.place.field)
            if len(fields) > 1 or (sign and fields and sign in fields[0]):
                starts = {iso_time(value) for value in self._values(source) if is_time(value)}
                if len(starts) > 1:
                    return True
        return False

    def _end(self, begin: str) -> str | None:
        for source in self.rules.sources.get("ends_at", ()):
            for value in self._values(source):
                own = self.message.text(*source.start) if source.start else ""
                if own and iso_time(own) != begin:
                    continue
                if not is_time(value):
                    self.reasons.append("end_is_no_time")
                    continue
                end = iso_time(value)
                if not is_after(end, begin):
                    self.reasons.append("end_not_after_start")
                    continue
                self._note(source)
                return end
        for source in self.rules.sources.get("duration", ()):
            for value in self._values(source):
                seconds = self._seconds(value, source)
                if seconds and seconds <= source.longest_seconds and (until := later(begin, seconds)):
                    self._note(source)
                    return until
        self.reasons.append("no_end")
        return None

    def _seconds(self, value: str, source: Source) -> float | None:
        """A length in seconds; null where amount or unit say nothing."""
        if found := LETTER_FIRST.fullmatch(value):
            amount, unit = found[2], found[1]
        elif found := AMOUNT.fullmatch(value):
            amount, unit = found[1], found[2] or self._unit(source)
        else:
            return None
        factor = self.rules.code(source.codes, unit)
        return float(amount) * float(factor) if factor else None

    def _unit(self, source: Source) -> str:
        """The unit of an amount: behind it where a row knows it, else in its own field, maybe in words."""
        segment, number, component = source.place
        behind = self.message.text(segment, number, 2) if component == 1 else ""
        if behind and self.rules.knows(source.codes, behind):
            return behind
        if source.beside is None:
            return ""
        segment, number, component = source.beside
        words = component + 1 if component == 1 and (segment, number) != source.place[:2] else component
        return self.message.text(*source.beside) or self.message.text(segment, number, words)

    def patients(self) -> int:
        """How many patients the usual place names, each in a segment of its own."""
        _, number, component = self.rules.sources["patient_id"][0].place
        named = (self.message.first_of([field], component) for field in self.fields("PID", number))
        return len(set(filter(None, named)))

    def _note(self, source: Source) -> None:
        if source.reason and source.reason not in self.reasons:
            self.reasons.append(source.reason)

    def _best(self, source: Source) -> str:
        """The value at a place that the type beside it puts first; empty where there is none."""
        if not source.is_ranked:
            segment, number, component = source.place
            return self.message.first_of(self.fields(segment, number), component)
        best, rank = "", ""
        for other, value in self._ranked(source):
            if not best or other < rank:
                best, rank = value, other
        if best:
            self.strange.clear()
        return best

    def _values(self, source: Source) -> list[str]:
        """All values at a place, the best first."""
        if source.is_ranked:
            return [value for _, value in sorted(self._ranked(source), key=lambda found: found[0])]
        segment, number, component = source.place
        repetitions = [
            part for field in self.fields(segment, number) for part in self.message.repetitions(field)
        ]
        return [value for part in repetitions if (value := self.message.component(part, component))]

    def _ranked(self, source: Source) -> Iterator[tuple[str, str]]:
        """The values at a place with the rank that the type beside them gives."""
        place, beside, component = source.place, source.beside, self.message.component
        is_same_field = beside is not None and beside[:2] == place[:2]
        types: list[str] = []
        if beside and source.is_ranked and not is_same_field:
            types = self.fields(beside.segment, beside.field)
        for position, field in enumerate(self.fields(place.segment, place.field)):
            for repetition in self.message.repetitions(field) if field else ():
                value = component(repetition, place.component)
                number = value.strip("0")
                is_only_named = not (number or is_same_field) and component(repetition, place.component + 1)
                if not (number or is_only_named):
                    continue
                rank = ""
                if beside is not None and source.is_ranked:
                    other = types[position] if position < len(types) else ""
                    holder = repetition if is_same_field else other
                    code = self.message.named(holder, beside.component)
                    # A number in the sender's own table has the word behind it.
                    text = component(holder, 2) if beside.component == 1 else ""
                    rank = self.rules.coded(source.codes, code, text)
                    if is_same_field and not code:
                        # Some write the type where the authority belongs.
                        authority = component(holder, beside.component - 1)
                        rank = self.rules.code(AUTHORITY, authority) or rank
                    elif rank == NEVER and value and not self.rules.knows(source.codes, code, text):
                        self.strange.append(code)
                if rank != NEVER and is_only_named:
                    self.strange.append("")
                elif rank != NEVER:
                    yield rank + (ENDED if is_same_field and self._has_ended(repetition) else ""), value

    def _has_ended(self, identifier: str) -> bool:
        """Whether an identifier was valid until a day before the message."""
        if identifier.count(self.message.separators.component) < VALID_UNTIL - 1:
            return False
        until = self.message.component(identifier, VALID_UNTIL)
        if not until or not is_time(until):
            return False
        return iso_time(until)[:DAY] < iso_time(self.message.text("MSH", 7, 1))[:DAY]

    def fields(self, segment: str, number: int) -> list[str]:
        """A field of each segment of that name, empty where it ends before; removed resources go."""
        place = number - 1 if segment == "MSH" else number
        if (listed := self._standing.get(segment)) is None:
            listed = self.message.parts(segment)
            if segment in OF_RESOURCES and listed:
                is_one = len(listed) == 1 and len(listed[0]) > 2 and listed[0][2] in PLAIN
                if self._takes_groups or not is_one:
                    listed = self._of_resources(segment, listed)
            self._standing[segment] = listed
        if len(listed) == 1:
            return listed[0][place : place + 1] or [""]
        return [parts[place] if len(parts) > place else "" for parts in listed]

    def _of_resources(self, segment: str, listed: list[list[str]]) -> list[list[str]]:
        """The resources that stand; of a message that removes all, those, where they still say who it was."""
        standing = not_removed(self.message, segment, listed, in_groups=self._takes_groups)
        if not standing and self.keeps_removed:
            standing = listed
            if WITH_REMOVED not in self.reasons:
                self.reasons.append(WITH_REMOVED)
        if len(standing) > 1:
            standing = not_gone(self.message, segment, standing, self.rules.statuses)
        return standing
