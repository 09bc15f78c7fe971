"""The scorecards: which pages, what they say, whom they name, and that they stand alone."""

import re
import stat
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.manifest import read_manifest
from orchestration.publishing.scorecards.charts import Funnel, Point, funnel_chart, trend_chart
from orchestration.publishing.scorecards.pages import write_scorecards
from orchestration.publishing.scorecards.words import (
    SIGNALS,
    amount_of,
    change_of,
    number,
    percent,
    referrer_sentences,
)
from tests.support import publishing_warehouse
from tests.support.html_page import Page
from tests.support.publishing_warehouse import make_home
from tests.support.scorecard_rows import LISTED, OTHERS_PATIENT, OWN_PATIENT

DAYS = {"referral_within_days": 7, "conversion_within_days": 14}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rules = (*publishing_warehouse.FIRST_RULES, "threshold", "metric_definition")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing_warehouse, "FIRST_RULES", rules)
        home = make_home(tmp_path_factory.mktemp("scorecards") / "home", LISTED)
    return home.publish().path


@pytest.fixture(scope="module")
def cards(generation: Path) -> Path:
    return generation / "identified" / "scorecards"


def test_a_page_a_recipient_and_month_and_an_index(cards: Path) -> None:
    found = {path.relative_to(cards).as_posix() for path in cards.rglob("*") if path.is_file()}
    stray = {name for name in found if name.startswith("referrers/_")}
    assert len(stray) == 1
    assert found - stray == {
        "index.html",
        "referrers/d1/2026-03.html",
        "referrers/d1/2026-02.html",
        "referrers/d2/2026-02.html",
        "teams/t1/2026-03.html",
        "teams/t1/2026-02.html",
        "teams/t2/2026-02.html",
        "bhc/b1/2026-02.html",
        "care_managers/c1/2026-03.html",
    }


