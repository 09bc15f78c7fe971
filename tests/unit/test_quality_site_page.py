"""The site of a home: what it says, and that it needs no server, no script and no network."""

import re
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
from orchestration.publishing.status import hold_back
from orchestration.publishing.summary import summarize
from orchestration.quality.findings import CauseCount, CheckResult
from orchestration.quality.suites import load_checks
from orchestration.quality.waivers import Waivers
from orchestration.quality_site.issues import Issue, Point, build_queue
from orchestration.quality_site.places import find_places
from orchestration.quality_site.record import LAYERS, record_of
from orchestration.quality_site.site import renew_site
from orchestration.quality_site.touched import Results, feed_of, load_links
from orchestration.quality_site.trend import trend_chart
from orchestration.quality_site.words import metric, percent, teams, title, what_fails
from orchestration.settings import Settings
from tests.support.publishing_warehouse import AS_OF, Home, make_home
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


ORPHANS = replace(
    ABSENT,
    check_id="raw.encounter.visits_have_a_practitioner",
    table_name="encounter",
    failed_rows=46,
    total_rows=900,
    threshold=0.01,
    causes=(CauseCount("team", "0a", "Clinic B", 41), CauseCount("team", "none", "no team", 5)),
)


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_same_night_gives_the_same_files(home: Home) -> None:
    home.publish()
    page_of(home, [ABSENT, LOST])
    folder = home.published / "quality"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    page_of(home, [LOST, ABSENT])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {FILE_MODE}


@pytest.mark.slow
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
    assert {name for link in linked for name in link.metrics} <= {
        row["metric_id"] for row in read_seed("metric_definition")
    }


def test_a_candidate_that_two_checks_hold_is_touched_once() -> None:
    row = {
        "team": "South",
        "causes": {"team": "0a", "payer": "0b"},
        "candidates": 3,
        "amount_usd": Decimal("10.50"),
        "without_amount": 1,
    }
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


def issues_of(*results: CheckResult) -> list[Issue]:
    return list(build_queue([record_of(AS_OF, results, LAYERS)], Waivers(), AS_OF).issues)


@pytest.mark.slow
def test_each_cause_of_a_check_is_an_issue_in_plain_words(home: Home) -> None:
    home.publish()
    text = page_of(home, [ORPHANS])
    for said in (
        "visits of Clinic B have no practitioner; in all 46 of 900 (5.1 %; the site tolerates 1 %).",
        "5 visits of no team have no practitioner",
        "(Clinic B)</a>",
        "This is missing from unique patients per day (PCBH), penetration (PCBH)",
    ):
        assert said in text
    assert text.count('<section class="issue"') == 2


def test_what_a_cause_touches_is_told_apart_where_claims_have_it() -> None:
    row = {"candidates": 1, "amount_usd": Decimal(7), "without_amount": 0, "blocking": ("initiating_visit",)}
    north = {**row, "team": "North", "causes": {"team": "0a", "payer": "0b"}}
    results = Results((north, {**row, "team": "South", "causes": {"team": "0c", "payer": "0b"}}), {})
    of_team = results.touched_by(ORPHANS.check_id, ORPHANS.causes[0])
    assert (of_team.candidates, of_team.by_team, of_team.is_of_all_causes) == (1, {"North": 1}, False)
    of_file = results.touched_by(ORPHANS.check_id, CauseCount("file", "a.csv", "a.csv", 1))
    assert (of_file.candidates, of_file.is_of_all_causes) == (2, True)


@pytest.mark.parametrize(
    ("check", "kind", "said"),
    [
        (
            "raw.coverage.payer_id_has_a_rule",
            "payer",
            "2 rows of coverage (it) have a payer_id that the rules",
        ),
        (
            "raw.encounter.team_id_is_known",
            "team",
            "2 rows of encounter of it have a team_id that has not been",
        ),
        ("raw.a.activity_code_has_a_rule", "file", "2 rows of a in it have an activity_code that the rules"),
        ("marts.a.expected_amount_is_known", "file", "2 claim candidates in it have no known amount"),
        ("marts.dim_practitioner.npi_is_valid", "fault", "2 practitioners (it) have no valid NPI"),
        ("marts.x.y", "file", "2 rows of x in it are concerned"),
    ],
)
def test_a_failure_is_a_sentence(check: str, kind: str, said: str) -> None:
    result = replace(
        ORPHANS, check_id=check, table_name=check.split(".")[1], causes=(CauseCount(kind, "a", "it", 2),)
    )
    [issue] = issues_of(result)
    assert what_fails(issue, {}).startswith(said)


def test_a_metric_is_told_as_people_call_it() -> None:
    assert metric("cocm_billable_rate") == "billable rate (CoCM)"
    assert metric("depression_response_120_240_days") == "depression response 120 240 days"


@pytest.mark.slow
def test_refused_rows_are_told_by_their_reason(home: Home) -> None:
    home.publish()
    reason = "missing_required:patient_id;invalid_type:birth_date"
    causes = (CauseCount("reason", reason, reason, 1), CauseCount("reason", "other", "other", 1))
    of_reason, of_other = issues_of(replace(REFUSED, causes=causes))
    assert find_places(of_reason, published=home.published, keys=None).total == 1
    assert find_places(of_other, published=home.published, keys=None).total == 0


def test_small_teams_are_told_together() -> None:
    assert teams({"A": 9, "B": 4, "C": 3, "D": 2, "E": 1}) == "A 9, B 4, C 3, 2 other teams 3"
    assert teams({"A": 9, "B": 4, "C": 3, "D": 2}) == "A 9, B 4, C 3, 1 other team 2"


def test_a_bar_stands_at_its_day_and_is_hollow_where_nothing_could_be_counted() -> None:
    nights = [Point(date(2025, 12, 21), 40), Point(date(2026, 2, 4), 20), Point(AS_OF, None)]
    chart = str(trend_chart(nights, AS_OF))
    bars = re.findall(r'd="M(-?[0-9.]+),([0-9.]+)h3.2v(-?[0-9.]+)h-3.2Z" fill="(#[0-9a-f]{6})"', chart)
    assert [fill for *_, fill in bars] == ["#0b4f8a", "#0b4f8a", "#ffffff"]
    places, heights = [float(left) for left, *_ in bars], [float(height) for _, _, height, _ in bars]
    assert places[0] < places[1] < places[2]
    # Half way between the first of 90 days and tonight, and half as high.
    assert places[1] - places[0] == pytest.approx((places[2] - places[0]) * 45 / 89, abs=0.2)
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2) and heights[2] == heights[0]
    assert "Failed rows of the last 90 days, 3 nights with a failure; on 2026-03-20 it could not" in chart


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100 %"), (0.1, "10 %"), (0.0996, "10 %"), (0.033, "3.3 %"), (0.0003, "0.03 %")]
)
def test_shares_are_written_as_people_read_them(share: float, said: str) -> None:
    assert percent(share) == said


def test_every_check_has_a_title_in_words() -> None:
    for check in ALL_CHECKS:
        assert title(check.check_id) != check.check_id
        assert "{" not in title(check.check_id)
