"""Invented SIU messages, and what became of them.

Belongs here: building a message from the fields that a test is about, and reading it.
Does not belong here: what is expected of it.
"""

import json
from pathlib import Path

from tests.support.feeds_night import Outcome, Row, read_file

HEADER = "MSH|^~\\&|BOOKINGS|NORTHSIDE|WAREHOUSE|NORTHSIDE|20260302110000||SIU^S12|1|P|2.5.1"
SCHEDULE = {1: "P100", 2: "F100", 11: "^^^202603101400^202603101430", 25: "Booked"}
PATIENT = "PID|1||M900^^^NS^MR||Lindgren^Tova"


def segment(name: str, fields: dict[int, str]) -> str:
    """A segment from its fields by number."""
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def message(*more: str, header: str = HEADER, patient: str = PATIENT, **schedule: str) -> str:
    """A booking; ``sch_25="Noshow"`` changes a field of SCH, and further segments stand behind PID."""
    fields = SCHEDULE | {int(name.removeprefix("sch_")): text for name, text in schedule.items()}
    return "\r".join([header, segment("SCH", fields), patient, *more]) + "\r"


def read(root: Path, content: str | bytes, name: str = "a.hl7") -> Outcome:
    """Read a file of messages."""
    return read_file(root, "hl7v2", content, name, "appointment")


def only(root: Path, content: str | bytes, name: str = "a.hl7") -> Row:
    """The one row that a good message fills, the site's own columns beside the feed's."""
    outcome = read(root, content, name)
    assert outcome.refused == []
    (row,) = outcome.rows
    return {**row, **json.loads(row["site_columns"])}
