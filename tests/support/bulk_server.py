"""A small FHIR server on this machine that exports in bulk and signs clients in as the specifications say.

Belongs here: what a server does, and the ways in which one can fail. Does not belong here: what is expected
of a client.
"""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jwcrypto import jwk, jwt

CLIENT = "warmhandoff-test"
_OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class BulkServer:
    """What the server has, how it fails, and what it was asked.

    Attributes:
        files: lines of each file by kind (``output``, ``deleted``, ``error``), with its resource type.
        polls: answers 202 so many times before an export is done.
        busy: answers 429 so many times to each kind of request (``token``, ``kickoff``, ``status``, ``page``,
            ``file``, ``delete``).
        broken: answers 503 so many times to files.
        token_uses: requests after which a token has expired; 0 is never.
        wrong_in: numbers of files whose count in the manifest is one too many.
        cut: files that break off, so many times each.
        gone: status addresses, and files, that are answered 404, by the number of the export.
        open_files: whether files want no token.
        page_size: files on a page of the manifest; 0 is all.
        ranges: whether it sends the rest of a file to those who have its beginning.
        version: of the files, as a validator.
        packed: whether it packs files on the way.
        place: where an export's status is, if it is not told by its whole address.
        refused: a status that starts are answered with; 0 is none.
        failing: statuses that requests to some paths are answered with, and an outcome that names a problem.
        raw: bytes that every file holds instead of its lines.
        headers: of every file, besides the usual ones.
        algorithm: of assertions; ``key_ids`` are the names of the keys that they were signed with.
        parts: the ``Range`` of each request for a file.
        asked: method and path of each request, with its query.
        tokens: that were given.
    """

    files: dict[str, list[tuple[str, list[dict[str, Any]]]]]
    key: jwk.JWK = field(default_factory=lambda: jwk.JWK.generate(kty="EC", crv="P-384", kid="k1"))
    polls: int = 1
    busy: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    token_uses: int = 0
    wrong_in: set[int] = field(default_factory=set)
    cut: int = 0
    gone: set[str] = field(default_factory=set)
    open_files: bool = False
    page_size: int = 0
    ranges: bool = False
    version: str = '"v1"'
    packed: bool = False
    place: str = ""
    refused: int = 0
    failing: dict[str, int] = field(default_factory=dict)
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    algorithm: str = "ES384"
    key_ids: list[str] = field(default_factory=list)
    parts: list[str | None] = field(default_factory=list)
    retry_after: str = "7"
    transaction_time: str = "2026-06-30T03:00:00.000Z"
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    uses: int = 0
    exports: int = 0
    polled: dict[str, int] = field(default_factory=dict)
    with_token: list[tuple[str, bool]] = field(default_factory=list)
    url: str = ""

    @property
    def private_key(self) -> str:
        """The client's key as a JWK set with what SMART asks for in it."""
        found = json.loads(self.key.export_private())
        return json.dumps({"keys": [{**found, "alg": "ES384", "key_ops": ["sign"]}]})

    def count(self, method: str, part: str) -> int:
        """How many requests there were to paths that hold a text."""
        return sum(asked == method and part in path for asked, path in self.asked)

    def kickoffs(self) -> list[dict[str, list[str]]]:
        """The queries that started exports."""
        return [parse_qs(urlsplit(path).query) for _, path in self.asked if "$export" in path]

    def manifest(self, export: str, page: int = 0) -> dict[str, Any]:
        """What is said of a finished export, on one of its pages."""
        listed = {
            kind: [
                {
                    "type": name,
                    "url": f"{self.url}/files/{export}/{kind}/{number}",
                    "count": len(lines) + (number in self.wrong_in),
                }
                for number, (name, lines) in enumerate(files)
                if not self.page_size or number // self.page_size == page
            ]
            for kind, files in self.files.items()
        }
        later = (page + 1) * self.page_size < max(map(len, self.files.values())) if self.page_size else False
        url = f"{self.url}/pages/{export}/{page + 1}"
        return {
            "link": [{"relation": "self", "url": "urn:x"}, *([{"relation": "next", "url": url}] * later)],
            "transactionTime": self.transaction_time,
            "request": f"{self.url}/$export",
            "requiresAccessToken": not self.open_files,
            "output": [],
            "error": [],
            **listed,
        }


