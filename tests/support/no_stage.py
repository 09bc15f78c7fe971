"""A reporter for nights that must not begin.

Belongs here: that reporter. Does not belong here: why they must not.
"""


class NoStage:
    """Fails the test as soon as a stage is started."""

    def started(self, stage: str) -> None:
        """Fail."""
        raise AssertionError(f"{stage} was started")

    def progress(self, what: str, done: int, total: int) -> None:
        """Pass over it."""

    def finished(self, stage: str, seconds: float, outcome: str) -> None:
        """Pass over it."""
