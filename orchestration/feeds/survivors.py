"""Which of several records of one patient stands for the others.

Belongs here: the walk from record to record. Does not belong here: tables, and how a link is told
(``merges.py``).
"""

from collections.abc import Iterable, Iterator, Mapping


def survivors(
    directed: Iterable[tuple[str, str]], same: Iterable[tuple[str, str]]
) -> tuple[dict[str, str], set[str]]:
    """Which record stands for which.

    Args:
        directed: pairs of a record and the one that replaces it.
        same: pairs of records of one patient, neither of which replaces the other; the lower id stands.

    Returns:
        The record that stands, by each one that it stands for; and those that lead to two, or in a circle.
    """
    heirs: dict[str, set[str]] = {}
    for old, new in directed:
        heirs.setdefault(old, set()).add(new)
        heirs.setdefault(new, set())
    ends = {name: _end(name, heirs) for name in heirs}
    contradicted = {name for name, end in ends.items() if end is None}
    roots: dict[str, str] = {}

    def root(name: str) -> str:
        while roots.get(name, name) != name:
            name = roots[name]
        return name

    for one, other in same:
        pair = sorted({root(ends.get(one, one) or ""), root(ends.get(other, other) or "")})
        if "" not in pair:
            roots[pair[-1]] = pair[0]
    named = {*ends, *roots} - contradicted
    found = {name: root(ends.get(name) or name) for name in named}
    return {name: end for name, end in found.items() if name != end}, contradicted


def _end(name: str, heirs: Mapping[str, set[str]]) -> str | None:
    """The one record that a record leads to at last; null where it leads to several, or in a circle."""
    found, waiting, seen = set(), [name], set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        waiting += heirs[here]
        if not heirs[here]:
            found.add(here)
    return found.pop() if len(found) == 1 and not _turns_back(name, heirs) else None


def _turns_back(name: str, heirs: Mapping[str, set[str]]) -> bool:
    """Whether a walk from a record comes back to a record that it has come through."""
    path: list[tuple[str, Iterator[str]]] = [(name, iter(sorted(heirs[name])))]
    on_path, done = {name}, set()
    while path:
        here, later = path[-1]
        following = next(later, None)
        if following is None:
            path.pop()
            on_path.discard(here)
            done.add(here)
        elif following in on_path:
            return True
        elif following not in done:
            on_path.add(following)
            path.append((following, iter(sorted(heirs[following]))))
    return False
