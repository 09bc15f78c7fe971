"""Where in a YAML file each of its values stands, and what is wrong with one, for people.

Belongs here: lines and sentences. Does not belong here: what may stand in a profile (``profile``).
"""

from pathlib import Path
from typing import Any

import yaml


def note_lines(node: Any, place: str, lines: dict[str, int]) -> list[tuple[str, str]]:
    """Note the line of each value by its path; return the names that stand twice."""
    twice: list[tuple[str, str]] = []
    if node is None:
        return twice
    lines.setdefault(place, node.start_mark.line + 1)
    steps: list[tuple[str, Any, int]] = []
    if isinstance(node, yaml.MappingNode):
        steps = [(str(key.value), value, key.start_mark.line + 1) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        steps = [(str(number), value, value.start_mark.line + 1) for number, value in enumerate(node.value)]
    for name, value, line in steps:
        below = f"{place}.{name}" if place else name
        if below in lines:
            twice.append((below, f"stands twice, first in line {lines[below]}"))
        lines[below] = line
        twice += note_lines(value, below, lines)
    return twice


def sentence_of(problem: Any) -> str:
    """What a problem of the form is, behind the path of its value."""
    if problem["type"] == "extra_forbidden":
        return "is no name of a profile"
    if problem["type"] == "missing":
        return "is missing"
    if problem["type"] in ("model_type", "dict_type"):
        return "is a list of names and values; leave it out where there is nothing to say"
    if problem["type"] == "string_pattern_mismatch" and str(problem["loc"][-1]) == "delimiter":
        return r'is one of , ; | ^ ~ : and "\t"'
    return str(problem["msg"]).removeprefix("Value error, ")


def told_at(path: Path, lines: dict[str, int], place: str, what: str) -> str:
    """A problem with its file, its line and its path.

    Args:
        path: the file.
        lines: the line of each path.
        place: the path; one that is not there has the line of what it should stand in.
        what: the problem.
    """
    near = place
    while near and near not in lines:
        near = near.rpartition(".")[0]
    return f"{path}:{lines.get(near, 1)}: {f'{place}: ' if place else ''}{what}"
