"""The picture and the table of the slot study's answers.

Public: ``answers_chart``, ``answers_table``.

Belongs here: how answers are shown. Does not belong here: statistics (``slot_statistics``) and the page
(``slot_study``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from orchestration.publishing.charts import OWN, PAPER, SOFT, Drawing
from orchestration.publishing.slot_statistics import Answer
from orchestration.publishing.tables import Column, figures_table

if TYPE_CHECKING:
    from orchestration.publishing.charts import Description

_COLUMNS: Final = (
    Column("claim", "Claim"),
    Column("verdict", "This site's data"),
    Column("weeks", "Weeks", is_number=True),
    Column("rho", "Rank correlation", is_number=True, is_markup=True),
)


def answers_chart(answers: Sequence[Answer]) -> Markup:
    """The correlations with their ranges, a row a claim; those that decide a claim are filled."""
    found = [answer for answer in answers if answer.rho is not None]
    if not found:
        return Markup("")
    said = "; ".join(f"{answer.claim.short} {answer.rho:+.2f}" for answer in found)
    return _CORRELATIONS(
        f"Rank correlations of the claims: {said}",
        answers=[
            {
                "pair": answer.claim.short,
                "rho": answer.rho,
                "low": answer.low,
                "high": answer.high,
                "is_decided": answer.verdict != "undecided",
            }
            for answer in answers
        ],
    )


def answers_table(answers: Sequence[Answer], min_weeks: int) -> Markup:
    """The claims in words, with what the data say of them."""
    rows = [
        {
            "claim": answer.claim.sentence,
            "verdict": _verdict(answer, min_weeks),
            "weeks": f"{answer.weeks:,}",
            "rho": _correlation(answer),
        }
        for answer in answers
    ]
    return figures_table("claims", "The five claims", _COLUMNS, rows)


def _correlation(answer: Answer) -> str:
    if answer.rho is None:
        return "none"
    within = f"<br>({answer.low:+.2f} to {answer.high:+.2f})" if answer.low is not None else ""
    return f"{answer.rho:+.2f}{within}"


def _verdict(answer: Answer, min_weeks: int) -> str:
    if answer.verdict == "supported":
        return "support it."
    if answer.verdict == "contradicted":
        return "speak against it."
    if answer.weeks < min_weeks:
        return "are too few to say."
    if answer.rho is None:
        return "do not vary, so they cannot say."
    return "neither support it nor speak against it."


def _correlations() -> "Description":
    import altair as alt

    base = alt.Chart(alt.NamedData("answers")).encode(y=alt.Y("pair:N", sort=None, title=None))
    axis = alt.Axis(values=[-1, -0.5, 0, 0.5, 1], format="+.1f", grid=True)
    rho = alt.X("rho:Q", title=None, axis=axis, scale=alt.Scale(domain=[-1, 1]))
    return alt.layer(
        base.mark_rule(color=SOFT, strokeWidth=1.8).encode(x=alt.datum(0)),
        base.mark_rule(color=OWN, opacity=0.3, strokeWidth=9).encode(
            x=alt.X("low:Q", title=None, axis=axis), x2="high:Q"
        ),
        base.mark_circle(stroke=OWN, strokeWidth=2, size=90, opacity=1).encode(
            x=rho, fill=alt.condition("datum.is_decided", alt.value(OWN), alt.value(PAPER))
        ),
    )


_CORRELATIONS: Final = Drawing(
    _correlations, width=460, height=210, margins={"left": 205, "right": 22, "top": 8, "bottom": 28}
)
