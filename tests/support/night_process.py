"""A night as a user starts it: the command in a process of its own, watched, and killed where a test says so.

Belongs here: starting, killing and looking at what is left. Does not belong here: what is expected of it.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HASH_KEY = "a key of these tests"
_SECONDS_TO_WAIT = 600

# Loaded by Python at its start: each name looked up and each connection outside the machine is written
# down and refused.
_GUARD = """
import os, socket

def _refuse(what):
    with open(os.environ["NETWORK_LOG"], "a", encoding="utf-8") as log:
        log.write(repr(what) + "\\n")
    raise OSError("no network in this test")

_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex

def connect(self, address):
    return _connect(self, address) if self.family == socket.AF_UNIX else _refuse(address)

def connect_ex(self, address):
    return _connect_ex(self, address) if self.family == socket.AF_UNIX else _refuse(address)

socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
socket.getaddrinfo = socket.gethostbyname = lambda *names, **_: _refuse(names)
"""


@dataclass(frozen=True)
class Ended:
    """How a night ended: its exit code and all that it printed."""

    code: int
    printed: str


def run_night(
    landing: Path, home: Path, as_of: date, *options: str, network_log: Path | None = None
) -> Ended:
    """Run a night to its end; with a log, every attempt to reach the network is refused and written down."""
    process = _start(landing, home, as_of, network_log, *options)
    printed, _ = process.communicate(timeout=_SECONDS_TO_WAIT)
    return Ended(process.returncode, printed)


def kill_night(landing: Path, home: Path, as_of: date, *, stage: str, seconds: float) -> None:
    """Start a night and kill it some time after a stage has begun."""
    log = home / "logs" / f"night-{as_of}.log"
    before = log.stat().st_size if log.exists() else 0
    process = _start(landing, home, as_of, None)
    line = f"{stage}: started"
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while not (log.exists() and line in log.read_text(encoding="utf-8")[before:]):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the night never came to {stage}: {process.communicate()[0]}")
        time.sleep(0.02)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def files_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder by its relative path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def _start(
    landing: Path, home: Path, as_of: date, network_log: Path | None, *options: str
) -> "subprocess.Popen[str]":
    environment = {**os.environ, "WARMHANDOFF_HASH_KEY": HASH_KEY}
    if network_log is not None:
        guard = network_log.parent / "guard"
        guard.mkdir(exist_ok=True)
        (guard / "sitecustomize.py").write_text(_GUARD, encoding="utf-8")
        environment |= {"PYTHONPATH": str(guard), "NETWORK_LOG": str(network_log)}
    code = "from orchestration.cli import main; main()"
    places = ["--landing", str(landing), "--home", str(home), "--as-of", as_of.isoformat()]
    return subprocess.Popen(
        [sys.executable, "-c", code, "nightly", *places, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
