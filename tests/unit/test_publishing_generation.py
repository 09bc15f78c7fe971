"""A generation: what is in it, how it becomes current, what stays when something goes wrong."""

import json
import shutil
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import generation as generation_module
from orchestration.publishing.errors import PublishError
from orchestration.publishing.files import relative_files, remove_entry, sha256_of
from orchestration.publishing.generation import PublishContext, current, generations, rollback
from orchestration.publishing.history import require_current
from orchestration.publishing.manifest import FileEntry, list_files, problems_of, read_manifest
from orchestration.publishing.status import read_status
from tests.support.publishing_warehouse import AS_OF, ROWS, SEGMENT, Home, make_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def read(path: Path, query: str = "*") -> list[tuple[object, ...]]:
    return duckdb.execute(f"select {query} from read_parquet('{path}')").fetchall()


def columns_of(path: Path) -> dict[str, str]:
    rows = duckdb.execute(f"describe select * from read_parquet('{path}')").fetchall()
    return {row[0]: row[1] for row in rows}


def test_the_id_is_a_hash_of_inputs_rules_code_and_business_date() -> None:
    context = PublishContext(AS_OF, "inputs", "rules", "1.0")
    others = [
        replace(context, as_of_date=date(2026, 3, 21)),
        replace(context, inputs_hash="other"),
        replace(context, rules_hash="other"),
        replace(context, code_version="1.1"),
    ]
    assert len(context.publish_id) == 16
    assert replace(context, keep=2, threads=1).publish_id == context.publish_id
    assert len({context.publish_id, *(other.publish_id for other in others)}) == 5


@pytest.mark.slow
def test_a_generation_has_every_mart_of_the_warehouse_and_the_findings(home: Home) -> None:
    generation = home.publish()
    names = {path.stem for path in (generation.path / "identified").glob("*.parquet")}
    assert names == {*ROWS, "dq_finding"}
    assert generation.is_new
    assert generation.name == f"2026-03-20-{generation.publish_id}"
    assert require_current(home.published).path == generation.path


@pytest.mark.slow
def test_files_and_folders_are_for_their_owner_alone(home: Home) -> None:
    home.publish()
    for path in home.published.rglob("*"):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), path.name


@pytest.mark.slow
def test_a_mart_has_the_contracts_types_site_columns_and_the_publish_id_last(home: Home) -> None:
    generation = home.publish()
    columns = columns_of(generation.path / "identified" / f"{SEGMENT}.parquet")
    assert list(columns)[-3:] == ["x_mood", "x_room", "publish_id"]
    assert "site_columns" not in columns
    assert columns["segment_number"] == "INTEGER"
    assert columns["seconds"] == "BIGINT"
    assert columns["started_at"] == "TIMESTAMP"
    assert columns["service_on"] == "DATE"
    money = columns_of(generation.path / "identified" / "fct_claim_candidate.parquet")
    assert money["expected_amount_usd"] == "DECIMAL(18,2)"
    assert read(generation.path / "identified" / f"{SEGMENT}.parquet", "x_mood, x_room, publish_id") == [
        ("calm", "7", generation.publish_id),
        (None, "8", generation.publish_id),
        (None, None, generation.publish_id),
    ]


@pytest.mark.slow
def test_timestamps_are_utc_without_a_zone_in_the_type(home: Home) -> None:
    path = home.publish().path / "identified" / f"{SEGMENT}.parquet"
    schema = duckdb.execute(f"select logical_type from parquet_schema('{path}') where name = 'started_at'")
    assert "isAdjustedToUTC=0" in str(schema.fetchone())


@pytest.mark.slow
def test_one_site_column_with_two_spellings_is_one_column(tmp_path: Path) -> None:
    segments = [dict(row) for row in ROWS[SEGMENT]]
    segments[0]["site_columns"], segments[1]["site_columns"] = '{"x_Room":"7"}', '{"x_room":"8"}'
    path = make_home(tmp_path / "home", ROWS | {SEGMENT: segments}).publish().path
    assert read(path / "identified" / f"{SEGMENT}.parquet", "x_room") == [("7",), ("8",), (None,)]


