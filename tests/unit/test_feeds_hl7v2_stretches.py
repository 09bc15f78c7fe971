"""Large files of messages: cut anywhere and read side by side, they are what they are in one piece."""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.feeds.failures import EngineFailed
from orchestration.feeds.hl7v2 import read_hl7v2
from orchestration.feeds.hl7v2_frames import frames
from orchestration.feeds.workers import Piece, Result, Workers
from tests.support.feeds_night import Outcome, read_file
from tests.support.siu import HEADER, message
from tests.unit.test_feeds_hl7v2_golden import CASES

TOKENS = (b"MSH|^~\\&|A\rSCH|1\r", b"MSH|", b"MSH", b"\x0b", b"\x1c", b"\r", b"\n", b" ", b" " * 20)
OTHERS = (b"\t", b"PID|1\r", b"xx", b"\xef\xbb\xbf", b"msh|^~\\&|a\r", b'"', b"<EB>")
DAY = date(2026, 3, 2)
SMALL = 700
"""Bytes of a stretch of these tests: two messages or so."""


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TOKENS + OTHERS), max_size=30), st.lists(st.integers(0, 300), max_size=5))
def test_each_message_is_in_one_stretch_wherever_a_file_is_cut(tokens: list[bytes], cuts: list[int]) -> None:
    content = b"".join(tokens)
    places: list[int | None] = [0, *sorted({cut for cut in cuts if 0 < cut < len(content)}), None]
    found = [
        frame
        for begin, end in pairwise(places)
        for frame in frames(io.BytesIO(content), begin=begin or 0, end=end)
    ]
    assert found == list(frames(io.BytesIO(content)))


def every_message() -> bytes:
    """The golden messages, with some that cannot be read and some of other kinds between them."""
    strange = [
        message(header=HEADER.replace("SIU", "ADT")),
        "PID|1||M1\r\x1c",
        message(sch_11=""),
        message("AIS|1|A|LOCAL7^^L"),
    ]
    content = b""
    for number, case in enumerate(CASES):
        content += (case / "messages.hl7").read_bytes() + strange[number % len(strange)].encode()
    return content


def told(outcome: Outcome) -> object:
    return (outcome.rows, outcome.numbers, outcome.refused, outcome.content.parts, outcome.content.unmapped)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    found = Workers(2)
    yield found
    found.close()


@pytest.mark.parametrize("is_side_by_side", [False, True])
def test_a_file_in_stretches_becomes_what_it_becomes_whole(
    tmp_path: Path, workers: Workers, is_side_by_side: bool
) -> None:
    (tmp_path / "whole").mkdir()
    whole = read_file(tmp_path / "whole", "hl7v2", every_message(), "a.hl7", "appointment")
    reader = partial(read_hl7v2, workers=workers if is_side_by_side else None, stretch=SMALL)
    found = read_file(tmp_path, "hl7v2", every_message(), "a.hl7", "appointment", reader)
    assert told(found) == told(whole)
    assert len(whole.rows) > 30
    assert len(whole.refused) > 3


@pytest.mark.slow
def test_a_process_that_is_ended_ends_the_night(workers: Workers) -> None:
    with pytest.raises(EngineFailed, match="free some memory"):
        list(workers.map(os._exit, [1, 1]))


class Dying(Workers):
    """Gives the first result and then finds its processes ended."""

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """Do the first piece alone."""
        yield work(next(iter(pieces)))
        raise EngineFailed("no process is left")


@pytest.mark.slow
def test_a_file_is_not_blamed_for_a_process_that_is_ended(tmp_path: Path) -> None:
    reader = partial(read_hl7v2, workers=Dying(2), stretch=SMALL)
    with pytest.raises(EngineFailed, match="no process is left"):
        read_file(tmp_path, "hl7v2", every_message(), "a.hl7", "appointment", reader)
