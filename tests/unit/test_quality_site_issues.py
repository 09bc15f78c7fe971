"""The queue: opened when first seen, closed when mended, the same whatever order the nights were run in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from orchestration.quality.findings import CauseCount, CheckResult
from orchestration.quality.waivers import Waiver, Waivers
from orchestration.quality_site.issues import TREND_DAYS, Issue, Queue, build_queue
from orchestration.quality_site.record import LAYERS, NightRecord, read_records, record_of, write_record

AS_OF = date(2026, 6, 30)
ORPHANS = CheckResult(
    check_id="raw.encounter.practitioner_id_is_known",
    layer="raw",
    table_name="encounter",
    severity="warning",
    status="failed",
    failed_rows=41,
    total_rows=900,
)
STOPPED = replace(ORPHANS, check_id="dbt.dim_team.assert_one_row", layer="dbt", severity="critical")


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def failed(days: int, rows: int | None = 41, check: CheckResult = ORPHANS) -> NightRecord:
    status = check.status if rows is not None else "error"
    return record_of(ago(days), [replace(check, failed_rows=rows, status=status)], LAYERS)


def passed(days: int) -> NightRecord:
    return record_of(ago(days), [replace(ORPHANS, status="passed", failed_rows=0)], LAYERS)


def queue_of(*records: NightRecord, waivers: Waivers | None = None) -> Queue:
    return build_queue(records, waivers or Waivers(), AS_OF)


def only_issue(*records: NightRecord, waivers: Waivers | None = None) -> Issue:
    [issue] = queue_of(*records, waivers=waivers).issues
    return issue


def test_an_issue_is_new_on_the_night_that_first_sees_it_and_old_on_the_next() -> None:
    tonight = only_issue(failed(0))
    assert (tonight.first_seen_on, tonight.age_days, tonight.trend) == (AS_OF, 0, "new")
    next_night = only_issue(failed(1), failed(0))
    assert (next_night.first_seen_on, next_night.age_days, next_night.trend) == (ago(1), 1, "steady")
    assert next_night.nights_seen == 2


def test_a_night_in_which_the_check_passes_closes_it() -> None:
    queue = queue_of(failed(2), failed(1), passed(0))
    assert not queue.issues
    [closed] = queue.closed
    assert (closed.first_seen_on, closed.closed_on, closed.is_mended) == (ago(2), AS_OF, True)


def test_what_comes_back_is_a_new_issue() -> None:
    queue = queue_of(failed(3), passed(2), failed(0))
    [issue] = queue.issues
    assert issue.first_seen_on == AS_OF
    assert [one.closed_on for one in queue.closed] == [ago(2)]
    assert [point.on for point in issue.points] == [ago(3), AS_OF]


@pytest.mark.parametrize(
    "silent",
    [
        record_of(AS_OF, [], []),
        record_of(AS_OF, [], ["dbt", "marts"]),
    ],
)
def test_a_night_that_did_not_come_to_the_check_leaves_it_open(silent: NightRecord) -> None:
    issue = only_issue(failed(1), silent)
    assert (issue.first_seen_on, issue.last_seen_on) == (ago(1), ago(1))


def test_a_check_that_has_nothing_to_look_at_closes_its_issue_without_praise() -> None:
    nothing = record_of(AS_OF, [replace(ORPHANS, status="not_applicable", failed_rows=0)], LAYERS)
    [closed] = queue_of(failed(1), nothing).closed
    assert not closed.is_mended


def test_a_test_of_dbt_that_was_skipped_stays_open() -> None:
    skipped = record_of(AS_OF, [replace(STOPPED, status="not_applicable", failed_rows=0)], LAYERS)
    assert only_issue(failed(1, check=STOPPED), skipped).last_seen_on == ago(1)


def test_a_check_that_is_gone_closes_its_issue() -> None:
    assert not queue_of(failed(1), record_of(AS_OF, [], LAYERS)).issues


@pytest.mark.parametrize(("days", "is_shown"), [(TREND_DAYS - 1, True), (TREND_DAYS, False)])
def test_the_trend_looks_back_ninety_days(days: int, is_shown: bool) -> None:
    issue = only_issue(failed(days, 10), failed(0, 41))
    assert (issue.points[0].on == ago(days)) is is_shown
    assert issue.first_seen_on == ago(days)
    assert issue.trend == ("growing" if is_shown else "steady")


@pytest.mark.parametrize(("days", "is_shown"), [(TREND_DAYS - 1, True), (TREND_DAYS, False)])
def test_closed_issues_are_shown_for_ninety_days(days: int, is_shown: bool) -> None:
    assert bool(queue_of(failed(days + 1), passed(days)).closed) is is_shown


@pytest.mark.parametrize(
    ("rows", "trend"),
    [((40, 41), "growing"), ((42, 41), "shrinking"), ((41, 41), "steady"), ((None, 41), "steady")],
)
def test_the_trend_is_from_the_first_counted_night_to_the_last(
    rows: Sequence[int | None], trend: str
) -> None:
    assert only_issue(failed(1, rows[0]), failed(0, rows[1])).trend == trend


def test_what_holds_back_comes_first_and_what_is_waived_last() -> None:
    blocking = replace(ORPHANS, check_id="marts.b.x", layer="marts", severity="critical")
    waived = replace(blocking, check_id="marts.a.x", waiver_id="W-1")
    info = replace(ORPHANS, check_id="raw.a.x", severity="info")
    older = replace(ORPHANS, check_id="raw.z.x")
    queue = queue_of(
        record_of(ago(1), [older], LAYERS), record_of(AS_OF, [waived, info, ORPHANS, blocking, older], LAYERS)
    )
    assert [issue.check_id for issue in queue.issues] == [
        "marts.b.x", "raw.z.x", ORPHANS.check_id, "raw.a.x", "marts.a.x",
    ]  # fmt: skip
    assert [issue.state for issue in queue.issues] == ["holds back", "open", "open", "open", "waived"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"expires_on": ago(1)}, "The waiver W-1 expired on 2026-06-29; the check fails again."),
        ({"expires_on": AS_OF}, "does not cover this failure"),
        ({"expires_on": AS_OF, "scope": "all"}, "Waived until 2026-06-30 by Ann (W-1): Known."),
        ({"expires_on": date(2026, 8, 1), "granted_on": date(2026, 7, 1)}, "holds from 2026-07-01"),
    ],
)
def test_an_issue_says_what_its_waiver_does(changes: dict[str, object], said: str | None) -> None:
    entry = {
        "waiver": "W-1",
        "check": ORPHANS.check_id,
        "scope": {"most_failed_rows": 40},
        "reason": "Known.",
        "approver": "Ann",
    }
    waivers = Waivers((Waiver.model_validate(entry | changes),) if changes else ())
    record = record_of(AS_OF, waivers.apply([ORPHANS], AS_OF), LAYERS)
    text = only_issue(record, waivers=waivers).waiver_text
    assert text is None if said is None else said in (text or "")


def test_nights_in_any_order_and_repeated_leave_the_same_record(tmp_path: Path) -> None:
    nights = [failed(3, 10), passed(2), failed(1, 20)]
    queues = []
    for number, order in enumerate(permutations(nights)):
        folder = tmp_path / str(number)
        for record in (*order, order[0], failed(-1, 99)):
            write_record(folder, record)
        queues.append(build_queue(read_records(folder, AS_OF), Waivers(), AS_OF))
        assert read_records(folder, AS_OF) == nights
    assert queues[1:] == queues[:-1]


def test_a_night_that_is_run_again_takes_the_place_of_its_first_run(tmp_path: Path) -> None:
    write_record(tmp_path, failed(0))
    write_record(tmp_path, passed(0))
    assert not build_queue(read_records(tmp_path, AS_OF), Waivers(), AS_OF).issues


def test_a_rerun_that_ends_early_forgets_nothing_of_what_it_did_not_come_to(tmp_path: Path) -> None:
    of_build = record_of(
        AS_OF, [STOPPED, replace(STOPPED, check_id="dbt.a.b", status="not_applicable")], LAYERS
    )
    write_record(tmp_path, of_build)
    write_record(tmp_path, record_of(AS_OF, [], []))
    assert read_records(tmp_path, AS_OF) == [of_build]
    write_record(tmp_path, record_of(AS_OF, [ORPHANS], ["raw"]))
    [record] = read_records(tmp_path, AS_OF)
    assert set(record.failing) == {ORPHANS.check_id, STOPPED.check_id}
    assert (record.layers, record.not_applicable) == (frozenset(LAYERS), frozenset({"dbt.a.b"}))


@pytest.mark.parametrize("text", ["", "[]", '{"layers": []}', '{"layers": 1, "failing": [{}]}'])
def test_a_torn_record_costs_its_night_alone(tmp_path: Path, text: str) -> None:
    write_record(tmp_path, failed(1))
    write_record(tmp_path, failed(0))
    (tmp_path / "history" / f"{ago(1)}.json").write_text(text, encoding="utf-8")
    assert [record.as_of for record in read_records(tmp_path, AS_OF)] == [AS_OF]


def of_teams(days: int, **rows: int) -> NightRecord:
    """A night in which the check fails by team."""
    causes = tuple(CauseCount("team", team, team.upper(), failed) for team, failed in rows.items())
    return record_of(ago(days), [replace(ORPHANS, failed_rows=sum(rows.values()), causes=causes)], LAYERS)


def told(queue: Queue) -> list[tuple[str, int | None, int, str]]:
    return [
        (issue.cause.cause_id if issue.cause else "", issue.failed_rows, issue.age_days, issue.trend)
        for issue in queue.issues
    ]


def test_each_cause_has_its_own_age_rows_and_trend() -> None:
    assert told(queue_of(of_teams(2, a=9), of_teams(1, a=7, b=2), of_teams(0, a=7, b=3, c=1))) == [
        ("a", 7, 2, "shrinking"), ("b", 3, 1, "growing"), ("c", 1, 0, "new"),
    ]  # fmt: skip


def test_a_cause_that_is_mended_closes_alone() -> None:
    queue = queue_of(of_teams(2, a=9, b=1), of_teams(0, b=1))
    assert told(queue) == [("b", 1, 2, "steady")]
    [closed] = queue.closed
    assert closed.cause == CauseCount("team", "a", "A", 9)
    assert (closed.first_seen_on, closed.closed_on, closed.is_mended) == (ago(2), AS_OF, True)


def test_a_check_that_passes_closes_all_its_causes() -> None:
    assert [one.cause.cause_id for one in queue_of(of_teams(1, a=1, b=2), passed(0)).closed if one.cause] == [
        "a", "b",
    ]  # fmt: skip


def test_a_check_that_could_not_be_run_leaves_its_causes_open() -> None:
    queue = queue_of(of_teams(1, a=9), failed(0, None))
    assert told(queue) == [("a", 9, 1, "steady"), ("", None, 0, "new")]
    assert not queue.closed
    again = queue_of(of_teams(2, a=9), failed(1, None), of_teams(0, a=9))
    assert told(again) == [("a", 9, 2, "steady")]


def test_a_check_that_begins_or_ends_to_tell_its_causes_keeps_its_age() -> None:
    begun = queue_of(failed(5, 9), of_teams(0, a=8, b=1))
    assert told(begun) == [("a", 8, 5, "steady"), ("b", 1, 5, "steady")]
    ended = queue_of(of_teams(5, a=8), of_teams(3, a=8, b=1), failed(0, 900))
    assert told(ended) == [("", 900, 5, "steady")]
    assert not begun.closed and not ended.closed
    assert [issue.nights_seen for issue in ended.issues] == [3]


def test_causes_are_kept_with_the_record(tmp_path: Path) -> None:
    night = of_teams(0, a=8, b=1)
    write_record(tmp_path, night)
    assert read_records(tmp_path, AS_OF) == [night]
