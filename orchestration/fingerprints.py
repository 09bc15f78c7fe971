"""Hashes of everything that a night's results are made from: what was delivered, the rules, the code.

Equal hashes and an equal business date mean equal results, so they name a publication and a run.

Belongs here: those hashes. Does not belong here: what is done with them.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Final

from orchestration.quality.waivers import load_waivers
from orchestration.settings import PROJECT_ROOT, Settings

_CODE: Final = ("orchestration/**/*.py", "orchestration/**/*.yml", "expectations/**/*.py", "models/**/*.sql")
_DBT_CODE: Final = (
    "models/**/*.yml",
    "seeds/*.yml",
    "dbt_project/dbt_project.yml",
    "dbt_project/macros/**/*.sql",
    "dbt_project/tests/**/*.sql",
)
_PAGES: Final = ("orchestration/**/templates/*",)
_LIBRARIES: Final = (
    "altair",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "great-tables",
    "jinja2",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "tzdata",
    "vl-convert-python",
    "xlsxwriter",
)
_DELIVERY_FOLDER: Final = "delivered_on="


def rules_hash(seeds: Path = PROJECT_ROOT / "seeds") -> str:
    """Return the SHA-256 of the rule tables: names and bytes of all seeds, in the order of their names."""
    return _hash_of_files(seeds, seeds.glob("*.csv"))


def code_version(root: Path = PROJECT_ROOT) -> str:
    """Return the project's version and 12 hexadecimal digits of the code and libraries of results."""
    files = (path for pattern in (*_CODE, *_DBT_CODE, *_PAGES) for path in root.glob(pattern))
    made_by = (path for path in files if "sample" not in path.relative_to(root).parts)
    libraries = "|".join(f"{name} {version(name)}" for name in _LIBRARIES)
    digest = hashlib.sha256(f"{_hash_of_files(root, made_by)}|{libraries}".encode())
    return f"{version('warmhandoff')}+{digest.hexdigest()[:12]}"


def inputs_hash(settings: Settings, as_of: str) -> str:
    """Return the SHA-256 of what a night read: raw files and what is known of each, waivers, zone, key.

    Args:
        settings: the places and the default zone.
        as_of: business date as YYYY-MM-DD; what was delivered later does not count.
    """
    import duckdb

    digest = hashlib.sha256(settings.default_time_zone.encode())
    digest.update(hashlib.sha256(settings.read_hash_key().encode()).digest())
    digest.update(load_waivers(settings).fingerprint(date.fromisoformat(as_of)).encode())
    if settings.profile is not None:
        digest.update(hashlib.sha256(settings.profile.read_bytes()).digest())
    for line in _raw_files(settings.lake / "raw", as_of):
        digest.update(line.encode())
    reference = settings.lake / "reference"
    with duckdb.connect() as engine:
        files = engine.read_parquet(str(reference / "feed_file.parquet"))
        of_the_day = files.filter(f"delivered_on <= date '{as_of}'")
        rows = of_the_day.project("feed, delivered_on, source_file, file_id, status").fetchall()
        rows += engine.read_parquet(str(reference / "landing_notice.parquet")).fetchall()
    for row in sorted("|".join(map(str, row)) for row in rows):
        digest.update(row.encode())
    return digest.hexdigest()


def landing_hash(landing: Path) -> str:
    """Return a SHA-256 that changes when a file of the landing comes, goes or is written; opens none."""
    digest = hashlib.sha256()
    files = (path for path in landing.rglob("*") if len(path.relative_to(landing).parts) > 1)
    for path in sorted(path for path in files if path.is_file()):
        if path.relative_to(landing).parts[0].startswith("."):
            continue
        facts = path.stat()
        digest.update(
            f"{path.relative_to(landing).as_posix()}|{facts.st_size}|{facts.st_mtime_ns}\n".encode()
        )
    return digest.hexdigest()


def run_id(publish_id: str) -> str:
    """Return the id of a night's findings: the same for the same inputs, rules, code and date."""
    return f"run-{publish_id}"


def _raw_files(raw: Path, as_of: str) -> Iterator[str]:
    for path in sorted(raw.glob(f"*/{_DELIVERY_FOLDER}*/*.parquet")):
        # How many tables hold a landed file is up to the machine; of further ones the name has a number.
        if "." not in path.stem and path.parent.name.removeprefix(_DELIVERY_FOLDER) <= as_of:
            yield f"{path.relative_to(raw).as_posix()}\n"


def _hash_of_files(root: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(root).as_posix()}|".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