@pytest.mark.slow
def test_a_site_column_with_quotes_dots_and_backslashes_in_its_name_is_read(tmp_path: Path) -> None:
    segments = [dict(row) for row in ROWS[SEGMENT]]
    segments[0]["site_columns"] = json.dumps({'x_a."b\\c': "here"})
    path = make_home(tmp_path / "home", ROWS | {SEGMENT: segments}).publish().path
    file = path / "identified" / f"{SEGMENT}.parquet"
    assert read(file, '"x_a.""b\\c"')[0] == ("here",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("alter fct_minute_segment.seconds type double", "seconds is DOUBLE, the contract says bigint"),
        ("drop fct_minute_segment.seconds", "seconds is missing"),
        ("alter fct_minute_segment.started_at type timestamptz", "started_at is TIMESTAMP WITH TIME ZONE"),
        ("add fct_minute_segment.publish_id varchar", "publish_id is added by publishing"),
        ("add fct_minute_segment.extra hugeint", "extra is HUGEINT"),
        ("alter fct_claim_candidate.expected_amount_usd type decimal(18, 4)", "the contract says decimal"),
    ],
)
def test_a_mart_that_breaks_its_contract_is_not_published(home: Home, change: str, message: str) -> None:
    before = home.publish("yesterday")
    with duckdb.connect(str(home.database)) as engine:
        verb, column, kind = f"{change} ".split(" ", 2)
        mart, name = column.split(".")
        engine.execute(f"alter table {mart} {verb} {name} {kind}")
    with pytest.raises(PublishError, match=message):
        home.publish("today")
    assert require_current(home.published).name == before.name


def test_a_value_that_does_not_fit_is_not_quoted_in_the_error(home: Home) -> None:
    with duckdb.connect(str(home.database)) as engine:
        engine.execute("alter table fct_minute_segment alter segment_number type bigint")
        engine.execute("update fct_minute_segment set segment_number = 77777777777")
    with pytest.raises(PublishError) as caught:
        home.publish()
    assert "fct_minute_segment could not be written" in str(caught.value)
    assert "77777777777" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.slow
def test_the_same_marts_give_the_same_bytes_wherever_whenever_and_with_as_many_threads(
    tmp_path: Path,
) -> None:
    rows = {mart: list(reversed(mart_rows)) for mart, mart_rows in ROWS.items()}
    one = make_home(tmp_path / "one").publish()
    two_home = make_home(tmp_path / "two", rows)
    two = generation_module.publish(
        database=two_home.database,
        dq_finding=two_home.dq_finding,
        published=two_home.published,
        lake=two_home.lake,
        context=PublishContext(AS_OF, "one", "rules", "1.0", threads=1),
    )
    assert one.name == two.name
    assert relative_files(one.path) == relative_files(two.path)
    for name in relative_files(one.path):
        if name != "bi.duckdb":
            assert sha256_of(one.path / name) == sha256_of(two.path / name), name


@pytest.mark.slow
def test_the_manifest_says_what_went_in_and_what_came_out(home: Home) -> None:
    generation = home.publish()
    manifest = read_manifest(generation.path)
    assert manifest.publish_id == generation.publish_id
    assert manifest.as_of_date == AS_OF
    assert (manifest.inputs_sha256, manifest.rules_sha256, manifest.code_version) == ("one", "rules", "1.0")
    assert manifest.inputs["patient"].files == 1
    assert manifest.rule_versions == ["medicare-2026-01"]
    assert manifest.gates == {"marts": {"passed": 1}, "raw": {"failed": 1}}
    assert "fct_metric_value" in manifest.absent_marts
    listed = set(relative_files(generation.path)) - {"manifest.json", "bi.duckdb"}
    assert set(manifest.files) == listed
    segment = manifest.files[f"identified/{SEGMENT}.parquet"]
    assert segment.rows == 3
    assert segment.sha256 == sha256_of(generation.path / "identified" / f"{SEGMENT}.parquet")
    assert str(home.root) not in (generation.path / "manifest.json").read_text()


@pytest.mark.slow
def test_shared_marts_have_the_contracts_columns_alone(home: Home) -> None:
    generation = home.publish()
    assert {path.stem for path in (generation.path / "shared").iterdir()} == {
        "dim_team",
        "dq_finding",
        "dq_feed_delivery",
        "dq_quarantine",
    }
    assert "billing_tin" in columns_of(generation.path / "identified" / "dim_team.parquet")
    assert "billing_tin" not in columns_of(generation.path / "shared" / "dim_team.parquet")


