"""The lists of those who treat: whose file, which rows, nothing of them in the shared folder."""

import csv
from pathlib import Path

import pytest

from orchestration.publishing.care_lists import CASE_REVIEW_HEADER, LIKELY_ELIGIBLE_HEADER
from tests.support.publishing_warehouse import ROWS, Row, make_home

LIKELY_ELIGIBLE: list[Row] = [
    {
        "clinic_date": day,
        "pcp_id": pcp,
        "patient_id": patient,
        "appointment_at": f"{day} 14:00:00",
        "appointment_local_time": "09:00",
        "priority": priority,
        "triggers": "PHQ-9 of 10 or more: 14 on 2026-03-01",
        "last_outreach": "2026-03-02 outreach: reached",
        "what_happened": happened,
    }
    for day, pcp, patient, priority, happened in [
        ("2026-03-18", "d1", "p1", 2, "seen"),
        ("2026-03-19", "d1", "p1", 2, "referred"),
        ("2026-03-23", "d1", "p2", 5, None),
        ("2026-03-23", "d1", "p1", 2, None),
        ("2026-03-23", "../d2", "p3", 1, None),
        ("2026-03-23", None, "unknown", 1, None),
    ]
]
REGISTRY: list[Row] = [
    {
        "episode_id": f"e{number}",
        "patient_id": f"p{number}",
        "pcp_id": "d1",
        "program": "cocm",
        "latest_phq9": 14,
    }
    for number in (1, 2, 3)
]
QUEUE: list[Row] = [
    {
        "episode_id": f"e{number}",
        "psychiatric_consultant_id": consultant,
        "care_manager_id": "c1",
        "queue_rank": rank,
        "reasons": "Never reviewed (25)",
    }
    for number, consultant, rank in [(1, "psych", 2), (2, "psych", 1), (3, None, 1)]
]
LISTED = ROWS | {
    "rpt_likely_eligible": LIKELY_ELIGIBLE,
    "rpt_caseload_registry": REGISTRY,
    "rpt_case_review_queue": QUEUE,
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("care") / "home", LISTED).publish().path


@pytest.fixture(scope="module")
def lists(generation: Path) -> Path:
    return generation / "identified" / "lists"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_provider_has_a_file_for_the_dates_to_come_and_the_newest_that_has_come(lists: Path) -> None:
    root = lists / "likely_eligible"
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.csv"))
    (strange,) = [name for name in files if name.startswith("_")]
    assert "/" not in strange.removesuffix("/2026-03-23.csv")
    assert files == sorted(
        ["d1/2026-03-19.csv", "d1/2026-03-23.csv", "no_pcp/2026-03-23.csv", strange],
    )


def test_a_providers_list_has_its_own_patients_the_most_urgent_first(lists: Path) -> None:
    rows = rows_of(lists / "likely_eligible" / "d1" / "2026-03-23.csv")
    assert list(rows[0]) == LIKELY_ELIGIBLE_HEADER
    assert [(row["priority"], row["patient_family_name"], row["mrn"]) for row in rows] == [
        ("2", "Quillfeather", "'=1+2"),
        ("5", "Ångström", "M2"),
    ]
    assert rows[0]["appointment_local_time"] == "09:00"
    assert rows[0]["triggers"] == "PHQ-9 of 10 or more: 14 on 2026-03-01"
    assert rows[0]["what_happened"] == ""


def test_the_newest_date_that_has_come_says_what_became_of_it(lists: Path) -> None:
    (row,) = rows_of(lists / "likely_eligible" / "d1" / "2026-03-19.csv")
    assert row["what_happened"] == "referred"


def test_a_patient_who_is_not_known_yet_is_listed_without_a_name(lists: Path) -> None:
    (row,) = rows_of(lists / "likely_eligible" / "no_pcp" / "2026-03-23.csv")
    assert (row["patient_family_name"], row["priority"]) == ("", "1")


def test_a_consultant_has_one_list_by_rank_with_reasons_and_scores(lists: Path) -> None:
    root = lists / "case_review"
    assert sorted(path.name for path in root.iterdir()) == ["no_consultant.csv", "psych.csv"]
    rows = rows_of(root / "psych.csv")
    assert list(rows[0]) == CASE_REVIEW_HEADER
    assert [(row["queue_rank"], row["episode_id"]) for row in rows] == [("1", "e2"), ("2", "e1")]
    assert {key: rows[1][key] for key in ("reasons", "care_manager", "pcp", "latest_phq9")} == {
        "reasons": "Never reviewed (25)",
        "care_manager": "Carewell, Em",
        "pcp": "Pillbright, Dee",
        "latest_phq9": "14",
    }


def test_nothing_of_the_lists_is_shared_and_nobody_else_can_read_them(generation: Path, lists: Path) -> None:
    assert not [path for path in (generation / "shared").rglob("*") if path.suffix == ".csv"]
    assert {path.stem for path in (generation / "shared").glob("rpt_*")} <= {"rpt_referrer_scorecard"}
    modes = {path.stat().st_mode & 0o077 for path in [lists, *lists.rglob("*")]}
    assert modes == {0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("absent", "left"), [("rpt_likely_eligible", "case_review"), ("rpt_case_review_queue", "likely_eligible")]
)
def test_a_list_is_left_out_while_a_mart_that_it_needs_is_absent(
    tmp_path: Path, absent: str, left: str
) -> None:
    rows = {name: mart for name, mart in LISTED.items() if name != absent}
    root = make_home(tmp_path / "home", rows).publish().path / "identified" / "lists"
    others = {"claim_candidates", "failing_rows", "near_miss"}
    assert {path.name for path in root.iterdir()} == {*others, left}


@pytest.mark.slow
def test_with_no_date_that_has_come_the_dates_to_come_are_listed(tmp_path: Path) -> None:
    to_come = [row for row in LIKELY_ELIGIBLE if row["what_happened"] is None and row["pcp_id"] == "d1"]
    home = make_home(tmp_path / "home", LISTED | {"rpt_likely_eligible": to_come})
    root = home.publish().path / "identified" / "lists" / "likely_eligible"
    assert [path.name for path in root.rglob("*.csv")] == ["2026-03-23.csv"]
