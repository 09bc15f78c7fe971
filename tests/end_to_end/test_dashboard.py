"""The dashboard in a browser: its six pictures, on a desk and a phone, without an error or a stranger."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Opened, chromium, opened
from tests.support.dashboard_rows import DASHBOARD_ROWS
from tests.support.publishing_warehouse import make_home

pytestmark = pytest.mark.debian

PROJECT = Path(__file__).parents[2]
MOST_SECONDS = 90
WIDTHS = {"desk": 1280, "phone": 390}
DRAWN = "() => document.querySelectorAll('[data-testid=stVegaLiteChart] svg.marks').length === 6"
# Streamlit scrolls the page inside itself: a window as high as all of it has every picture drawn.
WHOLE = "() => document.querySelector('[data-testid=stMain]').scrollHeight"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + MOST_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):  # noqa: S310
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the dashboard does not answer; `make test` installs what it needs")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboard of a small published generation answers, as ``make dashboard`` starts it."""
    home = tmp_path_factory.mktemp("dashboard") / "home"
    make_home(home, DASHBOARD_ROWS).publish()
    port = _free_port()
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "dashboards/app.py"]
        + [f"--{name}={value}" for name, value in options.items()],
        cwd=PROJECT,
        env=os.environ | {"WARMHANDOFF_HOME": str(home), "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module", params=list(WIDTHS))
def shown(request: pytest.FixtureRequest, address: str, browser: Browser) -> Iterator[Opened]:
    """The page with its six pictures drawn."""
    width = WIDTHS[request.param]
    with opened(browser, address, width=width) as dashboard:
        page = dashboard.page
        page.get_by_text("The numbers").nth(5).wait_for()
        page.set_viewport_size({"width": width, "height": int(page.evaluate(WHOLE)) + 100})
        page.wait_for_function(DRAWN, timeout=MOST_SECONDS * 1_000)
        yield dashboard


def test_the_six_pictures_stand_under_their_title_with_their_numbers(shown: Opened, address: str) -> None:
    assert (
        shown.page.get_by_role("heading", level=1).inner_text() == "Integrated behavioral health at a glance"
    )
    assert shown.page.get_by_text("The numbers").count() == 6
    assert shown.page.get_by_text("Nothing to show").count() == 0
    assert shown.page.get_by_label("Month").count() >= 1
    assert shown.said == []
    assert {request.split("/")[2] for request in shown.requests} == {address.split("/")[2]}


def test_it_does_not_scroll_sideways(shown: Opened) -> None:
    assert shown.wider_than_the_page() == []


def test_axe_finds_no_violation(shown: Opened) -> None:
    assert shown.violations() == ""
