"""The bulk client: signing in, waiting, going on after a break, and landing an export whole or not at all."""

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from jwcrypto import jwk
from pydantic import SecretStr

from orchestration import cli
from orchestration.doctor import look
from orchestration.feeds.landing import scan
from orchestration.fetch import Fetched, Progress, Request
from orchestration.fetch_client import FetchError
from orchestration.fetch_run import fetch_export
from orchestration.fetch_settings import FhirAccess
from orchestration.settings import ConfigurationError, load_settings
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

    def call(access: FhirAccess | None = None, progress: Progress = lambda *_: None, **asked: Any) -> Fetched:
        access = access or FhirAccess(client_id=CLIENT, key=SecretStr(server.private_key))
        request = Request(**{"server": server.url, "types": ("Patient", "Encounter"), **asked})
        return fetch_export(
            request,
            tmp_path / "landing",
            access,
            zone="America/New_York",
            progress=progress,
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_another_group_is_another_export(fetch: Fetch, server: BulkServer) -> None:
    fetch()
    fetch(group="g1")
    assert server.kickoffs()[1].get("_since") is None
    assert server.count("GET", "/Group/g1/$export") == 1


def test_nothing_new_lands_nothing(fetch: Fetch, server: BulkServer, tmp_path: Path) -> None:
    server.files["output"] = [("Patient", [])]
    assert fetch().delivered_on is None
    assert _landed(tmp_path) == {}


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_token_that_expires_on_the_way_is_asked_for_anew(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.token_uses = 2
    fetch()
    assert len(server.tokens) > 1
    assert _landed(tmp_path) == WHOLE


@pytest.mark.slow
def test_files_that_need_no_token_get_none(fetch: Fetch, server: BulkServer) -> None:
    fetch()
    assert all(has_token for _, has_token in server.with_token)
    server.with_token.clear()
    server.open_files = True
    fetch()
    assert server.with_token
    assert not any(has_token for _, has_token in server.with_token)


@pytest.mark.slow
def test_a_server_that_is_too_busy_to_sign_in_is_asked_again(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.busy["token"], server.retry_after = 4, "0"
    fetch()
    assert _landed(tmp_path) == WHOLE
    server.busy["token"] = 100
    with pytest.raises(FetchError, match=r"answers 429 \(processing\) to POST"):
        fetch()


@pytest.mark.slow
def test_a_server_that_is_not_there_is_not_blamed_on_the_key(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def now(_: float) -> None:
        return

    monkeypatch.setattr("asyncio.sleep", now)
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(server="http://127.0.0.1:1")


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_packed_file_that_is_damaged_lands_nothing(
    fetch: Fetch, server: BulkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.packed = True
    monkeypatch.setattr("gzip.compress", lambda content, mtime: b"\x1f\x8b" + content)
    with pytest.raises(FetchError, match="is damaged"):
        fetch()
    assert _landed(tmp_path) == {}


@pytest.mark.slow
def test_a_list_of_several_pages_is_read_to_its_end(fetch: Fetch, server: BulkServer, tmp_path: Path) -> None:
    server.page_size = 1
    server.files["deleted"] = [("Bundle", [DELETED])]
    assert fetch().files == 3
    assert _landed(tmp_path) == {**WHOLE, "2026-06-29 Bundle": 1}


@pytest.mark.parametrize(
    ("place", "asked"), [("status/", "/Patient/status/1"), ("/fhir/status/", "/fhir/status/1")]
)
def test_the_status_is_where_the_start_of_the_export_says(
    fetch: Fetch, server: BulkServer, place: str, asked: str
) -> None:
    server.place = place
    assert fetch().files == 2
    assert server.count("GET", asked) == 2


def test_what_a_list_leaves_empty_or_says_from_where_it_stands_is_read(
    fetch: Fetch, server: BulkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = BulkServer.manifest

    def odd(site: BulkServer, export: str, number: int = 0) -> dict[str, Any]:
        files = usual(site, export, number)["output"]
        output = [{**one, "url": one["url"].removeprefix(site.url), "count": None} for one in files]
        nothing = dict.fromkeys(("error", "deleted", "link", "requiresAccessToken"))
        return {**usual(site, export, number), "output": output, **nothing}

    monkeypatch.setattr(BulkServer, "manifest", odd)
    assert fetch().rows == 4
    assert _landed(tmp_path) == WHOLE
    assert all(has_token for _, has_token in server.with_token)


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


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "cut"), [(2, 0), (0, 1)])
def test_a_file_that_fails_is_asked_for_again(
    fetch: Fetch, server: BulkServer, tmp_path: Path, broken: int, cut: int
) -> None:
    server.broken, server.cut = broken, cut
    fetch()
    assert _landed(tmp_path) == WHOLE


@pytest.mark.slow
def test_a_count_that_does_not_hold_lands_nothing(fetch: Fetch, server: BulkServer, tmp_path: Path) -> None:
    server.wrong_in = {0, 1}
    with pytest.raises(FetchError, match="has 3 resources where the server counted 4"):
        fetch()
    assert _landed(tmp_path) == {}
    server.wrong_in = set()
    fetch()
    assert _landed(tmp_path) == WHOLE
    assert server.exports == 1


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "told"),
    [(404, "no such export any more"), (410, "no such export any more"), (403, "answers 403")],
)
def test_files_that_expire_on_the_way_are_no_export_and_the_next_run_starts_anew(
    fetch: Fetch, server: BulkServer, tmp_path: Path, status: int, told: str
) -> None:
    server.failing["/files/1/output/1"] = status
    with pytest.raises(FetchError, match=told):
        fetch()
    assert _landed(tmp_path) == {}
    fetch()
    assert server.exports == 2
    assert _landed(tmp_path) == WHOLE


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (format_datetime(datetime(2000, 1, 1, tzinfo=UTC), usegmt=True), 0.1),
        ("Sat, 01 Jan 2000 00:00:00 -0000", 5),
        ("-3", 0.1),
        ("0", 0.1),
        ("soon", 5),
    ],
)
def test_a_server_that_asks_for_no_pause_or_a_strange_one_is_left_in_peace(
    fetch: Fetch, server: BulkServer, waits: list[float], asked: str, seconds: float
) -> None:
    server.retry_after = asked
    fetch()
    assert waits == [seconds]


