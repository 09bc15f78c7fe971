"""Settings: what must be given, what is refused, and where things lie in a home."""

import re
from pathlib import Path

import pytest

from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, ConfigurationError, Settings, load_settings


def test_landing_and_home_alone_have_to_be_given() -> None:
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert required == {"landing", "home"}


@pytest.mark.parametrize(("given", "missing"), [({"home": "h"}, "landing"), ({"landing": "l"}, "home")])
def test_a_missing_place_is_named_with_option_and_variable(given: dict[str, str], missing: str) -> None:
    with pytest.raises(
        ConfigurationError, match=f"{missing} is not set: give --{missing} or WARMHANDOFF_"
    ) as told:
        load_settings(**given)
    assert "\n" not in str(told.value)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    page = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `WARMHANDOFF_(\w+)` \| .* \| (.*) \|$", page, re.MULTILINE))
    assert list(told) == [name.upper() for name in Settings.model_fields]
    plain = {name: told[name.upper()].strip("`") for name in Settings.model_fields}
    settings = load_settings(landing="l", home="h")
    assert plain["default_time_zone"] == settings.default_time_zone
    assert plain["required_feeds"] == ",".join(settings.required_feeds)
    assert plain["schedule_hour"] == str(settings.schedule_hour)
    assert plain["keep_generations"] == str(settings.keep_generations)


def test_no_place_of_dbt_is_reached_by_falling_through_to_a_default() -> None:
    profiles = (DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8")
    calls = re.findall(r"env_var\(([^)]*)\)", profiles)
    assert calls
    assert not [call for call in calls if "," in call]


def test_a_variable_gives_a_setting_and_an_argument_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WARMHANDOFF_LANDING", str(tmp_path / "from-environment"))
    monkeypatch.setenv("WARMHANDOFF_HOME", str(tmp_path / "home"))
    assert load_settings().landing == tmp_path / "from-environment"
    assert load_settings(landing=tmp_path / "given").landing == tmp_path / "given"


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - {"landing", "home", "hash_key"}))
def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    usual = load_settings(landing="l", home="h")
    monkeypatch.setenv(f"WARMHANDOFF_{name.upper()}", "")
    assert load_settings(landing="l", home="h") == usual


def test_an_empty_place_leads_nowhere_and_an_empty_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMHANDOFF_HOME", "")
    with pytest.raises(ConfigurationError, match="home is not set: give --home or WARMHANDOFF_HOME"):
        load_settings(landing="l")
    monkeypatch.setenv("WARMHANDOFF_HASH_KEY", "")
    with pytest.raises(ConfigurationError, match="WARMHANDOFF_HASH_KEY is empty: give the key, or take"):
        load_settings(landing="l", home="h")


def test_a_mistyped_variable_is_refused_and_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMHANDOFF_LANDINGS", "somewhere")
    with pytest.raises(ConfigurationError, match="unknown setting WARMHANDOFF_LANDINGS"):
        load_settings(landing="l", home="h")


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Kolkata"])
def test_a_zone_of_the_iana_database_is_taken(zone: str) -> None:
    assert load_settings(landing="l", home="h", default_time_zone=zone).default_time_zone == zone


@pytest.mark.parametrize("zone", ["EST5", "Eastern", "../UTC", ""])
def test_another_zone_is_refused(zone: str) -> None:
    with pytest.raises(ConfigurationError, match="WARMHANDOFF_DEFAULT_TIME_ZONE: is not an IANA time zone"):
        load_settings(landing="l", home="h", default_time_zone=zone)


@pytest.mark.parametrize("text", ["patient,encounter", "patient; encounter", "patient encounter"])
def test_required_feeds_are_a_list_in_one_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WARMHANDOFF_REQUIRED_FEEDS", text)
    assert load_settings(landing="l", home="h").required_feeds == ("patient", "encounter")


def test_a_required_feed_is_a_folder_name() -> None:
    with pytest.raises(ConfigurationError, match="WARMHANDOFF_REQUIRED_FEEDS"):
        load_settings(landing="l", home="h", required_feeds="../patient")


def test_at_least_two_generations_are_kept_so_that_one_can_go_back() -> None:
    assert load_settings(landing="l", home="h", keep_generations=2).keep_generations == 2
    with pytest.raises(ConfigurationError, match="WARMHANDOFF_KEEP_GENERATIONS"):
        load_settings(landing="l", home="h", keep_generations=1)


@pytest.mark.parametrize(("hour", "is_good"), [(-1, False), (0, True), (23, True), (24, False)])
def test_the_hour_is_one_of_a_day(hour: int, is_good: bool) -> None:
    if is_good:
        assert load_settings(landing="l", home="h", schedule_hour=hour).schedule_hour == hour
    else:
        with pytest.raises(ConfigurationError, match="WARMHANDOFF_SCHEDULE_HOUR"):
            load_settings(landing="l", home="h", schedule_hour=hour)


@pytest.mark.parametrize(
    ("limit", "is_good"), [("6GB", True), ("1.5GiB", True), ("6", False), ("much", False)]
)
def test_the_memory_limit_has_a_unit(limit: str, is_good: bool) -> None:
    if is_good:
        assert load_settings(landing="l", home="h", memory_limit=limit).memory_limit == limit
    else:
        with pytest.raises(ConfigurationError, match="WARMHANDOFF_MEMORY_LIMIT"):
            load_settings(landing="l", home="h", memory_limit=limit)


def test_secrets_show_neither_in_settings_nor_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMHANDOFF_NOTIFY_URLS", "mailto://user:swordfish@example.org json://example.org")
    monkeypatch.setenv("WARMHANDOFF_HASH_KEY", "swordfish-swordfish")
    settings = load_settings(landing="l", home="h")
    assert len(settings.notify_urls) == 2
    assert "swordfish" not in repr(settings)
    monkeypatch.setenv("WARMHANDOFF_HASH_KEY", "swordfish")
    with pytest.raises(ConfigurationError, match="WARMHANDOFF_HASH_KEY") as told:
        load_settings(landing="l", home="h")
    assert "swordfish" not in str(told.value)


def test_the_hash_key_is_made_once_and_for_the_owner_alone(settings: Settings) -> None:
    first = settings.read_hash_key()
    place = settings.home / "secrets" / "hash_key"
    assert len(first) == 64
    assert settings.read_hash_key() == first
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700


def test_a_given_hash_key_is_used_and_not_written(tmp_path: Path) -> None:
    settings = load_settings(landing=tmp_path, home=tmp_path / "home", hash_key="0123456789abcdef")
    assert settings.read_hash_key() == "0123456789abcdef"
    assert not (tmp_path / "home").exists()


def test_a_home_is_for_the_owner_alone_and_holds_everything(settings: Settings) -> None:
    settings.make_home()
    folders = [path for path in settings.home.rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in [settings.home, *folders]} == {0o700}
    places = [settings.lake, settings.quarantine, settings.database, settings.dbt_target, settings.published]
    assert all(
        place.is_relative_to(settings.home) for place in [*places, settings.dagster_home, settings.logs]
    )


def test_a_relative_place_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(landing="landing", home="home").home == tmp_path / "home"
