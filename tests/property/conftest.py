"""What the properties are run on: a season's landing of many clinics, built once a session."""

from collections.abc import Iterator

import pytest

from tests.property.runs import DEFAULT_ZONE, FIRST_CLINIC, MANY_CLINICS, Run
from tests.property.seasons import SEASONS, Season
from tests.property.work import delivered, draw_many
from tests.support.fixtures import warehouse
from tests.support.landing import write_landing
from tests.support.warehouse import Warehouse

__all__ = ["warehouse"]


@pytest.fixture(scope="session", params=SEASONS, ids=lambda season: season.as_of.isoformat())
def run(
    request: pytest.FixtureRequest, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Many clinics of one season."""
    season: Season = request.param
    feeds = delivered(draw_many(FIRST_CLINIC, season, MANY_CLINICS))
    work = tmp_path_factory.mktemp("many")
    landing = write_landing(work / "landing", feeds)
    marts = warehouse.build(landing, work, as_of=season.as_of, default_zone=DEFAULT_ZONE)
    yield Run(season, feeds, marts)
    marts.close()
