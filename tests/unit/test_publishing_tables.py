"""Tables of figures: text stays text, heads are told aloud, and no other style sheet comes along."""

import re
import warnings
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from orchestration.publishing.tables import Column, drawn_table, figures_table

COLUMNS = [
    Column("name", "Measure"),
    Column("now", "This month", is_number=True),
    Column("link", "Page", is_markup=True),
]
ROWS = [
    {"name": "<b>Seen</b> & sent", "now": "12%", "link": Markup('<a href="a.html">open</a>')},
    {"name": "Came", "now": "1 < 2", "link": "none"},
]


def _table(caption: str = "What & how") -> ElementTree.Element:
    return ElementTree.fromstring(str(figures_table("care", 'Care "now"', COLUMNS, ROWS, caption)))  # noqa: S314


def test_values_are_text_and_elements_only_where_the_column_says_so() -> None:
    cells = ["".join(cell.itertext()) for row in _table().iter("tr") for cell in row]
    assert cells == [
        "What & how", "Measure", "This month", "Page",
        "<b>Seen</b> & sent", "12%", "open", "Came", "1 < 2", "none",
    ]  # fmt: skip
    assert [link.get("href") for link in _table().iter("a")] == ["a.html"]


def test_a_table_is_a_named_region_that_the_keyboard_reaches_and_every_cell_has_its_heads() -> None:
    region = _table()
    assert region.attrib == {"class": "scroll", "role": "region", "aria-label": 'Care "now"', "tabindex": "0"}
    heads = {head.get("id") for head in region.iter("th")}
    assert {head.get("scope") for head in region.iter("th")} == {"col", "row"}
    for cell in region.iter("td"):
        if cell.get("headers"):
            assert set(str(cell.get("headers")).split()) <= heads
    assert all(str(element.get("id")).startswith("care-") for element in region.iter() if element.get("id"))
    assert _table("").find(".//td[@id]") is None


def test_it_brings_no_style_and_no_script_and_says_nothing_to_the_console() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = str(figures_table("care", "Care", COLUMNS, ROWS))
    assert not re.findall(r"<style|<script|style=|https?:|url\(", made)


def test_figures_are_aligned_at_the_right() -> None:
    classes = {"".join(cell.itertext()): cell.get("class", "") for cell in _table().iter("td")}
    assert "gt_right" in str(classes["12%"]) and "gt_left" in str(classes["open"])


def test_a_table_without_rows_has_its_heads() -> None:
    made = figures_table("care", "Care", COLUMNS, [])
    assert made.count("<th ") == 3 and "<td" not in made


@pytest.mark.parametrize("caption", ["", "What & how"])
@pytest.mark.parametrize("count", [0, 1, 2, 13])
def test_a_table_from_its_form_is_the_one_that_great_tables_makes(count: int, caption: str) -> None:
    odd = "care-stub-1 \"quoted\" & 'single' {x} **b** é \n <i>"
    rows = [{"name": f"{odd}{row}", "now": odd, "link": Markup("<a>é</a>")} for row in range(count)]
    made = str(figures_table("care", "Care", COLUMNS, rows, caption))
    assert drawn_table("care", COLUMNS, rows, caption) in made
