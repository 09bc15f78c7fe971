"""A generated population, read as its server would export it: every line is in the lake or accounted for."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.feeds.fhir_types import RESOURCES
from tests.support.feeds_night import Nights, Row, rows_of

GENERATE = ["-p", "3", "-s", "7", "--clinician-seed", "7", "-a", "20-26", "-r", "20261001"]
DAY = "2026-10-01"
DATELESS = ("Claim", "ExplanationOfBenefit")
"""Types whose items name a visit and no date of service, which a claim line cannot do without."""


def _population(folder: Path) -> dict[str, list[str]]:
    """The lines of each resource type; references are the ``urn:uuid`` that a transaction has."""
    command = [sys.executable, "-m", "synthea.cli", *GENERATE, "-o", "made"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    lines: dict[str, list[str]] = {}
    for bundle in sorted((folder / "made" / "fhir").glob("*.json")):
        for entry in json.loads(bundle.read_bytes())["entry"]:
            resource = entry["resource"]
            lines.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    return lines


def _tables(root: Path) -> Iterator[tuple[str, list[Row]]]:
    for path in sorted(root.rglob("*.parquet")):
        if not path.name.startswith("_"):
            folder = path.parent.parent if path.parent.name.startswith("delivered_on=") else path.parent
            yield folder.name, rows_of(f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)")


def _rows(nights: Nights) -> Counter[tuple[Any, ...]]:
    """All rows of all feeds, without where they come from."""
    return Counter(
        (feed, *sorted((name, str(value)) for name, value in row.items() if not name.startswith("_")))
        for feed, rows in _tables(nights.lake / "raw")
        for row in rows
    )


def _numbers(root: Path, file: str, number: str) -> dict[str, set[int]]:
    """The numbers of the lines that stand in the tables below a folder, by landed file."""
    found: dict[str, set[int]] = {}
    for _, rows in _tables(root):
        for row in rows:
            found.setdefault(row[file], set()).add(row[number])
    return found


@pytest.mark.slow
def test_every_line_of_a_generated_population_is_in_the_lake_or_accounted_for(tmp_path: Path) -> None:
    lines = _population(tmp_path)
    apart, together = Nights(tmp_path / "apart"), Nights(tmp_path / "together")
    for kind, own in lines.items():
        text = "\n".join(own).encode()
        packed = len(own) % 2
        apart.land(f"fhir/{DAY}/{kind}.ndjson{'.gz' * packed}", gzip.compress(text) if packed else text)
    report = apart.run()
    assert {file.status for file in report.files} == {"accepted"}
    assert sum(map(len, lines.values())) > 3000
    raw = _numbers(apart.lake / "raw", "_source_file", "_row_number")
    quarantine = _numbers(apart.quarantine, "source_file", "row_number")
    for kind, own in lines.items():
        (path,) = {f.source_file for f in report.files if f.source_file.split("/")[-1].startswith(f"{kind}.")}
        parts = [file for file in report.files if file.source_file == path]
        assert all(part.rows_read == part.rows_accepted + part.rows_quarantined for part in parts)
        taken, refused = raw.get(path, set()), quarantine.get(path, set())
        passed = sum(part.rows_accepted for part in parts if part.feed == "fhir")
        if kind not in RESOURCES:
            assert (taken, refused) == (set(), {1}), kind
            assert [part.rows_quarantined for part in parts] == [len(own)]
        elif kind in DATELESS:
            assert (len(refused), taken, passed) == (len(own), set(), 0), kind
        else:
            assert (len(taken) + passed, refused) == (len(own), set()), kind
    ids = [json.loads(line)["id"] for line in lines["Patient"]]
    assert sorted(row["patient_id"] for row in apart.raw("patient")) == sorted(ids)
    for feed in ("encounter", "condition", "observation", "procedure", "medication_order", "coverage"):
        assert {row["patient_id"] for row in apart.raw(feed)} <= set(ids), feed
    every = [line for own in lines.values() for line in own]
    together.land(f"fhir/{DAY}/everything.ndjson", "\n".join(every[::-1]))
    together.run()
    assert _rows(together) == _rows(apart)
