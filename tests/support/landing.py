"""A landing folder written from rows of text.

What belongs here: files as a source system would put them. What does not: what is in them.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from tests.reference.versions import DeliveredRow

Cells = Mapping[str, str]


def deliver(
    feed: str, delivered_on: date, rows: Iterable[Cells], name: str = "batch.csv"
) -> list[DeliveredRow]:
    """Put rows into one file of a delivery; every row gets every column of the file."""
    batch = list(rows)
    columns = list(dict.fromkeys(column for cells in batch for column in cells))
    file = f"{feed}/{delivered_on.isoformat()}/{name}"
    return [
        DeliveredRow(delivered_on, file, number, {column: cells.get(column, "") for column in columns})
        for number, cells in enumerate(batch, start=1)
    ]


def write_landing(landing: Path, feeds: Mapping[str, Sequence[DeliveredRow]]) -> Path:
    """Write every row into the file that it names, in the order of its row numbers."""
    files: dict[str, list[DeliveredRow]] = {}
    for rows in feeds.values():
        for row in rows:
            files.setdefault(row.file, []).append(row)
    for file, rows in files.items():
        in_order = sorted(rows, key=lambda row: row.row)
        if [row.row for row in in_order] != list(range(1, len(rows) + 1)):
            raise ValueError(f"{file}: rows are not numbered from 1 without a gap")
        path = landing / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, fieldnames=list(in_order[0].cells), lineterminator="\n")
            writer.writeheader()
            writer.writerows(row.cells for row in in_order)
    return landing


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file as text."""
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))
