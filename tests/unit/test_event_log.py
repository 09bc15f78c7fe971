"""Dagster's event log in a home: open connections, commits without waiting, what comes at once."""

import sqlite3
from pathlib import Path

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterEvent, EventLogEntry
from dagster._core.events import DagsterEventType, StepMaterializationData
from dagster._core.instance.utils import _is_batch_writing_enabled

from orchestration.event_log import PooledSqliteEventLogStorage
from orchestration.instance import open_instance
from orchestration.jobs import JOB_NAME
from orchestration.settings import Settings


def _materialized(run_id: str, name: str) -> EventLogEntry:
    event = DagsterEvent(
        event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name=JOB_NAME,
        event_specific_data=StepMaterializationData(AssetMaterialization(AssetKey([name]))),
    )
    entry: EventLogEntry = EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=10,
        user_message="",
        run_id=run_id,
        timestamp=1.0,
        job_name=JOB_NAME,
        dagster_event=event,
    )
    return entry


def _storage(folder: Path) -> PooledSqliteEventLogStorage:
    return PooledSqliteEventLogStorage(str(folder))


def _assets(storage: PooledSqliteEventLogStorage) -> set[AssetKey]:
    return set(storage.all_asset_keys())  # type: ignore[no-untyped-call]


@pytest.mark.slow
def test_events_that_come_at_once_are_those_that_come_one_by_one(tmp_path: Path) -> None:
    events = [_materialized("run", name) for name in ("a", "b", "a")]
    at_once, one_by_one = _storage(tmp_path / "at_once"), _storage(tmp_path / "one_by_one")
    at_once.store_event_batch(events)
    for event in events:
        one_by_one.store_event(event)
    for storage in (at_once, one_by_one):
        assert list(storage.get_logs_for_run("run")) == events
        assert _assets(storage) == {AssetKey(["a"]), AssetKey(["b"])}
    last = [storage.get_latest_materialization_events([AssetKey(["a"])]) for storage in (at_once, one_by_one)]
    assert last[0] == last[1]
    at_once.dispose()
    one_by_one.dispose()


def test_of_events_that_come_at_once_all_are_kept_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = _storage(tmp_path)
    prepare = storage.prepare_insert_event

    def refuse_the_second(event: EventLogEntry) -> object:
        if event.timestamp == 2.0:
            raise sqlite3.OperationalError("disk full")
        return prepare(event)

    monkeypatch.setattr(storage, "prepare_insert_event", refuse_the_second)
    first, second = _materialized("run", "a"), _materialized("run", "b")._replace(timestamp=2.0)
    with pytest.raises(sqlite3.OperationalError):
        storage.store_event_batch([first, second])
    assert not list(storage.get_logs_for_run("run"))
    assert not _assets(storage)
    storage.store_event_batch([first])
    assert list(storage.get_logs_for_run("run")) == [first]
    storage.dispose()


def test_no_commit_waits_for_the_disk_and_what_is_committed_is_seen_by_others(tmp_path: Path) -> None:
    storage = _storage(tmp_path)
    storage.store_event(_materialized("run", "a"))
    with storage.index_connection() as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 1
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
    with sqlite3.connect(tmp_path / "run.db") as other:
        assert other.execute("select count(*) from event_logs").fetchone() == (1,)
    storage.dispose()


@pytest.mark.slow
def test_while_a_home_is_open_what_a_run_plans_is_handed_over_at_once(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert isinstance(instance.event_log_storage, PooledSqliteEventLogStorage)
        assert _is_batch_writing_enabled()
    assert not _is_batch_writing_enabled()
