"""One HL7 v2 message as text: its separators, segments, fields and times.

Belongs here: the syntax of v2.2 to v2.8 as senders bend it. Does not belong here: what a field means for an
appointment (``hl7v2_appointment.py``).
"""

import re
from dataclasses import dataclass
from functools import cached_property

SEGMENTS = (
    "SCH|TQ1|TQ2|NTE|PID|PD1|PV1|PV2|OBX|DG1|RGS|AIS|AIG|AIL|AIP|EVN|ROL|PRT|ARV|AL1|NK1|GT1|IN1|IN2|APR|"
    "Z[A-Z0-9]{2}"
)
WRITTEN_BREAKS = re.compile(r"\\r\\n|\\r|\\n|<CR>|<LF>|&#13;|&#xD;", re.IGNORECASE)
HEADER_FIELDS = 11
"""A header has this many fields before another segment can begin in the same line."""

BOM = "\ufeff"
ESCAPED = {"H": "", "N": "", ".br": " ", ".sp": " ", ".in": "", ".ti": "", ".fi": "", ".nf": "", ".ce": " "}
TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
DELETED = '""'


class NotReadable(Exception):
    """The message is none. Its text is the reason and holds nothing of the message."""


@dataclass(frozen=True)
class Separators:
    """The characters that part a message; a missing one is empty."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


def _separators(text: str) -> Separators:
    """The separators that the header names; where it leaves some out, the rest keep their order.

    Raises:
        NotReadable: there are none.
    """
    mark = text[3:4]
    named = text[4:].split(mark, 1)[0].strip() if mark else ""
    named = named.removesuffix("amp;") if named.endswith("&amp;") else named
    named = named.replace("\\\\", "\\")
    if not named or len(named) > 5 or any(sign.isalnum() or sign.isspace() for sign in named):
        raise NotReadable
    component, repetition, rest = named[0], named[1:2], named[2:]
    if len(rest) >= 2:
        return Separators(mark, component, repetition, rest[0], rest[1])
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


class Message:
    """A message whose segments can be looked up."""

    def __init__(self, body: bytes) -> None:
        """Part the message into segments.

        Args:
            body: from ``MSH`` on.

        Raises:
            NotReadable: the header names no separators.
        """
        text = decoded(body).lstrip(BOM + " \t")
        self.separators = _separators(text)
        self.segments = self._segments(text)
        if "SCH" not in self.segments and WRITTEN_BREAKS.search(text):
            text = WRITTEN_BREAKS.sub("\r", text)
            self.segments = self._segments(text)
        for gap in (r"[ \t]", r"(?<![A-Z])"):
            if "SCH" not in self.segments or not self.segments.keys() & {"PID", "AIS", "AIG", "AIL", "AIP"}:
                self.segments = self._segments(self._broken(text, gap))

    def _broken(self, text: str, gap: str) -> str:
        """The text with a break before each segment that stands in the line of another one."""
        mark = re.escape(self.separators.field)
        head = re.match(rf"(?:[^\r\n{mark}]*{mark}){{{HEADER_FIELDS}}}", text)
        if head is None:
            return text
        inside = re.compile(rf"{gap}(?=(?:{SEGMENTS}){mark})")
        return head[0] + inside.sub("\r", text[head.end() :])

    def _segments(self, text: str) -> dict[str, list[list[str]]]:
        """Fields by segment, in order; a broken line goes on where it holds a separator."""
        mark = self.separators.field
        found: dict[str, list[list[str]]] = {}
        last: list[str] | None = None
        for line in text.replace("\n", "\r").split("\r"):
            bare = line.strip(" \t\0")
            name = bare[:3]
            if len(name) == 3 and name.isalnum() and name.isupper() and bare[3:4] in (mark, ""):
                last = bare.split(mark)
                found.setdefault(name, []).append(last)
            elif last is not None and mark in bare:
                more = bare.split(mark)
                last[-1] += more[0]
                last.extend(more[1:])
        return found

    @cached_property
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
        return [fields[place] for fields in self.segments.get(segment, ()) if len(fields) > place]

    def text(self, segment: str, number: int, component: int) -> str:
        """The first value of a component among repetitions and segments; empty where there is none."""
        for field in self.fields(segment, number):
            for repetition in self.repetitions(field):
                if value := self.component(repetition, component):
                    return value
        return ""

    def repetitions(self, field: str) -> list[str]:
        """The repetitions of a field."""
        sign = self.separators.repetition
        return field.split(sign) if sign and sign in field else [field]

    def component(self, field: str, number: int) -> str:
        """A component's first subcomponent as plain text; empty where it is missing or deleted."""
        parts = field.split(self.separators.component)
        if len(parts) < number:
            return ""
        value = parts[number - 1]
        if sign := self.separators.subcomponent:
            value = value.split(sign, 1)[0]
        value = value.strip(" \t\0")
        if value == DELETED:
            return ""
        escape = self.separators.escape
        return self._unescaped(value).strip() if escape and escape in value else value

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


def iso_time(text: str) -> str:
    """A time of HL7 as ISO 8601, as exact as it was sent; text that is none stays as it is."""
    found = TIME.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second, part, zone = found.groups()
    if hour is None and zone is None:
        return f"{year}-{month}-{day}"
    moment = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    moment += f".{part}" if part else ""
    if zone is None or zone == "Z":
        return moment + (zone or "")
    sign, digits = zone[0], zone[1:].replace(":", "")
    return f"{moment}{'+' if digits == '0000' else sign}{digits[:2]}:{digits[2:]}"
