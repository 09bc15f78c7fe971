"""What SQL takes from a resource, and how its elements are read.

Belongs here: the names in an expression, and which elements are read as text because many lines say the same
in them. Does not belong here: where expressions are worked out (``fhir_plan.py``).
"""

import re
from typing import Final

from orchestration.feeds.fhir_resources import CODING

NAME: Final = re.compile(r'\bs\.(?:"(\w+)"|(\w+))')
CONCEPT_BEGINS: Final = f"STRUCT(coding {CODING}[], text VARCHAR"
FEW_VALUES: Final = frozenset({"status", "intent", "gender", "use", "outcome"})
"""Elements of plain text that hold a code."""


def names_in(text: str) -> set[str]:
    """The names that SQL takes from the resource ``s``."""
    return {first or second for first, second in NAME.findall(text)}


def is_code(element: str, kind: str) -> bool:
    """Whether an element holds codes, of which many lines have the same."""
    if kind == "VARCHAR":
        return element in FEW_VALUES
    return kind in (CODING, "JSON") or kind.startswith(CONCEPT_BEGINS)


def structure(kind: str) -> str:
    """A DuckDB type as ``from_json`` wants it."""
    if kind.endswith("[]"):
        return f"[{structure(kind[:-2])}]"
    if not kind.startswith("STRUCT("):
        return f'"{kind}"'
    parts, depth, part = [], 0, ""
    for sign in f"{kind[len('STRUCT(') : -1]},":
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            name, _, rest = part.strip().partition(" ")
            parts.append(f'"{name.strip(chr(34))}": {structure(rest)}')
            part = ""
        else:
            part += sign
    return f"{{{', '.join(parts)}}}"
