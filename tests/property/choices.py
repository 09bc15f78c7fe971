"""Choices that either Hypothesis or a seed makes: the clinics are written once and drawn both ways.

What belongs here: the source of choices. What does not: what is chosen.
"""

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices(Protocol):
    """A source of choices."""

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        ...

    def one(self, options: Sequence[T]) -> T:
        """One of several, the plainest first."""
        ...

    def chance(self, percent: int) -> bool:
        """Yes, so many times of a hundred."""
        ...


class Drawn:
    """Choices that Hypothesis makes and can shrink: the first option, the lowest number, no chance."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw from an interactive strategy."""
        self._data = data

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._data.draw(st.integers(low, high))

    def one(self, options: Sequence[T]) -> T:
        """One of several."""
        return self._data.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        """Yes, so many times of a hundred."""
        return self._data.draw(st.integers(1, 100)) > 100 - percent


class Seeded:
    """Choices that follow from a seed, for many clinics at once."""

    def __init__(self, seed: int | str) -> None:
        """Begin at a seed."""
        self._random = Random(seed)  # noqa: S311 - invented clinics, not secrets

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def one(self, options: Sequence[T]) -> T:
        """One of several."""
        return self._random.choice(options)

    def chance(self, percent: int) -> bool:
        """Yes, so many times of a hundred."""
        return self._random.randint(1, 100) > 100 - percent
