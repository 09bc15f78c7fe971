"""Waivers and assignments: a reviewed file that says which fault is lived with until when, and who mends it.

Belongs here: the shape of ``waivers.yml``, reading it strictly, adding to it, and what it does to results.
Does not belong here: the changes of thresholds that stand in it too (``changes``), what a night is held back
for (``findings``) and the pages that show it (``orchestration/quality_site``).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import yaml
from pydantic import Field, ValidationError

from orchestration.publishing.files import make_folder, write_whole
from orchestration.quality.changes import Change, Strict, Text
from orchestration.quality.findings import CheckResult
from orchestration.settings import ConfigurationError, Settings

FAILING: Final = frozenset({"failed", "error"})
HEADER: Final = (
    "# Faults that are lived with until a date, changed thresholds, and who mends what. Reviewed like a "
    "rule: docs/for_quality_staff.md.\n"
)

Model = TypeVar("Model", bound=Strict)


class RowLimit(Strict):
    """A scope of so many failed rows as were looked at when the waiver was approved."""

    most_failed_rows: int = Field(ge=1)


class Waiver(Strict):
    """A check whose failure is lived with.

    Attributes:
        waiver: the name of the waiver, unique in the file; it stands in ``dq_finding``.
        check: the ``check_id``.
        scope: ``all``, or the number of failed rows up to which it holds.
        reason: why the fault is lived with.
        approver: who answers for it.
        expires_on: the last business date on which it holds.
        granted_on: the first business date on which it holds; without it, every one up to the last.
    """

    waiver: Text
    check: Text
    scope: Literal["all"] | RowLimit
    reason: Text
    approver: Text
    expires_on: date
    granted_on: date | None = None

    def is_in_force(self, as_of: date) -> bool:
        """Whether it holds on a business date; the last day is one of them."""
        return as_of <= self.expires_on and (self.granted_on is None or self.granted_on <= as_of)

    def covers(self, result: CheckResult) -> bool:
        """Whether a failure is within the scope; one that could not be counted is within ``all`` alone.

        A test of dbt that stops the build is never covered: what rests on the tested table is not built.
        """
        if result.check_id != self.check or (result.layer == "dbt" and result.severity == "critical"):
            return False
        if isinstance(self.scope, RowLimit):
            return result.failed_rows is not None and result.failed_rows <= self.scope.most_failed_rows
        return True


class Assignment(Strict):
    """Who mends what a check finds, instead of the owner that the check names."""

    check: Text
    owner: Text
    note: Text | None = None


@dataclass(frozen=True)
class Waivers:
    """What the file says.

    Attributes:
        waivers: in the order of the file.
        assignments: in the order of the file, one a check.
        changes: of thresholds, in the order of the file.
    """

    waivers: tuple[Waiver, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    changes: tuple[Change, ...] = ()

    def apply(self, results: Iterable[CheckResult], as_of: date) -> list[CheckResult]:
        """Return the results with the waiver of each failure that one covers, and the assigned owners.

        Args:
            results: of a gate.
            as_of: the business date, against which expiry is compared.
        """
        in_force = [waiver for waiver in self.waivers if waiver.is_in_force(as_of)]
        owners = {assignment.check: assignment.owner for assignment in self.assignments}
        return [
            replace(
                result,
                owner=owners.get(result.check_id, result.owner),
                waiver_id=next((waiver.waiver for waiver in in_force if waiver.covers(result)), None)
                if result.status in FAILING
                else None,
            )
            for result in results
        ]

    def of_check(self, check_id: str) -> list[Waiver]:
        """The waivers of a check, those that end last first."""
        mine = [waiver for waiver in self.waivers if waiver.check == check_id]
        return sorted(mine, key=lambda waiver: (waiver.expires_on, waiver.waiver), reverse=True)

    def fingerprint(self, as_of: date) -> str:
        """Return what results of a business date depend on; empty where nothing in the file is about it."""
        entries = [waiver for waiver in self.waivers if waiver.is_in_force(as_of)]
        changes = [change for change in self.changes if change.is_in_force(as_of)]
        lines = [entry.model_dump_json() for entry in (*entries, *self.assignments, *changes)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def load_waivers(settings: Settings) -> Waivers:
    """Read the file of a site, with its changes as they stand there: ``refuse_changes`` looks at them.

    Raises:
        ConfigurationError: it is refused, or the settings name one that does not exist.
    """
    if settings.waivers is not None and not settings.waivers.exists():
        raise ConfigurationError(f"WARMHANDOFF_WAIVERS names {settings.waivers}, which does not exist")
    return read_waivers(settings.waivers_file)


def read_waivers(path: Path) -> Waivers:
    """Read the file; one that does not exist waives nothing.

    Raises:
        ConfigurationError: an entry lacks a reason, an approver, an expiry or anything else, a name stands
            twice, or the file is not a list. Nothing of the file is taken then.
    """
    if not path.exists():
        return Waivers()
    try:
        return parse_waivers(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__})") from None


def parse_waivers(text: str, name: str) -> Waivers:
    """The same as ``read_waivers``, over a text; ``name`` is the file's in messages."""
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{name} is not YAML{place}") from None
    if entries is None:
        return Waivers()
    if not isinstance(entries, list):
        raise ConfigurationError(f"{name} is not a list: each entry begins with '- waiver:' or '- check:'")
    waivers: list[Waiver] = []
    assignments: list[Assignment] = []
    changes: list[Change] = []
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, dict) and "change" in entry:
            changes.append(entry_of(Change, entry, f"{name}, entry {number}"))
        elif isinstance(entry, dict) and "owner" in entry:
            assignments.append(entry_of(Assignment, entry, f"{name}, entry {number}"))
        else:
            waivers.append(entry_of(Waiver, entry, f"{name}, entry {number}"))
    _expect_once([waiver.waiver for waiver in waivers], f"{name}: the waiver")
    _expect_once([change.change for change in changes], f"{name}: the change")
    _expect_once([assignment.check for assignment in assignments], f"{name}: the assignment of")
    for waiver in waivers:
        if waiver.granted_on and waiver.granted_on > waiver.expires_on:
            raise ConfigurationError(f"{name}: the waiver {waiver.waiver} expires before it is granted")
    return Waivers(tuple(waivers), tuple(assignments), tuple(changes))


