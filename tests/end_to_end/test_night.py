"""Whole nights from the command line: published, repeated, interrupted, delivered in another order."""

import json
import shutil
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from orchestration.night import BUILD, MARTS_GATE, RAW_GATE
from orchestration.publishing.access import NOBODY
from orchestration.publishing.history import current
from orchestration.publishing.manifest import problems_of, read_manifest
from orchestration.publishing.status import read_status
from orchestration.sample.clinic import write_sample
from tests.support.canaries import WORD, places_with_canaries, plant
from tests.support.night_process import Ended, files_of, kill_night, run_night
from tests.support.recipients import Recipients

AS_OF = date(2026, 6, 30)
FIRST_HALF = date(2026, 5, 15)
KILLS = [
    ("ingest", 0.3),
    ("raw gate", 1.0),
    ("build", 3.0),
    ("build", 8.0),
    ("marts gate", 0.5),
    ("publish", 0.2),
]


@dataclass(frozen=True)
class Place:
    """A landing folder and a home, how the night over them ended, and what it tried to reach."""

    landing: Path
    home: Path
    ended: Ended
    network_log: Path

    @property
    def published(self) -> Path:
        """The published folder."""
        return self.home / "published"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A messy clinic with canaries, and one night over it in a new home."""
    root = tmp_path_factory.mktemp("night")
    landing, home, network_log = root / "landing", root / "home", root / "network.log"
    write_sample(landing, patients=150, months=4, seed=5, as_of=AS_OF, messy=True)
    plant(landing, AS_OF)
    return Place(landing, home, run_night(landing, home, AS_OF, network_log=network_log), network_log)


def _results(home: Path) -> dict[str, str]:
    """What readers have, file by file; ``bi.duckdb`` holds paths of its home."""
    generation = current(home / "published")
    assert generation is not None
    return {name: digest for name, digest in files_of(generation.path).items() if name != "bi.duckdb"}


def _findings(home: Path) -> dict[str, str]:
    """What stands beside the generations: findings, queue, page and Data Docs, and when they were written."""
    folder = home / "published" / "quality"
    docs = {path.name: str(path.stat().st_mtime_ns) for path in (folder / "data_docs").iterdir()}
    assert set(docs) == {"raw.html", "marts.html"}
    return files_of(folder) | docs


def current_name(place: Place) -> str:
    """The generation that readers have."""
    generation = current(place.published)
    assert generation is not None
    return generation.name


def test_the_night_is_published_and_says_what_it_did(place: Place) -> None:
    assert place.ended.code == 0, place.ended.printed
    assert read_status(place.published).state == "published"
    for part in (
        "Feeds read",
        "quarantined",
        "Checks",
        "Minutes credited and lost",
        "Claim candidates",
        "Web interface:",
    ):
        assert part in place.ended.printed


def test_the_quality_site_is_of_this_night(place: Place) -> None:
    page = (place.published / "quality" / "index.html").read_text(encoding="utf-8")
    for said in ("Night of 30 June 2026.", "Published.", "patient: rows are refused", "New tonight."):
        assert said in page
    assert "not run</span>" not in page


def test_the_night_reaches_nothing_outside_the_machine(place: Place) -> None:
    assert place.ended.code == 0
    assert not place.network_log.exists(), place.network_log.read_text(encoding="utf-8")


def test_everything_in_the_home_is_for_its_owner_alone(place: Place) -> None:
    open_to_others = [
        path
        for path in place.home.rglob("*")
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert not open_to_others


def test_no_patient_is_named_outside_the_lake_the_warehouse_and_the_identified_files(place: Place) -> None:
    found = set(places_with_canaries(place.home))
    allowed = {
        name
        for name in found
        if name.startswith("lake/raw/")
        or (name.startswith("warehouse/") and Path(name).suffix == ".duckdb")
        or (name.startswith("published/") and "/identified/" in name)
    }
    keys = f"published/{current_name(place)}/identified/lists/failing_rows/quality_staff.csv"
    assert keys in allowed, "no canary failed a check, so its absence from the quality site says nothing"
    assert {
        "warehouse/failing_keys/raw.duckdb",
        f"{Path(keys).parts[0]}/{Path(keys).parts[1]}/identified/dim_patient.parquet",
    } <= allowed
    everything = {path.relative_to(place.home).as_posix() for path in place.home.rglob("*")}
    assert {
        "published/quality/data_docs/raw.html",
        "published/quality/data_docs/marts.html",
        "published/quality/queue.json",
        "published/dictionary/index.html",
    } <= everything
    assert any(name.startswith("dagster/") for name in everything)
    assert any(name.startswith("logs/access-") for name in everything)
    assert found == allowed
    assert WORD not in place.ended.printed


def test_every_identified_file_is_in_the_access_log_with_its_recipient(place: Place) -> None:
    [log] = (place.home / "logs").glob("access-*.log")
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    written = {line["file"]: line["recipient"] for line in lines if line["action"] == "written"}
    name = current_name(place)
    assert {line["generation"] for line in lines} == {name}
    files = {file for file in read_manifest(place.published / name).files if file.startswith("identified/")}
    assert set(written) == files
    assert len(written) == len(lines), "a file was written once and noted twice"
    assert NOBODY not in written.values()


def test_a_recipients_file_names_no_patient_of_another_recipient(place: Place, tmp_path: Path) -> None:
    recipients = Recipients(place.published / current_name(place) / "identified")
    files = recipients.files()
    named = {kind: sum(len(recipients.named_in(path)) for path in files[kind]) for kind in files}
    # On the last day of a month no month is open, so nobody is a near miss.
    lists = ("lists/likely_eligible", "lists/case_review", "lists/claim_candidates")
    for kind in (*lists, "scorecards/referrers"):
        assert named[kind] > 0, f"no file of {kind} names anybody, so it says nothing"
    assert named["scorecards/teams"] == named["scorecards/bhc"] == 0
    assert all(files[kind] for kind in files if kind != "lists/near_miss")
    strangers = {path: recipients.strangers_in(kind, path) for kind in files for path in files[kind]}
    assert {path: found for path, found in strangers.items() if found} == {}

    copied = Recipients(Path(shutil.copytree(recipients.identified, tmp_path / "identified")))
    mixed, other = [path for path in copied.files()["lists/case_review"] if copied.named_in(path)][:2]
    shutil.copy(other, mixed)
    assert copied.strangers_in("lists/case_review", mixed), "another recipient's patients were not seen"


def test_a_repeated_night_publishes_the_same_generation_again(place: Place) -> None:
    before = _results(place.home)
    findings = _findings(place.home)
    name = current(place.published)
    again = run_night(place.landing, place.home, AS_OF)
    assert again.code == 0
    assert again.printed.count("nothing has changed") == len([RAW_GATE, BUILD, MARTS_GATE])
    assert current(place.published) == name
    assert _results(place.home) == before
    assert _findings(place.home) == findings


def test_a_night_that_builds_all_anew_publishes_the_same_files(place: Place) -> None:
    before = _results(place.home)
    shutil.rmtree(place.published)
    again = run_night(place.landing, place.home, AS_OF, "--rebuild")
    assert again.code == 0
    assert "nothing has changed" not in again.printed
    assert _results(place.home) == before


def test_a_night_that_is_killed_anywhere_and_run_again_gives_the_same_files(
    place: Place, tmp_path: Path
) -> None:
    """An earlier night stands before it, so that this is another order of delivery too."""
    landing, home = tmp_path / "landing", tmp_path / "home"
    shutil.copytree(place.landing, landing)
    for folder in landing.glob("*/*"):
        if folder.is_dir() and date.fromisoformat(folder.name) > FIRST_HALF:
            shutil.rmtree(folder)
    assert run_night(landing, home, FIRST_HALF).code == 0
    yesterday = current(home / "published")
    assert yesterday is not None

    shutil.copytree(place.landing, landing, dirs_exist_ok=True)
    for stage, seconds in KILLS:
        kill_night(landing, home, AS_OF, stage=stage, seconds=seconds)
        shown = current(home / "published")
        assert shown is not None
        assert not problems_of(shown.path), f"readers had half a generation after a kill in {stage}"
        assert shown == yesterday or stage == "publish"

    ended = run_night(landing, home, AS_OF)
    assert ended.code == 0, ended.printed
    assert _results(home) == _results(place.home)
