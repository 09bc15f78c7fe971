"""Charts of the pages: described with Altair, drawn by vl-convert as SVG that stands in the page.

A chart is described once a process and turned into Vega; each page's chart is its rows drawn in that. There
is no script, no network and no font in the page: the SVG follows its style sheet, and one sentence says what
it shows to whoever cannot see it. The same rows give the same bytes.

Public: ``Drawing``, and the colors ``OWN``, ``MARK``, ``INK``, ``SOFT``, ``LINE``, ``PAPER``.

Belongs here: how a description becomes SVG, and the look that all charts share. Does not belong here: what is
drawn (``scorecards/charts.py`` and other rooms' own).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

if TYPE_CHECKING:
    import altair

    Description = altair.Chart | altair.LayerChart | altair.FacetChart

Rows = Sequence[Mapping[str, Any]]

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
# Charts that many pages show are drawn once.
_KEPT: Final = 2_048
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
        if self._names != set(rows):
            raise KeyError(f"this chart is drawn from {sorted(self._names)}, not from {sorted(rows)}")
        data = [{**one, "values": rows[one["name"]]} if one["name"] in rows else one for one in self._data]
        body = _drawn(json.dumps({**self._vega, "data": data}, separators=(",", ":")))
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
    def _data(self) -> list[dict[str, Any]]:
        return list(self._vega["data"])

    @cached_property
    def _names(self) -> set[str]:
        return {one["name"] for one in self._data if not {"source", "values", "url"} & set(one)}


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


@lru_cache(maxsize=_KEPT)
def _drawn(vega: str) -> str:
    """What the SVG holds; nothing outside the description can be asked for while drawing."""
    from vl_convert import vega_to_svg

    svg: str = vega_to_svg(vega, allowed_base_urls=[])
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]
