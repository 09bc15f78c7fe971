"""A Postgres server of Debian's packages, for the tests that need one: its own data folder, loopback alone.

Belongs here: starting and stopping it. Does not belong here: what is asked of it.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

DEBIAN = Path("/usr/lib/postgresql")
_OWNER = "postgres"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server and yield the URL of an empty database.

    Raises:
        FileNotFoundError: Postgres is not installed.
    """
    programs = sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    if not programs:
        raise FileNotFoundError(f"no Postgres below {DEBIAN}; install it with: apt-get install -y postgresql")
    folder = Path(mkdtemp(prefix="warmhandoff-postgres-", dir="/tmp"))
    data = folder / "data"
    if os.getuid() == 0:
        shutil.chown(folder, _OWNER)
    port = _free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
    try:
        _run(programs[-1] / "initdb", "-D", data, "-A", "trust", "-U", _OWNER, "-E", "UTF8", "--no-sync")
        _run(programs[-1] / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
        try:
            yield f"postgresql://{_OWNER}@127.0.0.1:{port}/postgres"
        finally:
            _run(programs[-1] / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    """Run a program of Postgres, which refuses to be run by root."""
    words = [str(part) for part in command]
    if os.getuid() == 0:
        words = ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--init-groups", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
