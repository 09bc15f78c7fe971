"""What a value means at the door, on both sides of each edge; which rows come in, and why others do not."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.feeds_night import KEY, Outcome, csv_text, read_file

ENTRY = {
    "entry_id": "E1",
    "patient_id": "P1",
    "staff_id": "S1",
    "activity_code": "care_plan",
    "started_at": "2025-01-10T10:00:00Z",
    "status": "final",
}


def entry(root: Path, **cells: str) -> Outcome:
    return read_file(root, "care_activity", csv_text([{**ENTRY, **cells}]))


def read_as(root: Path, feed: str, row: dict[str, str], column: str, texts: list[str]) -> list[Any]:
    """What a column becomes for each text: its value, or the reason why the row is refused."""
    rows = [{**row, column: f'"{text}"'} for text in texts]
    outcome = read_file(root, feed, csv_text(rows))
    found: dict[int, Any] = dict(outcome.refused)
    found.update(zip(outcome.numbers, (row[column] for row in outcome.rows), strict=True))
    return [found[number] for number in range(1, len(texts) + 1)]


MOMENTS = {
    "2025-01-10T10:00:00Z": (datetime(2025, 1, 10, 10), False),
    "2025-01-10t10:00:00z": (datetime(2025, 1, 10, 10), False),
    "2025-01-10 10:00:00": (datetime(2025, 1, 10, 10), True),
    "2025-01-10T10:00": (datetime(2025, 1, 10, 10), True),
    "2025-01-10T10:00Z": (datetime(2025, 1, 10, 10), False),
    "2025-01-10": (datetime(2025, 1, 10), True),
    "2025-01-10T10:00:00+05:00": (datetime(2025, 1, 10, 5), False),
    "2025-01-10T10:00:00-0530": (datetime(2025, 1, 10, 15, 30), False),
    "2025-01-10 10:00:00+05": (datetime(2025, 1, 10, 5), False),
    "2025-01-10T10:00+05:00": (datetime(2025, 1, 10, 5), False),
    "2025-01-10T10:00+05": (datetime(2025, 1, 10, 5), False),
    "2025-01-10T00:30:00+01:00": (datetime(2025, 1, 9, 23, 30), False),
    "2025-01-10T10:00:59.999999": (datetime(2025, 1, 10, 10, 0, 59), True),
    "2025-01-10 10:00:59.123456789012": (datetime(2025, 1, 10, 10, 0, 59), True),
    "2025-01-10T10:00:59.1234567890123Z": (datetime(2025, 1, 10, 10, 0, 59), False),
    "2025-01-10T10:00:59.999+00:00": (datetime(2025, 1, 10, 10, 0, 59), False),
    "2024-02-29T23:59:59Z": (datetime(2024, 2, 29, 23, 59, 59), False),
    "1969-12-31T23:59:59.5Z": (datetime(1969, 12, 31, 23, 59, 59), False),
    "2025-01-10 10:00:00 UTC": (datetime(2025, 1, 10, 10), False),
    "2025-01-10 10:00:00.123 UTC": (datetime(2025, 1, 10, 10), False),
    "2025-01-10T10:00:00-05:00[America/New_York]": (datetime(2025, 1, 10, 15), False),
    "2025-01-10T10:00Z[UTC]": (datetime(2025, 1, 10, 10), False),
    "2025-01-10 9:05": (datetime(2025, 1, 10, 9, 5), True),
    "2025-01-10 9:05:07": (datetime(2025, 1, 10, 9, 5, 7), True),
    "2025-01-10T9:05:07Z": (datetime(2025, 1, 10, 9, 5, 7), False),
}


def test_a_moment_is_utc_where_it_has_an_offset_and_local_where_not(tmp_path: Path) -> None:
    outcome = read_file(
        tmp_path, "care_activity", csv_text([{**ENTRY, "started_at": text} for text in MOMENTS])
    )
    found = [(row["started_at"], row["started_at_is_local"]) for row in outcome.rows]
    assert dict(zip(MOMENTS, found, strict=True)) == MOMENTS


def test_a_moment_in_another_form_is_of_an_invalid_type(tmp_path: Path) -> None:
    texts = [
        "2025-02-29T10:00:00Z",
        "2025-13-01",
        "2025-01-10T25:00:00",
        "2025-01-10T10:60:00",
        "2025-01-10T10:00:60",
        "2025-01-10T10",
        "2025-01-10T10:00:00 America/New_York",
        "2025-01-10T10:00:00[America/New_York]",
        "2025-01-10 10:00:00 EST",
        "2025-01-10 :05",
        "2025-01-10T10:00:00x05:00",
        "2025/01/10 10:00:00",
        "2025-1-10",
        "01/10/2025",
        "20250110T100000Z",
        "1736503200",
        "45667.5",
        "infinity",
        "epoch",
        "now",
        "0000-01-01",
        "0000-01-01T00:00:00Z",
        "0000-01-01T00:00:00",
        "0000-01-01T00:00:00.5Z",
    ]
    found = read_as(tmp_path, "care_activity", ENTRY, "started_at", texts)
    assert dict(zip(texts, found, strict=True)) == dict.fromkeys(texts, "invalid_type:started_at")


def test_the_moment_of_a_correction_keeps_its_fraction(tmp_path: Path) -> None:
    row = entry(tmp_path, updated_at="2025-01-10T10:00:00.123456Z").rows[0]
    assert row["updated_at"] == datetime(2025, 1, 10, 10, 0, 0, 123456)
    assert row["updated_at_is_local"] is False


def test_a_blank_moment_has_no_flag(tmp_path: Path) -> None:
    row = entry(tmp_path, ended_at="").rows[0]
    assert (row["ended_at"], row["ended_at_is_local"]) == (None, None)


ASSESSMENT = {"assessment_id": "A1", "patient_id": "P1", "instrument": "PHQ-9", "taken_at": "2025-01-10"}


def test_a_whole_number_may_be_written_with_a_zero_fraction(tmp_path: Path) -> None:
    values = {"0": 0, "3": 3, "3.0": 3, "03": 3, "+3": 3, "-1": -1, "999999999": 999999999, "": None}
    row = {**ASSESSMENT, "screen_result": "negative"}
    found = read_as(tmp_path, "assessment", row, "score", list(values))
    assert dict(zip(values, found, strict=True)) == values


def test_a_number_that_is_not_whole_is_of_an_invalid_type(tmp_path: Path) -> None:
    texts = ["3.5", "2.9999", "three", "1_000", "0x1F", "1000000000", "NaN", "inf", "3 3", "٣"]
    found = read_as(tmp_path, "assessment", ASSESSMENT, "score", texts)
    assert dict(zip(texts, found, strict=True)) == dict.fromkeys(texts, "invalid_type:score")


def test_a_decimal_has_six_places(tmp_path: Path) -> None:
    values = {
        "0": Decimal(0),
        "35.5": Decimal("35.5"),
        ".4": Decimal("0.4"),
        "1e2": Decimal(100),
        "-0.000001": Decimal("-0.000001"),
        "1.2345678": Decimal("1.234568"),
        "-999999999.999999": Decimal("-999999999.999999"),
    }
    found = read_as(tmp_path, "care_activity", ENTRY, "duration_minutes", list(values))
    assert dict(zip(values, found, strict=True)) == values


def test_a_decimal_that_cannot_be_read_is_of_an_invalid_type(tmp_path: Path) -> None:
    texts = ["1,5", "ten", "1000000000", "-1e9", "999999999.9999999", "NaN", "--1", "$3"]
    found = read_as(tmp_path, "care_activity", ENTRY, "duration_minutes", texts)
    assert dict(zip(texts, found, strict=True)) == dict.fromkeys(texts, "invalid_type:duration_minutes")


def test_a_tombstone_is_told_by_usual_words(tmp_path: Path) -> None:
    values = {
        "true": True,
        "T": True,
        "1": True,
        "Yes": True,
        "Y": True,
        "1.0": True,
        "false": False,
        "f": False,
        "0": False,
        "NO": False,
        "n": False,
        "0.0": False,
    }
    values[""] = False
    found = read_as(tmp_path, "care_activity", ENTRY, "is_deleted", list(values))
    assert dict(zip(values, found, strict=True)) == values


def test_another_word_for_a_tombstone_is_of_an_invalid_type(tmp_path: Path) -> None:
    found = read_as(tmp_path, "care_activity", ENTRY, "is_deleted", ["maybe", "2", "y es"])
    assert found == ["invalid_type:is_deleted"] * 3


PATIENT = {"patient_id": "P1", "birth_date": "1980-02-29", "sex": "female"}


def test_a_date_may_be_a_midnight(tmp_path: Path) -> None:
    texts = ["1980-02-29", "1980-02-29T00:00:00", "1980-02-29 00:00", "1980-02-29T00:00:00.000000"]
    assert read_as(tmp_path, "patient", PATIENT, "birth_date", texts) == [date(1980, 2, 29)] * 4


def test_a_date_may_be_of_the_first_and_of_the_last_year(tmp_path: Path) -> None:
    found = read_as(tmp_path, "patient", PATIENT, "birth_date", ["0001-01-01", "9999-12-31"])
    assert found == [date(1, 1, 1), date(9999, 12, 31)]


def test_another_form_of_a_date_is_of_an_invalid_type(tmp_path: Path) -> None:
    texts = ["1981-02-29", "1980-2-29", "29.02.1980", "1980/02/29", "1980", "1980-02"]
    texts += ["1980-02-29T00:00:01", "1980-02-29Z", "1980-02-29 00:00:00.1", "0000-01-01"]
    texts += ["0000-02-29T00:00:00"]
    found = read_as(tmp_path, "patient", PATIENT, "birth_date", texts)
    assert dict(zip(texts, found, strict=True)) == dict.fromkeys(texts, "invalid_type:birth_date")


def test_a_value_is_trimmed_and_a_blank_one_is_none(tmp_path: Path) -> None:
    padded = ["  P1 ", "\tP1\t", "\u00a0P1\u00a0", "\u00a0P1", "P1\u00a0", "P1\n", "\r\nP1"]
    blank = ["", " ", "\t", "\u00a0", "\n"]
    found = read_as(tmp_path, "patient", PATIENT, "mrn", padded + blank)
    assert found == ["P1"] * len(padded) + [None] * len(blank)


@pytest.mark.parametrize("cell", ["  P1 ", "P1\t", '"P1"', '" P1"', "P1"])
def test_a_value_is_trimmed_whatever_else_the_file_holds(tmp_path: Path, cell: str) -> None:
    assert read_file(tmp_path, "patient", f"patient_id,mrn\n{cell},1\n").rows[0]["patient_id"] == "P1"


def test_blanks_inside_a_value_stay(tmp_path: Path) -> None:
    outcome = read_file(tmp_path, "patient", 'patient_id,family_name\nP1,"van  der\nMeer, J."\n')
    assert outcome.rows[0]["family_name"] == "van  der\nMeer, J."


@pytest.mark.parametrize(
    ("text", "refused"),
    [("female", []), ("Female", [(1, "invalid_value:sex")]), ("f", [(1, "invalid_value:sex")])],
)
def test_a_closed_list_is_compared_exactly(tmp_path: Path, text: str, refused: list[tuple[int, str]]) -> None:
    assert read_file(tmp_path, "patient", csv_text([{**PATIENT, "sex": text}])).refused == refused


def test_all_reasons_of_a_row_are_given_in_the_order_of_the_contract(tmp_path: Path) -> None:
    outcome = entry(tmp_path, status="done", started_at="", duration_minutes="x", patient_id=" ")
    assert outcome.refused == [
        (
            1,
            "missing_required:patient_id;missing_required:started_at;invalid_type:duration_minutes;invalid_value:status",
        )
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"score": "0"}, None),
        ({"screen_result": "negative"}, None),
        ({"not_done_reason": "refused"}, None),
        ({}, "missing_required:score"),
        ({"score": " "}, "missing_required:score"),
        ({"score": "x"}, "invalid_type:score"),
        ({"screen_result": "perhaps"}, "invalid_value:screen_result"),
    ],
)
def test_an_assessment_says_something(tmp_path: Path, cells: dict[str, str], reason: str | None) -> None:
    row = {**ASSESSMENT, "score": "", "screen_result": "", "not_done_reason": "", **cells}
    outcome = read_file(tmp_path, "assessment", csv_text([row]))
    assert [found for _, found in outcome.refused] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("icd10", "snomed", "reason"),
    [("F32.1", "", None), ("", "370143000", None), ("", "", "missing_required:icd10_code")],
)
def test_a_condition_has_a_code(tmp_path: Path, icd10: str, snomed: str, reason: str | None) -> None:
    row = {"condition_id": "C1", "patient_id": "P1", "icd10_code": icd10, "snomed_code": snomed}
    outcome = read_file(tmp_path, "condition", csv_text([row]))
    assert [found for _, found in outcome.refused] == ([reason] if reason else [])


def test_a_tombstone_needs_its_key_alone_and_what_is_bad_in_it_becomes_null(tmp_path: Path) -> None:
    blank: dict[str, str] = dict.fromkeys(ENTRY, "")
    bad = {**blank, "entry_id": "E2", "started_at": "soon", "status": "gone", "is_deleted": "true"}
    without_key = {**blank, "is_deleted": "true"}
    good = {**ENTRY, "is_deleted": ""}
    outcome = read_file(tmp_path, "care_activity", csv_text([good, bad, without_key]))
    assert outcome.refused == [(3, "missing_required:entry_id")]
    assert outcome.numbers == [1, 2]
    tombstone = outcome.rows[1]
    assert tombstone["is_deleted"] is True
    assert (tombstone["started_at"], tombstone["started_at_is_local"], tombstone["status"]) == (
        None,
        None,
        None,
    )


def test_a_tombstone_must_say_when_it_was_written_if_it_says_so_at_all(tmp_path: Path) -> None:
    row = {"patient_id": "P1", "is_deleted": "true", "updated_at": "yesterday"}
    assert read_file(tmp_path, "patient", csv_text([row])).refused == [(1, "invalid_type:updated_at")]


@pytest.mark.parametrize(
    ("status", "refused"), [("entered-in-error", []), ("final", [(1, "missing_required:started_at")])]
)
def test_an_entry_entered_in_error_needs_its_key_alone(
    tmp_path: Path, status: str, refused: list[tuple[int, str]]
) -> None:
    assert entry(tmp_path, status=status, started_at="").refused == refused


def test_the_key_of_a_tombstone_is_judged_in_all_its_parts(tmp_path: Path) -> None:
    row = {"practitioner_id": "S1", "team_id": "T1", "role": "boss", "effective_from": "x", "is_deleted": "1"}
    outcome = read_file(tmp_path, "staffing", csv_text([row]))
    assert outcome.refused == [(1, "invalid_value:role;invalid_type:effective_from")]


@pytest.mark.parametrize(
    ("effective_from", "written"), [("2025-01-31T00:00:00", "2025-01-31"), ("", ""), ("soon", "soon")]
)
def test_a_refused_record_is_named_by_a_keyed_hash(tmp_path: Path, effective_from: str, written: str) -> None:
    row = {"practitioner_id": "S1", "team_id": "", "role": "pcp", "effective_from": effective_from}
    outcome = read_file(tmp_path, "staffing", csv_text([row]))
    expected = hashlib.sha256(f"{KEY}|staffing|S1||pcp|{written}".encode()).hexdigest()
    assert outcome.hashes == [expected]


def test_site_columns_travel_as_one_object_with_sorted_names(tmp_path: Path) -> None:
    outcome = read_file(tmp_path, "team", "X_b,team_id,x_a,team_name\n 7 ,T1,,North\n")
    assert outcome.rows[0]["site_columns"] == '{"x_a":null,"x_b":"7"}'


def test_without_site_columns_there_is_no_object(tmp_path: Path) -> None:
    assert read_file(tmp_path, "team", "team_id,team_name\nT1,North\n").rows[0]["site_columns"] is None


def test_other_unknown_columns_are_dropped_and_named(tmp_path: Path) -> None:
    outcome = read_file(tmp_path, "team", "team_id,team_name,Zip, area\nT1,North,1,2\n")
    assert outcome.content.parts[0].unknown_columns == ("area", "zip")
    assert "zip" not in outcome.rows[0]


def test_a_refused_row_leaves_no_value_behind(tmp_path: Path) -> None:
    canary = "Canaria"
    outcome = read_file(
        tmp_path, "patient", f"patient_id,family_name,birth_date\n{canary},{canary},{canary}\n", name="b.csv"
    )
    assert outcome.refused == [(1, "invalid_type:birth_date")]
    left: list[Any] = [*outcome.hashes, repr(outcome.content)]
    quarantined = [path.read_bytes() for path in (tmp_path / "quarantine").rglob("*.parquet")]
    assert canary not in repr(left)
    assert all(canary.encode() not in content for content in quarantined)
