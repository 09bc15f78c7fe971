"""The door of the raw lake: which rows come in.

Belongs here: the SQL that types, trims and judges a row by the contract alone; one text for every format, so
that a row is read alike from wherever it came. Does not belong here: what the text of a field means
(``values.py``), reading files, and any judgment that needs a zone, a seed or another feed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.feeds import cells
from orchestration.feeds.contract import IS_DELETED, LAKE_TYPES, UPDATED_AT, Column, Feed
from orchestration.feeds.lake import quoted
from orchestration.feeds.stamps import UTC, in_utc
from orchestration.feeds.values import constant, value_of

ROW = "row_number_in_file"
HASH_KEY = "wh_hash_key"


@dataclass(frozen=True)
class Staged:
    """Rows as text, on their way to the door.

    Attributes:
        relation: SQL that gives ``row_number_in_file`` and one VARCHAR for each of ``columns``.
        columns: the SQL expression over ``relation`` of each contract column that the source has.
        site: the same for the site's own columns.
        trim: the macro that turns a field into a trimmed value, blank into null.
        trimmed: names of columns whose fields are trimmed already.
        unknown: names of columns that the contract does not have.
        expected_rows: how many rows the relation must give, where that is known beforehand.
        malformed: a file of the numbers of rows that have no fields to judge, one a line.
        malformed_rows: how many those are.
        has_parts: whether several rows may have one number, being parts of one line of the source.
        stamp_zone: the zone of ``updated_at`` where it has no offset.
        has_cells: whether it is a table that people export, with headers and rounded ids among its rows.
    """

    relation: str
    columns: dict[str, str]
    site: dict[str, str] = field(default_factory=dict)
    trim: str = "wh_trim"
    trimmed: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    expected_rows: int | None = None
    malformed: Path | None = None
    malformed_rows: int = 0
    has_parts: bool = False
    stamp_zone: str = UTC
    has_cells: bool = False


@dataclass(frozen=True)
class Origin:
    """Where rows come from, as each of them will say."""

    delivered_on: date
    source_file: str
    file_id: str


@dataclass(frozen=True)
class Check:
    """A condition that keeps a row out, and the reason that it then has."""

    condition: str
    reason: str


class Door:
    """The judgment of one feed over one staged source."""

    def __init__(self, feed: Feed, staged: Staged, origin: Origin) -> None:
        """Keep what is judged.

        Args:
            feed: the contract.
            staged: the rows as text.
            origin: the file that they came in.
        """
        self.feed = feed
        self.staged = staged
        self.origin = origin
        self._own = [column for column in (UPDATED_AT, IS_DELETED) if column.name in staged.columns]

    def accepted_sql(self) -> str:
        """The raw table's rows; refused rows are among them, their ``_row_number`` negative."""
        columns = []
        stamp, offsets = in_utc("t.updated_at", "t.updated_at_is_local", self.staged.stamp_zone)
        for column in (*self.feed.columns, UPDATED_AT):
            value = f"{stamp} AS updated_at" if column == UPDATED_AT else f't."{column.name}"'
            columns.append(value)
            if column.type == "timestamp":
                local = f'"{column.name}_is_local"'
                columns.append(f'CASE WHEN t."{column.name}" IS NOT NULL THEN t.{local} END AS {local}')
        return f"""
            SELECT {", ".join(columns)}, t.is_deleted, t.site_columns,
                DATE '{self.origin.delivered_on.isoformat()}' AS _delivered_on,
                {constant(self.origin.source_file)} AS _source_file,
                CASE WHEN {self._is_bad()} THEN -t.{ROW} ELSE t.{ROW} END AS _row_number,
                {constant(self.origin.file_id)} AS _file_id
            FROM ({self._typed(self.staged.relation)}) AS t
            {offsets}"""  # noqa: S608

    def refused_sql(self, numbers: str) -> str:
        """Row number, key hash and reasons of the refused rows, and no value of them.

        The key of the hashes is the connection's variable ``HASH_KEY``, so that no statement holds it.

        Args:
            numbers: SQL of the numbers of the refused rows; the others are not looked at again.
        """
        only = f"SELECT * FROM ({self.staged.relation}) WHERE {ROW} IN ({numbers})"  # noqa: S608
        key = " || '|' || ".join(self._key_text(name) for name in self.feed.key)
        prefix = f"getvariable('{HASH_KEY}') || '|{self.feed.name}|'"
        judged = f"""
            SELECT t.{ROW} AS row_number, sha256({prefix} || {key}) AS record_key_hash,
                {self._reason()} AS reason
            FROM ({self._typed(only)}) AS t"""  # noqa: S608
        if not self.staged.has_parts:
            return judged
        reasons = "string_agg(DISTINCT reason, ';' ORDER BY reason)"
        return f"""
            SELECT row_number, min(record_key_hash) AS record_key_hash, {reasons} AS reason
            FROM ({judged}) WHERE reason != '' GROUP BY row_number"""  # noqa: S608

    def _typed(self, relation: str) -> str:
        """SQL of each column's value beside its text, in steps so that nothing is worked out twice."""
        texts, forms, parts, values = [ROW], [], [], [ROW]
        for column in (*self.feed.columns, UPDATED_AT, IS_DELETED):
            name, source = column.name, self.staged.columns.get(column.name)
            if source is None:
                values.append(f'NULL::VARCHAR AS "{name}__text"')
                missing = "false" if column == IS_DELETED else f"NULL::{LAKE_TYPES[column.type]}"
                values.append(f'{missing} AS "{name}"')
            else:
                text = source if name in self.staged.trimmed else f"{self.staged.trim}({source})"
                texts.append(f'{text} AS "{name}"')
                values.append(f'f."{name}" AS "{name}__text"')
                values.append(f'{value_of(column)} AS "{name}"')
            if column.type == "timestamp" and source is not None:
                forms.append(f'wh_time_form(f."{name}") AS "{name}__form"')
                odd = f'CASE WHEN f."{name}__form" = 4 THEN f."{name}" END'
                parts.append(f'wh_time_parts({odd}) AS "{name}__parts"')
                values.append(f'wh_is_local(f."{name}__form", f."{name}__parts") AS "{name}_is_local"')
            elif column.type == "timestamp":
                values.append(f'NULL::BOOLEAN AS "{name}_is_local"')
        pairs = [f"{quoted(name)}, {self.staged.trim}({text})" for name, text in self.staged.site.items()]
        site = f"CAST(json_object({', '.join(pairs)}) AS VARCHAR)" if pairs else "NULL::VARCHAR"
        texts.append(f"{site} AS site_columns")
        values.append("f.site_columns")
        rows = f"SELECT {', '.join(texts)} FROM ({relation}) AS r"  # noqa: S608
        for added in (forms, parts):
            rows = f"SELECT {', '.join(['f.*', *added])} FROM ({rows}) AS f"  # noqa: S608
        return f"SELECT {', '.join(values)} FROM ({rows}) AS f"  # noqa: S608

    def _key_text(self, name: str) -> str:
        text = f't."{name}__text"'
        if self.feed.column(name).type == "string":
            return f"coalesce({text}, '')"
        return f"""coalesce(CAST(t."{name}" AS VARCHAR), {text}, '')"""

    def _strict_checks(self) -> list[Check]:
        """What a row must meet, in the order of the contract."""
        checks = []
        for column in (*self.feed.columns, *self._own):
            checks += _checks(column) if column.name in self.staged.columns or column.required else []
            checks += self._rounded(column)
            if self.feed.one_of and column.name == self.feed.one_of[0]:
                none = " AND ".join(f't."{name}__text" IS NULL' for name in self.feed.one_of)
                checks.append(Check(none, f"missing_required:{column.name}"))
        return checks

    def _lenient_checks(self) -> list[Check]:
        """What a row must meet that only takes something back: its key, and its place among versions."""
        columns = [self.feed.column(name) for name in self.feed.key]
        own = [check for column in (*columns, *self._own) for check in _checks(column)]
        return own + [check for column in columns for check in self._rounded(column)]

    def _rounded(self, column: Column) -> list[Check]:
        """An id that a spreadsheet has rounded or could not work out is that of many, and of nobody."""
        if not (
            self.staged.has_cells and column.name in self.staged.columns and cells.is_id(self.feed, column)
        ):
            return []
        return [Check(*found) for found in cells.no_ids(f't."{column.name}__text"', column.name)]

    def _takes_back(self) -> str | None:
        """SQL that tells a tombstone, or a row that voids what it names."""
        conditions = [f't."{name}" = {quoted(value)}' for name, value in self.feed.void.items()]
        conditions += ["t.is_deleted"] if IS_DELETED in self._own else []
        return " OR ".join(conditions) or None

    def _is_bad(self) -> str:
        return self._judge(lambda checks: " OR ".join(f"({check.condition})" for check in checks) or "false")

    def _reason(self) -> str:
        def listed(checks: Iterable[Check]) -> str:
            reasons = [f"CASE WHEN {check.condition} THEN '{check.reason}' END" for check in checks]
            return f"concat_ws(';', {', '.join(reasons)})"

        return self._judge(listed)

    def _judge(self, judgment: Callable[[Iterable[Check]], str]) -> str:
        judged = judgment(self._strict_checks())
        if takes_back := self._takes_back():
            judged = f"CASE WHEN {takes_back} THEN {judgment(self._lenient_checks())} ELSE {judged} END"
        if self.staged.has_cells:
            name = self.feed.key[0]
            for condition, reason in cells.no_rows(f't."{name}__text"', name):
                judged = (
                    f"CASE WHEN {condition} THEN {judgment([Check(condition, reason)])} ELSE {judged} END"
                )
        return f"({judged})"


def _checks(column: Column) -> list[Check]:
    """What a column's own value must meet."""
    text = f't."{column.name}__text"'
    value = f"wh_boolean({text})" if column == IS_DELETED else f't."{column.name}"'
    checks = [Check(f"{text} IS NULL", f"missing_required:{column.name}")] if column.required else []
    if column.values or column.type != "string":
        kind = "invalid_value" if column.values else "invalid_type"
        checks.append(Check(f"{text} IS NOT NULL AND {value} IS NULL", f"{kind}:{column.name}"))
    return checks
