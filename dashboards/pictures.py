"""The six pictures: which query each one shows, and how it is drawn.

Belongs here: charts, and what is said where there is nothing to draw. Does not belong here: opening the marts
(``published``), the page (``app``). No picture tells by color alone: each mark carries its number in words.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from dashboards.published import Choice

BLUE = "#0072b2"
VERMILION = "#d55e00"
BAND = "#d5dbe3"
INK = "#1f2933"
MUTED = "#52606d"
# From light to dark, so that they also differ in gray.
CADENCE = {"1-2 weeks": "#a9d3ee", "3-4 weeks": "#4a98c9", "5+ weeks": "#08437a"}
SMALLEST_LABELED_SHARE = 0.08
LOWEST, FRAME, ROW = 270, 90, 14  # pixels: of a picture, of what stands around its rows, of the thinnest row
THICKEST_BAR = 26
ROOM_FOR_LABELS = 1.8
NARROW = 300  # pixels: of a plot that has no room for more than a number and a word
# Names of points that are nearer to each other than this share of the higher one would meet.
NEAR = 0.15

Draw = Callable[[pd.DataFrame, Choice], alt.LayerChart]


@dataclass(frozen=True)
class Picture:
    """One chart. ``missing`` ends the sentence "Nothing to show: there is no ..." of an empty query."""

    query: str
    missing: str
    draw: Draw


def penetration(frame: pd.DataFrame, choice: Choice) -> alt.LayerChart:
    """Share of each team's panel that a BHC saw within a year, over the target band."""
    label = [
        (f"{row['penetration']:.1%}", f" ({row['patients_seen']:,.0f} of {row['panel_patients']:,.0f})")
        for row in _rows(frame)
    ]
    return _against_target(
        _labeled(frame, label),
        ("team_name", "penetration", ".0%"),
        f"Penetration by team, {choice.month:%B %Y}",
        "Share of the panel that a BHC saw in the year to the end of the month",
    )


def unique_patients_per_day(frame: pd.DataFrame, choice: Choice) -> alt.LayerChart:
    """Distinct patients a clinic day of each BHC, over the target band."""
    label = [
        (f"{row['patients_per_day']:.1f}", f" on {_count(row['clinic_days'], 'clinic day')}")
        for row in _rows(frame)
    ]
    return _against_target(
        _labeled(frame, label),
        ("bhc_name", "patients_per_day", ".0f"),
        f"Unique patients a day by BHC, {choice.month:%B %Y}",
        "Distinct patients a clinic day, on average; all BHCs, whichever team is chosen",
    )


def caseload(frame: pd.DataFrame, choice: Choice) -> alt.LayerChart:
    """Active patients a full-time care manager of each team, over the guideline of its tier."""
    label = [
        (
            f"{row['patients_per_fte']:,.0f}",
            f" ({row['active_patients']:,.0f} for {row['care_manager_fte']:,.2f} FTE)",
        )
        for row in _rows(frame)
    ]
    return _against_target(
        _labeled(frame, label),
        ("team_name", "patients_per_fte", ",.0f"),
        f"Caseload against guideline by team, {choice.month:%B %Y}",
        "Active collaborative care patients for each full-time care manager",
    )


def followup_cadence(frame: pd.DataFrame, choice: Choice) -> alt.LayerChart:
    """Shares of the return visits by the weeks since the visit before, a bar a team."""
    bands = list(CADENCE)
    shown = frame.assign(
        place=[bands.index(band) for band in frame["band"]],
        label=[f"{share:.0%}" if share >= SMALLEST_LABELED_SHARE else "" for share in frame["share"]],
        ink=["#ffffff" if band == bands[-1] else INK for band in frame["band"]],
        visits=[_count(number, "visit") for number in frame["all_return_visits"]],
    )
    base = alt.Chart(shown).encode(
        y=alt.Y("team_name:N", title=None),
        x=alt.X(
            "share:Q",
            stack="zero",
            title=None,
            axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
            scale=alt.Scale(domain=[0, 1.2]),
        ),
        order=alt.Order("place:Q"),
        tooltip=[
            alt.Tooltip("team_name:N", title="Team"),
            alt.Tooltip("band:N", title="Since the visit before"),
            alt.Tooltip("return_visits:Q", title="Return visits", format=",.0f"),
            alt.Tooltip("share:Q", title="Share", format=".0%"),
        ],
    )
    bars = base.mark_bar(stroke="#ffffff", size=_thickness(frame["team_name"].nunique())).encode(
        color=alt.Color(
            "band:N",
            title="Weeks",
            scale=alt.Scale(domain=bands, range=list(CADENCE.values())),
            legend=alt.Legend(
                orient="top", titleOrient="left", labelExpr="replace(datum.label, ' weeks', '')"
            ),
        )
    )
    middles = alt.X("share:Q", stack="zero", bandPosition=0.5)
    labels = base.mark_text().encode(x=middles, text="label:N", color=alt.Color("ink:N", scale=None))
    last = base.transform_filter(alt.datum.band == bands[0]).transform_calculate(
        shown=f"width < {NARROW} ? datum.all_return_visits : datum.visits"
    )
    at_end = last.mark_text(align="left", dx=6, color=INK).encode(x=alt.datum(1), text="shown:N")
    return _finish(
        bars + labels + at_end,
        frame["team_name"].nunique(),
        f"Follow-up cadence by team, the year to {choice.month:%B %Y}",
        "Return visits to a BHC by the weeks since the visit before",
    )


