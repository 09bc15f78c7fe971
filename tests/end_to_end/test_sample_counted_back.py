"""Every planted trap is found again in the marts: seconds, codes, checks, reasons, outcomes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.sample.clinic import write_sample
from orchestration.sample.planted import Planted
from tests.support.warehouse import Marts, Warehouse

AS_OF = date(2026, 11, 22)
TOLD_AS_TEXT = ("payer_id", "date_of_service", "expected_amount_usd")
Rows = list[dict[str, Any]]


class Night:
    """A messy landing, what was planted in it, and the marts that came out."""

    def __init__(self, planted: Planted, marts: Marts, lake: Path) -> None:
        """Keep the three."""
        self.planted = planted
        self.marts = marts
        self.lake = lake

    def grouped(self, query: str, *keys: str) -> dict[tuple[str, ...], Rows]:
        """The rows of a query by the text of some columns."""
        groups: dict[tuple[str, ...], Rows] = defaultdict(list)
        for row in self.marts.rows(query):
            groups[tuple(str(row[key]) for key in keys)].append(row)
        return groups


@pytest.fixture(scope="module")
def night(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    landing, work = tmp_path_factory.mktemp("landing"), tmp_path_factory.mktemp("work")
    planted = write_sample(landing, patients=150, months=2, seed=3, as_of=AS_OF, messy=True)
    marts = warehouse.build(landing, work, as_of=AS_OF)
    yield Night(planted, marts, work / "lake")
    marts.close()


def test_seconds_come_back_by_disposition(night: Night) -> None:
    segments = night.grouped("fct_minute_segment", "entry_id")
    for trap, expected in night.planted.expected("segments"):
        found = segments.get((expected["entry_id"],), [])
        seconds: dict[str, int] = defaultdict(int)
        by_month: dict[str, int] = defaultdict(int)
        for row in found:
            seconds[row["disposition"]] += row["seconds"]
            by_month[row["service_month"].isoformat()] += row["seconds"]
        assert dict(seconds) == expected["seconds"], (trap, expected["entry_id"])
        if "seconds_by_month" in expected:
            assert dict(by_month) == expected["seconds_by_month"], trap
        if "program" in expected:
            assert {row["program"] for row in found} == {expected["program"]}, trap
        if "lost_to_entry_id" in expected:
            winners = {row["lost_to_entry_id"] for row in found if row["disposition"].endswith("_overlap")}
            assert winners == {expected["lost_to_entry_id"]}, trap


def test_months_come_back_with_codes_status_and_failed_checks(night: Night) -> None:
    months = night.grouped("fct_claim_candidate", "patient_id", "program", "service_month")
    for trap, expected in night.planted.expected("candidates"):
        case = (trap, expected["patient_id"])
        found = months[expected["patient_id"], expected["program"], expected["service_month"]]
        codes = [
            row["procedure_code"] + (f"x{row['units']}" if row["procedure_code"] == "99494" else "")
            for row in found
            if row["procedure_code"]
        ]
        assert sorted(codes) == sorted(expected["codes"]), case
        assert {row["status"] for row in found} == {expected["status"]}, case
        assert {row["credited_minutes"] for row in found} == {expected["credited_minutes"]}, case
        for name in ("blocking_check_ids", "review_check_ids"):
            if name in expected:
                assert {row[name] or "" for row in found} == {expected[name]}, case
        for name in TOLD_AS_TEXT:
            if name in expected:
                assert {str(row[name]) for row in found} == {str(expected[name])}, case
        assert bool(expected.get("is_suppressed")) == any(row["suppressed_by"] for row in found), case


def test_the_quarantine_holds_what_was_planted_and_nothing_else(night: Night) -> None:
    rows = night.marts.rows("select feed, source_file, row_number, reason from dq_quarantine")
    found = {(row["feed"], row["source_file"], row["row_number"], row["reason"]) for row in rows}
    planted = night.planted.expected("quarantine")
    assert found == {(one["feed"], one["file"], one["row"], one["reason"]) for _, one in planted}
    assert len(rows) == len(found)


def test_files_are_accepted_rejected_or_known_already(night: Night) -> None:
    query = f"select * from '{night.lake}/reference/feed_file.parquet'"
    files = night.grouped(query, "feed", "source_file")
    for trap, expected in night.planted.expected("files"):
        (file,) = files[expected["feed"], expected["file"]]
        assert file["status"] == expected["status"], trap
        assert (file["rows_accepted"] or 0) == expected["rows"], trap
    rejected = {key for key, rows in files.items() if rows[0]["status"] != "accepted"}
    planted = [one for _, one in night.planted.expected("files") if one["status"] != "accepted"]
    assert rejected == {(one["feed"], one["file"]) for one in planted}


def test_claims_are_reconciled_as_planted(night: Night) -> None:
    outcomes = night.grouped("rpt_claim_reconciliation", "patient_id", "program", "service_month")
    for trap, expected in night.planted.expected("reconciliation"):
        (row,) = outcomes[expected["patient_id"], expected["program"], expected["service_month"]]
        assert row["outcome"] == expected["outcome"], trap


def test_closed_months_change_where_something_came_late_and_nowhere_else(night: Night) -> None:
    found = {
        (
            row["patient_id"],
            row["program"],
            row["service_month"].isoformat(),
            row["after_code"] or row["before_code"],
            row["before_units"],
            row["after_units"],
            row["changed_on"].isoformat(),
            row["cause"],
        )
        for row in night.marts.rows("rpt_restatement")
    }
    month = ("patient_id", "program", "service_month", "procedure_code")
    names = (*month, "before_units", "after_units", "changed_on", "cause")
    planted = night.planted.expected("restatement")
    assert found == {tuple(expected[name] for name in names) for _, expected in planted}


def test_values_are_read_as_they_were_written(night: Night) -> None:
    engine = duckdb.connect()
    for trap, expected in night.planted.expected("values"):
        column = expected["column"]
        read = f"json_extract_string(site_columns, '{column}')" if column.startswith("x_") else column
        lake = night.lake / "raw" / expected["feed"] / "*" / "*.parquet"
        query = f"select {read} from read_parquet('{lake}', union_by_name = true) where patient_id = ?"
        assert engine.execute(query, [expected["key"]]).fetchall() == [(expected["value"],)], trap


def test_unknown_columns_are_reported(night: Night) -> None:
    files = night.grouped(f"select * from '{night.lake}/reference/feed_file.parquet'", "source_file")
    for trap, expected in night.planted.expected("findings"):
        if expected["kind"] == "unknown_column":
            (file,) = files[expected["file"],]
            assert file["unknown_columns"] == expected["column"], trap


def test_the_clean_part_of_the_clinic_loses_no_time_but_for_work_that_does_not_count(night: Night) -> None:
    clean = night.marts.rows(
        "select distinct disposition from fct_minute_segment where patient_id like 'P%' order by disposition"
    )
    assert [row["disposition"] for row in clean] == ["credited", "not_countable_activity"]


def test_the_projects_own_data_tests_pass(night: Night) -> None:
    assert night.marts.failing_tests() == {}
