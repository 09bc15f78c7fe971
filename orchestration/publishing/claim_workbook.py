"""The claim lists of a TIN and month as one Excel workbook: a summary, then a sheet a list.

``claims.xlsx`` beside the CSV files of ``claim_lists``. The same rows and the same bytes each time: nothing
in it tells when it was written. A workbook is made in memory, a month of one TIN at a time: that is faster
than through temporary files by a third, and no patient stands in a temporary file. Texts are cells of text,
so none of them can become a formula or a link.

Public: ``write_workbooks``.

Belongs here: sheets, formats and totals. Does not belong here: which rows there are (``claim_list_queries``).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.publishing.claim_months import ClaimMonth, Row, claim_months
from orchestration.publishing.errors import PublishError
from orchestration.publishing.reuse import Reuse

WORKBOOK = "claims.xlsx"
_NEAR_MISS = "near_miss"
_SHEETS = {"ready": "Ready", "review": "Review", "held": "Held", _NEAR_MISS: "Near miss"}
_MEANINGS = {
    "ready": "Every check passed: submit.",
    "review": "Nothing blocks it, but somebody should look first.",
    "held": "Something is missing: the sheet says what and who can fix it.",
    _NEAR_MISS: "The month is open: a few minutes more reach the next code.",
}
_AMOUNTS = ("expected_amount_usd", "amount_at_stake_usd")
_WIDE = {"what_is_missing": 70, "who_can_fix": 26, "candidate_id": 36, "billing_practitioner": 24}
_WIDTH = 16
_NEVER = datetime(2000, 1, 1)

Formats = Mapping[str, Format]


def write_workbooks(
    engine: duckdb.DuckDBPyConnection,
    relations: Mapping[str, str],
    headers: Mapping[str, list[str]],
    folder_of: Callable[[str | None, date], Path],
    reuse: Reuse,
) -> int:
    """Write a workbook a TIN and month; one whose rows are those of an earlier generation is taken over.

    Args:
        engine: any connection.
        relations: what stands in the braces of the queries.
        headers: ``candidate`` and ``near_miss``, the columns of their rows in order.
        folder_of: where the lists of a TIN and month are.
        reuse: the workbooks of an earlier generation.

    Returns:
        The number of workbooks.

    Raises:
        PublishError: a month has more rows than a sheet can hold.
    """
    written = 0
    for month in claim_months(engine, relations, headers):
        rows = list(month.rows)
        place = folder_of(month.billing_tin, month.service_month) / WORKBOOK
        make = partial(_write_book, replace(month, rows=iter(rows)), headers)
        reuse.file(place, (month.billing_tin, month.service_month, rows), make)
        written += 1
    return written


def _write_book(month: ClaimMonth, headers: Mapping[str, list[str]], place: Path) -> None:
    with xlsxwriter.Workbook(place, {"in_memory": True}) as book:
        book.set_properties({"title": "Claim candidates", "created": _NEVER})
        _write_month(book, month, headers)


def _write_month(book: Workbook, month: ClaimMonth, headers: Mapping[str, list[str]]) -> None:
    formats = {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True}),
        "usd": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    summary = book.add_worksheet("Summary")
    sheets, next_row = {}, {}
    for name, title in _SHEETS.items():
        header = headers[_NEAR_MISS if name == _NEAR_MISS else "candidate"]
        sheets[name] = _open_sheet(book.add_worksheet(title), header, formats)
        next_row[name] = 1
    counts: Counter[str] = Counter()
    amounts: dict[str, Decimal] = dict.fromkeys(_SHEETS, Decimal(0))
    fixers: Counter[tuple[str, str]] = Counter()
    for name, row in month.rows:
        header = headers[_NEAR_MISS if name == _NEAR_MISS else "candidate"]
        _write_row(sheets[name], next_row[name], header, row, formats)
        next_row[name] += 1
        given = dict(zip(header, row, strict=True))
        counts[name] += 1
        amounts[name] += next(given[column] or 0 for column in _AMOUNTS if column in given)
        if name == "held":
            fixers[given["who_can_fix"] or "unknown", given["what_is_missing"] or "unknown"] += 1
    for name, sheet in sheets.items():
        header = headers[_NEAR_MISS if name == _NEAR_MISS else "candidate"]
        sheet.autofilter(0, 0, max(next_row[name] - 1, 1), len(header) - 1)
    _write_summary(summary, month, counts, amounts, fixers, formats)


def _open_sheet(sheet: Worksheet, header: list[str], formats: Formats) -> Worksheet:
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for column, name in enumerate(header):
        sheet.set_column(column, column, _WIDE.get(name, _WIDTH))
        sheet.write_string(0, column, name.replace("_", " "), formats["head"])
    return sheet


def _write_row(sheet: Worksheet, at: int, header: list[str], row: Row, formats: Formats) -> None:
    for column, (name, value) in enumerate(zip(header, row, strict=True)):
        if value is not None and _write_cell(sheet, at, column, name, value, formats) == -1:
            raise PublishError("a month of one TIN has more claims than an Excel sheet can hold")


def _write_cell(sheet: Worksheet, at: int, column: int, name: str, value: Any, formats: Formats) -> int:
    if isinstance(value, date):
        return int(
            sheet.write_datetime(at, column, datetime(value.year, value.month, value.day), formats["date"])
        )
    if isinstance(value, str):
        return int(
            sheet.write_string(at, column, value, formats["wrap"] if name == "what_is_missing" else None)
        )
    return int(sheet.write_number(at, column, value, formats["usd"] if name in _AMOUNTS else None))


def _write_summary(
    sheet: Worksheet,
    month: ClaimMonth,
    counts: Counter[str],
    amounts: Mapping[str, Decimal],
    fixers: Counter[tuple[str, str]],
    formats: Formats,
) -> None:
    for column, width in enumerate((26, 14, 18, 70)):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, f"Claim candidates of {month.service_month:%B %Y}", formats["title"])
    sheet.write_string(1, 0, f"Billing TIN: {month.billing_tin or 'none on file'}")
    _write_heads(sheet, 3, ("List", "Claims", "Expected USD", "What it means"), formats)
    for row, (name, title) in enumerate(_SHEETS.items(), start=4):
        sheet.write_url(row, 0, f"internal:'{title}'!A1", string=title)
        sheet.write_number(row, 1, counts[name])
        sheet.write_number(row, 2, amounts[name], formats["usd"])
        sheet.write_string(row, 3, _MEANINGS[name], formats["wrap"])
    _write_heads(sheet, 9, ("Held: who can fix it", "Claims", "", "What is missing"), formats)
    for row, ((who, what), count) in enumerate(sorted(fixers.items(), key=_most_first), start=10):
        sheet.write_string(
            row, 0, ", ".join(one.replace("_", " ") for one in who.split(";")), formats["wrap"]
        )
        sheet.write_number(row, 1, count)
        sheet.write_string(row, 3, what, formats["wrap"])
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_heads(sheet: Worksheet, row: int, heads: tuple[str, ...], formats: Formats) -> None:
    for column, head in enumerate(heads):
        sheet.write_string(row, column, head, formats["head"])


def _most_first(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -item[1], item[0]
