"""What people who may not see patients may see: ids as keyed hashes, and no figure that points at a few.

Belongs here: the two mechanisms, which know no mart. Does not belong here: which marts and columns are shared
(``marts.yml``).
"""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from orchestration.publishing.engine import literal

SMALLEST_SHOWN = 11
"""Counts of people below this are hidden (the cell size policy of CMS)."""

Cell = TypeVar("Cell", bound=Hashable)


def hashed_id(hash_key: str, kind: str, value: str) -> str:
    """An id that is the same in every shared file and says nothing without the key.

    Args:
        hash_key: the home's secret.
        kind: the column, so that equal ids of different kinds differ.
        value: the id.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(f"{hash_key}|{kind}|{value}".encode()).hexdigest()


def hashed_id_sql(expression: str, kind: str, hash_key: str) -> str:
    """The same as ``hashed_id``, as SQL over an expression; null stays null."""
    return f"sha256({literal(f'{hash_key}|{kind}|')} || {expression})"


def is_small(count: int, minimum: int = SMALLEST_SHOWN) -> bool:
    """Whether a count of people is too small to be shown. Nought is too: it tells of everyone."""
    return count < minimum


def is_hidden_share(numerator: int, denominator: int, minimum: int = SMALLEST_SHOWN) -> bool:
    """Whether a share points at a few people: by its numerator, its denominator, or those between the two."""
    return any(is_small(count, minimum) for count in (numerator, denominator, denominator - numerator))


def hidden_cells(
    counts: Mapping[Cell, int],
    sums: Mapping[Cell, Sequence[Cell]],
    minimum: int = SMALLEST_SHOWN,
) -> set[Cell]:
    """The cells of a table that must be blank so that no count under the minimum can be read or worked out.

    First every small cell. Then, until nothing changes, one more cell where the published sums would give a
    small one away: because the equations taken together leave it only one value, or because a shown total
    leaves its hidden parts less than the minimum to share. Parts are taken before totals, those of the sums
    concerned before others, small before large.

    Args:
        counts: the count of each cell, totals included. Small tables: a page, not a warehouse.
        sums: for each total that is a cell itself, the cells that add up to it.
        minimum: counts below it are small.

    Returns:
        The cells to leave blank.

    Raises:
        ValueError: a sum names an unknown cell, or its parts do not add up to it.
    """
    for total, parts in sums.items():
        if total not in counts or any(part not in counts for part in parts):
            raise ValueError("a sum names a cell that has no count")
        if sum(counts[part] for part in parts) != counts[total]:
            raise ValueError("the parts of a sum do not add up to it")
    small = {cell for cell, count in counts.items() if is_small(count, minimum)}
    order = {cell: position for position, cell in enumerate(counts)}
    hidden = set(small)
    while exposing := _sums_that_expose(counts, sums, hidden, small, minimum):
        near = {cell for total in exposing for cell in (total, *sums[total])}
        linked = (
            cells for cells in ((total, *parts) for total, parts in sums.items()) if hidden & set(cells)
        )
        shown = {cell for cells in linked for cell in cells} - hidden
        if not shown:
            break
        hidden.add(min(shown, key=lambda cell: (cell in sums, cell not in near, counts[cell], order[cell])))
    return hidden


def _sums_that_expose(
    counts: Mapping[Cell, int],
    sums: Mapping[Cell, Sequence[Cell]],
    hidden: set[Cell],
    small: set[Cell],
    minimum: int,
) -> list[Cell]:
    """The totals of the sums by which the first small cell that is not safe can be worked out."""
    known = _determined(sums, hidden)
    for cell in counts:
        if cell in small and cell in known:
            return [total for total, parts in sums.items() if cell == total or cell in parts]
    unknown = hidden - known
    for total, parts in sums.items():
        left = [counts[part] for part in parts if part in unknown]
        if total not in unknown and left and sum(left) < minimum:
            return [total]
    return []


def _determined(sums: Mapping[Cell, Sequence[Cell]], hidden: set[Cell]) -> set[Cell]:
    """The hidden cells to which the equations leave one value: alone in a row of the reduced echelon form."""
    rows: list[dict[Cell, Fraction]] = []
    for total, parts in sums.items():
        row = {part: Fraction(1) for part in parts if part in hidden}
        if total in hidden:
            row[total] = Fraction(-1)
        rows.append(row)
    reduced: dict[Cell, dict[Cell, Fraction]] = {}
    for row in rows:
        for pivot, other in reduced.items():
            _subtract(row, other, row.get(pivot, Fraction(0)))
        if not row:
            continue
        pivot, value = next(iter(row.items()))
        row = {cell: factor / value for cell, factor in row.items()}
        for other in reduced.values():
            _subtract(other, row, other.get(pivot, Fraction(0)))
        reduced[pivot] = row
    return {pivot for pivot, row in reduced.items() if len(row) == 1}


def _subtract(row: dict[Cell, Fraction], other: Mapping[Cell, Fraction], factor: Fraction) -> None:
    """Take ``factor`` times another row from a row, in place, keeping no noughts."""
    if factor:
        for cell, value in other.items():
            changed = row.get(cell, Fraction(0)) - factor * value
            if changed:
                row[cell] = changed
            else:
                row.pop(cell, None)
