"""Reading a file of one feed: a table, as CSV or Parquet.

Belongs here: which reader a format has, and that a file is read fast first and then with care. Does not
belong here: the readers, and what becomes of rows (``reading.py``).
"""

from collections.abc import Callable
from dataclasses import replace
from os import SEEK_END
from pathlib import Path

import duckdb

from orchestration.feeds.cells import read_cells
from orchestration.feeds.contract import Feed
from orchestration.feeds.csv import stage_csv
from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.failures import RowsLost, stop_if_engine_failed
from orchestration.feeds.identity import CROSSWALK
from orchestration.feeds.lake import make_folder
from orchestration.feeds.landing import IDENTITY
from orchestration.feeds.opened import FileRefused, Traits
from orchestration.feeds.parquet import stage_parquet
from orchestration.feeds.reading import Reading
from orchestration.feeds.registry import Content

PARQUET_MARK = b"PAR1"
"""Begins and ends a table of Parquet."""

FlatReader = Callable[..., Staged]
FLAT_READERS: dict[str, FlatReader] = {"csv": stage_csv, "parquet": stage_parquet}


def read_flat(reading: Reading, path: Path, traits: Traits) -> Content:
    """Read a file of one feed: first trusting its form, then, where the engine objects, row by row.

    Args:
        reading: the file and where it goes.
        path: where it lies.
        traits: of its bytes.

    Returns:
        What became of it.
    """
    if reading.copy.folder == IDENTITY:
        feed, final = CROSSWALK, reading.lake.crosswalk(reading.copy.file_id)
    else:
        feed = reading.contract.feeds[reading.copy.folder]
        final = reading.place_of(feed)
    stage = FLAT_READERS[_format_of(path, reading.copy.format)]
    for is_careful in (False, True):
        folder = reading.work / ("careful" if is_careful else "fast")
        make_folder(folder)
        try:
            staged = stage(
                reading.connection, path, traits, feed, folder, is_careful=is_careful, site=reading.rules.site
            )
            return reading.content([reading.let_in(feed, _with_cells(feed, staged), final)])
        except FileRefused as refusal:
            return reading.refuse_file(feed.name, refusal.reason)
        except RowsLost:
            continue
        except duckdb.Error as problem:
            stop_if_engine_failed(problem, reading.copy.source_file)
    return reading.refuse_file(feed.name, "unreadable_file")


def _format_of(path: Path, named: str) -> str:
    """What a file is: a table of Parquet tells itself, whatever its name says."""
    with path.open("rb") as handle:
        if handle.read(len(PARQUET_MARK)) != PARQUET_MARK:
            return named
        handle.seek(-len(PARQUET_MARK), SEEK_END)
        return "parquet" if handle.read() == PARQUET_MARK else named


def _with_cells(feed: Feed, staged: Staged) -> Staged:
    """The rows with their cells read."""
    read = read_cells(feed, staged.relation, ROW, staged.columns, staged.site, staged.trim)
    return replace(
        staged,
        relation=read.relation,
        columns=read.columns,
        site=read.site,
        trim="wh_blank",
        has_cells=True,
    )
