"""From delivered rows to the one version of each key that counts.

What belongs here: the door (required, types, closed lists, scores out of range) and the order of versions.
What does not: the interval of a time entry (``intervals``), which needs zones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.reference.cells import EPOCH, Stamp, UnreadableValueError, epoch_second, read_cell, utc_datetime

VOID_STATUS = "entered-in-error"
ONE_OF = {
    "assessment": ("score", "screen_result", "not_done_reason"),
    "condition": ("icd10_code", "snomed_code"),
}


@dataclass(frozen=True)
class DeliveredRow:
    """One data row of a landed file, as text. ``row`` counts from 1, without the header."""

    delivered_on: date
    file: str
    row: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Version:
    """A row that passed the door, with the place that it holds among the versions of its key."""

    key: tuple[object, ...]
    values: dict[str, Any]
    is_deleted: bool
    order: tuple[object, ...]
    delivered_on: date
    file: str
    row: int

    @property
    def is_void(self) -> bool:
        """Whether the row takes its record back."""
        return self.is_deleted or self.values.get("status") == VOID_STATUS


@dataclass(frozen=True)
class Rejection:
    """A row that never becomes a version, and why."""

    feed: str
    file: str
    row: int
    reason: str


@dataclass
class Accepted:
    """What a feed's door let through and what it turned away."""

    versions: list[Version] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, feed: str, version: Version, reason: str) -> None:
        """Turn a version away after all."""
        self.versions.remove(version)
        self.rejections.append(Rejection(feed, version.file, version.row, reason))


def admit(
    feed: str, rows: Iterable[DeliveredRow], contract: Mapping[str, Any], as_of: date, default_zone: str
) -> Accepted:
    """Read the rows of one feed that were delivered up to ``as_of``."""
    accepted = Accepted()
    for row in _without_repeated_files([row for row in rows if row.delivered_on <= as_of]):
        values, reasons = _read_row(feed, row, contract)
        is_deleted = bool(values.pop("is_deleted", None))
        against = _excused(feed, reasons, values, is_deleted, contract["key"])
        if against:
            accepted.rejections.append(Rejection(feed, row.file, row.row, ";".join(against)))
            continue
        updated_at = values.pop("updated_at")
        accepted.versions.append(
            Version(
                key=tuple(values[column] for column in contract["key"]),
                values=values,
                is_deleted=is_deleted,
                order=(*_update_order(updated_at, default_zone), row.delivered_on, row.file, row.row),
                delivered_on=row.delivered_on,
                file=row.file,
                row=row.row,
            )
        )
    return accepted


def versions_by_key(versions: Iterable[Version]) -> dict[tuple[object, ...], list[Version]]:
    """The versions of each key, the oldest first."""
    found: dict[tuple[object, ...], list[Version]] = {}
    for version in sorted(versions, key=lambda one: one.order):
        found.setdefault(version.key, []).append(version)
    return found


def latest_records(versions: Iterable[Version]) -> list[dict[str, Any]]:
    """The latest version of each key, without those that were deleted."""
    latest = (history[-1] for history in versions_by_key(versions).values())
    return [version.values for version in latest if not version.is_deleted]


def _without_repeated_files(rows: list[DeliveredRow]) -> list[DeliveredRow]:
    """Identical bytes again are ignored: the copy of the lowest (delivery date, path) stays."""
    files: dict[tuple[date, str], list[DeliveredRow]] = {}
    for row in rows:
        files.setdefault((row.delivered_on, row.file), []).append(row)
    seen: set[tuple[object, ...]] = set()
    kept: list[DeliveredRow] = []
    for place in sorted(files):
        content = sorted(files[place], key=lambda row: row.row)
        fingerprint = tuple((row.row, tuple(row.cells.items())) for row in content)
        if fingerprint not in seen:
            seen.add(fingerprint)
            kept += content
    return kept


def _read_row(
    feed: str, row: DeliveredRow, contract: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Typed values, and the reasons against the row as (column, reason)."""
    values: dict[str, Any] = {}
    reasons: list[tuple[str, str]] = []
    for column, rule in contract["columns"].items():
        reason = None
        try:
            values[column] = read_cell(rule["type"], row.cells.get(column))
        except UnreadableValueError:
            values[column] = None
            reason = "invalid_type"
        value = values[column]
        if reason is None and value is None:
            is_short = column == ONE_OF.get(feed, ("",))[0] and _all_blank(feed, row)
            reason = "missing_required" if rule.get("required") or is_short else None
        elif value is not None and "values" in rule and value not in rule["values"]:
            values[column] = None
            reason = "invalid_value"
        if reason:
            reasons.append((column, f"{reason}:{column}"))
    for column, kind in (("updated_at", "timestamp"), ("is_deleted", "boolean")):
        try:
            values[column] = read_cell(kind, row.cells.get(column))
        except UnreadableValueError:
            values[column] = None
            reasons.append((column, f"invalid_type:{column}"))
    return values, reasons


def _all_blank(feed: str, row: DeliveredRow) -> bool:
    return not any((row.cells.get(column) or "").strip() for column in ONE_OF[feed])


def _excused(
    feed: str, reasons: list[tuple[str, str]], values: dict[str, Any], is_deleted: bool, key: list[str]
) -> list[str]:
    """A tombstone needs its key alone, and so does a time entry that is entered in error."""
    needs_key_alone = is_deleted or (feed == "care_activity" and values.get("status") == VOID_STATUS)
    return [reason for column, reason in reasons if not needs_key_alone or column in key]


def _update_order(updated_at: Stamp | None, default_zone: str) -> tuple[int, datetime]:
    """Blank first; a time without an offset is the configured default zone's."""
    if updated_at is None:
        return (0, EPOCH)
    second = epoch_second(Stamp(updated_at.at.replace(microsecond=0), updated_at.is_local), default_zone)
    return (1, utc_datetime(second).replace(microsecond=updated_at.at.microsecond))
