"""The raw gate: shapes and keys block; what is missing, late, refused or unknown is a finding."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from expectations.raw_codes import WITHOUT_MODIFIERS
from orchestration.feeds.contract import load_contract
from orchestration.feeds.due import Due
from orchestration.quality.findings import blocking
from orchestration.quality.gates import run_gate
from orchestration.quality.suites import load_checks
from orchestration.settings import PROJECT_ROOT
from tests.unit.quality_lake import AS_OF, RawLake, at, days_before, write_parquet

pytestmark = pytest.mark.slow

FEEDS = load_contract().feeds
REFERENCES = [(feed.name, column.name) for feed in FEEDS.values() for column in feed.columns if column.ref]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> RawLake:
    return RawLake.make(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def lake(empty: RawLake, tmp_path: Path) -> RawLake:
    return empty.copy(tmp_path / "night")


def test_only_a_broken_shape_and_a_missing_key_of_the_lake_hold_a_night_back() -> None:
    checks = load_checks("raw", as_of=AS_OF)
    blocking_names = {f"{check.table_name}.{check.name}" for check in checks if check.severity == "critical"}
    shapes = {f"{feed}.has_the_{part}_of_its_contract" for feed in FEEDS for part in ("columns", "types")}
    keys = {f"{feed.name}.{key}_is_never_missing" for feed in FEEDS.values() for key in feed.key}
    context = {
        "run_context.has_one_row",
        "feed_file.says_what_was_delivered",
        "zone_offset_utc.has_rows",
        "zone_offset_local.has_rows",
    }
    assert blocking_names == shapes | keys - {"staffing.effective_from_is_never_missing"} | context


def test_a_lake_without_deliveries_holds_nothing_back_and_says_what_it_costs(lake: RawLake) -> None:
    results = lake.run()
    assert blocking(results.values()) == []
    absent = [name for name, result in results.items() if result.status == "failed"]
    assert absent == sorted(f"{feed}.has_been_delivered" for feed in FEEDS)
    assert {results[name].severity for name in absent} == {"warning"}
    consent = results["consent.has_been_delivered"]
    assert "no minute will be credited" in consent.what_it_means
    assert "fct_minute_segment" in consent.affected_marts.split(";")
    assert {result.status for name, result in results.items() if "_is_known" in name} == {"not_applicable"}
    assert results["consent.has_the_types_of_its_contract"].status == "passed"


def test_a_home_without_a_lake_is_all_errors_and_blocks(tmp_path: Path) -> None:
    results = run_gate(
        "raw", database=tmp_path / "raw.duckdb", lake=tmp_path / "no", quarantine=tmp_path / "no", as_of=AS_OF
    )
    assert {result.status for result in results} == {"error"}
    assert {result.table_name for result in blocking(results)} > set(FEEDS)


def key_of(feed: str) -> dict[str, Any]:
    return {key: AS_OF if FEEDS[feed].column(key).type == "date" else "own" for key in FEEDS[feed].key}


def test_every_reference_of_the_contract_is_a_finding_where_its_key_is_unknown(lake: RawLake) -> None:
    for feed in {feed for feed, _ in REFERENCES}:
        lake.add(feed, key_of(feed) | {column: "nobody" for name, column in REFERENCES if name == feed})
    results = lake.run(*(f"{feed}.{column}_is_known" for feed, column in REFERENCES))
    assert len(results) == len(REFERENCES)
    assert {(result.status, result.severity, result.failed_rows) for result in results.values()} == {
        ("failed", "warning", 1)
    }
    assert blocking(results.values()) == []
    assert all(result.affected_marts and result.what_to_do for result in results.values())
    assert "unknown_patient" in results["care_activity.patient_id_is_known"].what_it_means


def test_no_reference_is_a_finding_where_its_key_is_known(lake: RawLake) -> None:
    targets = {column.ref for feed in FEEDS.values() for column in feed.columns if column.ref}
    for feed in FEEDS.values():
        refs = {column.name: "own" for column in feed.columns if column.ref}
        if refs or feed.name in targets:
            lake.add(feed.name, key_of(feed.name) | refs)
    results = lake.run(*(f"{feed}.{column}_is_known" for feed, column in REFERENCES))
    assert {result.status for result in results.values()} == {"passed"}


ENTRY = {"entry_id": "e", "patient_id": "p", "staff_id": "s", "status": "final"}


@pytest.mark.parametrize(
    ("patients", "entries", "expected"),
    [
        ([{"patient_id": "p"}], [ENTRY], "passed"),
        ([{"patient_id": "P"}], [ENTRY], "failed"),
        ([{"patient_id": "p"}, {"patient_id": "p", "is_deleted": True}], [ENTRY], "failed"),
        ([{"patient_id": "p", "is_deleted": True}, {"patient_id": "p"}], [ENTRY], "passed"),
        (
            [{"patient_id": "p", "updated_at": at(9)}, {"patient_id": "p", "is_deleted": True}],
            [ENTRY],
            "passed",
        ),
        ([{"patient_id": "p"}], [ENTRY | {"patient_id": None}], "passed"),
        ([{"patient_id": "p"}], [ENTRY | {"patient_id": "q", "is_deleted": True}], "passed"),
        ([{"patient_id": "p"}], [ENTRY | {"patient_id": "q", "status": "entered-in-error"}], "passed"),
        ([{"patient_id": "p"}], [ENTRY | {"patient_id": "q"}, ENTRY], "passed"),
        ([{"patient_id": "p"}], [ENTRY, ENTRY | {"patient_id": "q"}], "failed"),
        ([{"patient_id": "p"}], [ENTRY | {"updated_at": at(9)}, ENTRY | {"patient_id": "q"}], "passed"),
        ([{"patient_id": None}], [ENTRY], "failed"),
    ],
)
def test_only_the_latest_version_counts_on_both_sides_of_a_reference(
    patients: list[dict[str, Any]], entries: list[dict[str, Any]], expected: str, lake: RawLake
) -> None:
    lake.add("patient", *patients)
    lake.add("care_activity", *entries)
    assert (
        lake.run("care_activity.patient_id_is_known")["care_activity.patient_id_is_known"].status == expected
    )


@pytest.mark.parametrize(
    ("versions", "failed"),
    [
        ([(2, 9), (1, None)], 1),
        ([(2, 9), (1, None), (0, 10)], 0),
        ([(2, 9), (1, None), (1, 8)], 0),
        ([(2, 9), (1, None), (0, None)], 1),
        ([(2, None), (1, 9)], 0),
        ([(2, None), (1, None)], 0),
        ([(1, 9), (1, None)], 0),
        ([(2, 9), (1, 8)], 0),
        ([(1, None)], 0),
    ],
)
def test_a_later_version_that_does_not_say_when_it_was_changed_is_a_finding(
    versions: list[tuple[int, int | None]], failed: int, lake: RawLake
) -> None:
    name = "feed_file.later_versions_say_when_they_were_changed"
    for number, (days, hour) in enumerate(versions):
        moment = at(hour) if hour else None
        for consent in ("c", str(number)):
            row = {"consent_id": consent, "updated_at": moment, "is_deleted": moment is None}
            lake.add("consent", row, on=days_before(days), file=f"{number}{consent}")
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)
    assert (result.severity, result.is_blocking) == ("warning", False)


def test_versions_of_a_row_whose_key_is_partly_blank_are_one_row(lake: RawLake) -> None:
    post = {"practitioner_id": "p", "team_id": "t", "role": "bhc"}
    lake.add("staffing", post | {"updated_at": at(9)}, on=days_before(2))
    lake.add("staffing", post, post | {"effective_from": AS_OF}, on=days_before(1))
    name = "feed_file.later_versions_say_when_they_were_changed"
    assert lake.run(name)[name].failed_rows == 1


@pytest.mark.parametrize(("orphans", "severity"), [(1, "info"), (2, "info"), (3, "warning")])
def test_a_reference_becomes_a_warning_above_the_share_of_the_site(
    orphans: int, severity: str, lake: RawLake
) -> None:
    lake.add("patient", {"patient_id": "p"})
    who = ["q"] * orphans + ["p"] * (200 - orphans)
    lake.add("case_review", *({"review_id": str(n), "patient_id": patient} for n, patient in enumerate(who)))
    result = lake.run("case_review.patient_id_is_known")["case_review.patient_id_is_known"]
    assert (result.status, result.severity) == ("failed", severity)
    assert (result.failed_rows, result.total_rows, result.threshold) == (orphans, 200, 0.01)


def test_deliveries_after_the_business_date_are_not_seen(lake: RawLake) -> None:
    lake.add("patient", {"patient_id": "p"}, on=days_before(-1))
    assert lake.run("patient.has_been")["patient.has_been_delivered"].status == "failed"
    lake.add("patient", {"patient_id": "p"})
    assert lake.run("patient.has_been")["patient.has_been_delivered"].status == "passed"


@pytest.mark.parametrize(
    ("feed", "age", "expected"),
    [
        ("patient", 7, "passed"),
        ("patient", 8, "failed"),
        ("team", 35, "passed"),
        ("team", 36, "failed"),
    ],
)
def test_a_feed_is_late_after_its_own_number_of_days(
    feed: str, age: int, expected: str, lake: RawLake
) -> None:
    broken_since = {"delivered_on": AS_OF, "status": "rejected"}
    lake.deliver(
        feed, {"delivered_on": days_before(age)}, {"delivered_on": days_before(age + 1)}, broken_since
    )
    assert lake.run("feed_file.")[f"feed_file.{feed}_is_in_time"].status == expected


def test_a_standard_format_is_late_only_where_its_site_says_when_it_is_due(lake: RawLake) -> None:
    lake.deliver(
        "patient",
        {"delivered_on": days_before(2), "format": "fhir_ndjson"},
        {"delivered_on": AS_OF, "format": "csv"},
        {"delivered_on": AS_OF, "format": "fhir_ndjson", "status": "rejected"},
    )
    assert "feed_file.fhir_is_in_time" not in lake.run("feed_file.fhir")
    for days, status in ((1, "failed"), (2, "passed")):
        found = lake.run("feed_file.", dues={"fhir": Due(days)})
        assert found["feed_file.fhir_is_in_time"].status == status
        assert found["feed_file.patient_is_in_time"].status == "passed"
    never = lake.run("feed_file.", dues={"hl7v2": Due(9, frozenset({0})), "panel": Due(9)})
    assert never["feed_file.hl7v2_is_in_time"].status == "failed"
    assert never["feed_file.panel_is_in_time"].status == "not_applicable"


def test_a_required_format_that_never_came_is_a_finding_where_nobody_says_when_it_is_due(
    lake: RawLake,
) -> None:
    lake.deliver(
        "patient",
        {"delivered_on": days_before(900), "format": "fhir_ndjson"},
        {"delivered_on": AS_OF, "format": "hl7v2", "status": "rejected"},
    )
    found = lake.run(
        "feed_file.", dues={"identity": Due(9)}, required=("fhir", "hl7v2", "identity", "patient")
    )
    came = {name: result.status for name, result in found.items() if name.endswith("_has_been_delivered")}
    assert came == {
        "feed_file.fhir_has_been_delivered": "passed",
        "feed_file.hl7v2_has_been_delivered": "failed",
    }
    assert found["feed_file.identity_is_in_time"].status == "failed"


@pytest.mark.parametrize(
    ("refused", "status", "severity"),
    [(0, "passed", "warning"), (1, "failed", "info"), (2, "failed", "warning")],
)
def test_refused_rows_of_the_newest_delivery_are_a_finding(
    refused: int, status: str, severity: str, lake: RawLake
) -> None:
    lake.deliver("consent", {"delivered_on": AS_OF}, {"delivered_on": days_before(1)})
    lake.refuse("consent", refused)
    lake.refuse("consent", 50, on=days_before(1))
    result = lake.run("quarantine.")["quarantine.few_rows_of_consent_are_refused"]
    assert (result.status, result.severity) == (status, severity)
    assert (result.failed_rows, result.total_rows) == (refused, 100)


@pytest.mark.parametrize(("accepted_on", "expected"), [(0, "failed"), (1, "failed"), (-1, "passed")])
def test_a_refused_file_is_a_finding_until_a_later_one_is_accepted(
    accepted_on: int, expected: str, lake: RawLake
) -> None:
    broken = {"delivered_on": days_before(1), "status": "rejected"}
    lake.deliver("consent", broken, {"delivered_on": days_before(1 + accepted_on)})
    assert lake.run("feed_file.no_file")["feed_file.no_file_of_consent_is_refused"].status == expected


def test_dropped_columns_and_unmapped_codes_are_findings(lake: RawLake) -> None:
    lake.deliver("condition", {"delivered_on": AS_OF, "unknown_columns": "colour"})
    lake.add("condition", *({"condition_id": str(number)} for number in range(100)))
    code = {"feed": "condition", "column_name": "category", "system": "s", "code": "c", "delivered_on": AS_OF}
    lake.refer("unmapped_code", code | {"rows": 2}, code | {"rows": 3, "code": "d"})
    results = lake.run("feed_file.all_columns", "unmapped_code.")
    assert results["feed_file.all_columns_of_condition_are_known"].status == "failed"
    unmapped = results["unmapped_code.codes_of_condition_have_a_map"]
    assert (unmapped.status, unmapped.severity, unmapped.failed_rows) == ("failed", "warning", 5)
    assert results["unmapped_code.codes_of_encounter_have_a_map"].status == "not_applicable"


def test_resources_that_fill_no_feed_are_one_finding_with_their_number(lake: RawLake) -> None:
    name = "unmapped_code.every_resource_type_fills_a_feed"
    assert lake.run(name)[name].status == "passed"
    plan = {"feed": "fhir", "column_name": "resourceType", "system": "", "code": "CarePlan"}
    lake.refer("unmapped_code", plan | {"rows": 139, "delivered_on": AS_OF})
    result = lake.run(name)[name]
    assert (result.status, result.severity, result.failed_rows) == ("failed", "info", 139)


@pytest.mark.parametrize(
    ("reason", "status"),
    [("unknown_modifier_extension", "failed"), ("unsupported_resource:CarePlan", "passed")],
)
def test_refused_lines_of_a_standard_format_are_a_finding(reason: str, status: str, lake: RawLake) -> None:
    name = "quarantine.no_line_of_fhir_is_refused"
    lake.deliver("fhir", {"delivered_on": AS_OF})
    lake.refuse("fhir", 1, reason=reason)
    assert lake.run(name)[name].status == status


@pytest.mark.parametrize(
    ("feed", "reason", "file", "failed"),
    [
        ("hl7v2", "malformed_row", "hl7v2/2026-04-01/a.hl7", 2),
        ("appointment", "missing_required:starts_at", "hl7v2/2026-04-01/a.hl7", 2),
        ("appointment", "missing_required:starts_at", "appointment/2026-04-01/a.csv", 0),
        ("hl7v2", "unsupported_message:ADT^A04", "hl7v2/2026-04-01/a.hl7", 0),
    ],
)
def test_messages_that_cannot_be_read_are_a_finding_whenever_they_came(
    feed: str, reason: str, file: str, failed: int, lake: RawLake
) -> None:
    name = "quarantine.every_message_can_be_read"
    day = days_before(14)
    lake.deliver(feed, {"delivered_on": day, "source_file": file}, {"delivered_on": AS_OF})
    lake.refuse(feed, 2, on=day, reason=reason, file=file)
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)
    assert (result.severity, result.owner) == ("warning", "ehr_interfaces")


@pytest.mark.parametrize(
    ("folder", "patients", "failed"),
    [
        ("hl7v2", ("p1", "p2", None), 1),
        ("hl7v2", ("p1", "p1", None), 0),
        ("appointment", ("p1", "p2", None), 0),
    ],
)
def test_two_schedulers_with_the_same_numbers_are_a_finding(
    folder: str, patients: tuple[str | None, ...], failed: int, lake: RawLake
) -> None:
    name = "appointment.messages_of_an_appointment_name_one_patient"
    versions = [
        {"appointment_id": "F1", "patient_id": patient, "_source_file": f"{folder}/2026-04-01/{number}.hl7"}
        for number, patient in enumerate(patients)
    ]
    lake.add("appointment", *versions, {"appointment_id": "F2", "patient_id": "p9"})
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)


def test_an_appointment_of_several_patients_is_a_finding(lake: RawLake) -> None:
    name = "appointment.no_message_names_several_patients"
    said = {"one": '{"x_siu_reason":"no_end"}', "group": '{"x_siu_reason":"no_end;several_patients"}'}
    lake.add(
        "appointment",
        *(
            {"appointment_id": number, "site_columns": reason, "_source_file": f"hl7v2/2026-04-01/{copy}.hl7"}
            for number, reason in said.items()
            for copy in "ab"
        ),
    )
    assert lake.run(name)[name].failed_rows == 1


def test_a_number_that_leads_to_several_appointments_is_a_finding(lake: RawLake) -> None:
    found = {"feed": "appointment", "column_name": "appointment_id", "delivered_on": AS_OF}
    lake.refer("unjoined_identifier", found | {"kind": "appointment", "reason": "ambiguous", "rows": 3})
    name = "unjoined_identifier.no_appointment_is_ambiguous"
    assert (lake.run(name)[name].status, lake.run(name)[name].failed_rows) == ("failed", 3)


@pytest.mark.parametrize(
    ("statuses", "failed"),
    [
        (("booked", "checked-in", "noshow"), 1),
        (("fulfilled", "cancelled"), 1),
        (("fulfilled", "booked"), 1),
        (("checked-in", "booked"), 0),
        (("booked", "fulfilled"), 0),
        (("noshow", "checked-in"), 0),
        (("booked", "noshow", "cancelled"), 0),
    ],
)
def test_a_no_show_after_the_arrival_is_a_finding(
    statuses: tuple[str, ...], failed: int, lake: RawLake
) -> None:
    name = "appointment.no_message_takes_back_an_arrival"
    versions = [
        {
            "appointment_id": "F1",
            "status": status,
            "updated_at": at(hour),
            "_source_file": f"hl7v2/2026-04-01/{hour}.hl7",
        }
        for hour, status in enumerate(statuses)
    ]
    lake.add("appointment", *versions)
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)


def test_messages_of_other_kinds_are_one_finding_with_their_number(lake: RawLake) -> None:
    kind = {"feed": "hl7v2", "column_name": "message_type", "system": "hl7v2", "code": "ADT^A04"}
    lost = kind | {"column_name": "batch", "code": ""}
    counted = [kind | {"rows": 7, "delivered_on": AS_OF}, lost | {"rows": 2, "delivered_on": AS_OF}]
    lake.refer("unmapped_code", *counted)
    for name, told in (
        ("unmapped_code.every_message_fills_a_feed", ("failed", "info", 7)),
        ("unmapped_code.every_batch_is_whole", ("failed", "warning", 2)),
    ):
        result = lake.run(name)[name]
        assert (result.status, result.severity, result.failed_rows) == told


def test_codes_of_claims_are_looked_up_as_they_are_staged() -> None:
    staged = (PROJECT_ROOT / "models" / "staging" / "stg_feed__claim_line.sql").read_text(encoding="utf-8")
    assert WITHOUT_MODIFIERS in " ".join(staged.split()).replace("( ", "(").replace(" )", ")")


@pytest.mark.parametrize(
    ("feed", "column", "known"),
    [
        ("coverage", "payer_id", "medicare"),
        ("claim_line", "payer_id", "medicaid_nc"),
        ("care_activity", "activity_code", "care_plan"),
        ("assessment", "instrument", "PHQ-9"),
        ("claim_line", "procedure_code", "99492"),
        ("claim_line", "procedure_code", "g2214-25"),
        ("team", "time_zone", "America/New_York"),
    ],
)
def test_codes_that_the_rules_do_not_know_are_findings(
    feed: str, column: str, known: str, lake: RawLake
) -> None:
    name = f"{feed}.{column}_has_a_rule"
    lake.add(feed, key_of(feed) | {column: known}, key_of(feed) | {column: None})
    assert lake.run(name)[name].status == "passed"
    lake.add(feed, key_of(feed) | {column: "made_up"}, file="b")
    result = lake.run(name)[name]
    assert (result.status, result.severity, result.failed_rows) == ("failed", "warning", 1)
    assert not result.is_blocking


@pytest.mark.parametrize(
    ("feed", "versions", "failed"),
    [
        ("coverage", [{"payer_id": "acme"}, {"payer_id": "medicare"}], 0),
        ("coverage", [{"payer_id": "medicare"}, {"payer_id": "acme"}], 1),
        ("coverage", [{"payer_id": "acme", "updated_at": at(9)}, {"payer_id": "medicare"}], 1),
        ("coverage", [{"payer_id": "acme"}, {"is_deleted": True}], 0),
        ("care_activity", [{"activity_code": "tea"}, {"status": "entered-in-error"}], 0),
        ("care_activity", [{"activity_code": "tea", "status": "entered-in-error"}], 0),
    ],
)
def test_only_the_latest_version_of_a_row_is_asked_for_its_codes(
    feed: str, versions: list[dict[str, Any]], failed: int, lake: RawLake
) -> None:
    lake.add(feed, *(key_of(feed) | version for version in versions))
    [result] = lake.run(f"{feed}.{'payer_id' if feed == 'coverage' else 'activity_code'}_has").values()
    assert result.failed_rows == failed


def test_things_in_the_landing_that_are_no_delivery_are_findings(lake: RawLake) -> None:
    lake.refer("landing_notice", {"kind": "unknown_folder", "path": "patinet"})
    results = lake.run("landing_notice.")
    assert {name for name, result in results.items() if result.status == "failed"} == {
        "landing_notice.no_unknown_folder"
    }


def test_a_row_without_its_key_blocks(lake: RawLake) -> None:
    lake.add("care_activity", {"patient_id": "p"})
    result = lake.run("care_activity.entry_id")["care_activity.entry_id_is_never_missing"]
    assert result.is_blocking
    assert result.failed_rows == 1


def test_a_key_part_that_may_be_blank_may_be_blank(lake: RawLake) -> None:
    names = lake.run("staffing.")
    assert "staffing.practitioner_id_is_never_missing" in names
    assert "staffing.effective_from_is_never_missing" not in names


@pytest.mark.parametrize(
    ("columns", "check"),
    [
        ([("team_id", "VARCHAR"), ("stray", "VARCHAR")], "has_the_columns_of_its_contract"),
        ([("team_id", "INTEGER[]")], "has_the_types_of_its_contract"),
    ],
)
def test_a_raw_file_of_another_shape_blocks(
    columns: list[tuple[str, str]], check: str, lake: RawLake
) -> None:
    place = lake.root / "raw" / "team" / "delivered_on=2026-04-15" / "odd.parquet"
    write_parquet(place, [*columns, ("_delivered_on", "DATE")], [{"_delivered_on": AS_OF}])
    assert lake.run("team.has_the")[f"team.{check}"].is_blocking


def test_an_unreadable_raw_file_blocks_with_errors(lake: RawLake) -> None:
    lake.add("team", {"team_id": "t"})
    (lake.root / "raw" / "team" / "broken.parquet").write_bytes(b"PAR1 cut short")
    results = lake.run("team.")
    assert {result.status for result in results.values()} == {"error"}
    assert blocking(results.values())


@pytest.mark.parametrize("dates", [[], [AS_OF, date(2026, 4, 14)]])
def test_a_night_without_one_business_date_is_held_back(dates: list[date], lake: RawLake) -> None:
    lake.refer("run_context", *({"as_of_date": day} for day in dates))
    assert lake.run("run_context.")["run_context.has_one_row"].is_blocking


def test_reports_that_wait_for_what_they_are_about_are_a_finding_for_each_feed(lake: RawLake) -> None:
    told = {"feed": "referral", "rows": 3, "delivered_on": AS_OF}
    lake.refer("waiting_report", told, told | {"rows": 2, "delivered_on": days_before(9)})
    results = lake.run("waiting_report.")
    assert {name: (one.status, one.failed_rows) for name, one in results.items()} == {
        "waiting_report.no_report_waits_for_its_referral": ("failed", 5),
        "waiting_report.no_report_waits_for_its_claim_line": ("passed", 0),
        "waiting_report.no_report_waits_for_its_appointment": ("passed", 0),
    }
    found = results["waiting_report.no_report_waits_for_its_referral"]
    assert found.severity == "warning"
    assert "ServiceRequest" in found.what_to_do
    assert found.affected_marts


def sent(number: str, placer: str, event: str, hour: int, **more: Any) -> dict[str, Any]:
    return {
        "appointment_id": number,
        "patient_id": "p1",
        "status": "booked",
        "updated_at": at(hour),
        "site_columns": f'{{"x_siu_trigger":"{event}","x_siu_placer":"{placer}"}}',
        "_source_file": "hl7v2/2026-04-15/a.hl7",
    } | more


@pytest.mark.parametrize(
    ("second", "failed"),
    [
        (sent("P1", "F1", "S14", 2), 1),
        (sent("F2", "P1", "S13", 2), 1),
        (sent("P1", "F1", "S14", 2, patient_id="p2"), 0),
        (sent("F2", "P1", "S13", 2, patient_id="p2"), 0),
        (sent("F2", "P2", "S13", 2), 0),
        (sent("F2", "P1", "S12", 2), 0),
        (sent("F1", "P1", "S13", 2), 0),
    ],
)
def test_an_appointment_under_two_numbers_is_a_finding(
    second: dict[str, Any], failed: int, lake: RawLake
) -> None:
    name = "appointment.no_appointment_is_sent_under_two_numbers"
    lake.add("appointment", sent("F1", "P1", "S12", 1), second)
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)


def test_a_rescheduling_under_a_new_number_is_none_where_the_old_one_is_cancelled(lake: RawLake) -> None:
    name = "appointment.no_appointment_is_sent_under_two_numbers"
    cancelled = sent("F1", "P1", "S15", 3, status="cancelled")
    lake.add("appointment", sent("F1", "P1", "S12", 1), sent("F2", "P1", "S13", 2), cancelled)
    assert lake.run(name)[name].status == "passed"


@pytest.mark.parametrize(
    ("moment", "place", "failed"),
    [
        (datetime(2026, 4, 16, 23, 59, 59), "hl7v2", 0),
        (datetime(2026, 4, 17), "hl7v2", 1),
        (datetime(2099, 1, 1), "hl7v2", 1),
        (datetime(2099, 1, 1), "appointment", 0),
        (None, "hl7v2", 0),
    ],
)
def test_a_message_of_a_later_day_than_its_delivery_is_a_finding(
    moment: datetime | None, place: str, failed: int, lake: RawLake
) -> None:
    name = "appointment.no_message_is_of_a_later_day_than_its_delivery"
    row = {"appointment_id": "F1", "updated_at": moment, "_source_file": f"{place}/2026-04-15/a.hl7"}
    lake.add("appointment", row)
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)


@pytest.mark.parametrize(
    ("moment", "place", "failed"),
    [
        (datetime(2026, 4, 16, 23, 59, 59), "care_activity", 0),
        (datetime(2026, 4, 17), "care_activity", 1),
        (datetime(2099, 1, 1), "fhir", 1),
        (datetime(2099, 1, 1), "hl7v2", 0),
        (None, "fhir", 0),
    ],
)
def test_a_row_of_a_later_day_than_its_delivery_is_a_finding(
    moment: datetime | None, place: str, failed: int, lake: RawLake
) -> None:
    name = "feed_file.no_row_is_of_a_later_day_than_its_delivery"
    row = {"entry_id": "e1", "updated_at": moment, "_source_file": f"{place}/2026-04-15/a"}
    lake.add("care_activity", row)
    result = lake.run(name)[name]
    assert (result.status, result.failed_rows, result.severity) == (
        "failed" if failed else "passed",
        failed,
        "warning",
    )


def test_each_feed_is_asked_for_rows_of_a_later_day(lake: RawLake) -> None:
    for feed in FEEDS:
        lake.add(feed, key_of(feed) | {"updated_at": datetime(2099, 1, 1)})
    (result,) = lake.run("feed_file.no_row_is_of_a_later_day_than_its_delivery").values()
    assert (result.failed_rows, result.total_rows) == (len(FEEDS), len(FEEDS))
