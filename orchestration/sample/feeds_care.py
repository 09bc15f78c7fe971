"""Writes the feeds of care management: enrolments and what belongs to them, entries, reviews, scores.

Belongs here: what a delivery holds of them.
Does not belong here: how they are drawn.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample import scores as scales
from orchestration.sample import writer as sql
from orchestration.sample.caseload import APCM, BHI, DIAGNOSES, END_REASONS, INSTRUMENTS, PCBH, PROGRAMS
from orchestration.sample.days import DAY_SECONDS, NO_DAY, NO_TIME, Month
from orchestration.sample.draws import Ints, between, draw, pick
from orchestration.sample.schedule import ACTIVITIES, CONSULTATION, Entries, Plan, entries_of
from orchestration.sample.scores import Scores
from orchestration.sample.workforce import BHC, CONSULTANT
from orchestration.sample.world import Cut, World
from orchestration.sample.writer import Writer

RX_NORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_METHODS = ("warm_handoff", "order", "outreach", "self")
_RECOMMENDATIONS = ("continue", "change_medication", "change_therapy", "refer_to_specialty", "other")
_VISIT_SECONDS = 11 * 3600
_WHOLE, _END_AND_DURATION, _DURATION_ONLY = range(3)

_ENTRY_ID = "'TE' || lpad(entry::VARCHAR, 13, '0')"
_EPISODE = {
    "episode_id": sql.key("EP", "episode", 7),
    "patient_id": sql.patient(),
    "program": sql.word("program", PROGRAMS),
    "team_id": sql.team(),
    "referral_id": sql.key("RF", "referral", 7),
    "care_manager_id": sql.staff("manager"),
    "billing_practitioner_id": sql.staff("pcp"),
    "psychiatric_consultant_id": sql.staff("consultant"),
    "started_on": sql.day("starts_on"),
    "ended_on": sql.day("ends_on"),
    "status": sql.word("status", ("active", "finished")),
    "phase": sql.word("phase", ("active_treatment", "relapse_prevention")),
    "relapse_prevention_plan_on": sql.day("plan_on"),
    "primary_instrument": sql.word("instrument", INSTRUMENTS),
    "end_reason": sql.word("reason", END_REASONS),
    "updated_at": sql.utc_time("updated_at"),
}
_REFERRAL = {
    "referral_id": sql.key("RF", "episode", 7),
    "patient_id": sql.patient(),
    "referrer_id": sql.staff("pcp"),
    "team_id": sql.team(),
    "service_line": "'behavioral_health'",
    "method": sql.word("method", _METHODS),
    "reason_code": sql.word("diagnosis", DIAGNOSES),
    "intent": "'order'",
    "do_not_perform": "'false'",
    "authored_at": sql.utc_time("authored_at"),
    "status": "'completed'",
}
_CONSENT = {
    "consent_id": sql.key("CO", "episode", 7),
    "patient_id": sql.patient(),
    "program": sql.word("program", PROGRAMS),
    "method": sql.word("method", ("verbal", "written")),
    "granted_at": sql.local_time("granted_at") + " || printf('-%02d:00', (granted_utc - granted_at) // 3600)",
    "recorded_by": sql.staff("pcp"),
    "billing_practitioner_id": sql.staff("pcp"),
    "status": "'active'",
}
_CONDITION = {
    "condition_id": sql.key("CN", "episode", 7),
    "patient_id": sql.patient(),
    "icd10_code": sql.word("diagnosis", DIAGNOSES),
    "snomed_code": "NULL",
    "category": "'problem'",
    "verification_status": "'confirmed'",
    "recorded_on": sql.day("visit_on"),
    "encounter_id": sql.key("EI", "episode", 7),
    "onset_on": sql.day("onset_on"),
    "clinical_status": "'active'",
}
_ORDER = {
    "order_id": sql.key("MO", "episode", 7),
    "patient_id": sql.patient(),
    "encounter_id": sql.key("EI", "episode", 7),
    "code_system": f"'{RX_NORM}'",
    "code": sql.word("drug", ("312938", "312940", "310384", "596926")),
    "authored_at": sql.utc_time("authored_at"),
    "intent": "'order'",
    "status": "'active'",
}
_ENTRY = {
    "entry_id": _ENTRY_ID,
    "patient_id": sql.patient(),
    "staff_id": sql.staff(),
    "activity_code": sql.word("activity", ACTIVITIES),
    "started_at": sql.local_time("starts_at"),
    "ended_at": sql.local_time("ends_at"),
    "duration_minutes": "CASE WHEN seconds >= 0 THEN (seconds / 60.0)::DECIMAL(9, 4) END",
    "documented_at": sql.utc_time("documented_at"),
    "status": "'final'",
}
_REVIEW = {
    "review_id": "'RV' || lpad(entry::VARCHAR, 13, '0')",
    "patient_id": sql.patient(),
    "psychiatric_consultant_id": sql.staff("consultant"),
    "care_manager_id": sql.staff(),
    "reviewed_at": sql.utc_time("reviewed_at"),
    "recommendation": sql.word("recommendation", _RECOMMENDATIONS),
    "communicated_at": sql.utc_time("told_at"),
    "acted_at": sql.utc_time("acted_at"),
    "outcome": sql.word("outcome", ("acted", "declined")),
    "status": "'final'",
}
SCORE = {
    "assessment_id": "'AS' || lpad(label::VARCHAR, 4, '0') || '-' || lpad(number::VARCHAR, 7, '0')",
    "patient_id": sql.patient(),
    "instrument": sql.word("instrument", scales.INSTRUMENTS),
    "score": "score",
    "item9_score": "CASE WHEN item9 >= 0 THEN item9 END",
    "taken_at": sql.utc_time("taken_at"),
    "encounter_id": "encounter",
    "status": "'final'",
}


@dataclass(frozen=True)
class CareMonth:
    """A month's plan, entries and scores of those under care management."""

    plan: Plan
    entries: Entries
    scores: Scores


