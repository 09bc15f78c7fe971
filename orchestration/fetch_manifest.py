"""What a server says of a finished export: the files, over one page or several.

Belongs here: the form of the list, and reading it to its last page. Does not belong here: the files.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.fetch_client import FetchError, Server, check_address

KINDS: Final = ("output", "deleted", "error")
MOST_PAGES: Final = 10_000


class ManifestFile(BaseModel):
    """A file of an export."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(pattern=r"^[A-Za-z]{1,64}$")
    url: str
    count: int | None = Field(default=None, ge=0)


@dataclass(frozen=True)
class ListedFile:
    """A file of the list.

    Attributes:
        kind: ``output``, ``deleted`` or ``error``.
        name: tells it from the others of the export.
        file: what the server says of it.
    """

    kind: str
    name: str
    file: ManifestFile


class Link(BaseModel):
    """A reference to another part of the list."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    relation: str
    url: str


class Manifest(BaseModel):
    """A page of the list, or all pages together."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    transactionTime: AwareDatetime
    requiresAccessToken: bool = True
    output: tuple[ManifestFile, ...] = ()
    deleted: tuple[ManifestFile, ...] = ()
    error: tuple[ManifestFile, ...] = ()
    link: tuple[Link, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, page: Any) -> Any:
        """Some servers write null for what a page leaves out."""
        if not isinstance(page, dict):
            return page
        return {name: value for name, value in page.items() if value is not None}

    @property
    def next_url(self) -> str | None:
        """Where the list goes on."""
        return next((link.url for link in self.link if link.relation == "next"), None)

    def listed(self) -> list[ListedFile]:
        """The files by kind, each with a name that it keeps where its address is signed anew each time."""
        seen: Counter[str] = Counter()
        found = []
        for kind in KINDS:
            for one in getattr(self, kind):
                parts = urlsplit(one.url)
                told = f"{kind} {one.type} {one.count} {parts.netloc}{parts.path}"
                name = hashlib.sha256(f"{told} {seen[told]}".encode()).hexdigest()[:16]
                seen[told] += 1
                found.append(ListedFile(kind, name, one))
        return found


def _page(answer: httpx.Response) -> Manifest:
    """A page, its addresses as they are from where it stands."""
    try:
        page = Manifest.model_validate_json(answer.content)
    except ValidationError:
        raise FetchError("The server's list of files is none; tell the server's operators.") from None
    whole = {
        kind: tuple(one.model_copy(update={"url": _whole(answer, one.url)}) for one in getattr(page, kind))
        for kind in (*KINDS, "link")
    }
    return page.model_copy(update=whole)


def _whole(answer: httpx.Response, url: str) -> str:
    try:
        return urljoin(str(answer.url), url)
    except ValueError:
        raise FetchError("The server's list names no address; tell the server's operators.") from None


async def read_manifest(server: Server, answer: httpx.Response) -> Manifest:
    """Read the list of a finished export to its last page.

    Args:
        server: that one is signed in to.
        answer: the first page.

    Returns:
        All pages as one.

    Raises:
        FetchError: a page is none, contradicts the first one, or lies on another server.
    """
    whole = page = _page(answer)
    home = str(answer.url)
    seen = {home}
    while page.next_url is not None:
        url = page.next_url
        check_address(url)
        if urlsplit(url)[:2] != urlsplit(home)[:2] or url in seen or len(seen) == MOST_PAGES:
            raise FetchError("The pages of the server's list do not end; tell the server's operators.")
        seen.add(url)
        page = _page(await server.ask("GET", url, headers={"Accept": "application/json"}))
        if (page.transactionTime, page.requiresAccessToken) != (
            whole.transactionTime,
            whole.requiresAccessToken,
        ):
            raise FetchError("The pages of the server's list are of two exports; run again later.")
        joined = {kind: (*getattr(whole, kind), *getattr(page, kind)) for kind in KINDS}
        whole = whole.model_copy(update=joined)
    return whole
