"""A bulk export of a FHIR server, fetched whole into the landing folder.

What is asked for, downloaded and landed is noted in ``<landing>/.fetch``, so that a run that was cut off goes
on where it was, and the next one asks for what has changed since.

Belongs here: the order of things, and what makes an export whole. Does not belong here: single requests
(``fetch_client``) and what resources mean (``orchestration/feeds``).
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit
from zoneinfo import ZoneInfo

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from orchestration.feeds.landing import FHIR
from orchestration.fetch_client import ExportGone, FetchError, Server
from orchestration.publishing.files import make_folder, write_json

Progress = Callable[[str, int, int], None]

FETCH_FOLDER: Final = ".fetch"
NDJSON: Final = "application/fhir+ndjson"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_KINDS: Final = ("output", "deleted", "error")


class ManifestFile(BaseModel):
    """A file of an export."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(pattern=r"^[A-Za-z]{1,64}$")
    url: str
    count: int | None = Field(default=None, ge=0)


class Manifest(BaseModel):
    """What a server says of a finished export."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    transactionTime: AwareDatetime
    requiresAccessToken: bool = True
    output: tuple[ManifestFile, ...] = ()
    deleted: tuple[ManifestFile, ...] = ()
    error: tuple[ManifestFile, ...] = ()


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        server: base URL.
        types: resource types.
        group: id of the group whose patients are exported; empty is all patients of the system.
        since: changes after it; None is what the last whole export left open, or everything.
        is_full: everything, also where an export went before.
    """

    server: str
    types: tuple[str, ...]
    group: str = ""
    since: datetime | None = None
    is_full: bool = False

    @property
    def name(self) -> str:
        """Names the folder of what is remembered; the same for the same server, group and types."""
        text = json.dumps([self.server.rstrip("/"), self.group, sorted(self.types)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def url(self, since: str | None) -> str:
        """The address that starts the export."""
        asked = {
            "_type": ",".join(self.types),
            "_outputFormat": NDJSON,
            **({"_since": since} if since else {}),
        }
        path = f"Group/{self.group}/$export" if self.group else "Patient/$export"
        return f"{self.server.rstrip('/')}/{path}?{urlencode(asked)}"


@dataclass(frozen=True)
class Fetched:
    """What came of an export.

    Attributes:
        delivered_on: the date that the files were landed under; None where there was nothing new.
        rows: resources, deletions included.
        problems: what the server says it could not export, as numbers by severity and code; where there are
            any, the next export asks for the same time again.
    """

    delivered_on: date | None
    files: int
    rows: int
    since: str | None
    problems: dict[str, int]


def check_address(url: str) -> None:
    """Refuse an address to which no secret may be sent.

    Raises:
        FetchError: it is neither https nor on this machine.
    """
    parts = urlsplit(url)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise FetchError("A server is an https address: tokens and patients' data go over it.")


class Export:
    """One export, from what an earlier run left of it."""

    def __init__(
        self, server: Server, request: Request, landing: Path, zone: str, progress: Progress
    ) -> None:
        """Read what is remembered.

        Args:
            server: that one is signed in to.
            request: what is asked for.
            landing: where files go.
            zone: in which the delivery date is told.
            progress: called with what is done, how much of it, and of how much.
        """
        self.server = server
        self.request = request
        self.landing = landing
        self.zone = ZoneInfo(zone)
        self.progress = progress
        self.work = landing / FETCH_FOLDER / request.name
        make_folder(self.work)
        self.state = _read(self.work / "state.json")
        self.last = _read(self.work / "last.json")

    async def run(self) -> Fetched:
        """Fetch the export and land it; one that the server has dropped is asked for anew, once.

        Raises:
            FetchError: it did not come to its end; what there is of it is kept for the next run.
        """
        is_resumed = bool(self.state.get("status_url"))
        try:
            return await self._run()
        except ExportGone:
            self._forget()
            if not is_resumed:
                raise
        return await self._run()

    async def _run(self) -> Fetched:
        if not self.state.get("status_url"):
            await self._start()
        manifest = await self._finished()
        files = [(kind, one) for kind in _KINDS for one in getattr(manifest, kind)]
        rows: list[int] = []
        for number, (kind, one) in enumerate(files):
            self.progress(f"{one.type} {kind}", number, len(files))
            rows.append(await self._download(number, one, manifest.requiresAccessToken))
        wanted = [number for number, (kind, _) in enumerate(files) if kind != "error" and rows[number]]
        problems = self._problems([number for number, (kind, _) in enumerate(files) if kind == "error"])
        day = manifest.transactionTime.astimezone(self.zone).date()
        for number in wanted:
            self._land(number, files[number][1].type, day)
        since = self.state.get("since")
        if not problems:
            write_json(self.work / "last.json", {"transaction_time": manifest.transactionTime.isoformat()})
        await self._thank()
        self._forget()
        total = sum(rows[number] for number in wanted)
        return Fetched(day if wanted else None, len(wanted), total, since, problems)

    async def _start(self) -> None:
        since = None
        if self.request.since is not None:
            since = self.request.since.isoformat()
        elif not self.request.is_full:
            since = self.last.get("transaction_time")
        headers = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
        answer = await self.server.ask("GET", self.request.url(since), headers=headers)
        place = answer.headers.get("Content-Location")
        if answer.status_code != 202 or not place:
            raise FetchError(f"The server answers {answer.status_code} and starts no export.")
        status_url = urljoin(self.request.server, place)
        check_address(status_url)
        self._remember(status_url=status_url, since=since)

    async def _finished(self) -> Manifest:
        """Ask until the export is done."""
        asked = 0
        while True:
            answer = await self.server.ask(
                "GET", self.state["status_url"], headers={"Accept": "application/json"}
            )
            if answer.status_code != 202:
                break
            asked += 1
            self.progress("waiting for the server", 0, 0)
            await self.server.wait(answer, asked)
        try:
            return Manifest.model_validate_json(answer.content)
        except ValidationError:
            raise FetchError("The server's list of files is none; tell the server's operators.") from None

    async def _download(self, number: int, one: ManifestFile, is_signed: bool) -> int:
        """Download a file unless it is there, and hold it to the number that the server counted."""
        place = self.work / f"{number:04}.ndjson"
        done = self.state.get("done", {})
        name = f"{number} {one.type} {one.count}"
        if name in done:
            return int(done[name])
        check_address(one.url)
        rows = -1
        for _ in range(2):
            rows = await self._read_file(one.url, place, is_signed)
            if rows >= 0 and one.count in (None, rows):
                self._remember(done={**done, name: rows})
                return rows
        what = "breaks off" if rows < 0 else f"has {rows:,} resources where the server counted {one.count:,}"
        raise FetchError(f"File {number + 1} ({one.type}) {what}; run again to go on from here.")

    async def _read_file(self, url: str, place: Path, is_signed: bool) -> int:
        """Write a file and return its lines; -1 where it broke off."""
        response = await self.server.ask(
            "GET", url, headers={"Accept": NDJSON}, is_signed=is_signed, is_stream=True
        )
        try:
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                async for block in response.aiter_bytes():
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        except httpx.HTTPError:
            return -1
        finally:
            await response.aclose()
        with place.open("rb") as file:
            return sum(1 for line in file if line.strip())

    def _problems(self, numbers: list[int]) -> dict[str, int]:
        """Errors that the server lists, by severity and code; its words stay where they are."""
        found: dict[str, int] = {}
        for number in numbers:
            for line in (self.work / f"{number:04}.ndjson").read_bytes().splitlines():
                try:
                    issues = json.loads(line).get("issue", [])
                except (ValueError, AttributeError):
                    issues = [{"severity": "error", "code": "unreadable"}]
                for issue in issues:
                    severity, code = str(issue.get("severity")), str(issue.get("code"))
                    if severity in ("error", "fatal"):
                        name = f"{severity} {code if code.replace('-', '').isalpha() else 'other'}"
                        found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def _land(self, number: int, type_name: str, day: date) -> None:
        """Give a file its place in the landing; a run that was cut off here has given some theirs already."""
        export = hashlib.sha256(str(self.state["status_url"]).encode()).hexdigest()[:8]
        target = self.landing / FHIR / day.isoformat() / f"{type_name}.{export}.{number:04}.ndjson"
        make_folder(target.parent)
        source = self.work / f"{number:04}.ndjson"
        if source.exists() or not target.exists():
            source.replace(target)

    async def _thank(self) -> None:
        """Let the server delete the export; that it does not is no harm."""
        try:
            await self.server.ask("DELETE", self.state["status_url"], headers={"Accept": "application/json"})
        except FetchError:
            return

    def _remember(self, **known: Any) -> None:
        self.state = {**self.state, **known}
        write_json(self.work / "state.json", self.state)

    def _forget(self) -> None:
        """Drop what is remembered of the export, and what was downloaded of it."""
        for path in (self.work / "state.json", *self.work.glob("*.ndjson")):
            path.unlink(missing_ok=True)
        self.state = {}


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
