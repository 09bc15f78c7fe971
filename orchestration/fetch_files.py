"""Downloading the files of an export, going on in the middle of one where the server can.

Belongs here: one file from its address to the disk. Does not belong here: which files, and where they land.
"""

import gzip
import json
import os
import shutil
import zlib
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, Final

import httpx

from orchestration.fetch_client import TRIES, FetchError, Refused, Server, check_address
from orchestration.fetch_manifest import ManifestFile
from orchestration.publishing.files import write_json

NDJSON: Final = "application/fhir+ndjson"
_PARTIAL, _UNSATISFIABLE = 206, 416
_PACKINGS: Final = ("identity", "", "gzip", "x-gzip")
_GZIP: Final = b"\x1f\x8b"


class Download:
    """One file on its way.

    What has come of it lies in ``<place>.part``, as the server sent it, and how to go on from there in
    ``<place>.json``.
    """

    def __init__(self, server: Server, one: ManifestFile, place: Path, *, is_signed: bool) -> None:
        """Look at what an earlier run left.

        Args:
            server: that one is signed in to.
            one: the file.
            place: where it goes.
            is_signed: whether the server wants the token for it.
        """
        self.server = server
        self.one = one
        self.place = place
        self.is_signed = is_signed
        self._part = place.with_suffix(".part")
        self._note = place.with_suffix(".json")

    async def run(self) -> int:
        """Fetch the file and hold it to the number that the server counted.

        Returns:
            Its resources.

        Raises:
            FetchError: it breaks off again and again, or does not hold what the server counted.
        """
        check_address(self.one.url)
        rows = 0
        for _ in range(2):
            for attempt in range(1, TRIES + 1):
                if await self._receive():
                    break
                if attempt == TRIES:
                    raise FetchError(f"A file ({self.one.type}) breaks off; run again to go on from here.")
                await self.server.wait(None, attempt)
            rows = self._unpack()
            if rows >= 0 and self.one.count in (None, rows):
                return rows
        if rows < 0:
            raise FetchError(
                f"A file ({self.one.type}) is damaged, or no NDJSON; run again to ask for it anew."
            )
        raise FetchError(
            f"A file ({self.one.type}) has {rows:,} resources where the server counted {self.one.count:,}; "
            "run again to ask for it anew."
        )

    async def _receive(self) -> bool:
        """Receive the file, or the rest of it; whether it is whole now."""
        headers = {"Accept": NDJSON, "Accept-Encoding": "gzip"}
        note = read_note(self._note) if self._part.exists() else {}
        size = self._part.stat().st_size if note else 0
        if size:
            headers |= {"Range": f"bytes={size}-", "If-Range": str(note["validator"])}
        try:
            response = await self.server.ask(
                "GET", self.one.url, headers=headers, is_signed=self.is_signed, is_stream=True
            )
        except Refused as refusal:
            if refusal.status != _UNSATISFIABLE:
                raise
            self._forget()
            return False
        try:
            check_address(str(response.url))
            return await self._write(response, size, note)
        finally:
            await response.aclose()

    async def _write(self, response: httpx.Response, size: int, note: dict[str, Any]) -> bool:
        goes_on = response.status_code == _PARTIAL
        if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {size}-"):
            self._forget()
            return False
        if not goes_on:
            self._forget()
            if response.headers.get("Content-Encoding", "identity").lower() not in _PACKINGS:
                raise FetchError(f"The server packs a file ({self.one.type}) in a way that nobody asked for.")
            note = {"validator": _validator(response)}
            if note["validator"]:
                write_json(self._note, note)
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if goes_on else os.O_TRUNC)
        try:
            with os.fdopen(os.open(self._part, flags, 0o600), "ab" if goes_on else "wb") as file:
                async for block in response.aiter_raw():
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        except httpx.HTTPError:
            return False
        return True

    def _unpack(self) -> int:
        """Give the file its place and count its lines; -1 where it is damaged, or another kind of file.

        What was packed on the way, and what the server keeps packed, begin alike.
        """
        with self._part.open("rb") as file:
            is_packed = file.read(2) == _GZIP
        if is_packed:
            try:
                with gzip.open(self._part) as source, self.place.open("wb") as target:
                    shutil.copyfileobj(source, target)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                self._forget()
                return -1
        else:
            self._part.replace(self.place)
        self.place.chmod(0o600)
        with self.place.open("rb") as file:
            rows = 0
            for line in map(bytes.strip, file):
                if line and not (line.removeprefix(BOM_UTF8).startswith(b"{") and line.endswith(b"}")):
                    rows = -1
                    break
                rows += bool(line)
            os.fsync(file.fileno())
        self._forget()
        return rows

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _validator(response: httpx.Response) -> str:
    """What tells this version of a file from others; empty where the server cannot go on in the middle."""
    if response.headers.get("Accept-Ranges") != "bytes":
        return ""
    tag = str(response.headers.get("ETag", ""))
    return tag if tag.startswith('"') else str(response.headers.get("Last-Modified", ""))


def read_note(path: Path) -> dict[str, Any]:
    """Read what an earlier run wrote down; nothing where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
