"""Great Expectations over one DuckDB file: one context, one connection, a suite a table.

Belongs here: the context and its quirks, and its Data Docs.
Does not belong here: checks, findings, decisions.
Importing this module imports Great Expectations, which costs seconds: only ``gates`` imports it, when a
gate runs.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final, Self

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import GreatExpectationsError
from sqlalchemy.exc import SQLAlchemyError

from expectations.check import Check
from orchestration.quality.compiler import CHECK_ID, expectation, outcome
from orchestration.quality.dialect import close_connections, connection_string
from orchestration.quality.docs import write_docs
from orchestration.quality.outcome import Outcome

# Counts only: no failing value leaves the engine.
RESULT_FORMAT: Final = {"result_format": "BASIC", "partial_unexpected_count": 0}

# The engine quotes the value that it could not convert; the pages say only that it failed.
WITHHELD: Final = {
    "raised_exception": True,
    "exception_message": "The check could not be run (text withheld, because it may quote a row).",
    "exception_traceback": "",
}


class Engine:
    """A context over a database file that is opened for reading."""

    def __init__(
        self, database: Path, *, threads: int | None = None, memory_limit: str | None = None
    ) -> None:
        """Open the file.

        Args:
            database: an existing DuckDB file.
            threads: of the engine.
            memory_limit: of the engine, such as ``6GB``.
        """
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = self._context.data_sources.add_sql(
            name="warmhandoff",
            connection_string=connection_string(database, threads=threads, memory_limit=memory_limit),
            create_temp_table=False,
        )
        self._validations: dict[str, ExpectationSuiteValidationResult] = {}

    def validate(self, table: str, checks: Sequence[Check]) -> dict[str, Outcome]:
        """Run the checks of one table.

        Returns:
            Outcomes by ``check_id``; a check without one could not be run.
        """
        suite = gx.ExpectationSuite(name=table, expectations=[expectation(check) for check in checks])
        self._context.suites.add(suite)
        try:
            asset = self._source.add_table_asset(table, table_name=table)
            batch = asset.get_batch(asset.build_batch_request())
            validation = batch.validate(suite, result_format=dict(RESULT_FORMAT))
            # The context writes its settings anew with each asset, all earlier ones included.
            self._source.delete_asset(table)
        except (GreatExpectationsError, ConnectionError, SQLAlchemyError):
            return {}
        by_id = {check.check_id: check for check in checks}
        outcomes: dict[str, Outcome] = {}
        for result in validation.results:
            config = result.expectation_config
            if config is None:
                continue
            check = by_id[config.meta[CHECK_ID]]
            outcomes[check.check_id] = outcome(check, result)
            if not outcomes[check.check_id].has_run:
                result.exception_info = dict(WITHHELD)
        self._validations[table] = validation
        return outcomes

    def write_docs(self, path: Path, *, layer: str, as_of: date) -> None:
        """Write Data Docs of what was validated: expectations and counts, no value of a row.

        Args:
            path: of the page; its folder is made.
            layer: ``raw`` or ``marts``.
            as_of: business date of the run.
        """
        write_docs(path, self._validations, layer=layer, as_of=as_of)

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        close_connections()
