"""One fetch from signing in to landing, one at a time for each server and group.

Belongs here: what surrounds an export. Does not belong here: the export (``fetch``) and the command.
"""

import asyncio
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.fetch import FETCH_FOLDER, Export, Fetched, Progress, Request
from orchestration.fetch_client import FetchError, Sleep, sign_in
from orchestration.fetch_settings import FhirAccess
from orchestration.publishing.files import make_folder


def fetch_export(
    request: Request,
    landing: Path,
    access: FhirAccess,
    *,
    zone: str,
    progress: Progress,
    sleep: Sleep = asyncio.sleep,
) -> Fetched:
    """Fetch an export.

    Args:
        request: what is asked for.
        landing: where files go.
        access: how this client is known.
        zone: IANA zone in which the delivery date is told.
        progress: called with what is done, how much of it, and of how much.
        sleep: waits so many seconds.

    Returns:
        What came of it.

    Raises:
        FetchError: it did not come to its end, or another run fetches the same.
        ConfigurationError: the key cannot be read, or cannot sign.
    """
    keys = access.read_keys()

    async def run() -> Fetched:
        async with sign_in(
            request.server,
            request.types,
            client_id=access.client_id,
            keys=keys,
            token_url=access.token_url,
            sleep=sleep,
        ) as server:
            return await Export(server, request, landing, zone, progress).run()

    try:
        work = make_folder(landing / FETCH_FOLDER / request.name)
        with FileLock(str(work / "lock"), timeout=0):
            return asyncio.run(run())
    except Timeout:
        raise FetchError("Another run fetches the same export.") from None
    except OSError as error:
        raise FetchError(
            f"The landing cannot be written: {error.strerror}. Mend that, and run again to go on from here."
        ) from None
