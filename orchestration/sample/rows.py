"""Writes few rows, given as dictionaries of text, as a feed's CSV file.

Belongs here: the CSV text of small files.
Does not belong here: bulk rows (`writer.py`).
"""

import csv
import io
from collections.abc import Sequence

from orchestration.sample.writer import Writer


def csv_text(
    rows: Sequence[dict[str, str]], columns: Sequence[str] | None = None, line_end: str = "\n"
) -> str:
    """Return rows as CSV text with a header; the columns are those of the rows, in order of appearance."""
    named = (
        list(columns) if columns is not None else list(dict.fromkeys(name for row in rows for name in row))
    )
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, named, restval="", lineterminator=line_end)
    table.writeheader()
    table.writerows(rows)
    return buffer.getvalue()


def write_rows(
    writer: Writer, feed: str, delivered_on: int, rows: Sequence[dict[str, str]], name: str = ""
) -> None:
    """Write rows as one CSV file of a delivery; no rows, no file."""
    if not rows:
        return
    path = writer.folder(feed, delivered_on) / f"{name or feed}.csv"
    path.write_text(csv_text(rows), encoding="utf-8", newline="")
    writer.rows[feed] += len(rows)