def care_month(world: World, month: Month) -> CareMonth:
    """Return the month, the same whatever is known of it yet."""
    plan = world.plan(month)
    entries = entries_of(
        world.episodes, plan, month, world.seed, world.consult_weekday, world.workforce.team_of
    )
    return CareMonth(plan, entries, scales.course_of(world.episodes, plan, month, world.seed))


def write_enrolments(world: World, cut: Cut, writer: Writer) -> None:
    """Write the enrolments that begin, change or end in the delivery's days, as known on its last day."""
    episodes, seed = world.episodes, world.seed
    number, patient, team, program = episodes.number, episodes.patient, episodes.team, episodes.program
    begins, ends = cut.holds(episodes.starts_on), cut.holds(episodes.ends_on)
    plans = (episodes.plan_on != NO_DAY) & cut.holds(episodes.plan_on)
    known = episodes.starts_on <= cut.last
    changed = known & (begins | ends | plans)
    is_over = episodes.ends_on <= cut.last
    has_plan = (episodes.plan_on != NO_DAY) & (episodes.plan_on <= cut.last)
    is_cocm = program == 0
    is_talk = program == PCBH
    talker = world.workforce.member(BHC, team, episodes.rank)
    consultant = world.workforce.first[CONSULTANT, team]
    visit_at = episodes.visit_on * DAY_SECONDS + _VISIT_SECONDS
    is_referred = program <= PCBH
    columns = {
        "episode": number,
        "patient": patient,
        "program": program,
        "team": team,
        "referral": np.where(is_referred, number, -1),
        "manager": np.where(is_talk, talker, np.where(program == APCM, -1, world.staff)),
        "pcp": world.pcp[patient],
        "consultant": np.where(is_cocm, consultant, -1),
        "starts_on": episodes.starts_on,
        "ends_on": np.where(is_over, episodes.ends_on, NO_DAY),
        "status": is_over.astype(np.int64),
        "phase": np.where(program > BHI, -1, has_plan.astype(np.int64)),
        "plan_on": np.where(has_plan, episodes.plan_on, NO_DAY),
        "instrument": np.where(program > BHI, -1, episodes.instrument),
        "reason": np.where(is_over, episodes.end_reason, -1),
        "updated_at": np.full(len(number), cut.last * DAY_SECONDS + 23 * 3600),
    }
    writer.write("episode", cut.delivered_on, columns, _EPISODE, changed)
    uniform = draw(seed, "enrolment", number)
    visited = cut.holds(episodes.visit_on)
    granted_at = visit_at + 900
    visit = {
        "episode": number, "patient": patient, "program": program, "team": team, "pcp": world.pcp[patient],
        "method": pick(uniform, [0.5, 0.35, 0.1, 0.05]), "diagnosis": episodes.diagnosis,
        "authored_at": world.to_utc(visit_at + 600, team), "visit_on": episodes.visit_on,
        "onset_on": episodes.visit_on - between(uniform, 20, 900),
        "drug": pick(uniform * 31 % 1, [0.35, 0.25, 0.25, 0.15]),
    }  # fmt: skip
    writer.write("referral", cut.delivered_on, visit, _REFERRAL, visited & is_referred)
    consent = dict(
        visit, method=(uniform < 0.2).astype(np.int64), granted_at=granted_at,
        granted_utc=world.to_utc(granted_at, team),
    )  # fmt: skip
    writer.write("consent", cut.delivered_on, consent, _CONSENT, visited & (program != PCBH))
    has_diagnosis = visited & episodes.has_diagnosis & is_referred
    writer.write("condition", cut.delivered_on, visit, _CONDITION, has_diagnosis)
    is_treated = visited & (program <= BHI) & (uniform * 17 % 1 < 0.45)
    writer.write("medication_order", cut.delivered_on, visit, _ORDER, is_treated)


