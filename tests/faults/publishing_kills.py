"""Run by the tests of killed publications: publish again and again, each time killed at a later line.

Each publication runs in a fork of this process, which has loaded everything and opened nothing. The audit
events of the interpreter (files opened, renamed, linked, removed) are counted; the fork kills itself at the
one it is told.

Usage: ``python -m tests.faults.publishing_kills HOME INPUTS EVENLY LAST`` prints one line of JSON a kill:
where it was killed, what readers found then, and what they found after the next run.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from orchestration.publishing.history import current
from orchestration.publishing.manifest import problems_of
from orchestration.publishing.views import BI_FILE, views_are_pinned
from tests.support.publishing_warehouse import Home

COUNTED = (
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.chmod",
    "shutil.rmtree",
)


def publish_counting(home: Home, inputs: str, die_at: int | None = None) -> int:
    """Publish; killed at the given event, else the number of events."""
    events = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal events
        if event in COUNTED and str(home.published) in str(arguments):
            events += 1
            if events == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    home.publish(inputs)
    return events


def what_readers_find(home: Home) -> dict[str, object]:
    """The current generation and what is wrong with it."""
    now = current(home.published)
    if now is None:
        return {"current": None, "problems": []}
    problems = problems_of(now.path)
    if not views_are_pinned(home.published / "current" / BI_FILE, now.path):
        problems.append("views are not pinned")
    return {"current": now.name, "problems": problems}


def in_a_fork(work: Callable[[], object]) -> tuple[int, object]:
    """Run in a child process, so that no engine is opened here: exit code or signal, and result."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(work()).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        result = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, json.loads(result) if result else None


def main(root: str, inputs: str, evenly: str, last: str) -> None:
    """Kill at some events evenly spread, and at every second of the last ones, where names change."""
    home = Home(Path(root))
    before = home.root / "published_before"
    shutil.copytree(home.published, before, symlinks=True)
    _, total = in_a_fork(lambda: publish_counting(home, inputs))
    assert isinstance(total, int)
    points = {1 + step * total // int(evenly) for step in range(int(evenly))}
    for point in sorted(points | set(range(total - int(last), total + 1, 2))):
        shutil.rmtree(home.published)
        shutil.copytree(before, home.published, symlinks=True)
        code, _ = in_a_fork(partial(publish_counting, home, inputs, point))
        _, found = in_a_fork(lambda: what_readers_find(home))
        code_again, _ = in_a_fork(lambda: publish_counting(home, inputs))
        _, found_again = in_a_fork(lambda: what_readers_find(home))
        leftovers = [path.name for path in home.published.iterdir() if path.name.startswith(".")]
        line = {"at": point, "of": total, "code": code, "found": found, "code_again": code_again}
        print(json.dumps(line | {"found_again": found_again, "leftovers": leftovers}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