def test_a_pause_until_a_date_is_kept_to(fetch: Fetch, server: BulkServer, waits: list[float]) -> None:
    server.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    fetch()
    assert 80 < waits[0] <= 90


@pytest.mark.slow
def test_everything_that_a_server_has_is_another_export(fetch: Fetch, server: BulkServer) -> None:
    fetch()
    fetch(is_system=True)
    assert [path.partition("?")[0] for _, path in server.asked if "$export" in path] == [
        "/Patient/$export",
        "/$export",
    ]
    assert server.kickoffs()[1].get("_since") is None


@pytest.mark.slow
def test_a_later_time_that_was_asked_for_leaves_nothing_out_of_the_next_export(
    fetch: Fetch, server: BulkServer
) -> None:
    fetch()
    server.transaction_time = "2026-07-03T03:00:00.000Z"
    fetch(since=datetime(2026, 7, 2, tzinfo=UTC))
    fetch()
    assert server.kickoffs()[2]["_since"] == ["2026-06-30T03:00:00+00:00"]
    fetch(since=datetime(2026, 6, 1, tzinfo=UTC))
    fetch()
    assert server.kickoffs()[4]["_since"] == ["2026-07-03T03:00:00+00:00"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "starts no export: check --server and --group"),
        (403, r"answers 403 \(processing\) to GET; this client may not read that"),
        (409, "ask the server's operators"),
        (500, "run again to go on from here"),
    ],
)
def test_an_export_that_is_not_started_says_why_and_no_word_of_the_servers(
    fetch: Fetch, server: BulkServer, status: int, told: str
) -> None:
    server.failing["/Patient/$export"] = status
    with pytest.raises(FetchError, match=told) as error:
        fetch()
    assert CANARY not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 500])
def test_an_export_that_failed_at_the_server_is_started_anew_by_the_next_run(
    fetch: Fetch, server: BulkServer, tmp_path: Path, status: int
) -> None:
    server.failing["/status/1"] = status
    with pytest.raises(FetchError, match=f"answers {status}"):
        fetch()
    fetch()
    assert server.exports == 2
    assert _landed(tmp_path) == WHOLE


@pytest.mark.slow
def test_a_downloaded_file_that_somebody_removed_is_downloaded_again(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    server.wrong_in = {1}
    with pytest.raises(FetchError):
        fetch()
    for path in (tmp_path / "landing" / ".fetch").rglob("*.ndjson"):
        path.unlink()
    server.wrong_in = set()
    fetch()
    assert _landed(tmp_path) == WHOLE


@pytest.mark.slow
def test_a_run_that_was_killed_while_it_landed_goes_on(
    fetch: Fetch, server: BulkServer, tmp_path: Path
) -> None:
    class Killed(BaseException):
        """Nothing below it is done any more."""

    landed: list[str] = []

    def progress(what: str, *_: int) -> None:
        # The second file is announced once the first one is whole.
        if what.startswith("Encounter"):
            landed.extend(path.name for path in (tmp_path / "landing").rglob("*.ndjson"))
            raise Killed

    with pytest.raises(Killed):
        fetch(progress=progress)
    assert len(landed) == 1
    fetch()
    assert (server.exports, server.count("GET", "/files/")) == (1, 2)
    assert _landed(tmp_path) == WHOLE
    assert not list((tmp_path / "landing" / ".fetch").rglob("*.ndjson"))


@pytest.mark.parametrize("encoding", ["", "gzip", "X-GZIP"])
def test_a_file_that_is_kept_packed_is_unpacked(
    fetch: Fetch, server: BulkServer, tmp_path: Path, encoding: str
) -> None:
    server.files["output"] = [("Patient", PATIENTS)]
    server.raw = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in PATIENTS))
    server.headers = {"Content_Encoding": encoding} if encoding else {}
    fetch()
    assert _landed(tmp_path) == {"2026-06-29 Patient": 3}