def write_entries(world: World, month: Month, care: CareMonth, cut: Cut, writer: Writer) -> None:
    """Write the delivery's time entries and case reviews."""
    entries = care.entries
    team = world.workforce.team_of[entries.staff]
    system = team % 3
    entry = (month.label * 10**7 + entries.episode) * 100 + entries.number
    documented = np.where(
        entries.documented_at // DAY_SECONDS > world.window.as_of,
        entries.ends_at + 300,
        entries.documented_at,
    )
    columns = {
        "entry": entry,
        "patient": world.episodes.patient[entries.episode],
        "staff": entries.staff,
        "activity": entries.activity,
        "starts_at": entries.starts_at,
        "ends_at": np.where(system == _DURATION_ONLY, NO_TIME, entries.ends_at),
        "seconds": np.where(system == _WHOLE, -1, entries.ends_at - entries.starts_at),
        "documented_at": world.to_utc(documented, team),
    }
    kept = cut.keeps(world.seed, entries.day, entry)
    writer.write("care_activity", cut.delivered_on, columns, _ENTRY, kept)

    key = np.full(1, month.ordinal)
    uniform = draw(world.seed, "review", entries.episode, key)
    reviewed_at = world.to_utc(entries.starts_at, team)
    told_at = reviewed_at + between(uniform * 13 % 1, 1, 70) * 3600
    acted_at = told_at + between(uniform * 29 % 1, 3, 240) * 3600
    known = world.to_utc(np.full(1, (cut.last + 1) * DAY_SECONDS), np.zeros(1, dtype=np.int64))[0]
    change = pick(uniform, [0.55, 0.22, 0.13, 0.05, 0.05])
    is_told = (uniform * 7 % 1 < 0.93) & (told_at < known)
    is_acted = is_told & (change > 0) & (uniform * 11 % 1 < 0.85) & (acted_at < known)
    review = {
        "entry": entry,
        "patient": columns["patient"],
        "consultant": world.workforce.first[CONSULTANT, team],
        "staff": entries.staff,
        "reviewed_at": reviewed_at,
        "recommendation": change,
        "told_at": np.where(is_told, told_at, NO_TIME),
        "acted_at": np.where(is_acted, acted_at, NO_TIME),
        "outcome": np.where(is_acted, (uniform * 5 % 1 < 0.15).astype(np.int64), -1),
    }
    is_review = cut.holds(entries.day) & (entries.activity == CONSULTATION)
    writer.write("case_review", cut.delivered_on, review, _REVIEW, is_review)


def write_scores(
    world: World, label: int, scores: Scores, encounter: str, name: str, cut: Cut, writer: Writer
) -> None:
    """Write the delivery's scores.

    Args:
        world: the world.
        label: a number that makes the ids of these scores their own, four digits.
        scores: the scores.
        encounter: the SQL expression of the encounter's id.
        name: the file's name.
        cut: the delivery.
        writer: where to.
    """
    number: Ints = np.arange(len(scores.patient), dtype=np.int64)
    columns = {
        "label": np.full(len(number), label),
        "number": number,
        "patient": scores.patient,
        "instrument": scores.instrument,
        "score": scores.score,
        "item9": scores.item9,
        "taken_at": world.to_utc(scores.taken_at, scores.team),
        "encounter": scores.encounter,
    }
    kept = cut.keeps(world.seed, scores.taken_at // DAY_SECONDS, np.full(1, label), number)
    select = dict(SCORE, encounter_id=encounter)
    writer.write("assessment", cut.delivered_on, columns, select, kept, name)
