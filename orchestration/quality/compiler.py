"""Checks as Great Expectations' expectations, and its results as counts.

Belongs here: the translation of each rule, both ways. Does not belong here: the checks, and running them.
Importing this module imports Great Expectations, which costs seconds: only ``gates`` imports it, when a
gate runs.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, assert_never

from great_expectations.compatibility import pydantic
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_be_unique import (
    ExpectColumnValuesToBeUnique,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.expect_table_columns_to_match_set import (
    ExpectTableColumnsToMatchSet,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import Expectation

from expectations.check import Check, HasColumns, HasRows, InSet, NoRows, NotNull, Unique
from orchestration.quality.outcome import Outcome

CHECK_ID = "check_id"


class ExpectQueryToReturnNoRows(UnexpectedRowsExpectation):
    """Count what a query returns, in the engine.

    Great Expectations' own ``UnexpectedRowsExpectation`` runs the query a second time to fetch rows with
    their values, and takes it for a template of the one table that it is run on.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    @pydantic.validator("unexpected_rows_query")
    def _validate_query(cls, query: str) -> str:
        return query.strip()

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


def expectation(check: Check) -> Expectation:
    """Return the expectation of a check; its ``meta`` names the check, its notes say what a failure means."""
    common: dict[str, Any] = {
        "severity": check.severity,
        "meta": {CHECK_ID: check.check_id, "owner": check.owner},
        "notes": f"{check.what_it_means} {check.what_to_do}",
        "description": f"{check.name.replace('_', ' ')} ({check.check_id})",
    }
    match check.rule:
        case HasColumns(columns=columns, exact=exact):
            return ExpectTableColumnsToMatchSet(column_set=list(columns), exact_match=exact, **common)
        case HasRows(least=least, most=most):
            return ExpectTableRowCountToBeBetween(min_value=least, max_value=most, **common)
        case NotNull(column=column):
            return ExpectColumnValuesToNotBeNull(column=column, **common)
        case Unique(column=column):
            return ExpectColumnValuesToBeUnique(column=column, **common)
        case InSet(column=column, values=values):
            return ExpectColumnValuesToBeInSet(column=column, value_set=list(values), **common)
        case NoRows(query=query):
            return ExpectQueryToReturnNoRows(unexpected_rows_query=_verbatim(query), **common)
        case _:
            assert_never(check.rule)


def _verbatim(query: str) -> str:
    """Keep what Great Expectations and SQLAlchemy would take for placeholders: braces and colons."""
    return query.replace("{", "{{").replace("}", "}}").replace(":", "\\:")


def outcome(check: Check, result: ExpectationValidationResult) -> Outcome:
    """Read a result as counts; a missing column or a broken query raises nothing and leaves it empty."""
    counts: Mapping[str, Any] = result.result or {}
    if _has_raised(result.exception_info) or not counts:
        return Outcome(has_run=False)
    is_success = bool(result.success)
    match check.rule:
        case HasColumns(exact=exact):
            mismatched = counts.get("details", {}).get("mismatched", {})
            missing, unexpected = mismatched.get("missing", []), mismatched.get("unexpected", [])
            failed = 0 if is_success else len(missing) + (len(unexpected) if exact else 0)
        case HasRows():
            failed = 0
        case NoRows():
            failed = int(counts["observed_value"])
        case NotNull() | Unique() | InSet():
            failed = int(counts["unexpected_count"])
        case _:
            assert_never(check.rule)
    return Outcome(has_run=True, is_success=is_success, failed_rows=failed)


def _has_raised(exception_info: Mapping[str, Any] | None) -> bool:
    if not exception_info:
        return False
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(_has_raised(info) for info in exception_info.values())
