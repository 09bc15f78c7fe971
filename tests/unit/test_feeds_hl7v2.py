"""SIU messages: where their values stand, how they are written, and what their times mean."""

import shutil
from datetime import date, datetime
from itertools import permutations
from pathlib import Path

import pytest

from orchestration.feeds.hl7v2_rules import load_siu_rules
from orchestration.feeds.ingest import SEEDS
from orchestration.redaction import SafeError
from tests.support.feeds_night import Nights
from tests.support.siu import HEADER, message, only, read

TWO = datetime(2026, 3, 10, 14)


def test_a_booking(tmp_path: Path) -> None:
    visit = "PV1|1|O|||||||||||||||||V55"
    row = only(tmp_path, message(visit, "RGS|1", "AIS|1|A|90791^^C4", "AIP|1|A|B7^Okafor^Ada"))
    wanted = {
        "appointment_id": "F100",
        "patient_id": "M900",
        "practitioner_id": "B7",
        "team_id": None,
        "service_line": "behavioral_health",
        "visit_type": None,
        "modality": None,
        "booked_at": datetime(2026, 3, 2, 11),
        "starts_at": TWO,
        "starts_at_is_local": True,
        "ends_at": datetime(2026, 3, 10, 14, 30),
        "status": "booked",
        "cancelled_at": None,
        "slot_id": None,
        "encounter_id": None,
        "updated_at": datetime(2026, 3, 2, 11),
        "is_deleted": False,
        "x_siu_trigger": "S12",
        "x_siu_state": "booked",
        "x_siu_reason": None,
    }
    assert {name: row[name] for name in wanted} == {**wanted, "encounter_id": "V55"}


