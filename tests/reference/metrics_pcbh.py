"""The metrics of primary care behavioral health, patient by patient and visit by visit.

What belongs here: what ``docs/decisions/0032`` and the metric definitions say, as one would count by hand.
What does not: periods and sums (``metric_periods``), and how rows are read (``clinic``).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from tests.reference.cells import epoch_second, local_date
from tests.reference.clinic import FAR_PAST, Clinic, Record, covers
from tests.reference.metric_periods import PCBH, Period, Tally, kept

BANDS = {"1_2_weeks": range(1, 15), "3_4_weeks": range(15, 29), "5_plus_weeks": range(29, 366)}


@dataclass(frozen=True)
class Visit:
    """A finished visit of someone who was a BHC on its day."""

    encounter_id: str
    patient_id: str
    bhc: str
    team: str | None
    home: str | None
    day: date
    second: int
    kind: str | None
    modality: str | None
    gap: int | None = None


class Practice:
    """The visits of a clinic's BHCs, and its panels."""

    def __init__(self, clinic: Clinic) -> None:
        """Keep the records."""
        self.clinic = clinic

    def site(self, team: str | None) -> str | None:
        """The site of a team."""
        found: str | None = self.clinic.teams.get(team or "", {}).get("site_id")
        return found

    @cached_property
    def visits(self) -> list[Visit]:
        """All visits in their order, each with the days since the patient's visit of an earlier day."""
        found = [visit for row in self.clinic.all_of("encounter") if (visit := self._visit(row))]
        found.sort(key=lambda one: (one.day, one.second, one.encounter_id))
        last: dict[str, date] = {}
        spaced = []
        for visit in found:
            before = last.get(visit.patient_id)
            gap = (visit.day - before).days if before else 0
            spaced.append(Visit(**{**visit.__dict__, "gap": gap if 1 <= gap <= 365 else None}))
            last[visit.patient_id] = visit.day
        return spaced

    def _visit(self, row: Record) -> Visit | None:
        second, _ = self.clinic.encounter_span(row)
        day = local_date(second, self.clinic.encounter_zone(row))
        posts = [
            (post["fte"] is None, -(post["fte"] or 0), post["team_id"])
            for post in self.clinic.all_of("staffing")
            if post["practitioner_id"] == row["practitioner_id"]
            and post["role"] == "bhc"
            and covers(post, day)
        ]
        if row["service_line"] != "behavioral_health" or row["status"] != "finished" or not posts:
            return None
        if day > self.clinic.as_of:
            return None
        home = min(posts)[2]
        return Visit(
            row["encounter_id"],
            row["patient_id"],
            row["practitioner_id"],
            row["team_id"] or home,
            home,
            day,
            second,
            row["visit_type"],
            row["modality"],
        )

    def panel(self, day: date) -> dict[tuple[str, str | None], set[str]]:
        """Who is on the panel of each team, PCP and site on a day."""
        found: dict[tuple[str, str | None], set[str]] = {}
        for row in self.clinic.all_of("panel"):
            died = self.clinic.died_on(row["patient_id"])
            if covers(row, day) and (died is None or died >= day):
                team = row["team_id"]
                for entity in (("team", team), ("practitioner", row["pcp_id"]), ("site", self.site(team))):
                    found.setdefault(entity, set()).add(row["patient_id"])
        return found

    def own_site(self, visit: Visit) -> str | None:
        """Where a BHC mostly was on the day of a visit, else where the larger post is."""
        places = Counter(
            self.site(one.team)
            for one in self.visits
            if (one.bhc, one.day, one.modality) == (visit.bhc, visit.day, "in_person") and self.site(one.team)
        )
        most = [place for place, count in places.items() if count == max(places.values())]
        return most[0] if len(most) == 1 else self.site(visit.home)


def tally_pcbh(clinic: Clinic) -> Tally:
    """Every metric but evenness, which derives from its bands."""
    practice, tally = Practice(clinic), Tally()
    for period in kept(("day", "week", *PCBH), clinic.as_of):
        visits = [visit for visit in practice.visits if period.holds(visit.day)]
        for visit in visits:
            for entity in (("practitioner", visit.bhc), ("team", visit.team)):
                tally.add("pcbh_warm_handoff_share", entity, period, int(visit.kind == "warm_handoff"), 1)
        for bhc in {visit.bhc for visit in visits}:
            seen = {(visit.day, visit.patient_id) for visit in visits if visit.bhc == bhc}
            days = {day for day, _ in seen}
            tally.add("pcbh_unique_patients_per_day", ("practitioner", bhc), period, len(seen), len(days))
        if period.kind in PCBH:
            _tally_returns(visits, period, tally)
            _tally_panel(practice, period, tally)
            _tally_sites(practice, visits, period, tally)
            _tally_referrals(practice, period, tally)
    return tally


def _tally_returns(visits: list[Visit], period: Period, tally: Tally) -> None:
    for visit in visits:
        if visit.gap:
            for entity in (("practitioner", visit.bhc), ("team", visit.team)):
                for band, days in BANDS.items():
                    tally.add(f"pcbh_followup_{band}", entity, period, int(visit.gap in days), 1)
                tally.add("pcbh_followup_mean_days", entity, period, visit.gap, 1)


def _tally_panel(practice: Practice, period: Period, tally: Tally) -> None:
    first = period.last - timedelta(days=364)
    year = [visit for visit in practice.visits if first <= visit.day <= period.last]
    seen = {visit.patient_id for visit in year}
    for entity, patients in practice.panel(period.last).items():
        tally.add("pcbh_penetration", entity, period, len(patients & seen), len(patients))
    for kind in ("practitioner", "team"):
        names = {visit.bhc if kind == "practitioner" else visit.team for visit in year}
        for name in names:
            own = [one for one in year if name == (one.bhc if kind == "practitioner" else one.team)]
            people = {one.patient_id for one in own}
            tally.add("pcbh_visits_per_patient", (kind, name), period, len(own), len(people))


def _tally_sites(practice: Practice, visits: list[Visit], period: Period, tally: Tally) -> None:
    for visit in visits:
        site, own = practice.site(visit.team), practice.own_site(visit)
        if visit.kind == "warm_handoff":
            away = visit.modality in ("video", "phone") and own is not None and own != site
            tally.add("pcbh_cross_site_warm_handoff_share", ("site", site), period, int(away), 1)


def _tally_referrals(practice: Practice, period: Period, tally: Tally) -> None:
    clinic = practice.clinic
    seen = {(visit.patient_id, visit.day) for visit in practice.visits}
    for row in clinic.all_of("referral"):
        patient = row["patient_id"]
        zone = clinic.row_zone(
            row["authored_at"], patient_id=patient, team_id=row["team_id"], staff_id=row["referrer_id"]
        )
        day = local_date(epoch_second(row["authored_at"], zone), zone)
        counts = row["service_line"] == "behavioral_health" and row["status"] not in (
            "draft",
            "entered-in-error",
        )
        if counts and period.holds(day):
            panels = sorted(clinic.panel(patient, day), key=lambda one: one["effective_from"] or FAR_PAST)
            team = row["team_id"] or (panels[-1]["team_id"] if panels else None)
            tally.add("pcbh_same_day_access", ("team", team), period, int((patient, day) in seen), 1)
