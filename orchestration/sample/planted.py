"""What a sample holds on purpose, and what each of it must lead to.

Belongs here: the record of the traps, and how it is written.
Does not belong here: planting (`trap_kit.py` and the `traps_*.py`).

A trap's `expected` has only lists of what is known by construction:

- `segments`: an entry's seconds by disposition; they add up to its worked seconds. None is `{}`.
- `candidates`: a patient's month in a program: codes as `CODE` or `CODEx2`, status, minutes.
  `blocking_check_ids` and `review_check_ids` are told where the status depends on them.
- `quarantine`: a rejected row: feed, file, row (0 = the whole file), reason.
- `files`: what became of a file: accepted, rejected or duplicate, and its rows.
- `reconciliation`: a patient's month in a program: outcome.
- `restatement`: a code of a closed month before and after a late delivery, and the feed that caused it.
- `findings`: what must be reported and stops nothing: kind, feed, column, value or file.
- `values`: a value of the latest version: feed, key, column, value.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

FILE_NAME = "_planted.json"
KINDS = (
    "candidates",
    "files",
    "findings",
    "quarantine",
    "reconciliation",
    "restatement",
    "segments",
    "values",
)


@dataclass(frozen=True)
class Trap:
    """One kind of trap: how often it was planted, on whom, and what must come of it."""

    trap: str
    says: str
    count: int
    patient_ids: list[str]
    entry_ids: list[str]
    expected: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Planted:
    """A sample's arguments, its rows by feed, and its traps by name."""

    as_of: date
    patients: int
    months: int
    seed: int
    rows: dict[str, int]
    traps: list[Trap] = field(default_factory=list)

    def expected(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the trap's name and each expected result of a kind.

        Raises:
            ValueError: if there is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind} is not one of {', '.join(KINDS)}.")
        for trap in self.traps:
            for result in trap.expected.get(kind, []):
                yield trap.trap, result

    def write(self, landing: Path) -> None:
        """Write the record as JSON with sorted keys."""
        content = asdict(self) | {"as_of": self.as_of.isoformat()}
        text = json.dumps(content, indent=1, sort_keys=True)
        (landing / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def read_planted(landing: Path) -> Planted:
    """Return the record of a landing folder.

    Raises:
        FileNotFoundError: if the landing was not written by the sample.
    """
    content = json.loads((landing / FILE_NAME).read_text(encoding="utf-8"))
    traps = [Trap(**trap) for trap in content.pop("traps")]
    return Planted(**(content | {"as_of": date.fromisoformat(content["as_of"])}), traps=traps)
