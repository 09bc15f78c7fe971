"""Tables of figures in the pages: Great Tables makes them, the page's style sheet gives them its look.

Great Tables sets the heads, the scopes and the ids that a screen reader follows, and writes all values out as
text. The style sheet of its own that it puts before each table is left out: a page has one. A table takes it
milliseconds, and pages by the thousand have tables of the same columns: it makes one of each form, and the
values of the others are written out in its places.

Public: ``Column``, ``figures_table``.

Belongs here: how rows become a table. Does not belong here: which rows, and words (``scorecards/words.py``).
"""

import html
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

# Stands around a place in a form; no text of the project and no element has it.
_EDGE: Final = "\ue000"
_CAPTION, _NUMBER = "caption", "number"


@dataclass(frozen=True)
class Column:
    """A column: its field, its head, whether it holds figures, and whether elements instead of text."""

    field: str
    title: str
    is_number: bool = False
    is_markup: bool = False


def figures_table(
    name: str, title: str, columns: Sequence[Column], rows: Sequence[Mapping[str, str]], caption: str = ""
) -> Markup:
    """Make a table that can be scrolled where it is wider than the page.

    Args:
        name: of the table in its page, of letters and hyphens; the ids of its heads begin with it.
        title: what it is called aloud.
        columns: the first one names the rows.
        rows: texts by field; values of a markup column are elements already.
        caption: what one should know to read it; none if empty.

    Returns:
        A region that holds the table.
    """
    form = _form_of(name, tuple(columns), bool(caption), bool(rows))
    values = {f"{place}": column for place, column in enumerate(columns)}
    body = [_filled(form.before, {_CAPTION: str(escape(caption))})]
    for number, row in enumerate(rows, start=1):
        texts = {place: _text_of(row[column.field], column) for place, column in values.items()}
        body.append(_filled(form.row, {**texts, _NUMBER: str(number)}))
    return Markup(  # noqa: S704
        f'<div class="scroll" role="region" aria-label="{escape(title)}" tabindex="0">'
        f"{''.join(body)}{form.after}</div>"
    )


@dataclass(frozen=True)
class _Form:
    """A table's text before its rows, of one row and behind them; every second piece is a place's name."""

    before: Sequence[str]
    row: Sequence[str]
    after: str


@lru_cache(maxsize=256)
def _form_of(name: str, columns: tuple[Column, ...], has_caption: bool, has_rows: bool) -> _Form:
    """Make a table of places instead of values, and take it apart."""
    first = {column.field: _place(str(place)) for place, column in enumerate(columns)}
    made = drawn_table(name, columns, [first] if has_rows else [], _place(_CAPTION) if has_caption else "")
    end = made.rindex("</tbody>")
    start = made.index("\n", made.index("<tbody")) + 1 if has_rows else end
    row = made[start:end].replace(f"{name}-stub-1", f"{name}-stub-{_place(_NUMBER)}")
    return _Form(made[:start].split(_EDGE), row.split(_EDGE), made[end:])


def _place(name: str) -> str:
    return f"{_EDGE}{name}{_EDGE}"


def _filled(pieces: Sequence[str], values: Mapping[str, str]) -> str:
    return "".join(values[piece] if at % 2 else piece for at, piece in enumerate(pieces))


def _text_of(value: str, column: Column) -> str:
    return str(value) if column.is_markup else html.escape(str(value))


def drawn_table(name: str, columns: Sequence[Column], rows: Sequence[Mapping[str, str]], caption: str) -> str:
    """Have Great Tables make a whole table, and return its element."""
    import pyarrow as pa
    from great_tables import GT
    from great_tables import html as as_markup

    data = {column.field: [str(row[column.field]) for row in rows] for column in columns}
    with warnings.catch_warnings():
        # It reads Arrow for three years; as pandas the same table takes three times as long.
        warnings.filterwarnings("ignore", "PyArrow Table support", UserWarning)
        table = GT(pa.table(data), rowname_col=columns[0].field, id=name)
    table = table.tab_stubhead(columns[0].title)
    table = table.cols_label({column.field: column.title for column in columns[1:]})
    if caption:
        # In an element of its own, so that it wraps where the window ends and not where a wide table does.
        table = table.tab_header(as_markup(f'<span class="caption">{escape(caption)}</span>'))
    for align, is_number in (("left", False), ("right", True)):
        fields = [column.field for column in columns[1:] if column.is_number == is_number]
        if fields:
            table = table.cols_align(align, fields)
    markup = [column.field for column in columns if column.is_markup]
    if markup:
        table = table.fmt(str, columns=markup)
    made: str = table.as_raw_html()
    return made[made.index("<table") : made.rindex("</table>") + len("</table>")]
