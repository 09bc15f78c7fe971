"""Small charts as inline SVG: a trend with its interval, a funnel plot.

Drawn by hand and not by a chart library, since a night writes some hundred pages and each library call takes
longer than a page; see decision 0081. Nothing is told by color alone: own points are filled, others are
hollow, lines differ in their dashes, and each chart has its content as text.

Public: ``Point``, ``trend_chart``, ``Dot``, ``Funnel``, ``funnel_chart``.

Belongs here: geometry. Does not belong here: any number's meaning, and words (``words``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

_WIDTH: Final = 440
_HEIGHT: Final = 230
_LEFT: Final = 48
_RIGHT: Final = 14
_TOP: Final = 14
_BOTTOM: Final = 40
_EDGE: Final = 40
_STEPS: Final = 60


@dataclass(frozen=True)
class Point:
    """A value at a labelled place of the horizontal axis; None where there is nothing to show."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None


@dataclass(frozen=True)
class Dot:
    """A rate over its denominator."""

    count: int
    rate: float
    is_own: bool = False


@dataclass(frozen=True)
class Funnel:
    """The middle of a funnel plot and its limits in standard deviations."""

    middle: float
    inner_deviations: float
    outer_deviations: float


def trend_chart(points: Sequence[Point], label: str, *, is_share: bool) -> Markup:
    """A line over time with whiskers for intervals and a dashed line for the reference."""
    tops = [one for point in points for one in (point.value, point.high, point.reference) if one is not None]
    if not tops:
        return Markup("")
    top = _round_up(max(tops), is_share=is_share)
    places = [_across(number + 0.5, len(points)) for number in range(len(points))]
    parts = [_grid(top, is_share=is_share)]
    every = max(1, math.ceil(len(points) / 4))
    for number, (place, point) in enumerate(zip(places, points, strict=True)):
        if (len(points) - 1 - number) % every == 0:
            at_edge = place > _WIDTH - _EDGE
            end = "end" if at_edge else "middle"
            parts.append(_text(_WIDTH - 1 if at_edge else place, _HEIGHT - 16, point.label, end))
        if point.low is not None and point.high is not None:
            ends = f"M{place:.1f} {_up(point.low, top):.1f}V{_up(point.high, top):.1f}"
            parts.append(f'<path class="whisker" d="{ends}"/>')
    references = [(place, point.reference) for place, point in zip(places, points, strict=True)]
    values = [(place, point.value) for place, point in zip(places, points, strict=True)]
    parts.append(_line(references, top, "reference"))
    parts.append(_line(values, top, "own"))
    parts += [
        f'<circle class="dot own" cx="{place:.1f}" cy="{_up(value, top):.1f}" r="4.5"/>'
        for place, value in values
        if value is not None
    ]
    return _svg(parts, label)


def funnel_chart(dots: Sequence[Dot], funnel: Funnel, label: str) -> Markup:
    """Rates over their denominators within the limits that chance alone keeps to; the own dots are filled."""
    if not dots:
        return Markup("")
    most = int(max(10, _round_up(max(dot.count for dot in dots) * 1.05, is_share=False)))
    top = _round_up(max([funnel.middle * 1.5, *(dot.rate for dot in dots)]), is_share=True)
    parts = [_grid(top, is_share=True)]
    for deviations, name in ((funnel.outer_deviations, "outer"), (funnel.inner_deviations, "inner")):
        parts += [_limit(funnel.middle, sign * deviations, most, top, name) for sign in (1, -1)]
    level = _up(funnel.middle, top)
    parts.append(f'<path class="line reference" d="M{_LEFT} {level:.1f}H{_WIDTH - _RIGHT}"/>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(_text(_across(share * most, most), _HEIGHT - 22, f"{share * most:.0f}", "middle"))
    parts.append(_text(_across(0.5, 1), _HEIGHT - 5, "likely-eligible patients seen", "middle"))
    for dot in sorted(dots, key=lambda dot: (dot.is_own, dot.count, dot.rate)):
        kind, radius = ("own", 7) if dot.is_own else ("other", 4)
        parts.append(
            f'<circle class="dot {kind}" cx="{_across(dot.count, most):.1f}" '
            f'cy="{_up(dot.rate, top):.1f}" r="{radius}"/>'
        )
    return _svg(parts, label)


def _limit(middle: float, deviations: float, most: int, top: float, name: str) -> str:
    spread = math.sqrt(max(0.0, middle * (1 - middle)))
    if not spread:
        return ""
    path = []
    for step in range(1, _STEPS + 1):
        count = most * (step / _STEPS) ** 2
        rate = middle + deviations * spread / math.sqrt(count)
        if 0 <= rate <= top:
            path.append(f"{_across(count, most):.1f} {_up(rate, top):.1f}")
    return f'<path class="line {name}" d="M{"L".join(path)}"/>' if len(path) > 1 else ""


def _round_up(top: float, *, is_share: bool) -> float:
    """The end of the axis: a tidy number at or above the highest value, with quarters that read well."""
    if top <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(top))
    found = next(size * step for step in (1, 2, 4, 6, 8, 10) if size * step >= top * 0.999)
    return min(found, 1.0) if is_share and top <= 1 else max(found, 4.0) if not is_share else found


def _across(value: float, most: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / most


def _up(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * min(value, top) / top


def _grid(top: float, *, is_share: bool) -> str:
    parts = []
    for quarter in (0, 0.5, 1):
        level = _up(quarter * top, top)
        shown = f"{quarter * top * 100:.3g}%" if is_share else f"{quarter * top:,.3g}"
        parts.append(f'<path class="grid" d="M{_LEFT} {level:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(_text(_LEFT - 8, level + 4, shown, "end"))
    return "".join(parts)


def _line(places: Sequence[tuple[float, float | None]], top: float, name: str) -> str:
    path, is_down = "", False
    for place, value in places:
        if value is not None:
            path += f"{'L' if is_down else 'M'}{place:.1f} {_up(value, top):.1f}"
        is_down = value is not None
    return f'<path class="line {name}" d="{path}"/>' if path else ""


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str], label: str) -> Markup:
    head = f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{''.join(parts)}</svg>")  # noqa: S704
