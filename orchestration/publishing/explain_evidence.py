"""The evidence behind a disposition: the other entry, the episodes, the rule row that decided.

Belongs here: one look-up a disposition, over published marts alone. Does not belong here: the sentence of a
disposition, which is a row of ``seeds/disposition.csv``.
"""

from collections.abc import Callable

from orchestration.publishing.answers import Evidence
from orchestration.publishing.lookup import Reader, Row


def evidence_of(reader: Reader, segment: Row) -> list[Evidence]:
    """The evidence for a segment's disposition that the published marts hold; empty where they hold none."""
    look_up = _LOOK_UPS.get(segment["disposition"])
    return look_up(reader, segment) if look_up else []


def _entry_that_counts(reader: Reader, segment: Row) -> list[Evidence]:
    """Of a duplicate: the other entries of the same patient, staff member, activity and start."""
    rows = reader.rows(
        """
        select entry_id, min(service_on) as service_on
        from {fct_minute_segment}
        where
            patient_id = {} and staff_id = {} and activity_code = {} and entry_id <> {}
            and disposition not in ('voided', 'duplicate')
        group by entry_id
        having min(started_at) <= {} and max(ended_at) >= {}
        order by entry_id
        """,
        segment["patient_id"],
        segment["staff_id"],
        segment["activity_code"],
        segment["entry_id"],
        segment["started_at"],
        segment["ended_at"],
        marts=["fct_minute_segment"],
    )
    return [
        Evidence("entry", row["entry_id"], row["service_on"], "says the same, and counts") for row in rows
    ]


def _winning_entry(reader: Reader, segment: Row) -> list[Evidence]:
    """Of an overlap: the entry that has claimed the time."""
    rows = reader.rows(
        """
        select
            entry_id,
            min(staff_id) as staff_id,
            min(service_on) as service_on,
            min(started_at) as started_at,
            max(ended_at) as ended_at
        from {fct_minute_segment}
        where entry_id = {}
        group by entry_id
        """,
        segment["lost_to_entry_id"],
        marts=["fct_minute_segment"],
    )
    return [
        Evidence(
            "entry",
            row["entry_id"],
            row["service_on"],
            f"of staff {row['staff_id']}, {row['started_at']} to {row['ended_at']} UTC, has claimed the time",
        )
        for row in rows
    ]


def _excluding_visit(_: Reader, segment: Row) -> list[Evidence]:
    """Of time inside a visit or a stay: which one. A generation of before it was published names none."""
    if not segment.get("excluding_encounter_id"):
        return []
    kind = segment["excluding_visit_kind"]
    what = f"a stay, {kind}" if segment["disposition"] == "facility_stay" else f"a visit billed as {kind}"
    return [Evidence("encounter", segment["excluding_encounter_id"], segment["service_on"], what)]


def _episodes(reader: Reader, segment: Row) -> list[Evidence]:
    """Of time without an episode: the episodes that the patient has."""
    rows = reader.rows(
        """
        select episode_id, program, started_on, ended_on
        from {fct_episode}
        where patient_id = {}
        order by started_on, episode_id
        """,
        segment["patient_id"],
        marts=["fct_episode"],
    )
    return [
        Evidence(
            "episode",
            row["episode_id"],
            row["started_on"],
            f"{row['program']}, {row['started_on']} to {row['ended_on'] or 'open'}",
        )
        for row in rows
    ]


def _day_of_death(reader: Reader, segment: Row) -> list[Evidence]:
    rows = reader.rows(
        """
        select patient_id, deceased_on
        from {dim_patient}
        where patient_id = {}
        """,
        segment["patient_id"],
        marts=["dim_patient"],
    )
    return [Evidence("patient", row["patient_id"], row["deceased_on"], "day of death") for row in rows]


def _countable_roles(reader: Reader, segment: Row) -> list[Evidence]:
    rows = reader.rows(
        """
        select policy_version, valid_from, countable_roles_cocm, countable_roles_bhi
        from {payer_policy}
        where policy_version = {}
        """,
        segment["rule_version"],
        marts=[],
        rules=["payer_policy"],
    )
    held = f"role held: {segment['staff_role'] or 'none'}"
    return [
        Evidence(
            "payer_policy",
            row["policy_version"],
            row["valid_from"],
            f"counts for cocm {row['countable_roles_cocm']}, for bhi {row['countable_roles_bhi']}; {held}",
        )
        for row in rows
    ]


def _activity(reader: Reader, segment: Row) -> list[Evidence]:
    rows = reader.rows(
        """
        select activity_code, activity_class, is_countable, valid_from
        from {activity_type}
        where
            activity_code = {}
            and {} between coalesce(cast(valid_from as date), date '0001-01-01')
            and coalesce(cast(valid_to as date), date '9999-12-31')
        """,
        segment["activity_code"],
        segment["service_on"],
        marts=[],
        rules=["activity_type"],
    )
    if not rows:
        unknown = "is not a known activity of that day"
        return [Evidence("activity_type", segment["activity_code"], None, unknown)]
    return [
        Evidence(
            "activity_type",
            row["activity_code"],
            row["valid_from"],
            f"{row['activity_class']}, {'counts' if row['is_countable'] else 'does not count'}",
        )
        for row in rows
    ]


def _consents(reader: Reader, segment: Row) -> list[Evidence]:
    """Of time outside consent: the consents that the patient's claims of the program rest on."""
    rows = reader.rows(
        """
        select distinct checked.evidence_id, checked.evidence_on
        from {fct_claim_check} as checked
        inner join {fct_claim_candidate} as candidate on checked.candidate_id = candidate.candidate_id
        where
            candidate.patient_id = {} and candidate.program = {} and checked.evidence_kind = 'consent'
            and checked.evidence_id is not null
        order by checked.evidence_on, checked.evidence_id
        """,
        segment["patient_id"],
        segment["program"],
        marts=["fct_claim_check", "fct_claim_candidate"],
    )
    return [
        Evidence(
            "consent", row["evidence_id"], row["evidence_on"], "was given, but not in force at that moment"
        )
        for row in rows
    ]


_LOOK_UPS: dict[str, Callable[[Reader, Row], list[Evidence]]] = {
    "duplicate": _entry_that_counts,
    "no_episode": _episodes,
    "after_death": _day_of_death,
    "outside_consent": _consents,
    "unqualified_staff": _countable_roles,
    "not_countable_activity": _activity,
    "billed_separately": _excluding_visit,
    "facility_stay": _excluding_visit,
    "staff_overlap": _winning_entry,
    "patient_overlap": _winning_entry,
}
