"""A bulk export of a FHIR server, fetched whole into the landing folder.

What is asked for, downloaded and landed is noted in ``<landing>/.fetch``, so that a run that was cut off goes
on where it was, and the next one asks for what has changed since.

Belongs here: the order of things, and what makes an export whole. Does not belong here: single requests
(``fetch_client``) and what resources mean (``orchestration/feeds``).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urljoin
from zoneinfo import ZoneInfo

from orchestration.feeds.landing import FHIR
from orchestration.fetch_client import ISSUE_CODE, ExportGone, FetchError, Refused, Server, check_address
from orchestration.fetch_files import NDJSON, Download, read_note
from orchestration.fetch_manifest import ListedFile, Manifest, read_manifest
from orchestration.publishing.files import fsync_path, make_folder, write_json

Progress = Callable[[str, int, int], None]

FETCH_FOLDER: Final = ".fetch"
LAST: Final = "last.json"
_NOT_TAKEN: Final = (400, 422, 501)
_FAILED: Final = 500
"""What a server answers for an export that has failed for good, and where something is out of order."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        server: base URL.
        types: resource types.
        group: id of the group whose patients are exported; empty is all patients of the system.
        is_system: everything that the server has, also what belongs to no patient: staff, places, slots.
        since: changes after it; None is what the last whole export left open, or everything.
        is_full: everything, also where an export went before.
    """

    server: str
    types: tuple[str, ...]
    group: str = ""
    since: datetime | None = None
    is_full: bool = False
    is_system: bool = False

    @property
    def name(self) -> str:
        """Names the folder of what is remembered; the same for the same server, group and types."""
        level = "$export" if self.is_system else self.group
        text = json.dumps([self.server.rstrip("/"), level, sorted(self.types)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def url(self, since: str | None) -> str:
        """The address that starts the export."""
        asked = {
            "_type": ",".join(self.types),
            "_outputFormat": NDJSON,
            **({"_since": since} if since else {}),
        }
        level = "" if self.is_system else f"Group/{self.group}/" if self.group else "Patient/"
        return f"{self.server.rstrip('/')}/{level}$export?{urlencode(asked)}"


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
        self.state = read_note(self.work / "state.json")
        self.last = read_note(self.work / LAST)

    async def run(self) -> Fetched:
        """Fetch the export and land it; one that the server has dropped is asked for anew, once.

        Raises:
            FetchError: it did not come to its end; what there is of it is kept for the next run.
        """
        is_resumed = bool(self.state.get("status_url"))
        try:
            return await self._run()
        except Refused as refusal:
            # Addresses that have expired are refused in many ways, and asking for them again helps nobody.
            is_final = not refusal.is_temporary and refusal.status not in (None, 401)
            is_over = refusal.status == _FAILED or is_final
            if not isinstance(refusal, ExportGone) and not (is_resumed and is_over):
                raise
            self._forget()
            if not is_resumed:
                raise
        return await self._run()

    async def _run(self) -> Fetched:
        if not self.state.get("status_url"):
            await self._start()
        manifest = await self._finished()
        files, rows = manifest.listed(), {}
        day = manifest.transactionTime.astimezone(self.zone).date()
        for number, one in enumerate(files):
            self.progress(f"{one.file.type} {one.kind}", number, len(files))
            rows[one.name] = await self._download(one, day, manifest.requiresAccessToken)
        wanted = [one for one in files if one.kind != "error" and rows[one.name]]
        problems = self._problems([one for one in files if one.kind == "error"])
        for one in wanted:
            self._land(one, day)
        if wanted:
            fsync_path(self._target(wanted[0], day).parent)
        since = self.state.get("since")
        if not problems and self._leaves_nothing_out(since):
            write_json(self.work / LAST, {"transaction_time": manifest.transactionTime.isoformat()})
        await self._thank()
        self._forget()
        total = sum(rows[one.name] for one in wanted)
        return Fetched(day if wanted else None, len(wanted), total, since, problems)

    async def _start(self) -> None:
        since = None
        if self.request.since is not None:
            since = self.request.since.isoformat()
        elif not self.request.is_full:
            since = self.last.get("transaction_time")
        headers = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
        try:
            answer = await self.server.ask("GET", self.request.url(since), headers=headers)
        except ExportGone as refusal:
            raise FetchError(
                f"The server answers {refusal.status} and starts no export: check --server and --group, or "
                "whether it exports on another level only (--system)."
            ) from None
        except Refused as refusal:
            if refusal.status not in _NOT_TAKEN:
                raise
            raise FetchError(
                f"The server answers {refusal.status} and starts no export: it may not have all resource "
                "types that are asked for. Name those that it has with --types."
            ) from None
        place = answer.headers.get("Content-Location")
        if answer.status_code != 202 or not place:
            raise FetchError(f"The server answers {answer.status_code} and starts no export.")
        status_url = urljoin(str(answer.url), place)
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
        return await read_manifest(self.server, answer)

    def _place(self, one: ListedFile) -> Path:
        return self.work / f"{one.name}.ndjson"

    async def _download(self, one: ListedFile, day: date, is_signed: bool) -> int:
        """Download a file unless it is there, or has landed already."""
        done = self.state.get("done", {})
        if one.name not in done or not (self._place(one).exists() or self._target(one, day).exists()):
            rows = await Download(self.server, one.file, self._place(one), is_signed=is_signed).run()
            done = {**done, one.name: rows}
            self._remember(done=done)
        return int(done[one.name])

    def _problems(self, files: list[ListedFile]) -> dict[str, int]:
        """Errors that the server lists, by severity and code; its words stay where they are."""
        found: dict[str, int] = {}
        for one in files:
            for line in self._place(one).read_bytes().splitlines():
                for severity, code in _issues(line):
                    if severity in ("error", "fatal"):
                        name = f"{severity} {code if ISSUE_CODE.fullmatch(code) else 'other'}"
                        found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def _leaves_nothing_out(self, since: str | None) -> bool:
        """Whether an export goes on where the last whole one ended, or before."""
        last = self.last.get("transaction_time")
        return since is None or last is None or datetime.fromisoformat(since) <= datetime.fromisoformat(last)

    def _target(self, one: ListedFile, day: date) -> Path:
        export = hashlib.sha256(str(self.state["status_url"]).encode()).hexdigest()[:8]
        return self.landing / FHIR / day.isoformat() / f"{one.file.type}.{export}.{one.name}.ndjson"

    def _land(self, one: ListedFile, day: date) -> None:
        """Give a file its place in the landing; a run that was cut off here has given some theirs already."""
        target = self._target(one, day)
        make_folder(target.parent)
        source = self._place(one)
        if source.exists() or not target.exists():
            source.replace(target)

    async def _thank(self) -> None:
        """Let the server delete the export; that it does not is no harm."""
        try:
            await self.server.ask(
                "DELETE", self.state["status_url"], headers={"Accept": "application/json"}, tries=1
            )
        except FetchError:
            return

    def _remember(self, **known: Any) -> None:
        self.state = {**self.state, **known}
        write_json(self.work / "state.json", self.state)

    def _forget(self) -> None:
        """Drop what is remembered of the export, and what was downloaded of it."""
        left = [path for ending in ("ndjson", "part", "json") for path in self.work.glob(f"*.{ending}")]
        for path in left:
            if path.name != LAST:
                path.unlink(missing_ok=True)
        self.state = {}


def _issues(line: bytes) -> list[tuple[str, str]]:
    """Severity and code of each problem in a line of an error file; one that cannot be read is an error."""
    try:
        found = json.loads(line)
        return [(str(issue.get("severity")), str(issue.get("code"))) for issue in found.get("issue", [])]
    except (ValueError, AttributeError, TypeError):
        return [("error", "exception")] if line.strip() else []
