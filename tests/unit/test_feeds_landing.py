"""What counts as a delivery, and what is told of the rest."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.feeds.landing import latest_delivery_date, scan


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    for name in (
        "team/2025-01-02/b.csv",
        "team/2025-01-02/a b.CSV.GZ",
        "team/2025-01-01/z.parquet",
        "fhir/2025-01-03/anything.ndjson.gz",
        "fhir/2025-01-03/Patient.ndjson",
        "hl7v2/2025-01-03/one.hl7",
        "team/2025-02-01/later.csv",
    ):
        put(tmp_path, name)
    return tmp_path


def put(landing: Path, name: str) -> None:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


@pytest.mark.parametrize("ending", ["ndjson", "jsonl", "JSONL.gz", "json"])
def test_lines_of_resources_go_by_several_endings(tmp_path: Path, ending: str) -> None:
    put(tmp_path, f"fhir/2025-01-03/Patient.{ending}")
    assert [file.format for file in scan(tmp_path, date(2025, 1, 31)).files] == ["fhir_ndjson"]


def test_deliveries_come_by_date_and_path(landing: Path) -> None:
    found = [(file.source_file, file.folder, file.format) for file in scan(landing, date(2025, 1, 31)).files]
    assert found == [
        ("team/2025-01-01/z.parquet", "team", "parquet"),
        ("team/2025-01-02/a b.CSV.GZ", "team", "csv"),
        ("team/2025-01-02/b.csv", "team", "csv"),
        ("fhir/2025-01-03/Patient.ndjson", "fhir", "fhir_ndjson"),
        ("fhir/2025-01-03/anything.ndjson.gz", "fhir", "fhir_ndjson"),
        ("hl7v2/2025-01-03/one.hl7", "hl7v2", "hl7v2"),
    ]


@pytest.mark.parametrize(("day", "files"), [(31, 6), (3, 6), (2, 3), (1, 1)])
def test_folders_dated_after_the_business_date_are_not_read(landing: Path, day: int, files: int) -> None:
    assert len(scan(landing, date(2025, 1, day)).files) == files


def test_without_a_date_all_is_read(landing: Path) -> None:
    assert len(scan(landing).files) == 7


@pytest.mark.parametrize(
    ("name", "kind", "path"),
    [
        ("team/2025-01-02/b.csv.part", "unfinished_upload", "team/2025-01-02/b.csv.part"),
        ("team/2025-01-02/b.csv.TMP", "unfinished_upload", "team/2025-01-02/b.csv.TMP"),
        ("team/2025-01-02/.b.csv", "unfinished_upload", "team/2025-01-02/.b.csv"),
        ("team/2025-01-02/~b.csv", "unfinished_upload", "team/2025-01-02/~b.csv"),
        ("team/2025-01-02/b.xlsx", "unsupported_file", "team/2025-01-02/b.xlsx"),
        ("team/2025-01-02/b.ndjson", "unsupported_file", "team/2025-01-02/b.ndjson"),
        ("fhir/2025-01-02/b.csv", "unsupported_file", "fhir/2025-01-02/b.csv"),
        ("team/2025-01-02/folder.csv/b.csv", "not_a_file", "team/2025-01-02/folder.csv"),
        ("patient.csv", "outside_of_folders", "patient.csv"),
        ("Patient.ndjson.GZ", "outside_of_folders", "Patient.ndjson.GZ"),
        ("team/2025-02-29/b.csv", "not_a_delivery_date", "team/2025-02-29"),
        ("team/20250102/b.csv", "not_a_delivery_date", "team/20250102"),
        ("team/2025-W01-1/b.csv", "not_a_delivery_date", "team/2025-W01-1"),
        ("team/b.csv", "not_a_delivery_date", "team/b.csv"),
        ("teams/2025-01-02/b.csv", "unknown_folder", "teams"),
        ("Team/2025-01-02/b.csv", "unknown_folder", "Team"),
    ],
)
def test_what_is_no_delivery_is_told(tmp_path: Path, name: str, kind: str, path: str) -> None:
    put(tmp_path, name)
    found = scan(tmp_path)
    assert found.files == ()
    assert [(notice.kind, notice.path) for notice in found.notices] == [(kind, path)]
    assert latest_delivery_date(tmp_path) is None


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    put(tmp_path, "team/2025-01-02/b.csv")
    (tmp_path / "team/2025-01-02/c.csv").symlink_to(tmp_path / "gone.csv")
    found = scan(tmp_path)
    assert [file.source_file for file in found.files] == ["team/2025-01-02/b.csv"]
    assert [(notice.kind, notice.path) for notice in found.notices] == [
        ("not_a_file", "team/2025-01-02/c.csv")
    ]


def test_notes_beside_the_folders_and_hidden_folders_are_nobodys_business(tmp_path: Path) -> None:
    put(tmp_path, "_planted.json")
    put(tmp_path, "README.txt")
    put(tmp_path, ".git/config")
    assert scan(tmp_path) == scan(tmp_path / "nowhere")


def test_a_name_that_is_no_text_is_told_and_not_read(tmp_path: Path) -> None:
    put(tmp_path, "team/2025-01-02/b.csv")
    strange = bytes(tmp_path / "team/2025-01-02") + b"/\xe9.csv"
    Path(strange.decode("utf-8", errors="surrogateescape")).write_bytes(b"x")
    found = scan(tmp_path)
    assert len(found.files) == 1
    assert [(notice.kind, notice.path) for notice in found.notices] == [
        ("unreadable_name", "team/2025-01-02/?.csv")
    ]


def test_the_latest_delivery_is_the_latest_of_any_feed(landing: Path) -> None:
    (landing / "team" / "2025-03-01").mkdir()
    put(landing, "team/2025-03-02/b.csv.part")
    assert latest_delivery_date(landing) == date(2025, 2, 1)
