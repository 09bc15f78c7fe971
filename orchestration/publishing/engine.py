"""DuckDB for publishing: a private in-memory connection and the quoting of names and values.

Belongs here: how the engine is opened. Does not belong here: any query about a mart.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import duckdb

_BETWEEN_INTERRUPTS = 0.1
"""Seconds."""


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text as an SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def value(given: str | date | Sequence[str] | None) -> str:
    """A Python value as an SQL expression.

    The engine's own parameters are not used: binding one imports pandas, which takes longer than a query.
    """
    if given is None:
        return "null"
    if isinstance(given, date):
        kind = "timestamp" if isinstance(given, datetime) else "date"
        return f"{kind} {literal(given.isoformat())}"
    return literal(given) if isinstance(given, str) else f"[{', '.join(map(literal, given))}]"


@contextmanager
def open_engine(
    *, spill: Path | None = None, threads: int | None = None, memory_limit: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory database that fetches nothing from outside and spills only where it is told.

    Args:
        spill: folder for what does not fit in memory; without one, nothing is spilled.
        threads: as DuckDB's setting; its default where None.
        memory_limit: as DuckDB's setting, such as ``4GB``; its default where None.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "temp_directory": str(spill) if spill else "",
    }
    if threads:
        config["threads"] = threads
    if memory_limit:
        config["memory_limit"] = memory_limit
    connection = duckdb.connect(":memory:", config=config)
    try:
        # The night tells its own progress.
        connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


@contextmanager
def meanwhile(
    engine: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], object]
) -> Iterator[None]:
    """Do work by a connection of its own while the block goes on; the end of the block waits for it.

    Args:
        engine: what it sees but temporary tables, the work sees, too.
        work: is interrupted where the block fails.

    Raises:
        Exception: what the block raises, or else the work.
    """
    connection = engine.cursor()
    connection.execute("set enable_progress_bar = false")
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work, connection)
        try:
            yield
        except BaseException:
            # It may be between two statements, and there is nothing to interrupt then.
            while not working.done():
                connection.interrupt()
                wait([working], timeout=_BETWEEN_INTERRUPTS)
            raise
        working.result()
