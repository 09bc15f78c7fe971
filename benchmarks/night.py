"""The product's own night as a command, and its stages out of its log.

Belongs here: how the night is started as a person would, and which line of the log says what. Does not belong
here: the clock and the memory (``measure``).
"""

import os
import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Final

from benchmarks.measure import Measured, measure
from orchestration.settings import ENV_PREFIX, PROJECT_ROOT

_COMMAND: Final = "from orchestration.cli import main; main()"
_LINE: Final = re.compile(r"^(\S+ \S+),(\d{3}) INFO ([a-z ]+): (.*)$")
_FINISHED: Final = re.compile(r" in \d+\.\d s$")


def run_night(landing: Path, home: Path, as_of: date) -> tuple[Measured, list[tuple[str, float, float]]]:
    """Run ``warmhandoff nightly`` and return what it took, with its stages as (name, begun, ended).

    Raises:
        CommandError: nothing was published.
    """
    log = home / "logs" / f"night-{as_of}.log"
    known = log.stat().st_size if log.exists() else 0
    places = ["--landing", str(landing), "--home", str(home), "--as-of", as_of.isoformat()]
    measured = measure(
        [sys.executable, "-c", _COMMAND, "nightly", *places],
        environment={name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)},
        folder=PROJECT_ROOT,
    )
    with log.open(encoding="utf-8") as handle:
        handle.seek(known)
        return measured, read_stages(handle.read())


def read_stages(log: str) -> list[tuple[str, float, float]]:
    """Return the stages of a night's log: name, begin and end in seconds since 1970."""
    begun: dict[str, float] = {}
    stages = []
    for line in log.splitlines():
        matched = _LINE.match(line)
        if matched is None:
            continue
        moment = datetime.strptime(matched[1], "%Y-%m-%d %H:%M:%S").timestamp() + int(matched[2]) / 1000
        if matched[4] == "started":
            begun[matched[3]] = moment
        elif _FINISHED.search(matched[4]) and matched[3] in begun:
            stages.append((matched[3], begun.pop(matched[3]), moment))
    return stages
