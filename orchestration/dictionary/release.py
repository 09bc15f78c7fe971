"""What has changed in the marts' contract since the last release, and the record of a release.

``released.json`` holds the contract as it was released: keys, columns and types by mart. ``make release``
writes it anew for the version of ``pyproject.toml``; from then on the dictionary tells what changed since it.

Belongs here: comparing and recording. Does not belong here: the contract itself
(``orchestration/publishing/marts.yml``).
"""

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestration.publishing.contract import Mart, MartsContract, load_marts

RELEASED_FILE: Final = Path(__file__).with_name("released.json")
PROJECT_FILE: Final = Path(__file__).parents[2] / "pyproject.toml"


class ReleaseError(Exception):
    """The contract cannot be recorded as this version."""


@dataclass(frozen=True)
class Changes:
    """Since which release what is new, what is gone, and what is not as it was."""

    since: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """What readers of the release lose or read wrongly."""
        return self.removed + self.changed


def changes_since_release(contract: MartsContract, released_file: Path = RELEASED_FILE) -> Changes:
    """Compare the contract with the released one.

    Args:
        contract: as it is.
        released_file: as it was released.
    """
    released = json.loads(released_file.read_text(encoding="utf-8"))
    before: Mapping[str, Mapping[str, Any]] = released["marts"]
    added: list[str] = []
    removed: list[str] = []
    changed: list[str] = []
    for name, mart in contract.marts.items():
        if name not in before:
            added.append(name)
            continue
        added += [f"{name}.{column}" for column in mart.columns if column not in before[name]["columns"]]
        changed += _changes_of(name, mart, before[name])
    for name, was in before.items():
        columns = contract.marts[name].columns if name in contract.marts else None
        if columns is None:
            removed.append(name)
        else:
            removed += [f"{name}.{column}" for column in was["columns"] if column not in columns]
    return Changes(released["release"], tuple(added), tuple(removed), tuple(changed))


def _changes_of(name: str, mart: Mart, was: Mapping[str, Any]) -> Iterator[str]:
    if mart.key != was["key"]:
        yield f"{name}: one row was one {', '.join(was['key'])} and is one {', '.join(mart.key)}"
    for column, kind in was["columns"].items():
        now = mart.columns.get(column, kind)
        if now != kind:
            yield f"{name}.{column}: was {kind} and is {now}"


def record_release(contract: MartsContract, version: str, released_file: Path = RELEASED_FILE) -> Changes:
    """Record the contract as a release.

    Args:
        contract: what is released.
        version: such as 1.2.0. It must come after the recorded one; where readers lose something its first
            part must have grown, or its second while the first is 0.
        released_file: where releases are recorded.

    Returns:
        What changed since the release before.

    Raises:
        ReleaseError: the version does not come after the recorded one, or not far enough.
    """
    changes = changes_since_release(contract, released_file)
    now, before = _parts(version), _parts(changes.since)
    if now <= before:
        raise ReleaseError(f"{version} does not come after {changes.since}, which is recorded")
    leading = 2 if now[0] == 0 else 1
    if changes.broken and now[:leading] == before[:leading]:
        raise ReleaseError(
            f"readers of {changes.since} lose something, so {version} is too small a step: "
            + "; ".join(changes.broken)
        )
    marts = {name: {"key": mart.key, "columns": dict(mart.columns)} for name, mart in contract.marts.items()}
    text = json.dumps({"release": version, "marts": marts}, indent=1) + "\n"
    released_file.write_text(text, encoding="utf-8", newline="\n")
    return changes


def project_version(project_file: Path = PROJECT_FILE) -> str:
    """The version that ``pyproject.toml`` gives the project."""
    version: str = tomllib.loads(project_file.read_text(encoding="utf-8"))["project"]["version"]
    return version


def _parts(version: str) -> tuple[int, ...]:
    try:
        parts = tuple(int(part) for part in version.split("."))
    except ValueError:
        parts = ()
    if len(parts) != 3:
        raise ReleaseError(f"{version} is no version such as 1.2.0")
    return parts


def main() -> int:
    """Record the project's version; ``make release`` calls it. Returns 2 where that is refused."""
    try:
        changes = record_release(load_marts(), project_version())
    except ReleaseError as refused:
        print(f"{refused}. The version stands in pyproject.toml.", file=sys.stderr)
        return 2
    for word, names in (("new", changes.added), ("gone", changes.removed), ("changed", changes.changed)):
        for name in names:
            print(f"{word}: {name}")
    print(f"Recorded {project_version()} in {RELEASED_FILE.name}; commit it with the release.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
