"""The command ``python -m tests.fuzz``: put files that nobody wrote through a reader, as long as one likes.

Atheris changes the files and keeps those that reach code which no other one reached. Where it is not made for
the machine the files are changed by chance alone.

Belongs here: options and the two ways of changing files. Does not belong here: what has to hold (``held``).
"""

import importlib.util
import sys
import tempfile
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

LONGEST_SECONDS = 20
"""A file that takes longer is a hang."""


def main(
    kind: Annotated[
        str,
        typer.Argument(
            help="messages (hl7v2 without the engine), hl7v2, csv, typed (csv), parquet, fhir or profile."
        ),
    ],
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="For how long.")] = 60,
    seed: Annotated[int, typer.Option("--seed", help="The same seed begins with the same changes.")] = 1,
    found: Annotated[
        Path, typer.Option("--found", help="Folder for files that broke something, and for what was learned.")
    ] = Path(".fuzz"),
) -> None:
    """Look for a file that is not accounted for."""
    found.mkdir(parents=True, exist_ok=True)
    by_chance = importlib.util.find_spec("atheris") is None
    (_by_chance if by_chance else _by_coverage)(kind, seconds, seed, found)


def _by_coverage(kind: str, seconds: int, seed: int, found: Path) -> None:
    import atheris

    with atheris.instrument_imports(
        include=["orchestration.feeds", "orchestration.profile"], enable_loader_override=False
    ):
        from tests.fuzz.corpus import seeds
        from tests.fuzz.held import hold
    known = found / kind
    known.mkdir(exist_ok=True)
    for number, content in enumerate(seeds(kind)):
        (known / f"seed-{number}").write_bytes(content)
    scratch = found / "scratch"
    scratch.mkdir(exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-timeout={LONGEST_SECONDS}", "-max_len=8192"]
    options += ["-rss_limit_mb=4096", f"-artifact_prefix={found}/{kind}-"]
    atheris.Setup([sys.argv[0], *options, str(known)], lambda content: hold(kind, content, scratch))
    atheris.Fuzz()


def _by_chance(kind: str, seconds: int, seed: int, found: Path) -> None:
    from tests.fuzz.corpus import inputs
    from tests.fuzz.held import hold

    until = monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        for round_ in count(seed):
            for content in inputs(kind, round_, 200):
                begun = monotonic()
                if begun > until:
                    return
                try:
                    hold(kind, content, Path(scratch))
                    if monotonic() - begun > LONGEST_SECONDS:
                        raise TimeoutError(f"a file took more than {LONGEST_SECONDS} s")
                except Exception:
                    (found / f"{kind}-broken").write_bytes(content)
                    raise


if __name__ == "__main__":
    typer.run(main)
