"""One size after the other: sample, floor, full build, empty night, next night, each in a process of its own.

Belongs here: the order, and that the floor's marts are the product's. Does not belong here: measuring
(``measure``), showing (``table``).
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import duckdb

from benchmarks.clinic import AS_OF, Clinic, written
from benchmarks.compare import check_equal
from benchmarks.figures import Figures, Run
from benchmarks.floor import Scope, marts_of
from benchmarks.measure import measure
from benchmarks.night import run_night
from orchestration.settings import PROJECT_ROOT

SMALLEST_PATIENTS: Final = 60
SMALLEST_MONTHS: Final = 1
Say = Callable[[str], None]


def measure_smallest(workdir: Path, say: Say) -> Run:
    """Measure a full build of next to nothing: what the machinery costs before any data."""
    clinic = written(workdir, SMALLEST_PATIENTS, SMALLEST_MONTHS)
    return _night(clinic, _fresh(workdir / "home-smallest"), AS_OF, "next to nothing", say)


def measure_size(workdir: Path, patients: int, months: int, say: Say) -> Figures:
    """Measure one size.

    Raises:
        CommandError: a run failed.
        DifferenceError: the floor and the product disagree.
    """
    say(f"{patients:,} patients: sample")
    clinic = written(workdir, patients, months)
    home = _fresh(workdir / f"home-{patients}")
    floor_out = _fresh(workdir / f"floor-{patients}")
    spine = _floor(clinic, floor_out, AS_OF, "spine", "floor, spine", say)
    floor = _floor(clinic, _fresh(floor_out), AS_OF, "all", "floor, all marts", say)
    full = _night(clinic, home, AS_OF, "full build", say)
    _check(floor_out, home, say)
    empty = _night(clinic, home, AS_OF, "empty night", say)
    _check(floor_out, home, say)
    night = _night(clinic, home, clinic.next_day, "night", say)
    _floor(clinic, _fresh(floor_out), clinic.next_day, "all", "floor of the night, to compare", say)
    _check(floor_out, home, say)
    return Figures(
        patients=patients,
        landed_rows=clinic.rows(of_next_day=False),
        landed_mb=clinic.megabytes,
        night_rows=clinic.rows(of_next_day=True),
        spine=spine,
        floor=floor,
        full=full,
        empty=empty,
        night=night,
    )


def _floor(clinic: Clinic, out: Path, as_of: date, scope: Scope, what: str, say: Say) -> Run:
    arguments = ["--landing", str(clinic.landing), "--out", str(out), "--as-of", as_of.isoformat()]
    arguments += ["--scope", scope]
    measured = measure(
        [sys.executable, "-m", "benchmarks.floor", *arguments], environment=os.environ, folder=PROJECT_ROOT
    )
    run = Run.of(measured, json.loads((out / "steps.json").read_text(encoding="utf-8")))
    return _told(run, what, say)


def _night(clinic: Clinic, home: Path, as_of: date, what: str, say: Say) -> Run:
    return _told(Run.of(*run_night(clinic.landing, home, as_of)), what, say)


def _told(run: Run, what: str, say: Say) -> Run:
    stages = ", ".join(f"{part.name} {part.seconds:.1f}/{part.cpu_seconds:.1f}" for part in run.stretches)
    memory = f"{run.peak_mib / 1024:.1f} GB"
    say(f"  {what}: {run.seconds:.1f} s, processor {run.cpu_seconds:.1f} s, {memory} ({stages})")
    return run


def _check(floor_out: Path, home: Path, say: Say) -> None:
    # In a process of its own: what this one holds would count as the memory of those that it starts.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        totals = pool.submit(_totals, floor_out, home / "published" / "current" / "identified").result()
    rows = ", ".join(f"{found[0][0]:,} {what}" for what, found in totals.items() if what.startswith("rows"))
    say(f"  the floor's marts are the product's, row by row: {rows}")


def _totals(floor_out: Path, marts: Path) -> dict[str, Any]:
    with duckdb.connect() as engine:
        engine.execute("set enable_progress_bar = false")
        return check_equal(
            engine, floor_out, lambda mart: f"read_parquet('{marts / mart}.parquet')", marts_of("all")
        )


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
