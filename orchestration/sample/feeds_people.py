"""Writes the feeds of people and places: team, practitioner, staffing, patient, panel, coverage.

Belongs here: what a delivery holds of them.
Does not belong here: how they are drawn.
"""

import numpy as np

from orchestration.sample import writer as sql
from orchestration.sample.days import NO_DAY, YEARS_OF_PANEL_DAYS
from orchestration.sample.draws import draw
from orchestration.sample.names import FAMILY_NAMES, GIVEN_NAMES
from orchestration.sample.people import PAYERS, SEXES, UNINSURED, team_count
from orchestration.sample.rows import write_rows
from orchestration.sample.workforce import practitioner_rows, staffing_rows, team_rows
from orchestration.sample.world import Cut, World
from orchestration.sample.writer import Writer

_PATIENT = {
    "patient_id": sql.patient(),
    "mrn": "'M' || lpad((patient * 7 + 1000003)::VARCHAR, 9, '0')",
    "family_name": sql.word("family", FAMILY_NAMES),
    "given_name": sql.word("given", GIVEN_NAMES),
    "birth_date": sql.day("born"),
    "sex": sql.word("sex", SEXES),
    "deceased_on": sql.day("dies_on"),
}
_PANEL = {
    "patient_id": sql.patient(),
    "team_id": sql.team(),
    "pcp_id": sql.staff("pcp"),
    "effective_from": sql.day("since"),
    "effective_to": "NULL",
}
_COVERAGE = {
    "coverage_id": "'CV' || lpad(patient::VARCHAR, 7, '0') || '-' || place",
    "patient_id": sql.patient(),
    "payer_id": sql.word("payer", PAYERS),
    "rank": "rank",
    "effective_from": sql.day("since"),
    "effective_to": sql.day("until"),
}


def write_places(world: World, cut: Cut, writer: Writer) -> None:
    """Write team, practitioner, staffing, once."""
    write_rows(writer, "team", cut.delivered_on, team_rows(team_count(len(world.patients.number))))
    write_rows(writer, "practitioner", cut.delivered_on, practitioner_rows(world.workforce, world.seed))
    write_rows(writer, "staffing", cut.delivered_on, staffing_rows(world.workforce))


def write_panel(world: World, cut: Cut, writer: Writer) -> None:
    """Write panel and the coverages that the window begins with, once."""
    people = world.patients
    since = np.full(len(people.number), world.window.start - YEARS_OF_PANEL_DAYS)
    panel = {"patient": people.number, "team": people.team, "pcp": world.pcp, "since": since}
    writer.write("panel", cut.delivered_on, panel, _PANEL)
    zero = np.zeros(len(people.number), dtype=np.int64)
    first = {
        "patient": people.number, "place": zero, "payer": people.payer, "rank": zero + 1, "since": since,
        "until": zero + NO_DAY,
    }  # fmt: skip
    writer.write("coverage", cut.delivered_on, first, _COVERAGE, people.payer != UNINSURED)
    second = dict(first, place=zero + 2, payer=people.secondary_payer, rank=zero + 2)
    is_second = people.secondary_payer != UNINSURED
    writer.write("coverage", cut.delivered_on, second, _COVERAGE, is_second, "coverage_secondary")


def write_changes(world: World, cut: Cut, writer: Writer) -> None:
    """Write the changes of payer of the delivery's days: the old coverage's end and the new one."""
    people = world.patients
    rows = np.flatnonzero((people.payer_changes_on != NO_DAY) & cut.holds(people.payer_changes_on))
    twice = np.repeat(rows, 2)
    is_new = np.tile(np.array([0, 1], dtype=np.int64), len(rows))
    changes_on = people.payer_changes_on[twice]
    columns = {
        "patient": twice,
        "place": is_new,
        "payer": np.where(is_new == 1, people.later_payer[twice], people.payer[twice]),
        "rank": np.ones(len(twice), dtype=np.int64),
        "since": np.where(is_new == 1, changes_on, world.window.start - YEARS_OF_PANEL_DAYS),
        "until": np.where(is_new == 1, NO_DAY, changes_on - 1),
    }
    writer.write("coverage", cut.delivered_on, columns, _COVERAGE)


def write_patients(world: World, cut: Cut, writer: Writer, is_first: bool) -> None:
    """Write all patients as living, once, and later a new version of those who died."""
    people = world.patients
    number = people.number
    columns = {
        "patient": number,
        "family": np.floor(draw(world.seed, "family", number) * len(FAMILY_NAMES)).astype(np.int64),
        "given": np.floor(draw(world.seed, "given", number) * len(GIVEN_NAMES)).astype(np.int64),
        "born": people.born,
        "sex": people.sex,
        "dies_on": np.full(len(number), NO_DAY) if is_first else people.dies_on,
    }
    died = (people.dies_on != NO_DAY) & cut.holds(people.dies_on)
    writer.write("patient", cut.delivered_on, columns, _PATIENT, None if is_first else died)