@pytest.mark.slow
def test_publishing_the_same_again_writes_no_file(home: Home) -> None:
    first = home.publish()
    times = {name: (first.path / name).stat().st_mtime_ns for name in relative_files(first.path)}
    second = home.publish()
    assert not second.is_new
    assert second.path == first.path
    assert times == {name: (first.path / name).stat().st_mtime_ns for name in relative_files(first.path)}


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["torn", "missing", "changed", "foreign", "torn_manifest", "no_manifest"])
def test_a_damaged_generation_is_made_again_beside_it(home: Home, damage: str) -> None:
    first = home.publish()
    file = first.path / "identified" / f"{SEGMENT}.parquet"
    manifest = first.path / "manifest.json"
    if damage == "torn":
        file.write_bytes(file.read_bytes()[:-20])
    elif damage == "missing":
        file.unlink()
    elif damage == "changed":
        file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
    elif damage == "foreign":
        (first.path / "identified" / "note.txt").write_text("left here")
    elif damage == "torn_manifest":
        manifest.write_text(manifest.read_text()[:-40])
    else:
        manifest.unlink()
    assert problems_of(first.path)
    again = home.publish()
    assert again.is_new
    assert again.name == f"{first.name}-r1"
    assert problems_of(again.path) == []
    assert require_current(home.published).name == again.name
    assert not home.publish().is_new


@pytest.mark.slow
def test_a_file_that_changes_before_the_flip_is_noticed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = home.publish("yesterday")

    def list_then_damage(engine: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, FileEntry]:
        entries = list_files(engine, folder)
        (folder / "identified" / "dim_team.parquet").write_bytes(b"half")
        return entries

    monkeypatch.setattr(generation_module, "list_files", list_then_damage)
    with pytest.raises(PublishError, match="dim_team"):
        home.publish("today")
    assert require_current(home.published).name == before.name
    assert [one.name for one in generations(home.published)] == [before.name]


@pytest.mark.slow
def test_fourteen_generations_are_kept_and_never_the_current_one_removed(home: Home) -> None:
    names = [home.publish(f"night {night}", keep=3).name for night in range(4)]
    assert [one.name for one in generations(home.published)] == names[-3:]
    rollback(home.published)
    rollback(home.published)
    assert require_current(home.published).name == names[1]
    home.publish("night 9", keep=1)
    assert [one.name for one in generations(home.published)] == [require_current(home.published).name]
    assert PublishContext(AS_OF, "", "", "").keep == 14


@pytest.mark.slow
def test_rollback_goes_back_one_by_one_and_says_so(home: Home) -> None:
    first, second, third = (home.publish(night).name for night in ("one", "two", "three"))
    assert rollback(home.published).name == second
    status = read_status(home.published)
    assert (status.state, status.rolled_back_from, status.stale_since) == ("rolled_back", third, AS_OF)
    assert rollback(home.published).name == first
    with pytest.raises(PublishError, match=f"no whole generation before the current one.*{first} stays"):
        rollback(home.published)
    assert require_current(home.published).name == first


@pytest.mark.slow
def test_after_a_rollback_the_next_night_leaves_out_what_was_rolled_back_from(home: Home) -> None:
    first, second = (home.publish(night).name for night in ("one", "two"))
    rollback(home.published)
    home.publish("three")
    assert rollback(home.published).name == first
    assert second in [one.name for one in generations(home.published)]


@pytest.mark.slow
def test_rollback_passes_over_a_damaged_generation(home: Home) -> None:
    first, second, _ = (home.publish(night) for night in ("one", "two", "three"))
    (second.path / "identified" / "dim_team.parquet").unlink()
    assert rollback(home.published).name == first.name


@pytest.mark.slow
def test_rollback_to_a_named_generation(home: Home) -> None:
    first, _, third = (home.publish(night).name for night in ("one", "two", "three"))
    assert rollback(home.published, to=first).name == first
    assert rollback(home.published, to=third).name == third
    with pytest.raises(PublishError, match="no whole generation named nothing"):
        rollback(home.published, to="nothing")


