"""What goes wrong while a landed file is read: the file's fault, or the machine's.

Belongs here: telling the one from the other. Does not belong here: what becomes of an
unreadable file.
"""

import duckdb

from orchestration.redaction import tells_of_full_disk

NOT_OF_A_FILE = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.ParserException,
    duckdb.PermissionException,
)
"""What the engine raises for a wrong query or a broken engine; a damaged file raises nearly anything else."""


class EngineFailed(Exception):
    """The machine, not the file, is the trouble; the night stops and can be run again."""


class RowsLost(Exception):
    """A source gave another number of rows than it has."""


def stop_if_engine_failed(problem: duckdb.Error, source_file: str) -> None:
    """Tell a file that cannot be read from a machine that cannot go on.

    Args:
        problem: what the engine raised; its text may quote the file and goes no further.
        source_file: the file's path in the landing.

    Raises:
        EngineFailed: it was not the file.
    """
    text = str(problem)
    if tells_of_full_disk(text) or "could not write" in text.lower():
        what = "the engine ran out of disk; free some and run again"
    elif isinstance(problem, duckdb.OutOfMemoryException):
        what = "the engine ran out of memory; raise the memory limit and run again"
    elif isinstance(problem, NOT_OF_A_FILE):
        what = f"the engine raised {type(problem).__name__}, which no file should cause; report it"
    else:
        return
    raise EngineFailed(f"{source_file}: {what}") from None
