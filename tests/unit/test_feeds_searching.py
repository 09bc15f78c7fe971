"""Finding a word in bytes: both ways agree, at every place of the bytes."""

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.feeds.searching import by_python, by_system

WORD = b'ab"'


@given(st.binary(max_size=12).map(bytearray), st.sampled_from((WORD, b"a", b"\0", b"aa")))
def test_both_ways_find_the_same(data: bytearray, word: bytes) -> None:
    assert by_system()(data, word) is by_python(data, word)


@pytest.mark.parametrize("place", range(6))
def test_a_word_is_found_wherever_it_stands(place: int) -> None:
    data = bytearray(b"-" * place + WORD + b"-" * (5 - place))
    assert by_system()(data, WORD)
    data[place + 1] = ord("-")
    assert not by_system()(data, WORD)


def test_bytes_that_were_searched_may_grow_again() -> None:
    data = bytearray(b"ab")
    assert not by_system()(data, WORD)
    data += b'"'
    assert by_system()(data, WORD)


def test_where_the_system_has_no_search_python_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert by_system() is by_python
