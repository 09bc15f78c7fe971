"""What the text of a field means: numbers, times, truth and words out of a list, in SQL.

Belongs here: from a field to a value by the type of its column; one way for every format. Does not belong
here: whether a row comes in (``door.py``), and what programs write in cells of tables (``cells.py``).
"""

from collections.abc import Iterable

from orchestration.feeds import cells
from orchestration.feeds.contract import IS_DELETED, UPDATED_AT, Column
from orchestration.feeds.lake import quoted

TIME_PATTERN = (
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d?:\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)? ?"
    r"(?:([Zz]|UTC|[+-]\d\d(?::?\d\d)?)(?:\[[\w/+-]+\])?)?)?"
)

MACROS = f"""
CREATE OR REPLACE MACRO wh_is_padded(x) AS
    x < '!' OR ends_with(x, ' ') OR ends_with(x, '\t') OR ends_with(x, '\n') OR ends_with(x, '\r');
CREATE OR REPLACE MACRO wh_trim_ascii(x) AS
    CASE WHEN wh_is_padded(x) THEN nullif(trim(x, {quoted(cells.BLANKS)}), '') ELSE x END;
CREATE OR REPLACE MACRO wh_trim(x) AS
    CASE WHEN wh_is_padded(x) OR (x >= '\u00a0' AND x < '\u00a1') OR ends_with(x, '\u00a0')
         THEN nullif(trim(x, {quoted(cells.BLANKS)}), '') ELSE x END;
CREATE OR REPLACE MACRO wh_blank(x) AS nullif(x, '');
CREATE OR REPLACE MACRO wh_number(x) AS
    CASE WHEN contains(x, '_') THEN NULL ELSE CAST(try_cast(x AS DECIMAL(15, 6)) AS DECIMAL(18, 6)) END;
CREATE OR REPLACE MACRO wh_integer(x) AS
    CASE WHEN wh_number(x) = trunc(wh_number(x)) THEN CAST(wh_number(x) AS BIGINT) END;
CREATE OR REPLACE MACRO wh_boolean(x) AS
    CASE WHEN x = 'false' THEN false
         WHEN lower(x) IN ('true', 't', 'yes', 'y', '1', '1.0') THEN true
         WHEN lower(x) IN ('false', 'f', 'no', 'n', '0', '0.0') THEN false END;
CREATE OR REPLACE MACRO wh_time_form(x) AS
    CASE WHEN x IS NULL OR starts_with(x, '0000') THEN NULL
         WHEN strlen(x) = 20 AND x LIKE '____-__-_____:__:__Z' THEN 1
         WHEN strlen(x) = 19 AND x LIKE '____-__-_____:__:__' THEN 2
         WHEN strlen(x) = 25 AND x LIKE '____-__-_____:__:_____:__' THEN 3
         WHEN strlen(x) < 24 OR contains(x, ' ') THEN 4
         WHEN x LIKE '____-__-__T__:__:__.___Z' OR x LIKE '____-__-__T__:__:__.______:__'
              OR x LIKE '____-__-__T__:__:__.______Z' OR x LIKE '____-__-__T__:__:__._________:__' THEN 5
         ELSE 4 END;
CREATE OR REPLACE MACRO wh_time_parts(x) AS
    regexp_extract(x, '^{TIME_PATTERN}$', ['day', 'minute', 'second', 'part', 'zone']);
CREATE OR REPLACE MACRO wh_time_of_parts(p) AS
    p.day || ' ' || coalesce(nullif(p.minute, ''), '00:00') || ':' || coalesce(nullif(p.second, ''), '00')
    || CASE WHEN p.part = '' THEN '' ELSE '.' || p.part END
    || CASE WHEN p.zone IN ('', 'Z', 'z', 'UTC') THEN '+00' ELSE p.zone END;
CREATE OR REPLACE MACRO wh_utc(x) AS make_timestamp(epoch_us(try_cast(x AS TIMESTAMPTZ)));
CREATE OR REPLACE MACRO wh_instant(x, form, p) AS
    CASE WHEN form <= 2 THEN try_cast(x AS TIMESTAMP)
         WHEN form != 4 THEN wh_utc(x)
         WHEN p.day != '' THEN wh_utc(wh_time_of_parts(p)) END;
CREATE OR REPLACE MACRO wh_moment(x, form, p) AS
    CASE WHEN form <= 2 THEN try_cast(x AS TIMESTAMP)
         WHEN form = 3 THEN wh_utc(x)
         WHEN form = 5 THEN date_trunc('second', wh_utc(x))
         WHEN p.day != '' THEN date_trunc('second', wh_utc(wh_time_of_parts(p))) END;
CREATE OR REPLACE MACRO wh_is_local(form, p) AS CASE WHEN form = 4 THEN p.zone = '' ELSE form = 2 END;
CREATE OR REPLACE MACRO wh_date(x) AS
    CASE WHEN starts_with(x, '0000') THEN NULL
         WHEN x LIKE '____-__-__' THEN try_cast(x AS DATE)
         WHEN x LIKE '____-__-___00:00%' AND x[11] IN ('T', ' ')
              AND (strlen(x) = 16 OR x[17:19] = ':00' AND rtrim(x[20:], '0') IN ('', '.')
                   OR regexp_full_match(x[17:], '{cells.MIDNIGHT}'))
         THEN try_cast(left(x, 10) AS DATE) END;
{cells.MACROS}"""
PARSERS: dict[str, str] = {
    "integer": "wh_integer",
    "decimal": "wh_number",
    "boolean": "wh_boolean",
    "date": "wh_date",
}


def _one_of(values: Iterable[str]) -> str:
    """The type of texts out of a list, which is text again where a table is read, and is written quicker."""
    return f"ENUM({', '.join(map(quoted, values))})"


def constant(text: str) -> str:
    """SQL of what every row says."""
    return f"{quoted(text)}::{_one_of([text])}"


def value_of(column: Column) -> str:
    """SQL of a column's value from its trimmed text; null where it cannot be read."""
    raw = f'f."{column.name}"'
    if column.values:
        return f"try_cast({raw} AS {_one_of(column.values)})"
    if column == IS_DELETED:
        return f"coalesce(wh_boolean({raw}), false)"
    if column.type == "timestamp":
        parser = "wh_instant" if column == UPDATED_AT else "wh_moment"
        return f'{parser}({raw}, f."{column.name}__form", f."{column.name}__parts")'
    return raw if column.type == "string" else f"{PARSERS[column.type]}({raw})"
