"""Nights over one landing: copies, corrections, late files, replays; the lake is what was delivered."""

import os
from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.feeds import upkeep, values
from orchestration.feeds.ingest import SEEDS, EngineFailed, ingest
from orchestration.feeds.opened import Traits, read_through
from orchestration.redaction import SafeError
from tests.support.feeds_night import KEY, Nights

HEAD = "team_id,team_name,time_zone\n"
NORTH = HEAD + "T1,North,America/New_York\n"
SOUTH = HEAD + "T2,South,\n"
BAD = HEAD + ",Nameless,\nT3,East,Mars/Olympus\n"
FIRST, SECOND, THIRD = date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def teams(nights: Nights) -> list[tuple[str, str]]:
    return [(row["_source_file"], row["team_id"]) for row in nights.raw("team")]


def statuses(nights: Nights) -> list[tuple[str, str]]:
    return [(row["source_file"], row["status"]) for row in nights.reference("feed_file")]


def test_a_night_over_nothing_leaves_every_table_empty(nights: Nights) -> None:
    report = nights.run()
    assert (report.as_of_date, report.files, report.needs_full_refresh) == (None, (), True)
    assert (nights.raw("care_activity"), nights.refused(), nights.reference("run_context")) == ([], [], [])
    assert nights.reference("hash_key") == [{"hash_key": KEY}]


def test_a_row_says_where_it_came_from(nights: Nights) -> None:
    path = nights.land("team/2025-01-02/teams of the day.csv", NORTH)
    nights.run()
    row = nights.raw("team")[0]
    found = {name: row[name] for name in ("_delivered_on", "_source_file", "_row_number", "_file_id")}
    assert found == {
        "_delivered_on": SECOND,
        "_source_file": "team/2025-01-02/teams of the day.csv",
        "_row_number": 1,
        "_file_id": read_through(path)[0],
    }
    place = nights.lake / "raw/team/delivered_on=2025-01-02"
    assert [path.name for path in place.iterdir()] == [f"{row['_file_id']}.parquet"]


@pytest.mark.slow
def test_the_business_date_is_the_latest_delivery_or_the_one_named(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)
    nights.land("panel/2025-01-03/a.csv", "patient_id,team_id,effective_from\nP1,T1,2025-01-01\n")
    assert nights.run().as_of_date == THIRD
    assert nights.reference("run_context") == [{"as_of_date": THIRD, "default_time_zone": "UTC"}]
    assert nights.run(as_of=SECOND, zone="Asia/Tokyo").as_of_date == SECOND
    assert nights.reference("run_context") == [{"as_of_date": SECOND, "default_time_zone": "Asia/Tokyo"}]


