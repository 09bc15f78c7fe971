"""One night at a time in a home.

Belongs here: the lock. Does not belong here: what is done while it is held.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from orchestration.publishing.files import FILE_MODE, make_folder
from orchestration.redaction import SafeError
from orchestration.settings import ConfigurationError, Settings


class NightRunningError(SafeError):
    """Another process runs a night in this home."""


@contextmanager
def night_lock(settings: Settings) -> Iterator[None]:
    """Keep every other night out of a home. The lock falls with its process, also a killed one.

    Args:
        settings: the places of the home.

    Raises:
        NightRunningError: another process has it.
        ConfigurationError: the home cannot be written.
    """
    make_folder(settings.home)
    # One lock object a file and process: the command takes it early, its Dagster run again.
    lock = FileLock(settings.lock_file, timeout=0, mode=FILE_MODE, is_singleton=True, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise NightRunningError(
            f"another night is running in {settings.home}; wait for its end and run again"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"the home {settings.home} cannot be written: {error.strerror}; "
            "make it writable for the user that runs the night"
        ) from None
    try:
        yield
    finally:
        lock.release()
