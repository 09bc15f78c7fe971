"""The page of the slot study: what the site's own data support of the claims about slots, in words.

Public: ``write_slot_study``. Belongs here: reading the published weeks and writing the page. Does not belong
here: statistics (``slot_statistics``), picture and table (``slot_figures``) and any list of people: the page
names no consultant and no patient.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.publishing.engine import literal
from orchestration.publishing.files import make_folder
from orchestration.publishing.reuse import Reuse

if TYPE_CHECKING:
    from orchestration.publishing.slot_statistics import Design

_TEMPLATES = Path(__file__).parent / "templates"


def write_slot_study(
    engine: duckdb.DuckDBPyConnection, identified: Path, rules: Path, reuse: Reuse
) -> Path | None:
    """Write ``studies/slot_study.html`` from a generation's marts; it is taken over where its weeks stand.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the page goes below it.
        rules: the generation's rules, for the study's design.
        reuse: the page of an earlier generation.

    Returns:
        The page; None where the mart is absent.
    """
    weeks, thresholds = identified / "rpt_slot_study.parquet", rules / "threshold.parquet"
    if not (weeks.is_file() and thresholds.is_file()):
        return None
    from orchestration.publishing.slot_statistics import CLAIMS

    variables = sorted({name for claim in CLAIMS for name in (claim.first, claim.second)})
    columns = ", ".join(f"cast({name} as double)" for name in variables)
    rows = engine.execute(
        f"select practitioner_id, week_start_on, {columns} from read_parquet({literal(weeks)})"  # noqa: S608
        " order by practitioner_id, week_start_on"
    ).fetchall()
    design = _design(engine, thresholds)
    place = make_folder(identified / "studies") / "slot_study.html"

    def make(target: Path) -> None:
        target.write_text(_page(rows, variables, design), encoding="utf-8", newline="\n")

    reuse.file(place, (rows, design), make)
    return place


def _page(rows: list[tuple[Any, ...]], variables: list[str], design: "Design") -> str:
    from orchestration.publishing.slot_figures import answers_chart, answers_table
    from orchestration.publishing.slot_statistics import CLAIMS, answer

    values = {name: [row[place] for row in rows] for place, name in enumerate(variables, start=2)}
    answers = [answer(claim, values[claim.first], values[claim.second], design) for claim in CLAIMS]
    return _rendered(
        chart=answers_chart(answers),
        table=answers_table(answers, design.min_weeks),
        design=design,
        weeks=len(rows),
        consultants=len({row[0] for row in rows}),
        first_week=min((row[1] for row in rows), default=None),
        last_week=max((row[1] for row in rows), default=None),
    )


def _design(engine: duckdb.DuckDBPyConnection, thresholds: Path) -> "Design":
    # The newest row of each name: a change of the design holds for the whole study, not from a week on.
    rows = engine.execute(
        "select name, cast(value as double) from"  # noqa: S608
        f" read_parquet({literal(thresholds)}) where name like 'slot_study_%' order by name, valid_from"
    ).fetchall()
    from orchestration.publishing.slot_statistics import Design

    found = dict(rows)
    return Design(
        min_weeks=int(found["slot_study_min_weeks"]),
        resamples=int(found["slot_study_resamples"]),
        confidence=float(found["slot_study_confidence"]),
    )


def _rendered(**context: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("slot_study.html.j2").render(**context)
