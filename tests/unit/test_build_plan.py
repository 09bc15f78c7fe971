"""Whether a build can keep what an earlier one made."""

from pathlib import Path

import pytest

from orchestration.build_plan import BuildPlan
from orchestration.settings import Settings


@pytest.fixture
def built(settings: Settings) -> Settings:
    settings.make_home()
    plan = BuildPlan(settings)
    plan.note(needs_full_refresh=False)
    plan.done()
    return settings


def test_a_home_that_was_never_built_keeps_nothing(settings: Settings) -> None:
    assert BuildPlan(settings).is_full()
    assert not BuildPlan(settings).is_of_same_rules()


def test_rules_are_the_same_also_where_rows_that_were_built_from_have_gone(built: Settings) -> None:
    plan = BuildPlan(built)
    assert not plan.is_full()
    plan.note(needs_full_refresh=True)
    assert plan.is_full()
    assert plan.is_of_same_rules()


def test_a_changed_zone_changes_the_rules(built: Settings) -> None:
    assert not BuildPlan(built.model_copy(update={"default_time_zone": "Asia/Tokyo"})).is_of_same_rules()


def test_a_home_that_was_moved_has_views_of_other_folders(built: Settings, tmp_path: Path) -> None:
    moved = built.home.rename(tmp_path / "moved")
    assert not BuildPlan(built.model_copy(update={"home": moved})).is_of_same_rules()
