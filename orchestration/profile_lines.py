"""Reading a YAML file with the place of each of its values, and saying what is wrong with one, for people.

Belongs here: values, lines and sentences. Does not belong here: what may stand in a profile (``profile``).
"""

import re
from pathlib import Path
from typing import Any, Final

import yaml

MOST_VALUES: Final = 50_000
"""Values that a file may hold, aliases counted wherever they stand."""

_DEEPEST: Final = 20
_TAG: Final = "tag:yaml.org,2002:"
_FORMS: Final = {
    "null": (r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]{1,18}", list("-+0123456789")),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    "merge": (r"<<", ["<"]),
}
_NAMES: Final = (
    "holds names, each as name: value and without a dash; leave it out where there is nothing to say"
)
_HINTS: Final = {
    r"'\t'": "indent by spaces and not by tabs",
    "cannot start any token": "a sign such as | or % stands in quotes",
    "mapping values are not allowed": "text with a colon is in quotes, and names of one level in one column",
    "expected alphabetic or numeric": "text that begins with * or & stands in quotes",
    "another document": "a profile has no line of dashes in it",
}
"""What to do about what the reader of YAML says in its own words."""

_PLACES: Final = {
    "model_type": _NAMES,
    "dict_type": _NAMES,
    "tuple_type": "is a list, such as [first, second]",
    "string_type": "is text; what YAML could take for something else stands in quotes",
    "string_too_short": "is empty; leave it out where there is nothing to say",
    "string_pattern_mismatch": "begins or ends with a space, or holds a line break",
    "int_type": "is a whole number",
    "bool_type": "is true or false",
    "extra_forbidden": "is no name of a profile",
    "missing": "is missing",
}


class NotYaml(Exception):
    """A file cannot be read. The message has its path, its line where there is one, and no value."""


class _NoProfile(yaml.MarkedYAMLError):
    """It is YAML, and nothing that a profile may hold. ``problem`` is a sentence."""


class _Loader(yaml.SafeLoader):
    """Takes values as YAML 1.2 has them: neither ``yes`` nor 06:30 nor a date is anything but text.

    Editors read so, and a time of day would otherwise be a number of minutes.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_yaml_int(self, node: Any) -> int:
        """A whole number of decimal digits, leading zeros or not."""
        return int(self.construct_scalar(node))


for _name, (_form, _first) in _FORMS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"^(?:{_form})$", re.ASCII), _first)
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_yaml_int)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLAIN: Final = frozenset(f"{_TAG}{name}" for name in (*_FORMS, "str", "seq", "map"))


def read_yaml(path: Path) -> tuple[Any, dict[str, int], list[tuple[str, str]]]:
    """Read a YAML file.

    Returns:
        What it holds, the line of each value by its path, and what is wrong with the file, as path and
        sentence: names that stand twice and names without a value.

    Raises:
        NotYaml: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NotYaml(f"{path}: is not UTF-8 text; save it in that encoding") from None
    except OSError as error:
        raise NotYaml(f"{path}: cannot be read: {error.strerror}") from None
    lines: dict[str, int] = {}
    try:
        tree = yaml.compose(text, Loader=_Loader)
        problems = [] if tree is None else _note(tree, "", lines, 0)
        loader = _Loader(text)
        try:
            document = loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        kind = "" if isinstance(error, _NoProfile) else "is not YAML: "
        said = str(error.problem or error.context)
        hint = next((f"; {hint}" for words, hint in _HINTS.items() if words in said), "")
        raise NotYaml(f"{path}:{line}: {kind}{said}{hint}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(f"{path}:{line}: holds a character that no text has") from None
    except RecursionError:
        raise NotYaml(f"{path}:1: is not a profile: lists stand in lists without end") from None
    return document, lines, problems


def _note(node: Any, place: str, lines: dict[str, int], depth: int) -> list[tuple[str, str]]:
    """Note the line of each value by its path; return the names that stand twice or without a value."""
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if depth > _DEEPEST or len(lines) > MOST_VALUES:
        raise _NoProfile(
            problem="holds too many values for a profile, or too deep ones", problem_mark=node.start_mark
        )
    if node.tag not in _PLAIN:
        raise _NoProfile(problem="a profile has no tags (!)", problem_mark=node.start_mark)
    if isinstance(node, yaml.ScalarNode) and _SURROGATE.search(node.value):
        raise _NoProfile(problem="holds a character that no text has", problem_mark=node.start_mark)
    if node.tag == f"{_TAG}null":
        return [(place, "has no value; leave it out, or put a sign in quotes")]
    if isinstance(node, yaml.MappingNode):
        return _note_names(node, place, lines, depth)
    found = []
    for number, value in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
        below = f"{place}.{number}"
        lines[below] = value.start_mark.line + 1
        found += _note(value, below, lines, depth + 1)
    return found


def _note_names(node: Any, place: str, lines: dict[str, int], depth: int) -> list[tuple[str, str]]:
    found = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _NoProfile(problem="a name is no text", problem_mark=key.start_mark)
        if key.tag != f"{_TAG}merge":
            key.tag = f"{_TAG}str"
        below = f"{place}.{key.value}" if place else key.value
        line = key.start_mark.line + 1
        if below in lines:
            found.append((below, f"stands twice, first in line {lines[below]}"))
        lines[below] = line
        found += _note(value, below, lines, depth + 1)
    return found


def sentence_of(problem: Any) -> str:
    """What a problem of the form is, behind the path of its value."""
    steps = [str(step) for step in problem["loc"]]
    if problem["type"] == "string_pattern_mismatch" and steps[-1] == "delimiter":
        return r'is one of , ; | ^ ~ : in quotes, or a tab, which is written "\t" in double quotes'
    if problem["type"] in _PLACES:
        return _PLACES[problem["type"]]
    told = str(problem["msg"]).removeprefix("Value error, ")
    return re.sub("^(?:Input|String) should", "has to", told)


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
    told = f"{place}: {what}" if place else what
    told = "".join(sign if sign.isprintable() else "?" for sign in told)
    return f"{path}:{lines.get(near, 1)}: {told}"
