"""The site of a home: what it says, and that it needs no server, no script and no network."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from orchestration.feeds.contract import load_contract
from orchestration.night_findings import NightFindings
from orchestration.publishing.files import FILE_MODE
from orchestration.publishing.sharing import hashed_id
from orchestration.publishing.status import hold_back
from orchestration.publishing.summary import summarize
from orchestration.quality.findings import CheckResult
from orchestration.quality.suites import load_checks
from orchestration.quality_site.issues import Point
from orchestration.quality_site.page import trend_chart
from orchestration.quality_site.places import MOST_LISTED, find_places
from orchestration.quality_site.record import LAYERS
from orchestration.quality_site.site import renew_site
from orchestration.quality_site.touched import Results, feed_of, load_links
from orchestration.quality_site.words import percent, teams, title
from orchestration.settings import Settings
from tests.support.publishing_warehouse import AS_OF, Home, make_home
from tests.unit.quality_lake import RawLake, days_before
from tests.unit.seed_rows import read_seed

ABSENT = CheckResult(
    check_id="raw.case_review.has_been_delivered",
    layer="raw",
    table_name="case_review",
    severity="warning",
    status="failed",
    failed_rows=0,
    total_rows=0,
    affected_marts="fct_claim_candidate;fct_claim_check",
    owner="care_management",
    what_it_means="No review has ever come.",
    what_to_do="Ask for the feed case_review.",
)
REFUSED = replace(
    ABSENT,
    check_id="raw.quarantine.few_rows_of_patient_are_refused",
    failed_rows=1,
    total_rows=4,
    threshold=0.01,
)
LOST = replace(
    ABSENT,
    check_id="marts.fct_minute_segment.no_second_is_lost",
    layer="marts",
    table_name="fct_minute_segment",
    severity="critical",
    failed_rows=2,
    total_rows=3,
)

ALL_CHECKS = (*load_checks("raw", as_of=AS_OF), *load_checks("marts", as_of=AS_OF))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def page_of(
    home: Home, results: Sequence[CheckResult], layers: Collection[str] = LAYERS, as_of: date = AS_OF
) -> str:
    settings = Settings(landing=home.root / "landing", home=home.root)
    return renew_site(settings, as_of, results, layers).read_text(encoding="utf-8")


class _Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        self.levels += [int(tag[1])] if tag in {"h1", "h2", "h3", "h4"} else []


def test_the_page_needs_nothing_but_itself(home: Home) -> None:
    home.publish()
    text = page_of(home, [ABSENT, REFUSED, LOST])
    page = _Page(text)
    assert {"script", "iframe", "img", "object"}.isdisjoint(page.tags)
    assert "http" not in text
    assert "@import" not in text
    assert all(link == "data:," or link[1:] in page.ids for link in page.links)
    assert len(set(page.ids)) == len(page.ids)
    assert page.levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.levels, page.levels[1:], strict=False))


def test_an_issue_says_what_fails_what_it_touches_and_who_mends_it(home: Home) -> None:
    home.publish()
    text = page_of(home, [ABSENT])
    for said in (
        "case_review has not come",
        "No row of case_review has come.",
        "New tonight.",
        "1 claim candidate is held by psychiatric_review, which rests on this; the amount of 1 is not known.",
        "Held by team: South 1.",
        "Ask for the feed case_review.",
        "Owner: care_management.",
        "Poorer or wrong: fct_claim_candidate, fct_claim_check.",
    ):
        assert said in text


def test_refused_rows_are_shown_by_place_and_hash(home: Home) -> None:
    home.publish()
    text = page_of(home, [REFUSED])
    for said in (
        "1 row of patient is refused, of 4 (25 %; the site tolerates 1 %).",
        "patient/2026-03-20/p.csv",
        "ab" * 6,
        "missing_required:patient_id;invalid_type:birth_date",
    ):
        assert said in text


def test_a_night_that_ended_early_says_what_it_did_not_look_at(home: Home) -> None:
    home.publish()
    hold_back(home.published, as_of_date=AS_OF, reason="Held back: a check failed.")
    text = page_of(home, [], [])
    assert text.count("The night ended before these checks.") == len(LAYERS)
    assert "<strong>Held back since 20 March 2026.</strong> a check failed." in text
    assert "Readers keep the results as of 20 March 2026." in text
    assert "No check has been run yet, so nothing is known." in text
    assert text.count("not looked at") == len(load_contract().feeds)


def test_a_feed_that_never_came_does_not_look_perfect(home: Home) -> None:
    text = page_of(home, [ABSENT, replace(ABSENT, check_id="raw.slot.x", status="passed")])
    assert "0 missing or empty" not in text
    assert "Nothing has been published yet." in text


def test_the_same_night_gives_the_same_files(home: Home) -> None:
    home.publish()
    page_of(home, [ABSENT, LOST])
    folder = home.published / "quality"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    page_of(home, [LOST, ABSENT])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {FILE_MODE}


def test_the_summary_of_a_night_leads_to_the_page(home: Home) -> None:
    home.publish()
    assert "quality site" not in summarize(home.published).places
    page_of(home, [LOST])
    assert summarize(home.published).places["quality site"].is_file()


def test_a_page_that_cannot_be_made_holds_no_result_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Zzyzx")

    monkeypatch.setattr("orchestration.quality_site.site.renew_site", fail)
    NightFindings(settings).show(AS_OF)
    assert "the quality site could not be renewed: ValueError" in caplog.text
    assert "Zzyzx" not in caplog.text


def test_links_name_feeds_checks_claim_checks_and_dispositions_that_there_are() -> None:
    links = load_links()
    assert set(links.feeds) <= set(load_contract().feeds)
    assert set(links.checks) <= {check.check_id for check in ALL_CHECKS}
    linked = [*links.feeds.values(), *links.checks.values()]
    assert {name for link in linked for name in link.claim_checks} <= {
        row["check_id"] for row in read_seed("claim_check")
    }
    assert {name for link in linked for name in link.dispositions} <= {
        row["disposition"] for row in read_seed("disposition")
    }


def test_a_candidate_that_two_checks_hold_is_touched_once() -> None:
    row = {"team": "South", "candidates": 3, "amount_usd": Decimal("10.50"), "without_amount": 1}
    held = (
        {**row, "blocking": ("billing_practitioner", "psychiatric_review")},
        {**row, "blocking": ("validated_scale",)},
    )
    touched = Results(held, {"unqualified_staff": 5400}).touched_by("raw.staffing.has_been_delivered")
    assert (touched.candidates, touched.amount_usd, touched.without_amount) == (3, Decimal("10.50"), 1)
    assert touched.claim_checks == ("billing_practitioner", "psychiatric_review")
    assert (touched.hours, touched.dispositions) == (1.5, ("unqualified_staff",))


@pytest.mark.parametrize(
    ("check_id", "feed"),
    [
        ("raw.slot.has_been_delivered", "slot"),
        ("raw.feed_file.case_review_is_in_time", "case_review"),
        ("raw.quarantine.few_rows_of_claim_line_are_refused", "claim_line"),
        ("raw.feed_file.all_columns_of_patient_are_known", ""),
        ("raw.slot.slot_id_is_never_missing", ""),
        ("marts.dim_team.has_rows", ""),
    ],
)
def test_a_check_is_about_a_feed_where_it_speaks_of_its_coming(check_id: str, feed: str) -> None:
    assert feed_of(check_id, load_contract().feeds) == feed


def test_of_a_whole_feed_no_places_are_listed(home: Home) -> None:
    home.publish()
    raw = home.root / "raw.duckdb"
    few, many = (replace(REFUSED, failed_rows=rows) for rows in (MOST_LISTED, MOST_LISTED + 1))
    assert find_places(few, published=home.published, raw_database=raw, hash_key="k").total == 1
    assert find_places(many, published=home.published, raw_database=raw, hash_key="k").total == 0


def test_a_broken_reference_is_told_by_file_hash_and_team(tmp_path: Path) -> None:
    lake = RawLake.make(tmp_path)
    lake.add("team", {"team_id": "t1", "team_name": "Old"}, on=days_before(1))
    lake.add("team", {"team_id": "t1", "team_name": "Clinic B"})
    lake.add("practitioner", {"practitioner_id": "known"})
    lake.add(
        "encounter",
        *({"encounter_id": f"e{number}", "practitioner_id": "gone", "team_id": "t1"} for number in (1, 2)),
        {"encounter_id": "e3", "practitioner_id": "gone", "team_id": "t9"},
        {"encounter_id": "e4", "practitioner_id": "known", "team_id": "t1"},
    )
    [result] = lake.run("encounter.practitioner_id_is_known").values()
    found = find_places(result, published=tmp_path, raw_database=lake.database, hash_key="k")
    [place] = found.shown
    assert (place.source_file, place.rows) == ("encounter/2026-04-15/a.csv", result.failed_rows)
    assert place.key_hash == hashed_id("k", "practitioner_id", "gone")
    assert found.by_team == {"Clinic B": 2, "no team": 1}
    assert teams(found.by_team) == "Clinic B 2, no team 1"


def test_small_teams_are_told_together() -> None:
    assert teams({"A": 9, "B": 4, "C": 3, "D": 2, "E": 1}) == "A 9, B 4, C 3, 2 other teams 3"
    assert teams({"A": 9, "B": 4, "C": 3, "D": 2}) == "A 9, B 4, C 3, 1 other team 2"


def test_a_bar_stands_at_its_day() -> None:
    chart = trend_chart([Point(date(2025, 12, 21), 1), Point(AS_OF, None)], AS_OF)
    assert '<rect class="bar" x="0"' in chart
    assert '<rect class="bar unknown" x="356"' in chart
    assert "2026-03-20: could not be run" in chart


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100 %"), (0.1, "10 %"), (0.0996, "10 %"), (0.033, "3.3 %"), (0.0003, "0.03 %")]
)
def test_shares_are_written_as_people_read_them(share: float, said: str) -> None:
    assert percent(share) == said


def test_every_check_has_a_title_in_words() -> None:
    for check in ALL_CHECKS:
        assert title(check.check_id) != check.check_id
        assert "{" not in title(check.check_id)
