"""The command ``python -m benchmarks.feeds``: what reading standard formats costs beside the plainest way.

Belongs here: options, the formats, and where their tables go. Does not belong here: how a format is measured.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.__main__ import HERE, machine
from benchmarks.fhir import measure_fhir
from benchmarks.measure import CommandError
from benchmarks.siu import measure_siu
from benchmarks.table import placed_in

Say = Callable[[str], None]


def _fhir(workdir: Path, megabytes: float, kinds: str, say: Say) -> str:
    return measure_fhir(workdir, megabytes, [kind for kind in kinds.split(",") if kind], say)


def _siu(workdir: Path, megabytes: float, _kinds: str, say: Say) -> str:
    return measure_siu(workdir, megabytes, say)


FORMATS: Final[dict[str, Callable[[Path, float, str, Say], str]]] = {"fhir": _fhir, "siu": _siu}
"""By format, what makes its table from a working folder, a size in MB and what ``--only`` names."""


def main(
    formats: Annotated[str, typer.Option("--formats", help="Which formats, separated by commas.")] = ",".join(
        FORMATS
    ),
    megabytes: Annotated[float, typer.Option("--megabytes", min=0.01, help="Size of each file.")] = 500,
    only: Annotated[str, typer.Option("--only", help="Some kinds of a format, separated by commas.")] = "",
    workdir: Annotated[
        Path, typer.Option("--workdir", help="Folder of the files, which are removed at the end.")
    ] = HERE / "out",
    readme: Annotated[
        bool, typer.Option("--readme", help="Also put the tables into benchmarks/README.md.")
    ] = False,
) -> None:
    """Measure reading from the landing into the raw lake and print the figures as Markdown."""
    try:
        for name in formats.split(","):
            found = FORMATS[name](workdir.absolute(), megabytes, only, typer.echo)
            tables = f"Machine: {machine()}.\n\n{found}\n"
            typer.echo(tables)
            if readme:
                page = HERE / "README.md"
                begin = f"<!-- {name}: written by python -m benchmarks.feeds --readme -->"
                text = placed_in(page.read_text(encoding="utf-8"), tables, begin, f"<!-- end of {name} -->")
                page.write_text(text, encoding="utf-8")
    except CommandError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