def minutes_by_disposition(frame: pd.DataFrame, choice: Choice) -> alt.LayerChart:
    """Minutes of the service month by what became of them, the credited ones in another color."""
    total = int(frame["minutes"].sum())
    credited = int(frame.loc[frame["is_credited"], "minutes"].sum())
    shown = frame.assign(
        row=[name.replace("_", " ") for name in frame["disposition"]],
        label=[
            f"{row['minutes']:,} min, {_count(row['entries'], 'entry', 'entries')}" for row in _rows(frame)
        ],
        short=[f"{row['minutes']:,} min" for row in _rows(frame)],
    )
    widest = int(frame["minutes"].max()) * ROOM_FOR_LABELS
    base = alt.Chart(shown).encode(
        y=alt.Y("row:N", title=None, sort=list(shown["row"])),
        x=alt.X(
            "minutes:Q",
            title=None,
            axis=alt.Axis(format=",.0f", tickCount=5),
            scale=alt.Scale(domain=[0, widest]),
        ),
        tooltip=[alt.Tooltip("row:N", title="Disposition"), alt.Tooltip("sentence:N", title="It means")],
    )
    bars = base.mark_bar(size=_thickness(len(shown))).encode(
        color=alt.condition("datum.is_credited", alt.value(BLUE), alt.value(VERMILION))
    )
    labels = _that_fits(base).mark_text(align="left", dx=6, color=INK).encode(text="shown:N")
    share = f" ({credited / total:.0%})" if total else ""
    return _finish(
        bars + labels,
        len(frame),
        f"Credited minutes by disposition, {choice.month:%B %Y}",
        f"{credited:,} of {total:,} minutes of the care team are credited{share}",
    )


def expected_revenue(frame: pd.DataFrame, choice: Choice) -> alt.LayerChart:
    """Dollars expected from what was done since the target's start, beside an even pace and the target."""
    months = [f"{month:%b %Y}" for month in frame["month"]]
    amount = float(frame["target_amount_usd"].iloc[0])
    projected = frame["projected_usd"].dropna()
    label = [
        f"${row['expected_usd']:,.0f} expected" if row["month"].date() == choice.month else ""
        for row in _rows(frame)
    ]
    ends = [(amount, f"Target ${amount:,.0f}")] + [
        (float(usd), f"Projected ${usd:,.0f}") for usd in projected
    ]
    end = pd.DataFrame(ends, columns=["usd", "label"]).assign(row=months[-1])
    highest = end["usd"].max()
    end["is_below"] = (end["usd"] < highest) & (end["usd"] > highest * (1 - NEAR))
    row = alt.X("row:N", title=None, sort=months, axis=alt.Axis(labelAngle=-45))
    dollars = alt.Axis(format="$,.0f")
    base = alt.Chart(frame.assign(row=months, label=label)).encode(x=row)
    expected = alt.Y("expected_usd:Q", title=None, axis=dollars)
    bars = base.mark_bar(color=BLUE).encode(y=expected)
    number = base.mark_text(dy=-8, dx=-4, align="right", color=INK).encode(y=expected, text="label:N")
    pace = base.mark_line(color=MUTED, strokeDash=[5, 4]).encode(y="even_pace_usd:Q")
    at_end = alt.Chart(end).encode(x=row, y="usd:Q")
    marks = at_end.mark_point(shape="diamond", filled=True, size=90, color=VERMILION, opacity=1)
    layers: alt.LayerChart = bars + pace + number + marks
    for is_below, dy in ((False, -14), (True, 20)):
        named = end[end["is_below"] == is_below]
        if not named.empty:
            name = alt.Chart(named).mark_text(align="right", dx=6, dy=dy, color=INK)
            layers += name.encode(x=row, y="usd:Q", text="label:N")
    return _finish(
        layers,
        1,
        f"Expected revenue against target {frame['target_id'].iloc[0]}, to {choice.month:%B %Y}",
        "Adds up from the target's start; the dashed line is an even pace to it",
    )


