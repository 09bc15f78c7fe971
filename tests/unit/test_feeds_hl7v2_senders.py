"""Messages as hospital suites, interface engines and small schedulers write them."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.feeds_night import Outcome, read_file
from tests.support.siu import HEADER, message, only

ODD = Path(__file__).resolve().parents[1] / "fuzz" / "odd" / "hl7v2"
TWO = datetime(2026, 3, 10, 14)


def sent(root: Path, name: str, feed: str = "appointment") -> Outcome:
    return read_file(root, "hl7v2", (ODD / name).read_bytes(), "a.hl7", feed)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hospital_suite.hl7", {"appointment_id": "700100", "patient_id": "M900", "encounter_id": "V55"}),
        ("hospital_suite.hl7", {"starts_at": TWO, "ends_at": datetime(2026, 3, 10, 14, 30)}),
        ("line_feeds_and_subcomponents.hl7", {"appointment_id": "F1", "patient_id": "M900"}),
        (
            "line_feeds_and_subcomponents.hl7",
            {"starts_at": datetime(2026, 3, 10, 19), "practitioner_id": "B7"},
        ),
        ("line_feeds_and_subcomponents.hl7", {"updated_at": datetime(2026, 3, 2, 16, 0, 5, 123420)}),
        ("trailing_separators.hl7", {"appointment_id": "F2", "practitioner_id": None, "starts_at": TWO}),
        ("lower_case.hl7", {"appointment_id": "F1", "practitioner_id": "B7", "starts_at": TWO}),
        ("other_separators.hl7", {"appointment_id": "F1", "patient_id": "M900", "starts_at": TWO}),
        ("wide.hl7", {"patient_id": "M9å\u042600", "starts_at": TWO}),
        ("batch.hl7", {"appointment_id": "F1", "status": "booked"}),
    ],
)
def test_a_message_of_a_sender_is_read(tmp_path: Path, name: str, expected: dict[str, object]) -> None:
    row = sent(tmp_path, name).rows[0]
    assert {column: row[column] for column in expected} == expected


@pytest.mark.parametrize(
    ("name", "counts", "refused"),
    [
        (
            "trailing_separators.hl7",
            (2, 1, 1),
            ["missing_required:appointment_id;missing_required:starts_at"],
        ),
        ("log_of_an_engine.hl7", (3, 2, 1), ["unsupported_message:ACK"]),
        ("other_separators.hl7", (3, 1, 2), ["invalid_type:starts_at"] * 2),
        ("lower_case.hl7", (2, 2, 0), []),
        ("batch.hl7", (3, 3, 0), []),
    ],
)
def test_each_message_of_a_sender_is_accounted_for(
    tmp_path: Path, name: str, counts: tuple[int, int, int], refused: list[str]
) -> None:
    outcome = sent(tmp_path, name)
    assert (outcome.counts, [reason for _, reason in outcome.refused]) == (counts, refused)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (message("ZAP|1|x", "Z01|SCH|F9"), "F100"),
        (message().replace("SCH|", "sch|").replace("PID|", "pid|"), "F100"),
        (message(sch_2="F1\\T\\2\\X2D\\3"), "F1&2-3"),
        (message(sch_2="F1~F2"), "F1"),
        (message(sch_2="~F2"), "F2"),
        (message(sch_2="F1&sub^NS"), "F1"),
        (message().replace("\r", "\r\n", 1).replace("\rPID", "\nPID"), "F100"),
        ("\ufeff" + message(), "F100"),
        (message(header=HEADER + "||||||ASCII~UNICODE UTF-8"), "F100"),
        (message("AIL|", "AIP|", "AIS"), "F100"),
        (message() + "\x00\x00", "F100"),
    ],
)
def test_the_number_is_found_however_a_sender_writes(tmp_path: Path, text: str, expected: str) -> None:
    assert only(tmp_path, text)["appointment_id"] == expected


SERIES = "^^^202603101400^202603101430~^^^202603171400^202603171430"
ONCE_MORE = "^^^202603101400^202603101430~^^^202603101400^202603101430"
TIMINGS = ("TQ1|1||||||202603101400|202603101430", "TQ1|2||||||202603171400|202603171430")


@pytest.mark.parametrize(
    ("content", "several"),
    [
        (message(sch_11=SERIES), True),
        (message(*TIMINGS, sch_11=""), True),
        (message(sch_11=ONCE_MORE), False),
        (message(TIMINGS[0]), False),
        (message("AIS|1||A^B^L|202603101400", "AIS|2||C^D^L|202603101430"), False),
    ],
)
def test_a_series_under_one_number_has_its_first_start_and_is_a_finding(
    tmp_path: Path, content: str, several: bool
) -> None:
    outcome = read_file(tmp_path, "hl7v2", content, "a.hl7", "appointment")
    (row,) = outcome.rows
    assert (row["starts_at"], row["ends_at"]) == (TWO, datetime(2026, 3, 10, 14, 30))
    assert ("several_starts" in row["site_columns"]) == several
    assert [one.code for one in outcome.content.unmapped if one.column_name == "starts_at"] == (
        ["several starts"] if several else []
    )
