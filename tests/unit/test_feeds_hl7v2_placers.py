"""Appointments that are named by the placer's number alone at first, and by the filler's later."""

from itertools import permutations
from pathlib import Path

import pytest

from orchestration.feeds.site import FeedSite, Site
from tests.support.feeds_night import Nights
from tests.support.siu import HEADER, PATIENT, message

pytestmark = pytest.mark.slow

DAY = "hl7v2/2026-03-0{}/a.hl7"
BOOKED = message(sch_2="")
MOVED = message(
    header=HEADER.replace("S12", "S13").replace("302110000", "303110000"), sch_11="^^^202603111400"
)
CANCELLED = message(
    header=HEADER.replace("S12", "S15").replace("302110000", "304110000"), patient="", sch_11="", sch_25=""
)


def _numbers(nights: Nights) -> list[tuple[str, str]]:
    return [(row["appointment_id"], row["status"]) for row in nights.raw("appointment")]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3)))[::2])
def test_both_numbers_are_one_appointment_in_any_order_of_delivery(
    tmp_path: Path, order: tuple[int, int, int]
) -> None:
    nights = Nights(tmp_path)
    for day, text in zip(order, (BOOKED, MOVED, CANCELLED), strict=True):
        nights.land(DAY.format(day), text)
    nights.run()
    assert {number for number, _ in _numbers(nights)} == {"F100"}
    assert sorted(status for _, status in _numbers(nights)) == ["booked", "booked", "cancelled"]
    assert {row["patient_id"] for row in nights.raw("appointment")} == {"M900"}
    assert nights.reference("unjoined_identifier") == []


def test_a_number_that_comes_later_is_taken_for_what_was_read_before(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(DAY.format(1), BOOKED)
    nights.run()
    assert _numbers(nights) == [("P100", "booked")]
    nights.land(DAY.format(2), MOVED)
    nights.run()
    assert _numbers(nights) == [("F100", "booked"), ("F100", "booked")]


def test_what_has_no_times_is_about_the_booking_by_the_other_number(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(DAY.format(1), BOOKED + CANCELLED)
    nights.run()
    booked, cancelled = nights.raw("appointment")
    assert (booked["appointment_id"], cancelled["appointment_id"]) == ("F100", "F100")
    assert (cancelled["patient_id"], cancelled["starts_at"]) == ("M900", booked["starts_at"])
    assert nights.reference("waiting_report") == []


def test_two_record_numbers_that_the_crosswalk_joins_are_one_patient(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(DAY.format(1), BOOKED)
    nights.land(DAY.format(2), MOVED.replace("M900", "X7"))
    nights.land("identity/2026-03-01/a.csv", "kind,system,value,id\npatient,,M900,E1\npatient,,X7,E1\n")
    nights.run()
    assert {row["patient_id"] for row in nights.raw("appointment")} == {"E1"}
    assert {number for number, _ in _numbers(nights)} == {"F100"}
    assert nights.reference("unjoined_identifier") == []


def test_a_message_that_names_no_patient_is_no_patient_whom_nobody_knows(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(DAY.format(1), MOVED.replace("S13", "S12") + CANCELLED)
    nights.land("identity/2026-03-01/a.csv", "kind,system,value,id\npatient,urn:x:mrn,M900,E1\n")
    nights.run(site=Site(feeds={"hl7v2": FeedSite(systems=(("patient", "urn:x:mrn"),))}))
    assert [row["patient_id"] for row in nights.raw("appointment")] == ["E1", "E1"]
    assert nights.reference("unjoined_identifier") == []


@pytest.mark.parametrize(
    "other",
    [message(sch_2="F101"), message(sch_2="F100", patient=PATIENT.replace("M900", "M901"))],
)
def test_a_number_of_two_appointments_or_two_patients_joins_nothing(tmp_path: Path, other: str) -> None:
    nights = Nights(tmp_path)
    nights.land(DAY.format(1), BOOKED + MOVED + other)
    nights.run()
    assert next(number for number, _ in _numbers(nights)) == "P100"
    (found,) = nights.reference("unjoined_identifier")
    assert (found["feed"], found["column_name"], found["kind"]) == (
        "appointment",
        "appointment_id",
        "appointment",
    )
    assert (found["reason"], found["rows"]) == ("ambiguous", 1)


def test_numbers_of_occurrences_and_of_the_filler_are_left_alone(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(
        DAY.format(1),
        message(sch_2="", sch_3="2")
        + MOVED
        + message(sch_1="P200", sch_2="P100")
        + message(sch_2="", sch_1="P3"),
    )
    nights.run()
    assert [number for number, _ in _numbers(nights)] == ["P100#2", "F100", "P100", "P3"]
    assert nights.reference("unjoined_identifier") == []
