"""Fixtures that more than one folder of tests uses.

What belongs here: fixtures of a whole session. What does not: data of one test.
"""

import os

import pytest

from tests.support.warehouse import Warehouse


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The project, compiled once a session, also where several workers share it."""
    base = tmp_path_factory.getbasetemp()
    return Warehouse((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled_project")
