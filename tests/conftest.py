"""What every test may use: no setting of the machine, a home of its own, one parsed dbt project a session.

Belongs here: fixtures that know no feed and no rule.
Does not belong here: data (``tests/support``, ``tests/golden``).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.settings import ENV_PREFIX, PROJECT_ROOT, Settings


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every ``WARMHANDOFF_*`` variable out of the environment."""
    for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def no_waiting_for_the_disk() -> Iterator[None]:
    """Leave what is written to the operating system: only a machine without power loses it there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty landing folder and a home that does not exist yet."""
    landing = tmp_path / "landing"
    landing.mkdir()
    return Settings(landing=landing, home=tmp_path / "home")


@pytest.fixture
def land(settings: Settings) -> Callable[[str, str], Path]:
    """A function that lands a file with a header alone: feed, delivery date."""

    def write(feed: str, day: str) -> Path:
        place = settings.landing / feed / day / f"{feed}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{feed}_id\n", encoding="utf-8")
        return place

    return write


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home that has the manifest of the dbt project; nothing is built in it.

    The one that ``make`` keeps is taken where it is newer than the project.
    """
    from orchestration.transform import manifest_file, prepare_manifest

    place = tmp_path_factory.mktemp("parsed")
    (place / "landing").mkdir()
    settings = Settings(landing=place / "landing", home=place / "home")
    kept, wanted = PROJECT_ROOT / "dbt_project" / "target" / "manifest.json", manifest_file(settings)
    if kept.exists():
        wanted.parent.mkdir(parents=True)
        shutil.copy2(kept, wanted)
    prepare_manifest(settings)
    yield settings
