"""CSV that a spreadsheet can open without running anything in it; the engine makes the lines.

Belongs here: the shape of a cell, a line and a file (RFC 4180, UTF-8). Does not belong here: which rows are
listed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import duckdb

from orchestration.publishing.engine import literal, quoted

LINE_END = "\r\n"
_STARTS_A_FORMULA = r"^([\t\r\n]|[\s\p{Z}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"
"""What makes spreadsheets read a text as a formula (OWASP, CSV Injection): a sign at its start, also a
full-width one, also behind blanks, since some programs trim them; or a control character."""


def define_csv_cell(engine: duckdb.DuckDBPyConnection) -> None:
    """Define ``csv_cell(value)``: blank for null, ISO dates, numbers as they are, texts made safe.

    An apostrophe goes before a text that a spreadsheet could take for a formula; quotes go around one with
    commas, quotes or line breaks in it.
    """
    engine.execute(
        f"""
        create or replace macro csv_safe(given) as
            case when regexp_matches(given, {literal(_STARTS_A_FORMULA)}) then '''' || given else given end
        """
    )
    engine.execute(
        """
        create or replace macro csv_quoted(given) as case when regexp_matches(given, '[",\\r\\n]') then '"' ||
        replace(given, '"', '""') || '"' else given end
        """
    )
    engine.execute(
        """
        create or replace macro csv_cell(given) as coalesce( case when typeof(given) = 'VARCHAR' then
        csv_quoted(csv_safe(replace(cast(given as varchar), chr(0), ''))) else cast(given as varchar) end, '')
        """
    )


def csv_line(columns: Sequence[str]) -> str:
    """The SQL expression of a line, without its end, over columns in the order of the header."""
    return " || ',' || ".join(f"csv_cell({quoted(column)})" for column in columns)


def open_list(path: Path, header: Sequence[str]) -> TextIO:
    """Create a list, which must not exist, and write its header; lines follow, each with ``LINE_END``."""
    file = path.open("x", encoding="utf-8", newline="")
    file.write(",".join(header) + LINE_END)
    return file
