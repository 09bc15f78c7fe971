"""What has changed in the marts' contract since the last release, and whether readers can live with it.

``released.json`` holds the contract as it was released: columns and types by mart.

Belongs here: comparing. Does not belong here: the contract itself (``orchestration/publishing/marts.yml``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestration.publishing.contract import MartsContract

RELEASED_FILE: Final = Path(__file__).with_name("released.json")

Columns = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Changes:
    """Since which release what is new, and what was taken away from readers."""

    since: str
    added: tuple[str, ...]
    broken: tuple[str, ...]


def contract_columns(contract: MartsContract) -> dict[str, dict[str, str]]:
    """Return the types of the columns that readers rely on, by mart."""
    return {name: dict(mart.columns) for name, mart in contract.marts.items()}


def changes_since_release(contract: MartsContract, released_file: Path = RELEASED_FILE) -> Changes:
    """Compare the contract with the released one.

    Args:
        contract: as it is.
        released_file: as it was released.
    """
    released = json.loads(released_file.read_text(encoding="utf-8"))
    before: Columns = released["marts"]
    now: Columns = contract_columns(contract)
    added, broken = [], []
    for mart, columns in now.items():
        if mart not in before:
            added.append(mart)
        else:
            added += [f"{mart}.{column}" for column in columns if column not in before[mart]]
    for mart, columns in before.items():
        if mart not in now:
            broken.append(f"{mart} is gone")
            continue
        for column, kind in columns.items():
            if column not in now[mart]:
                broken.append(f"{mart}.{column} is gone")
            elif now[mart][column] != kind:
                broken.append(f"{mart}.{column} was {kind} and is {now[mart][column]}")
    return Changes(released["release"], tuple(added), tuple(broken))
