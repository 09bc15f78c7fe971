"""What a person at a terminal sees while something long goes on.

Belongs here: stages and bars. Does not belong here: the summary at the end
(``orchestration/publishing/summary``).
"""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from orchestration.reporter import LogReporter


class TerminalReporter(LogReporter):
    """One line a finished stage, and a bar for the running one where the terminal can redraw it."""

    def __init__(self, console: Console) -> None:
        """Write to a console, usually that of standard error."""
        self._console = console
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[what]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "TerminalReporter":
        """Start drawing."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self._bar.stop()

    def started(self, stage: str) -> None:
        """Show a stage."""
        super().started(stage)
        self._task = self._bar.add_task(stage, total=None, what="")

    def progress(self, what: str, done: int, total: int) -> None:
        """Move the bar."""
        super().progress(what, done, total)
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total or None, what=what[:48])

    def finished(self, stage: str, seconds: float, outcome: str) -> None:
        """Leave one line behind."""
        super().finished(stage, seconds, outcome)
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        self._console.print(f"  {stage:<12}{seconds:>7.1f} s  {outcome}", highlight=False, soft_wrap=True)
