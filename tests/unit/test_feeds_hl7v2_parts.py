"""Parts of messages that take others back, go on from them or stand between them."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.siu import HEADER, message, only, read

pytestmark = pytest.mark.slow

CHANGED = HEADER.replace("S12", "S14")
NO_END = "^^^202603101400"


@pytest.mark.parametrize(
    ("segments", "found"),
    [
        (("RGS|1|D", "AIP|1||B7", "RGS|2|A", "AIP|1||B8"), "B8"),
        (("RGS|1|A", "AIP|1||B7", "RGS|2|D", "AIP|1||B8"), "B7"),
        (("RGS|1|D", "AIS|1||X", "AIG|1||B6|D", "AIP|1||B7", "RGS|2", "AIG|1||B9|D"), "B9"),
        (("RGS|1|d", "AIP|1||B7"), None),
        (("AIP|1|DEL|B7", "AIP|2|ADD|B8"), "B8"),
        (("AIP|1|Deleted|B7", "AIP|2|A|B8"), "B8"),
    ],
)
def test_a_group_that_is_removed_takes_its_resources_with_it(
    tmp_path: Path, segments: tuple[str, ...], found: str | None
) -> None:
    assert only(tmp_path, message(*segments, header=CHANGED))["practitioner_id"] == found


def test_a_cancellation_that_removes_every_group_was_with_them(tmp_path: Path) -> None:
    row = only(tmp_path, message("RGS|1|D", "AIP|1||B7", header=HEADER.replace("S12", "S15")))
    assert row["practitioner_id"] == "B7"
    assert "with_removed_resources" in row["x_siu_reason"]


@pytest.mark.parametrize(
    ("segments", "found"),
    [
        (("AIP|1||B7|||||||||Cancelled", "AIP|2||B8|||||||||Booked"), "B8"),
        (("AIP|1||B7|||||||||Deleted", "AIP|2||B8"), "B8"),
        (("AIP|1||B7|||||||||^CANCELED", "AIP|2||B8"), "B8"),
        (("AIP|1||B7|||||||||Cancelled", "AIP|2||B8|||||||||Cancelled"), "B7"),
        (("AIP|1||B7|||||||||Cancelled",), "B7"),
        (("AIG|1||B7|D||||||||||Cancelled", "AIG|2||B8|D||||||||||Booked"), "B8"),
    ],
)
def test_a_resource_that_is_cancelled_gives_way_to_one_that_is_not(
    tmp_path: Path, segments: tuple[str, ...], found: str
) -> None:
    assert only(tmp_path, message(*segments, header=CHANGED))["practitioner_id"] == found


@pytest.mark.parametrize(
    ("schedule", "segments", "minute"),
    [
        ({"sch_9": "2", "sch_10": "^Hours"}, (), 16 * 60),
        ({"sch_9": "1800", "sch_10": "^Seconds"}, (), 14 * 60 + 30),
        ({"sch_9": "20", "sch_10": "^Min^L"}, (), 14 * 60 + 20),
        ({}, ("AIS|1||90834^^CPT|||||1|^HR^Hour",), 14 * 60),
        ({}, ("AIS|1||90834^^CPT||||1|^HR^Hour",), 15 * 60),
    ],
)
def test_a_unit_may_be_said_in_words_alone(
    tmp_path: Path, schedule: dict[str, str], segments: tuple[str, ...], minute: int
) -> None:
    row = only(tmp_path, message(*segments, sch_11=NO_END, **schedule))
    expected = datetime(2026, 3, 10, minute // 60, minute % 60) if minute > 14 * 60 else None
    assert row["ends_at"] == expected


@pytest.mark.parametrize("stamp", ["03/02/2026 11:00 AM", "now", "20260230110000", "0"])
def test_an_event_without_a_time_that_can_be_read_has_the_one_of_its_message(
    tmp_path: Path, stamp: str
) -> None:
    row = only(tmp_path, message(f"EVN|S12|{stamp}"))
    assert (row["updated_at"], row["booked_at"]) == (datetime(2026, 3, 2, 11), datetime(2026, 3, 2, 11))
    assert row["x_siu_reason"] == "event_time_is_no_time"


def test_where_neither_time_can_be_read_the_message_is_refused(tmp_path: Path) -> None:
    outcome = read(tmp_path, message("EVN|S12|now", header=HEADER.replace("20260302110000", "today")))
    assert outcome.refused == [(1, "invalid_type:booked_at;invalid_type:updated_at")]


def test_a_segment_goes_on_in_the_addendum_behind_it(tmp_path: Path) -> None:
    row = only(tmp_path, message("RGS|1", "AIP|1|A|B", "ADD|712^Okafor", "ADD|^Ada|DOC"))
    assert row["practitioner_id"] == "B712"


def test_a_message_that_goes_on_in_another_one_says_so(tmp_path: Path) -> None:
    rest = HEADER + "||1234\rRGS|1\rAIP|1||B7\r"
    outcome = read(tmp_path, message("DSC|1234|F", sch_25="Booked") + rest)
    assert (outcome.counts, outcome.refused) == ((2, 1, 1), [(2, "missing_segment:SCH")])
    assert '"x_siu_reason":"goes_on_elsewhere"' in outcome.rows[0]["site_columns"]
    assert "goes_on" not in str(only(tmp_path, message("DSC||"))["x_siu_reason"])


@pytest.mark.parametrize(
    "line", ["------ Message 2 | of 4 ------", "=== sent | AA ===", "***|***", "### a|b"]
)
def test_a_rule_between_the_messages_of_a_log_is_not_of_them(tmp_path: Path, line: str) -> None:
    first, second = message("AIP|1||B7"), message("AIP|1||B8", sch_2="F200")
    outcome = read(tmp_path, f"{first}{line}\r\n{second}")
    assert [row["practitioner_id"] for row in outcome.rows] == ["B7", "B8"]
    assert outcome.content.unmapped == ()


@pytest.mark.parametrize(
    ("event", "segments", "is_kept"),
    [
        ("S12", (), False),
        ("S13", (), True),
        ("S14", ("PV1|1|O|||||A1^Attending",), True),
        ("S26", (), True),
        ("S14", ("RGS|1",), False),
        ("S14", ("AIL|1||ROOM",), False),
        ("S18", ("RGS|1", "AIL|1|A|ROOM"), True),
        ("S18", ("RGS|1", "AIP|1|A|N1|RN"), True),
        ("S18", ("RGS|1", "AIP|1|A|I1|INTERPRETER", "AIG|1|A|B8|DOC"), True),
        ("S18", ("RGS|1", "AIP|1|A|N1|RN", "AIP|2|D|B7"), False),
        ("S18", ("RGS|1", "AIP|1||B8"), False),
        ("S14", ("RGS|1", "AIP|1|A|B8"), False),
        ("S19", ("RGS|1", "AIP|1|U|B7"), False),
        ("S22", ("RGS|1", "AIP|1|D|B7"), False),
        ("S22", ("RGS|1", "AIP|1|D|N1|RN"), True),
        ("S20", ("RGS|1", "AIP|1|D|I1|INTERPRETER"), True),
        ("S19", ("RGS|1", "AIP|1|U|N1|^Medical assistant"), True),
        ("S19", ("RGS|1", "AIG|1|U|R5|ROOM"), True),
        ("S19", ("RGS|1", "AIP|1|U|R5|ROOM"), True),
        ("S19", ("RGS|1", "AIG|1|U|B7"), False),
        ("S22", ("RGS|1", "AIP|1|D|N1|RN", "AIP|2|A|N2|RN"), False),
        ("S22", ("RGS|1", "AIP|1|D|N1|RN", "AIP|2|D|B7|MD"), False),
        ("S20", ("RGS|1", "AIS|1|D|90834"), True),
    ],
)
def test_who_an_appointment_is_with_stays_where_a_message_does_not_say_it(
    tmp_path: Path, event: str, segments: tuple[str, ...], is_kept: bool
) -> None:
    row = only(tmp_path, message(*segments, header=HEADER.replace("S12", event)))
    assert ("resources_of_earlier_message" in (row["x_siu_reason"] or "")) is is_kept


@pytest.mark.parametrize(
    ("begins", "breaks", "ends"),
    [
        ("Mar  2 11:00:01 host engine: ", "#015", "#015"),
        ("", "#015#012", "#015#012"),
        ("^K", "^M", "^M^\\^M"),
        ("\\x0b", "\\x0d", "\\x1c\\x0d"),
        ("", "\\x0D\\x0A", "\\x0D\\x0A"),
        ("", "\\u000d", "\\u000d"),
        ("\\013", "\\015", "\\015\\034\\015"),
        ("{VT}", "{CR}", "{FS}{CR}"),
        ("\u240b", "\u240d", "\u240d\u241c\u240d"),
        ("", "%0D", "%0D"),
        ("", "\u00b6", "\u00b6"),
        ("", "<br/>", "<br />"),
        ("", "\u00b6\n", "\u00b6"),
    ],
)
def test_line_ends_that_a_log_writes_out_are_no_part_of_a_value(
    tmp_path: Path, begins: str, breaks: str, ends: str
) -> None:
    texts = [message("RGS|1", f"AIP|1|A|B{number}", sch_2=f"F{number}") for number in (7, 8)]
    lines = [f"{begins}{breaks.join(text.rstrip().split(chr(13)))}{ends}" for text in texts]
    outcome = read(tmp_path, "\n".join(lines) + "\n")
    found = [(row["appointment_id"], row["practitioner_id"], row["status"]) for row in outcome.rows]
    assert found == [("F7", "B7", "booked"), ("F8", "B8", "booked")]
    assert (outcome.refused, outcome.content.unmapped) == ([], ())


@pytest.mark.parametrize(
    ("event", "said", "found"),
    [
        ("S14", {"sch_25": "Broken"}, "noshow"),
        ("S14", {"sch_25": "No Call/No Show"}, "noshow"),
        ("S14", {"sch_25": "Canceled/Rescheduled"}, "cancelled"),
        ("S14", {"sch_25": "Left before being seen"}, "cancelled"),
        ("S14", {"sch_25": "In Waiting Room"}, "arrived"),
        ("S14", {"sch_25": "Visit Complete"}, "fulfilled"),
        ("S14", {"sch_25": "Pending Arrival"}, "booked"),
        ("S15", {"sch_25": "Cancelled", "sch_6": "BROKEN^Broken appointment"}, "noshow"),
        ("S15", {"sch_25": "Cancelled", "sch_6": "9^Test Patient"}, "entered-in-error"),
    ],
)
def test_words_say_how_a_visit_ended(tmp_path: Path, event: str, said: dict[str, str], found: str) -> None:
    outcome = read(tmp_path, message(header=HEADER.replace("S12", event), **said))
    assert ([row["status"] for row in outcome.rows], outcome.content.unmapped) == ([found], ())


@pytest.mark.parametrize("word", ["Waiting", "Not Arrived", "Closed", "Void", "X", "3"])
def test_a_word_that_means_two_things_is_a_finding(tmp_path: Path, word: str) -> None:
    outcome = read(tmp_path, message(header=CHANGED, sch_25=word))
    assert [code.column_name for code in outcome.content.unmapped] == ["status"]
