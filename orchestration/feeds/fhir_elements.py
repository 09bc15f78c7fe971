"""What SQL takes from a resource, and how its elements are read.

Belongs here: the names in an expression, and which elements are read as text because many lines say the same
in them. Does not belong here: where expressions are worked out (``fhir_plan.py``).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from orchestration.feeds.fhir_resources import CODING

NAME: Final = re.compile(r'\bs\.(?:"(\w+)"|(\w+))')
SAID: Final = "said_number"
"""The number of a combination of codes."""

IN_A_LIST: Final = re.compile(r"fhir_reference\(([(]?s\.\w+[)]?\[1\][\w.]*),")
"""A reference in the first part of a list of the resource."""

CONCEPT_BEGINS: Final = f"STRUCT(coding {CODING}[], text VARCHAR"
FEW_VALUES: Final = frozenset({"status", "intent", "gender", "use", "outcome"})
"""Elements of plain text that hold a code."""


def names_in(text: str) -> set[str]:
    """The names that SQL takes from the resource ``s``."""
    return {first or second for first, second in NAME.findall(text)}


def made_of(names: Iterable[str], texts: Mapping[str, str]) -> set[str]:
    """These names, as far as they are worked out, and those that they are made of.

    Args:
        names: what is asked for.
        texts: SQL by name of all that is worked out.
    """
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in texts and name not in found:
            found.add(name)
            waiting.extend(names_in(texts[name]))
    return found


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


def with_targets(texts: dict[str, str]) -> dict[str, str]:
    """Let what a reference stands in be taken out of its list once, and not in each step of resolving it.

    Args:
        texts: SQL by name, each made of those before it.
    """
    found: dict[str, str] = {}
    targets: dict[str, str] = {}
    for name, text in texts.items():
        for target in IN_A_LIST.findall(text):
            if target not in targets:
                targets[target] = f"target_{len(targets)}"
                found[targets[target]] = target
            text = text.replace(f"fhir_reference({target},", f'fhir_reference(s."{targets[target]}",')
        found[name] = text
    return found