@pytest.mark.parametrize(
    ("raw", "headers", "told"),
    [
        (b"<html>Please sign in</html>\n", {}, "no NDJSON"),
        (b'{"resourceType": "Patient"}\n' * 2 + b'{"resourceType": "Pat', {}, "no NDJSON"),
        (b"anything", {"Content_Encoding": "br"}, "packs a file"),
    ],
    ids=["a page", "the end is missing", "packed unasked"],
)
def test_what_is_no_file_of_resources_lands_nothing(
    fetch: Fetch, server: BulkServer, tmp_path: Path, raw: bytes, headers: dict[str, str], told: str
) -> None:
    server.raw, server.headers = raw, headers
    with pytest.raises(FetchError, match=told):
        fetch()
    assert _landed(tmp_path) == {}


def test_error_files_in_any_shape_are_counted(fetch: Fetch, server: BulkServer) -> None:
    strange: list[dict[str, Any]] = [
        {"issue": 3},
        {"issue": [None]},
        {"issue": [{"severity": "fatal", "code": CANARY}]},
        {},
    ]
    server.files["error"] = [("OperationOutcome", strange)]
    assert fetch().problems == {"error exception": 2, "fatal other": 1}


def test_a_landing_that_cannot_be_written_is_told(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "fhir").write_text("in the way")
    with pytest.raises(FetchError, match=r"The landing cannot be written: .* run again to go on"):
        fetch()


def _rsa() -> jwk.JWK:
    return jwk.JWK.generate(kty="RSA", size=2048)


@pytest.mark.slow
def test_keys_are_taken_in_any_form(fetch: Fetch, server: BulkServer) -> None:
    curve, rsa = server.key, _rsa()
    bare = {name: value for name, value in curve.export(as_dict=True).items() if name != "kid"}
    given = [
        (curve, "ES384", curve.export_to_pem(private_key=True, password=None).decode(), None),
        (curve, "ES384", json.dumps(bare), None),
        (curve, "ES384", json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}, bare]}), "theirs"),
        (
            rsa,
            "RS384",
            rsa.export_to_pem(private_key=True, password=None).decode().replace("\n", "\\n"),
            None,
        ),
        (rsa, "RS384", rsa.export_private(), None),
    ]
    for server.key, server.algorithm, key, key_id in given:
        fetch(access=FhirAccess(client_id=CLIENT, key=SecretStr(key), key_id=key_id))
    assert server.key_ids[2] == "theirs"
    assert all(server.key_ids)


@pytest.mark.parametrize(
    "key",
    [
        "swordfish",
        '{"keys": 3}',
        "{",
        jwk.JWK.generate(kty="EC", crv="P-384").export_public(),
        jwk.JWK.generate(kty="EC", crv="P-384", use="enc").export_private(),
        jwk.JWK.generate(kty="EC", crv="P-384").export_to_pem(private_key=True, password=b"pw").decode(),
    ],
    ids=["no key", "no set", "no JSON", "public", "for encryption", "with a password"],
)
def test_what_cannot_sign_is_refused_before_anything_is_asked(
    fetch: Fetch, server: BulkServer, key: str
) -> None:
    with pytest.raises(ConfigurationError, match="no private key that can sign") as told:
        fetch(access=FhirAccess(client_id=CLIENT, key=SecretStr(key)))
    assert key not in str(told.value)
    assert server.asked == []


def test_tokens_are_asked_for_at_a_secure_address_alone(fetch: Fetch, server: BulkServer) -> None:
    address = "http://fhir.invalid/token"
    access = FhirAccess(client_id=CLIENT, key=SecretStr(server.private_key), token_url=address)
    with pytest.raises(ConfigurationError, match="WARMHANDOFF_FHIR_TOKEN_URL"):
        fetch(access=access)


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


@pytest.mark.slow
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
