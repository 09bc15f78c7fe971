"""What a sample holds on purpose, and what each of it must lead to.

Belongs here: the record, and how it is written.
Does not belong here: planting.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

FILE_NAME = "_planted.json"


@dataclass(frozen=True)
class Planted:
    """A sample's arguments, its rows by feed, and its traps."""

    as_of: date
    patients: int
    months: int
    seed: int
    rows: dict[str, int]
    traps: list[dict[str, Any]] = field(default_factory=list)

    def write(self, landing: Path) -> None:
        """Write the record as JSON with sorted keys."""
        content = asdict(self) | {"as_of": self.as_of.isoformat()}
        text = json.dumps(content, indent=1, sort_keys=True)
        (landing / FILE_NAME).write_text(text + "\n", encoding="utf-8")
