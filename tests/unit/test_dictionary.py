"""The data dictionary: every mart with its meaning, and what may not change for readers."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from orchestration.dictionary import site
from orchestration.dictionary.catalog import MartEntry, read_catalog
from orchestration.dictionary.release import (
    RELEASED_FILE,
    Changes,
    ReleaseError,
    changes_since_release,
    project_version,
    record_release,
)
from orchestration.dictionary.site import write_dictionary
from orchestration.publishing.contract import PUBLISH_ID, ColumnType, Mart, MartsContract, load_marts
from orchestration.settings import Settings
from orchestration.transform import manifest_file


@pytest.fixture(scope="module")
def manifest(parsed_project: Settings) -> dict[str, Any]:
    text = manifest_file(parsed_project).read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@pytest.fixture(scope="module")
def catalog(manifest: dict[str, Any]) -> dict[str, MartEntry]:
    return {entry.name: entry for entry in read_catalog(manifest, load_marts(), {"dim_team": 3})}


def test_every_mart_of_the_contract_has_an_entry_with_a_meaning(catalog: dict[str, MartEntry]) -> None:
    assert list(catalog) == list(load_marts().marts)
    assert [
        name for name, entry in catalog.items() if not (entry.grain and entry.meaning and entry.owner)
    ] == []


def test_every_column_of_a_model_has_a_meaning(catalog: dict[str, MartEntry]) -> None:
    silent = [
        f"{name}.{column.name}"
        for name, entry in catalog.items()
        if entry.parents
        for column in entry.columns
        if not column.meaning
    ]
    assert silent == []


def test_an_entry_says_where_its_rows_come_from_and_what_is_checked(catalog: dict[str, MartEntry]) -> None:
    team, candidate = catalog["dim_team"], catalog["fct_claim_candidate"]
    assert team.rows == 3
    assert candidate.rows is None
    assert "team" in team.feeds
    assert {"care_activity", "coverage", "consent"} <= set(candidate.feeds)
    assert {"payer_policy", "fee_schedule"} <= set(candidate.rules)
    assert [column.name for column in team.columns if column.is_key] == ["team_id"]
    assert {"unique", "not null"} <= set(team.columns[0].tests)
    assert candidate.columns[-1].name == PUBLISH_ID


def test_nothing_that_was_released_is_taken_from_readers() -> None:
    assert changes_since_release(load_marts()).broken == ()


def _contract(**marts: dict[str, ColumnType]) -> MartsContract:
    """Marts whose key is their first column, by name."""
    made = {name: Mart(grain="x", key=[next(iter(given))], columns=given) for name, given in marts.items()}
    return MartsContract(marts=made, shared={}, rules=[])


FIRST = _contract(
    dim_team={"team_id": "string", "name": "string", "opened_on": "date"},
    fct_visit={"visit_id": "string", "minutes": "integer"},
    fct_mood={"mood": "string"},
)
SECOND = _contract(
    dim_team={"team_id": "string", "name": "string", "site_id": "string"},
    fct_visit={"visit_id": "string", "minutes": "double"},
    rpt_day={"day": "date"},
)


@pytest.fixture
def released_file(tmp_path: Path) -> Path:
    """A record of the first contract as release 1.1.0."""
    file = tmp_path / "released.json"
    file.write_text('{"release": "1.0.0", "marts": {}}', encoding="utf-8")
    assert record_release(FIRST, "1.1.0", file).added == ("dim_team", "fct_visit", "fct_mood")
    return file


def test_what_changed_between_two_releases_is_told(released_file: Path) -> None:
    assert changes_since_release(FIRST, released_file) == Changes("1.1.0", (), (), ())
    changes = record_release(SECOND, "2.0.0", released_file)
    assert changes == Changes(
        since="1.1.0",
        added=("dim_team.site_id", "rpt_day"),
        removed=("dim_team.opened_on", "fct_mood"),
        changed=("fct_visit.minutes: was integer and is double",),
    )
    assert changes.broken == changes.removed + changes.changed
    assert changes_since_release(SECOND, released_file) == Changes("2.0.0", (), (), ())


def test_another_key_is_a_change_for_readers(released_file: Path) -> None:
    turned = FIRST.marts["fct_visit"].model_copy(update={"key": ["minutes"]})
    other = FIRST.model_copy(update={"marts": FIRST.marts | {"fct_visit": turned}})
    assert changes_since_release(other, released_file).broken == (
        "fct_visit: one row was one visit_id and is one minutes",
    )


@pytest.mark.parametrize(
    ("contract", "version", "why"),
    [
        (FIRST, "1.1.0", "does not come after 1.1.0"),
        (FIRST, "1.0.9", "does not come after 1.1.0"),
        (FIRST, "2", "no version such as"),
        (SECOND, "1.2.0", "readers of 1.1.0 lose something.*fct_mood"),
    ],
)
def test_a_release_that_does_not_follow_is_refused(
    released_file: Path, contract: MartsContract, version: str, why: str
) -> None:
    before = released_file.read_bytes()
    with pytest.raises(ReleaseError, match=why):
        record_release(contract, version, released_file)
    assert released_file.read_bytes() == before


def test_below_version_one_a_step_of_the_second_part_may_break(tmp_path: Path) -> None:
    file = tmp_path / "released.json"
    file.write_text('{"release": "0.1.0", "marts": {"fct_mood": {"key": ["mood"], "columns": {}}}}')
    with pytest.raises(ReleaseError, match="too small a step: fct_mood"):
        record_release(SECOND, "0.1.1", file)
    assert record_release(SECOND, "0.2.0", file).removed == ("fct_mood",)


@pytest.mark.parametrize("loss", ["mart", "column", "type", "key"])
def test_breaking_the_contract_of_a_mart_does_not_pass(loss: str) -> None:
    """What ``test_nothing_that_was_released_is_taken_from_readers`` finds, were it done to this contract."""
    marts = dict(load_marts().marts)
    team = marts.pop("dim_team")
    columns = dict(team.columns)
    if loss == "column":
        del columns["site_id"]
    elif loss == "type":
        columns["site_id"] = "integer"
    key = ["site_id"] if loss == "key" else team.key
    if loss != "mart":
        marts["dim_team"] = team.model_copy(update={"columns": columns, "key": key})
    broken = changes_since_release(MartsContract(marts=marts, shared={}, rules=[])).broken
    assert len(broken) == 1 and broken[0].startswith("dim_team")


def test_the_recorded_release_is_not_ahead_of_the_project() -> None:
    assert json.loads(RELEASED_FILE.read_text(encoding="utf-8"))["release"] <= project_version()


def test_the_page_says_what_changed(
    parsed_project: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = Changes("0.9.0", ("rpt_new",), ("rpt_old.mood",), ("dim_team.name: was string and is date",))
    monkeypatch.setattr(site, "changes_since_release", lambda contract: changes)
    page = write_dictionary(parsed_project, tmp_path / "out").read_text(encoding="utf-8")
    told = page.split("Since release 0.9.0</h2>")[1].split("</section>")[0]
    assert re.findall(r"<(?:h3|li)>([^<]*)<", told) == [
        "New", "rpt_new", "Gone", "rpt_old.mood", "Not as it was", "dim_team.name: was string and is date",
    ]  # fmt: skip


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in {"src", "href"}:
                (self.targets if str(value).startswith("#") else self.outside).append(str(value))


@pytest.mark.slow
def test_the_page_is_whole_and_asks_nothing_of_a_network(parsed_project: Settings, tmp_path: Path) -> None:
    page = write_dictionary(parsed_project, tmp_path / "out").read_text(encoding="utf-8")
    links = _Links()
    links.feed(page)
    assert links.outside == []
    assert len(links.ids) == len(set(links.ids))
    assert {target.removeprefix("#") for target in links.targets} <= set(links.ids)
    assert set(load_marts().marts) <= set(links.ids)
    assert "Nothing is published yet" in page
