"""SIU messages: who a resource is, what a role says of the service, and units beside their amounts."""

from pathlib import Path

import pytest

from orchestration.feeds.registry import UnmappedCode
from tests.support.siu import HEADER, message, only, read

NO_END = "^^^202603101400"


def found_codes(unmapped: tuple[UnmappedCode, ...]) -> list[tuple[str, str]]:
    return [(code.column_name, code.code) for code in unmapped]


@pytest.mark.parametrize(
    ("kind", "practitioner", "codes"),
    [
        ("COUNSELOR", "B7", []),
        ("Social Worker", "B7", []),
        ("12^LCSW", "B7", []),
        ("GP^General Practitioner", "B7", []),
        ("ROOM", None, []),
        ("Equipment", None, []),
        ("CHAIR9", None, [("practitioner_id", "CHAIR9")]),
        ("12^with Tova (mother)", None, [("practitioner_id", "12")]),
        ("^with Tova (mother)", None, [("practitioner_id", "")]),
    ],
)
def test_a_resource_of_an_unknown_type_is_nobody_and_a_finding(
    tmp_path: Path, kind: str, practitioner: str | None, codes: list[tuple[str, str]]
) -> None:
    outcome = read(tmp_path, message(f"AIG|1|A|B7^Okafor^Ada|{kind}"))
    assert [row["practitioner_id"] for row in outcome.rows] == [practitioner]
    assert found_codes(outcome.content.unmapped) == codes


@pytest.mark.parametrize(
    ("more", "practitioner", "codes"),
    [
        (("AIG|1|A|C1|CHAIR9", "AIG|2|A|B7|DOCTOR"), "B7", []),
        (("AIG|1|A|N1|NURSE", "AIG|2|A|B7|MD"), "B7", []),
        (("AIG|1|A|C1|CHAIR9", "AIP|1|A|B7"), "B7", []),
        (("PV1|1|O|||||A9", "AIG|1|A|C1|CHAIR9"), "A9", [("practitioner_id", "CHAIR9")]),
        (("PV1|1|O|||||A9", "AIP|1|A|^Okafor^Ada|MD"), "A9", [("practitioner_id", "")]),
        (("AIP|1|A|^Okafor^Ada|MD", "AIP|2|A|B7"), "B7", []),
        (("AIG|1|A|B7|MD", "AIP|1|A|R5^Room 5|ROOM"), "B7", []),
        (("AIG|1|A|B7|MD", "AIP|1|A|0"), "B7", []),
        (("PV1|1|O|||||A9", "AIP|1|A|^Okafor^Ada|INTERPRETER", "AIG|1|A|^Room 3|ROOM"), "A9", []),
    ],
)
def test_an_unknown_type_matters_where_no_other_resource_says_who_it_is(
    tmp_path: Path, more: tuple[str, ...], practitioner: str, codes: list[tuple[str, str]]
) -> None:
    outcome = read(tmp_path, message(*more))
    assert [row["practitioner_id"] for row in outcome.rows] == [practitioner]
    assert found_codes(outcome.content.unmapped) == codes


