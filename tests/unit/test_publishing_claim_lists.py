"""The claim-candidate lists: whose folder, which rows, safe in a spreadsheet."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.claim_lists import CANDIDATE_HEADER, NEAR_MISS_HEADER, tin_folder
from orchestration.publishing.csv_text import define_csv_cell
from tests.support.publishing_warehouse import ROWS, make_home

Value = str | int | Decimal | date | None
NORTH, NO_TIN = "12-3456789", "no_tin"


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generation = make_home(tmp_path_factory.mktemp("lists") / "home").publish()
    return generation.path / "identified" / "lists" / "claim_candidates"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_folder_a_tin_and_month_each_with_all_four_lists(lists: Path) -> None:
    files = sorted(path.relative_to(lists).as_posix() for path in lists.rglob("*.csv"))
    months = [f"{NORTH}/2026-02", f"{NORTH}/2026-03", f"{NO_TIN}/2026-02"]
    assert files == [f"{m}/{name}.csv" for m in months for name in ("held", "near_miss", "ready", "review")]


def test_a_ready_claim_has_what_a_biller_needs(lists: Path) -> None:
    assert rows_of(lists / NORTH / "2026-02" / "ready.csv") == [
        {
            "patient_family_name": "Quillfeather",
            "patient_given_name": "Ada",
            "mrn": "'=1+2",
            "birth_date": "",
            "payer_id": "medicare",
            "procedure_code": "99492",
            "units": "1",
            "date_of_service": "2026-02-28",
            "place_of_service": "11",
            "billing_practitioner": "Pillbright, Dee",
            "billing_npi": "1234567893",
            "credited_minutes": "40",
            "expected_amount_usd": "145.67",
            "what_is_missing": "",
            "who_can_fix": "",
            "candidate_id": "k1",
        }
    ]


def test_a_held_claim_says_in_words_what_is_missing_and_who_can_fix_it(lists: Path) -> None:
    (row,) = rows_of(lists / NO_TIN / "2026-02" / "held.csv")
    assert row["what_is_missing"] == (
        "No validated scale stands in the month. No case review stands in the month."
    )
    assert row["who_can_fix"] == "care_manager;psychiatric_consultant"
    assert (row["patient_family_name"], row["patient_given_name"]) == ("Ångström", 'B"o, jr')
    assert row["expected_amount_usd"] == ""


def test_a_near_miss_says_minutes_dollars_and_days_left(lists: Path) -> None:
    (row,) = rows_of(lists / NORTH / "2026-03" / "near_miss.csv")
    assert list(row) == NEAR_MISS_HEADER
    assert (row["minutes_needed"], row["amount_at_stake_usd"], row["days_left"]) == ("6", "80.10", "11")
    assert row["what_is_missing"].startswith("No validated scale was scored")
    assert row["care_manager"] == "Carewell, Em"


def test_an_empty_list_is_a_header_alone(lists: Path) -> None:
    text = (lists / NORTH / "2026-02" / "held.csv").read_text(encoding="utf-8")
    assert text.strip() == ",".join(CANDIDATE_HEADER)


@pytest.mark.slow
def test_rows_are_sorted_by_name_whatever_the_order_of_the_marts(tmp_path: Path) -> None:
    base = ROWS["fct_claim_candidate"][0]
    candidates = [
        base | {"candidate_id": "k9", "patient_id": "p3"},
        base | {"candidate_id": "k8", "procedure_code": "99494"},
        base,
    ]
    generation = make_home(tmp_path / "home", ROWS | {"fct_claim_candidate": candidates}).publish()
    ready = generation.path / "identified/lists/claim_candidates" / NORTH / "2026-02" / "ready.csv"
    assert [row["candidate_id"] for row in rows_of(ready)] == ["k1", "k8", "k9"]


@pytest.mark.slow
@pytest.mark.parametrize("status", ["not_billable", "submitted", "in_progress"])
def test_only_claims_that_a_biller_can_do_something_about_are_listed(tmp_path: Path, status: str) -> None:
    candidates = [row | {"status": status} for row in ROWS["fct_claim_candidate"]]
    near_miss: list[dict[str, object]] = []
    rows = ROWS | {"fct_claim_candidate": candidates, "rpt_near_miss": near_miss}
    generation = make_home(tmp_path / "home", rows).publish()
    assert not list((generation.path / "identified" / "lists" / "claim_candidates").rglob("*.csv"))


@pytest.mark.slow
def test_no_list_is_written_while_a_mart_that_it_needs_is_absent(tmp_path: Path) -> None:
    rows = {name: mart for name, mart in ROWS.items() if name != "fct_claim_check"}
    generation = make_home(tmp_path / "home", rows).publish()
    assert not list((generation.path / "identified" / "lists" / "claim_candidates").rglob("*.csv"))


def cell(value: Value) -> str:
    """One value as a cell of a list."""
    with duckdb.connect() as engine:
        define_csv_cell(engine)
        row = engine.execute("select csv_cell(?)", [value]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("first", [*"=+-@\t\uff1d\uff0b\uff0d\uff20", " =", "\u00a0+", " \t@"])
def test_a_text_that_a_spreadsheet_would_run_is_neutralised(first: str) -> None:
    assert cell(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize("first", ["\r", "\n", "\r\n="])
def test_a_text_that_begins_with_a_line_break_is_neutralised_and_quoted(first: str) -> None:
    assert cell(f"{first}1+1") == f'"\'{first}1+1"'


@pytest.mark.parametrize("text", ["", "O'Neil", "a=b", "99492", "7-3", "x@y", "Ångström", "  two"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


def test_cells_are_iso_dates_plain_numbers_and_blanks() -> None:
    values: list[Value] = [None, 7, Decimal("-10.50"), date(2026, 2, 28), "a\x00b"]
    assert [cell(value) for value in values] == ["", "7", "-10.50", "2026-02-28", "ab"]


@pytest.mark.parametrize("text", ['say "so", twice', "two\nlines", "a,b", '"', "a\rb"])
def test_quotes_commas_and_line_breaks_survive(text: str) -> None:
    assert next(csv.reader([f"{cell(text)},next\r\n"])) == [text, "next"]


@pytest.mark.parametrize("tin", ["../../etc", "a/b", "..", ".hidden", "a b", "x" * 40, "-dash", "é"])
def test_a_strange_tin_is_one_harmless_folder_name(tin: str) -> None:
    name = tin_folder(tin)
    assert "/" not in name
    assert name not in {".", ".."}
    assert not name.startswith(".")
    assert tin_folder(tin) == name != tin_folder(f"{tin} ")


def test_a_plain_tin_is_its_own_folder_and_a_blank_one_is_no_tin() -> None:
    assert [tin_folder(tin) for tin in ("12-3456789", "123456789", "", None)] == [
        "12-3456789",
        "123456789",
        NO_TIN,
        NO_TIN,
    ]