def test_what_a_night_read_is_told_by_file(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", BAD.replace("time_zone", "zone"))
    nights.land("team/2025-01-01/b.csv", "team_id\nT1\n")
    nights.land("hl7v2/2025-01-01/a.hl7", "MSH|")
    report = nights.run()
    accepted, rejected, messages = (
        nights.reference("feed_file")[1],
        *nights.reference("feed_file")[::2][::-1],
    )
    assert [file.row() for file in report.files] == [
        tuple(row.values())
        for row in sorted(nights.reference("feed_file"), key=lambda row: row["source_file"])
    ]
    assert (accepted["status"], accepted["rows_read"], accepted["rows_accepted"]) == ("accepted", 2, 1)
    assert (accepted["rows_quarantined"], accepted["unknown_columns"]) == (1, "zone")
    assert (rejected["status"], rejected["reason"]) == ("rejected", "missing_column:team_name")
    assert (messages["status"], messages["rows_quarantined"]) == ("accepted", 1)
    assert nights.refused() == [
        ("hl7v2/2025-01-01/a.hl7", 1, "malformed_row"),
        ("team/2025-01-01/a.csv", 1, "missing_required:team_id"),
        ("team/2025-01-01/b.csv", 0, "missing_column:team_name"),
    ]
    assert report.totals == {"team": (2, 1, 1), "hl7v2": (1, 0, 1)}


def test_notices_are_a_table(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv.part", NORTH)
    nights.land("tems/2025-01-01/a.csv", NORTH)
    nights.run()
    assert nights.reference("landing_notice") == [
        {"kind": "unfinished_upload", "path": "team/2025-01-01/a.csv.part", "delivered_on": FIRST},
        {"kind": "unknown_folder", "path": "tems", "delivered_on": None},
    ]


def test_the_same_bytes_again_add_nothing(nights: Nights) -> None:
    for name in ("2025-01-01/b.csv", "2025-01-01/a.csv", "2025-01-02/a.csv"):
        nights.land(f"team/{name}", BAD)
    nights.run()
    assert teams(nights) == [("team/2025-01-01/a.csv", "T3")]
    assert nights.refused() == [("team/2025-01-01/a.csv", 1, "missing_required:team_id")]
    assert statuses(nights) == [
        ("team/2025-01-01/a.csv", "accepted"),
        ("team/2025-01-01/b.csv", "duplicate"),
        ("team/2025-01-02/a.csv", "duplicate"),
    ]
    assert [row["rows_read"] for row in nights.reference("feed_file")] == [2, 0, 0]


def test_the_same_bytes_in_another_feed_are_another_delivery(nights: Nights) -> None:
    both = "team_id,team_name,patient_id,effective_from\nT1,North,P1,2025-01-01\n"
    nights.land("team/2025-01-01/a.csv", both)
    nights.land("panel/2025-01-01/a.csv", both)
    nights.run()
    assert (len(nights.raw("team")), len(nights.raw("panel"))) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("is_gone", [False, True])
def test_an_earlier_copy_that_comes_late_takes_the_rows_over(nights: Nights, is_gone: bool) -> None:
    later = nights.land("team/2025-01-03/a.csv", BAD)
    nights.run()
    nights.land("team/2025-01-02/z.csv", BAD)
    if is_gone:
        later.unlink()
    nights.run()
    assert teams(nights) == [("team/2025-01-02/z.csv", "T3")]
    assert nights.refused() == [("team/2025-01-02/z.csv", 1, "missing_required:team_id")]
    assert len(list(nights.lake.rglob("delivered_on=*"))) == 1


@pytest.mark.slow
def test_new_bytes_under_a_known_path_supersede_the_old(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", BAD)
    nights.run()
    nights.land("team/2025-01-01/a.csv", NORTH)
    nights.run()
    assert teams(nights) == [("team/2025-01-01/a.csv", "T1")]
    assert nights.refused() == []
    assert statuses(nights) == [("team/2025-01-01/a.csv", "accepted")]


@pytest.mark.slow
def test_superseded_bytes_live_on_where_another_path_holds_them(nights: Nights) -> None:
    first = nights.land("team/2025-01-01/a.csv", BAD)
    second = nights.land("team/2025-01-02/b.csv", BAD)
    nights.run()
    first.write_text(NORTH)
    second.unlink()
    nights.run()
    assert teams(nights) == [("team/2025-01-01/a.csv", "T1"), ("team/2025-01-02/b.csv", "T3")]
    assert nights.raw("team")[1]["_delivered_on"] == SECOND
    assert nights.refused() == [("team/2025-01-02/b.csv", 1, "missing_required:team_id")]
    assert list(nights.quarantine.rglob("delivered_on=*")) == []


@pytest.mark.slow
def test_a_path_that_is_gone_stays_in_the_lake(nights: Nights) -> None:
    path = nights.land("team/2025-01-01/a.csv", BAD)
    nights.land("team/2025-01-02/a.csv", SOUTH)
    nights.run()
    before = nights.everything()
    path.unlink()
    report = nights.run()
    assert nights.everything() == before
    assert [file.source_file for file in report.files] == ["team/2025-01-01/a.csv", "team/2025-01-02/a.csv"]


@pytest.mark.slow
def test_a_rejected_file_that_comes_right_is_taken(nights: Nights) -> None:
    path = nights.land("team/2025-01-01/a.csv", "")
    nights.run()
    assert nights.refused() == [("team/2025-01-01/a.csv", 0, "empty_file")]
    path.write_text(NORTH)
    nights.run()
    assert (teams(nights), nights.refused()) == ([("team/2025-01-01/a.csv", "T1")], [])


ORDERS = {
    "all at once": [["a", "b", "c", "d"]],
    "one a night": [["a"], ["b"], ["c"], ["d"]],
    "backwards": [["d"], ["c"], ["b"], ["a"]],
    "again and again": [["a", "b"], ["a", "b"], ["c", "d"], []],
}
DELIVERIES = {
    "a": ("team/2025-01-01/a.csv", BAD),
    "b": ("team/2025-01-02/b.csv", NORTH),
    "c": ("team/2025-01-02/c.csv", BAD),
    "d": ("team/2025-01-03/d.csv", SOUTH),
}


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_the_lake_does_not_depend_on_the_order_of_nights(tmp_path: Path, order: str) -> None:
    found = []
    for name, batches in (("expected", ORDERS["all at once"]), ("found", ORDERS[order])):
        nights = Nights(tmp_path / name)
        for batch in batches:
            for delivery in batch:
                nights.land(*DELIVERIES[delivery])
            nights.run()
        found.append(nights.everything())
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_night_back_in_time_sees_what_was_there_then(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)
    nights.land("team/2025-01-03/a.csv", SOUTH)
    nights.run()
    report = nights.run(as_of=SECOND)
    assert [file.source_file for file in report.files] == ["team/2025-01-01/a.csv"]
    assert [row["source_file"] for row in nights.reference("feed_file")] == ["team/2025-01-01/a.csv"]


@pytest.mark.slow
def test_a_file_is_pending_until_a_build_has_read_it(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)
    nights.land("team/2025-01-01/b.csv", NORTH)
    nights.land("team/2025-01-01/c.csv", "")
    assert [file.is_pending for file in nights.run().files] == [True, False, False]
    assert [file.is_pending for file in nights.run().files] == [True, False, False]
    nights.built(FIRST)
    nights.land("team/2025-01-02/d.csv", SOUTH)
    report = nights.run()
    assert [file.is_pending for file in report.files] == [False, False, False, True]
    assert [row["is_pending"] for row in nights.reference("feed_file")] == [False, False, False, True]


@pytest.mark.slow
def test_rows_added_later_need_no_full_refresh(nights: Nights) -> None:
    nights.land("team/2025-01-02/a.csv", NORTH)
    assert nights.run().needs_full_refresh
    assert nights.run().needs_full_refresh
    nights.built(SECOND)
    assert not nights.run().needs_full_refresh
    nights.land("team/2025-01-01/late.csv", SOUTH)
    nights.land("team/2025-01-03/new.csv", BAD)
    assert not nights.run().needs_full_refresh


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ["superseded", "moved to an earlier copy", "back in time", "read by other rules"]
)
def test_rows_that_were_built_from_and_changed_need_a_full_refresh(
    nights: Nights, tmp_path: Path, how: str
) -> None:
    nights.land("team/2025-01-02/a.csv", NORTH)
    nights.run()
    nights.built(SECOND)
    if how == "superseded":
        nights.land("team/2025-01-02/a.csv", SOUTH)
    if how == "moved to an earlier copy":
        nights.land("team/2025-01-01/a.csv", NORTH)
    as_of = FIRST if how == "back in time" else None
    seeds = tmp_path if how == "read by other rules" else SEEDS
    assert nights.run(as_of=as_of, seeds=seeds).needs_full_refresh
    assert nights.run(as_of=as_of, seeds=seeds).needs_full_refresh
    nights.built(as_of or SECOND)
    assert not nights.run(as_of=as_of, seeds=seeds).needs_full_refresh


@pytest.mark.slow
def test_a_corrected_file_is_seen_though_its_size_and_time_are_the_same(nights: Nights) -> None:
    path = nights.land("team/2025-01-01/a.csv", NORTH)
    stamp = path.stat()
    nights.run()
    path.write_text(NORTH.replace("North", "Nordh"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    nights.run()
    assert [row["team_name"] for row in nights.raw("team")] == ["Nordh"]


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose bytes are read."""
    paths: list[Path] = []

    def read(path: Path, *, has_cells: bool) -> tuple[str, Traits]:
        paths.append(path)
        return read_through(path, has_cells=has_cells)

    monkeypatch.setattr(upkeep, "read_through", read)
    return paths


@pytest.mark.slow
def test_a_file_that_did_not_change_is_not_read_again(
    nights: Nights, looked: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nights.land("team/2025-01-01/a.csv", NORTH)
    monkeypatch.setattr("orchestration.feeds.registry.SETTLING_NS", -(10**12))
    nights.run()
    nights.run()
    assert looked == [path]
    path.touch()
    nights.run()
    assert looked == [path, path]


@pytest.mark.slow
def test_a_file_written_just_now_is_read_again(nights: Nights, looked: list[Path]) -> None:
    path = nights.land("team/2025-01-01/a.csv", NORTH)
    nights.run()
    nights.run()
    assert looked == [path, path]


@pytest.mark.slow
def test_a_broken_cache_costs_time_alone(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)
    nights.run()
    before = nights.everything()
    for broken in ("", "[", "[]", '{"team/2025-01-01/a.csv": []}'):
        (nights.lake / "registry" / "seen.json").write_text(broken)
        nights.run()
        assert nights.everything() == before


@pytest.mark.slow
@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"contents": {}}', '{"contents": 1, "copies": {}}'])
def test_what_earlier_nights_left_is_asked_for_where_it_is_damaged(nights: Nights, damaged: str) -> None:
    nights.land("patient/2025-06-01/a.csv", "patient_id\np1\n")
    nights.run()
    registry = nights.lake / "registry"
    (registry / "loaded.json").write_text(damaged)
    nights.run()
    (registry / "state.json").write_text(damaged)
    with pytest.raises(SafeError, match=r"state\.json is damaged: put a copy of it back"):
        nights.run()


@pytest.mark.slow
def test_a_table_that_someone_removed_comes_back(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", BAD)
    nights.run()
    before = nights.everything()
    for folder in ("raw/team/delivered_on=2025-01-01", "../quarantine/team"):
        for path in (nights.lake / folder).iterdir():
            path.unlink()
        nights.run()
        assert nights.everything() == before


@pytest.mark.slow
def test_a_file_that_may_not_be_opened_is_told_and_tried_again(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)

    def refuse(path: Path, **_: bool) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "read_through", refuse)
        report = nights.run()
    assert [(file.status, file.reason, file.is_pending) for file in report.files] == [
        ("rejected", "unreadable_file", False)
    ]
    assert [file.status for file in nights.run().files] == ["accepted"]


@pytest.mark.slow
def test_a_file_that_changes_while_it_is_read_waits(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    path = nights.land("team/2025-01-01/a.csv", NORTH)

    def still_arriving(path: Path, **_: bool) -> object:
        found = read_through(path)
        path.write_text(NORTH + "T9,More,\n")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "read_through", still_arriving)
        report = nights.run()
    assert [notice.kind for notice in report.notices] == ["changed_while_read"]
    assert (nights.raw("team"), path.exists()) == ([], True)
    nights.run()
    assert len(nights.raw("team")) == 2


@pytest.mark.slow
def test_zones_of_teams_and_of_the_configuration_are_at_hand(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH + "T2,West,America/Los_Angeles\nT3,East,Mars/Olympus\n")
    nights.land("team/2025-01-03/b.csv", HEAD + "T4,Later,Asia/Tokyo\n")
    nights.run(as_of=SECOND, zone="America/Chicago")
    for name in ("zone_offset_utc", "zone_offset_local"):
        found = {row["time_zone"] for row in nights.reference(name)}
        assert found == {"America/New_York", "America/Los_Angeles", "America/Chicago", "UTC"}
    row = next(
        row for row in nights.reference("zone_offset_utc") if row["utc_from"] == datetime(2025, 3, 9, 7)
    )
    assert (row["time_zone"], row["utc_year"], row["offset_seconds"]) == ("America/New_York", 2025, -14400)
    assert row["utc_until"] == datetime(2025, 11, 2, 6)


def test_the_contract_is_a_table(nights: Nights) -> None:
    nights.run()
    rows = {(row["feed"], row["column_name"]): row for row in nights.reference("feed_column")}
    assert rows["panel", "effective_from"]["key_position"] == 2
    assert rows["panel", "team_id"]["is_required"] is True
    assert (rows["panel", "pcp_id"]["ref_feed"], rows["panel", "pcp_id"]["ref_column"]) == (
        "practitioner",
        "practitioner_id",
    )


def test_an_unknown_zone_is_refused_before_anything_is_made(nights: Nights) -> None:
    with pytest.raises(ValueError, match="Mars/Olympus"):
        nights.run(zone="Mars/Olympus")
    assert not nights.lake.exists()


def test_an_engine_that_fails_names_the_file_and_no_value(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)
    monkeypatch.setattr(values, "MACROS", values.MACROS.replace("wh_blank", "wh_other"))
    with pytest.raises(
        EngineFailed, match=r"^team/2025-01-01/a.csv: the engine raised CatalogException"
    ) as caught:
        nights.run()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_progress_is_told_file_by_file(nights: Nights) -> None:
    nights.land("team/2025-01-01/a.csv", NORTH)
    nights.land("team/2025-01-01/b.csv", SOUTH)
    told: list[tuple[str, int, int]] = []
    ingest(
        nights.landing,
        nights.lake,
        nights.quarantine,
        as_of=None,
        default_time_zone="UTC",
        hash_key=KEY,
        progress=lambda *step: told.append(step),
    )
    assert told == [("team", 1, 2), ("team", 2, 2)]
