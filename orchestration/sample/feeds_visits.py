"""Writes the feeds of visits: appointment, encounter, slot, procedure, observation, panel conditions.

Belongs here: what a delivery holds of them, and what of a visit is known on a day.
Does not belong here: how visits are drawn (`visits.py`).
"""

import numpy as np

from orchestration.sample import writer as sql
from orchestration.sample.days import DAY_SECONDS, NO_DAY, NO_TIME, Month
from orchestration.sample.draws import Bools, Ints, between, draw, pick
from orchestration.sample.scores import Scores
from orchestration.sample.visits import (
    BEHAVIORAL,
    BEHAVIORAL_CODES,
    CANCELLED,
    HANDOFF,
    INPATIENT,
    MOST_BEHAVIORAL,
    PRIMARY,
    PRIMARY_CODES,
    Visits,
    behavioral_days,
)
from orchestration.sample.workforce import BHC
from orchestration.sample.world import Cut, World
from orchestration.sample.writer import Writer

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
_SYSTOLIC, _REFERRAL_PROCEDURE = "8480-6", "183524004"
_CHRONIC = ("E11.9", "I10", "M54.50", "J45.909", "G89.29", "F41.9", "F33.0")
_CHRONIC_SHARE, _PRESSURE_SHARE = 0.28, 0.12
_POSITIVE_PHQ9 = 10
_SLOT_SECONDS, _OPENS = 1800, 8 * 3600
_SLOTS = 16

_LINES = ("primary_care", "behavioral_health", "behavioral_health", "other", "other")
_CLASSES = ("ambulatory", "ambulatory", "ambulatory", "emergency", "inpatient")
_MODALITIES = ("in_person", "video", "phone")
_TYPES = ("follow_up", "initial", "warm_handoff", "other")
_STATUSES = ("fulfilled", "cancelled", "noshow", "booked", "pending")
_SLOT_ID = "'SL' || lpad(staff::VARCHAR, 5, '0') || '-' || day || '-' || slot"
_VISIT = "lpad(visit::VARCHAR, 12, '0')"
_APPOINTMENT = {
    "appointment_id": f"'A' || {_VISIT}",
    "patient_id": sql.patient(),
    "practitioner_id": sql.staff(),
    "team_id": sql.team(),
    "service_line": sql.word("kind", _LINES),
    "visit_type": sql.word("type", _TYPES),
    "modality": sql.word("modality", _MODALITIES),
    "booked_at": sql.local_time("booked_at"),
    "starts_at": sql.local_time("starts_at"),
    "ends_at": sql.local_time("planned_end"),
    "status": sql.word("status", _STATUSES),
    "cancelled_at": sql.local_time("cancelled_at"),
    "slot_id": f"CASE WHEN slot >= 0 THEN {_SLOT_ID} END",
    "encounter_id": f"CASE WHEN status = 0 THEN 'E' || {_VISIT} END",
    "updated_at": sql.utc_time("updated_at"),
}
_ENCOUNTER = {
    "encounter_id": f"'E' || {_VISIT}",
    "patient_id": sql.patient(),
    "practitioner_id": sql.staff(),
    "team_id": sql.team(),
    "encounter_class": sql.word("kind", _CLASSES),
    "service_line": sql.word("kind", _LINES),
    "visit_type": sql.word("type", _TYPES),
    "modality": sql.word("modality", _MODALITIES),
    "started_at": sql.utc_time("started_utc"),
    "ended_at": sql.utc_time("ended_utc"),
    "status": sql.word("finished", ("in-progress", "finished")),
    "billing_codes": f"CASE WHEN kind = {PRIMARY} THEN {sql.word('code', PRIMARY_CODES)} "
    f"WHEN kind = {BEHAVIORAL} THEN {sql.word('code', BEHAVIORAL_CODES)} END",
}
_INITIATING = {
    "encounter_id": sql.key("EI", "episode", 7),
    "patient_id": sql.patient(),
    "practitioner_id": sql.staff("pcp"),
    "team_id": sql.team(),
    "encounter_class": "'ambulatory'",
    "service_line": "'primary_care'",
    "visit_type": "'follow_up'",
    "modality": "'in_person'",
    "started_at": sql.utc_time("started_utc"),
    "ended_at": sql.utc_time("ended_utc"),
    "status": "'finished'",
    "billing_codes": sql.word("code", PRIMARY_CODES),
}
_SLOT = {
    "slot_id": _SLOT_ID,
    "practitioner_id": sql.staff(),
    "team_id": sql.team(),
    "starts_at": sql.local_time("starts_at"),
    "ends_at": sql.local_time(f"(starts_at + {_SLOT_SECONDS})"),
    "status": sql.word("busy", ("free", "busy")),
}
_PROCEDURE = {
    "procedure_id": "'PC' || lpad(label::VARCHAR, 4, '0') || '-' || lpad(number::VARCHAR, 7, '0')",
    "patient_id": sql.patient(),
    "encounter_id": f"'E' || {_VISIT}",
    "code_system": f"'{SNOMED}'",
    "code": f"'{_REFERRAL_PROCEDURE}'",
    "performed_at": sql.utc_time("performed_at"),
    "status": "'completed'",
}
_OBSERVATION = {
    "observation_id": f"'OB' || {_VISIT}",
    "patient_id": sql.patient(),
    "encounter_id": f"'E' || {_VISIT}",
    "code_system": f"'{LOINC}'",
    "code": f"'{_SYSTOLIC}'",
    "value_number": "pressure",
    "observed_at": sql.utc_time("started_utc"),
    "status": "'final'",
}
_PANEL_CONDITION = {
    "condition_id": "'CP' || lpad(patient::VARCHAR, 7, '0')",
    "patient_id": sql.patient(),
    "icd10_code": sql.word("diagnosis", _CHRONIC),
    "category": "'problem'",
    "verification_status": "'confirmed'",
    "recorded_on": sql.day("recorded_on"),
    "clinical_status": "'active'",
}


