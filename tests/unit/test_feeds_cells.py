"""Cells as databases, spreadsheets and programs of statistics write them, and rows that are no rows."""

import gzip
from datetime import date
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from tests.support.feeds_night import Outcome, read_file

pytestmark = pytest.mark.slow

HEADER = "practitioner_id,npi,family_name\n"


def people(root: Path, rows: str, name: str = "a.csv") -> Outcome:
    return read_file(root, "practitioner", HEADER + rows, name)


def read(outcome: Outcome) -> list[tuple[str | None, ...]]:
    return [(row["practitioner_id"], row["npi"], row["family_name"]) for row in outcome.rows]


@pytest.mark.parametrize("mark", ["\\N", "NULL", "null", "(null)", "[NULL]", "<NULL>"])
def test_what_databases_write_for_nothing_is_nothing(tmp_path: Path, mark: str) -> None:
    rows = f"patient_id,mrn,family_name,birth_date,sex,deceased_on\nP1,{mark},Doe,1980-02-01,{mark},{mark}\n"
    outcome = read_file(tmp_path, "patient", rows + f"{mark},7,Roe,{mark},male,\n")
    assert outcome.refused == [(2, "missing_required:patient_id")]
    (row,) = outcome.rows
    assert (row["mrn"], row["sex"], row["deceased_on"]) == (None, None, None)
    assert (row["family_name"], row["birth_date"]) == ("Doe", date(1980, 2, 1))


def test_a_point_is_no_number_and_may_be_a_text(tmp_path: Path) -> None:
    rows = "assessment_id,patient_id,instrument,score,screen_result,taken_at,encounter_id\n"
    outcome = read_file(tmp_path, "assessment", rows + "A1,P1,PHQ-9,.,negative,2025-01-10,.\n")
    (row,) = outcome.rows
    assert (row["score"], row["encounter_id"], outcome.refused) == (None, ".", [])


@pytest.mark.parametrize("mark", ["N/A", "<NA>", "NaN", "nan", "NaT", "None", "#N/A"])
def test_what_programs_write_for_nothing_is_no_text_and_no_number(tmp_path: Path, mark: str) -> None:
    assert read(people(tmp_path, f"D1,{mark},{mark}\n{mark},1,Roe\n")) == [("D1", None, mark)]
    rows = f"assessment_id,patient_id,instrument,score,taken_at\nA1,P1,PHQ-9,{mark},2025-01-10\n"
    assert read_file(tmp_path, "assessment", rows, "b.csv").refused == [(1, "invalid_type:score")]


@pytest.mark.parametrize("name", ["NULL", "Null", "None", "Na"])
def test_a_name_may_be_any_word(tmp_path: Path, name: str) -> None:
    assert read(people(tmp_path, f"D1,1,{name}\n")) == [("D1", "1", name)]


@pytest.mark.parametrize("word", ["Null", "NULLS", "N", "none", "nul", "NA"])
def test_other_words_are_what_they_are(tmp_path: Path, word: str) -> None:
    assert read(people(tmp_path, f"{word},1,Doe\n")) == [(word, "1", "Doe")]


@pytest.mark.parametrize("row", ['="001",="02",="Doe"', '"=""001""","=""02""","=""Doe"""', '=" 001",02,Doe'])
def test_a_text_that_a_spreadsheet_may_not_change_is_the_text(tmp_path: Path, row: str) -> None:
    assert read(people(tmp_path, row + "\n")) == [("001", "02", "Doe")]


@pytest.mark.parametrize("around", ["\ufeff", "\u200b", "\u200e", "\u202f", "\u00a0"])
def test_what_nobody_sees_around_a_value_goes(tmp_path: Path, around: str) -> None:
    outcome = people(tmp_path, f"{around}D1,1{around},{around}Peñón{around}\n")
    assert read(outcome) == [("D1", "1", "Peñón")]


AGAIN = {
    "the header": HEADER,
    "the header in capitals": HEADER.upper(),
    "the header behind a mark": "\ufeff" + HEADER,
    "the header on a new page": "\f" + HEADER.replace(",", " ,"),
    "a rule": "---------------,---,-----------\n",
}


@pytest.mark.parametrize("line", AGAIN)
def test_a_header_within_the_file_is_nobody(tmp_path: Path, line: str) -> None:
    outcome = people(tmp_path, f"D1,1,Doe\n{AGAIN[line]}D2,2,Roe\n")
    assert read(outcome) == [("D1", "1", "Doe"), ("D2", "2", "Roe")]
    assert (outcome.refused, outcome.counts) == ([(2, "header_line")], (3, 2, 1))


