"""Hashes that name a night: they follow what results are made from, and nothing else."""

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

from orchestration import fingerprints
from orchestration.fingerprints import code_version, inputs_hash, landing_hash, rules_hash
from orchestration.settings import Settings


def _write_lake(settings: Settings, *deliveries: tuple[str, str]) -> None:
    for feed, day in deliveries:
        place = settings.lake / "raw" / feed / f"delivered_on={day}" / "0123.parquet"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    reference = settings.lake / "reference"
    reference.mkdir(parents=True, exist_ok=True)
    rows = ", ".join(f"('{feed}', date '{day}', 'f.csv', '0123', 'accepted')" for feed, day in deliveries)
    query = f"select * from (values {rows}) as file (feed, delivered_on, source_file, file_id, status)"
    duckdb.sql(query).write_parquet(str(reference / "feed_file.parquet"))
    _write_notices(settings)


def _write_notices(settings: Settings, *folders: str) -> None:
    none = "select 'kind' as kind, 'path' as path, date '2026-06-30' as delivered_on where false"
    rows = [f"select 'unknown_folder', '{folder}', date '2026-06-30'" for folder in folders]
    notices = duckdb.sql(" union all ".join([none, *rows]))
    notices.write_parquet(str(settings.lake / "reference" / "landing_notice.parquet"))


def test_rules_follow_the_bytes_of_the_seeds(tmp_path: Path) -> None:
    (tmp_path / "payer_policy.csv").write_text("payer_id\ndefault\n", encoding="utf-8")
    before = rules_hash(tmp_path)
    assert rules_hash(tmp_path) == before
    (tmp_path / "payer_policy.csv").write_text("payer_id\nother\n", encoding="utf-8")
    assert rules_hash(tmp_path) != before


@pytest.mark.parametrize(
    "name",
    [
        "models/marts/dim_team.sql",
        "seeds/_seeds.yml",
        "dbt_project/tests/assert_all_is_well.sql",
        "orchestration/publishing/templates/page.css",
    ],
)
def test_code_follows_what_makes_results_and_not_the_sample(tmp_path: Path, name: str) -> None:
    model = tmp_path / name
    sample = tmp_path / "orchestration" / "sample" / "clinic.py"
    for path in (model, sample):
        path.parent.mkdir(parents=True)
        path.write_text("1", encoding="utf-8")
    before = code_version(tmp_path)
    sample.write_text("2", encoding="utf-8")
    assert code_version(tmp_path) == before
    model.write_text("2", encoding="utf-8")
    assert code_version(tmp_path) != before


def test_code_follows_the_libraries_of_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_version(tmp_path)
    monkeypatch.setattr(fingerprints, "version", lambda name: "2" if name == "tzdata" else version(name))
    assert code_version(tmp_path) != before


def test_inputs_do_not_depend_on_what_was_delivered_later(settings: Settings) -> None:
    _write_lake(settings, ("patient", "2026-06-30"))
    before = inputs_hash(settings, "2026-06-30")
    _write_lake(settings, ("patient", "2026-06-30"), ("patient", "2026-07-01"))
    assert inputs_hash(settings, "2026-06-30") == before
    assert inputs_hash(settings, "2026-07-01") != before


def test_inputs_depend_on_what_could_not_be_a_feed(settings: Settings) -> None:
    _write_lake(settings, ("patient", "2026-06-30"))
    before = inputs_hash(settings, "2026-06-30")
    _write_notices(settings, "horoscope")
    assert inputs_hash(settings, "2026-06-30") != before


def test_inputs_depend_on_the_zone_and_the_key(settings: Settings) -> None:
    _write_lake(settings, ("patient", "2026-06-30"))
    before = inputs_hash(settings, "2026-06-30")
    eastern = settings.model_copy(update={"default_time_zone": "America/New_York"})
    assert inputs_hash(eastern, "2026-06-30") != before
    (settings.home / "secrets" / "hash_key").write_text("another", encoding="ascii")
    assert inputs_hash(settings, "2026-06-30") != before


def test_the_landing_hash_follows_the_files(settings: Settings, land: Callable[[str, str], Path]) -> None:
    place = land("patient", "2026-06-30")
    first = landing_hash(settings.landing)
    assert landing_hash(settings.landing) == first
    land("encounter", "2026-06-30")
    second = landing_hash(settings.landing)
    os.utime(place, (0, 0))
    assert len({first, second, landing_hash(settings.landing)}) == 3
