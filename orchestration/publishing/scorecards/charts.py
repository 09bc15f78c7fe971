"""The two charts of the scorecards: a trend with its interval, a funnel plot.

Nothing is told by color alone: own points are filled and carry their number, others are hollow, lines differ
in their dashes.

Public: ``Point``, ``trend_chart``, ``draw_trends_ahead``, ``Dot``, ``Funnel``, ``funnel_chart``.

Belongs here: what the charts are made of. Does not belong here: how they are drawn
(``orchestration/publishing/charts.py``), any number's meaning, and words (``words``).
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from orchestration.publishing.charts import MARK, OWN, PAPER, SOFT, Choice, Drawing

if TYPE_CHECKING:
    from orchestration.publishing.charts import Description

_STEPS: Final = 60
_LEAST_SHARE, _LEAST_COUNT = 0.1, 4
_OWN_DOTS: Final = "own"
# Of the months that pages are written for.
_FUNNELS_KEPT: Final = 8

Dot = tuple[int, float]
"""A denominator and its rate."""


@dataclass(frozen=True)
class Point:
    """A month, by any day of it, and its value; None where there is nothing to show."""

    month: date
    value: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None


@dataclass(frozen=True)
class Funnel:
    """The middle of a funnel plot and its limits in standard deviations."""

    middle: float
    inner_deviations: float
    outer_deviations: float


def trend_chart(points: Sequence[Point], label: str, *, is_share: bool) -> Markup:
    """A line over months with bands for intervals and a dashed line for the reference.

    Args:
        points: in the order of the months.
        label: what the chart says, in words.
        is_share: whether values are shares of 1.
    """
    if all(point.value is None for point in points):
        return Markup("")
    return (_SHARES if is_share else _COUNTS)(label, points=_trend_rows(points))


def _trend_rows(points: Sequence[Point]) -> list[dict[str, Any]]:
    last = max(place for place, point in enumerate(points) if point.value is not None)
    return [
        {
            "month": f"{point.month:%Y-%m}",
            "value": point.value,
            "low": point.low,
            "high": point.high,
            "reference": point.reference,
            "is_last": place == last,
        }
        for place, point in enumerate(points)
    ]


def draw_trends_ahead(many: Sequence[Sequence[Point]], *, is_share: bool) -> None:
    """Draw trends that pages ask for later, many at a time.

    Args:
        many: the points of each, as ``trend_chart`` takes them.
        is_share: whether values are shares of 1.
    """
    shown = [points for points in many if any(point.value is not None for point in points)]
    (_SHARES if is_share else _COUNTS).draw_ahead("points", [_trend_rows(points) for points in shown])


def funnel_chart(dots: Collection[Dot], own: Collection[Dot], funnel: Funnel, label: str) -> Markup:
    """Rates over their denominators within the limits that chance alone keeps to.

    Args:
        dots: all of them; those of one place are one dot.
        own: those of ``dots`` that are filled.
        funnel: the middle and the limits.
        label: what the chart says, in words.
    """
    if not dots:
        return Markup("")
    places = tuple(sorted(set(dots)))
    return _funnel_of(places, funnel)(label, [at for at, place in enumerate(places) if place in own])


@lru_cache(maxsize=_FUNNELS_KEPT)
def _funnel_of(places: tuple[Dot, ...], funnel: Funnel) -> Choice:
    """The plot that all pages of a month share; which dots are a page's own is its choice."""
    most = max(10, *(count for count, _ in places)) * 1.05
    # High enough for the highest rate, and for the upper limits where there are most patients.
    reach = funnel.middle + funnel.outer_deviations * _spread(funnel.middle) / math.sqrt(most)
    top = min(1.0, max(_LEAST_SHARE, reach, *(rate for _, rate in places)) * 1.05)
    return _FUNNEL.choose(
        _OWN_DOTS,
        dots=[{"count": count, "rate": rate} for count, rate in places],
        limits=[
            {"count": count, "rate": rate, "line": f"{name}{sign}", "kind": name}
            for name, deviations in (("inner", funnel.inner_deviations), ("outer", funnel.outer_deviations))
            for sign in (1, -1)
            for count, rate in _limit(funnel.middle, sign * deviations, most, top)
        ],
        middle=[{"rate": funnel.middle}],
    )