def test_a_header_within_the_file_has_no_other_reason(tmp_path: Path) -> None:
    rows = "team_id,practitioner_id,role,effective_from,is_deleted\nT1,D1,pcp,,\n"
    outcome = read_file(tmp_path, "staffing", rows + rows)
    assert outcome.refused == [(2, "header_line")]


@pytest.mark.parametrize(
    ("patient_id", "refused"),
    [
        ("1.23457E+11", [(1, "rounded_number:patient_id")]),
        ("2E+05", [(1, "rounded_number:patient_id")]),
        ("1.2345678901234568e+16", [(1, "rounded_number:patient_id")]),
        ('"1,23457E+11"', [(1, "rounded_number:patient_id")]),
        ("-1.23457E+11", [(1, "rounded_number:patient_id")]),
        ("#REF!", [(1, "failed_formula:patient_id")]),
        ("#NAME?", [(1, "failed_formula:patient_id")]),
        ("#DIV/0!", [(1, "failed_formula:patient_id")]),
        ("#BEZUG!", [(1, "failed_formula:patient_id")]),
        ("########", [(1, "failed_formula:patient_id")]),
        ("#12", []),
        ("#A1", []),
        ("1E5", []),
        ("12E+05", []),
        ("A+12", []),
    ],
)
def test_an_id_that_was_rounded_or_could_not_be_worked_out_is_nobodys(
    tmp_path: Path, patient_id: str, refused: list[tuple[int, str]]
) -> None:
    for number, change in enumerate(("", "true")):
        rows = f"patient_id,mrn,is_deleted\n{patient_id},7,{change}\n"
        assert read_file(tmp_path, "patient", rows, f"{number}.csv").refused == refused
    entry = f"assessment_id,patient_id,instrument,score,taken_at\nA1,{patient_id},PHQ-9,3,2025-01-10\n"
    assert read_file(tmp_path, "assessment", entry, "c.csv").refused == refused


@pytest.mark.parametrize("nobody", ["-1", "-2", '" -3 "'])
def test_who_is_not_stated_is_nobody(tmp_path: Path, nobody: str) -> None:
    visit = "encounter_id,patient_id,practitioner_id,encounter_class,service_line,started_at,status\n"
    rest = "ambulatory,primary_care,2025-01-10,finished\n"
    outcome = read_file(
        tmp_path, "encounter", f"{visit}E1,P1,{nobody},{rest}E2,{nobody},D1,{rest}E3,0,-10,{rest}"
    )
    assert [(row["patient_id"], row["practitioner_id"]) for row in outcome.rows] == [
        ("P1", None),
        ("0", "-10"),
    ]
    assert outcome.refused == [(2, "missing_required:patient_id")]
    people = read_file(tmp_path, "patient", f"patient_id,mrn\n{nobody},-1\nP1,-1\n", "b.csv")
    assert people.refused == [(1, "missing_required:patient_id")]
    assert [row["mrn"] for row in people.rows] == ["-1"]


def test_a_staff_member_may_have_cost_less_than_nothing(tmp_path: Path) -> None:
    """A number is no id."""
    costs = "cost_id,cost_month,kind,category,amount_usd\nC1,2025-01-01,initial,training,-1\n"
    assert [row["amount_usd"] for row in read_file(tmp_path, "service_cost", costs).rows] == [-1]


@pytest.mark.parametrize("line", ["sep=,", '"sep=,"', "SEP=;", "\ufeffsep=,"])
def test_the_line_by_which_a_spreadsheet_names_its_delimiter_is_no_header(tmp_path: Path, line: str) -> None:
    outcome = read_file(tmp_path, "practitioner", f"{line}\r\n{HEADER}D1,1,Doe\r\n")
    assert (read(outcome), outcome.counts, outcome.numbers) == ([("D1", "1", "Doe")], (1, 1, 0), [1])


def test_the_mark_of_an_old_files_end_is_no_row(tmp_path: Path) -> None:
    assert people(tmp_path, "D1,1,Doe\r\n\x1a").counts == (1, 1, 0)


def test_names_of_columns_may_stand_behind_what_nobody_sees(tmp_path: Path) -> None:
    outcome = read_file(tmp_path, "practitioner", "\u200bpractitioner_id,npi\u200b,family_name\nD1,1,Doe\n")
    assert read(outcome) == [("D1", "1", "Doe")]


