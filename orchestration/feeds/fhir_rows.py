"""The rows that a resource gives to a feed.

Belongs here: the names of what a row is worked out of, and rows in error that say too little to be rows.
Does not belong here: how it is worked out (``fhir_plan.py``).
"""

from collections.abc import Container, Iterable, Sequence
from collections.abc import Mapping as Known
from dataclasses import dataclass

from orchestration.feeds.contract import Feed
from orchestration.feeds.fhir_elements import names_in
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

    @property
    def all_names(self) -> set[str]:
        """The same, with what its parts are made of."""
        return self.names | names_in(self.mapping.each or "")


def trim_codes(
    rows: Sequence[Row], places: Known[str, str], texts: dict[str, str]
) -> dict[str, frozenset[str]]:
    """Trim what codes say once for all lines that say the same, and with it what other rows say there.

    Args:
        rows: of the feeds.
        places: where each name is worked out.
        texts: SQL by name; gets the trimming.

    Returns:
        The columns that are trimmed, by feed.
    """
    found = {}
    for feed in {row.feed.name for row in rows}:
        own = [row for row in rows if row.feed.name == feed]
        columns = {
            column
            for row in own
            for column in row.columns
            if places[f"{row.prefix}{column}"] in ("codes", "any")
        }
        for name in (f"{row.prefix}{column}" for row in own for column in columns.intersection(row.columns)):
            texts[name] = f"wh_trim({texts[name]})"
        found[feed] = frozenset({*columns, "is_deleted"})
    return found


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
