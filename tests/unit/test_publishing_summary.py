"""The night's summary: figures from the generation, and how they look."""

from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from orchestration.publishing.errors import PublishError
from orchestration.publishing.summary import CandidateLine, FeedLine, NightSummary, summarize
from orchestration.publishing.summary_render import render_summary
from tests.support.publishing_warehouse import AS_OF, ROWS, make_home


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> NightSummary:
    home = make_home(tmp_path_factory.mktemp("summary") / "home")
    home.publish()
    return summarize(home.published)


def shown(summary: NightSummary) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(render_summary(summary, how_to_open_ui="make ui"))
    return capture.get()


def test_feeds_and_rejected_rows_with_their_reasons(summary: NightSummary) -> None:
    delivered = [feed for feed in summary.feeds if feed.files]
    assert delivered == [FeedLine("patient", 1, 4, 3, 1, AS_OF)]
    assert summary.quarantined == {
        "patient: invalid_type:birth_date": 1,
        "patient: missing_required:patient_id": 1,
    }


def test_checks_by_layer_and_severity(summary: NightSummary) -> None:
    assert [(one.layer, one.severity, one.passed, one.failed) for one in summary.checks] == [
        ("marts", "critical", 1, 0),
        ("raw", "warning", 0, 1),
    ]
    assert [one.check_id for one in summary.failed_checks] == ["raw_patient_birth_date"]


def test_minutes_credited_first_then_lost(summary: NightSummary) -> None:
    assert [(one.disposition, one.seconds, one.entries) for one in summary.minutes] == [
        ("credited", 3000, 2),
        ("staff_overlap", 600, 1),
    ]


def test_candidates_by_status_with_dollars_and_unknown_rates(summary: NightSummary) -> None:
    assert summary.candidates == [
        CandidateLine("ready", 1, Decimal("145.67"), 0),
        CandidateLine("held", 1, Decimal("0.00"), 1),
    ]


def test_every_place_that_it_names_exists(summary: NightSummary) -> None:
    assert {what for what, path in summary.places.items() if not Path(path).exists()} == set()


def test_it_shows_every_figure_and_no_patient(summary: NightSummary) -> None:
    text = shown(summary)
    for wanted in ("145.67", "staff_overlap", "50.0", "missing_required:patient_id", "make ui", "bi.duckdb"):
        assert wanted in text
    for row in ROWS["dim_patient"]:
        assert str(row["family_name"]) not in text


def test_each_part_begins_after_an_empty_line(summary: NightSummary) -> None:
    lines = shown(summary).splitlines()
    titles = ("Feeds read", "Minutes credited and lost", "Claim candidates", "Where everything lies")
    for title in titles:
        assert lines[lines.index(title) - 1].strip() == "", title


@pytest.mark.slow
def test_a_long_part_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    rejected = [ROWS["dq_quarantine"][0] | {"reason": f"invalid_type:c{number:02}"} for number in range(20)]
    home = make_home(tmp_path / "home", ROWS | {"dq_quarantine": rejected})
    home.publish()
    assert "and 8 more in dq_quarantine" in shown(summarize(home.published))


@pytest.mark.slow
def test_a_feed_that_never_came_is_named(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", ROWS)
    home.publish()
    summary = summarize(home.published)
    assert FeedLine("survey", 0, 0, 0, 0, None) in summary.feeds
    told = shown(summary).replace("\n", " ")
    assert "survey" in told.split("Never delivered: ")[1]
    assert "patient," not in told.split("Never delivered: ")[1].split("Rows quarantined")[0]


@pytest.mark.slow
def test_dollars_that_another_candidate_stands_for_are_not_added(tmp_path: Path) -> None:
    first = ROWS["fct_claim_candidate"][0]
    rows = [first, first | {"candidate_id": "other", "suppressed_by": "cocm"}]
    home = make_home(tmp_path / "home", ROWS | {"fct_claim_candidate": rows})
    home.publish()
    assert summarize(home.published).candidates == [CandidateLine("ready", 2, Decimal("145.67"), 0)]


@pytest.mark.slow
def test_marts_that_are_not_there_yet_give_empty_parts(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", {"dim_team": ROWS["dim_team"]})
    home.publish()
    summary = summarize(home.published)
    assert (summary.feeds, summary.quarantined, summary.minutes, summary.candidates) == ([], {}, [], [])
    assert "Claim candidates" not in shown(summary)


def test_before_anything_is_published_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nothing is published"):
        summarize(tmp_path)
