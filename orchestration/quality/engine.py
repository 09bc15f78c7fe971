"""Great Expectations over one DuckDB file: one context, one connection, a suite a table.

Belongs here: the context and its quirks. Does not belong here: checks, findings and decisions.
Importing this module imports Great Expectations, which costs seconds: only ``gates`` imports it, when a
gate runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import GreatExpectationsError
from sqlalchemy.exc import SQLAlchemyError

from expectations.check import Check
from orchestration.quality.compiler import CHECK_ID, Outcome, expectation, outcome
from orchestration.quality.dialect import close_connections, connection_string


class Engine:
    """A context over a database file that is opened for reading."""

    def __init__(
        self,
        database: Path,
        *,
        docs: Path | None = None,
        threads: int | None = None,
        memory_limit: str | None = None,
    ) -> None:
        """Open the file.

        Args:
            database: an existing DuckDB file.
            docs: folder for Data Docs; without it, none are written.
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
        self._docs = docs

    def validate(
        self, table: str, checks: Sequence[Check], result_format: Mapping[str, Any]
    ) -> dict[str, Outcome]:
        """Run the checks of one table.

        Returns:
            Outcomes by ``check_id``; a check without one could not be run.
        """
        try:
            batch = self._source.add_table_asset(table, table_name=table).add_batch_definition_whole_table(
                table
            )
            suite = gx.ExpectationSuite(name=table, expectations=[expectation(check) for check in checks])
            validation = batch.get_batch().validate(suite, result_format=dict(result_format))
        except (GreatExpectationsError, ConnectionError, SQLAlchemyError):
            return {}
        by_id = {check.check_id: check for check in checks}
        outcomes: dict[str, Outcome] = {}
        for result in validation.results:
            config = result.expectation_config
            if config is not None:
                check = by_id[config.meta[CHECK_ID]]
                outcomes[check.check_id] = outcome(check, result)
        return outcomes

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        close_connections()
