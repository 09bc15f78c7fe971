"""Ingestion as the rest of the project calls it.

Belongs here: the two entry points. Does not belong here: how they do it.
"""

import hashlib
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

from orchestration.feeds.codes import CODE_MAP_FILE, INSTRUMENT_FILE
from orchestration.feeds.contract import load_contract
from orchestration.feeds.failures import EngineFailed
from orchestration.feeds.hl7v2_rules import SIU_FILES
from orchestration.feeds.lake import Lake, empty_work, write_empty_lake
from orchestration.feeds.landing import IDENTITY, scan
from orchestration.feeds.reading import Rules
from orchestration.feeds.reference import write_reference_tables
from orchestration.feeds.registry import load_loaded, load_state, save_loaded
from orchestration.feeds.report import FileResult, IngestReport, make_report
from orchestration.feeds.site import NO_SITE, Site
from orchestration.feeds.upkeep import Progress, Upkeep
from orchestration.feeds.zones import is_zone

SEEDS = Path(__file__).resolve().parents[2] / "seeds"

__all__ = ["EngineFailed", "FileResult", "IngestReport", "ingest", "mark_loaded"]


def _fingerprint(seeds: Path, hash_key: str, site: Site, joins: bool) -> str:
    """Stands for all that decides what becomes of a file."""
    package = Path(__file__).parent
    files = [*sorted(package.glob("*.py")), *sorted(package.glob("*.yml"))]
    files += [seeds / name for name in (CODE_MAP_FILE, INSTRUMENT_FILE, *SIU_FILES)]
    digest = hashlib.sha256(f"{hash_key}{site.fingerprint()}{joins or ''}".encode())
    for path in files:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ingest(
    landing: Path,
    lake: Path,
    quarantine: Path,
    *,
    as_of: date | None,
    default_time_zone: str,
    hash_key: str,
    progress: Progress | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    seeds: Path = SEEDS,
    site: Site = NO_SITE,
) -> IngestReport:
    """Bring the lake up to what has been delivered.

    The result depends on what was delivered and not on when, how often or in what order this ran; interrupted
    anywhere, it can be run again. One run at a time: who calls it holds the lock of the home.

    Args:
        landing: the folder that feeds land in.
        lake: the raw lake.
        quarantine: refused rows.
        as_of: the business date; None is the latest delivery date. Folders dated after it are not read.
        default_time_zone: IANA zone of teams that name none, and of dates out of instants.
        hash_key: keys the hashes of refused records.
        progress: called with folder, files done and files to do.
        threads: files read at a time; the number of processors if None.
        memory_limit: the engine's limit, such as ``4GB``.
        seeds: the folder of the rules that are rows.
        site: what the site does its own way.

    Returns:
        What was found.

    Raises:
        ValueError: the default time zone is not in the IANA database.
        EngineFailed: memory or disk ran out.
    """
    if not is_zone(default_time_zone):
        raise ValueError(
            f"the default time zone {default_time_zone!r} is not an IANA zone; name one such as UTC"
        )
    contract, site = load_contract(), replace(site, time_zone=default_time_zone)
    place = write_empty_lake(lake, quarantine, contract)
    empty_work(place)
    found = scan(landing, as_of, contract, site)
    if as_of is None:
        as_of = max((file.delivered_on for file in found.files), default=None)
    has_crosswalk = any(file.folder == IDENTITY for file in found.files) or (lake / "crosswalk").is_dir()
    joins = has_crosswalk or site.states_systems
    rules = Rules(contract, seeds, hash_key, _fingerprint(seeds, hash_key, site, joins), site, joins)
    upkeep = Upkeep(place, rules, threads or _processors(), memory_limit)
    upkeep.look(found.files)
    upkeep.bring_up_to_date(as_of, progress or (lambda _folder, _done, _all: None))
    notices = [*found.notices, *upkeep.notices]
    report = make_report(upkeep.state, load_loaded(place), as_of, upkeep.unreadable, notices)
    write_reference_tables(place, rules, upkeep.state, report, default_time_zone)
    empty_work(place)
    return report


def mark_loaded(lake: Path, as_of: date) -> None:
    """Note that a build of the warehouse has succeeded from this lake.

    Args:
        lake: the raw lake.
        as_of: the business date that was built.
    """
    place = Lake(lake, lake)
    save_loaded(place, load_state(place), as_of)
