"""The door of the raw lake: what each value means, and which rows come in.

Belongs here: the SQL that types, trims and judges a row by the contract alone; one text for every format, so that a row is
read alike from wherever it came.
Does not belong here: reading files, and any judgement that needs a zone, a seed or another feed.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date

from orchestration.feeds.contract import IS_DELETED, UPDATED_AT, Column, Feed
from orchestration.feeds.lake import quoted

ROW = "row_number_in_file"
HASH_KEY = "wh_hash_key"
BLANKS = " \t\r\n\v\f\u00a0"
TIME_PATTERN = (
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?)?"
)

MACROS = f"""
CREATE OR REPLACE TEMP MACRO wh_trim(x) AS
    CASE WHEN x < '!' OR ends_with(x, ' ') OR ends_with(x, '\t') OR ends_with(x, '\n') OR ends_with(x, '\r')
              OR starts_with(x, chr(160)) OR ends_with(x, chr(160))
         THEN nullif(trim(x, {quoted(BLANKS)}), '') ELSE x END;
CREATE OR REPLACE TEMP MACRO wh_blank(x) AS nullif(x, '');
CREATE OR REPLACE TEMP MACRO wh_number(x) AS
    CASE WHEN contains(x, '_') THEN NULL ELSE try_cast(x AS DECIMAL(18, 6)) END;