def test_the_pages_are_private_and_in_the_manifest(generation: Path, cards: Path) -> None:
    files = read_manifest(generation).files
    for path in (path for path in cards.rglob("*") if path.is_file()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.relative_to(generation).as_posix() in files


def test_every_page_is_whole_stands_alone_and_can_be_read_aloud(generation: Path) -> None:
    pages = sorted((generation / "identified").rglob("*.html"))
    assert {path.parent.name for path in pages} >= {"scorecards", "d1", "t1", "b1", "c1"}
    for path in pages:
        page = Page(path)
        assert page.open == []
        assert len(page.of("h1")) == 1 and len(page.of("title")) == 1
        assert ("html", {"lang": "en"}) in page.tags
        for tag, given in page.tags:
            assert tag not in ("script", "img", "iframe", "object")
            if tag == "svg":
                assert given.get("aria-label") or given.get("aria-hidden") == "true"
            if tag == "th":
                assert given.get("scope") in ("col", "row")
            for name in ("src", "href", "action"):
                assert "//" not in (given.get(name) or "")
        assert "url(" not in path.read_text(encoding="utf-8")
        assert "@import" not in path.read_text(encoding="utf-8")


def test_the_index_leads_to_every_page(cards: Path) -> None:
    links = {given["href"] for tag, given in Page(cards / "index.html").tags if tag == "a"}
    assert links == {path.relative_to(cards).as_posix() for path in cards.rglob("*/*/*.html")}


def test_a_referrer_reads_three_sentences_and_what_changed(cards: Path) -> None:
    page = Page(cards / "referrers" / "d1" / "2026-02.html")
    assert page.of("h1") == ["Pillbright, Dee"]
    assert [text for text in page.of("p") if text.startswith(("You saw", "That is", "Of your"))] == [
        "You saw 40 patients who likely needed behavioral health and referred 10 of them within 7 days.",
        "That is 25% beside 30% in the organization: within what chance explains at this number of patients.",
        "Of your 12 referrals, 75% came to a visit or contact within 14 days; "
        "half of those who came did so within 4.5 days.",
    ]
    cells = page.of("td")
    assert {"14% to 40%", "up 5 points", "up 2", "down 1.5", "no change"} <= set(cells)
    labels = [given["aria-label"] for tag, given in page.tags if tag == "svg" and given.get("aria-label")]
    assert labels == [
        "Referral rate by month: Jan 2026 20%; Feb 2026 25%",
        "Referral rates of 3 providers by likely-eligible patients seen, around 30%. Filled: 25% of 40",
    ]


def test_a_month_that_nothing_is_known_of_says_so(cards: Path) -> None:
    page = Page(cards / "referrers" / "d1" / "2026-03.html")
    assert "do not cover the month" in page.text
    assert "You wrote no referral in the month." in page.text
    assert "the month is open" in page.text
    assert "None" not in page.text and "nan" not in page.text.split()


def test_a_referrer_sees_own_patients_who_were_seen_and_not_referred(cards: Path) -> None:
    own = Page(cards / "referrers" / "d1" / "2026-02.html").text
    assert OWN_PATIENT in own and "PHQ-9 of 10 or more: 14 on 2026-02-01" in own
    assert "Ångström" not in own
    assert "No screen" not in own


def test_no_page_names_another_recipients_patient(generation: Path) -> None:
    identified = generation / "identified"
    named = {
        path.relative_to(identified).as_posix(): {
            row["family_name"]
            for row in LISTED["dim_patient"]
            if str(row["family_name"]) in path.read_text(encoding="utf-8")
        }
        for path in identified.rglob("*.html")
    }
    assert {place: names for place, names in named.items() if names} == {
        "scorecards/referrers/d1/2026-02.html": {OWN_PATIENT},
        "scorecards/referrers/d2/2026-02.html": {OTHERS_PATIENT},
        "lists/likely_eligible/d1/2026-02-12.html": {"Ångström"},
    }


def test_a_name_with_markup_is_shown_and_not_run(cards: Path) -> None:
    page = Page(cards / "referrers" / "d2" / "2026-02.html")
    assert page.of("h1") == ["<b>Brisk</b>, Wes"]


def test_a_team_has_its_referrers_its_demand_and_its_targets(cards: Path) -> None:
    page = Page(cards / "teams" / "t1" / "2026-02.html")
    assert page.of("h1") == ["North"]
    assert {"<b>Brisk</b>, Wes", "Pillbright, Dee"} <= set(page.of("th"))
    assert {"48", SIGNALS["above_3sd"], "10% to 20%"} <= set(page.of("td"))


def test_staff_read_the_demand_that_they_were_given(cards: Path) -> None:
    clinician = Page(cards / "bhc" / "b1" / "2026-02.html")
    assert "On a clinic day you saw 7.5 patients; the guideline for your post is 8 to 12." in clinician.text
    assert "48" in clinician.of("td")
    assert "8 to 12 patients" in clinician.text
    manager = Page(cards / "care_managers" / "c1" / "2026-03.html")
    assert "Today 1 episode is in your care: 1 with an overdue follow-up, 1 with a flag" in manager.text
    assert "slot" not in (clinician.text + manager.text).lower()


def test_without_thresholds_there_are_no_pages(generation: Path, tmp_path: Path) -> None:
    identified = tmp_path / "identified"
    identified.mkdir()
    for mart in (generation / "identified").glob("*.parquet"):
        (identified / mart.name).symlink_to(mart)
    with duckdb.connect() as engine:
        assert write_scorecards(engine, identified, tmp_path, date(2026, 3, 20)) == 0
    assert not (identified / "scorecards").exists()


def test_a_few_hours_a_week_are_no_post_to_be_measured(cards: Path) -> None:
    """c2 has a twentieth of a post less a bit, c1 and b1 have more."""
    assert {path.parent.name for path in cards.rglob("*.html")} >= {"b1", "c1"}
    assert not (cards / "care_managers" / "c2").exists()


@pytest.mark.parametrize(
    ("now", "before", "unit", "said"),
    [
        (0.25, 0.204, "share", "up 5 points"),
        (0.25, 0.249, "share", "no change"),
        (0.692, 0.786, "share", "down 10 points"),
        (0.26, 0.25, "share", "up 1 point"),
        (4.0, 6.5, "days", "down 2.5"),
        (1200.0, 1100.0, "usd", "up $100"),
        (None, 1.0, "number", "cannot be compared"),
    ],
)
def test_a_change_in_words(now: float | None, before: float | None, unit: str, said: str) -> None:
    assert change_of(now, before, unit) == said


def test_numbers_as_people_read_them() -> None:
    assert [number(value) for value in (None, 0, 12.0, 12.34, 1234)] == ["\u2013", "0", "12", "12.3", "1,234"]
    assert percent(0.005) == "0%" and percent(1.0) == "100%"
    assert [amount_of(value, "visits") for value in (1.0, 1.2)] == ["1 visit", "1.2 visits"]


def test_few_patients_are_no_verdict() -> None:
    row = {
        "likely_eligible_seen": 1, "eligible_not_referred": 1, "referral_rate": 0.0, "signal": "too_few",
        "organization_rate": 0.3, "referrals": 1, "conversion_rate": 0.0, "median_days_to_contact": None,
    }  # fmt: skip
    first, second, third = referrer_sentences(row, DAYS)
    assert first.startswith("You saw 1 patient who") and "the difference says nothing" in second
    assert third == "Of your 1 referral, 0% came to a visit or contact within 14 days."


def test_a_trend_leaves_a_gap_where_nothing_is_known() -> None:
    months = [Point(date(2026, month, 1), value) for month, value in ((1, 2.0), (2, None), (3, 4.0))]
    chart = str(trend_chart(months, "a & b", is_share=False))
    assert 'role="img" aria-label="a &amp; b"' in chart
    line = next(path for path in re.findall(r'<path d="(M[^"]*)"', chart) if path.count("M") > 1)
    assert line.count("M") == 2 and "L" not in line.replace("M", "", 1).split("M")[0]
    assert {"Jan", "2026", "Feb", "Mar", "4"} <= set(re.findall(r">([^<>]+)<", chart))
    assert trend_chart([Point(date(2026, 1, 1), None)], "none", is_share=True) == ""


def test_the_funnel_narrows_with_more_patients() -> None:
    chart = str(funnel_chart([(100, 0.5)], [(100, 0.5)], Funnel(0.3, 2, 3), "funnel"))
    limits = re.findall(r'stroke="#8a3b00"[^>]*|d="(M[^"]*L[^"]*)"[^>]*stroke="#8a3b00"', chart)
    upper = next(path for path in limits if path)
    heights = [float(point.split(",")[1]) for point in re.split("[ML]", upper)[1:]]
    assert heights == sorted(heights) and heights[0] < heights[-1]
    assert funnel_chart([], [], Funnel(0.3, 2, 3), "funnel") == ""


def test_a_page_fills_its_own_dots_over_those_of_all() -> None:
    dots = [(40, 0.25), (60, 0.5), (40, 0.25), (50, 0.0)]
    chart = str(funnel_chart(dots, [(60, 0.5), (50, 0.0)], Funnel(0.3, 2, 3), "funnel"))
    hollow, filled = (
        re.findall(rf'<path transform="([^"]*)"[^>]*fill="{fill}" stroke="{stroke}"', chart)
        for fill, stroke in (("#ffffff", "#4a5665"), ("#0b4f8a", "#ffffff"))
    )
    assert len(hollow) == 3
    assert filled == hollow[1:]
