"""What a check is: a rule over a table, with everything that a reader of a finding needs to know.

Belongs here: the shapes that the suites are written in. Does not belong here: any particular check, and how
a rule is run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

KNOWN_PAYERS: Final = "select distinct payer_id as cause, payer_id as name from payer_policy"
NOBODY: Final = "select null as cause, null as name where false"
"""Names of causes: those of the rules, and none at all."""

Severity = Literal["critical", "warning", "info"]
Layer = Literal["raw", "marts"]


@dataclass(frozen=True)
class HasColumns:
    """The table has these columns; ``exact`` = and no others."""

    columns: tuple[str, ...]
    exact: bool = False


@dataclass(frozen=True)
class HasRows:
    """The table has at least ``least`` rows and, where given, at most ``most``."""

    least: int = 1
    most: int | None = None


@dataclass(frozen=True)
class NotNull:
    """The column is never null."""

    column: str


@dataclass(frozen=True)
class Unique:
    """No value of the column stands in two rows."""

    column: str


@dataclass(frozen=True)
class InSet:
    """The column holds one of these values, or null."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NoRows:
    """The query returns no row."""

    query: str


Rule = HasColumns | HasRows | NotNull | Unique | InSet | NoRows


@dataclass(frozen=True)
class Drill:
    """How the failing rows of a check are told apart, for those who mend them.

    Attributes:
        query: returns one row a failing row, with the columns ``cause``, ``row_key`` and ``place`` (the file
            that it came in) as far as the check can say them.
        key: the kind of ``row_key``, by which it is hashed; null = the rows have none.
        cause: what ``cause`` is, such as ``team`` or ``payer``: what is mended in one go; null = one cause.
        names: query for the causes that may be told by name, as ``cause`` and ``name``; every other one is
            told as a keyed hash. Null = causes are words of our own, and told as they are.
    """

    query: str
    key: str | None = None
    cause: str | None = None
    names: str | None = None


@dataclass(frozen=True)
class Check:
    """One expectation.

    Attributes:
        layer: ``raw`` (before dbt) or ``marts`` (before publication).
        table_name: the checked table.
        name: what must hold, as a sentence in snake case; unique in its table.
        rule: how it is tested.
        severity: ``critical`` holds the publication back, ``warning`` and ``info`` are findings only.
        owner: the team or role that can mend it.
        what_it_means: what a failure says, for a reader who does not know the tables.
        what_to_do: the first step.
        affected_marts: marts that a failure makes wrong or poorer.
        threshold: share of rows (0 to 1) that may fail; null = not a share, none may fail.
        severity_within_threshold: a failure up to the threshold is a finding of this severity, instead of
            none.
        subjects: tables of which one has to hold a row for the check to apply; without it, the table itself.
        total_query: how many rows were looked at, where that is not the number of rows in the table.
        is_about_emptiness: the check speaks of an empty table too.
        drill: how its failing rows are told apart; null = they are not.
    """

    layer: Layer
    table_name: str
    name: str
    rule: Rule
    severity: Severity
    owner: str
    what_it_means: str
    what_to_do: str
    affected_marts: tuple[str, ...] = ()
    threshold: float | None = None
    severity_within_threshold: Severity | None = None
    subjects: tuple[str, ...] = ()
    total_query: str | None = None
    is_about_emptiness: bool = False
    drill: Drill | None = None

    @property
    def check_id(self) -> str:
        """The name of the check in all findings."""
        return f"{self.layer}.{self.table_name}.{self.name}"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables whose rows decide whether the check applies."""
        return self.subjects or (self.table_name,)


def column_type_check_query(table_name: str, types: Iterable[tuple[str, str]]) -> str:
    """Return a query for the columns of a table whose type is not the given one.

    Args:
        table_name: the checked table.
        types: column and engine type, such as ``("seconds", "BIGINT")``.
    """
    expected = ", ".join(f"('{column}', '{sql_type}')" for column, sql_type in types)
    return (
        f"select 1 from (values {expected}) as expected (column_name, data_type) "  # noqa: S608
        "inner join information_schema.columns as actual on actual.column_name = expected.column_name "
        f"where actual.table_name = '{table_name}' and actual.data_type <> expected.data_type"
    )


def version_order(alias: str) -> str:
    """Return the row value by which raw versions of a key follow each other: blank ``updated_at`` first."""
    return (
        f"row(coalesce({alias}.updated_at, timestamp '0001-01-01'), {alias}._delivered_on, "
        f"{alias}._source_file, {alias}._row_number)"
    )


def is_latest(table: str, key: Iterable[str], alias: str) -> str:
    """Return a condition that holds for the last version of a key among the raw versions of a feed.

    Args:
        table: the raw table.
        key: the columns of its business key; a part may be blank.
        alias: of the version that is asked about.
    """
    same_key = " and ".join(f"later.{column} is not distinct from {alias}.{column}" for column in key)
    newer = f"{version_order('later')} > {version_order(alias)}"
    return f"not exists (select 1 from {table} as later where {same_key} and {newer})"  # noqa: S608


def is_standing(void: Mapping[str, str]) -> str:
    """Return a condition that holds for a raw version that is neither deleted nor withdrawn.

    Args:
        void: the values by column that withdraw a row, as the feed's contract has them.
    """
    return " and ".join(
        ["not is_deleted", *(f"{column} is distinct from '{value}'" for column, value in void.items())]
    )


def must_hold(
    table_name: str,
    name: str,
    rule: Rule,
    *,
    means: str,
    do: str,
    affected_marts: tuple[str, ...],
    subjects: tuple[str, ...] = (),
    key: str | None = None,
) -> Check:
    """Return a check of a mart that holds the publication back.

    Args:
        table_name: the mart.
        name: what must hold.
        rule: how it is tested.
        means: what a failure says.
        do: the first step.
        affected_marts: marts that a failure makes wrong.
        subjects: tables of which one has to hold a row for the check to apply; without it, the mart itself.
        key: what the ``row_key`` is that the rule's query selects, where it selects one.
    """
    return Check(
        layer="marts",
        table_name=table_name,
        name=name,
        rule=rule,
        severity="critical",
        owner="data_engineering",
        what_it_means=means,
        what_to_do=do,
        affected_marts=affected_marts,
        subjects=subjects,
        drill=Drill(rule.query, key=key) if key is not None and isinstance(rule, NoRows) else None,
    )
