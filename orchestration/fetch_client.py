"""Requests to a FHIR server that exports in bulk: signed in, patient, and silent about what the server says.

Belongs here: waiting as the server asks, trying again what is temporary, and errors without the server's
words, which could quote a patient. Does not belong here: the order of requests (``fetch``).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import cumulus_fhir_support as fhir
import httpx

from orchestration.redaction import SafeError

Sleep = Callable[[float], Awaitable[None]]

GONE: Final = (404, 410)
ISSUE_CODE: Final = re.compile(
    "invalid|structure|required|value|invariant|security|login|unknown|expired|forbidden|suppressed|processing|"
    "not-supported|duplicate|multiple-matches|not-found|deleted|too-long|code-invalid|extension|too-costly|"
    "business-rule|conflict|transient|lock-error|no-store|exception|timeout|incomplete|throttled"
)
"""FHIR's own codes of problems, which say nothing of a patient."""
ASK_OPERATORS: Final = "ask the server's operators what it does not take"
WHAT_TO_DO: Final = {
    401: "it does not take the token that it gave: check what this client may read",
    403: "this client may not read that: check its scopes at the server",
}
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
TIMEOUT_SECONDS: Final = 300
FIRST_WAIT_SECONDS: Final = 5
LEAST_WAIT_SECONDS: Final = 0.1
"""A server that asks for no pause at all is not asked without one."""
LONGEST_WAIT_SECONDS: Final = 300
TRIES: Final = 6


class FetchError(SafeError):
    """An export did not come to its end. The message says what to do and holds no word of the server's."""


class Refused(FetchError):
    """The server did not do as it was asked.

    Attributes:
        status: of its answer; null where there was none.
        is_temporary: whether it may if it is asked again.
    """

    def __init__(self, message: str, status: int | None = None, *, is_temporary: bool = False) -> None:
        """Keep the status beside the message."""
        super().__init__(message)
        self.status = status
        self.is_temporary = is_temporary


class ExportGone(Refused):
    """The server does not have the export, or a file of it, any more."""


def check_address(url: str) -> None:
    """Refuse an address to which no secret may be sent.

    Raises:
        FetchError: it is neither https nor on this machine.
    """
    try:
        parts = urlsplit(url)
        is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_secure = is_address = False
    if not (is_secure and is_address):
        raise FetchError("A server is an https address: tokens and patients' data go over it.")


@dataclass
class Server:
    """A server that one is signed in to.

    Attributes:
        client: signs requests, and signs in again once a token has expired.
        open_client: for files that must not be given the token.
        sleep: waits so many seconds.
        patience_seconds: after so much waiting one gives up.
        waited_seconds: how long it has been so far.
    """

    client: Any
    open_client: httpx.AsyncClient
    sleep: Sleep = asyncio.sleep
    patience_seconds: float = 24 * 3600
    waited_seconds: float = field(default=0, init=False)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        is_signed: bool = True,
        is_stream: bool = False,
        tries: int = TRIES,
    ) -> httpx.Response:
        """Send a request, again and again while the server is busy or out of order.

        Args:
            method: of HTTP.
            url: absolute.
            headers: besides the token.
            is_signed: whether the server is given the token.
            is_stream: whether the body is left to be read.
            tries: how often one asks.

        Returns:
            An answer below 400.

        Raises:
            ExportGone: 404 or 410.
            Refused: any other answer, or none.
            FetchError: the patience is over.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                if is_signed:
                    found = await self.client.request(
                        method, url, headers=headers, stream=is_stream, retry_delays=[]
                    )
                else:
                    found = await fhir.http_request(
                        self.open_client, method, url, headers=headers, stream=is_stream, retry_delays=[]
                    )
                return found  # type: ignore[no-any-return]
            except (fhir.AuthFailed, fhir.BadAuthArguments) as error:
                response, problem = _not_signed_in(error)
            except (fhir.NetworkError, LookupError, TypeError, AttributeError, ValueError) as error:
                response, problem = _not_answered(error, method)
            if not problem.is_temporary or attempt == tries:
                raise problem
            await self.wait(response, attempt)

    async def sign_in(self) -> None:
        """Sign in, again and again while the server is busy or out of order.

        Raises:
            FetchError: the key cannot be used, or the server refuses it, or cannot be reached.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                await self.client.__aenter__()
                return
            except (fhir.AuthFailed, fhir.BadAuthArguments, ValueError) as error:
                response, problem = _not_signed_in(error)
            except fhir.NetworkError as error:
                response, problem = _not_answered(error, "GET")
            await self.client.__aexit__(None, None, None)
            if not problem.is_temporary or attempt == TRIES:
                raise problem
            await self.wait(response, attempt)

    async def wait(self, response: httpx.Response | None, attempt: int) -> None:
        """Wait as long as the server asks; where it does not say, longer each time.

        Args:
            response: the answer that may say how long.
            attempt: the number of times asked so far, from 1.

        Raises:
            FetchError: the patience is over.
        """
        usual = min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS)
        least = min(LEAST_WAIT_SECONDS * 2 ** (attempt - 1), FIRST_WAIT_SECONDS)
        seconds = max(usual if response is None else _asked_seconds(response, usual), least)
        if self.waited_seconds + seconds > self.patience_seconds:
            raise FetchError("The export is not ready yet; run again later to go on from here.")
        self.waited_seconds += seconds
        await self.sleep(seconds)


