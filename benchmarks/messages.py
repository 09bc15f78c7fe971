"""HL7 v2 messages to read at volume: a few invented ones, over and over with new numbers.

They are as wide as what schedulers send: addresses, contacts, notes and segments that no feed takes. Nothing
is drawn by chance: the same size gives the same bytes.

Belongs here: writing files of the messages in ``messages.hl7``. Does not belong here: reading them.
"""

from pathlib import Path
from typing import Final

_MESSAGES: Final = Path(__file__).with_name("messages.hl7")
_EVENTS, _PER_PATIENT, _PRACTITIONERS = 5, 40, 600
_FIELDS: Final = {
    "<own>": "%(own)08d",
    "<patient>": "%(patient)07d",
    "<staff>": "%(staff)03d",
    "<year>": "%(year)02d",
    "<month>": "%(month)02d",
    "<day>": "%(day)02d",
    "<hour>": "%(hour)d",
}


def _formats() -> list[str]:
    """The messages as text with a place for each number, framed as in the log of an interface engine."""
    found = []
    for text in _MESSAGES.read_text(encoding="ascii").strip().split("\n\n"):
        form = text.replace("%", "%%")
        for mark, field in _FIELDS.items():
            form = form.replace(mark, field)
        found.append("\x0b" + form.replace("\n", "\r") + "\r\x1c\r")
    return found


def write_messages(path: Path, megabytes: float) -> int:
    """Write a file of messages: each appointment is booked and moved, and then comes to one of several ends.

    Args:
        path: the file.
        megabytes: its size; the message that reaches it is the last.

    Returns:
        The number of messages.
    """
    formats = _formats()
    wanted, written, number = megabytes * 1e6, 0, 0
    with path.open("w", encoding="ascii", newline="") as target:
        while written < wanted:
            own = number // _EVENTS
            values = {
                "own": own,
                "patient": own // _PER_PATIENT,
                "staff": own % _PRACTITIONERS,
                "year": 20 + own % 6,
                "month": 1 + own % 12,
                "day": 1 + own % 28,
                "hour": own % 10,
            }
            written += target.write(formats[number % len(formats)] % values)
            number += 1
    return number
