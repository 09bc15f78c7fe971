"""Charts as the pages hold them: whole, silent to the network, the same each time, and told in words."""

import re
from xml.etree import ElementTree

import altair as alt
import pytest

from orchestration.publishing.charts import OWN, Drawing


def _bars() -> alt.Chart:
    bars: alt.Chart = alt.Chart(alt.NamedData("nights")).mark_bar(color=OWN)
    return bars.encode(x=alt.X("night:O", title=None), y=alt.Y("rows:Q", title=None))


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
