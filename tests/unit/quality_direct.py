"""The rules of checks as plain queries: what Great Expectations has to agree with, and quick.

Belongs here: one query a rule. Does not belong here: which checks are run.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

import duckdb

from expectations.check import Check, HasColumns, HasRows, InSet, NoRows, NotNull, Unique
from orchestration.quality.outcome import Outcome


def validate(checks: Sequence[Check], database: Path) -> dict[str, Outcome]:
    """Run checks without Great Expectations."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {check.check_id: _outcome(check, connection) for check in checks}


def violations(check: Check, connection: duckdb.DuckDBPyConnection) -> int:
    """Count what fails a check, and hold what tells its rows apart to the same number."""
    found = _violations(check, connection)
    if check.drill is not None:
        told = connection.execute(f"select count(*) from ({check.drill.query})").fetchone()
        assert told == (found,), f"{check.check_id} tells {told} rows apart, and {found} fail"
    return found


def _violations(check: Check, connection: duckdb.DuckDBPyConnection) -> int:
    table = check.table_name
    match check.rule:
        case NoRows(query=query):
            found = f"select count(*) from ({query})"
        case InSet(column=column, values=values):
            found = f"select count(*) from {table} where {column} not in {values}"
        case NotNull(column=column):
            found = f"select count(*) from {table} where {column} is null"
        case Unique(column=column):
            found = (
                f"select coalesce(sum(n), 0) from (select count(*) as n from {table} "
                f"where {column} is not null group by {column} having n > 1)"
            )
        case HasRows(least=least, most=most):
            upper = f"and count(*) <= {most}" if most is not None else ""
            found = f"select case when count(*) >= {least} {upper} then 0 else 1 end from {table}"
        case HasColumns(columns=columns, exact=exact):
            present = {str(row[0]) for row in connection.execute(f"describe {table}").fetchall()}
            return len(set(columns) - present) + (len(present - set(columns)) if exact else 0)
        case _:
            assert_never(check.rule)
    row = connection.execute(found).fetchone()
    assert row is not None
    return int(row[0])


def _outcome(check: Check, connection: duckdb.DuckDBPyConnection) -> Outcome:
    try:
        failed = violations(check, connection)
    except duckdb.Error:
        return Outcome(has_run=False)
    shown = 0 if isinstance(check.rule, HasRows) else failed
    return Outcome(has_run=True, is_success=failed == 0, failed_rows=shown)
