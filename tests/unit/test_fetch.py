"""The bulk client: signing in, waiting, going on after a break, and landing an export whole or not at all."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestration import cli
from orchestration.doctor import look
from orchestration.feeds.landing import scan
from orchestration.fetch import Fetched, Request
from orchestration.fetch_client import FetchError
from orchestration.fetch_run import fetch_export
from orchestration.fetch_settings import FhirAccess
from orchestration.settings import load_settings
from tests.support.bulk_server import CLIENT, BulkServer, running

CANARY = "Zzyzx-Canary"
PATIENTS = [{"resourceType": "Patient", "id": f"p{n}", "name": [{"family": CANARY}]} for n in range(3)]
VISIT = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "subject": {"reference": "Patient/p1"},
}
DELETED = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [{"request": {"method": "DELETE", "url": "Patient/p9"}}],
}
PROBLEM = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "processing", "diagnostics": f"could not export {CANARY}"},
        {"severity": "information", "code": "informational"},
    ],
}
Fetch = Callable[..., Fetched]


@pytest.fixture
def server() -> Iterator[BulkServer]:
    """A server with three patients and a visit in two files."""
    with running(BulkServer({"output": [("Patient", PATIENTS), ("Encounter", [VISIT])]})) as site:
        yield site


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were waited, which take no time here."""
    return []


@pytest.fixture
def fetch(server: BulkServer, waits: list[float], tmp_path: Path) -> Fetch:
    """A function that fetches, with the fields of a request that are not the usual ones."""

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def call(access: FhirAccess | None = None, **asked: Any) -> Fetched:
        access = access or FhirAccess(client_id=CLIENT, key=SecretStr(server.private_key))
        request = Request(**{"server": server.url, "types": ("Patient", "Encounter"), **asked})
        return fetch_export(
            request,
            tmp_path / "landing",
            access,
            zone="America/New_York",
            progress=lambda *_: None,
            sleep=sleep,
        )

    return call


def _landed(tmp_path: Path) -> dict[str, int]:
    """Type and date of each landed file, with its lines."""
    return {
        f"{file.delivered_on} {file.path.name.partition('.')[0]}": len(file.path.read_text().splitlines())
        for file in scan(tmp_path / "landing").files
    }


WHOLE = {"2026-06-29 Encounter": 1, "2026-06-29 Patient": 3}


