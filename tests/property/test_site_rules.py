"""A payer's numbers are rows: a site that changes them gets what the reference gets from the same rows."""

from pathlib import Path

import pytest

from tests.property.runs import DEFAULT_ZONE, FIRST_CLINIC, MANY_CLINICS, contract
from tests.property.seasons import SEASONS, Season
from tests.property.site_rules import write_site_rules
from tests.property.work import delivered, draw_many
from tests.reference.marts import compute
from tests.reference.rules import Rules
from tests.support.compare import differences
from tests.support.landing import write_landing
from tests.support.warehouse import SEEDS, Warehouse


@pytest.mark.parametrize("season", SEASONS, ids=lambda season: season.as_of.isoformat())
def test_a_site_with_rules_of_its_own_gets_its_own_ledger(
    season: Season, warehouse: Warehouse, tmp_path: Path
) -> None:
    rules = write_site_rules(SEEDS, tmp_path / "rules")
    feeds = delivered(draw_many(FIRST_CLINIC, season, MANY_CLINICS))
    landing = write_landing(tmp_path / "landing", feeds)
    expected = compute(feeds, contract(), Rules(SEEDS, rules), as_of=season.as_of, default_zone=DEFAULT_ZONE)
    marts = warehouse.build(landing, tmp_path, as_of=season.as_of, default_zone=DEFAULT_ZONE, seeds=rules)
    try:
        assert differences(marts, expected) == []
    finally:
        marts.close()
