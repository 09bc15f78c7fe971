"""What running one check has told, before anyone judges it.

Belongs here: the shape that validation hands to the gates.
Does not belong here: Great Expectations and findings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from expectations.check import Check


@dataclass(frozen=True)
class Outcome:
    """Could the check be run, did it hold, how many rows failed."""

    has_run: bool
    is_success: bool = False
    failed_rows: int | None = None


Validate = Callable[[Sequence[Check], Path], Mapping[str, Outcome]]
"""Runs checks over a DuckDB file; a check without an outcome (by ``check_id``) could not be run."""
