"""The keys of rows that failed a check, for quality staff: ``lists/failing_rows/quality_staff.csv``.

The quality site shows the same rows by keyed hash; the hash stands beside the key, so that one leads to the
other. Of a check the first thousand keys are listed, with how many there are.

Public: ``write_failing_rows``.

Belongs here: the columns of the list and their order. Does not belong here: which rows fail and which of
their keys are kept (``orchestration/quality``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from orchestration.publishing.csv_text import LINE_END, csv_line, define_csv_cell, open_list
from orchestration.publishing.engine import literal
from orchestration.publishing.files import FILE_MODE, make_folder

LIST: Final = "lists/failing_rows/quality_staff.csv"
HEADER: Final = (
    "check_id",
    "cause",
    "key_kind",
    "row_key",
    "key_hash",
    "source_file",
    "failed_rows",
    "keys_of_check",
)


def write_failing_rows(engine: duckdb.DuckDBPyConnection, keys: Sequence[Path], target: Path) -> int:
    """Write the list, also an empty one, and return the number of its rows.

    Args:
        engine: any connection.
        keys: the database files that the gates left; one that does not exist has no rows.
        target: of the list, which must not exist; its folder is made.
    """
    define_csv_cell(engine)
    make_folder(target.parent)
    rows = 0
    with open_list(target, HEADER) as file:
        for path in (path for path in keys if path.exists()):
            engine.execute(f"attach {literal(path)} as failing (read_only)")
            lines = engine.execute(
                f"select {csv_line(HEADER)} from failing.failing_key "  # noqa: S608
                "order by check_id, row_key, cause nulls first, source_file nulls first"
            ).fetchall()
            engine.execute("detach failing")
            file.writelines(line + LINE_END for (line,) in lines)
            rows += len(lines)
    target.chmod(FILE_MODE)
    return rows