def _spread(middle: float) -> float:
    return math.sqrt(middle * (1 - middle))


def _limit(middle: float, deviations: float, most: float, top: float) -> Iterator[tuple[float, float]]:
    """The places of a limit that lie in the picture; none where nobody, or everybody, is referred."""
    spread = _spread(middle)
    for step in range(1, _STEPS + 1) if spread else ():
        count = most * (step / _STEPS) ** 2
        rate = middle + deviations * spread / math.sqrt(count)
        if 0 <= rate <= top:
            yield round(count, 3), round(rate, 5)


def _trend(form: str, least: float) -> "Description":
    import altair as alt

    month = alt.X(
        "month:O",
        title=None,
        axis=alt.Axis(
            labelAngle=0,
            labelExpr="[monthAbbrevFormat(toNumber(slice(datum.value, 5)) - 1),"
            " datum.index == 0 || slice(datum.value, 5) == '01' ? slice(datum.value, 0, 4) : '']",
        ),
    )
    axis = alt.Axis(format=form, tickCount=4)
    base = alt.Chart(alt.NamedData("points")).encode(x=month)
    value = alt.Y("value:Q", title=None, axis=axis)
    last = base.transform_filter("datum.is_last")
    return alt.layer(
        # Unseen: the axis reaches this far at least.
        last.mark_point(opacity=0).encode(y=alt.datum(least)),
        base.mark_rule(color=OWN, opacity=0.22, strokeWidth=8).encode(
            y=alt.Y("low:Q", title=None, axis=axis), y2="high:Q"
        ),
        base.mark_line(color=SOFT, strokeDash=[7, 5], strokeWidth=1.8).encode(
            y=alt.Y("reference:Q", title=None, axis=axis)
        ),
        base.mark_line(color=OWN, strokeWidth=2.5).encode(y=value),
        base.mark_circle(color=OWN, opacity=1, size=64).encode(y=value),
        last.mark_text(align="left", dx=9, fontWeight="bold", color=OWN).encode(
            y=value, text=alt.Text("value:Q", format=form)
        ),
    )


def _funnel() -> "Description":
    import altair as alt

    def at(field: str, **given: Any) -> alt.Y:
        return alt.Y(field, title=None, axis=alt.Axis(format=".0%", tickCount=4), **given)

    count = alt.X("count:Q", title="likely-eligible patients seen", axis=alt.Axis(tickCount=5, format=",.0f"))
    middle = alt.Chart(alt.NamedData("middle"))
    limits = alt.Chart(alt.NamedData("limits")).mark_line(color=MARK, strokeWidth=1.8)
    dots = alt.Chart(alt.NamedData("dots")).encode(x=count, y=at("rate:Q"))
    return alt.layer(
        # Unseen: the axes begin at nought and reach this far at least.
        middle.mark_point(opacity=0).encode(x=alt.datum(0), y=alt.datum(_LEAST_SHARE)),
        limits.encode(
            x=count,
            y=at("rate:Q", scale=alt.Scale(zero=True)),
            detail="line:N",
            strokeDash=alt.StrokeDash(
                "kind:N", legend=None, scale=alt.Scale(domain=["inner", "outer"], range=[[1, 0], [2, 4]])
            ),
        ),
        middle.mark_rule(color=SOFT, strokeDash=[7, 5], strokeWidth=1.8).encode(y=at("rate:Q")),
        dots.mark_circle(fill=PAPER, stroke=SOFT, strokeWidth=1.5, opacity=1, size=52),
        # Every dot once more, larger, over the hollow one: a page shows those that are its own.
        dots.mark_circle(fill=OWN, stroke=PAPER, strokeWidth=1.5, opacity=1, size=160).properties(
            name=_OWN_DOTS
        ),
    )


_SHARES: Final = Drawing(lambda: _trend(".0%", _LEAST_SHARE))
_COUNTS: Final = Drawing(lambda: _trend(",.0f", _LEAST_COUNT))
_FUNNEL: Final = Drawing(_funnel, margins={"left": 48, "right": 16, "top": 14, "bottom": 42})