CREATE OR REPLACE TEMP MACRO wh_integer(x) AS
    CASE WHEN wh_number(x) = trunc(wh_number(x)) THEN CAST(wh_number(x) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO wh_boolean(x) AS
    CASE WHEN lower(x) IN ('true', 't', 'yes', '1') THEN true WHEN lower(x) IN ('false', 'f', 'no', '0') THEN false END;
CREATE OR REPLACE TEMP MACRO wh_time_parts(x) AS regexp_extract(x, '^{TIME_PATTERN}$', ['day', 'minute', 'second', 'part', 'zone']);
CREATE OR REPLACE TEMP MACRO wh_any_time_text(p) AS
    p.day || ' ' || coalesce(nullif(p.minute, ''), '00:00') || ':' || coalesce(nullif(p.second, ''), '00')
    || CASE WHEN p.part = '' THEN '' ELSE '.' || p.part END || CASE WHEN lower(p.zone) = 'z' THEN '+00' ELSE p.zone END;
CREATE OR REPLACE TEMP MACRO wh_any_time(p) AS
    CASE WHEN p.day = '' THEN NULL
         WHEN p.zone = '' THEN try_cast(wh_any_time_text(p) AS TIMESTAMP)
         ELSE make_timestamp(epoch_us(try_cast(wh_any_time_text(p) AS TIMESTAMPTZ))) END;
CREATE OR REPLACE TEMP MACRO wh_instant(x) AS
    CASE WHEN x IS NULL THEN NULL
         WHEN x LIKE '____-__-_____:__:__Z' OR x LIKE '____-__-_____:__:__' THEN try_cast(x AS TIMESTAMP)
         WHEN x LIKE '____-__-_____:__:_____:__' THEN make_timestamp(epoch_us(try_cast(x AS TIMESTAMPTZ)))
         ELSE wh_any_time(wh_time_parts(x)) END;
CREATE OR REPLACE TEMP MACRO wh_moment(x) AS
    CASE WHEN x IS NULL THEN NULL
         WHEN x LIKE '____-__-_____:__:__Z' OR x LIKE '____-__-_____:__:__' THEN try_cast(x AS TIMESTAMP)
         WHEN x LIKE '____-__-_____:__:_____:__' THEN make_timestamp(epoch_us(try_cast(x AS TIMESTAMPTZ)))
         ELSE date_trunc('second', wh_any_time(wh_time_parts(x))) END;
CREATE OR REPLACE TEMP MACRO wh_is_local(x) AS
    CASE WHEN x IS NULL THEN NULL
         WHEN ends_with(x, 'Z') THEN false
         WHEN x LIKE '____-__-_____:__:__' THEN true
         ELSE wh_time_parts(x).zone = '' END;
CREATE OR REPLACE TEMP MACRO wh_date(x) AS
    CASE WHEN x IS NULL THEN NULL
         WHEN x LIKE '____-__-__' THEN try_cast(x AS DATE)
         WHEN regexp_full_match(x, '\\d{{4}}-\\d\\d-\\d\\d[T ]00:00(:00([.]0+)?)?') THEN try_cast(left(x, 10) AS DATE) END;
"""
PARSERS: dict[str, str] = {
    "integer": "wh_integer",
    "decimal": "wh_number",
    "boolean": "wh_boolean",
    "date": "wh_date",
    "timestamp": "wh_moment",
}


@dataclass(frozen=True)
class Staged:
    """Rows as text, on their way to the door.

    Attributes:
        relation: SQL that gives ``row_number_in_file`` and one VARCHAR for each of ``columns``.
        columns: the SQL expression over ``relation`` of each contract column that the source has.
        site: the same for the site's own columns.
        trim: the macro that turns a field into a trimmed value, blank into null.
        unknown: names of columns that the contract does not have.
        malformed: numbers of rows that have no fields to judge.
    """

    relation: str
    columns: dict[str, str]
    site: dict[str, str] = field(default_factory=dict)
    trim: str = "wh_trim"
    unknown: tuple[str, ...] = ()
    malformed: Collection[int] = ()


@dataclass(frozen=True)
class Origin:
    """Where rows come from, as each of them will say."""

    delivered_on: date
    source_file: str
    file_id: str


class Door:
    """The judgement of one feed over one staged source."""

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

    def accepted_sql(self) -> str:
        """The raw table's rows; refused rows are among them, their ``_row_number`` negative."""
        columns = []
        for column in (*self.feed.columns, UPDATED_AT):
            columns.append(f't."{column.name}"')
            if column.type == "timestamp":
                columns.append(
                    f'CASE WHEN t."{column.name}" IS NOT NULL THEN t."{column.name}_is_local" END AS "{column.name}_is_local"'
                )
        return f"""
            SELECT {", ".join(columns)}, t.is_deleted, t.site_columns,
                DATE '{self.origin.delivered_on.isoformat()}' AS _delivered_on,
                {quoted(self.origin.source_file)} AS _source_file,
                CASE WHEN {self._judged(self._is_bad, " OR ", "false")} THEN -t.{ROW} ELSE t.{ROW} END AS _row_number,
                {quoted(self.origin.file_id)} AS _file_id
            FROM ({self._typed()}) AS t"""

    def refused_sql(self) -> str:
        """Row number, key hash and reasons of the refused rows, and no value of them.

        The key of the hashes is the connection's variable ``HASH_KEY``, so that no statement holds it.
        """
        key = " || '|' || ".join(self._key_text(name) for name in self.feed.key)
        prefix = f"getvariable('{HASH_KEY}') || '|{self.feed.name}|'"
        reasons = self._judged(self._reasons, ", ", "NULL", wrap="concat_ws(';', {})")
        return f"""
            SELECT t.{ROW} AS row_number, sha256({prefix} || {key}) AS record_key_hash, {reasons} AS reason
            FROM ({self._typed()}) AS t
            WHERE {self._judged(self._is_bad, " OR ", "false")}
            ORDER BY 1"""

    def _typed(self) -> str:
        fields, values = [ROW], [ROW]
        for column in (*self.feed.columns, UPDATED_AT, IS_DELETED):
            source = self.staged.columns.get(column.name)
            text = f"{self.staged.trim}({source})" if source else "NULL::VARCHAR"
            fields.append(f'{text} AS "{column.name}"')
            raw = f'f."{column.name}"'
            values.append(f'{self._value(column, raw)} AS "{column.name}"')
            values.append(f'{raw} AS "{column.name}__text"')
            if column.type == "timestamp":
                values.append(f'wh_is_local({raw}) AS "{column.name}_is_local"')
        site = ", ".join(
            f"{quoted(name)}, {self.staged.trim}({text})" for name, text in self.staged.site.items()
        )
        fields.append(
            f"CAST(json_object({site}) AS VARCHAR) AS site_columns"
            if site
            else "NULL::VARCHAR AS site_columns"
        )
        values.append("f.site_columns")
        return f"SELECT {', '.join(values)} FROM (SELECT {', '.join(fields)} FROM ({self.staged.relation}) AS r) AS f"

    def _value(self, column: Column, raw: str) -> str:
        if column.values:
            return f"CASE WHEN {raw} IN ({', '.join(map(quoted, column.values))}) THEN {raw} END"
        if column.name == IS_DELETED.name:
            return f"coalesce(wh_boolean({raw}), false)"
        if column.type == "string":
            return raw
        parser = "wh_instant" if column.name == UPDATED_AT.name else PARSERS[column.type]
        return f"{parser}({raw})"

    def _key_text(self, name: str) -> str:
        column = self.feed.column(name)
        text = f't."{name}__text"'
        if column.type in ("string", "boolean", "integer", "decimal"):
            return f"coalesce({text}, '')"
        return f"""coalesce(CAST(t."{name}" AS VARCHAR), {text}, '')"""

    def _is_bad(self, column: Column) -> list[str]:
        value, text = f't."{column.name}"', f't."{column.name}__text"'
        if column.name == IS_DELETED.name:
            return [f"({text} IS NOT NULL AND wh_boolean({text}) IS NULL)"]
        if column.required:
            return [f"{value} IS NULL"]
        return (
            [f"({text} IS NOT NULL AND {value} IS NULL)"] if column.type != "string" or column.values else []
        )

    def _reasons(self, column: Column) -> list[str]:
        value, text = f't."{column.name}"', f't."{column.name}__text"'
        kind = "invalid_value" if column.values else "invalid_type"
        found = []
        if column.required:
            found.append(f"CASE WHEN {text} IS NULL THEN 'missing_required:{column.name}' END")
        if column.name == IS_DELETED.name:
            value = f"wh_boolean({text})"
        if column.type != "string" or column.values:
            found.append(f"CASE WHEN {text} IS NOT NULL AND {value} IS NULL THEN '{kind}:{column.name}' END")
        return found

    def _judged(
        self, judge: Callable[[Column], list[str]], glue: str, nothing: str, wrap: str = "({})"
    ) -> str:
        """The judgement of a whole row, or of its key alone where the row only takes something back."""
        own = (UPDATED_AT, IS_DELETED)
        whole = []
        for column in (*self.feed.columns, *own):
            if column.name in own_names(own) and column.name not in self.staged.columns:
                continue
            whole.extend(judge(column))
            if self.feed.one_of and column.name == self.feed.one_of[0]:
                none = " AND ".join(f't."{name}__text" IS NULL' for name in self.feed.one_of)
                is_reason = glue != " OR "
                whole.append(
                    f"CASE WHEN {none} THEN 'missing_required:{column.name}' END"
                    if is_reason
                    else f"({none})"
                )
        key = [part for name in self.feed.key for part in judge(self.feed.column(name))]
        key += [part for column in own if column.name in self.staged.columns for part in judge(column)]
        takes_back = [f't."{name}" = {quoted(value)}' for name, value in self.feed.void.items()]
        if IS_DELETED.name in self.staged.columns:
            takes_back.append("t.is_deleted")
        strict = wrap.format(glue.join(whole) or nothing)
        if not takes_back:
            return strict
        lenient = wrap.format(glue.join(key) or nothing)
        return f"CASE WHEN {' OR '.join(takes_back)} THEN {lenient} ELSE {strict} END"


def own_names(columns: Collection[Column]) -> set[str]:
    """Names of the columns that every feed has."""
    return {column.name for column in columns}
