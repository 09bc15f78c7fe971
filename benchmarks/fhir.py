"""Reading FHIR NDJSON: DuckDB alone with declared types, and the product from the landing to the raw lake.

Both are processes of their own over the same bytes. DuckDB alone is one statement a file: the elements that
the feeds need, with their types, from the file into a Parquet file, on as many threads as DuckDB takes. The
product is ingestion as the night calls it: naming the bytes, reading, codes, references, the door, refusals,
findings. Both take turns over the same files, and of each the quickest run counts.

Belongs here: what is run, and its figures. Does not belong here: the resources (``resources``), the clock
(``measure``).
"""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.measure import ROUNDS, Measured, Runs, measure
from benchmarks.resources import FORMATS, write_resources
from benchmarks.table import markdown, memory, ratio, seconds
from orchestration import ENGINE_MEMORY
from orchestration.feeds.fhir_resources import EVERY
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.ingest import ingest
from orchestration.settings import PROJECT_ROOT, Settings

DELIVERED_ON: Final = date(2026, 6, 16)
NEXT_TO_NOTHING: Final = 0.001
"""Megabytes of a file that shows what a process costs before any data."""

SMALL: Final = 2.5
"""Megabytes of each of the many files of a landing of small ones."""

TARGET: Final = "at most 1.50"
FILE_APART: Final = 1_000_000
"""How far apart the numbers of resources of two files of a landing begin."""

ALONE: Final = "import duckdb, pathlib, sys; duckdb.execute(pathlib.Path(sys.argv[1]).read_text())"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Figures:
    """One landing.

    Attributes:
        name: the resource type, or what the landing holds.
        megabytes: size of the files together.
        lines: resources in them.
        alone: DuckDB alone.
        product: from the landing to the raw lake.
    """

    name: str
    megabytes: float
    lines: int
    alone: Runs
    product: Runs


@dataclass(frozen=True)
class Pair:
    """A landing, and the same of next to nothing, taken just before.

    Attributes:
        whole: the landing.
        nothing: as many processes over a file of one line.
    """

    whole: Figures
    nothing: Figures


def measure_fhir(workdir: Path, megabytes: float, kinds: Sequence[str], say: Say) -> str:
    """Measure each type by itself, all types in one landing, and many small files, and return the table.

    Args:
        workdir: gets the files, one landing at a time.
        megabytes: size of each file.
        kinds: the resource types; all that there are resources of, if empty.
        say: gets what was found as soon as it is known.

    Raises:
        CommandError: a run failed.
    """
    chosen = list(kinds or FORMATS)
    landings = [(kind, [(kind, megabytes)]) for kind in chosen]
    landings.append(("One landing of all", [(kind, megabytes) for kind in chosen]))
    few = [(kind, min(SMALL, megabytes)) for kind in chosen]
    landings.append(("Small files", few * max(round(megabytes / SMALL / len(chosen)), 1)))
    nothing = [(chosen[0], NEXT_TO_NOTHING)]
    return render(
        [
            Pair(nothing=_measured(workdir, name, nothing, say), whole=_measured(workdir, name, files, say))
            for name, files in landings
        ]
    )


def _measured(workdir: Path, name: str, files: Sequence[tuple[str, float]], say: Say) -> Figures:
    home = workdir / "fhir"
    shutil.rmtree(home, ignore_errors=True)
    folder = home / "landing" / "fhir" / DELIVERED_ON.isoformat()
    folder.mkdir(parents=True)
    lines, size, statements = 0, 0.0, []
    for number, (kind, megabytes) in enumerate(files):
        path = folder / f"{kind}.{number:04}.ndjson"
        lines += write_resources(path, kind, megabytes, number * FILE_APART)
        size += path.stat().st_size / 1e6
        statements.append(_statement(kind, path, home / f"{path.stem}.parquet"))
    script = home / "alone.sql"
    script.write_text(";\n".join(statements), encoding="utf-8")
    # The disk would else be at work on the landing while it is read, and the product waits for the disk.
    os.sync()
    turns = [(_alone(script), _product(home)) for _ in range(ROUNDS)]
    found = Figures(name, size, lines, *(Runs(runs) for runs in zip(*turns, strict=True)))
    shutil.rmtree(home)
    say(
        f"{name}: {size:,.0f} MB, alone {_spent(found.alone)}, product {_spent(found.product)}, "
        f"ratio {ratio(_cpu(found.product), _cpu(found.alone))} and "
        f"{ratio(_wall(found.product), _wall(found.alone))}, {memory(found.product.peak_mib)}"
    )
    return found


