"""Messages of blocked and opened times, and broadcasts of appointments that stand already."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights, Outcome, read_file
from tests.support.siu import HEADER, message, only

PROVIDER = "AIP|1|A|B7^Okafor^Ada"


def of_event(event: str, *more: str, hour: int = 11, **schedule: str) -> str:
    """A message of an event, about a time and nobody."""
    header = HEADER.replace("S12", event).replace("20260302110000", f"20260302{hour}0000")
    return message(*more, header=header, patient="RGS|1", **schedule)


def slots(root: Path, content: str) -> Outcome:
    return read_file(root, "hl7v2", content, "a.hl7", "slot")


def test_a_blocked_time_is_a_slot_that_nobody_can_book(tmp_path: Path) -> None:
    outcome = slots(tmp_path, message() + of_event("S23", PROVIDER, sch_25="Blocked"))
    (row,) = outcome.rows
    wanted = {
        "slot_id": "siu:F100",
        "practitioner_id": "B7",
        "starts_at": datetime(2026, 3, 10, 14),
        "ends_at": datetime(2026, 3, 10, 14, 30),
        "status": "busy-unavailable",
        "is_deleted": False,
    }
    assert {name: row[name] for name in wanted} == wanted
    assert (outcome.numbers, outcome.counts, outcome.content.unmapped) == ([2], (2, 2, 0), ())
    assert [part.feed for part in outcome.content.parts] == ["appointment", "slot"]


@pytest.mark.slow
def test_an_opened_time_takes_its_block_back_and_needs_its_number_alone(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("hl7v2/2026-03-02/a.hl7", of_event("S24", hour=12, sch_11=""))
    nights.land("hl7v2/2026-03-03/a.hl7", of_event("S23", PROVIDER))
    nights.run()
    latest = max(nights.raw("slot"), key=lambda row: row["updated_at"])
    assert (latest["slot_id"], latest["status"], latest["is_deleted"]) == (
        "siu:F100",
        "entered-in-error",
        True,
    )
    assert len(nights.raw("slot")) == 2
    assert nights.raw("appointment") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (of_event("S23"), "missing_required:practitioner_id"),
        (of_event("S23", PROVIDER, sch_11=""), "missing_required:starts_at;missing_required:ends_at"),
        (of_event("S23", PROVIDER, sch_1="", sch_2=""), "missing_required:slot_id"),
    ],
)
def test_a_block_that_says_too_little_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    outcome = slots(tmp_path, content)
    assert (outcome.rows, outcome.refused, outcome.counts) == ([], [(1, reason)], (1, 0, 1))


@pytest.mark.parametrize(
    ("reported", "status"), [("", "booked"), ("Noshow", "noshow"), ("Complete", "fulfilled")]
)
def test_a_broadcast_is_a_version_that_knows_no_time_of_booking(
    tmp_path: Path, reported: str, status: str
) -> None:
    row = only(tmp_path, message(header=HEADER.replace("S12", "S27"), sch_25=reported))
    assert (row["appointment_id"], row["status"], row["booked_at"]) == ("F100", status, None)
    assert row["updated_at"] == datetime(2026, 3, 2, 11, 0, 0, 20)


def test_messages_of_other_kinds_are_counted_by_type_and_event(tmp_path: Path) -> None:
    kinds = ["SRM^S01", "SQM^S25", "SQM^S25", "SIU^S99", "ADT^A04"]
    outcome = slots(tmp_path, "".join(message(header=HEADER.replace("SIU^S12", kind)) for kind in kinds))
    found = {(code.feed, code.column_name, code.code): code.rows for code in outcome.content.unmapped}
    assert found == {
        ("hl7v2", "message_type", "SRM^S01"): 1,
        ("hl7v2", "message_type", "SQM^S25"): 2,
        ("hl7v2", "message_type", "SIU^S99"): 1,
        ("hl7v2", "message_type", "ADT^A04"): 1,
    }
    assert outcome.counts == (5, 0, 5)
