"""``bi.duckdb``: a small database of views over published Parquet files, for tools that speak SQL.

A view holds the absolute path of its file: the engine resolves a relative one against the reader's working
folder, not against the database. So the file belongs to the place where it was made; publishing and rolling
back make it anew when the home has moved.

Belongs here: writing and checking that file. Does not belong here: what the Parquet files hold.
"""

from pathlib import Path

import duckdb

from orchestration.publishing.engine import literal, quoted
from orchestration.publishing.errors import write_failure
from orchestration.publishing.files import FILE_MODE, fsync_path, remove_entry

BI_FILE = "bi.duckdb"
_SCHEMAS = {"identified": "main", "shared": "shared", "rules": "rules"}
"""The folders of a generation that have views, and the schema of each."""

View = tuple[str, str]


def pin_views(bi_file: Path, folder: Path) -> None:
    """Have ``bi_file`` hold one view a Parquet file below ``folder``; left as it is where it already does.

    A reader that has the old file open keeps it: the new one is written aside and takes its name.

    Args:
        bi_file: the database to write.
        folder: the generation, or the link to one, as the absolute path that the views are to use.

    Raises:
        PublishError: the file could not be written.
    """
    wanted = _wanted(folder)
    if _holds(bi_file, wanted):
        return
    aside = bi_file.with_name(f".{bi_file.name}.aside")
    beside = aside.with_name(f"{aside.name}.wal")
    remove_entry(aside)
    remove_entry(beside)
    try:
        _write(aside, wanted)
        aside.chmod(FILE_MODE)
        fsync_path(aside)
        aside.replace(bi_file)
        fsync_path(bi_file.parent)
    except (OSError, duckdb.Error) as error:
        remove_entry(aside)
        raise write_failure(error, bi_file.name) from None
    finally:
        remove_entry(beside)


def views_are_pinned(bi_file: Path, folder: Path) -> bool:
    """Whether ``bi_file`` can be read and has exactly the views of ``folder``."""
    return _holds(bi_file, _wanted(folder))


def _write(file: Path, wanted: dict[View, Path]) -> None:
    """Write the database. Closing hides a failed write, so it is written out before and read back after."""
    with duckdb.connect(str(file)) as connection:
        for schema in sorted({schema for schema, _ in wanted} - {"main"}):
            connection.execute(f"create schema {quoted(schema)}")
        for (schema, view), path in wanted.items():
            query = f"select * from read_parquet({literal(path)})"  # noqa: S608
            connection.execute(f"create view {quoted(schema)}.{quoted(view)} as {query}")
        connection.execute("force checkpoint")
    if not _holds(file, wanted):
        raise duckdb.IOException("could not write")


def _holds(file: Path, wanted: dict[View, Path]) -> bool:
    if not file.is_file():
        return False
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            rows = connection.execute(
                "select schema_name, view_name, sql from duckdb_views() where not internal"
            ).fetchall()
    except duckdb.Error:
        return False
    held = {(schema, view): query for schema, view, query in rows}
    return held.keys() == wanted.keys() and all(literal(path) in held[view] for view, path in wanted.items())


def _wanted(folder: Path) -> dict[View, Path]:
    return {
        (schema, path.stem): path
        for room, schema in _SCHEMAS.items()
        for path in sorted((folder / room).glob("*.parquet"))
    }
