"""One HL7 v2 message as text: its separators, segments, fields and times.

Belongs here: the syntax of v2.2 to v2.8 as senders bend it. Does not belong here: what a field means for an
appointment (``hl7v2_appointment.py``).
"""

import re
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from orchestration.feeds.hl7v2_written import (
    BREAK_ENDS,
    LAST_BREAK,
    LINE_OF_A_LOG,
    SEGMENTS,
    WRITTEN_BREAKS,
)

IN_SMALL_LETTERS = {name.lower() for name in (*SEGMENTS.split("|"), "MSH") if name.isalnum()}
ESCAPED_SIGN = "&amp;"
"""A subcomponent separator of a header in a message that was exported as XML."""

HEADER_FIELDS = 11
"""A header has this many fields before another segment can begin in the same line."""

SEPARATORS_END = 64
"""The separators of a header stand before this place."""

BOM = "\ufeff"
ESCAPED = {"H": "", "N": "", ".br": " ", ".sp": " ", ".in": "", ".ti": "", ".fi": "", ".nf": "", ".ce": " "}
DELETED = '""'
BLANKS = " \t\0\u00a0"
ADDENDUM = "ADD"
"""Begins a line that goes on with the segment before it."""

BESIDE_SCHEDULE = ("PID", "AIS", "AIG", "AIL", "AIP")
"""A schedule without any of these has lost its line ends."""


class NotReadable(Exception):
    """The message is none. Its text is the reason and holds nothing of the message."""


