"""The claim lists in other shapes: workbooks, FHIR documents, near misses by care manager."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fhir.resources.R4B.claim import Claim

from orchestration.publishing.claim_fhir import DOCUMENTS
from orchestration.publishing.claim_lists import CANDIDATE_HEADER, NEAR_MISS_HEADER
from orchestration.publishing.claim_workbook import WORKBOOK
from orchestration.publishing.files import sha256_of
from orchestration.publishing.manifest import read_manifest
from tests.support.publishing_warehouse import ROWS, Row, make_home

NORTH, NO_TIN = "12-3456789", "no_tin"
ADD_ON = ROWS["fct_claim_candidate"][0] | {
    "candidate_id": "k3",
    "procedure_code": "99494",
    "units": 2,
    "expected_amount_usd": None,
}
GENERAL = ADD_ON | {
    "candidate_id": "k4",
    "program": "bhi",
    "procedure_code": "G0323",
    "place_of_service": None,
}
DIAGNOSED: Row = {
    "candidate_id": "k1", "check_id": "eligible_diagnosis", "severity": "block", "outcome": "pass",
    "evidence_kind": "condition", "evidence_id": "c77", "policy_version": "medicare-2026-01",
}  # fmt: skip
OTHERS_MISS = ROWS["rpt_near_miss"][0] | {"patient_id": "p2", "care_manager_id": None, "minutes_needed": 2}
LISTED: dict[str, list[Row]] = ROWS | {
    "fct_claim_candidate": [*ROWS["fct_claim_candidate"], ADD_ON, GENERAL],
    "fct_claim_check": [*ROWS["fct_claim_check"], DIAGNOSED],
    "rpt_near_miss": [*ROWS["rpt_near_miss"], OTHERS_MISS],
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("documents") / "home", LISTED).publish().path


@pytest.fixture(scope="module")
def months(generation: Path) -> Path:
    return generation / "identified" / "lists" / "claim_candidates"


def claims_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_month_has_a_workbook_with_a_summary_and_a_sheet_a_list(months: Path) -> None:
    books = sorted(path.relative_to(months).as_posix() for path in months.rglob(WORKBOOK))
    places = [f"{tin}/2026-{month}" for tin in (NORTH, NO_TIN) for month in ("02", "03")]
    assert books == [f"{place}/{WORKBOOK}" for place in places]
    book = openpyxl.load_workbook(months / NORTH / "2026-02" / WORKBOOK)
    assert book.sheetnames == ["Summary", "Ready", "Review", "Held", "Near miss"]
    heads = [[cell.value for cell in book[name][1]] for name in ("Ready", "Held", "Near miss")]
    spoken = [[name.replace("_", " ") for name in one] for one in (CANDIDATE_HEADER, NEAR_MISS_HEADER)]
    assert heads == [spoken[0], spoken[0], spoken[1]]


def test_the_summary_adds_up_what_the_sheets_list(months: Path) -> None:
    book = openpyxl.load_workbook(months / NORTH / "2026-02" / WORKBOOK)
    rows = list(book["Summary"].iter_rows(min_row=5, max_row=8, max_col=3, values_only=True))
    assert rows == [("Ready", 3, 145.67), ("Review", 0, 0), ("Held", 0, 0), ("Near miss", 0, 0)]
    assert book["Ready"].max_row == 4
    assert book["Summary"]["A1"].value == "Claim candidates of February 2026"


def test_what_is_held_says_who_can_fix_what(months: Path) -> None:
    summary = openpyxl.load_workbook(months / NO_TIN / "2026-02" / WORKBOOK)["Summary"]
    assert summary["A11"].value == "care manager, psychiatric consultant"
    assert summary["B11"].value == 1
    assert summary["D11"].value == (
        "No validated scale stands in the month. No case review stands in the month."
    )


def test_a_text_that_begins_like_a_formula_stays_a_text(months: Path) -> None:
    sheet = openpyxl.load_workbook(months / NORTH / "2026-02" / WORKBOOK)["Ready"]
    mrn = sheet.cell(2, CANDIDATE_HEADER.index("mrn") + 1)
    assert (mrn.value, mrn.data_type) == ("=1+2", "s")
    assert sheet.cell(2, CANDIDATE_HEADER.index("date_of_service") + 1).value == datetime(2026, 2, 28)


def test_the_ready_claims_are_valid_fhir_with_an_item_a_code(months: Path) -> None:
    claims = claims_of(months / NORTH / "2026-02" / DOCUMENTS)
    for claim in claims:
        Claim.model_validate(claim)
    codes = [[item["productOrService"]["coding"][0]["code"] for item in claim["item"]] for claim in claims]
    assert codes == [["G0323"], ["99492", "99494"]]
    collaborative = claims[1]
    assert collaborative["patient"] == {"type": "Patient", "identifier": {"value": "=1+2"}}
    assert collaborative["created"] == "2026-03-20"
    assert collaborative["provider"] == {
        "type": "Organization",
        "identifier": {"system": "urn:oid:2.16.840.1.113883.4.4", "value": NORTH},
    }
    assert collaborative["diagnosis"] == [
        {"sequence": 1, "diagnosisReference": {"type": "Condition", "identifier": {"value": "c77"}}}
    ]
    first, second = collaborative["item"]
    assert first["net"] == {"value": 145.67, "currency": "USD"}
    assert first["diagnosisSequence"] == [1]
    assert second["quantity"] == {"value": 2}
    assert "net" not in second and "diagnosisSequence" not in second
    assert "diagnosis" not in claims[0]


def test_what_is_not_ready_is_no_claim_document(months: Path) -> None:
    assert [path.relative_to(months).as_posix() for path in months.rglob(DOCUMENTS)] == [
        f"{NORTH}/2026-02/{DOCUMENTS}"
    ]


def test_a_care_managers_near_misses_are_in_their_own_file(generation: Path) -> None:
    folder = generation / "identified" / "lists" / "near_miss"
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.name] = [(row["mrn"], row["minutes_needed"]) for row in csv.DictReader(file)]
    assert found == {"c1.csv": [("M3", "6")], "no_care_manager.csv": [("M2", "2")]}


@pytest.mark.slow
def test_other_runs_write_the_same_bytes(generation: Path, tmp_path: Path) -> None:
    again = make_home(tmp_path / "home", LISTED).publish().path
    files = read_manifest(generation).files
    documents = [name for name in files if name.endswith((".xlsx", ".ndjson", ".csv", ".html"))]
    assert documents
    assert {name: sha256_of(again / name) for name in documents} == {
        name: files[name].sha256 for name in documents
    }
