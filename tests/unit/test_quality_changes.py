"""Changed thresholds: read strictly, in force to the day, told with why; what blocks is never looser."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from expectations.check import Check, HasRows, NoRows
from orchestration.quality.changes import Change, apply_changes, is_loosened, refuse_changes
from orchestration.quality.gates import run_checks
from orchestration.quality.suites import load_checks
from orchestration.quality.waivers import Waivers, read_waivers
from orchestration.quality_site.record import LAYERS
from orchestration.quality_site.site import renew_site
from orchestration.quality_site.working import add_change
from orchestration.runner import run_night
from orchestration.settings import ConfigurationError, Settings
from tests.support.no_stage import NoStage
from tests.unit.quality_direct import validate

FIRST, LAST = date(2026, 6, 1), date(2026, 7, 31)
DAY = timedelta(days=1)
CHECK = "raw.encounter.visits_have_a_practitioner"
ENTRY: dict[str, Any] = {
    "change": "T-1",
    "check": CHECK,
    "at_most": "5%",
    "reason": "The EHR mends it in August.",
    "approver": "Compliance",
    "granted_on": FIRST,
    "expires_on": LAST,
}
CHECKS = [*load_checks("raw", as_of=LAST), *load_checks("marts", as_of=LAST)]


def a_change(**changes: object) -> Change:
    return Change.model_validate(ENTRY | changes)


def a_check(**changes: Any) -> Check:
    given: dict[str, Any] = {
        "layer": "raw",
        "table_name": "encounter",
        "name": "visits_have_a_practitioner",
        "rule": NoRows("select 1 from encounter where id < 5"),
        "severity": "warning",
        "owner": "somebody",
        "what_it_means": "It means something.",
        "what_to_do": "Do something.",
        "threshold": 0.01,
        "severity_within_threshold": "info",
    }
    return Check(**given | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": None}, "reason is refused"),
        ({"reason": " "}, "reason is refused"),
        ({"approver": ""}, "approver is refused"),
        ({"granted_on": None}, "granted_on is refused"),
        ({"expires_on": "soon"}, "expires_on is refused"),
        ({"expires_on": FIRST - DAY}, "expires before it is granted"),
        ({"at_most": None}, "neither at_most nor severity"),
        ({"at_most": 1.0}, "at_most is refused"),
        ({"at_most": "-1%"}, "at_most is refused"),
        ({"at_most": "many"}, "at_most is refused"),
        ({"at_most": "x%"}, "at_most is refused"),
        ({"severity": "none"}, "severity is refused"),
        ({"note": "Ask Ann."}, "note is refused"),
    ],
)
def test_an_entry_that_is_not_complete_refuses_the_whole_file(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    file = tmp_path / "waivers.yml"
    file.write_text(yaml.safe_dump([ENTRY | {"change": "T-0"}, ENTRY | changes]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"waivers.yml, entry 2: .*{said}"):
        read_waivers(file)


@pytest.mark.parametrize("field", ["reason", "approver", "granted_on", "expires_on"])
def test_an_entry_without_note_approver_or_dates_is_refused(tmp_path: Path, field: str) -> None:
    file = tmp_path / "waivers.yml"
    file.write_text(yaml.safe_dump([{k: v for k, v in ENTRY.items() if k != field}]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"entry 1: {field} is missing"):
        read_waivers(file)


def test_a_share_is_written_as_people_write_it() -> None:
    assert [a_change(at_most=given).at_most for given in ("5%", "5 %", "0.5%", 0.05, 0)] == [
        0.05, 0.05, 0.005, 0.05, 0.0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([a_change(check="raw.encounter.typo")], "no check of a gate"),
        ([a_change(check="dbt.dim_team.unique")], "no check of a gate"),
        ([a_change(check="raw.patient.patient_id_is_never_missing")], "is never loosened"),
        ([a_change(check="raw.patient.has_the_types_of_its_contract", severity="warning")], "never loosened"),
        (
            [a_change(check="marts.fct_patient_month.minutes_are_the_whole_minutes_of_the_sum")],
            "never loosened",
        ),
        ([a_change(check="raw.patient.has_been_delivered")], "has no share of rows"),
        ([a_change(), a_change(change="T-2", granted_on=LAST, expires_on=LAST)], "T-1 and T-2 share days"),
    ],
)
def test_what_may_not_be_changed_is_refused(changes: list[Change], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        refuse_changes(changes, CHECKS)


def test_no_check_that_blocks_can_be_changed_at_all() -> None:
    blocking = [check for check in CHECKS if check.severity == "critical"]
    assert len(blocking) > 100
    for check in blocking:
        for changes in ({"at_most": 0.9}, {"at_most": None, "severity": "info"}):
            with pytest.raises(ConfigurationError, match="never loosened"):
                refuse_changes([a_change(check=check.check_id, **changes)], CHECKS)


def test_changes_of_one_check_may_follow_each_other() -> None:
    later = a_change(change="T-2", granted_on=LAST + DAY, expires_on=LAST + DAY)
    absent = a_change(change="T-3", check="raw.patient.has_been_delivered", at_most=None, severity="critical")
    refuse_changes([a_change(), later, absent], CHECKS)


@pytest.mark.parametrize(
    ("as_of", "is_in_force"), [(FIRST - DAY, False), (FIRST, True), (LAST, True), (LAST + DAY, False)]
)
def test_a_change_holds_from_its_first_day_to_its_last(as_of: date, is_in_force: bool) -> None:
    check = a_check()
    [judged] = apply_changes([check], [a_change()], as_of)
    assert (judged != check) is is_in_force
    assert bool(Waivers(changes=(a_change(),)).fingerprint(as_of)) is is_in_force


@pytest.mark.parametrize(
    ("at_most", "severity", "found"),
    [
        (None, None, ("failed", "warning", 0.01)),
        ("5%", None, ("failed", "info", 0.05)),
        ("4.9%", None, ("failed", "warning", 0.049)),
        ("4.9%", "critical", ("failed", "critical", 0.049)),
        (None, "info", ("failed", "info", 0.01)),
    ],
)
def test_the_gate_judges_by_the_change(
    tmp_path: Path, at_most: str | None, severity: str | None, found: tuple[str, str, float]
) -> None:
    """Five of a hundred rows fail, and one in a hundred is what the rules tolerate."""
    database = tmp_path / "raw.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table encounter as select i as id from range(100) t(i)")
    changes = [a_change(at_most=at_most, severity=severity)] if at_most or severity else []
    [result] = run_checks(apply_changes([a_check()], changes, LAST), database=database, validate=validate)
    assert (result.status, result.severity, result.threshold) == found


def test_a_failure_that_a_change_tolerates_never_passes_in_silence() -> None:
    strict = a_check(threshold=None, severity_within_threshold=None)
    assert a_change().apply(strict).severity_within_threshold == "info"


@pytest.mark.parametrize(
    ("changes", "looser"),
    [({}, True), ({"at_most": "1%"}, False), ({"at_most": "0.5%"}, False), ({"severity": "info"}, True)],
)
def test_the_page_says_whether_a_change_loosens(changes: dict[str, str], looser: bool) -> None:
    assert is_loosened(a_change(**changes), a_check()) is looser


def test_a_night_with_a_refused_change_does_not_begin(
    settings: Settings, land: Callable[[str, str], Path]
) -> None:
    land("patient", "2026-06-30")
    settings.make_home()
    settings.waivers_file.write_text(yaml.safe_dump([ENTRY | {"check": "raw.typo"}]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no check of a gate"):
        run_night(settings, NoStage())
    assert not settings.lake.exists()


def test_the_page_lists_changes_with_their_note_also_where_nothing_fails(settings: Settings) -> None:
    settings.make_home()
    settings.waivers_file.write_text(
        yaml.safe_dump(
            [ENTRY, ENTRY | {"change": "T-2", "granted_on": LAST + DAY, "expires_on": LAST + DAY}]
        ),
        encoding="utf-8",
    )
    page = renew_site(settings, LAST, [], LAYERS).read_text(encoding="utf-8")
    for said in (
        '<h2 id="thresholds">',
        "5 % of the rows may fail (the rules: 1 %); looser",
        "Compliance (T-1)",
        "The EHR mends it in August.",
        "in force</span>",
        "not yet</span>",
    ):
        assert said in page


def test_a_change_is_added_by_a_part_of_the_checks_name(tmp_path: Path) -> None:
    file = tmp_path / "home" / "waivers.yml"
    given = {name: ENTRY[name] for name in ("at_most", "reason", "approver", "granted_on", "expires_on")}
    change = add_change(file, "visits_have", as_of=FIRST, severity=None, **given)
    assert (change.change, change.check, change.at_most) == (f"T-{FIRST}-1", CHECK, 0.05)
    assert read_waivers(file).changes == (change,)
    before = file.read_bytes()
    for check, changes, said in (
        ("visits_have", {}, "share days"),
        ("_is_known", {}, "is a part of several"),
        ("nothing", {}, "names no check"),
        ("visits_have", {"granted_on": FIRST - 9 * DAY, "expires_on": FIRST - DAY}, "has expired"),
        ("visits_have", {"reason": " "}, "reason is refused"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            add_change(file, check, as_of=FIRST, **given | changes)
    assert file.read_bytes() == before


def test_a_check_of_emptiness_has_no_share() -> None:
    assert isinstance(next(one for one in CHECKS if one.name == "has_been_delivered").rule, HasRows)
