"""CSV that a spreadsheet can open without running anything in it.

Belongs here: the shape of a cell and of a file. Does not belong here: which rows are listed.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TextIO

Cell = str | int | Decimal | date | None

_STARTS_A_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What makes spreadsheets read a text as a formula; the last four are the full-width forms."""


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before one that could be.

    Source: OWASP, CSV Injection. Leading blanks are looked through, since some programs trim them.
    """
    text = text.replace("\x00", "")
    if text[:1] in _STARTS_A_FORMULA or text.lstrip()[:1] in _STARTS_A_FORMULA:
        return f"'{text}"
    return text


def cell_text(value: Cell) -> str:
    """A value as it stands in a cell: blank for null, ISO dates, numbers as they are, texts made safe."""
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else str(value)


class CsvFile:
    """A UTF-8 CSV file (RFC 4180) with a header, open for writing until it is closed."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        """Create the file, which must not exist, and write its header."""
        self._file: TextIO = path.open("x", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(header)

    def write(self, row: Iterable[Cell]) -> None:
        """Write one row."""
        self._writer.writerow([cell_text(value) for value in row])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
