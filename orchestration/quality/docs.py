"""Great Expectations' Data Docs of a gate as one page that stands alone.

Its renderer and its view make the content. Its page frame and its site builder are left out: they load
styles and scripts from outside the house, copy six megabytes of them, and cost seconds. Belongs here: that
content in the frame of the quality site. Does not belong here: running checks (``engine``).
Importing this module imports Great Expectations: only ``engine`` imports it.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Final

from great_expectations import __version__ as version
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView

from orchestration.publishing.files import make_folder, write_whole
from orchestration.settings import PROJECT_ROOT

TEMPLATES: Final = PROJECT_ROOT / "orchestration" / "quality_site" / "templates"
STATES: Final[Mapping[str, str]] = {"\u2705": "passed", "\u274c": "failed", "\u2757": "error"}
"""What the signs mean that the renderer puts before each expectation: a screen reader has no sign."""


class SuiteView(DefaultJinjaPageView):
    """The view of one suite: tables of expectations, each cell by Great Expectations' own templates."""

    _template: ClassVar[str] = "data_docs_suite.j2"


def write_docs(
    path: Path, validations: Mapping[str, ExpectationSuiteValidationResult], *, layer: str, as_of: date
) -> None:
    """Write the page of a layer, whole or not at all; the same results give the same bytes.

    Args:
        path: of the page; its folder is made.
        validations: by table. Their results hold counts only.
        layer: ``raw`` or ``marts``.
        as_of: the business date.
    """
    renderer = ValidationResultsPageRenderer()
    view: Any = SuiteView(custom_views_directory=str(TEMPLATES))
    suites = [
        {
            "table": table,
            "failed": _unsuccessful(validation),
            "evaluated": len(validation.results),
            "content": view.render(renderer.render(validation), table=table, states=STATES),
        }
        for table, validation in sorted(validations.items())
    ]
    frame = view.env.get_template("data_docs.j2")
    make_folder(path.parent)
    write_whole(path, frame.render(suites=suites, layer=layer, as_of=as_of, version=version))


def _unsuccessful(validation: ExpectationSuiteValidationResult) -> int:
    statistics: Mapping[str, Any] = validation.statistics
    return int(statistics["unsuccessful_expectations"])
