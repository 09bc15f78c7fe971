"""What a finished stage found, kept so that a night over the same inputs need not find it again.

A stage's result stands as long as the publication would be the same (inputs, rules, code, business date) and
nobody has touched the database since. Whatever is damaged or unknown does not stand, and costs a stage.

Belongs here: what is kept, and when it stands. Does not belong here: the stages (``orchestration/night.py``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestration.publishing.files import make_folder, remove_entry, write_json

KEPT: Final = "standing"

Row = dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """The kept results of one home.

    Attributes:
        folder: the home's folder of the warehouse.
    """

    folder: Path

    def keep(self, stage: str, publish_id: str, database: Path, **rows: Sequence[Row]) -> None:
        """Keep what a stage found that succeeded.

        Args:
            stage: the stage.
            publish_id: stands for all that the result depends on, the database apart.
            database: the file that the stage made or looked at.
            rows: named lists of plain values; none names a patient.
        """
        make_folder(self.folder / KEPT)
        kept = {"publish_id": publish_id, "database": _stamp(database), "rows": rows}
        write_json(self._file(stage), kept)

    def recall(self, stage: str, publish_id: str, database: Path) -> dict[str, list[Row]] | None:
        """Return what the stage found over the same inputs and the same database, else None."""
        kept = self._read(stage, database)
        return None if kept is None or kept[0] != publish_id else kept[1]

    def last(self, stage: str, database: Path) -> dict[str, list[Row]] | None:
        """Return what the stage found last, over whatever inputs, where nobody has touched the database."""
        kept = self._read(stage, database)
        return None if kept is None else kept[1]

    def forget(self) -> None:
        """Have nothing stand: the next night makes everything anew."""
        remove_entry(self.folder / KEPT)

    def _read(self, stage: str, database: Path) -> tuple[str, dict[str, list[Row]]] | None:
        try:
            kept = json.loads(self._file(stage).read_text(encoding="utf-8"))
            is_same = kept["database"] == _stamp(database)
            return (str(kept["publish_id"]), dict(kept["rows"])) if is_same else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _file(self, stage: str) -> Path:
        return self.folder / KEPT / f"{stage.replace(' ', '_')}.json"


def _stamp(database: Path) -> list[int] | None:
    if not database.exists():
        return None
    status = database.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]
