"""Debian's Chromium and what a reader's browser tells of a page: errors, requests, reach by keyboard, print.

Belongs here: opening pages and asking the browser. Does not belong here: what a page should say.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

LETTER_INSIDE_MARGINS = 700
"""The width in CSS pixels of a sheet of US letter paper without its margins."""
_HEIGHT = 844
_MOST_MILLISECONDS = 120_000
_QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

# Each element that takes the focus is noted at the moment it does, with whether a reader can see that.
_NOTE_FOCUS = """() => {
    const shown = (element) => element.checkVisibility({ contentVisibilityAuto: true })
    window.stops = [...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])')].filter(shown)
    window.reached = []
    const name = (element) => element.outerHTML.slice(0, 160)
    window.stopsNames = window.stops.map(name)
    document.addEventListener('focusin', (event) => {
        const style = getComputedStyle(event.target)
        const box = event.target.getBoundingClientRect()
        const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
        const onPage = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom + scrollY > 0
        window.reached.push({
            place: window.stops.indexOf(event.target), name: name(event.target), seen: outlined && onPage })
    })
    return window.stops.length
}"""
_REACHED = "() => window.reached"
_STOPS = "() => window.stopsNames"

# What is wider than the page lets it be; a region that scrolls by itself keeps its content.
_WIDER = """() => {
    const root = document.documentElement
    const width = root.clientWidth
    if (root.scrollWidth <= width) return []
    const inside = (element) => {
        for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== 'visible') return true
        return false
    }
    return [`page: ${root.scrollWidth} of ${width}`].concat(
        [...document.body.querySelectorAll('*')]
            .filter((one) => one.getBoundingClientRect().right > width + 0.5 && !inside(one))
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5))
}"""
_CUT = """() => [...document.querySelectorAll('body *')]
    .filter((one) => getComputedStyle(one).overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1
        && !(one instanceof SVGElement))
    .map((one) => `${one.scrollWidth} of ${one.clientWidth}: ${one.outerHTML.slice(0, 120)}`)"""
_UNSEEN = """() => [...document.querySelectorAll('details > :not(summary)')]
    .filter((one) => !one.checkVisibility({ contentVisibilityAuto: true }))
    .map((one) => one.textContent.trim().slice(0, 80))"""


@dataclass
class Opened:
    """A page that the browser shows, with what it said and asked for meanwhile."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def wider_than_the_page(self) -> list[str]:
        """What makes the page scroll sideways."""
        return list(self.page.evaluate(_WIDER))

    def by_keyboard(self) -> tuple[list[str], list[str], list[str]]:
        """Press Tab through the page.

        Returns:
            What can take the focus in the document's order, what took it in the order of Tab, and what took
            it without being seen to.
        """
        count = int(self.page.evaluate(_NOTE_FOCUS))
        for _ in range(count):
            self.page.keyboard.press("Tab")
        reached: list[dict[str, Any]] = self.page.evaluate(_REACHED)
        return (
            list(self.page.evaluate(_STOPS)),
            [str(one["name"]) for one in reached if one["place"] >= 0],
            [str(one["name"]) for one in reached if not one["seen"]],
        )

    def lost_in_print(self) -> list[str]:
        """What a sheet of paper does not show of the page: what is cut off, wider than it, or folded."""
        width = self.page.viewport_size
        self.page.emulate_media(media="print")
        self.page.set_viewport_size({"width": LETTER_INSIDE_MARGINS, "height": _HEIGHT})
        try:
            return [line for script in (_WIDER, _CUT, _UNSEEN) for line in self.page.evaluate(script)]
        finally:
            self.page.emulate_media(media="screen")
            if width is not None:
                self.page.set_viewport_size(width)

    def printed_pages(self) -> int:
        """The number of sheets that the page prints on."""
        return len(re.findall(rb"/Type\s*/Page\b", self.page.pdf(format="Letter")))

    def violations(self) -> str:
        """What axe-core finds against the rules of accessible pages; empty where it finds nothing."""
        found = Axe().run(self.page)
        return str(found.generate_report()) if found.violations_count else ""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without a screen; root has no sandbox to run it in.

    Raises:
        FileNotFoundError: Chromium is not installed.
    """
    program = shutil.which("chromium")
    if program is None:
        raise FileNotFoundError("no chromium; install it with: apt-get install -y chromium")
    options = [*_QUIET, "--no-sandbox"] if os.getuid() == 0 else _QUIET
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=options, timeout=_MOST_MILLISECONDS
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, where: Path | str, *, width: int) -> Iterator[Opened]:
    """Show a file, with no network behind it, or an address of this machine.

    Args:
        browser: the browser.
        where: the file or the address.
        width: of the window in CSS pixels.
    """
    address = where.resolve().as_uri() if isinstance(where, Path) else where
    context = browser.new_context(
        viewport={"width": width, "height": _HEIGHT}, offline=address.startswith("file:")
    )
    try:
        context.set_default_timeout(_MOST_MILLISECONDS)
        result = Opened(context.new_page())

        def note_said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                result.said.append(message.text)

        def note_request(request: Request) -> None:
            if not request.url.startswith("data:"):
                result.requests.append(request.url)

        result.page.on("console", note_said)
        result.page.on("pageerror", lambda error: result.said.append(str(error)))
        result.page.on("request", note_request)
        result.page.goto(address, wait_until="load")
        yield result
    finally:
        context.close()
