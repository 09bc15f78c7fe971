"""Cells of tables as people and their tools export them, and rows that are no rows.

Belongs here: marks for nothing and around a value, headers and footers within a file, ids that a spreadsheet
has rounded.
Does not belong here: reading files, and what a value means (``door.py``).
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from orchestration.feeds.contract import Column, Feed
from orchestration.feeds.lake import quoted

BLANKS: Final = " \t\r\n\v\f\u00a0"
"""What is blank around a value, whatever the format."""

UNSEEN: Final = "\u200b\u200e\u200f\u202f\u2060\ufeff"
"""What nobody sees around a cell besides: a byte order mark stands where files were put behind each other."""

NULLS: Final = ("\\N", "NULL", "null", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]")
"""What databases write for a value that is not there."""

NO_NUMBER: Final = (*NULLS, ".")
"""What is neither a number nor a date; the point is SAS's."""

NO_WORD: Final = (*NULLS, "N/A", "#N/A", "<NA>", "NaN", "nan", "NaT", "None")
"""What is no word either: what programs of statistics and spreadsheets write for nothing."""

MIDNIGHT: Final = r"(?::00(?:[.,]0+)?)? ?(?:[Zz]|UTC|[+-]\d\d(?::?\d\d)?)"
"""What may stand behind midnight in a date that was made into an instant."""

LEADS_TO: Final = "id"
"""The column of the crosswalk that has the warehouse's own id."""

NO_ID: Final = ("-1", "-2", "-3")
"""The keys of Epic's Caboodle for who is not stated, not applicable or unknown, in each of its tables."""

LONGEST: Final = max(map(len, NO_WORD))
NAMES: Final = "_name"
"""Ending of the columns of names, which may be any word: Null is a family name."""

_FORMULA: Final = (
    """starts_with(x, '="') AND ends_with(x, '"') AND strlen(x) > 2 THEN nullif(trim(x[3:-2]), '')"""
)
_ENDS_UNSEEN: Final = " OR ".join(
    f"ends_with(x, {quoted(sign)})" for sign in BLANKS + UNSEEN if not sign.isascii()
)


def _one_of(words: tuple[str, ...]) -> str:
    return f"strlen(x) <= {LONGEST} AND x IN ({', '.join(map(quoted, words))}) THEN NULL"


MACROS: Final = f"""
CREATE OR REPLACE MACRO wh_trim_unseen(x) AS
    CASE WHEN wh_is_padded(x) OR x > '\x7f' OR {_ENDS_UNSEEN}
         THEN nullif(trim(x, {quoted(BLANKS + UNSEEN)}), '') ELSE x END;
CREATE OR REPLACE MACRO wh_cell_of_name(x) AS CASE WHEN {_FORMULA} ELSE x END;
CREATE OR REPLACE MACRO wh_cell_of_value(x) AS CASE WHEN {_one_of(NO_NUMBER)} WHEN {_FORMULA} ELSE x END;
CREATE OR REPLACE MACRO wh_cell_of_text(x) AS CASE WHEN {_one_of(NO_WORD)} WHEN {_FORMULA} ELSE x END;
CREATE OR REPLACE MACRO wh_cell_of_id(x) AS CASE WHEN {_one_of(NO_ID)} ELSE wh_cell_of_text(x) END;
"""
HEADER_LINE: Final = "header_line"
FOOTER_LINE: Final = "footer_line"
TOTALS: Final = ("total", "totals", "subtotal", "grandtotal", "eof")
FOOTER: Final = (
    r"(?:grand |sub[- ]?)?totals?(?: (?:records?|rows?|count|number|of)\b.*| ?[:=].*| [0-9][0-9,]*)?"
    r"|(?:records?|rows?) ?counts?\b.*|\(?[0-9,]+ (?:rows?|records?)\b.*|page [0-9]+ of [0-9]+"
    r"|[-=* ]*end of (?:report|file|data|export|list)\b.*|#+ .*"
    r"|(?:report |data )?(?:generated|exported|printed|created|run) (?:on|by|at|date)\b.*"
    r"|(?:ora|sp2|pls|tns)-[0-9]{4,5}: .*|msg [0-9]+, level [0-9]+.*|sql> .*|error: .*"
)
"""What reports and databases write below their rows, in small letters."""

