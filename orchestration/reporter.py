"""How a night tells where it is: the stages, and what is done in them.

Belongs here: the shape of a reporter, and the one that writes the log.
Does not belong here: the terminal's own (``orchestration/terminal.py``) and what is told at the end.
"""

import logging
from typing import Protocol

LOGGER = logging.getLogger("orchestration.night")


class Reporter(Protocol):
    """Is told of each stage of a night. No text that it gets names a patient."""

    def started(self, stage: str) -> None:
        """A stage begins."""

    def progress(self, what: str, done: int, total: int) -> None:
        """A part of the running stage is done; ``total`` is 0 where it is not known."""

    def finished(self, stage: str, seconds: float, outcome: str) -> None:
        """A stage is over; ``outcome`` says in a few words what came of it."""


class LogReporter:
    """Writes one line a stage into the log of the process."""

    def started(self, stage: str) -> None:
        """Log the beginning."""
        LOGGER.info("%s: started", stage)

    def progress(self, what: str, done: int, total: int) -> None:
        """Log the part."""
        LOGGER.debug("%s (%s of %s)", what, done, total)

    def finished(self, stage: str, seconds: float, outcome: str) -> None:
        """Log the end."""
        LOGGER.info("%s: %s in %.1f s", stage, outcome, seconds)
