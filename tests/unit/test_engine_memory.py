"""The engine takes the settings of its memory from the package, as long as that comes first."""

import os
import subprocess
import sys

from orchestration import ENGINE_MEMORY

LOAD = f"import os, orchestration; os.environ[{ENGINE_MEMORY!r}] += ',confirm_conf:true'; import duckdb"


def test_the_engine_reads_what_the_package_says_of_memory() -> None:
    environment = {name: value for name, value in os.environ.items() if name != ENGINE_MEMORY}
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=True
    )
    told = loaded.stderr
    assert "lg_extent_max_active_fit:20" in told and "dirty_decay_ms:5000" in told
    assert "Invalid" not in told


def test_what_the_environment_says_of_memory_stays() -> None:
    show = f"import os, orchestration; print(os.environ[{ENGINE_MEMORY!r}])"
    shown = subprocess.run(
        [sys.executable, "-c", show],
        env={**os.environ, ENGINE_MEMORY: "dirty_decay_ms:1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "dirty_decay_ms:1"