def visit_key(month: Month, sequence: Ints) -> Ints:
    """Return the numbers that appointment and encounter of a visit share."""
    return month.label * 10**8 + sequence


def _type(visits: Visits) -> Ints:
    is_talk = (visits.kind == BEHAVIORAL) & visits.is_first
    return np.select([visits.kind == HANDOFF, is_talk, visits.kind > HANDOFF], [2, 1, 3], 0)


def write_appointments(world: World, month: Month, visits: Visits, cut: Cut, writer: Writer) -> None:
    """Write the appointments of the delivery's days, and in the latest delivery those booked for later."""
    booked_on = visits.day - visits.lead_days
    key = visit_key(month, visits.sequence)
    is_past = visits.day <= cut.last
    ahead = ~is_past & (booked_on <= cut.last)
    if cut.is_night:
        ahead &= (booked_on == cut.last) & (visits.sequence % 4 == 0)
    wanted = cut.keeps(world.seed, visits.day, key) | (ahead & (cut.is_latest or cut.is_night))
    if cut.first > month.last or not np.any(wanted):
        return
    is_waiting = draw(world.seed, "pending", key) < 0.04
    opening = visits.starts_at % DAY_SECONDS
    booked_at = booked_on * DAY_SECONDS + np.where(
        visits.lead_days == 0, np.minimum(opening - 3600, 36000), 36000
    )
    is_cancelled = is_past & (visits.outcome == CANCELLED)
    cancelled_at = np.maximum(booked_at + 600, visits.starts_at - (1 + visits.sequence % 40) * 3600)
    closed_at = np.where(is_past, visits.starts_at + 3600, cut.last * DAY_SECONDS + 20 * 3600)
    is_talk = visits.kind == BEHAVIORAL
    minutes = np.where(is_talk, _SLOT_SECONDS, 1200)
    columns = {
        "visit": key, "patient": visits.patient, "staff": visits.staff, "team": visits.team,
        "kind": visits.kind,
        "type": _type(visits), "modality": visits.modality, "booked_at": booked_at,
        "starts_at": visits.starts_at, "planned_end": visits.starts_at + minutes,
        "status": np.where(is_past, visits.outcome, np.where(is_waiting, 4, 3)),
        "cancelled_at": np.where(is_cancelled, cancelled_at, NO_TIME),
        "slot": np.where(is_talk & (visits.slot < _SLOTS), visits.slot, -1), "day": visits.day,
        "updated_at": world.to_utc(closed_at, visits.team),
    }  # fmt: skip
    name = "appointment" if is_past.any() else f"appointment_ahead_{month.label}"
    writer.write("appointment", cut.delivered_on, columns, _APPOINTMENT, wanted & visits.is_booked, name)


