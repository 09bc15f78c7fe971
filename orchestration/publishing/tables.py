"""Tables of figures in the pages: Great Tables makes them, the page's style sheet gives them its look.

Great Tables sets the heads, the scopes and the ids that a screen reader follows, and writes all values out as
text. The style sheet of its own that it puts before each table is left out: a page has one.

Public: ``Column``, ``figures_table``.

Belongs here: how rows become a table. Does not belong here: which rows, and words (``scorecards/words.py``).
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape


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
    import pyarrow as pa
    from great_tables import GT, html

    data = {column.field: [str(row[column.field]) for row in rows] for column in columns}
    with warnings.catch_warnings():
        # It reads Arrow for three years; as pandas the same table takes three times as long.
        warnings.filterwarnings("ignore", "PyArrow Table support", UserWarning)
        table = GT(pa.table(data), rowname_col=columns[0].field, id=name)
    table = table.tab_stubhead(columns[0].title)
    table = table.cols_label({column.field: column.title for column in columns[1:]})
    if caption:
        # In an element of its own, so that it wraps where the window ends and not where a wide table does.
        table = table.tab_header(html(f'<span class="caption">{escape(caption)}</span>'))
    for align, is_number in (("left", False), ("right", True)):
        fields = [column.field for column in columns[1:] if column.is_number == is_number]
        if fields:
            table = table.cols_align(align, fields)
    markup = [column.field for column in columns if column.is_markup]
    if markup:
        table = table.fmt(str, columns=markup)
    made = table.as_raw_html()
    body = made[made.index("<table") : made.rindex("</table>") + len("</table>")]
    return Markup(  # noqa: S704
        f'<div class="scroll" role="region" aria-label="{escape(title)}" tabindex="0">{body}</div>'
    )