@pytest.mark.parametrize(
    "line",
    [
        "Total,1,",
        "TOTAL,,",
        "Grand Total: 2,,",
        "Total Records: 2,,",
        "Total 2,,",
        "Sub-total = 2,,",
        "Record count: 2,,",
        "(2 rows affected),,",
        "2 rows selected.,,",
        "*** End of Report ***,,",
        "Page 1 of 2,,",
        "# exported at night,,",
        "Report generated on 2025-01-31,,",
        "EOF,,",
        "ORA-01555: snapshot too old,,",
        '"Msg 1205, Level 13, State 51, Server X",,',
        "SQL> spool off,,",
        "Error: timed out,,",
    ],
)
def test_what_a_report_writes_below_its_rows_is_nobody(tmp_path: Path, line: str) -> None:
    outcome = people(tmp_path, f"D1,1,Doe\n{line}\n")
    assert (read(outcome), outcome.refused) == ([("D1", "1", "Doe")], [(2, "footer_line")])


@pytest.mark.parametrize(
    "id_", ["Total Joint", "T 1", "#1", "totalcare", "Page", "2 rowan", "Record 1", "run", "ORA-1", "Error"]
)
def test_an_id_may_look_a_little_like_it(tmp_path: Path, id_: str) -> None:
    assert read(people(tmp_path, f"{id_},1,Doe\n")) == [(id_, "1", "Doe")]


def test_a_footer_of_a_parquet_table_is_nobody_either(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    parquet.write_table(arrow.table({"practitioner_id": ["D1", "Total: 1"]}), path)
    outcome = read_file(tmp_path, "practitioner", path.read_bytes(), "a.parquet")
    assert (outcome.counts, outcome.refused) == ((2, 1, 1), [(2, "footer_line")])


@pytest.mark.parametrize(
    "before",
    [
        "Staff of the clinic\n\n",
        "Staff of the clinic,,\nRun on 2025-01-31,,\n\n",
        "# exported, by the night job\n",
        "-- staff\n// of, the, clinic\n",
        "#",
        "sep=,\nStaff\n",
    ],
)
def test_titles_and_remarks_may_stand_before_the_header(tmp_path: Path, before: str) -> None:
    outcome = read_file(tmp_path, "practitioner", f"{before}{HEADER}D1,1,Doe\n,2,Roe\n")
    assert (read(outcome), outcome.refused) == (
        [("D1", "1", "Doe")],
        [(2, "missing_required:practitioner_id")],
    )


@pytest.mark.parametrize("content", [f"D1,1,Doe\n{HEADER}D2,1,Roe\n", "D1\nD2\npractitioner_id\nD3\n"])
def test_rows_before_a_header_are_no_titles(tmp_path: Path, content: str) -> None:
    outcome = read_file(tmp_path, "practitioner", content)
    assert outcome.refused == [(0, "missing_column:practitioner_id")]


def test_remarks_may_stand_before_a_single_column(tmp_path: Path) -> None:
    outcome = read_file(tmp_path, "practitioner", "# staff\npractitioner_id\nD1\n")
    assert [row["practitioner_id"] for row in outcome.rows] == ["D1"]


@pytest.mark.parametrize(
    "header",
    [
        "Practitioner ID,NPI,Family Name",
        "practitionerId,npi,familyName",
        '"PRACTITIONER-ID","NPI","FAMILY.NAME"',
        "Practitioner Id;NPI;Family  name",
    ],
)
def test_the_words_of_a_columns_name_may_be_parted_in_any_way(tmp_path: Path, header: str) -> None:
    row = "D1,1,Doe" if "," in header else "D1;1;Doe"
    outcome = read_file(tmp_path, "practitioner", f"{header}\n{row}\n")
    assert (read(outcome), outcome.content.parts[0].unknown_columns) == ([("D1", "1", "Doe")], ())


def test_a_column_of_the_contracts_own_name_goes_first_and_two_others_are_one_too_many(
    tmp_path: Path,
) -> None:
    outcome = read_file(tmp_path, "practitioner", "practitioner_id,Practitioner ID\nD1,17\n")
    assert outcome.rows[0]["practitioner_id"] == "D1"
    twice = read_file(tmp_path, "practitioner", "PractitionerID,Practitioner ID\nD1,17\n", "b.csv")
    assert twice.refused == [(0, "duplicate_column:practitioner_id")]


def test_a_file_may_be_packed_twice_and_what_is_packed_may_be_no_text(tmp_path: Path) -> None:
    packed = gzip.compress(gzip.compress(f"{HEADER}D1,1,Doe\n".encode()))
    assert read(read_file(tmp_path, "practitioner", packed, "a.csv.gz")) == [("D1", "1", "Doe")]
    workbook = read_file(tmp_path, "practitioner", gzip.compress(b"PK\x03\x04 and so on"), "b.csv.gz")
    assert workbook.refused == [(0, "unsupported_format:zip")]
