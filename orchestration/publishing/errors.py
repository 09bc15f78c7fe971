"""The one error of publishing: it names files, marts and columns, says what to do, and quotes no value."""

import errno

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DISK_WORDS = ("no space left", "file too large", "disk quota", "could not write", "failed to write")


class PublishError(RuntimeError):
    """Nothing was published, or nothing could be read back; what readers had before is untouched."""


def write_failure(error: Exception, what: str) -> PublishError:
    """Turn a failure of the file system or the engine into an error that is safe to log.

    The engine's own text can quote a value of the data, so only its failures of input and output are passed
    on.

    Args:
        error: what was raised.
        what: what was being written, such as ``fct_patient_month``.
    """
    text = str(error).lower()
    is_disk = isinstance(error, OSError) and error.errno in _DISK_ERRORS
    if is_disk or any(word in text for word in _DISK_WORDS):
        reason = "the disk is full, or a limit on file sizes was reached"
        advice = "Free space (old generations, the warehouse's temporary files) and run again."
    elif isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        advice = "Make the folder writable for the user that runs the night."
    else:
        reason = f"{type(error).__name__} in the engine"
        advice = "Run the model's tests; a value that does not fit its published type is the usual cause."
    return PublishError(
        f"{what} could not be written: {reason}. Readers keep the current generation. {advice}"
    )
