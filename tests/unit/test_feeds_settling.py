"""Finished tables are in their places once the block ends, and nobody is told so where they are not."""

from pathlib import Path

import pytest

from orchestration.feeds.lake import Lake, empty_work
from orchestration.feeds.settling import Settling


def lake_of(root: Path) -> Lake:
    lake = Lake(root / "lake", root / "quarantine")
    empty_work(lake)
    return lake


def test_files_are_in_their_places_at_the_end(tmp_path: Path) -> None:
    lake = lake_of(tmp_path)
    finals = [lake.identifiers(f"{number:02}") for number in range(30)]
    with Settling(lake) as settling:
        for final in finals:
            made = lake.work / "made"
            made.write_text(final.stem, encoding="utf-8")
            settling.place(made, final)
            assert not made.exists()
    assert [final.read_text(encoding="utf-8") for final in finals] == [final.stem for final in finals]
    assert {final.stat().st_mode & 0o777 for final in finals} == {0o600}
    assert not list(lake.work.iterdir())


def test_what_keeps_a_file_from_its_place_is_told_at_the_end(tmp_path: Path) -> None:
    lake = lake_of(tmp_path)
    final = lake.identifiers("a")
    (final / "taken").mkdir(parents=True)
    (lake.work / "made").touch()
    with pytest.raises(IsADirectoryError), Settling(lake) as settling:
        settling.place(lake.work / "made", final)


def test_an_error_of_the_block_is_the_one_that_is_told(tmp_path: Path) -> None:
    lake = lake_of(tmp_path)
    final = lake.identifiers("a")
    (final / "taken").mkdir(parents=True)
    (lake.work / "made").touch()
    with pytest.raises(ValueError, match="of the block"), Settling(lake) as settling:
        settling.place(lake.work / "made", final)
        raise ValueError("of the block")