def write_encounters(world: World, month: Month, visits: Visits, cut: Cut, writer: Writer) -> None:
    """Write the delivery's encounters, and blood pressures of some.

    A stay over the end of a month is delivered with its end, unless that lies after `as_of`.
    """
    key = visit_key(month, visits.sequence)
    kept = visits.took_place & cut.keeps(world.seed, visits.day, key)
    is_open_month = cut.is_latest or cut.is_night
    is_over = visits.ends_at // DAY_SECONDS <= (cut.last if is_open_month else world.window.as_of)
    columns = {
        "visit": key, "patient": visits.patient, "staff": visits.staff, "team": visits.team,
        "kind": visits.kind,
        "type": _type(visits), "modality": visits.modality,
        "started_utc": world.to_utc(visits.starts_at, visits.team),
        "ended_utc": np.where(is_over, world.to_utc(visits.ends_at, visits.team), NO_TIME),
        "finished": is_over.astype(np.int64), "code": visits.code,
        "pressure": between(draw(world.seed, "pressure", key), 98, 168),
    }  # fmt: skip
    writer.write("encounter", cut.delivered_on, columns, _ENCOUNTER, kept)
    measured = kept & (visits.kind == PRIMARY) & (draw(world.seed, "measured", key) < _PRESSURE_SHARE)
    writer.write("observation", cut.delivered_on, columns, _OBSERVATION, measured)
    # A stay that was open at the last delivery is closed by a new version of the same encounter.
    closes = (visits.kind == INPATIENT) & (visits.day < cut.first) & cut.holds(visits.ends_at // DAY_SECONDS)
    writer.write(
        "encounter", cut.delivered_on, columns, _ENCOUNTER, closes, f"encounter_closed_{month.label}"
    )


def write_initiating(world: World, cut: Cut, writer: Writer) -> None:
    """Write the visits at which patients were enrolled."""
    episodes = world.episodes
    started_at = episodes.visit_on * DAY_SECONDS + 11 * 3600
    columns = {
        "episode": episodes.number,
        "patient": episodes.patient,
        "pcp": world.pcp[episodes.patient],
        "team": episodes.team,
        "started_utc": world.to_utc(started_at, episodes.team),
        "ended_utc": world.to_utc(started_at + 1500, episodes.team),
        "code": pick(draw(world.seed, "initiating", episodes.number), [0.4, 0.45, 0.05, 0.03, 0.05, 0.02]),
    }
    visited = cut.holds(episodes.visit_on)
    writer.write("encounter", cut.delivered_on, columns, _INITIATING, visited, "encounter_enrolment")


def write_slots(world: World, month: Month, visits: Visits, cut: Cut, writer: Writer) -> None:
    """Write the half hours of behavioral clinic days, in the latest delivery also of those ahead."""
    clinic = behavioral_days(world.workforce, month, world.seed)
    rows = [member.number for member in world.workforce.members if member.role == BHC]
    staff = np.array(rows, dtype=np.int64)
    day = np.repeat(clinic[staff].ravel(), _SLOTS)
    who = np.repeat(np.repeat(staff, clinic.shape[1]), _SLOTS)
    slot = np.tile(np.arange(_SLOTS, dtype=np.int64), len(staff) * clinic.shape[1])
    is_booked = (visits.kind == BEHAVIORAL) & (visits.day - visits.lead_days <= cut.last)
    is_talk = is_booked | ((visits.kind == HANDOFF) & (visits.day <= cut.last))
    taken = _place(visits.staff[is_talk], visits.day[is_talk], visits.slot[is_talk], month)
    place = _place(who, day, slot, month)
    wanted = cut.holds(day) | (cut.is_latest & (day > cut.last))
    name = f"slot_ahead_{month.label}" if month.first > cut.last else "slot"
    columns = {
        "staff": who, "team": world.workforce.team_of[who], "day": day, "slot": slot,
        "starts_at": day * DAY_SECONDS + _OPENS + slot * _SLOT_SECONDS,
        "busy": np.isin(place, taken).astype(np.int64),
    }  # fmt: skip
    writer.write("slot", cut.delivered_on, columns, _SLOT, (day >= 0) & wanted, name)


def _place(staff: Ints, day: Ints, slot: Ints, month: Month) -> Ints:
    return (staff * 40 + (day - month.first)) * MOST_BEHAVIORAL + slot


def write_follow_ups(world: World, month: Month, screens: Scores, cut: Cut, writer: Writer) -> None:
    """Write a referral procedure for most positive screens."""
    number = np.arange(len(screens.patient), dtype=np.int64)
    uniform = draw(world.seed, "follow-up", np.full(1, month.ordinal), number)
    is_positive: Bools = (screens.instrument == 0) & (screens.score >= _POSITIVE_PHQ9) & (uniform < 0.75)
    columns = {
        "label": np.full(len(number), month.label), "number": number, "patient": screens.patient,
        "visit": visit_key(month, screens.encounter),
        "performed_at": world.to_utc(screens.taken_at + 600, screens.team),
    }  # fmt: skip
    held = cut.holds(screens.taken_at // DAY_SECONDS)
    writer.write("procedure", cut.delivered_on, columns, _PROCEDURE, is_positive & held)


def write_panel_conditions(world: World, cut: Cut, writer: Writer) -> None:
    """Write a long-standing condition for a part of the panel, once."""
    people = world.patients
    uniform = draw(world.seed, "chronic", people.number)
    columns = {
        "patient": people.number,
        "diagnosis": pick(uniform * 53 % 1, [0.25, 0.3, 0.15, 0.1, 0.08, 0.07, 0.05]),
        "recorded_on": world.window.start - between(uniform, 30, 1000),
    }
    chosen = (uniform < _CHRONIC_SHARE) & (people.dies_on == NO_DAY)
    writer.write("condition", cut.delivered_on, columns, _PANEL_CONDITION, chosen, "condition_panel")
