"""Reading FHIR NDJSON: DuckDB alone with declared types, and the product from the landing to the raw lake.

Both are processes of their own over the same bytes. DuckDB alone is one statement: the elements that the
feeds need, with their types, from the file into a Parquet file, on as many threads as DuckDB takes. The
product is ingestion as the night calls it: naming the bytes, reading, codes, references, the door, refusals,
findings.

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

from benchmarks.measure import Measured, measure
from benchmarks.resources import FORMATS, write_resources
from benchmarks.table import markdown, memory, ratio, seconds
from orchestration.feeds.fhir_resources import EVERY
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.ingest import ingest
from orchestration.settings import PROJECT_ROOT, Settings

DELIVERED_ON: Final = date(2026, 6, 16)
NEXT_TO_NOTHING: Final = 0.001
"""Megabytes of a file that shows what a process costs before any data."""

TARGET: Final = "at most 1.50"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Figures:
    """One file of resources of one type.

    Attributes:
        kind: the resource type.
        megabytes: size of the file.
        lines: resources in it.
        alone: DuckDB alone.
        product: from the landing to the raw lake.
    """

    kind: str
    megabytes: float
    lines: int
    alone: Measured
    product: Measured


def measure_fhir(workdir: Path, megabytes: float, kinds: Sequence[str], say: Say) -> str:
    """Measure each type and return the table.

    Args:
        workdir: gets the files, one at a time.
        megabytes: size of each file.
        kinds: the resource types; all that there are resources of, if empty.
        say: gets what was found as soon as it is known.

    Raises:
        CommandError: a run failed.
    """
    sizes = (NEXT_TO_NOTHING, megabytes)
    found = [tuple(_measured(workdir, size, kind, say) for size in sizes) for kind in kinds or FORMATS]
    return render([whole for _, whole in found], [nothing for nothing, _ in found])


def _measured(workdir: Path, megabytes: float, kind: str, say: Say) -> Figures:
    home = workdir / "fhir"
    shutil.rmtree(home, ignore_errors=True)
    folder = home / "landing" / "fhir" / DELIVERED_ON.isoformat()
    folder.mkdir(parents=True)
    path = folder / f"{kind}.ndjson"
    lines = write_resources(path, kind, megabytes)
    size = path.stat().st_size / 1e6
    alone = _run("-c", "import duckdb, sys; duckdb.execute(sys.argv[1])", _statement(kind, path, home))
    product = _run("-m", "benchmarks.fhir", str(home))
    found = Figures(kind, size, lines, alone, product)
    shutil.rmtree(home)
    say(
        f"{kind}: {size:,.0f} MB, alone {seconds(alone.cpu_seconds)}, product {seconds(product.cpu_seconds)}"
        f" processor, {ratio(product.cpu_seconds, alone.cpu_seconds)}, {memory(product.peak_mib)}"
    )
    return found


def _run(*arguments: str) -> Measured:
    return measure([sys.executable, *arguments], environment=os.environ, folder=PROJECT_ROOT)


def render(found: Sequence[Figures], nothing: Sequence[Figures]) -> str:
    """Return the table of the types, and a line of all together.

    Args:
        found: the figures by type.
        nothing: those of next to nothing of each type, taken beside them.
    """
    before = dict(zip((figures.kind for figures in found), nothing, strict=True))

    def net(*counted: Figures) -> str:
        product = sum(one.product.cpu_seconds - before[one.kind].product.cpu_seconds for one in counted)
        alone = sum(one.alone.cpu_seconds - before[one.kind].alone.cpu_seconds for one in counted)
        return ratio(product, alone)

    body = [
        [
            figures.kind,
            f"{figures.lines:,}",
            f"{figures.megabytes:,.0f} MB",
            seconds(figures.alone.cpu_seconds),
            seconds(figures.product.cpu_seconds),
            ratio(figures.product.cpu_seconds, figures.alone.cpu_seconds),
            net(figures),
            seconds(figures.alone.seconds),
            seconds(figures.product.seconds),
            memory(figures.alone.peak_mib),
            memory(figures.product.peak_mib),
        ]
        for figures in found
    ]
    alone = sum(figures.alone.cpu_seconds for figures in found)
    product = sum(figures.product.cpu_seconds for figures in found)
    whole = ["All", "", "", seconds(alone), seconds(product), ratio(product, alone)]
    whole += [net(*found), "", "", "", ""]
    target = ["Target", "", "", "", "", TARGET, TARGET, "", "", "", "under 2 GB"]
    header = ["FHIR resources", "Lines", "Size", "DuckDB alone, processor", "Product, processor", "Ratio"]
    header += ["Ratio net of next to nothing"]
    header += ["DuckDB alone, wall", "Product, wall", "DuckDB alone, memory", "Product, memory"]
    return markdown(header, [*body, whole, target])


def _statement(kind: str, path: Path, home: Path) -> str:
    """SQL that reads a file with the types of what the feeds need of it, and writes that as it is."""
    wanted = {name: EVERY[name] for name in ("resourceType", "id", "meta", "contained")}
    elements = {**wanted, **RESOURCES[kind].elements}
    elements.pop("implicitRules", None)
    columns = ", ".join(f"'{name}': '{type_name}'" for name, type_name in elements.items())
    source = f"read_ndjson('{path}', columns = {{{columns}}})"
    return f"COPY (FROM {source}) TO '{home / 'alone.parquet'}' (FORMAT parquet)"


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
