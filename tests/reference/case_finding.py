"""Who is likely eligible, by brute force: each patient and clinic date on its own, each rule in a few lines.

Dates alone: every zone of the input is UTC. Text rows as the feeds have them, one version each.

What belongs here: docs/decisions/0037 a second time. What does not: time zones and versions, which other
properties try.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.reference.rules import Row, listed, validity

Found = dict[tuple[date, str], dict[str, Any]]
COUNTS_AS = {"PHQ-9M": "PHQ-9"}
PROGRAMS = ("cocm", "bhi", "pcbh")


def day_of(text: str) -> date | None:
    """The date of a date or timestamp cell."""
    return date.fromisoformat(text[:10]) if text else None


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for candidate in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(candidate, day.day))
        except ValueError:
            continue
    raise AssertionError


class CaseFinding:
    """One delivery, its rules and its business date."""

    def __init__(
        self, feeds: Mapping[str, Sequence[Mapping[str, str]]], rules: list[Row], as_of: date
    ) -> None:
        """Group the rows of the feeds by patient."""
        self.rules, self.as_of = rules, as_of
        self.first = months_before(as_of + timedelta(days=1), 3)
        self.pcps = {row["practitioner_id"] for row in feeds["staffing"] if row["role"] == "pcp"}
        self.of: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for feed, rows in feeds.items():
            for row in rows:
                if row.get("patient_id"):
                    self.of[feed][row["patient_id"]].append(dict(row))

    def found(self) -> Found:
        """The likely-eligible rows by clinic date and patient."""
        expected = [
            one for rows in self.of["appointment"].values() for row in rows if (one := self._expected(row))
        ]
        coming = min((day for day, _ in expected if day > self.as_of), default=None)
        chosen: dict[tuple[date, str], Row] = {}
        came: set[tuple[date, str]] = set()
        for day, row in sorted(expected, key=lambda one: one[1]["appointment_id"]):
            if day <= self.as_of or day == coming:
                chosen.setdefault((day, row["patient_id"]), row)
                if row["status"] in ("arrived", "checked-in", "fulfilled"):
                    came.add((day, row["patient_id"]))
        found: Found = {}
        for (day, patient), row in chosen.items():
            if not self._is_looked_at(patient, day):
                continue
            triggers = sorted(
                (int(rule["priority"]), rule["rule_id"]) for rule in self._triggered(patient, day)
            )
            if triggers:
                found[day, patient] = self._told(patient, day, row, triggers, (day, patient) in came)
        return found

    def _expected(self, row: Row) -> tuple[date, Row] | None:
        day, booked = day_of(row["starts_at"]), day_of(row["booked_at"])
        assert day is not None
        if row["service_line"] != "primary_care" or day < self.first or (booked and booked >= day):
            return None
        known = ["pending", "booked", "arrived"]
        if day <= self.as_of:
            known += ["checked-in", "fulfilled", "noshow"]
            cancelled = day_of(row["cancelled_at"])
            if row["status"] == "cancelled" and cancelled and cancelled >= day:
                known.append("cancelled")
        return (day, row) if row["status"] in known else None

    def _is_looked_at(self, patient: str, day: date) -> bool:
        for person in self.of["patient"][patient]:
            died = day_of(person["deceased_on"])
            if died and died < day:
                return False
        for episode in self.of["episode"][patient]:
            ended = day_of(episode["ended_on"])
            started = day_of(episode["started_on"])
            is_enrolled = episode["program"] in PROGRAMS and episode["status"] == "active"
            if is_enrolled and started and started < day and (ended is None or ended >= day):
                return False
        return True

    def _triggered(self, patient: str, day: date) -> Iterable[Row]:
        kinds: dict[str, Callable[[Row, str, date], bool]] = {
            "score": self._has_score,
            "condition_score": lambda *one: self._has_score(*one) and self._has_condition(*one),
            "condition_unseen": lambda *one: self._has_condition(*one) and not self._was_visited(*one),
            "emergency": self._was_in_emergency,
            "no_screen": self._is_unscreened,
        }
        for rule in self.rules:
            first, last = validity(rule)
            if first <= day <= last and kinds[rule["rule_kind"]](rule, patient, day):
                yield rule

    def _scores(self, patient: str, day: date) -> dict[str, dict[date, tuple[str, str, int]]]:
        """By scale and day, the last score taken before a date."""
        scores: dict[str, dict[date, tuple[str, str, int]]] = defaultdict(dict)
        for row in self.of["assessment"][patient]:
            taken = day_of(row["taken_at"])
            if taken is None or taken >= day or row["status"] == "preliminary":
                continue
            scale = COUNTS_AS.get(row["instrument"], row["instrument"])
            told = [(scale, row["score"])]
            if scale == "PHQ-9":
                told.append(("PHQ-9 item 9", row["item9_score"]))
            for name, text in told:
                if text:
                    one = (row["taken_at"], row["assessment_id"], int(text))
                    scores[name][taken] = max(scores[name].get(taken, one), one)
        return scores

    def _has_score(self, rule: Row, patient: str, day: date) -> bool:
        scores = self._scores(patient, day)
        days = scores.get(rule["instrument"])
        if not days:
            return False
        last = max(days)
        longer = [taken for scale in listed(rule["superseded_by"]) for taken in scores.get(scale, ())]
        is_high = days[last][2] >= int(rule["threshold"])
        is_recent = (day - last).days <= int(rule["look_back_days"])
        return is_high and is_recent and not any(taken >= last for taken in longer)

    def _is_named(self, rule: Row, row: Row) -> bool:
        code = row["icd10_code"].replace(".", "")
        for span in listed(rule["diagnosis_codes"].replace(".", "")):
            first, _, last = span.partition("-")
            last = last or first
            if code[: len(first)] >= first and code[: len(last)] <= last:
                return row["verification_status"] != "refuted"
        return False

    def _has_condition(self, rule: Row, patient: str, day: date) -> bool:
        for row in self.of["condition"][patient]:
            recorded, onset, abated = (day_of(row[name]) for name in ("recorded_on", "onset_on", "abated_on"))
            known = max((one for one in (recorded, onset) if one), default=date.min)
            is_open = abated is not None or row["clinical_status"] != "resolved"
            is_in_force = known < day and (abated is None or abated >= day)
            if is_open and is_in_force and self._is_named(rule, row):
                return True
        return False

    def _was_visited(self, rule: Row, patient: str, day: date) -> bool:
        return any(
            row["service_line"] == "behavioral_health"
            and row["practitioner_id"] == "bea"
            and row["status"] == "finished"
            and 1 <= (day - date.fromisoformat(row["started_at"][:10])).days <= int(rule["look_back_days"])
            for row in self.of["encounter"][patient]
        )

    def _was_in_emergency(self, rule: Row, patient: str, day: date) -> bool:
        visits = 0
        for row in self.of["encounter"][patient]:
            seen = day_of(row["started_at"])
            if seen is None or row["encounter_class"] != "emergency" or row["status"] != "finished":
                continue
            is_behavioral = any(
                self._is_named(rule, one)
                and (day_of(one["recorded_on"]) or seen) < day
                and (
                    one["encounter_id"] == row["encounter_id"]
                    or (not one["encounter_id"] and day_of(one["recorded_on"]) == seen)
                )
                for one in self.of["condition"][patient]
            )
            visits += is_behavioral and 1 <= (day - seen).days <= int(rule["look_back_days"])
        return visits >= int(rule["threshold"])

    def _is_unscreened(self, rule: Row, patient: str, day: date) -> bool:
        for person in self.of["patient"][patient]:
            born = day_of(person["birth_date"])
            if born and (day.year - born.year - ((day.month, day.day) < (born.month, born.day))) < 12:
                return False
        scores = self._scores(patient, day)
        taken = [one for scale in listed(rule["instrument"]) for one in scores.get(scale, ())]
        return not taken or (day - max(taken)).days > int(rule["look_back_days"])

    def _told(
        self, patient: str, day: date, row: Row, triggers: list[tuple[int, str]], has_come: bool
    ) -> dict[str, Any]:
        own = [panel["pcp_id"] for panel in self.of["panel"][patient]]
        pcp = (
            row["practitioner_id"]
            if row["practitioner_id"] in self.pcps
            else (own or [row["practitioner_id"]])[0]
        )
        refused = [ref for ref in self._referrals(patient, "declined") if ref < day] + [
            ended
            for one in self.of["episode"][patient]
            if one["end_reason"] == "declined"
            and one["program"] in PROGRAMS
            and (ended := day_of(one["ended_on"]))
            and ended < day
        ]
        lower = 10 if refused and (day - max(refused)).days <= 90 else 0
        told = {
            "pcp_id": pcp or None,
            "trigger_ids": ";".join(name for _, name in triggers),
            "priority": triggers[0][0] + lower,
            "what_happened": None,
        }
        if day > self.as_of:
            return told
        is_seen = has_come or any(
            one["service_line"] == "primary_care"
            and one["status"] == "finished"
            and day_of(one["started_at"]) == day
            for one in self.of["encounter"][patient]
        )
        sent = [one for one in self._referrals(patient) if 0 <= (one - day).days <= 7]
        begun = [
            started
            for one in self.of["episode"][patient]
            if one["program"] in PROGRAMS
            and one["status"] == "active"
            and (started := day_of(one["started_on"]))
            and started <= self.as_of
            and 0 <= (started - day).days <= 30
        ]
        what = "enrolled" if begun else "referred" if sent else "seen" if is_seen else "not_seen"
        return told | {"what_happened": what, "is_seen": is_seen, "was_referred": bool(sent)}

    def _referrals(self, patient: str, status: str = "") -> list[date]:
        """Days of behavioral referrals: the declined ones, or those that a provider sent."""
        found = []
        for row in self.of["referral"][patient]:
            day = day_of(row["authored_at"])
            if (
                day is None
                or row["service_line"] != "behavioral_health"
                or row["status"] in ("draft", "entered-in-error")
            ):
                continue
            is_sent = (
                row["do_not_perform"] != "true"
                and row["method"] not in ("self", "outreach")
                and day <= self.as_of
            )
            if row["status"] == status or (not status and is_sent):
                found.append(day)
        return found