@pytest.mark.parametrize(
    ("role", "line", "codes"),
    [
        ("MD", None, []),
        ("3^ATTENDING", None, []),
        ("1.1^Primary~2^Nurse", None, []),
        ("3^AB12", "other", [("service_line", "3")]),
        ("PSYCHIATRIST", None, []),
        ("207Q00000X^^NUCC", "primary_care", []),
        ("AB12", "other", [("service_line", "AB12")]),
    ],
)
def test_a_role_is_no_service(
    tmp_path: Path, role: str, line: str | None, codes: list[tuple[str, str]]
) -> None:
    outcome = read(tmp_path, message(f"AIP|1|A|B7|{role}"))
    expected = "other" if codes else line
    assert [row["service_line"] for row in outcome.rows] == [expected]
    assert found_codes(outcome.content.unmapped) == codes


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Tova feels worse", [("service_line", "")]),
        ("LOCAL7", [("service_line", "LOCAL7")]),
        ("LOCAL 7^^99X", [("service_line", "LOCAL 7")]),
    ],
)
def test_the_written_reason_for_a_visit_is_in_no_finding(
    tmp_path: Path, reason: str, told: list[tuple[str, str]]
) -> None:
    outcome = read(tmp_path, message(sch_7=reason))
    assert found_codes(outcome.content.unmapped) == told


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("12^Other: Error", "entered-in-error"),
        ("Duplicate Appointment", "entered-in-error"),
        ("Ill", "cancelled"),
    ],
)
def test_a_cancellation_says_that_it_was_a_mistake(tmp_path: Path, reason: str, found: str) -> None:
    cancelled = message(header=HEADER.replace("S12", "S15"), sch_6=reason, sch_25="Cancelled")
    assert only(tmp_path, cancelled)["status"] == found


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"sch_9": "2^HR"}, "16:00"),
        ({"sch_9": "1800^s"}, "14:30"),
        ({"sch_9": "45^MIN", "sch_10": "MIN^Minutes^ISO+"}, "14:45"),
        ({"sch_9": "45^Hans", "sch_10": "MIN"}, "14:45"),
        ({"sch_9": "45", "sch_10": "m"}, "14:45"),
    ],
)
def test_a_unit_may_stand_in_the_field_of_its_amount(
    tmp_path: Path, fields: dict[str, str], end: str
) -> None:
    row = only(tmp_path, message(sch_11=NO_END, **fields))
    assert row["ends_at"].strftime("%H:%M") == end


@pytest.mark.parametrize(
    ("patient", "found"),
    [
        ("PID|1||55^^^NS^FIN NBR|77", "77"),
        ("PID|1||0^^^NS^MR|77", "77"),
        ("PID|1||000000^^^NS^MR~77^^^NS^EPI", "77"),
        ("PID|1||100^^^NS^MR|77", "100"),
        ("PID|1||55^^^NS^CSN~77^^^NS^EPI", "77"),
        ("PID|1||123-45-6789^^^SSN~10001^^^MRN", "10001"),
        ("PID|1||123-45-6789^^^SSA", None),
        ("PID|1||77^^^MC", "77"),
        ("PID|1||77^^^SSA^MR", "77"),
        ("PID|1||55^^^NS^MR^^20100101^20200101~77^^^NS^MR", "77"),
        ("PID|1||55^^^NS^MR^^^20260301~77^^^NS^MR", "77"),
        ("PID|1||55^^^NS^MR^^^20260302~77^^^NS^MR", "55"),
        ("PID|1||55^^^NS^MR^^^20991231~77^^^NS^MR", "55"),
        ("PID|1||55^^^NS^MR^^^never~77^^^NS^MR", "55"),
        ("PID|1||55^^^NS^MR^^^20200101~77^^^NS^PI", "55"),
    ],
)
def test_a_number_of_a_visit_or_of_society_or_of_years_ago_is_nobodys_id(
    tmp_path: Path, patient: str, found: str | None
) -> None:
    outcome = read(tmp_path, message(patient=patient))
    # What names nobody waits for a message that does.
    assert [row["patient_id"] for row in outcome.rows] == ([found] if found else [])
    assert outcome.counts == (1, 1, 0)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("Attended", "fulfilled"),
        ("R/S", "booked"),
        ("CHKOUT", "fulfilled"),
        ("Left w/o seen", "cancelled"),
        ("Patient Cancelled", "cancelled"),
        ("Missed", "noshow"),
        ("In Session", "arrived"),
        ("Cancelled - same day", "cancelled"),
        ("No Show/Cancel", "noshow"),
    ],
)
def test_more_words_of_schedulers_are_known(tmp_path: Path, status: str, found: str) -> None:
    assert only(tmp_path, message(sch_25=status))["status"] == found


@pytest.mark.parametrize(
    ("service", "line"),
    [
        ("BH1^Behavioral  health^L", "behavioral_health"),
        ("^PSYCHIATRY", "psychiatry"),
        ("X^Y^L^Z^Family Medicine^L", "primary_care"),
        ("BH1^Seen with Ida^L", "other"),
        ("^Seen with Ida", None),
    ],
)
def test_a_service_may_be_known_by_its_words(tmp_path: Path, service: str, line: str | None) -> None:
    row = only(tmp_path, message(f"AIS|1||{service}|202603101400"))
    assert row["service_line"] == line