ROUNDED: Final = r"-?[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}"
"""A long number as spreadsheets show it: its last digits are gone."""

FAILED: Final = r"#+|#[^a-z0-9 ][^a-z ]*[!?]"
"""What spreadsheets of any language write for what cannot be worked out, or is too wide for its column."""


class Cells(NamedTuple):
    """Rows whose cells have been read.

    Attributes:
        relation: SQL that gives the number of each row and its cells.
        columns: the SQL expression of each contract column over ``relation``.
        site: the same for the site's own columns.
    """

    relation: str
    columns: dict[str, str]
    site: dict[str, str]


def read_cells(
    feed: Feed, relation: str, row: str, columns: Mapping[str, str], site: Mapping[str, str], trim: str
) -> Cells:
    """Read each cell as what was meant by it, once for all that looks at it.

    Args:
        feed: the contract.
        relation: SQL of the rows as text, ``r``.
        row: the column of a row's number.
        columns: the SQL expression of each contract column.
        site: the same for the site's own columns.
        trim: the macro that turns a field into a trimmed value, blank into null.

    Returns:
        The rows without marks for nothing, and without what stands around a value.
    """
    sources = [*columns.items(), *site.items()]
    trimmed = [f"{trim}({source}) AS cell{place}" for place, (_, source) in enumerate(sources)]
    kinds = [_kind(feed, feed.column(name)) for name in columns] + ["name"] * len(site)
    read = [f"wh_cell_of_{kind}(r.cell{place}) AS cell{place}" for place, kind in enumerate(kinds)]
    for step in (trimmed, read):
        relation = f"SELECT {', '.join([row, *step])} FROM ({relation}) AS r"  # noqa: S608
    places = [f"r.cell{place}" for place in range(len(sources))]
    return Cells(
        relation,
        dict(zip(columns, places, strict=False)),
        dict(zip(site, places[len(columns) :], strict=True)),
    )


def _kind(feed: Feed, column: Column) -> str:
    """Which words are nothing in a column."""
    if column.name.endswith(NAMES):
        return "name"
    if is_id(feed, column):
        return "id"
    return "text" if column.type == "string" and not column.values else "value"


def is_id(feed: Feed, column: Column) -> bool:
    """Whether a column names a row: of its own feed, of another one, or whom a row of the crosswalk leads to.

    Args:
        feed: the contract.
        column: one of its columns.
    """
    names_a_row = column.ref is not None or column.name in (*feed.key, LEADS_TO)
    return names_a_row and column.type == "string" and not column.values


def no_rows(text: str, name: str) -> Iterator[tuple[str, str]]:
    """SQL of whether a row is none, with the reason that it then has.

    Args:
        text: SQL of the text in the first column of the key.
        name: of that column.
    """
    may_be = f"contains({text}, ' ') OR contains({text}, ':')"
    is_remark = f"({may_be}) AND regexp_full_match(lower({text}), {quoted(FOOTER)})"
    is_total = f"lower({text}) IN ({', '.join(map(quoted, TOTALS))})"
    yield f"coalesce({is_total} OR ({is_remark}), false)", FOOTER_LINE
    is_rule = f"starts_with({text}, '--') AND ltrim({text}, '-') = ''"
    yield f"coalesce(lower({text}) = {quoted(name)} OR ({is_rule}), false)", HEADER_LINE


def no_ids(text: str, name: str) -> Iterator[tuple[str, str]]:
    """SQL of whether an id is nobody's, with the reason that its row then has; null where there is none.

    A spreadsheet rounds long numbers, and writes the same word into each cell that it cannot work out.

    Args:
        text: SQL of the id.
        name: of its column.
    """
    rounded = f"CASE WHEN contains({text}, '+') THEN regexp_full_match({text}, {quoted(ROUNDED)}) END"
    yield rounded, f"rounded_number:{name}"
    failed = f"CASE WHEN starts_with({text}, '#') THEN regexp_full_match({text}, {quoted(FAILED)}) END"
    yield failed, f"failed_formula:{name}"
