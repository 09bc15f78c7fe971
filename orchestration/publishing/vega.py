"""Drawing by vl-convert: one chart, many side by side, and one whose marks are chosen from.

Most of a small chart's time is spent before its first line: its description is read, its expressions are
compiled. Charts that differ in their rows alone are therefore drawn as groups of one picture and cut out of
it; each is, byte for byte, what would have been drawn by itself.

Public: ``body_of``, ``bodies_of``, ``marks_of``.

Belongs here: what is asked of the library, and the form of what it gives. Does not belong here: what a chart
shows (``charts`` and the rooms' own).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

Rows = Sequence[Mapping[str, Any]]
Vega = Mapping[str, Any]

_PLACE: Final = "_place"
_OF_A_GROUP: Final = ("marks", "scales", "axes")
_GROUP_END: Final = '</g><path class="foreground" aria-hidden="true" d="" display="none"/></g>'


def body_of(vega: Vega, rows: Mapping[str, Rows]) -> str:
    """Draw one chart; nothing outside its description can be asked for while drawing.

    Args:
        vega: the description.
        rows: of the data that it names.

    Returns:
        What stands between the ends of the ``svg`` element.
    """
    from vl_convert import vega_to_svg

    data = [{**one, "values": rows[one["name"]]} if one["name"] in rows else one for one in vega["data"]]
    svg: str = vega_to_svg(json.dumps({**vega, "data": data}, separators=(",", ":")), allowed_base_urls=[])
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]


def bodies_of(vega: Vega, name: str, many: Sequence[Rows]) -> list[str]:
    """Draw charts of one description together, each as ``body_of`` draws it.

    Args:
        vega: the description; its only data with rows to come is ``name``.
        name: of these data.
        many: the rows of each chart, at least one.

    Raises:
        ValueError: the library gave a picture of another form.
    """
    group = {
        "type": "group",
        "from": {"facet": {"name": name, "data": "all", "groupby": _PLACE}},
        "encode": {"enter": {side: {"value": vega[side]} for side in ("width", "height")}},
        "signals": [{"name": side, "value": vega[side]} for side in ("width", "height")],
        "data": [one for one in vega["data"] if one["name"] != name],
        **{part: vega[part] for part in _OF_A_GROUP if part in vega},
    }
    around = {key: value for key, value in vega.items() if key not in (*_OF_A_GROUP, "style")}
    placed = [{**row, _PLACE: place} for place, rows in enumerate(many) for row in rows]
    drawn = body_of({**around, "data": [{"name": "all"}], "marks": [group]}, {"all": placed})
    width, height = vega["width"], vega["height"]
    start = (
        '<g transform="translate(0,0)"><path class="background" aria-hidden="true" '
        f'd="M0,0h{width}v{height}h-{width}Z"/><g>'
    )
    before, _, *groups = drawn.split(start)
    if len(groups) != len(many):
        raise ValueError("charts that were drawn together cannot be told apart")
    after = groups[-1][groups[-1].rindex(_GROUP_END) + len(_GROUP_END) :]
    groups[-1] = groups[-1].removesuffix(f"</g>{_GROUP_END}{after}")
    return [f"{before}{start}{one}{after}" for one in groups]


def marks_of(body: str, layer: str) -> tuple[str, list[str], str]:
    """Take the marks of a layer out of a chart.

    Args:
        body: what ``body_of`` returned.
        layer: the name that the description gives to the layer, whose marks are points.

    Returns:
        What stands before them, each of them in the order of the rows, and what stands behind.

    Raises:
        ValueError: there is no such layer.
    """
    start = body.index(">", body.index(f'role-mark {layer}_marks"')) + 1
    end = body.index("</g>", start)
    marks = [f"{mark}/>" for mark in body[start:end].split("/>")[:-1]]
    return body[:start], marks, body[end:]
