"""The page: a filter for team and month, the generation that is shown, and the six pictures.

Run by ``make dashboard``, or ``streamlit run dashboards/app.py`` with ``WARMHANDOFF_HOME``. Belongs here: the
layout. Does not belong here: what is asked (``queries``) and how it is drawn (``pictures``).
"""

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboards.pictures import PICTURES, Picture
from dashboards.published import Choice, months_to, read
from orchestration.publishing.generation import Generation, current

HOME_VARIABLE = "WARMHANDOFF_HOME"
LOOK_EVERY_SECONDS = 60
COLUMNS = 2


def main() -> None:
    """Draw the page over the generation that counts now."""
    st.set_page_config(page_title="Warm Handoff", layout="wide")
    published = Path(os.environ.get(HOME_VARIABLE, "")) / "published"
    generation = current(published) if HOME_VARIABLE in os.environ else None
    if generation is None:
        st.error(f"Nothing is published there: run a night, then name its home in {HOME_VARIABLE}.")
        return
    st.title("Integrated behavioral health at a glance")
    choice = choose(generation)
    look_again(published, generation)
    ask = st.cache_data(read, show_spinner=False, max_entries=500)
    for first in range(0, len(PICTURES), COLUMNS):
        columns = st.columns(COLUMNS, gap="large")
        for column, picture in zip(columns, PICTURES[first : first + COLUMNS], strict=False):
            with column:
                show(picture, ask(generation.path, picture.query, choice), choice)


def show(picture: Picture, frame: pd.DataFrame, choice: Choice) -> None:
    """One picture with its numbers, or why there is none."""
    if frame.empty:
        st.info(f"Nothing to show: there is no {picture.missing}.")
        return
    st.altair_chart(picture.draw(frame, choice), theme=None)
    with st.expander("The numbers"):
        st.dataframe(frame, hide_index=True)


def choose(generation: Generation) -> Choice:
    """The filters, and beside them which generation is shown. The month begins as the last that is over."""
    months = months_to(generation.as_of_date)
    teams = read(generation.path, "team", Choice(months[0]))
    names = dict(zip(teams["team_id"], teams["team_name"], strict=True)) if not teams.empty else {}
    as_of = generation.as_of_date
    left, right, facts = st.columns([2, 1, 2], gap="large", vertical_alignment="bottom")
    team = left.selectbox("Team", [None, *names], format_func=lambda chosen: names.get(chosen, "All teams"))
    month = right.selectbox(
        "Month",
        months,
        index=1,
        format_func=lambda first: f"{first:%B %Y}" + (" (still open)" if first == months[0] else ""),
    )
    facts.markdown(f"Business date **{as_of:%B} {as_of.day}, {as_of.year}**")
    facts.markdown(f"`publish_id` **{generation.publish_id}**")
    st.markdown(
        "Gray bands are targets and guidelines. All are counts and sums; no row of a patient is shown."
    )
    return Choice(month, team)


def look_again(published: Path, shown: Generation) -> None:
    """Look each minute whether a new generation counts, and draw the page anew where one does."""

    def look() -> None:
        if current(published) not in (shown, None):
            st.rerun()

    st.fragment(look, run_every=LOOK_EVERY_SECONDS)()


main()
