"""The queries of the dashboard on a small published generation, against numbers worked out by hand.

Belongs here: what each query answers and each picture says, and that no answer holds a patient. Does not
belong here: the page itself, which needs Streamlit.
"""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
from vl_convert import vegalite_to_svg

from dashboards.pictures import PICTURES
from dashboards.published import QUERIES, Choice, months_to, read
from tests.support.dashboard_rows import DASHBOARD_ROWS
from tests.support.publishing_warehouse import ROWS, make_home

FEBRUARY = date(2026, 2, 1)
NORTH = Choice(FEBRUARY, "t1")
SOUTH = Choice(FEBRUARY, "t2")
ALL = Choice(FEBRUARY)


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("dashboard") / "home", DASHBOARD_ROWS).publish().path


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generation without metrics and targets."""
    return make_home(tmp_path_factory.mktemp("bare") / "home").publish().path


def answers(generation: Path, query: str, choice: Choice, *columns: str) -> list[tuple[object, ...]]:
    frame = read(generation, query, choice)[list(columns)].astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def test_penetration_is_that_of_the_month_by_team(generation: Path) -> None:
    columns = ("team_name", "patients_seen", "panel_patients", "penetration", "target_low", "target_high")
    north = ("North", 30.0, 200.0, 0.15, 0.1, 0.2)
    assert answers(generation, "penetration", ALL, *columns) == [north, ("South", 4.0, 80.0, 0.05, 0.1, 0.2)]
    assert answers(generation, "penetration", NORTH, *columns) == [north]


def test_unique_patients_leave_out_who_had_no_clinic_day(generation: Path) -> None:
    columns = ("bhc_name", "clinic_days", "patients_per_day", "target_status")
    expected = [("Pillbright, Dee", 5.0, 9.0, "within")]
    assert answers(generation, "unique_patients_per_day", ALL, *columns) == expected
    assert answers(generation, "unique_patients_per_day", SOUTH, *columns) == expected


def test_followup_adds_up_twelve_months_and_divides_once(generation: Path) -> None:
    """North: 1 visit of March 2025 and 7 of February; South had none, so it has no shares."""
    columns = ("team_name", "band", "return_visits", "all_return_visits", "share")
    assert answers(generation, "followup_cadence", ALL, *columns) == [
        ("North", "1-2 weeks", 3.0, 8.0, 0.375),
        ("North", "3-4 weeks", 1.0, 8.0, 0.125),
        ("North", "5+ weeks", 4.0, 8.0, 0.5),
    ]


def test_caseload_leaves_out_a_team_without_care_managers(generation: Path) -> None:
    columns = ("team_name", "active_patients", "care_manager_fte", "patients_per_fte", "target_high")
    assert answers(generation, "caseload", ALL, *columns) == [("North", 40.0, 0.5, 80.0, 100.0)]


def test_minutes_are_those_of_the_segments(generation: Path) -> None:
    """Credited: 2,400 seconds of a1, 600 of a2 are 50 minutes; overlap: 600 of a2, in no program."""
    columns = ("disposition", "is_credited", "minutes", "entries")
    everything = [("credited", True, 50, 2), ("staff_overlap", False, 10, 1)]
    assert answers(generation, "minutes_by_disposition", ALL, *columns) == everything
    assert answers(generation, "minutes_by_disposition", NORTH, *columns) == [("credited", True, 40, 1)]
    assert answers(generation, "minutes_by_disposition", Choice(date(2026, 3, 1)), *columns) == []


def test_each_disposition_has_its_sentence(generation: Path) -> None:
    sentences = answers(generation, "minutes_by_disposition", ALL, "sentence")
    assert sentences[0] == ("The time counts.",)


def test_revenue_is_of_the_target_that_covers_the_month_and_began_last(generation: Path) -> None:
    """f3 begins in March, f0 began before f1. An even pace to $900 in three months is $300 a month."""
    columns = ("target_id", "month", "even_pace_usd", "expected_usd", "projected_usd")
    rows = [
        (target_id, *rest) for target_id, _, *rest in answers(generation, "expected_revenue", ALL, *columns)
    ]
    assert rows == [("f1", 300.0, 100.0, None), ("f1", 600.0, 250.0, 750.0), ("f1", 900.0, None, None)]


def test_revenue_of_a_team_is_its_own_target(generation: Path) -> None:
    columns = ("target_id", "target_amount_usd", "expected_usd")
    assert answers(generation, "expected_revenue", NORTH, *columns) == [("f2", 50.0, 20.0)]
    assert answers(generation, "expected_revenue", SOUTH, *columns) == []


@pytest.mark.slow
def test_every_picture_draws_what_its_query_answers(generation: Path) -> None:
    for picture in PICTURES:
        frame = read(generation, picture.query, ALL)
        drawn = picture.draw(frame, ALL).to_dict()
        assert "February 2026" in drawn["title"]["text"], picture.query
        assert drawn["description"].startswith(drawn["title"]["text"])


@pytest.mark.slow
def test_numbers_are_written_as_people_read_them(generation: Path) -> None:
    said = {
        picture.query: picture.draw(read(generation, picture.query, ALL), ALL).to_json()
        for picture in PICTURES
    }
    assert "15.0% (30 of 200), within" in said["penetration"]
    assert "9.0 on 5 clinic days, within" in said["unique_patients_per_day"]
    assert "80 (40 for 0.50 FTE), within" in said["caseload"]
    assert "50 of 60 minutes of the care team are credited (83%)" in said["minutes_by_disposition"]
    assert "50 min, 2 entries" in said["minutes_by_disposition"]
    assert "$250 expected" in said["expected_revenue"] and "Projected $750" in said["expected_revenue"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "said"),
    [(500, ["15.0% (30 of 200), within", "50 min, 2 entries"]), (200, ["15.0%, within", "50 min"])],
)
def test_the_pictures_are_drawn_and_say_less_where_they_are_narrow(
    generation: Path, width: int, said: list[str]
) -> None:
    charts = [picture.draw(read(generation, picture.query, ALL), ALL) for picture in PICTURES]
    drawn = [vegalite_to_svg(chart.properties(width=width).to_dict()) for chart in charts]
    texts = {text for svg in drawn for text in re.findall(r">([^<>]+)</text>", svg)}
    assert set(said) <= texts
    assert not any("undefined" in text or "NaN" in text or "null" in text for text in texts)


def test_no_answer_holds_a_patient(generation: Path) -> None:
    """Neither a column of patients nor the value of any."""
    values = {str(row[name]) for row in ROWS["dim_patient"] for name in ("patient_id", "mrn", "family_name")}
    for path in QUERIES.glob("*.sql"):
        frame = read(generation, path.stem, ALL)
        assert not {"patient_id", "mrn", "episode_id", "entry_id", "candidate_id"} & set(frame.columns), (
            path.name
        )
        assert not values & {str(cell) for cell in frame.to_numpy().ravel()}, path.name


def test_a_mart_that_is_not_there_gives_no_rows(bare: Path) -> None:
    without = [picture.query for picture in PICTURES if read(bare, picture.query, ALL).empty]
    assert without == [
        "penetration",
        "unique_patients_per_day",
        "followup_cadence",
        "caseload",
        "expected_revenue",
    ]


def test_every_query_belongs_to_a_picture_or_the_filter() -> None:
    assert {path.stem for path in QUERIES.glob("*.sql")} == {"team", *(picture.query for picture in PICTURES)}


def test_reading_keeps_nothing_open_and_writes_nothing(generation: Path) -> None:
    database = generation / "bi.duckdb"
    before = database.stat().st_mtime_ns
    assert answers(generation, "team", ALL, "team_id") == [("t1",), ("t2",)]
    assert database.stat().st_mtime_ns == before
    with duckdb.connect(str(database), read_only=True, config={"threads": 1}) as engine:
        assert engine.execute("select 1").fetchall() == [(1,)]


def test_months_go_back_over_the_turn_of_the_year() -> None:
    assert months_to(date(2026, 2, 28), 3) == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1)]
