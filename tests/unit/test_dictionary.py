"""The data dictionary: every mart with its meaning, and what may not change for readers."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from orchestration.dictionary.catalog import MartEntry, read_catalog
from orchestration.dictionary.release import RELEASED_FILE, changes_since_release
from orchestration.dictionary.site import write_dictionary
from orchestration.publishing.contract import PUBLISH_ID, load_marts
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


def test_what_is_new_and_what_is_lost_is_told(tmp_path: Path) -> None:
    released = json.loads(RELEASED_FILE.read_text(encoding="utf-8"))
    del released["marts"]["dim_team"]["site_id"]
    del released["marts"]["dim_patient"]
    released["marts"]["fct_episode"]["phase"] = "integer"
    released["marts"]["fct_episode"]["mood"] = "string"
    released["marts"]["fct_mood"] = {"mood": "string"}
    file = tmp_path / "released.json"
    file.write_text(json.dumps(released), encoding="utf-8")
    changes = changes_since_release(load_marts(), file)
    assert changes.added == ("dim_patient", "dim_team.site_id")
    assert changes.broken == (
        "fct_episode.phase was integer and is string",
        "fct_episode.mood is gone",
        "fct_mood is gone",
    )


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


def test_the_page_is_whole_and_asks_nothing_of_a_network(parsed_project: Settings, tmp_path: Path) -> None:
    page = write_dictionary(parsed_project, tmp_path / "out").read_text(encoding="utf-8")
    links = _Links()
    links.feed(page)
    assert links.outside == []
    assert len(links.ids) == len(set(links.ids))
    assert {target.removeprefix("#") for target in links.targets} <= set(links.ids)
    assert set(load_marts().marts) <= set(links.ids)
    assert "Nothing is published yet" in page
