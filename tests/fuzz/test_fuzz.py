"""A few hundred changed files of each kind, always the same ones: no crash, no hang, no lost line."""

from pathlib import Path

import pytest

from tests.fuzz.corpus import inputs, seeds
from tests.fuzz.held import READS, hold

SEED = 20260310
COUNTS = {"messages": 400, "hl7v2": 25, "csv": 30, "typed": 20, "parquet": 20, "fhir": 8, "profile": 150}


@pytest.mark.parametrize("kind", READS)
def test_every_line_of_a_changed_file_is_in_one_place(tmp_path: Path, kind: str) -> None:
    for content in inputs(kind, SEED, COUNTS[kind]):
        hold(kind, content, tmp_path)


@pytest.mark.parametrize("kind", READS)
def test_the_same_seed_gives_the_same_files_and_another_one_others(kind: str) -> None:
    first, again, others = (list(inputs(kind, seed, 40)) for seed in (SEED, SEED, SEED + 1))
    assert first == again
    assert not set(first) & set(others)
    assert not set(first) & set(seeds(kind))
