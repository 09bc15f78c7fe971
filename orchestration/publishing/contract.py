"""The contract of the published marts: names, keys and types, read from ``marts.yml`` beside this module.

Belongs here: reading the contract, and what each of its types is in the engine. Does not belong here: the
marts' meaning (the models' descriptions) and the writing of files (``export``).
"""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

ColumnType = Literal["string", "integer", "bigint", "decimal", "double", "date", "timestamp", "boolean"]

SQL_TYPES: dict[str, str] = {
    "string": "VARCHAR",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "decimal": "DECIMAL(18,2)",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
"""What a contract type is in a published file."""

PUBLISH_ID = "publish_id"
SITE_COLUMNS = "site_columns"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mart(_Strict):
    """One mart: its grain in words, the columns that name a row, and the types that readers rely on.

    A mart that ``is_sorted_by_part`` is sorted by a few values of its first sort column at a time.
    """

    grain: str
    key: list[str]
    order_by: list[str] = []
    is_sorted_by_part: bool = False
    columns: dict[str, ColumnType]

    @property
    def sort_columns(self) -> list[str]:
        """The columns by which published rows are sorted."""
        return self.order_by or self.key


class SharedPart(_Strict):
    """Columns that are hidden together where ``part`` or the rest of ``whole`` counts few people."""

    part: str
    whole: str
    columns: list[str]


class SharedMart(_Strict):
    """What of a mart may be shared.

    ``columns`` is an allow-list; blank means the contract's columns. ``rows`` is a condition on the mart's
    rows; blank means all. Each of ``counts`` is hidden by itself where it counts few people.
    """

    columns: list[str] = []
    hashed_ids: list[str] = []
    rows: str = "true"
    counts: list[str] = []
    parts: list[SharedPart] = []

    @property
    def has_counts_of_people(self) -> bool:
        """Whether anything has to be hidden where it is small."""
        return bool(self.counts or self.parts)

    @property
    def named_columns(self) -> list[str]:
        """Every column of the mart that is spoken of, but for the condition on rows."""
        named = [*self.columns, *self.hashed_ids, *self.counts]
        return [*named, *(name for one in self.parts for name in (one.part, one.whole, *one.columns))]


class MartsContract(_Strict):
    """All marts, those fit for sharing, and the rules that are copied beside them."""

    marts: dict[str, Mart]
    shared: dict[str, SharedMart]
    rules: list[str]


@cache
def load_marts() -> MartsContract:
    """Read the contract; it is small and does not change while a process runs.

    Raises:
        pydantic.ValidationError: the file is not a contract.
        ValueError: a key, an order or a share names a column or mart that is not there.
    """
    raw = yaml.safe_load((Path(__file__).parent / "marts.yml").read_text(encoding="utf-8"))
    contract = MartsContract.model_validate(raw)
    for name, mart in contract.marts.items():
        _expect_columns(name, mart, [*mart.key, *mart.order_by])
    for name, shared in contract.shared.items():
        if name not in contract.marts:
            raise ValueError(f"marts.yml: shared names {name}, which is not a mart")
        _expect_columns(name, contract.marts[name], shared.named_columns)
    return contract


def _expect_columns(name: str, mart: Mart, columns: list[str]) -> None:
    unknown = sorted(set(columns) - set(mart.columns))
    if unknown:
        raise ValueError(f"marts.yml: {name} has no column {', '.join(unknown)}")
