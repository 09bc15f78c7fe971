"""The planted record: complete, about rows that are really there, each trap on patients of its own."""

import csv
import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from orchestration.sample.clinic import write_sample
from orchestration.sample.planted import FILE_NAME, KINDS, Planted, read_planted

AS_OF = date(2026, 11, 22)
TRAPS = {
    "after_death", "apcm_add_on", "apcm_base_missing", "bad_rows", "bad_rows_elsewhere",
    "billed_separately", "billing_practitioner_missing", "bom_and_crlf", "broken_gzip",
    "claim_captured", "claim_denied", "claim_missed", "claim_over_coded",
    "claim_submitted_without_support", "claim_under_coded", "clock_change", "consent_granted_late",
    "consent_missing", "consent_revoked_early", "corrected_row", "coverage_missing",
    "diagnosis_missing", "documentation_in_time", "duration_exceeds_interval",
    "duration_shorter_than_interval", "episode_ended_later", "exact_duplicate", "exclusive_code_billed",
    "exclusive_pair", "facility_stay", "facility_stay_that_counts", "future_dated", "gzip_file",
    "header_only_file", "implausible_duration", "initiating_visit_missing", "known_minutes",
    "late_delivery_after_close", "late_documentation", "late_void_after_close", "latin_1_file",
    "missing_required_column", "month_edge", "no_episode", "no_last_line_end", "non_positive_duration",
    "not_countable_activity", "npi_nine_digits", "npi_wrong_check_digit", "older_row", "open_interval",
    "out_of_order", "patient_overlap", "payer_change_mid_month", "psychiatric_review_missing",
    "quoted_line_break", "same_file_twice", "scale_missing", "score_of_zero", "score_out_of_range",
    "semicolons", "site_column", "staff_overlap", "tombstone_before_entry", "tombstone_of_encounter",
    "tombstone_of_episode", "unknown_activity_code", "unknown_column", "unknown_folder",
    "unknown_patient", "unknown_payer", "unknown_staff", "unqualified_staff", "void_of_unknown_entry",
    "voided_by_tombstone", "voided_in_error", "wrong_delimiter", "zero_byte_file",
}  # fmt: skip
# Of one entry or patient each says something else, or the file as a whole is what is odd.
SHARED = {
    "unknown_staff", "unknown_patient", "broken_gzip", "missing_required_column", "wrong_delimiter",
    "zero_byte_file", "unknown_column", "site_column", "bad_rows", "bad_rows_elsewhere",
}  # fmt: skip


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("messy")
    write_sample(folder, patients=150, months=3, seed=5, as_of=AS_OF, messy=True)
    return folder


@pytest.fixture(scope="module")
def planted(landing: Path) -> Planted:
    return read_planted(landing)


def rows_of(landing: Path, feed: str) -> list[dict[str, str]]:
    """The rows of a feed's plain CSV files that are in UTF-8."""
    rows: list[dict[str, str]] = []
    for path in sorted((landing / feed).glob("*/*.csv")):
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
        rows += csv.DictReader(
            text.splitlines(keepends=True), delimiter=";" if "semicolon" in path.name else ","
        )
    return rows


def test_every_trap_is_planted_and_recorded(planted: Planted) -> None:
    assert {trap.trap for trap in planted.traps} == TRAPS
    assert [trap.trap for trap in planted.traps] == sorted(TRAPS)
    for trap in planted.traps:
        assert trap.count > 0, trap.trap
        assert trap.says.endswith("."), trap.trap
        assert set(trap.expected) <= set(KINDS), trap.trap
        assert any(trap.expected.values()), trap.trap


@pytest.mark.slow
def test_the_record_is_deterministic_and_returned_as_written(landing: Path, tmp_path: Path) -> None:
    returned = write_sample(tmp_path, patients=150, months=3, seed=5, as_of=AS_OF, messy=True)
    assert (tmp_path / FILE_NAME).read_bytes() == (landing / FILE_NAME).read_bytes()
    assert read_planted(tmp_path) == returned
    text = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def test_a_patient_has_one_trap(planted: Planted) -> None:
    owners: Counter[str] = Counter()
    for trap in planted.traps:
        if trap.trap not in SHARED:
            owners.update(set(trap.patient_ids))
    assert [patient for patient, times in owners.items() if times > 1] == []


@pytest.mark.slow
def test_the_clean_clinic_is_the_same_beside_the_traps(landing: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, patients=150, months=3, seed=5, as_of=AS_OF, messy=False)
    clean = [path.relative_to(tmp_path) for path in tmp_path.glob("*/*/*")]
    assert len(clean) > 50
    for path in clean:
        assert (landing / path).read_bytes() == (tmp_path / path).read_bytes(), path


def test_trap_patients_are_not_of_the_clean_clinic(planted: Planted) -> None:
    assert {patient[0] for trap in planted.traps for patient in trap.patient_ids} == {"X"}


def test_every_expected_entry_is_in_the_landing(landing: Path, planted: Planted) -> None:
    known = {row["entry_id"] for row in rows_of(landing, "care_activity") if row.get("entry_id")}
    packed = landing / "care_activity" / "2026-11-03" / "care_activity_packed.csv.gz"
    known |= {
        row["entry_id"] for row in csv.DictReader(gzip.decompress(packed.read_bytes()).decode().splitlines())
    }
    refused_with_their_file = {"broken_gzip", "wrong_delimiter", "zero_byte_file", "missing_required_column"}
    for trap, result in planted.expected("segments"):
        if trap not in refused_with_their_file:
            assert result["entry_id"] in known, trap


def test_every_expected_file_and_row_is_there(landing: Path, planted: Planted) -> None:
    for trap, result in planted.expected("files"):
        assert (landing / result["file"]).is_file(), trap
    for trap, result in planted.expected("quarantine"):
        path = landing / result["file"]
        assert path.is_file(), trap
        if result["row"]:
            assert len(path.read_bytes().splitlines()) > result["row"], trap


def test_every_expected_month_is_of_a_known_patient(landing: Path, planted: Planted) -> None:
    patients = {row["patient_id"] for row in rows_of(landing, "patient")}
    for kind in ("candidates", "reconciliation", "restatement"):
        for trap, result in planted.expected(kind):
            assert result["patient_id"] in patients, trap


@pytest.mark.slow
def test_instances_grow_with_the_panel_up_to_eight(planted: Planted, tmp_path: Path) -> None:
    counts = {trap.trap: trap.count for trap in planted.traps}
    assert counts["staff_overlap"] == counts["patient_overlap"] == 2
    larger = write_sample(tmp_path, patients=9_000, months=1, seed=5, as_of=AS_OF, messy=True)
    assert {trap.trap: trap.count for trap in larger.traps}["staff_overlap"] == 8


def test_months_without_rules_have_no_traps(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="later date"):
        write_sample(tmp_path, patients=10, months=1, seed=1, as_of=date(2024, 2, 20), messy=True)
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_expectation_is_refused(planted: Planted) -> None:
    with pytest.raises(ValueError, match="candidates, files"):
        next(planted.expected("wishes"))


@pytest.mark.slow
def test_a_clean_sample_has_no_traps(tmp_path: Path) -> None:
    assert write_sample(tmp_path, patients=10, months=1, seed=1, as_of=AS_OF, messy=False).traps == []