class _Handler(BaseHTTPRequestHandler):
    site: BulkServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: Any = None, **headers: str) -> None:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _is_busy(self, kind: str) -> bool:
        if self.site.busy.get(kind, 0) <= 0:
            return False
        self.site.busy[kind] -= 1
        self._answer(429, _OUTCOME, Retry_After=self.site.retry_after)
        return True

    def _is_let_in(self) -> bool:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.site.uses += 1
        has_expired = bool(self.site.token_uses) and self.site.uses > self.site.token_uses
        if token and token == (self.site.tokens or [""])[-1] and not has_expired:
            return True
        self._answer(401, _OUTCOME)
        return False

    def do_POST(self) -> None:
        """Give a token for a signed assertion."""
        site = self.site
        site.asked.append(("POST", self.path))
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self._is_busy("token"):
            return
        try:
            public = jwk.JWK.from_json(site.key.export_public())
            assertion = jwt.JWT(jwt=form["client_assertion"][0], key=public, algs=[site.algorithm])
            site.key_ids.append(json.loads(assertion.header)["kid"])
            claims = json.loads(assertion.claims)
            good = (
                form["grant_type"] == ["client_credentials"]
                and form["client_assertion_type"] == [ASSERTION]
                and claims["iss"] == claims["sub"] == CLIENT
                and claims["aud"] == f"{site.url}/token"
                and time.time() < claims["exp"] <= time.time() + 300
                and claims["jti"]
                and "system/Patient.read" in form["scope"][0]
            )
        except Exception:
            good = False
        if not good:
            self._answer(400, {"error": "invalid_client"})
            return
        site.tokens.append(f"token-{len(site.tokens)}")
        site.uses = 0
        self._answer(200, {"access_token": site.tokens[-1], "token_type": "bearer", "expires_in": 300})

    def do_DELETE(self) -> None:
        """Drop an export."""
        self.site.asked.append(("DELETE", self.path))
        if self._is_let_in() and not self._is_busy("delete"):
            self._answer(202)

    def do_GET(self) -> None:
        """Say what there is."""
        site = self.site
        site.asked.append(("GET", self.path))
        path = urlsplit(self.path).path
        if path in site.failing:
            self._answer(site.failing[path], _OUTCOME)
        elif path == "/.well-known/smart-configuration":
            self._answer(200, {"token_endpoint": f"{site.url}/token"})
        elif path == "/metadata":
            self._answer(200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
        elif path.startswith("/files/"):
            self._file(path)
        elif not self._is_let_in():
            return
        elif path.endswith("/$export"):
            self._kick_off()
        elif "/status/" in path:
            self._status(path)
        elif path.startswith("/pages/") and not self._is_busy("page"):
            _, _, export, page = path.split("/")
            self._answer(200, site.manifest(export, int(page)))
        elif path.startswith("/pages/"):
            return
        else:
            self._answer(404)

    def _kick_off(self) -> None:
        if self._is_busy("kickoff"):
            return
        if self.headers.get("Prefer") != "respond-async" or self.site.refused:
            self._answer(self.site.refused or 400)
            return
        self.site.exports += 1
        place = self.site.place or f"{self.site.url}/status/"
        self._answer(202, Content_Location=f"{place}{self.site.exports}")

    def _status(self, path: str) -> None:
        site = self.site
        if path in site.gone:
            self._answer(404)
        elif not self._is_busy("status"):
            site.polled[path] = site.polled.get(path, 0) + 1
            if site.polled[path] <= site.polls:
                self._answer(202, X_Progress="in progress", Retry_After=site.retry_after)
            else:
                self._answer(200, site.manifest(path.rpartition("/")[2]))

    def _file(self, path: str) -> None:
        site = self.site
        site.with_token.append((path, "Authorization" in self.headers))
        if not site.open_files and not self._is_let_in():
            return
        if path in site.gone:
            self._answer(404)
            return
        if self._is_busy("file"):
            return
        if site.broken:
            site.broken -= 1
            self._answer(503)
            return
        _, _, _, kind, number = path.split("/")
        lines = site.files[kind][int(number)][1]
        content = (
            "".join(json.dumps(line) + "\n" for line in lines).encode() if site.raw is None else site.raw
        )
        headers = {"Content_Type": "application/fhir+ndjson", **site.headers}
        if site.packed:
            content, headers = gzip.compress(content, mtime=0), {**headers, "Content_Encoding": "gzip"}
        status, length = 200, len(content)
        site.parts.append(self.headers.get("Range"))
        if site.ranges:
            headers |= {"Accept_Ranges": "bytes", "ETag": site.version}
            begin = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            if begin >= length:
                self._answer(416)
                return
            if begin and self.headers.get("If-Range") == site.version:
                headers["Content_Range"] = f"bytes {begin}-{length - 1}/{length}"
                status, content = 206, content[begin:]
        cut = 0
        if site.cut:
            site.cut -= 1
            cut = (len(content) + 1) // 2
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - cut])
        self.close_connection = bool(cut)


@contextmanager
def running(site: BulkServer) -> Iterator[BulkServer]:
    """Serve on a free port of the loopback address."""
    handler = type("Handler", (_Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