def _asked_seconds(response: httpx.Response, usual: int) -> int:
    """How long the server asks to wait, in seconds or by a date; the usual time where it cannot be told."""
    try:
        return int(fhir.parse_retry_after(response, usual))
    except (TypeError, OverflowError):
        # A date whose zone is said to be unknown.
        return usual


def _codes(response: httpx.Response | None) -> str:
    """Which of FHIR's codes of problems an answer names, in brackets; its own words stay where they are."""
    try:
        issues = response.json()["issue"] if response is not None else []
        named = sorted({issue["code"] for issue in issues if ISSUE_CODE.fullmatch(issue["code"])})
    except (ValueError, LookupError, TypeError, httpx.HTTPError):
        return ""
    return f" ({', '.join(named)})" if named else ""


def _not_signed_in(error: Exception) -> tuple[httpx.Response | None, Refused]:
    """What may be said of a failure to get a token, and the answer that it came from."""
    cause = error.__cause__
    if isinstance(cause, fhir.TemporaryNetworkError):
        return _not_answered(cause, "POST")
    return None, Refused(
        "The server did not sign this client in: check WARMHANDOFF_FHIR_CLIENT_ID and its key."
    )


def _not_answered(error: Exception, method: str) -> tuple[httpx.Response | None, Refused]:
    """What may be said of a request that failed, and the answer.

    The library fails in other ways than its own where an answer is no proper OperationOutcome: ask again.
    """
    response = error.response if isinstance(error, fhir.NetworkError) else None
    status = None if response is None else response.status_code
    if status in GONE:
        return response, ExportGone(f"The server answers {status}: it has no such export any more.", status)
    told = f"answers {status}{_codes(response)}" if status else "cannot be reached"
    is_temporary = not isinstance(error, fhir.NetworkError) or isinstance(error, fhir.TemporaryNetworkError)
    what_to_do = (
        "run again to go on from here" if is_temporary else WHAT_TO_DO.get(status or 0, ASK_OPERATORS)
    )
    message = f"The server {told} to {method}; {what_to_do}."
    return response, Refused(message, status, is_temporary=is_temporary)


@asynccontextmanager
async def sign_in(
    url: str,
    types: tuple[str, ...],
    *,
    client_id: str | None,
    keys: dict[str, Any] | None,
    token_url: str | None,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Server]:
    """Sign in by SMART Backend Services, or not at all where there is no key.

    Args:
        url: base of the server.
        types: resource types that access is asked for.
        client_id: as the server knows this client.
        keys: JWK set of one private key that says how it signs.
        token_url: where tokens are given, if the server does not say so itself.
        sleep: waits so many seconds.

    Yields:
        The server.

    Raises:
        FetchError: the key cannot be used, or the server refuses it.
    """
    try:
        client = fhir.FhirClient(url, types, token_url=token_url, smart_client_id=client_id, smart_jwks=keys)
    except (fhir.RequestError, ValueError) as error:
        raise _not_signed_in(error)[1] from None
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=True) as open_client:
        server = Server(client, open_client, sleep)
        await server.sign_in()
        try:
            yield server
        finally:
            await client.__aexit__(None, None, None)
