"""Ingestion killed at any point and run again comes to the lake of a night that nothing disturbed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.feeds.lake import Lake
from tests.support.feeds_night import KEY, Nights, Row

CHILD = """
import os, signal, sys
from pathlib import Path
from orchestration.feeds.ingest import ingest

landing, lake, quarantine, key, steps = sys.argv[1:]
left = int(steps)
replace, unlink = Path.replace, Path.unlink

def one_step_less():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted_replace(self, target):
    one_step_less()
    found = replace(self, target)
    one_step_less()
    return found

def counted_unlink(self, missing_ok=False):
    one_step_less()
    unlink(self, missing_ok)

Path.replace, Path.unlink = counted_replace, counted_unlink
landing, lake, quarantine = map(Path, (landing, lake, quarantine))
ingest(landing, lake, quarantine, as_of=None, default_time_zone="UTC", hash_key=key, threads=1)
"""
TEAM = "team_id,team_name\nT1,North\n,Nameless\n"
ENCOUNTER = (
    '{"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":'
    '"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/p1"},'
    '"period":{"start":"2025-01-01T10:00:00Z"},"participant":[{"individual":{"reference":'
    '"Practitioner?identifier=urn:npi|7"}}]}\n'
)
PRACTITIONER = '{"resourceType":"Practitioner","id":"s1","identifier":[{"system":"urn:npi","value":"7"}]}\n'


def first_deliveries(nights: Nights) -> None:
    nights.land("team/2025-01-02/a.csv", TEAM)
    nights.land("fhir/2025-01-02/Encounter.ndjson", ENCOUNTER)
    nights.land("panel/2025-01-02/a.csv", "patient_id\n")


def later_deliveries(nights: Nights) -> None:
    """New files, a correction in place, an earlier copy, and identifiers that resolve what waits."""
    nights.land("team/2025-01-01/copy.csv", TEAM)
    nights.land("panel/2025-01-02/a.csv", "patient_id,team_id,effective_from\nP1,T1,2025-01-01\nP2,,\n")
    nights.land("fhir/2025-01-03/Practitioner.ndjson", PRACTITIONER)
    nights.land("survey/2025-01-03/a.csv", "survey_id\n")


def comparable(nights: Nights) -> dict[str, list[Row]]:
    """All tables but the scratch space."""
    found = nights.everything()
    assert not any(name.startswith("lake/work/") for name in found)
    return found


def killed_at(nights: Nights, step: int) -> bool:
    """Ingest in a process that kills itself at a step; False where it came to its end before."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, nights.landing, nights.lake, nights.quarantine, KEY, str(step)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode != 0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    nights = Nights(tmp_path_factory.mktemp("undisturbed"))
    first_deliveries(nights)
    nights.run()
    later_deliveries(nights)
    nights.run()
    return comparable(nights)


@pytest.mark.parametrize("step", [1, 5, 9, 11, 13, 15, 18, 22])
def test_a_killed_night_is_made_good_by_the_next(
    tmp_path: Path, step: int, expected: dict[str, list[Row]]
) -> None:
    nights = Nights(tmp_path)
    first_deliveries(nights)
    nights.run()
    later_deliveries(nights)
    was_killed = killed_at(nights, step)
    assert was_killed or step > 20
    nights.run()
    assert comparable(nights) == expected


@pytest.mark.parametrize("step", [30, 75, 85])
def test_a_killed_first_night_is_made_good_by_the_next(
    tmp_path: Path, step: int, expected: dict[str, list[Row]]
) -> None:
    nights = Nights(tmp_path)
    first_deliveries(nights)
    assert killed_at(nights, step)
    later_deliveries(nights)
    nights.run()
    assert comparable(nights) == expected


def test_what_an_interrupted_night_left_in_the_scratch_space_is_swept(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    first_deliveries(nights)
    nights.run()
    lake = Lake(nights.lake, nights.quarantine)
    (lake.work / "team-old").mkdir()
    (lake.work / "team-old" / "half.made").write_bytes(b"PAR1")
    nights.run()
    assert list(lake.work.iterdir()) == []


def test_a_table_that_the_registry_does_not_name_is_swept(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    first_deliveries(nights)
    nights.run()
    before = comparable(nights)
    named = next((nights.lake / "raw" / "team" / "delivered_on=2025-01-02").iterdir())
    stray = nights.lake / "raw" / "team" / "delivered_on=2025-01-09" / "0.parquet"
    stray.parent.mkdir()
    stray.write_bytes(named.read_bytes())
    (nights.quarantine / "team" / "0.parquet").write_bytes(b"")
    nights.run()
    assert comparable(nights) == before
    assert not stray.parent.exists()
