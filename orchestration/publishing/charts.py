"""Charts of the pages: described with Altair, drawn by vl-convert as SVG that stands in the page.

A chart is described once a process and turned into Vega; each page's chart is its rows drawn in that. There
is no script, no network and no font in the page: the SVG follows its style sheet, and one sentence says what
it shows to whoever cannot see it. The same rows give the same bytes, whether a chart is drawn by itself or
with others.

Public: ``Drawing``, ``Choice``, and the colors ``OWN``, ``MARK``, ``INK``, ``SOFT``, ``LINE``, ``PAPER``.

Belongs here: how a description becomes SVG, and the look that all charts share. Does not belong here: what is
drawn (``scorecards/charts.py`` and other rooms' own), and how the library is asked (``vega``).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from orchestration.publishing.vega import Rows, bodies_of, body_of, marks_of

if TYPE_CHECKING:
    import altair

    Description = altair.Chart | altair.LayerChart | altair.FacetChart

# The colors of templates/page.css. They differ in lightness as well, and no chart tells by color alone.
OWN: Final = "#0b4f8a"
MARK: Final = "#8a3b00"
INK: Final = "#1c2430"
SOFT: Final = "#4a5665"
LINE: Final = "#c9d1db"
PAPER: Final = "#ffffff"
_WIDTH, _HEIGHT = 440, 230
# Given and not worked out from the labels: that takes half the time of a chart, and is the same for all.
_MARGINS: Final = {"left": 48, "right": 46, "top": 16, "bottom": 42}
# Charts that many pages show are drawn once, and those of many pages together.
_KEPT: Final = 4_096
_TOGETHER: Final = 256
_FONT: Final = "Liberation Sans, Arial, sans-serif"


class Drawing:
    """A kind of chart.

    Its description names its data (``altair.NamedData``); calling it with rows of these names draws them.
    """

    def __init__(
        self,
        describe: Callable[[], "Description"],
        *,
        width: int = _WIDTH,
        height: int = _HEIGHT,
        margins: Mapping[str, int] = _MARGINS,
    ) -> None:
        """Keep the description; nothing is drawn and Altair is not loaded before the first chart.

        Args:
            describe: returns the chart, without size and look.
            width: of the whole picture, in the units of its own ``viewBox``.
            height: the same.
            margins: of these, what is left to axes and labels: left, right, top, bottom.
        """
        self._describe, self._width, self._height, self._margins = describe, width, height, margins
        self._kept: dict[str, str] = {}

    def __call__(self, label: str, **rows: Rows) -> Markup:
        """Draw rows.

        Args:
            label: what the chart shows, in words; it is read aloud in the chart's place.
            rows: by the name that the description gives them. Values are numbers, texts or None.

        Returns:
            An ``svg`` element of the class ``chart``.

        Raises:
            KeyError: the description names data that is not given, or the other way round.
        """
        self._expect(rows)
        key = _key_of(rows)
        body = self._kept.get(key)
        if body is None:
            body = self._keep(key, body_of(self._vega, rows))
        return self._framed(label, body)

    def draw_ahead(self, name: str, many: Sequence[Rows]) -> None:
        """Draw charts that are asked for later, many at a time, which takes half of what each takes alone.

        Args:
            name: of the only data that the description leaves open.
            many: the rows of each chart; those without any are left out.
        """
        new = {_key_of({name: rows}): rows for rows in many if rows}
        keys = [key for key in new if key not in self._kept]
        for start in range(0, len(keys), _TOGETHER):
            some = keys[start : start + _TOGETHER]
            bodies = bodies_of(self._vega, name, [new[key] for key in some])
            for key, body in zip(some, bodies, strict=True):
                self._keep(key, body)

    def choose(self, layer: str, **rows: Rows) -> "Choice":
        """Draw a chart once, of which each page shows its own marks of one layer and all of the others.

        Args:
            layer: the name that the description gives to it.
            rows: as those of a call.
        """
        self._expect(rows)
        return Choice(self._framed, *marks_of(body_of(self._vega, rows), layer))

    def _expect(self, rows: Mapping[str, Rows]) -> None:
        if self._names != set(rows):
            raise KeyError(f"this chart is drawn from {sorted(self._names)}, not from {sorted(rows)}")

    def _keep(self, key: str, body: str) -> str:
        if len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = body
        return body

    def _framed(self, label: str, body: str) -> Markup:
        head = (
            f'<svg class="chart" viewBox="0 0 {self._width} {self._height}" role="img" '
            f'aria-label="{escape(label)}">'
        )
        # What the library says aloud of its parts is left out: the label tells all.
        return Markup(f'{head}<g aria-hidden="true">{body}</g></svg>')  # noqa: S704

    @cached_property
    def _vega(self) -> dict[str, Any]:
        from vl_convert import vegalite_to_vega

        room = self._margins
        chart = _themed(self._describe()).properties(
            width=self._width - room["left"] - room["right"],
            height=self._height - room["top"] - room["bottom"],
            autosize="none",
            padding=dict(room),
        )
        compiled: dict[str, Any] = vegalite_to_vega(chart.to_dict())
        return compiled

    @cached_property
    def _names(self) -> set[str]:
        return {one["name"] for one in self._vega["data"] if not {"source", "values", "url"} & set(one)}


class Choice:
    """A chart that is drawn, all but which marks of one layer a page shows."""

    def __init__(
        self, framed: Callable[[str, str], Markup], before: str, marks: list[str], after: str
    ) -> None:
        """Keep the parts; ``Drawing.choose`` makes them."""
        self._framed, self._before, self._marks, self._after = framed, before, marks, after

    def __call__(self, label: str, places: Iterable[int]) -> Markup:
        """The chart with some marks of the layer.

        Args:
            label: what it shows, in words; it is read aloud in the chart's place.
            places: of the marks among the layer's rows.

        Returns:
            An ``svg`` element of the class ``chart``.
        """
        shown = "".join(self._marks[place] for place in sorted(places))
        return self._framed(label, f"{self._before}{shown}{self._after}")


def _themed(chart: "Description") -> "Description":
    """Give a chart the look that all share: no frame, few lines, no words for machines in each mark."""
    finished: Description = (
        chart.configure(font=_FONT, background="transparent", aria=False)
        .configure_view(stroke=None)
        # A row without a value keeps its place on the axis.
        .configure_mark(invalid="break-paths-show-domains")
        .configure_axis(
            labelFontSize=12.5,
            titleFontSize=12.5,
            titleFontWeight="normal",
            labelColor=SOFT,
            titleColor=SOFT,
            gridColor=LINE,
            domain=False,
            ticks=False,
            labelPadding=6,
            labelLimit=0,
            grid=True,
        )
        .configure_axisX(grid=False, domain=True, domainColor=LINE)
        .configure_text(fontSize=13, color=INK)
    )
    return finished


def _key_of(rows: Mapping[str, Rows]) -> str:
    return json.dumps(rows, separators=(",", ":"), sort_keys=True)