def test_an_export_is_landed_under_the_local_date_of_the_server_and_can_be_read(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    found = fetch()
    assert (found.files, found.rows, found.problems) == (2, 4, {})
    assert str(found.delivered_on) == "2026-06-29"
    assert _landed(tmp_path) == WHOLE
    (asked,) = server.kickoffs()
    assert asked == {"_type": ["Patient,Encounter"], "_outputFormat": ["application/fhir+ndjson"]}
    assert server.count("DELETE", "/status/1") == 1
    read = {(part.feed, part.rows_accepted) for part in look(tmp_path / "landing").delivered}
    assert ("patient", 3) in read
    assert not any(path.stat().st_mode & 0o077 for path in (tmp_path / "landing").rglob("*.ndjson"))


def test_the_next_export_asks_for_what_has_changed_since(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    fetch()
    server.transaction_time = "2026-07-01T15:00:00Z"
    server.files["output"] = [("Patient", PATIENTS[:1])]
    server.files["deleted"] = [("Bundle", [DELETED])]
    fetch()
    fetch(is_full=True)
    fetch(since=datetime(2026, 1, 1, tzinfo=UTC))
    since = [asked.get("_since") for asked in server.kickoffs()]
    assert since == [None, ["2026-06-30T03:00:00+00:00"], None, ["2026-01-01T00:00:00+00:00"]]
    assert _landed(tmp_path) == {**WHOLE, "2026-07-01 Bundle": 1, "2026-07-01 Patient": 1}


def test_another_group_is_another_export(fetch: Fetch, server: BulkServer) -> None:
    fetch()
    fetch(group="g1")
    assert server.kickoffs()[1].get("_since") is None
    assert server.count("GET", "/Group/g1/$export") == 1


def test_nothing_new_lands_nothing(fetch: Fetch, server: BulkServer, tmp_path: Path) -> None:
    server.files["output"] = [("Patient", [])]
    assert fetch().delivered_on is None
    assert _landed(tmp_path) == {}


@pytest.mark.parametrize("kind", ["kickoff", "status", "page", "file"])
def test_a_busy_server_is_given_the_time_that_it_asks_for(
    fetch: Fetch, server: BulkServer, waits: list[float], tmp_path: Path, kind: str
) -> None:
    server.page_size = 1
    server.busy[kind] = 2
    server.retry_after = "4000"
    fetch()
    assert waits == [4000.0, 4000.0, 4000.0]
    assert _landed(tmp_path) == WHOLE


def test_a_token_that_expires_on_the_way_is_asked_for_anew(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.token_uses = 2
    fetch()
    assert len(server.tokens) > 1
    assert _landed(tmp_path) == WHOLE


def test_files_that_need_no_token_get_none(fetch: Fetch, server: BulkServer) -> None:
    fetch()
    assert all(has_token for _, has_token in server.with_token)
    server.with_token.clear()
    server.open_files = True
    fetch()
    assert server.with_token
    assert not any(has_token for _, has_token in server.with_token)


def test_a_server_that_is_too_busy_to_sign_in_is_asked_again(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.busy["token"], server.retry_after = 4, "0"
    fetch()
    assert _landed(tmp_path) == WHOLE
    server.busy["token"] = 100
    with pytest.raises(FetchError, match=r"answers 429 \(POST\)"):
        fetch()


def test_a_server_that_is_not_there_is_not_blamed_on_the_key(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def now(_: float) -> None:
        return

    monkeypatch.setattr("asyncio.sleep", now)
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(server="http://127.0.0.1:1")


def test_a_server_too_busy_to_be_thanked_keeps_nobody_waiting(
    fetch: Fetch, server: BulkServer, waits: list[float]
) -> None:
    server.busy["delete"], server.polls = 1, 0
    fetch()
    assert waits == []


def test_a_server_without_some_types_is_told_apart(fetch: Fetch, server: BulkServer) -> None:
    server.refused = 400
    with pytest.raises(FetchError, match="Name those that it has with --types"):
        fetch()


@pytest.mark.parametrize("packed", [False, True])
def test_a_download_goes_on_where_it_broke_off(
    fetch: Fetch, server: BulkServer, tmp_path: Path, packed: bool
) -> None:
    server.ranges, server.packed, server.cut = True, packed, 2
    fetch()
    first, second, third, whole = server.parts
    assert (first, whole) == (None, None)
    assert 0 < int(str(second)[6:-1]) < int(str(third)[6:-1])
    assert _landed(tmp_path) == WHOLE
    (landed,) = (tmp_path / "landing").rglob("Patient*.ndjson")
    assert [json.loads(line) for line in landed.read_text().splitlines()] == PATIENTS


def test_the_next_run_goes_on_in_the_middle_of_a_file(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.ranges, server.cut = True, 6
    with pytest.raises(FetchError, match="breaks off"):
        fetch()
    assert _landed(tmp_path) == {}
    begun = len(server.parts)
    fetch()
    assert server.parts[begun] not in (None, "bytes=0-")
    assert server.exports == 1
    assert _landed(tmp_path) == WHOLE


@pytest.mark.parametrize("change", ["version", "ranges"])
def test_a_file_that_is_another_one_meanwhile_is_read_from_its_start(
    fetch: Fetch, server: BulkServer, tmp_path: Path, change: str
) -> None:
    server.ranges, server.cut = True, 6
    with pytest.raises(FetchError, match="breaks off"):
        fetch()
    server.files["output"][0] = ("Patient", PATIENTS[::-1])
    setattr(server, change, {"version": '"v2"', "ranges": False}[change])
    fetch()
    (landed,) = (tmp_path / "landing").rglob("Patient*.ndjson")
    assert [json.loads(line) for line in landed.read_text().splitlines()] == PATIENTS[::-1]


def test_a_packed_file_that_is_damaged_lands_nothing(
    fetch: Fetch, server: BulkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.packed = True
    monkeypatch.setattr("gzip.compress", lambda content, mtime: b"\x1f\x8b" + content)
    with pytest.raises(FetchError, match="is damaged"):
        fetch()
    assert _landed(tmp_path) == {}


def test_a_list_of_several_pages_is_read_to_its_end(fetch: Fetch, server: BulkServer, tmp_path: Path) -> None:
    server.page_size = 1
    server.files["deleted"] = [("Bundle", [DELETED])]
    assert fetch().files == 3
    assert _landed(tmp_path) == {**WHOLE, "2026-06-29 Bundle": 1}


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ({"link": [{"relation": "next", "url": "https://elsewhere.invalid/list"}]}, "do not end"),
        ({"link": [{"relation": "next", "url": "{self}"}]}, "do not end"),
        ({"transactionTime": "2026-06-30T04:00:00Z"}, "of two exports"),
        ({"transactionTime": None}, "list of files is none"),
    ],
)
def test_pages_that_do_not_belong_together_land_nothing(
    fetch: Fetch,
    server: BulkServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: dict[str, Any],
    told: str,
) -> None:
    server.page_size = 1
    usual = BulkServer.manifest

    def odd(site: BulkServer, export: str, number: int = 0) -> dict[str, Any]:
        text = json.dumps(page).replace("{self}", f"{site.url}/pages/{export}/{number}")
        return {**usual(site, export, number), **(json.loads(text) if number else {})}

    monkeypatch.setattr(BulkServer, "manifest", odd)
    with pytest.raises(FetchError, match=told):
        fetch()
    assert _landed(tmp_path) == {}


@pytest.mark.parametrize(("broken", "cut"), [(2, 0), (0, 1)])
def test_a_file_that_fails_is_asked_for_again(
    fetch: Fetch, server: BulkServer, tmp_path: Path, broken: int, cut: int
) -> None:
    server.broken, server.cut = broken, cut
    fetch()
    assert _landed(tmp_path) == WHOLE


def test_a_count_that_does_not_hold_lands_nothing(fetch: Fetch, server: BulkServer, tmp_path: Path) -> None:
    server.wrong_in = {0, 1}
    with pytest.raises(FetchError, match="has 3 resources where the server counted 4"):
        fetch()
    assert _landed(tmp_path) == {}
    server.wrong_in = set()
    fetch()
    assert _landed(tmp_path) == WHOLE
    assert server.exports == 1


def test_a_run_that_was_cut_off_goes_on_without_what_it_has(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.wrong_in = {1}
    with pytest.raises(FetchError, match="Encounter"):
        fetch()
    server.wrong_in = set()
    fetch()
    assert server.count("GET", "/files/1/output/0") == 1
    assert server.exports == 1
    assert _landed(tmp_path) == WHOLE


def test_an_export_that_the_server_dropped_is_asked_for_anew(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.wrong_in = {0, 1}
    with pytest.raises(FetchError):
        fetch()
    server.wrong_in = set()
    server.gone.add("/status/1")
    fetch()
    assert server.exports == 2
    assert _landed(tmp_path) == WHOLE


def test_files_that_expire_on_the_way_are_no_export_and_the_next_run_starts_anew(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.gone.add("/files/1/output/1")
    with pytest.raises(FetchError, match="no such export any more"):
        fetch()
    assert _landed(tmp_path) == {}
    fetch()
    assert server.exports == 2
    assert _landed(tmp_path) == WHOLE


def test_what_the_server_could_not_export_is_asked_for_again(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.files["error"] = [("OperationOutcome", [PROBLEM])]
    found = fetch()
    assert found.problems == {"error processing": 1}
    assert _landed(tmp_path) == WHOLE
    del server.files["error"]
    fetch()
    assert server.kickoffs()[1].get("_since") is None


def test_a_client_whose_key_the_server_does_not_know_is_told_so(fetch: Fetch, server: BulkServer) -> None:
    known, server.key = server.key, BulkServer({}).key
    theirs = server.private_key
    server.key = known
    access = FhirAccess(client_id=CLIENT, key=SecretStr(theirs))
    with pytest.raises(FetchError, match="did not sign this client in") as told:
        fetch(access=access)
    assert theirs not in str(told.value)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """A function that runs the command and returns its exit code and all that it said."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["warmhandoff", "fetch", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return call


def test_the_command_takes_its_secrets_from_the_environment_and_tells_no_value(
    server: BulkServer, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key_file = tmp_path / "key.json"
    key_file.write_text(server.private_key)
    monkeypatch.setenv("WARMHANDOFF_FHIR_CLIENT_ID", CLIENT)
    monkeypatch.setenv("WARMHANDOFF_FHIR_KEY_FILE", str(key_file))
    server.retry_after = "0"
    server.files["error"] = [("OperationOutcome", [PROBLEM])]
    code, told = run("--server", server.url, "--landing", tmp_path / "landing")
    assert code == 1
    assert "4 resources in 2 files: landed as of 2026-06-30" in told
    assert "could not export everything: 1 error processing" in told
    assert CANARY not in told
    assert json.loads(server.private_key)["keys"][0]["d"] not in told
    assert load_settings(landing=tmp_path, home=tmp_path)
    del server.files["error"]
    assert run("--server", server.url, "--landing", tmp_path / "landing")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--server", "http://fhir.invalid/r4"),
        ("--server", "https://fhir.invalid:70000/r4"),
        ("--server", "https:///r4"),
        ("--server", "https://fhir.invalid/r4", "--types", "Patient;Encounter"),
        ("--server", "https://fhir.invalid/r4", "--group", "a/b"),
    ],
)
def test_wrong_use_is_told_apart(
    run: Callable[..., tuple[int, str]], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert run(*arguments, "--landing", tmp_path)[0] == 2


def test_a_key_without_a_client_is_wrong_use(
    run: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARMHANDOFF_FHIR_CLIENT_ID", CLIENT)
    code, told = run("--server", "https://fhir.invalid/r4", "--landing", tmp_path)
    assert (code, "one is missing" in told) == (2, True)
