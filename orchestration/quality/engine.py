"""Great Expectations over one DuckDB file: one context, one connection, a suite a table.

Belongs here: the context and its quirks, and its Data Docs.
Does not belong here: checks, findings, decisions.
Importing this module imports Great Expectations, which costs seconds: only ``gates`` imports it, when a
gate runs.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, Self

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.exceptions.exceptions import GreatExpectationsError
from sqlalchemy.exc import SQLAlchemyError

from expectations.check import Check
from orchestration.quality.compiler import CHECK_ID, expectation, outcome
from orchestration.quality.dialect import close_connections, connection_string
from orchestration.quality.outcome import Outcome

# Counts only: no failing value leaves the engine.
RESULT_FORMAT: Final = {"result_format": "BASIC", "partial_unexpected_count": 0}
OWN_SITE: Final = "local_site"

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

    def write_docs(self, folder: Path, as_of: date) -> None:
        """Write Data Docs of what was validated: expectations and counts, no value of a row.

        Args:
            folder: of the site; it is made.
            as_of: business date of the run, shown as its time.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        run = RunIdentifier(run_name=as_of.isoformat(), run_time=datetime.combine(as_of, time.max, UTC))
        for table, validation in self._validations.items():
            identifier = ValidationResultIdentifier(
                expectation_suite_identifier=ExpectationSuiteIdentifier(table),
                run_id=run,
                batch_identifier=table,
            )
            self._context.validation_results_store.set(identifier, validation)
        store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.absolute())}
        site: Any = {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": store,
        }
        self._context.delete_data_docs_site(OWN_SITE)
        self._context.add_data_docs_site(site_name=folder.name, site_config=site)
        self._context.build_data_docs()

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        close_connections()
