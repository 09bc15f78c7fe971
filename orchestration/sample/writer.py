"""Writes columns of numbers as a feed's CSV file: DuckDB renders the text.

Belongs here: folders, files, and the SQL expressions that turn a number into an id, a date or a time.
Does not belong here: which rows there are.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from orchestration.sample.days import NO_DAY, NO_TIME, day_of
from orchestration.sample.draws import Bools

Columns = Mapping[str, npt.NDArray[Any]]
Progress = Callable[[str, int, int], None]


def key(prefix: str, column: str, width: int) -> str:
    """Return the expression of an id such as P0000012; -1 is blank."""
    return f"CASE WHEN {column} >= 0 THEN '{prefix}' || lpad({column}::VARCHAR, {width}, '0') END"


def patient(column: str = "patient") -> str:
    """Return the expression of a patient's id."""
    return key("P", column, 7)


def staff(column: str = "staff") -> str:
    """Return the expression of a practitioner's id."""
    return key("PR", column, 5)


def team(column: str = "team") -> str:
    """Return the expression of a team's id."""
    return key("T", column, 3)


def day(column: str) -> str:
    """Return the expression of a date."""
    return f"CASE WHEN {column} <> {NO_DAY} THEN DATE '1970-01-01' + {column}::INTEGER END"


def _stamp(column: str, pattern: str) -> str:
    return (
        f"CASE WHEN {column} <> {NO_TIME} THEN strftime(make_timestamp({column} * 1000000), '{pattern}') END"
    )


def local_time(column: str) -> str:
    """Return the expression of a time without an offset."""
    return _stamp(column, "%Y-%m-%dT%H:%M:%S")


def utc_time(column: str) -> str:
    """Return the expression of a time in UTC, with Z."""
    return _stamp(column, "%Y-%m-%dT%H:%M:%SZ")


def word(column: str, words: tuple[str, ...] | list[str]) -> str:
    """Return the expression that picks a word by its number; -1 is blank, and so is an empty word."""
    listed = ", ".join(f"'{entry}'" if entry else "NULL" for entry in words)
    return f"[{listed}][{column} + 1]"


class Writer:
    """Writes feeds below a landing folder and counts their rows."""

    def __init__(self, landing: Path, progress: Progress | None = None, steps: int = 0) -> None:
        """Open an in-memory engine; nothing is written yet."""
        self.landing = landing
        self.rows: Counter[str] = Counter()
        self._connection = duckdb.connect()
        self._progress = progress
        self._steps = steps
        self._done = 0

    def step(self, what: str) -> None:
        """Tell whoever listens that a step begins."""
        if self._progress is not None:
            self._progress(what, self._done, self._steps)
        self._done += 1

    def folder(self, feed: str, delivered_on: int) -> Path:
        """Return the folder of a feed's delivery, made where missing."""
        path = self.landing / feed / day_of(delivered_on).isoformat()
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write(
        self,
        feed: str,
        delivered_on: int,
        columns: Columns,
        select: Mapping[str, str],
        where: Bools | None = None,
        name: str = "",
    ) -> None:
        """Write the rows of one delivery as one CSV file, in the order given; no rows, no file.

        Args:
            feed: the feed of the contract.
            delivered_on: the day number of the folder.
            columns: equally long arrays.
            select: the contract's column -> expression over the arrays.
            where: which rows; all where it is None.
            name: the file's name without its ending; the feed's name where it is empty.
        """
        chosen = dict(columns) if where is None else {name: values[where] for name, values in columns.items()}
        count = len(next(iter(chosen.values())))
        if count == 0:
            return
        expressions = ", ".join(f"{expression} AS {column}" for column, expression in select.items())
        self._connection.register(
            "batch", {name: np.ascontiguousarray(array) for name, array in chosen.items()}
        )
        target = self.folder(feed, delivered_on) / f"{name or feed}.csv"
        self._connection.table("batch").project(expressions).write_csv(str(target), header=True)
        self._connection.unregister("batch")
        self.rows[feed] += count

    def close(self) -> None:
        """Close the engine."""
        self._connection.close()