@pytest.mark.slow
def test_going_forward_again_to_the_last_generation_is_no_rollback(home: Home) -> None:
    first, last = (home.publish(night).name for night in ("one", "two"))
    rollback(home.published)
    rollback(home.published, to=last)
    status = read_status(home.published)
    assert (status.state, status.rolled_back_from, status.stale_since) == ("published", None, None)
    rollback(home.published, to=last)
    assert read_status(home.published).state == "published"
    rollback(home.published, to=first)
    assert read_status(home.published).rolled_back_from == last


@pytest.mark.slow
def test_rollback_needs_no_history_file(home: Home) -> None:
    first, second = home.publish("one"), home.publish("two", as_of=date(2026, 3, 21))
    (home.published / "history.json").write_text("torn")
    assert require_current(home.published).name == second.name
    assert rollback(home.published).name == first.name


@pytest.mark.slow
def test_rollback_finds_the_last_whole_generation_where_the_current_one_is_gone(home: Home) -> None:
    first, second, third = (home.publish(inputs=str(number)) for number in range(3))
    shutil.rmtree(third.path)
    (second.path / "manifest.json").write_text("{")
    assert rollback(home.published).name == first.name
    assert read_status(home.published).rolled_back_from == "a generation that is gone"
    shutil.rmtree(first.path)
    with pytest.raises(PublishError, match=r"no whole generation .*run `warmhandoff nightly`"):
        rollback(home.published)


def test_rollback_before_anything_is_published_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nothing is published"):
        rollback(tmp_path / "published")
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_an_older_business_date_published_later_is_current_and_can_be_rolled_back(home: Home) -> None:
    newer = home.publish("one")
    older = home.publish("two", as_of=date(2026, 2, 1))
    assert require_current(home.published).name == older.name
    assert rollback(home.published).name == newer.name


@pytest.mark.slow
def test_a_current_that_is_no_link_is_a_clear_error(home: Home) -> None:
    home.publish()
    (home.published / "current").unlink()
    (home.published / "current").mkdir()
    with pytest.raises(PublishError, match="must be a link"):
        home.publish("two")


def test_missing_findings_or_inputs_are_clear_errors(home: Home) -> None:
    feed_file = home.lake / "reference" / "feed_file.parquet"
    aside = feed_file.rename(home.root / "aside")
    with pytest.raises(PublishError, match="feed_file"):
        home.publish()
    aside.rename(feed_file)
    home.dq_finding.unlink()
    with pytest.raises(PublishError, match="run the gates"):
        home.publish()
    assert current(home.published) is None
    assert not [path for path in home.published.iterdir() if path.name.startswith(".building")]


@pytest.mark.slow
def test_progress_counts_to_its_end(home: Home) -> None:
    steps: list[tuple[str, int, int]] = []
    generation_module.publish(
        database=home.database,
        dq_finding=home.dq_finding,
        published=home.published,
        lake=home.lake,
        context=PublishContext(AS_OF, "one", "rules", "1.0"),
        progress=lambda *step: steps.append(step),
    )
    assert [step for _, step, _ in steps] == list(range(1, len(steps) + 1))
    assert {total for _, _, total in steps} == {len(steps)}


@pytest.mark.slow
def test_leftovers_of_a_killed_night_are_removed(home: Home) -> None:
    home.publish()
    for name in (".building-2026-03-21-abc", ".removing-2026-01-01-abc"):
        (home.published / name / "identified").mkdir(parents=True)
        (home.published / name / "identified" / "half.parquet").write_text("half")
    (home.published / ".current.aside").symlink_to("nowhere")
    (home.published / ".status.json.aside").write_text("{")
    (home.published / ".bi.duckdb.aside.wal").write_text("half")
    (home.published / "current" / ".bi.duckdb.aside.wal").write_text("half")
    home.publish()
    assert not (home.published / "current" / ".bi.duckdb.aside.wal").exists()
    assert sorted(path.name for path in home.published.iterdir()) == [
        ".lock",
        require_current(home.published).name,
        "bi.duckdb",
        "current",
        "history.json",
        "status.json",
    ]


@pytest.mark.slow
def test_a_whole_generation_that_was_never_shown_is_shown_without_writing_it_again(home: Home) -> None:
    home.publish("one")
    second = home.publish("two")
    rollback(home.published)
    remove_entry(second.path / "bi.duckdb")
    again = home.publish("two")
    assert not again.is_new
    assert require_current(home.published).name == second.name
    assert (second.path / "bi.duckdb").is_file()
