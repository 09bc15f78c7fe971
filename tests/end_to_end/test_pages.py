"""Each kind of published page in a browser: on a desk, a phone and paper, by keyboard, by screen reader."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from orchestration.publishing.history import current
from orchestration.sample.clinic import write_sample
from tests.support.browser import Opened, chromium, opened
from tests.support.night_process import run_night

pytestmark = pytest.mark.debian

FAULTY = """<!DOCTYPE html><html><head><title>Faulty</title><style>
a { outline: none !important } .cut { width: 9rem; overflow: hidden; white-space: nowrap }
</style></head><body><p style="width: 1500px">Wide</p><a href="#a" tabindex="2">Second</a>
<a href="#b" tabindex="1">First</a><p class="cut">Cut off on a screen and on every sheet of paper</p>
<details><summary>Folded</summary><p>Inside</p></details>
<script>console.error("wrong"); fetch("http://127.0.0.1:9/"); throw new Error("thrown")</script>
</body></html>"""
AS_OF = date(2026, 6, 30)
WIDTHS = {"desk": 1280, "phone": 390}
KINDS = {
    "quality": "quality/index.html",
    "data docs": "quality/data_docs/*.html",
    "dictionary": "dictionary/index.html",
    "scorecards": "current/identified/scorecards/index.html",
    "referrer": "current/identified/scorecards/referrers/*/*.html",
    "team": "current/identified/scorecards/teams/*/*.html",
    "bhc": "current/identified/scorecards/bhc/*/*.html",
    "care manager": "current/identified/scorecards/care_managers/*/*.html",
    "clinic day": "current/identified/lists/likely_eligible/*/*.html",
    "slot study": "current/identified/studies/slot_study.html",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published folder of one night over a small messy clinic."""
    root = tmp_path_factory.mktemp("pages")
    landing, home = root / "landing", root / "home"
    write_sample(landing, patients=80, months=3, seed=5, as_of=AS_OF, messy=True)
    ended = run_night(landing, home, AS_OF)
    assert ended.code == 0, ended.printed
    assert current(home / "published") is not None
    return home / "published"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def fullest(published: Path, pattern: str) -> Path:
    """The largest page of a kind, which has the most to go wrong in it."""
    return max(sorted(published.glob(pattern)), key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module", params=[(kind, width) for kind in KINDS for width in WIDTHS], ids="-".join)
def shown(request: pytest.FixtureRequest, published: Path, browser: Browser) -> Iterator[Opened]:
    """A page of each kind in a window of each width, opened once for all that is asked of it."""
    kind, width = request.param
    with opened(browser, fullest(published, KINDS[kind]), width=WIDTHS[width]) as page:
        yield page


def test_it_renders_without_an_error_and_asks_for_nothing_but_itself(shown: Opened) -> None:
    assert shown.page.get_by_role("heading", level=1).is_visible()
    assert shown.page.get_by_role("main").is_visible()
    assert shown.said == []
    assert shown.requests == [shown.page.url]


def test_it_does_not_scroll_sideways(shown: Opened) -> None:
    assert shown.wider_than_the_page() == []


def test_every_stop_is_reached_by_tab_in_order_and_is_seen_to_be(shown: Opened) -> None:
    stops, reached, unseen = shown.by_keyboard()
    assert reached == stops
    assert unseen == []


def test_it_loses_nothing_on_paper(shown: Opened) -> None:
    assert shown.lost_in_print() == []
    assert shown.printed_pages() >= 1


def test_axe_finds_no_violation(shown: Opened) -> None:
    assert shown.violations() == ""


def test_the_search_of_the_dictionary_is_used_by_keyboard(published: Path, browser: Browser) -> None:
    with opened(browser, fullest(published, KINDS["dictionary"]), width=WIDTHS["phone"]) as dictionary:
        page = dictionary.page
        everything = page.locator("article:visible").count()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("near miss")
        found = page.locator("article:visible").count()
        assert 0 < found < everything
        assert page.get_by_role("status").inner_text() == f"{found} of {everything} marts"
        assert page.locator("#rpt_near_miss").is_visible()


def test_each_question_finds_the_faults_of_a_faulty_page(tmp_path: Path, browser: Browser) -> None:
    path = tmp_path / "faulty.html"
    path.write_text(FAULTY, encoding="utf-8")
    with opened(browser, path, width=WIDTHS["phone"]) as faulty:
        assert any("wrong" in line for line in faulty.said)
        assert any("thrown" in line for line in faulty.said)
        assert "http://127.0.0.1:9/" in faulty.requests
        assert any("Wide" in line for line in faulty.wider_than_the_page())
        stops, reached, unseen = faulty.by_keyboard()
        assert reached != stops
        assert any("First" in line for line in unseen)
        lost = "\n".join(faulty.lost_in_print())
        assert all(part in lost for part in ("Wide", "Cut off", "Inside"))
        assert "html-has-lang" in faulty.violations()