def _alone(script: Path) -> Measured:
    return _run("-c", ALONE, str(script), without=ENGINE_MEMORY)


def _product(home: Path) -> Measured:
    for made in ("lake", "quarantine"):
        shutil.rmtree(home / made, ignore_errors=True)
    return _run("-m", "benchmarks.fhir", str(home))


def _run(*arguments: str, without: str | None = None) -> Measured:
    environment = {name: value for name, value in os.environ.items() if name != without}
    return measure([sys.executable, *arguments], environment=environment, folder=PROJECT_ROOT)


def _spent(measured: Runs) -> str:
    return f"{seconds(measured.cpu_seconds)} processor and {seconds(measured.seconds)} wall"


def render(found: Sequence[Pair]) -> str:
    """Return the table of the landings, with ratios of processor time and of wall time."""

    def net(pair: Pair, of: Callable[[Runs], float]) -> str:
        product = of(pair.whole.product) - of(pair.nothing.product)
        return ratio(product, of(pair.whole.alone) - of(pair.nothing.alone))

    def row(pair: Pair) -> list[str]:
        figures, alone, product = pair.whole, pair.whole.alone, pair.whole.product
        cells = [figures.name, f"{figures.lines:,}", f"{figures.megabytes:,.0f} MB"]
        for of in (_cpu, _wall):
            cells += [seconds(of(alone)), seconds(of(product)), ratio(of(product), of(alone)), net(pair, of)]
        return [*cells, memory(alone.peak_mib), memory(product.peak_mib)]

    header = ["FHIR resources", "Lines", "Size"]
    for kind in ("processor", "wall"):
        header += [f"DuckDB alone, {kind}", f"Product, {kind}", f"Ratio, {kind}", f"Ratio, {kind}, net"]
    header += ["DuckDB alone, memory", "Product, memory"]
    target = ["Target", "", "", *2 * ["", "", TARGET, TARGET], "", "under 2 GB"]
    return markdown(header, [*map(row, found), target])


def _cpu(measured: Runs) -> float:
    return measured.cpu_seconds


def _wall(measured: Runs) -> float:
    return measured.seconds


def _statement(kind: str, path: Path, made: Path) -> str:
    """SQL that reads a file with the types of what the feeds need of it, and writes that as it is."""
    wanted = {name: EVERY[name] for name in ("resourceType", "id", "meta", "contained")}
    elements = {**wanted, **RESOURCES[kind].elements}
    elements.pop("implicitRules", None)
    columns = ", ".join(f"'{name}': '{type_name}'" for name, type_name in elements.items())
    source = f"read_ndjson('{path}', columns = {{{columns}}})"
    return f"COPY (FROM {source}) TO '{made}' (FORMAT parquet)"


def product(home: str) -> None:
    """Bring an empty lake up to a landing, with the settings that a site begins with."""
    place = Path(home)
    settings = Settings(landing=place / "landing", home=place)
    ingest(
        settings.landing,
        place / "lake",
        place / "quarantine",
        as_of=DELIVERED_ON,
        default_time_zone="UTC",
        hash_key="a key of this benchmark",
        memory_limit=settings.memory_limit,
    )


if __name__ == "__main__":
    product(sys.argv[1])
