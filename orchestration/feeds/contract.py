"""The contract of the feeds as typed objects, read once from ``contract.yml``.

Belongs here: what a feed looks like. Does not belong here: how a file is read or a row is judged.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

ColumnType = Literal["string", "integer", "decimal", "boolean", "date", "timestamp"]

CONTRACT_FILE = Path(__file__).with_name("contract.yml")
SITE_PREFIX = "x_"

LAKE_TYPES: dict[ColumnType, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,6)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


class Column(BaseModel):
    """One column of a feed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: ColumnType
    required: bool = False
    ref: str | None = None
    values: tuple[str, ...] = ()


class Feed(BaseModel):
    """One feed: its columns in contract order and the key that names a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    one_of: tuple[str, ...] = ()
    void: dict[str, str] = {}

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the required columns, in contract order."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def accepted(self) -> tuple[Column, ...]:
        """The columns that a file may carry: the contract's, then those that every feed takes."""
        return (*self.columns, UPDATED_AT, IS_DELETED)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: the feed has no such column.
        """
        for column in self.accepted:
            if column.name == name:
                return column
        raise KeyError(name)

    def lake_columns(self) -> list[tuple[str, str]]:
        """Names and DuckDB types of the raw table, in order."""
        columns: list[tuple[str, str]] = []
        for column in (*self.columns, UPDATED_AT):
            columns.append((column.name, LAKE_TYPES[column.type]))
            if column.type == "timestamp":
                columns.append((f"{column.name}_is_local", "BOOLEAN"))
        return [*columns, *LAKE_TAIL]


UPDATED_AT = Column(name="updated_at", type="timestamp")
IS_DELETED = Column(name="is_deleted", type="boolean")
LAKE_TAIL = (
    ("is_deleted", "BOOLEAN"),
    ("site_columns", "VARCHAR"),
    ("_delivered_on", "DATE"),
    ("_source_file", "VARCHAR"),
    ("_row_number", "BIGINT"),
    ("_file_id", "VARCHAR"),
)


class Contract(BaseModel):
    """All feeds, in the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feeds: dict[str, Feed]

    @model_validator(mode="after")
    def _names_exist(self) -> "Contract":
        for feed in self.feeds.values():
            names = {column.name for column in feed.columns}
            unknown = ({*feed.key, *feed.one_of, *feed.void} - names) | {
                column.ref for column in feed.columns if column.ref and column.ref not in self.feeds
            }
            if unknown:
                raise ValueError(f"feed {feed.name} names what the contract does not have: {sorted(unknown)}")
        return self

    def __hash__(self) -> int:
        """Of the names of the feeds: what is made of a contract once is found again by it."""
        return hash(tuple(self.feeds))


@cache
def load_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read and check the contract.

    Args:
        path: the YAML file; the package's own unless a test brings another.

    Returns:
        The feeds by name, in file order.

    Raises:
        pydantic.ValidationError: the file does not describe feeds.
    """
    document = yaml.load(path.read_text(encoding="utf-8"), SafeLoader)
    feeds = {
        name: {
            **entry,
            "name": name,
            "columns": [{"name": column, **spec} for column, spec in entry["columns"].items()],
        }
        for name, entry in document.items()
    }
    return Contract.model_validate({"feeds": feeds})
