"""Changed thresholds: what a site tolerates otherwise than the rules say, from when to when, on whose word.

Belongs here: the shape of an entry, which changes are refused, and what one does to a check. Does not belong
here: the file (``waivers``), and the thresholds themselves (``seeds/threshold.csv``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from expectations.check import Check, HasColumns, HasRows, Severity
from orchestration.settings import ConfigurationError

_PERCENT: Final = 100
_WEIGHT: Final[dict[Severity, int]] = {"info": 0, "warning": 1, "critical": 2}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _share(given: object) -> object:
    """``5%`` or ``5 %`` as a share; anything else as it is."""
    if isinstance(given, str) and given.strip().endswith("%"):
        return float(given.strip().removesuffix("%")) / _PERCENT
    return given


Share = Annotated[float, BeforeValidator(_share), Field(ge=0, lt=1, allow_inf_nan=False)]


class Strict(BaseModel):
    """An entry of the reviewed file: nothing unknown in it, and no input quoted in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Change(Strict):
    """A check that is judged otherwise than the rules say.

    Attributes:
        change: the name of the change, unique in the file.
        check: the ``check_id``, of a gate.
        at_most: share of rows (0 to 1, or as ``5%``) that may fail; within it a failure is an ``info``.
        severity: of a failure that is not within the share.
        reason: why.
        approver: who answers for it.
        granted_on: the first business date on which it holds.
        expires_on: the last one.
    """

    change: Text
    check: Text
    at_most: Share | None = None
    severity: Severity | None = None
    reason: Text
    approver: Text
    granted_on: date
    expires_on: date

    @model_validator(mode="after")
    def _changes_something(self) -> "Change":
        if self.at_most is None and self.severity is None:
            raise ValueError("neither at_most nor severity is given")
        if self.granted_on > self.expires_on:
            raise ValueError("it expires before it is granted")
        return self

    def is_in_force(self, as_of: date) -> bool:
        """Whether it holds on a business date; the first and the last day are two of them."""
        return self.granted_on <= as_of <= self.expires_on

    def apply(self, check: Check) -> Check:
        """Return the check as it is judged while the change holds."""
        changed = replace(check, severity=self.severity or check.severity)
        if self.at_most is None:
            return changed
        return replace(changed, threshold=self.at_most, severity_within_threshold="info")


def refuse_changes(changes: Sequence[Change], checks: Iterable[Check]) -> None:
    """Refuse what may not be changed.

    Args:
        changes: of the file, in force or not.
        checks: of all gates, as the rules have them.

    Raises:
        ConfigurationError: a change names no check of a gate, would loosen one that holds publications back,
            gives a share to one that counts no rows, or holds on a day on which another of its check does.
    """
    known = {check.check_id: check for check in checks}
    for number, change in enumerate(changes):
        check = known.get(change.check)
        if check is None:
            raise ConfigurationError(f"the change {change.change} names {change.check}, no check of a gate")
        if check.severity == "critical":
            raise ConfigurationError(
                f"the change {change.change}: {change.check} holds publications back, and is never loosened; "
                "a failure of it can be waived"
            )
        if change.at_most is not None and isinstance(check.rule, HasColumns | HasRows):
            raise ConfigurationError(f"the change {change.change}: {change.check} has no share of rows")
        for other in changes[:number]:
            is_at_once = other.granted_on <= change.expires_on and change.granted_on <= other.expires_on
            if other.check == change.check and is_at_once:
                raise ConfigurationError(
                    f"the changes {other.change} and {change.change} share days of {change.check}"
                )


def apply_changes(checks: Sequence[Check], changes: Iterable[Change], as_of: date) -> list[Check]:
    """Return the checks as they are judged on a business date."""
    in_force = {change.check: change for change in changes if change.is_in_force(as_of)}
    return [
        in_force[check.check_id].apply(check) if check.check_id in in_force else check for check in checks
    ]


def is_loosened(change: Change, check: Check) -> bool:
    """Whether the change tolerates more than the check's own rule."""
    is_milder = change.severity is not None and _WEIGHT[change.severity] < _WEIGHT[check.severity]
    return is_milder or (change.at_most is not None and change.at_most > (check.threshold or 0))
