"""The lines of a resource type and what their codes mean, put together.

Belongs here: the joins, by texts once and by numbers from then on. Does not belong here: what is worked out
of lines and of codes (``fhir_plan.py``).
"""

from typing import Final

from orchestration.feeds.door import ROW
from orchestration.feeds.fhir_elements import SAID
from orchestration.feeds.fhir_plan import Plan

SAID_TABLE: Final = "fhir_said"
"""The table of the combinations of codes in a piece, and what they mean."""


def joined(plan: Plan, lines: str, said: str) -> str:
    """SQL of the lines of the type with what their codes mean.

    Args:
        plan: of the type.
        lines: SQL of the lines of the type.
        said: SQL of the combinations of codes.
    """
    if not plan.codes:
        return f"(SELECT *, NULL::VARCHAR AS codes_reason FROM {lines})"  # noqa: S608
    same = " AND ".join(f'p."{name}" IS NOT DISTINCT FROM c."{name}__text"' for name in plan.codes)
    keys = ", ".join(f'"{name}"' for name in plan.codes)
    return f"(SELECT p.* EXCLUDE ({keys}), c.* FROM {lines} AS p INNER JOIN {said} AS c ON {same})"  # noqa: S608


def sorted_out(plan: Plan, good: str) -> str:
    """SQL of the numbers of good lines and of what their codes say, and of which feed each fills.

    Args:
        plan: of the type.
        good: SQL of good lines with what their codes mean.
    """
    takes = [row.takes for row in plan.rows if row.takes]
    kept = [ROW, *([SAID] if plan.codes else []), *takes]
    listed = ", ".join(f's."{name}"' for name in kept)
    return f"SELECT {listed} FROM {plan.steps(good, takes, 'both')} AS s"  # noqa: S608


def joined_again(plan: Plan, lines: str, said: str, parted: str) -> str:
    """SQL of good lines with what their codes mean and which feed each fills, joined by numbers alone.

    Args:
        plan: of the type.
        lines: SQL of the lines of the type.
        said: SQL of the combinations of codes.
        parted: SQL of ``sorted_out``.
    """
    source = f"{lines} AS p INNER JOIN {parted} AS t ON p.{ROW} = t.{ROW}"
    if not plan.codes:
        return f"(SELECT p.*, t.* EXCLUDE ({ROW}) FROM {source})"  # noqa: S608
    keys = ", ".join(f'"{name}"' for name in plan.codes)
    return (
        f"(SELECT p.* EXCLUDE ({keys}), t.* EXCLUDE ({ROW}, {SAID}), c.* "  # noqa: S608
        f"FROM {source} INNER JOIN {said} AS c ON t.{SAID} = c.{SAID})"
    )


def untaken(plan: Plan, good: str) -> str:
    """SQL of the codings, as ``coding``, that should have told what good lines that fill nothing are.

    Args:
        plan: of the type.
        good: SQL of good lines with what their codes mean, and which feed each fills if they are sorted.
    """
    takes = [row.takes for row in plan.rows if row.takes]
    names = ["told_by"] if plan.is_sorted else [*takes, "told_by"]
    source = plan.steps(good, names, "both")
    none = " AND ".join(f's."{name}" IS NOT TRUE' for name in takes)
    every = f"SELECT s.{ROW}, unnest(s.told_by) AS coding FROM {source} AS s WHERE {none}"  # noqa: S608
    return f"SELECT {ROW}, coding FROM ({every}) WHERE coding.code IS NOT NULL"  # noqa: S608


def identifiers(plan: Plan, good: str, *, is_numbered: bool) -> str:
    """SQL of what others may name instead of the ids of good lines.

    Args:
        plan: of the type.
        good: SQL of good lines with what their codes mean.
        is_numbered: whether each comes with the number of its line.
    """
    source = plan.steps(good, ["identifier_rows"], "both")
    number = f"{ROW}, " if is_numbered else ""
    every = f"SELECT {number}unnest(s.identifier_rows) AS entry FROM {source} AS s"  # noqa: S608
    return (
        f"SELECT {number}entry.type, entry.system, wh_trim(entry.value) AS value, entry.id FROM ({every}) "  # noqa: S608
        "WHERE entry.id IS NOT NULL AND wh_trim(entry.value) IS NOT NULL"
    )