PICTURES = (
    Picture("penetration", "team with a panel in this month", penetration),
    Picture("unique_patients_per_day", "clinic day of a BHC in this month", unique_patients_per_day),
    Picture("followup_cadence", "return visit to a BHC in the year to this month", followup_cadence),
    Picture("caseload", "team with staffed care managers in this month", caseload),
    Picture("minutes_by_disposition", "time entry in this month", minutes_by_disposition),
    Picture("expected_revenue", "financial target for this choice of team and month", expected_revenue),
)


def _against_target(
    frame: pd.DataFrame, shown: tuple[str, str, str], title: str, subtitle: str
) -> alt.LayerChart:
    """A bar a row from 0, before a wider and lighter bar from ``target_low`` to ``target_high``.

    ``shown`` is the column of the rows' names, the column of their numbers, and the numbers' format.
    """
    row, value, form = shown
    widest = (float(frame[[value, "target_high"]].max().max()) or 1) * ROOM_FOR_LABELS
    axis = alt.Axis(format=form, tickCount=5)
    base = alt.Chart(frame).encode(y=alt.Y(f"{row}:N", title=None))
    band = (
        base.transform_filter("isValid(datum.target_low) && isValid(datum.target_high)")
        .mark_bar(color=BAND, size=_thickness(len(frame)))
        .encode(
            x=alt.X("target_low:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, widest])),
            x2="target_high:Q",
        )
    )
    bars = base.mark_bar(color=BLUE, size=_thickness(len(frame)) / 2).encode(
        x=alt.X(f"{value}:Q", title=None)
    )
    labels = (
        _that_fits(base)
        .mark_text(align="left", dx=6, color=INK)
        .encode(x=alt.X(f"{value}:Q", title=None), text="shown:N")
    )
    return _finish(band + bars + labels, len(frame), title, subtitle)


def _labeled(frame: pd.DataFrame, numbers: list[tuple[str, str]]) -> pd.DataFrame:
    """Each row's number beside its target, with and without what it is made of."""
    besides = [_beside(status) for status in frame["target_status"]]
    return frame.assign(
        label=[number + more + beside for (number, more), beside in zip(numbers, besides, strict=True)],
        short=[number + beside for (number, _), beside in zip(numbers, besides, strict=True)],
    )


def _that_fits(base: alt.Chart) -> alt.Chart:
    """Label the marks in short where the plot is narrow, as on a phone."""
    return base.transform_calculate(shown=f"width < {NARROW} ? datum.short : datum.label")


def _finish(chart: alt.LayerChart, rows: int, title: str, subtitle: str) -> alt.LayerChart:
    """The same title, type and size for all, and a description for screen readers."""
    finished: alt.LayerChart = (
        chart.properties(
            height=_height(rows),
            description=f"{title}. {subtitle}.",
            title=alt.TitleParams(title, subtitle=subtitle, anchor="start", frame="bounds", offset=12),
        )
        .configure(font="Source Sans, Segoe UI, Helvetica, Arial, sans-serif")
        .configure_title(fontSize=17, subtitleFontSize=13, color=INK, subtitleColor=MUTED)
        .configure_axis(labelFontSize=12, labelColor=INK, labelLimit=240, grid=False, domain=False)
        .configure_text(fontSize=12)
        .configure_legend(labelFontSize=12, labelColor=INK, titleFontSize=12, titleColor=INK)
        .configure_view(stroke=None)
    )
    return finished


def _rows(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    rows: list[dict[Hashable, Any]] = frame.to_dict("records")
    return rows


def _thickness(rows: int) -> float:
    """Of a bar in pixels, with a fifth of its row left free."""
    return min(THICKEST_BAR, 0.8 * (_height(rows) - FRAME) / rows)


def _height(rows: int) -> int:
    """Of a picture in pixels, so that many teams stay readable."""
    return max(LOWEST, FRAME + rows * ROW)


def _beside(status: object) -> str:
    """``, below target`` and the like; nothing where no target is set."""
    return f", {status}" if status in ("below", "within", "above") else ""


def _count(number: float, one: str, many: str | None = None) -> str:
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"
