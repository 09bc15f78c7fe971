"""The DuckDB dialect that Great Expectations can work with.

``duckdb_engine`` shares one cursor between a connection and its results. Great Expectations ends the
transaction before it has read the result, the rollback closes the cursor, and the expectation quietly
becomes success=False. Gates only read, so this dialect has no transactions. Belongs here: the dialect and
the connection string. Does not belong here: what is run over it.
"""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import duckdb_engine
from sqlalchemy.dialects import registry

SCHEME: Final = "duckdb+warmhandoff"

_opened: list[Any] = []


class ReadOnlyDuckDB(duckdb_engine.Dialect):
    """DuckDB without transactions, for connections that only read."""

    supports_statement_cache = False

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """Open the file without a progress bar, and remember the connection until ``close_connections``."""
        connection = super().connect(*arguments, **options)
        connection.execute("set enable_progress_bar = false")
        _opened.append(connection)
        return connection

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """Name no key, as no check asks for one: finding it costs as much as describing all columns."""
        return {"constrained_columns": [], "name": None}

    def do_begin(self, connection: Any) -> None:
        """Do nothing: a transaction would end before its result is read."""

    def do_rollback(self, connection: Any) -> None:
        """Do nothing: a rollback would close the result that is being read."""

    def do_commit(self, connection: Any) -> None:
        """Do nothing: nothing is ever written."""


registry.register(SCHEME.replace("+", "."), __name__, ReadOnlyDuckDB.__name__)


def connection_string(database: Path, *, threads: int | None = None, memory_limit: str | None = None) -> str:
    """Return the address of a database file, opened for reading and unable to fetch an extension.

    Args:
        database: an existing DuckDB file.
        threads: of the engine; without it, the engine's own choice.
        memory_limit: of the engine, such as ``6GB``; without it, the engine's own choice.
    """
    options = {
        "access_mode": "read_only",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if threads is not None:
        options["threads"] = str(threads)
    if memory_limit is not None:
        options["memory_limit"] = memory_limit
    return f"{SCHEME}:///{quote(str(database.absolute()))}?{urlencode(options)}"


def close_connections() -> None:
    """Close every connection that was opened here.

    Great Expectations leaves connections checked out of their pool, and an open file can be opened again in
    this process with the same options only, and not at all by a process that writes.
    """
    while _opened:
        _opened.pop().close()
