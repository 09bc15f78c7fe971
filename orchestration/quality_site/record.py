"""What each night found, kept in the home as one small file a business date.

A night writes the file of its own date and no other, whatever was run before, so that repeated nights and
nights out of order leave the same files. A reader of a date takes the files up to it.

Belongs here: the shape of the record, writing and reading it. Does not belong here: what follows from several
(``issues``).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from orchestration.publishing.files import make_folder, write_json
from orchestration.quality.findings import CheckResult, result_of
from orchestration.quality.waivers import FAILING

HISTORY: Final = "history"
LAYERS: Final = ("raw", "dbt", "marts")


@dataclass(frozen=True)
class NightRecord:
    """What one night found.

    Attributes:
        as_of: its business date.
        layers: those whose checks were run; a night that ended early has fewer.
        failing: what failed or could not be run, by ``check_id``.
        not_applicable: checks for which there was nothing to look at.
    """

    as_of: date
    layers: frozenset[str]
    failing: Mapping[str, CheckResult]
    not_applicable: frozenset[str]

    def has_looked_at(self, check_id: str) -> bool:
        """Whether the night says anything of a check that did not fail.

        A test of dbt that does not apply was skipped, because what it tests was not built.
        """
        layer = check_id.partition(".")[0]
        is_skipped = layer == "dbt" and check_id in self.not_applicable
        return layer in self.layers and not is_skipped


def record_of(as_of: date, results: Iterable[CheckResult], layers: Iterable[str]) -> NightRecord:
    """Return the record of a night.

    Args:
        as_of: its business date.
        results: of all its checks.
        layers: those whose checks were run.
    """
    found = list(results)
    return NightRecord(
        as_of=as_of,
        layers=frozenset(layers),
        failing={result.check_id: result for result in found if result.status in FAILING},
        not_applicable=frozenset(result.check_id for result in found if result.status == "not_applicable"),
    )


def write_record(folder: Path, record: NightRecord) -> None:
    """Write the file of the record's date, in place of an earlier one of the same date.

    Of a layer that the night did not come to, what an earlier run of the date found stays.

    Args:
        folder: the home's folder of quality.
        record: of the night.
    """
    make_folder(folder / HISTORY)
    path = folder / HISTORY / f"{record.as_of.isoformat()}.json"
    record = _with_layers_of(_read(path), record)
    write_json(
        path,
        {
            "layers": sorted(record.layers),
            "failing": [asdict(record.failing[check_id]) for check_id in sorted(record.failing)],
            "not_applicable": sorted(record.not_applicable),
        },
    )


def read_records(folder: Path, until: date) -> list[NightRecord]:
    """Return the records of all nights up to a business date, the oldest first.

    A file that cannot be read is left out: it costs the history of a night, and not the night.

    Args:
        folder: the home's folder of quality.
        until: the last business date.
    """
    found = [_read(path) for path in sorted((folder / HISTORY).glob("????-??-??.json"))]
    return [record for record in found if record is not None and record.as_of <= until]


def _with_layers_of(earlier: NightRecord | None, record: NightRecord) -> NightRecord:
    """The record, and of layers that it lacks the earlier one."""
    if earlier is None:
        return record
    kept = earlier.layers - record.layers

    def is_kept(check_id: str) -> bool:
        return check_id.partition(".")[0] in kept

    failing = {name: result for name, result in earlier.failing.items() if is_kept(name)}
    return NightRecord(
        as_of=record.as_of,
        layers=record.layers | kept,
        failing={**failing, **record.failing},
        not_applicable=record.not_applicable | frozenset(filter(is_kept, earlier.not_applicable)),
    )


def _read(path: Path) -> NightRecord | None:
    try:
        raw: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        failing: Sequence[CheckResult] = [result_of(row) for row in raw["failing"]]
        return NightRecord(
            as_of=date.fromisoformat(path.stem),
            layers=frozenset(raw["layers"]),
            failing={result.check_id: result for result in failing},
            not_applicable=frozenset(raw["not_applicable"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
