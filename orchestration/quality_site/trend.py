"""The picture of an issue's trend: failed rows of each of the last business dates.

Public: ``trend_chart``.

Belongs here: what the chart is made of. Does not belong here: how it is drawn
(``orchestration/publishing/charts.py``), and what an issue is (``issues``).
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from orchestration.publishing.charts import INK, OWN, PAPER, Drawing
from orchestration.quality_site import words
from orchestration.quality_site.issues import TREND_DAYS, Point

if TYPE_CHECKING:
    from orchestration.publishing.charts import Description

_ROOM_FOR_ONE: Final = 1.0


def trend_chart(points: Sequence[Point], as_of: date) -> Markup:
    """Return failed rows of the last ``TREND_DAYS`` business dates as bars.

    A night that did not fail, or was not run, has no bar; one whose rows could not be counted has a full and
    hollow one. The figures stand in the text beside it.
    """
    most = max([_ROOM_FOR_ONE, *(point.failed_rows for point in points if point.failed_rows is not None)])
    nights = words.count_of(len(points), "night")
    label = f"Failed rows of the last {TREND_DAYS} days, {nights} with a failure"
    if points:
        latest = max(points, key=lambda point: point.on)
        label += f"; on {latest.on.isoformat()} {_said(latest)}"
    return _TREND(
        label,
        nights=[
            {
                "day": (point.on - as_of).days,
                "rows": most if point.failed_rows is None else point.failed_rows,
                "is_counted": point.failed_rows is not None,
            }
            for point in points
        ],
        most=[{"rows": most}],
    )


def _said(point: Point) -> str:
    return "it could not be run" if point.failed_rows is None else words.count_of(point.failed_rows, "row")


def _trend() -> "Description":
    import altair as alt

    first = 1 - TREND_DAYS
    day = alt.X(
        "day:Q",
        title=None,
        scale=alt.Scale(domain=[first - 1, 1], nice=False),
        axis=alt.Axis(
            values=[first, first // 3 * 2, first // 3, 0],
            labelExpr="datum.value == 0 ? 'tonight' : -datum.value + ' days ago'",
        ),
    )
    rows = alt.Y("rows:Q", title=None, axis=alt.Axis(tickCount=2, tickMinStep=1, format=",.0f"))
    return alt.layer(
        # Unseen: the axis reaches up to the highest bar.
        alt.Chart(alt.NamedData("most")).mark_point(opacity=0).encode(x=alt.datum(0), y=rows),
        alt.Chart(alt.NamedData("nights"))
        .mark_bar(size=3.2, strokeWidth=0.8)
        .encode(
            x=day,
            y=rows,
            fill=alt.condition("datum.is_counted", alt.value(OWN), alt.value(PAPER)),
            stroke=alt.condition("datum.is_counted", alt.value(OWN), alt.value(INK)),
        ),
    )


_TREND: Final = Drawing(
    _trend, width=480, height=92, margins={"left": 44, "right": 34, "top": 8, "bottom": 24}
)
