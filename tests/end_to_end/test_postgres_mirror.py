"""The Postgres mirror against a real server: what is in it, who reads it, and who goes on reading."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from pydantic import SecretStr

from orchestration.mirror import mirror_generation
from orchestration.publishing.errors import PublishError
from orchestration.publishing.postgres import READER, SCHEMA, Mirrored, TableText, mirror
from orchestration.settings import Settings
from orchestration.transform import manifest_file
from tests.support.postgres_server import postgres_server
from tests.support.publishing_warehouse import ROWS, SEGMENT, Home, make_home

pytestmark = pytest.mark.debian

SWAPS = 50
LONGEST_WAIT_SECONDS = 1.0


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection that commits each statement and is closed at the end."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a running server."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """The URL of a database of its own."""
    with connected(server) as admin, admin.cursor() as cursor:
        cursor.execute("drop database if exists mirror with (force)")
        cursor.execute("create database mirror")
    yield server.rpartition("/")[0] + "/mirror"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_every_mart_is_there_with_its_rows_key_and_comments(url: str, home: Home) -> None:
    generation = home.publish()
    texts = {"dim_patient": TableText("A patient's row.", {"mrn": "The clinic's number."})}
    done = mirror(generation, url, texts=texts)
    files = {path.stem for path in (generation.path / "identified").glob("*.parquet")}
    assert done == Mirrored(len(files), sum(len(rows) for rows in ROWS.values()) + findings(url), ())
    tables = ask(url, f"select tablename from pg_tables where schemaname = '{SCHEMA}'")
    assert {str(name) for (name,) in tables} == files | {"_mirror"}
    patients = ask(url, f"select patient_id, given_name, publish_id from {SCHEMA}.dim_patient order by 1")
    assert patients[1] == ("p2", 'B"o, jr', generation.publish_id)
    seconds = ask(url, f"select entry_id, sum(seconds) from {SCHEMA}.{SEGMENT} group by 1 order by 1")
    assert [(entry, int(str(total))) for entry, total in seconds] == [("a1", 2400), ("a2", 1200)]
    amounts = ask(url, f"select expected_amount_usd from {SCHEMA}.fct_claim_candidate order by 1")
    assert str(amounts[0][0]) == "145.67"
    keys = ask(url, f"select count(*) from pg_indexes where schemaname = '{SCHEMA}'")
    assert keys == [(len(files) + 1,)]
    said = ask(
        url,
        f"""
        select obj_description('{SCHEMA}.dim_patient'::regclass), col_description(attrelid, attnum)
        from pg_attribute where attrelid = '{SCHEMA}.dim_patient'::regclass and attname = 'mrn'
        """,
    )
    assert said == [("A patient's row.", "The clinic's number.")]


def findings(url: str) -> int:
    return int(str(ask(url, f"select count(*) from {SCHEMA}.dq_finding")[0][0]))


def test_the_reader_may_read_and_nothing_else(url: str, home: Home) -> None:
    mirror(home.publish(), url)
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"set role {READER}")
        cursor.execute(f"select count(*) from {SCHEMA}.dim_patient")
        assert cursor.fetchone() == (len(ROWS["dim_patient"]),)
        for forbidden in (
            f"delete from {SCHEMA}.dim_patient",
            f"create table {SCHEMA}.own (id integer)",
            f"drop table {SCHEMA}.dim_patient",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(forbidden)


def test_the_same_generation_is_not_loaded_again(url: str, home: Home) -> None:
    generation = home.publish()
    mirror(generation, url)
    before = ask(url, f"select '{SCHEMA}.dim_patient'::regclass::oid")
    mirror(generation, url)
    assert ask(url, f"select '{SCHEMA}.dim_patient'::regclass::oid") == before


def test_a_reader_who_holds_the_old_tables_keeps_them_until_done(url: str, home: Home) -> None:
    first = home.publish("first")
    mirror(first, url)
    slow = psycopg2.connect(url)
    with slow.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read")
        cursor.execute(f"select publish_id from {SCHEMA}.dim_team")
        assert cursor.fetchone() == (first.publish_id,)
        second = home.publish("second")
        done = mirror(second, url)
        assert len(done.still_held) == 1
        assert ask(url, f"select distinct publish_id from {SCHEMA}.dim_team") == [(second.publish_id,)]
        cursor.execute(f"select publish_id from {done.still_held[0]}.dim_team")
        assert cursor.fetchone() == (first.publish_id,)
    slow.close()
    assert mirror(second, url).still_held == ()


def test_a_reader_beside_many_publications_never_waits_nor_sees_two_of_them(url: str, home: Home) -> None:
    mirror(home.publish("0"), url)
    faults: list[str] = []
    waits: list[float] = []
    stop = threading.Event()
    query = f"""
        select count(distinct publish_id), count(distinct mart) from (
            select 'a' as mart, publish_id from {SCHEMA}.dim_patient
            union all select 'b', publish_id from {SCHEMA}.{SEGMENT}
            union all select 'c', publish_id from {SCHEMA}.dq_finding
        ) as read
        """

    def read() -> None:
        with connected(url) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                begun = time.monotonic()
                try:
                    cursor.execute(query)
                    if cursor.fetchone() != (1, 3):
                        faults.append("two publications at once")
                except psycopg2.Error as error:
                    faults.append(repr(error))
                waits.append(time.monotonic() - begun)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for night in range(1, SWAPS + 1):
            mirror(home.publish(f"{night}"), url)
    finally:
        stop.set()
        reader.join()
    assert faults == []
    assert len(waits) > SWAPS
    assert max(waits) < LONGEST_WAIT_SECONDS


def test_a_refused_mirror_says_why_without_the_address_and_keeps_what_was(url: str, home: Home) -> None:
    first = home.publish("first")
    mirror(first, url)
    with pytest.raises(PublishError) as told:
        mirror(home.publish("second"), url.replace("postgres@", "nobody:secret@"))
    assert "connecting" in str(told.value)
    assert "secret" not in str(told.value)
    assert ask(url, f"select distinct publish_id from {SCHEMA}.dim_team") == [(first.publish_id,)]


def test_a_site_that_names_a_database_has_its_marts_there(url: str, home: Home) -> None:
    described = {
        "resource_type": "model",
        "name": "dim_team",
        "description": "Grain is team.",
        "columns": {"team_name": {"description": "The name."}},
    }
    settings = Settings(landing=home.root, home=home.root, postgres_url=SecretStr(url))
    settings.dbt_target.mkdir(parents=True)
    manifest_file(settings).write_text(json.dumps({"nodes": {"a": described}}), encoding="utf-8")
    generation = home.publish()
    assert mirror_generation(settings, generation).endswith("tables in Postgres")
    said = ask(url, f"select obj_description('{SCHEMA}.dim_team'::regclass)")
    assert said == [("Grain is team.",)]
    without = settings.model_copy(update={"postgres_url": None})
    assert mirror_generation(without, generation) == ""
