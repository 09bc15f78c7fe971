"""What of an error may be written down: never a value that could come from a patient's row.

Engines quote the value that they could not convert or store. Such a text must not reach a log, Dagster's
storage, a dbt artifact or the terminal.

Belongs here: the decision what of an error is told. Does not belong here: raising or writing it.
"""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestration.settings import PROJECT_ROOT

# Kinds of errors whose text speaks of SQL, names, files, memory. SQL in this project holds no value of a row.
_TOLD: Final = ("Binder", "Catalog", "Parser", "Compilation", "Parsing", "Dependency", "IO", "Out of Memory")
_WITHHELD: Final = (
    "Conversion",
    "Constraint",
    "Invalid Input",
    "Invalid Type",
    "Mismatch Type",
    "Out of Range",
    "Not implemented",
    "Transaction",
    "Serialization",
    "Internal",
    "Interrupt",
    "Permission",
)
_KIND: Final = re.compile(rf"\b({'|'.join((*_TOLD, *_WITHHELD))}) Error\b:?\s*(.*)", re.DOTALL)
# An error class of ours is raised with a message of ours, which by the house rules names no patient.
_OWN_PACKAGES: Final = frozenset({"orchestration", "expectations"})
_MAX_CHARACTERS: Final = 600
_FULL: Final = ("no space left", "disk is full", "disk quota exceeded", "max_temp_directory_size")
DISK_IS_FULL: Final = "the disk is full; make room and run again"


class SafeError(Exception):
    """An error whose message was written in this project and names no value of a patient."""


def safe_engine_text(text: str) -> str:
    """Return what may be told of an engine's or dbt's message: its kind; its text where it is about SQL."""
    if tells_of_full_disk(text):
        return DISK_IS_FULL
    found = _KIND.search(text)
    if found is None:
        return "error of unknown kind (text withheld, because it may quote a row)"
    kind, told = found.groups()
    if kind in _TOLD:
        return f"{kind} Error: {' '.join(told.split())[:_MAX_CHARACTERS]}"
    return f"{kind} Error (text withheld, because it may quote a row)"


def safe_error_text(error: BaseException) -> str:
    """Return one line for any exception: the message of our own errors, else type and place in the code.

    Where the disk was full, that is what is told.
    """
    if type(error).__module__.partition(".")[0] in _OWN_PACKAGES:
        return str(error)
    if any(tells_of_full_disk(str(one)) for one in _causes(error)):
        return DISK_IS_FULL
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    place = f" in {_relative(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}{place}"
    return f"{type(error).__name__}{place}"


def safe_frames(error: BaseException) -> list[str]:
    """Return the places in the code that an exception passed, without its message or any value."""
    return [
        f"{_relative(frame.filename)}, line {frame.lineno}, in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def tells_of_full_disk(text: str) -> bool:
    """Whether a message of the system, the engine or SQLite says that nothing more can be written."""
    return any(sign in text.lower() for sign in _FULL)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(PROJECT_ROOT) and "site-packages" not in path.parts


def _relative(filename: str) -> str:
    path = Path(filename)
    if "site-packages" in path.parts:
        return Path(*path.parts[path.parts.index("site-packages") + 1 :]).as_posix()
    return path.relative_to(PROJECT_ROOT).as_posix() if path.is_relative_to(PROJECT_ROOT) else path.name
