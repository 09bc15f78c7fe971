"""What sqlfluff's quick templater puts in place of dbt's adapter.

Belongs here: the ``adapter`` object that macros call. Does not belong here: anything that a build uses.
"""

from collections.abc import Callable


def dispatch(name: str, package: str | None = None) -> Callable[..., str]:
    """Return a macro that renders as a call of its own name."""
    return lambda *arguments: f"{name}({', '.join(str(argument) for argument in arguments)})"
