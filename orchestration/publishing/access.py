"""The access log: which identified files were written for whom, and which command opened them for what.

``<home>/logs/access-<YYYY-MM>.log``, one JSON object a line, appended and never rewritten. It is no result
and no input of one, so it has the time of the machine. What opens a file behind our back, such as a file
share, an editor or a BI tool, is not in it: the operating system's audit says that.

Public: ``Asking``, ``note_generation``, ``note_written``, ``note_read``, ``note_copied``, ``recipient_of``.

Belongs here: the lines of the log. Does not belong here: who may open what (the modes of files and folders).
"""

import json
import os
import pwd
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from orchestration.publishing.errors import PublishError
from orchestration.publishing.files import FILE_MODE, make_folder
from orchestration.publishing.history import Generation
from orchestration.publishing.manifest import read_manifest
from orchestration.publishing.sharing import hashed_id
from orchestration.reporter import LOGGER
from orchestration.settings import load_settings

IDENTIFIED: Final = "identified/"
NOBODY: Final = "nobody is named"


@dataclass(frozen=True)
class Asking:
    """What a command opens identified files for.

    Attributes:
        command: as it was called, without its arguments.
        kind: what the asked thing is, such as ``entry_id``; null where nothing is asked by name.
        subject: its id; the log has the keyed hash.
    """

    command: str
    kind: str | None = None
    subject: str | None = None


def note_generation(home: Path, generation: Generation) -> None:
    """Note each identified file of a generation that was just written; one shown again has been noted.

    Results that are published are not taken back for it: a log that cannot be written is said in the night's.
    """
    if generation.is_new:
        try:
            note_written(home, "nightly", read_manifest(generation.path).files, generation.name)
        except PublishError as error:
            LOGGER.error("%s", error)


def note_written(home: Path, command: str, files: Iterable[str], generation: str | None = None) -> None:
    """Note each identified file that was written, with its recipient.

    Args:
        home: of the log.
        command: that wrote them.
        files: by path in the generation, or in the home; those that are not identified are passed over.
        generation: its name; null for a file that stands in no generation.

    Raises:
        PublishError: the log cannot be written.
    """
    wanted = sorted(name for name in files if f"/{IDENTIFIED}" in f"/{name}")
    common = {"action": "written", "command": command, "generation": generation}
    _append(home, [{**common, "file": name, "recipient": recipient_of(name)} for name in wanted])


def note_read(home: Path, asking: Asking, generation: str, marts: Iterable[str]) -> None:
    """Note which identified marts a command opens, and for what. It is noted before anything is told.

    Raises:
        PublishError: the log cannot be written.
    """
    line: dict[str, Any] = {"action": "read", "command": asking.command, "generation": generation}
    line["files"] = [f"{IDENTIFIED}{mart}.parquet" for mart in sorted(set(marts))]
    if asking.kind is not None and asking.subject is not None:
        key = load_settings(landing=home, home=home).read_hash_key()
        line |= {"subject_kind": asking.kind, "subject_hash": hashed_id(key, asking.kind, asking.subject)}
    _append(home, [line])


def note_copied(home: Path, generation: Generation, to: str) -> None:
    """Note that the identified marts of a generation were copied elsewhere.

    Raises:
        PublishError: the log cannot be written.
    """
    names = sorted(path.name for path in (generation.path / IDENTIFIED).glob("*.parquet"))
    line = {"action": "copied", "command": "nightly", "generation": generation.name, "to": to}
    _append(home, [{**line, "files": [f"{IDENTIFIED}{name}" for name in names]}])


def recipient_of(name: str) -> str:
    """Return for whom a file is, by its path in the generation."""
    for pattern, recipient in _recipients():
        found = pattern.fullmatch(name)
        if found:
            return recipient.format(name, *found.groups())
    return NOBODY


@cache
def _recipients() -> list[tuple[re.Pattern[str], str]]:
    text = (Path(__file__).parent / "recipients.yml").read_text(encoding="utf-8")
    entries: list[dict[str, str]] = yaml.safe_load(text)
    return [
        (re.compile(re.escape(entry["files"]).replace(r"\*", "([^/]+)")), entry["recipient"])
        for entry in entries
    ]


def _append(home: Path, lines: list[dict[str, Any]]) -> None:
    now = datetime.now(UTC)
    who = {"at": now.isoformat(timespec="seconds"), "user": _user()}
    text = "".join(f"{json.dumps(who | line, ensure_ascii=False)}\n" for line in lines)
    try:
        folder = make_folder(home / "logs")
        path = folder / f"access-{now:%Y-%m}.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        with os.fdopen(descriptor, "a", encoding="utf-8") as log:
            log.write(text)
    except OSError as error:
        raise PublishError(
            f"the access log in {home / 'logs'} cannot be written ({type(error).__name__}), and identified "
            "files are not opened without it"
        ) from None


def _user() -> str:
    """The user of the process, and who became it, where ``sudo`` says so."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER")
    return f"{name} for {before}" if before else name
