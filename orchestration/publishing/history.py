"""Which generations there are, which one readers have, and in which order they were published.

Belongs here: the link ``current``, the list ``history.json``, and the removal of what is no longer kept. Does
not belong here: making a generation (``generation``).
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.publishing.errors import PublishError
from orchestration.publishing.files import fsync_path, remove_entry, write_json

CURRENT = "current"
HISTORY_FILE = "history.json"
BUILDING = ".building-"
_REMOVING = ".removing-"
_LINK_ASIDE = f".{CURRENT}.aside"
_UNFINISHED = (".aside", ".aside.wal")  # the engine keeps the second beside a database that it writes
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([0-9a-f]{16})(-r\d+)?")


@dataclass(frozen=True)
class Generation:
    """One published folder. ``is_new`` says whether this call wrote it, or found it whole."""

    path: Path
    publish_id: str
    as_of_date: date
    is_new: bool = False

    @property
    def name(self) -> str:
        """The folder's name: ``<as_of_date>-<publish_id>``, then ``-r<n>`` where a damaged one was remade."""
        return self.path.name


def generation_of(path: Path, *, is_new: bool = False) -> Generation:
    """Read a generation's facts from its folder's name."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise PublishError(f"{path.name} is not the name of a generation")
    return Generation(path, match.group(2), date.fromisoformat(match.group(1)), is_new)


def current(published: Path) -> Generation | None:
    """The generation that readers have; None before the first.

    The path is that of the folder itself, so whoever keeps it keeps one whole generation.

    Raises:
        PublishError: ``current`` is not a link to a generation.
    """
    link = published / CURRENT
    if not link.is_symlink():
        if link.exists():
            raise PublishError(
                f"{link} must be a link to a generation; move it away and publish or roll back"
            )
        return None
    target = published / link.readlink().name
    if not target.is_dir():
        return None
    return generation_of(target.resolve())


def require_current(published: Path) -> Generation:
    """The same as ``current``, where there must be one.

    Raises:
        PublishError: nothing has been published yet.
    """
    generation = current(published)
    if generation is None:
        raise PublishError(f"nothing is published in {published} yet: run `warmhandoff nightly`")
    return generation


def generations(published: Path) -> list[Generation]:
    """All generations, in the order of their publication; those that were rolled back from come first."""
    folders = (
        {path.name: path.resolve() for path in published.iterdir() if _NAME.fullmatch(path.name)}
        if published.is_dir()
        else {}
    )
    listed = [name for name in _history(published) if name in folders]
    unlisted = sorted(set(folders) - set(listed))
    return [generation_of(folders[name]) for name in [*unlisted, *listed]]


def before_current(published: Path) -> list[Generation]:
    """The generations to which one can roll back, the nearest first."""
    line = generations(published)
    listed = set(_history(published))
    now = require_current(published)
    if now.name in listed:
        line = [generation for generation in line if generation.name in listed]
    names = [generation.name for generation in line]
    return list(reversed(line[: names.index(now.name)]))


def flip(published: Path, name: str) -> None:
    """Have ``current`` name another generation, in one step that the disk confirms."""
    aside = published / _LINK_ASIDE
    aside.unlink(missing_ok=True)
    aside.symlink_to(name, target_is_directory=True)
    aside.replace(published / CURRENT)
    fsync_path(published)


def note_publication(published: Path, name: str) -> None:
    """Put a generation behind the current one; what was rolled back from leaves the line."""
    history = _history(published)
    now = current(published)
    if now and now.name in history:
        history = history[: history.index(now.name) + 1]
    elif now:
        history = [*history, now.name]
    write_json(published / HISTORY_FILE, {"generations": [*(one for one in history if one != name), name]})


def sweep(published: Path) -> None:
    """Remove what a killed process left: unfinished folders and files that never took their name."""
    for path in [*published.iterdir(), *published.glob("*/.*.aside*")]:
        if path.name.startswith((BUILDING, _REMOVING)) or path.name.endswith(_UNFINISHED):
            remove_entry(path)


def prune(published: Path, keep: int) -> None:
    """Remove the oldest generations beyond ``keep``; never the current one.

    A folder loses its name before its files, so that no half of a generation has one.
    """
    now = current(published)
    line = [generation for generation in generations(published) if now is None or generation.name != now.name]
    for generation in line[: max(0, len(line) + (now is not None) - keep)]:
        leaving = published / f"{_REMOVING}{generation.name}"
        generation.path.rename(leaving)
        remove_entry(leaving)


def _history(published: Path) -> list[str]:
    try:
        names = json.loads((published / HISTORY_FILE).read_text(encoding="utf-8"))["generations"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
