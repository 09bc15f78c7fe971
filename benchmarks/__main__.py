"""The command ``python -m benchmarks``.

Belongs here: options and where the figures go. Does not belong here: the runs (``runner``).
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.compare import DifferenceError
from benchmarks.figures import Report, read_report
from benchmarks.measure import CommandError
from benchmarks.runner import measure_size, measure_smallest
from benchmarks.table import placed_in, render

HERE: Final = Path(__file__).resolve().parent
ALL_SIZES: Final = "10000,100000,1000000"
_BYTES_PER_GIB: Final = 1024**3


def main(
    sizes: Annotated[
        str, typer.Option("--sizes", help="Panel patients of the clinics, separated by commas.")
    ] = ALL_SIZES,
    months: Annotated[int, typer.Option("--months", min=1, help="Months of history.")] = 12,
    workdir: Annotated[
        Path, typer.Option("--workdir", help="Folder of samples, homes and figures; samples are kept in it.")
    ] = HERE / "out",
    readme: Annotated[
        bool, typer.Option("--readme", help="Also put the tables into benchmarks/README.md.")
    ] = False,
) -> None:
    """Measure the night beside the floor and print the figures as Markdown."""
    try:
        run([int(size) for size in sizes.split(",")], months, workdir.absolute(), readme)
    except (CommandError, DifferenceError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from None


def run(sizes: list[int], months: int, workdir: Path, readme: bool) -> None:
    """Measure the sizes, keep each as soon as it is known, and show them all.

    Raises:
        CommandError: a run failed.
        DifferenceError: the floor and the product disagree.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    kept = workdir / "figures.json"
    smallest = measure_smallest(workdir, typer.echo)
    report = read_report(kept) if kept.exists() else Report(machine(), smallest, ())
    report = replace(report, machine=machine(), smallest=smallest)
    for patients in sizes:
        found = measure_size(workdir, patients, months, typer.echo)
        others = [size for size in report.sizes if size.patients != patients]
        report = replace(report, sizes=tuple(sorted([*others, found], key=lambda size: size.patients)))
        report.write(kept)
        (workdir / "figures.md").write_text(render(report), encoding="utf-8")
    typer.echo(render(report))
    if readme:
        page = HERE / "README.md"
        page.write_text(placed_in(page.read_text(encoding="utf-8"), render(report)), encoding="utf-8")


def machine() -> str:
    """Return the cores that this process may use and the memory of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _BYTES_PER_GIB
    return f"{cores} cores, {memory:.0f} GB"


if __name__ == "__main__":
    typer.run(main)
