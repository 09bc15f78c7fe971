"""Writes the referrals of primary care visits.

Belongs here: what a delivery holds of them. Does not belong here: how they are drawn (`referrals.py`).
"""

from orchestration.sample import writer as sql
from orchestration.sample.caseload import DIAGNOSES
from orchestration.sample.days import DAY_SECONDS, Month
from orchestration.sample.draws import draw, pick
from orchestration.sample.feeds_visits import visit_key
from orchestration.sample.referrals import METHODS, Referrals
from orchestration.sample.world import Cut, World
from orchestration.sample.writer import Writer

_REFERRAL = {
    "referral_id": "'RV' || lpad(visit::VARCHAR, 12, '0')",
    "patient_id": sql.patient(),
    "referrer_id": sql.staff("pcp"),
    "team_id": sql.team(),
    "service_line": "'behavioral_health'",
    "method": sql.word("method", METHODS),
    "reason_code": sql.word("diagnosis", DIAGNOSES),
    "intent": "'order'",
    "do_not_perform": "'false'",
    "authored_at": sql.utc_time("authored_utc"),
    "status": "'active'",
}


def write_referrals(world: World, month: Month, referrals: Referrals, cut: Cut, writer: Writer) -> None:
    """Write the delivery's referrals of a month's visits."""
    visit = visit_key(month, referrals.sequence)
    columns = {
        "visit": visit,
        "patient": referrals.patient,
        "pcp": referrals.pcp,
        "team": referrals.team,
        "method": referrals.method,
        "diagnosis": pick(draw(world.seed, "referred for", visit), [1.0] * len(DIAGNOSES)),
        "authored_utc": world.to_utc(referrals.authored_at, referrals.team),
    }
    kept = cut.keeps(world.seed, referrals.authored_at // DAY_SECONDS, visit)
    writer.write("referral", cut.delivered_on, columns, _REFERRAL, kept, "referral_visit")