class Separators(NamedTuple):
    """The characters that part a message; a missing one is empty."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


def _separators(text: str) -> Separators:
    """The separators that the header names.

    Raises:
        NotReadable: there are none.
    """
    mark = text[3:4]
    end = text.find(mark, 4, SEPARATORS_END) if mark else -1
    return _named_separators(mark, text[4 : end if end >= 0 else SEPARATORS_END])


@lru_cache(maxsize=64)
def _named_separators(mark: str, named: str) -> Separators:
    """The field separator with those that a header names; where it leaves some out, the others keep order.

    Raises:
        NotReadable: there are none.
    """
    named = named.strip() if mark else ""
    named = named.replace("\\\\", "\\")
    if not named or len(named) > 5 or any(sign.isalnum() or sign.isspace() for sign in named):
        raise NotReadable
    component, repetition, rest = named[0], named[1:2], named[2:]
    if len(rest) >= 2:
        # Nobody escapes by the sign for subcomponents: such senders have the two the wrong way round.
        escape, subcomponent = ("\\", "&") if rest[:2] == "&\\" else (rest[0], rest[1])
        return Separators(mark, component, repetition, escape, subcomponent)
    escape, subcomponent = (rest, "") if rest == "\\" else ("", rest)
    return Separators(mark, component, repetition, escape, subcomponent)


def _declared_encoding(body: bytes) -> str:
    """The character set of MSH-18, as Python calls it; empty where it names none that is of use."""
    header = re.split(rb"[\r\n]", body, maxsplit=1)[0].split(body[3:4])
    named = header[17].decode("ascii", errors="replace").upper() if len(header) > 17 else ""
    found = re.match(r"8859/(\d\d?)", named)
    return f"iso8859-{found[1]}" if found and found[1] not in ("1", "15") else ""


def decoded(body: bytes) -> str:
    """The text of a message: UTF-8 where the bytes are, else the set of MSH-18, else Windows-1252."""
    if body.isascii():
        return body.decode("ascii")
    for encoding in ("utf-8", _declared_encoding(body), "cp1252"):
        try:
            if encoding:
                return body.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("latin-1")


@lru_cache(maxsize=4096)
def _segment_name(start: str, mark: str) -> str:
    """The segment that a line begins with, by its first four characters; empty where that is none."""
    name = start[:3].upper() if start[:3] in IN_SMALL_LETTERS else start[:3]
    is_name = len(name) == 3 and name.isalnum() and name.isupper() and start[3:] in (mark, "")
    return name if is_name else ""


class Message:
    """A message whose segments can be looked up.

    Attributes:
        separators: as its header names them.
        lines: the lines of each segment, in order, not yet parted.
    """

    def __init__(self, body: bytes) -> None:
        """Part the message into segments.

        Args:
            body: from ``MSH`` on.

        Raises:
            NotReadable: the header names no separators.
        """
        text = decoded(body).lstrip(BOM + " \t")
        if ESCAPED_SIGN in text[:SEPARATORS_END]:
            text = unescape(text)
        self.separators = _separators(text)
        self.lines = self._lines(text)
        if "SCH" not in self.lines:
            if WRITTEN_BREAKS.search(text):
                text = WRITTEN_BREAKS.sub("\r", text)
                self.lines = self._lines(text)
        elif (header := self.lines["MSH"][0])[-1] in BREAK_ENDS and (written := LAST_BREAK.search(header)):
            text = text.replace(written[0], "\r")
            self.lines = self._lines(text)
        whole = text
        for gap in (r"[ \t]", r"(?<![A-Z])"):
            if "SCH" not in self.lines or self.lines.keys().isdisjoint(BESIDE_SCHEDULE):
                text = self._broken(whole, gap)
                self.lines = self._lines(text)
        if ADDENDUM in self.lines:
            text = re.sub(rf"[\r\n]+{ADDENDUM}{re.escape(self.separators.field)}", "", text)
            self.lines = self._lines(text)
        self._text = text
        self._parted: dict[str, list[list[str]]] = {}

    def _broken(self, text: str, gap: str) -> str:
        """The text with a break before each segment that stands in the line of another one."""
        mark = re.escape(self.separators.field)
        head = re.match(rf"(?:[^\r\n{mark}]*{mark}){{{HEADER_FIELDS}}}", text)
        if head is None:
            return text
        inside = re.compile(rf"{gap}(?=(?:{SEGMENTS}){mark})")
        return head[0] + inside.sub("\r", text[head.end() :])

    def _lines(self, text: str) -> dict[str, list[str]]:
        """Lines by segment, in order; a broken line with a separator goes on, but for those of a log."""
        mark = self.separators.field
        found: dict[str, list[str]] = {}
        last: list[str] = []
        rest: list[str] = []
        for line in text.replace("\n", "\r").split("\r"):
            name = _segment_name(line[:4], mark)
            if not name:
                line = line.strip(BLANKS)
                name = _segment_name(line[:4], mark)
                if not name:
                    if last and mark in line and not LINE_OF_A_LOG.match(line):
                        rest.append(line)
                    continue
            if rest:
                last[-1] = "".join([last[-1].rstrip(BLANKS), *rest])
                rest.clear()
            if (listed := found.get(name)) is None:
                found[name] = last = [line]
            else:
                listed.append(line)
                last = listed
        if rest:
            last[-1] = "".join([last[-1].rstrip(BLANKS), *rest])
        return found

    def names(self) -> list[str]:
        """The name of each segment, in their order."""
        lines = self._text.replace("\n", "\r").split("\r")
        named = (_segment_name(line.strip(BLANKS)[:4], self.separators.field) for line in lines)
        return list(filter(None, named))

    @property
    def segments(self) -> dict[str, list[list[str]]]:
        """The fields of each segment, by its name."""
        return {name: self.parts(name) for name in self.lines}

    def parts(self, segment: str) -> list[list[str]]:
        """The fields of each segment of that name, its name being the first."""
        if (found := self._parted.get(segment)) is None:
            mark = self.separators.field
            found = [line.strip(BLANKS).split(mark) for line in self.lines.get(segment, ())]
            self._parted[segment] = found
        return found

    @property
    def event(self) -> tuple[str, str]:
        """Message type and trigger event; where MSH-9 lacks the event, EVN-1 names it."""
        kind = self.text("MSH", 9, 1).upper()
        trigger = self.text("MSH", 9, 2).upper() or self.text("EVN", 1, 1).upper()
        if not trigger and (found := re.fullmatch(r"([A-Z]{3})[_-]?([A-Z]\d\d)", kind)):
            return found[1], found[2]
        return kind, trigger

    def fields(self, segment: str, number: int) -> list[str]:
        """A field of each segment of that name, unread; fewer where a segment ends before it."""
        place = number - 1 if segment == "MSH" else number
        return [fields[place] for fields in self.parts(segment) if len(fields) > place]

    def text(self, segment: str, number: int, component: int) -> str:
        """The first value of a component among repetitions and segments; empty where there is none."""
        return self.first_of(self.fields(segment, number), component)

    def first_of(self, fields: list[str], component: int) -> str:
        """The first value of a component among fields and their repetitions; empty where there is none."""
        sign = self.separators.repetition
        for field in fields:
            if sign and sign in field:
                for repetition in field.split(sign):
                    if value := self.component(repetition, component):
                        return value
            elif field and (value := self.component(field, component)):
                return value
        return ""

    def repetitions(self, field: str) -> list[str]:
        """The repetitions of a field."""
        sign = self.separators.repetition
        return field.split(sign) if sign and sign in field else [field]

    def component(self, field: str, number: int) -> str:
        """A component's first subcomponent as plain text; empty where it is missing or deleted."""
        _, component, _, escape, subcomponent = self.separators
        if component in field:
            parts = field.split(component, number)
            value = parts[number - 1] if len(parts) >= number else ""
        else:
            value = field if number == 1 else ""
        if not value or value.isalnum():
            return value
        if subcomponent and subcomponent in value:
            value = value.split(subcomponent, 1)[0]
        value = value.strip(BLANKS)
        if value == DELETED:
            return ""
        return self._unescaped(value).strip() if escape and escape in value else value

    def named(self, field: str, number: int) -> str:
        """A component that names something, or its number if it has no name: ``&1.2.3&ISO`` is ``1.2.3``."""
        value = self.component(field, number)
        _, component, _, _, subcomponent = self.separators
        if value or not subcomponent or subcomponent not in field:
            return value
        parts = field.split(component)
        named = parts[number - 1].split(subcomponent) if len(parts) >= number else []
        return next(filter(None, named), "")

    def _unescaped(self, value: str) -> str:
        signs = self.separators
        known = {
            "F": signs.field,
            "S": signs.component,
            "R": signs.repetition,
            "E": signs.escape,
            "T": signs.subcomponent,
            **ESCAPED,
        }

        def plain(found: re.Match[str]) -> str:
            code = found[1]
            if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", code):
                return bytes.fromhex(code[1:]).decode("latin-1")
            return known.get(code, known.get(code[:3], found[0]) if code.startswith(".") else found[0])

        sign = re.escape(signs.escape)
        return re.sub(rf"{sign}([^{sign}]{{1,40}}){sign}", plain, value)
