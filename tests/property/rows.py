"""Rows of the feeds in the making, drawn from a seed and delivered on one day.

What belongs here: what every drawn clinic does with its rows. What does not: which rows are drawn.
"""

from datetime import date

from tests.property.choices import Choices, Seeded
from tests.reference.versions import DeliveredRow
from tests.support.landing import Cells, deliver


class DrawnRows:
    """Rows by feed, and the choices that they are drawn with."""

    def __init__(self, as_of: date, seed: int) -> None:
        """Begin with no row; the same seed makes the same choices."""
        self.as_of = as_of
        self.choices: Choices = Seeded(seed)
        self.rows: dict[str, list[Cells]] = {}
        self.number = 0

    def delivered(self) -> dict[str, list[DeliveredRow]]:
        """All rows, delivered on the business date."""
        return {feed: deliver(feed, self.as_of, rows) for feed, rows in self.rows.items()}

    def add(self, feed: str, **cells: str) -> None:
        """A row."""
        self.rows.setdefault(feed, []).append(cells)

    def id(self, kind: str) -> str:
        """An id that no other row has."""
        self.number += 1
        return f"{kind}{self.number:04d}"