def append_entry(path: Path, entry: Waiver | Change) -> None:
    """Write an entry behind what the file holds; comments and order stay.

    Raises:
        ConfigurationError: the file, or the file with the entry, is refused; nothing is written.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else HEADER
    given = entry.model_dump(mode="python", exclude_none=True)
    written = yaml.safe_dump([given], sort_keys=False, allow_unicode=True, width=100)
    text = f"{before.rstrip()}\n{written}"
    read_waivers(path)
    parse_waivers(text, path.name)
    make_folder(path.parent)
    write_whole(path, text)


def free_name(known: Waivers, as_of: date, letter: str = "W") -> str:
    """A name for an entry granted on a business date: ``W-<date>-<number>``, ``T-...`` for a change."""
    taken = {waiver.waiver for waiver in known.waivers} | {change.change for change in known.changes}
    numbers = (f"{letter}-{as_of.isoformat()}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in numbers if name not in taken)


def entry_of(kind: type[Model], entry: Any, place: str) -> Model:
    """Return an entry of a kind.

    Args:
        kind: of the entry.
        entry: what was given.
        place: where, as messages say it.

    Raises:
        ConfigurationError: it is not complete or not right; the message names the first fault and no input.
    """
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        column = str(problem["loc"][0]) if problem["loc"] else "the entry"
        what = "is missing" if problem["type"] == "missing" else f"is refused: {problem['msg']}"
        raise ConfigurationError(f"{place}: {column} {what}") from None


def _expect_once(names: list[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{what} {twice[0]} stands twice")