@pytest.mark.parametrize(
    ("sent", "column", "value"),
    [
        ("20260310140005", "starts_at", datetime(2026, 3, 10, 14, 0, 5)),
        ("20260310140005.1234", "starts_at", datetime(2026, 3, 10, 14, 0, 5)),
        ("202603101400", "starts_at", TWO),
        ("2026031014", "starts_at", TWO),
        ("20260310", "starts_at", datetime(2026, 3, 10)),
        ("20260310", "starts_at_is_local", True),
        ("202603101400-0500", "starts_at", datetime(2026, 3, 10, 19)),
        ("202603101400-0500", "starts_at_is_local", False),
        ("202603101400+0215", "starts_at", datetime(2026, 3, 10, 11, 45)),
        ("202603101400-0000", "starts_at", TWO),
        ("202603101400Z", "starts_at_is_local", False),
        ("20260310140000z", "starts_at_is_local", False),
        ("20260310140000.123456789012-0500", "starts_at", datetime(2026, 3, 10, 19)),
        ("2026-03-10T14:00", "starts_at", TWO),
        ("202603101400-0500", "ends_at", datetime(2026, 3, 10, 19, 30)),
    ],
)
def test_times_are_as_exact_as_they_are_sent(tmp_path: Path, sent: str, column: str, value: object) -> None:
    row = only(tmp_path, message(sch_9="30", sch_11=f"^^^{sent}"))
    assert row[column] == value


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sch_11": ""}, "missing_required:starts_at"),
        ({"sch_11": "^^^202613101400"}, "invalid_type:starts_at"),
        ({"sch_11": "^^^2026"}, "invalid_type:starts_at"),
        ({"sch_11": "^^^tomorrow"}, "invalid_type:starts_at"),
        ({"sch_1": "", "sch_2": '""'}, "missing_required:appointment_id"),
        ({"header": HEADER.replace("20260302110000", "yesterday")}, "invalid_type:updated_at"),
        ({"header": HEADER.replace("SIU^S12", "SIU")}, "missing_trigger_event"),
        ({"header": HEADER.replace("^~\\&", "")}, "malformed_row"),
    ],
)
def test_a_message_that_cannot_be_a_version_is_refused_whole(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    parts = {"header": HEADER, **change}
    outcome = read(tmp_path, message(**parts))
    assert (outcome.rows, outcome.counts) == ([], (1, 0, 1))
    (number, found), *others = outcome.refused
    assert (number, others) == (1, [])
    assert reason in found.split(";")


def test_two_appointments_in_one_message_are_refused(tmp_path: Path) -> None:
    assert read(tmp_path, message("SCH|P2|F2")).refused == [(1, "several_segments:SCH")]


@pytest.mark.parametrize("timing", ["", "^^^000000000000"])
def test_a_deletion_needs_no_time(tmp_path: Path, timing: str) -> None:
    row = only(tmp_path, message(header=HEADER.replace("S12", "S17"), sch_11=timing, sch_25="Deleted"))
    assert (row["is_deleted"], row["starts_at"], row["x_siu_state"]) == (True, None, "deleted")


@pytest.mark.parametrize(
    ("patient", "found"),
    [
        ("PID|1||S1^^^SSA^SS~M1^^^NS^MR~X1^^^NS^PI", "M1"),
        ("PID|1||X1^^^NS^PI~U1", "X1"),
        ("PID|1|E1|S1^^^SSA^SS", "E1"),
        ('PID|1|E1|""', "E1"),
        ("PID|1|||A1", "A1"),
        ("PID|1||M1&x&ISO^^^NS^MR", "M1"),
        ("PID|1||M\\T\\1^^^NS^MR", "M&1"),
        ("PID|1||M\\F\\\\S\\\\R\\\\E\\1^^^NS^MR", "M|^~\\1"),
        ("PID|1||M\\X2D\\1^^^NS^MR", "M-1"),
        ("PID|1||M\\Q\\1^^^NS^MR", "M\\Q\\1"),
    ],
)
def test_a_patient_is_named_by_a_record_number(tmp_path: Path, patient: str, found: str) -> None:
    assert only(tmp_path, message(patient=patient))["patient_id"] == found


@pytest.mark.parametrize(
    ("change", "minute"),
    [
        ({"sch_9": "720"}, "2026-03-11 02:00:00"),
        ({"sch_9": "721"}, "None"),
        ({"sch_9": "1800", "sch_11": "^^M30^202603101400"}, "2026-03-10 14:30:00"),
        ({"sch_9": "1800", "sch_10": "s"}, "2026-03-10 14:30:00"),
        ({"sch_9": "0"}, "None"),
    ],
)
def test_a_length_is_believed_up_to_half_a_day(tmp_path: Path, change: dict[str, str], minute: str) -> None:
    row = only(tmp_path, message(**{"sch_11": "^^^202603101400", **change}))
    assert str(row["ends_at"]) == minute


@pytest.mark.parametrize(("status", "found"), [("Deleted", "cancelled"), ("No Show", "noshow")])
def test_a_cancellation_is_no_deletion(tmp_path: Path, status: str, found: str) -> None:
    cancellation = message(header=HEADER.replace("S12", "S15"), sch_25=status)
    assert only(tmp_path, cancellation)["status"] == found


@pytest.mark.parametrize(
    ("occurrence", "found"),
    [("", "F100"), ("1", "F100"), ("3", "F100#3"), ("x", "F100"), ("9" * 5000, "F100")],
)
def test_later_occurrences_of_a_series_are_appointments_of_their_own(
    tmp_path: Path, occurrence: str, found: str
) -> None:
    assert only(tmp_path, message(sch_3=occurrence))["appointment_id"] == found


def test_the_placers_number_counts_where_there_is_no_other(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("hl7v2/2026-03-02/a.hl7", message(sch_2="") + message(sch_1="P101", sch_2="0"))
    nights.run()
    found = [
        (row["appointment_id"], "id_of_placer" in row["site_columns"]) for row in nights.raw("appointment")
    ]
    assert sorted(found) == [("P100", True), ("P101", True)]


def test_the_event_says_when_it_happened_before_the_message_does(tmp_path: Path) -> None:
    row = only(tmp_path, message("EVN||202603010800", header=HEADER.replace("S12", "S15"), sch_25="Can"))
    assert row["updated_at"] == datetime(2026, 3, 1, 8, 0, 0, 40)
    assert row["cancelled_at"] == datetime(2026, 3, 1, 8)


@pytest.mark.parametrize(
    ("event", "happened", "reason"),
    [
        ("20260302", datetime(2026, 3, 2, 11), None),
        ("202603022359", datetime(2026, 3, 2, 23, 59), None),
        ("20260303", datetime(2026, 3, 2, 11), "event_after_message"),
        ("209903020800", datetime(2026, 3, 2, 11), "event_after_message"),
        ("20260301", datetime(2026, 3, 1), None),
    ],
)
def test_an_event_is_not_after_the_message_and_a_day_gives_way_to_a_time_on_it(
    tmp_path: Path, event: str, happened: datetime, reason: str | None
) -> None:
    row = only(tmp_path, message(f"EVN||{event}"))
    assert (row["booked_at"], row.get("x_siu_reason")) == (happened, reason)


def test_what_no_row_knows_is_a_finding_and_no_text_of_it_is_kept(tmp_path: Path) -> None:
    strange = message("RGS|1", "AIS|1|A|LOCAL7^^L", sch_25="Blocked")
    told = message(
        "RGS|1", "AIS|1|A|^^L^talk with Tova Lindgren (mother)^^L", sch_25="Normal", sch_8="Normal"
    )
    outcome = read(tmp_path, strange + told)
    assert [row["service_line"] for row in outcome.rows] == ["other", "other"]
    assert [row["status"] for row in outcome.rows] == ["booked", "booked"]
    assert [(code.column_name, code.system, code.code) for code in outcome.content.unmapped] == [
        ("service_line", "L", ""),
        ("service_line", "L", "LOCAL7"),
        ("status", "hl7v2", "Blocked"),
        ("status", "hl7v2", "Normal"),
    ]


@pytest.mark.slow
def test_a_site_says_by_rows_where_its_team_stands(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    place = "team_id,MSH-4,1,,,,,,2026-01-01,,here,assumed\n"
    with (seeds / "siu_source.csv").open("a", encoding="utf-8") as file:
        file.write(place)
    nights = Nights(tmp_path)
    nights.land("hl7v2/2026-03-02/a.hl7", message())
    nights.run()
    assert nights.raw("appointment")[0]["team_id"] is None
    nights.run(seeds=seeds)
    assert nights.raw("appointment")[0]["team_id"] == "NORTHSIDE"


BOOKED = message(header=HEADER.replace("20260302110000", "202603021100"))
MOVED = message(header=HEADER.replace("S12", "S13").replace("0302", "0303"), sch_11="^^^202603111400")
CANCELLED = message(
    header=HEADER.replace("S12", "S15").replace("0302", "0304"), sch_11="", sch_25="Cancelled"
)
AGAIN = message(header=HEADER.replace("S12", "S13").replace("0302", "0305"), sch_11="^^^202603121400")


@pytest.mark.slow
@pytest.mark.parametrize("order", list(permutations([BOOKED, MOVED, CANCELLED, AGAIN]))[::9])
def test_a_cancellation_without_times_has_those_of_the_message_before_it(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    nights = Nights(tmp_path)
    for day, content in enumerate(order, start=1):
        nights.land(f"hl7v2/2026-03-{day:02d}/a.hl7", content)
        if day > 2:
            nights.run()
    (row,) = (row for row in nights.raw("appointment") if row["status"] == "cancelled")
    assert (row["patient_id"], row["starts_at"]) == ("M900", datetime(2026, 3, 11, 14))
    assert row["cancelled_at"] == datetime(2026, 3, 4, 11)
    assert "times_of_earlier_message" in row["site_columns"]
    assert len(nights.raw("appointment")) == 4


@pytest.mark.slow
def test_a_cancellation_without_times_waits_for_its_booking_and_is_a_finding(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("hl7v2/2026-03-04/a.hl7", CANCELLED)
    nights.run()
    assert [row for row in nights.raw("appointment") if row["patient_id"] == "M900"] == []
    assert [(row["column_name"], row["rows"]) for row in nights.reference("unmapped_code")] == [
        ("starts_at", 1)
    ]


@pytest.mark.parametrize(("authority", "found"), [("SOUTH", "M2"), ("1.2.3", "M3"), ("WEST", "M1")])
def test_a_site_says_by_rows_which_authority_numbers_its_patients(
    tmp_path: Path, authority: str, found: str
) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    with (seeds / "siu_source.csv").open("a", encoding="utf-8") as file:
        file.write("patient_id,PID-3.1,0,PID-3.4,authority,,,,2026-01-01,,here,assumed\n")
    with (seeds / "code_map.csv").open("a", encoding="utf-8") as file:
        file.write(f"hl7v2,authority,hl7v2,{authority},1,2026-01-01,,here,assumed\n")
        file.write("hl7v2,authority,hl7v2,any,never,2026-01-01,,here,assumed\n")
    nights = Nights(tmp_path)
    patient = "PID|1||M1^^^NORTH^MR~M2^^^SOUTH^MR~M3^^^&1.2.3&ISO^MR"
    nights.land("hl7v2/2026-03-02/a.hl7", message(patient=patient))
    nights.run(seeds=seeds)
    assert nights.raw("appointment")[0]["patient_id"] == found


@pytest.mark.parametrize(
    ("file", "row", "told"),
    [
        ("siu_source.csv", "team_id,MSH4,1,,,,,,2026-01-01,,here,assumed", "'MSH4' is no place"),
        ("siu_source.csv", "team,MSH-4,1,,,,,,2026-01-01,,here,assumed", "'team' is no column"),
        ("siu_source.csv", "team_id,MSH-4,first,,,,,,2026-01-01,,here,assumed", "'first' is no whole number"),
        (
            "siu_trigger.csv",
            "S28,appointment,booked,20,,false,false,false,2026-01-01,,here,assumed",
            "for S28",
        ),
        (
            "siu_trigger.csv",
            "S28,referral,booked,20,,false,false,false,2026-01-01,,here,assumed",
            "'referral'",
        ),
    ],
)
def test_a_row_that_cannot_be_is_told_before_anything_is_read(
    tmp_path: Path, file: str, row: str, told: str
) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    with (seeds / file).open("a", encoding="utf-8") as handle:
        handle.write(row + "\n")
    load_siu_rules(seeds, date(2025, 12, 31))
    with pytest.raises(SafeError, match=rf"^siu_.*{told}"):
        load_siu_rules(seeds, date(2026, 3, 2))


def test_a_site_says_by_rows_whose_numbers_they_are(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    places = "".join(
        f"appointment_scope,{place},{priority},,,,,,2026-01-01,,here,assumed\n"
        for priority, place in enumerate(("SCH-2.2", "MSH-4.1"), start=1)
    )
    with (seeds / "siu_source.csv").open("a", encoding="utf-8") as file:
        file.write(places)
    nights = Nights(tmp_path)
    sent = [message(), message(sch_2="F100^SOUTH"), message(sch_2="F100^SOUTH", sch_3="2")]
    nights.land("hl7v2/2026-03-02/a.hl7", "".join(sent))
    nights.run(seeds=seeds)
    assert [row["appointment_id"] for row in nights.raw("appointment")] == [
        "NORTHSIDE:F100",
        "SOUTH:F100",
        "SOUTH:F100#2",
    ]
