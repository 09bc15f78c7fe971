"""The rows that a resource gives to a feed.

Belongs here: the names of what a row is worked out of, and rows in error that say too little to be rows.
Does not belong here: how it is worked out (``fhir_plan.py``).
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from orchestration.feeds.contract import Feed
from orchestration.feeds.fhir_resources import ENTERED_IN_ERROR, Mapping


@dataclass(frozen=True)
class Row:
    """A feed's row out of a resource, by the names of what is worked out.

    Attributes:
        feed: the contract.
        mapping: the feed's columns.
        prefix: of the names of its columns.
        takes: the name of whether a resource fills the feed; None where each does.
        reported: its coded columns whose unknown codes are findings.
    """

    feed: Feed
    mapping: Mapping
    prefix: str
    takes: str | None
    reported: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The contract's columns that it fills."""
        return [*self.mapping.columns, *self.mapping.coded]

    @property
    def names(self) -> set[str]:
        """What has to be worked out for it."""
        ends = [*self.columns, "is_deleted", *(f"{column}_first" for column in self.reported)]
        return {*(f"{self.prefix}{end}" for end in ends), *([self.takes] if self.takes else [])}


def voided(feed: Feed, columns: Iterable[str], coded: Container[str], rows: str) -> str:
    """SQL of rows; those in error that say too little to be rows take back what they name.

    Args:
        feed: the contract.
        columns: the contract's columns that the rows fill.
        coded: those of them that are looked up.
        rows: a query.
    """
    filled = set(columns)
    status = next((name for name in ("status", "verification_status") if name in coded), None)
    if status is None:
        return rows
    lacking = [f'"{name}" IS NULL' for name in feed.required if name not in feed.key]
    if feed.one_of:
        none = " AND ".join(f'"{name}" IS NULL' for name in feed.one_of if name in filled)
        lacking.append(f"({none})")
    is_void = f"coalesce({status}, '') = '{ENTERED_IN_ERROR}' AND ({' OR '.join(lacking)})"
    is_deleted = f"CASE WHEN {is_void} THEN 'true' ELSE is_deleted END"
    return f"SELECT * REPLACE ({is_deleted} AS is_deleted) FROM ({rows})"  # noqa: S608
