"""The rows of ``seeds/`` as tests read them, without any engine.

Belongs here: reading and looking up. Does not belong here: what must be true of the rows (test_seeds*.py).
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
Row = dict[str, str]


def read_seed(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


DESCRIBED: dict[str, Any] = {
    seed["name"]: seed for seed in yaml.safe_load((SEEDS / "_seeds.yml").read_text("utf-8"))["seeds"]
}
SEED = {name: read_seed(name) for name in DESCRIBED}
KEY: dict[str, list[str]] = {
    name: test["at_most_one_row_in_force"]["arguments"]["key_columns"]
    for name, seed in DESCRIBED.items()
    for test in seed["data_tests"]
}
LAST_DAY = date.max


def listed(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def first_day(row: Row) -> date:
    return date.fromisoformat(row["valid_from"])


def last_day(row: Row) -> date:
    return date.fromisoformat(row["valid_to"]) if row["valid_to"] else LAST_DAY


def in_force(name: str, day: date, **key: str) -> Row | None:
    """The row of a key that is in force on a day, or None."""
    of_key = [row for row in SEED[name] if all(row[column] == value for column, value in key.items())]
    rows = [row for row in of_key if first_day(row) <= day <= last_day(row)]
    assert len(rows) <= 1, (name, day, key)
    return rows[0] if rows else None
