"""Charts as the pages hold them: whole, silent to the network, the same each time, and told in words."""

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import altair as alt
import pytest

from orchestration.publishing import charts
from orchestration.publishing.charts import OWN, Drawing
from orchestration.publishing.vega import marks_of

if TYPE_CHECKING:
    from orchestration.publishing.charts import Description


def _bars() -> alt.Chart:
    bars = alt.Chart(alt.NamedData("nights")).mark_bar(color=OWN)
    encoded: alt.Chart = bars.encode(x=alt.X("night:O", title=None), y=alt.Y("rows:Q", title=None))
    return encoded


def _dots() -> "Description":
    at = alt.Chart(alt.NamedData("nights")).encode(x=alt.X("night:O", title=None), y=alt.Y("rows:Q"))
    return alt.layer(at.mark_line(), at.mark_circle(color=OWN).properties(name="own"))


BARS = Drawing(_bars, width=300, height=120)
NIGHTS: list[dict[str, object]] = [
    {"night": "Mon", "rows": 4},
    {"night": "Tue", "rows": None},
    {"night": "<Wed>", "rows": 9},
]


def test_a_chart_is_one_element_told_in_words() -> None:
    svg = ElementTree.fromstring(str(BARS('4 rows & "more"', nights=NIGHTS)))  # noqa: S314
    assert svg.attrib == {
        "class": "chart", "viewBox": "0 0 300 120", "role": "img", "aria-label": '4 rows & "more"',
    }  # fmt: skip
    assert [part.get("aria-hidden") for part in svg] == ["true"]
    assert {"Mon", "Tue", "<Wed>"} <= {text for text in svg.itertext()}


def test_a_chart_asks_for_nothing_and_has_no_names_that_meet_another_charts() -> None:
    svg = str(BARS("nights", nights=NIGHTS))
    assert not re.findall(r"<script|<style|<image|url\(|href|\sid=|@import|https?:", svg)


def test_the_same_rows_give_the_same_bytes_and_others_give_others() -> None:
    first = BARS("nights", nights=NIGHTS)
    assert Drawing(_bars, width=300, height=120)("nights", nights=NIGHTS) == first
    assert BARS("nights", nights=NIGHTS[:1]) != first


def test_rows_of_another_name_are_refused() -> None:
    with pytest.raises(KeyError, match="drawn from \\['nights'\\], not from \\['days'\\]"):
        BARS("nights", days=NIGHTS)


def test_what_lies_elsewhere_is_not_fetched() -> None:
    elsewhere = alt.Chart("https://example.invalid/rows.json").mark_bar().encode(x="night:O")
    with pytest.raises(ValueError, match=r"example\.invalid"):
        Drawing(lambda: elsewhere)("nights")


def test_charts_that_are_drawn_together_are_those_that_are_drawn_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = [NIGHTS, NIGHTS[:1], [], NIGHTS[::-1], [{"night": "Mon", "rows": 4_000}], NIGHTS]
    alone = [Drawing(_bars, width=300, height=120)("nights", nights=rows) for rows in many if rows]
    drawing = Drawing(_bars, width=300, height=120)
    monkeypatch.setattr(charts, "_TOGETHER", 3)
    drawing.draw_ahead("nights", many)
    monkeypatch.setattr(charts, "body_of", None)
    assert [drawing("nights", nights=rows) for rows in many if rows] == alone


def test_charts_are_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = Drawing(_bars)
    monkeypatch.setattr(charts, "_KEPT", 2)
    drawing.draw_ahead("nights", [NIGHTS[:1], NIGHTS[:2], NIGHTS])
    monkeypatch.setattr(charts, "body_of", None)
    assert drawing("nights", nights=NIGHTS)
    with pytest.raises(TypeError):
        drawing("nights", nights=NIGHTS[:1])


def test_a_page_shows_its_own_marks_of_a_chart_that_is_drawn_once() -> None:
    rows = [{"night": str(night), "rows": night} for night in range(1, 5)]
    drawing = Drawing(_dots)
    choice = drawing.choose("own", nights=rows)
    assert choice("all", range(4)) == drawing("all", nights=rows)
    whole, none = str(choice("some", range(4))), str(choice("some", []))
    marks = [mark for mark in re.findall(r"<path[^>]*/>", whole) if mark not in none]
    assert len(marks) == 4
    assert [mark for mark in marks if mark in str(choice("some", [3, 1]))] == [marks[1], marks[3]]


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="substring not found"):
        marks_of(str(Drawing(_dots)("dots", nights=NIGHTS[:1])), "other")
