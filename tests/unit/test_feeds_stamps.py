"""Stamps of versions: without an offset they are told in their source's zone, also when clocks change."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestration.feeds.site import NO_SITE, FeedSite, Site
from tests.support.feeds_night import Nights

NEW_YORK = "America/New_York"
PHOENIX = FeedSite(stamp_zone="America/Phoenix")


def stamps(tmp_path: Path, rows: dict[str, str], site: Site = NO_SITE) -> list[str]:
    """The names of teams by their stamps, the earliest first, as the lake orders their versions."""
    nights = Nights(tmp_path)
    lines = "".join(f"T1,{name},{stamp}\n" for name, stamp in rows.items())
    nights.land("team/2026-12-01/team.csv", f"team_id,team_name,updated_at\n{lines}")
    nights.run(zone=NEW_YORK, site=site)
    found = nights.raw("team")
    return [
        row["team_name"] for row in sorted(found, key=lambda row: (row["updated_at"], row["_row_number"]))
    ]


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2026-03-08T01:59:59", "2026-03-08T06:59:59"),
        ("2026-03-08T02:30:00.250", "2026-03-08T07:30:00.250"),
        ("2026-03-08 03:00", "2026-03-08T07:00:00"),
        ("2026-11-01T00:59:59", "2026-11-01T04:59:59"),
        ("2026-11-01T01:30:00", "2026-11-01T05:30:00"),
        ("2026-11-01T02:00:00", "2026-11-01T07:00:00"),
    ],
    ids=["before_the_gap", "in_the_gap", "after_the_gap", "before_the_fold", "in_the_fold", "after_the_fold"],
)
def test_of_two_sources_the_one_that_changed_a_row_last_is_right(
    tmp_path: Path, local: str, instant: str
) -> None:
    at, step = datetime.fromisoformat(instant), timedelta(milliseconds=1)
    others = {"after": f"{(at + step).isoformat()}Z", "before": f"{(at - step).isoformat()}Z"}
    assert stamps(tmp_path, {"local": local, **others}) == ["before", "local", "after"]


def test_a_feed_may_have_a_zone_of_its_own(tmp_path: Path) -> None:
    rows = {"local": "2026-07-01T12:00:00", "before": "2026-07-01T18:59:59Z", "after": "2026-07-01T19:00:01Z"}
    site = Site(feeds={"team": PHOENIX, "patient": FeedSite(stamp_zone="Asia/Kolkata")})
    assert stamps(tmp_path, rows, site=site) == ["before", "local", "after"]


def test_a_feed_may_write_utc_without_saying_so(tmp_path: Path) -> None:
    rows = {"local": "2026-07-01T12:00:00", "before": "2026-07-01T11:59:59Z", "after": "2026-07-01T12:00:01Z"}
    site = Site(feeds={"team": FeedSite(stamp_zone="UTC")})
    assert stamps(tmp_path, rows, site=site) == ["before", "local", "after"]


def test_stamps_of_one_source_keep_their_order_and_blank_ones_stay_blank(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land(
        "team/2026-12-01/team.csv",
        "team_id,team_name,updated_at\nT1,blank,\nT2,fold,2026-11-01T01:10:00\nT3,later,2026-11-01T01:50:00\n",
    )
    nights.run(zone=NEW_YORK)
    assert [
        (row["team_name"], row["updated_at"], row["updated_at_is_local"]) for row in nights.raw("team")
    ] == [
        ("blank", None, None),
        ("fold", datetime(2026, 11, 1, 5, 10), True),
        ("later", datetime(2026, 11, 1, 5, 50), True),
    ]


def test_another_zone_reads_the_same_bytes_anew(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("team/2026-12-01/team.csv", "team_id,team_name,updated_at\nT1,one,2026-07-01T12:00:00\n")
    read = []
    for zone in ("UTC", NEW_YORK):
        nights.run(zone=zone)
        read += [row["updated_at"] for row in nights.raw("team")]
    assert read == [datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 16)]
