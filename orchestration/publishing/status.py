"""``status.json``: what readers have, and what is held back, since when and why. Renewed every night.

It knows no clock: dates are business dates. It stands beside the generations, because a night that publishes
nothing still has to say so.

Belongs here: that file. Does not belong here: the decision to hold back (quality) and the link itself
(``history``).
"""

import json
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.publishing.engine import literal, open_engine
from orchestration.publishing.files import make_folder, write_json
from orchestration.publishing.history import CURRENT, Generation, current
from orchestration.publishing.manifest import visible_problems_of

STATUS_FILE = "status.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FailedCheck(_Strict):
    """A blocking check that did not pass, in the words of its expectation. Counts only, no values."""

    check_id: str
    layer: str | None
    table_name: str | None
    status: str
    failed_rows: int | None
    owner: str | None
    what_it_means: str | None
    what_to_do: str | None


class HeldBack(_Strict):
    """What keeps the next generation from readers. ``since`` is the first of the failed nights in a row."""

    since: date
    reason: str
    failed_checks: list[FailedCheck] = []


class CurrentGeneration(_Strict):
    """The generation that readers have."""

    name: str
    publish_id: str
    as_of_date: date


class Status(_Strict):
    """The whole of ``status.json``.

    ``stale_since`` is the business date of what readers have, where a later night was held back or rolled
    back; else null.
    """

    state: Literal["nothing_published", "published", "held_back", "rolled_back"]
    as_of_date: date | None = None
    current: CurrentGeneration | None = None
    stale_since: date | None = None
    held_back: HeldBack | None = None
    rolled_back_from: str | None = None


def read_status(published: Path) -> Status:
    """What readers have. What is current is asked of the link: a night may have died before the file."""
    try:
        raw = json.loads((published / STATUS_FILE).read_text(encoding="utf-8"))
        status = Status.model_validate(raw)
    except (OSError, ValueError, ValidationError):
        status = Status(state="nothing_published")
    now = _facts(current(published))
    if now == status.current:
        return status
    return Status(
        state="published" if now else "nothing_published",
        as_of_date=now.as_of_date if now else None,
        current=now,
    )


def damage_of_current(published: Path) -> list[str]:
    """What is wrong with the generation that readers have, as far as its files' names and sizes tell it."""
    link = published / CURRENT
    now = current(published)
    if now:
        return visible_problems_of(now.path)
    return [f"{CURRENT} leads to {link.readlink().name}, which is gone"] if link.is_symlink() else []


def note_published(published: Path, generation: Generation) -> Status:
    """Say that a night's generation is current."""
    now = _facts(generation)
    return _write(published, Status(state="published", as_of_date=generation.as_of_date, current=now))


def note_rolled_back(
    published: Path, generation: Generation, left: str, held_back: HeldBack | None = None
) -> Status:
    """Say that an operator went back to an earlier generation; a night that is held back stays so."""
    now = _facts(generation)
    return _write(
        published,
        Status(
            state="rolled_back",
            as_of_date=generation.as_of_date,
            current=now,
            stale_since=generation.as_of_date,
            held_back=held_back,
            rolled_back_from=left,
        ),
    )


def note_gone_forward(published: Path, generation: Generation, before: Status) -> Status:
    """Say that an operator went forward to the last generation again; a night that is held back stays so."""
    if before.held_back is None:
        return note_published(published, generation)
    changes = {"state": "held_back", "current": _facts(generation), "stale_since": generation.as_of_date}
    return _write(published, before.model_copy(update={**changes, "rolled_back_from": None}))


def hold_back(published: Path, *, as_of_date: date, reason: str, dq_finding: Path | None = None) -> Status:
    """Say that a night published nothing, and why; readers keep what they have.

    Args:
        published: the folder of generations; made where there is none yet.
        as_of_date: the night's business date.
        reason: one readable line without a value of a patient.
        dq_finding: the findings, from which the blocking checks that did not pass are listed.
    """
    make_folder(published)
    before = read_status(published)
    now = before.current
    since = before.held_back.since if before.held_back else as_of_date
    return _write(
        published,
        Status(
            state="held_back",
            as_of_date=as_of_date,
            current=now,
            stale_since=now.as_of_date if now else None,
            held_back=HeldBack(
                since=min(since, as_of_date),
                reason=reason,
                failed_checks=_blocking_checks(dq_finding) if dq_finding else [],
            ),
            rolled_back_from=before.rolled_back_from,
        ),
    )


def _blocking_checks(dq_finding: Path) -> list[FailedCheck]:
    columns = list(FailedCheck.model_fields)
    query = (
        f"select {', '.join(columns)} from read_parquet({literal(dq_finding)}) "  # noqa: S608
        "where severity = 'critical' and status in ('failed', 'error') and waiver_id is null "
        "order by check_id"
    )
    try:
        with open_engine(threads=1) as engine:
            rows = engine.execute(query).fetchall()
    except duckdb.Error:
        return []
    return [FailedCheck.model_validate(dict(zip(columns, row, strict=True))) for row in rows]


def _facts(generation: Generation | None) -> CurrentGeneration | None:
    if generation is None:
        return None
    return CurrentGeneration(
        name=generation.name, publish_id=generation.publish_id, as_of_date=generation.as_of_date
    )


def _write(published: Path, status: Status) -> Status:
    write_json(published / STATUS_FILE, status.model_dump(mode="json"))
    return status
