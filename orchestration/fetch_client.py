"""Requests to a FHIR server that exports in bulk: signed in, patient, and silent about what the server says.

Belongs here: waiting as the server asks, trying again what is temporary, and errors without the server's
words, which could quote a patient. Does not belong here: the order of requests (``fetch``).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import cumulus_fhir_support as fhir
import httpx

from orchestration.redaction import SafeError

Sleep = Callable[[float], Awaitable[None]]

GONE: Final = (404, 410)
TIMEOUT_SECONDS: Final = 300
FIRST_WAIT_SECONDS: Final = 5
LONGEST_WAIT_SECONDS: Final = 300
TRIES: Final = 6


class FetchError(SafeError):
    """An export did not come to its end. The message says what to do and holds no word of the server's."""


class ExportGone(FetchError):
    """The server does not have the export, or a file of it, any more."""


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
    ) -> httpx.Response:
        """Send a request, again and again while the server is busy or out of order.

        Args:
            method: of HTTP.
            url: absolute.
            headers: besides the token.
            is_signed: whether the server is given the token.
            is_stream: whether the body is left to be read.

        Returns:
            An answer below 400.

        Raises:
            ExportGone: 404 or 410.
            FetchError: any other refusal, or the patience is over.
        """
        for attempt in range(1, TRIES + 1):
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
            except fhir.NetworkError as error:
                response = error.response
                status = None if response is None else response.status_code
                is_temporary = isinstance(error, fhir.TemporaryNetworkError)
            except fhir.RequestError:
                raise FetchError("The server did not sign this client in again: check its key.") from None
            except (LookupError, TypeError, AttributeError, ValueError):
                # The library could not make a sentence of an answer that is no proper OperationOutcome.
                response, status, is_temporary = None, None, True
            if status in GONE:
                raise ExportGone(f"The server answers {status}: it has no such export any more.")
            if not is_temporary or (attempt == TRIES and status != 429):
                told = f"answers {status}" if status else "cannot be reached"
                raise FetchError(f"The server {told} ({method}); run again to go on from here.")
            await self.wait(response, attempt)
        raise FetchError("The server stays too busy; run again to go on from here.")

    async def wait(self, response: httpx.Response | None, attempt: int) -> None:
        """Wait as long as the server asks; where it does not say, longer each time.

        Args:
            response: the answer that may say how long.
            attempt: the number of times asked so far, from 1.

        Raises:
            FetchError: the patience is over.
        """
        usual = min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS)
        seconds = usual if response is None else fhir.parse_retry_after(response, usual)
        if self.waited_seconds + seconds > self.patience_seconds:
            raise FetchError("The export is not ready yet; run again later to go on from here.")
        self.waited_seconds += seconds
        await self.sleep(seconds)


@asynccontextmanager
async def sign_in(
    url: str,
    types: tuple[str, ...],
    *,
    client_id: str | None,
    key: str | None,
    token_url: str | None,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Server]:
    """Sign in by SMART Backend Services, or not at all where there is no key.

    Args:
        url: base of the server.
        types: resource types that access is asked for.
        client_id: as the server knows this client.
        key: private key, PEM or JWK or JWK set.
        token_url: where tokens are given, if the server does not say so itself.
        sleep: waits so many seconds.

    Yields:
        The server.

    Raises:
        FetchError: the key cannot be used, or the server refuses it.
    """
    import json

    is_json = bool(key) and str(key).lstrip().startswith("{")
    try:
        jwks = json.loads(str(key)) if is_json else None
        if jwks is not None and "keys" not in jwks:
            jwks = {"keys": [jwks]}
        client = fhir.FhirClient(
            url,
            types,
            token_url=token_url,
            smart_client_id=client_id,
            smart_jwks=jwks,
            smart_pem=None if is_json else key,
        )
        await client.__aenter__()
    except (fhir.RequestError, ValueError):
        raise FetchError(
            "The server did not sign this client in: check WARMHANDOFF_FHIR_CLIENT_ID and its key."
        ) from None
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=True) as open_client:
            yield Server(client, open_client, sleep)
    finally:
        await client.__aexit__(None, None, None)
