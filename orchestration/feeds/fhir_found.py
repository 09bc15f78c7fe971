"""What became of lines of a FHIR file.

Belongs here: what is known of a piece of the file once it is settled, and of several pieces together.
Does not belong here: finding it out (``fhir_piece.py``), and putting it in place (``fhir.py``).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.feeds.reading import Judged

CodeKey = tuple[str, str, str, str]
"""Feed, column, system and code."""


@dataclass
class Found:
    """What became of lines.

    Attributes:
        lines: how many there were.
        judged: rows by feed and by where in what is read of a type they come from, in the order of the lines.
        refusals: tables of ``row_number`` and ``reason``.
        others: of each type that fills nothing, the number of its first line and how many there are.
        unfilled: lines that fill no feed.
        unfilled_refused: those of them that were refused.
        unmapped: how often each unknown code was met.
        identifiers: tables of what resources go by, by type.
        spans: where several files are read together, first and last line of each, by its place among them.
        unmapped_of: the unknown codes of each of those files, by the same.
    """

    lines: int = 0
    judged: dict[str, dict[str, list[Judged]]] = field(default_factory=dict)
    refusals: list[Path] = field(default_factory=list)
    others: dict[str, tuple[int, int]] = field(default_factory=dict)
    unfilled: int = 0
    unfilled_refused: int = 0
    unmapped: Counter[CodeKey] = field(default_factory=Counter)
    identifiers: dict[str, list[Path]] = field(default_factory=dict)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    unmapped_of: defaultdict[int, Counter[CodeKey]] = field(default_factory=lambda: defaultdict(Counter))

    def rows_of(self, feed: str) -> list[Judged]:
        """The rows for a feed, in an order that does not depend on what the file was cut into."""
        places = self.judged[feed]
        return [judged for place in sorted(places) for judged in places[place]]

    def file_of(self, number: str) -> str:
        """SQL of which file a line is from; -1 where it is none of those that are read together.

        Args:
            number: SQL of the number of the line.
        """
        if not self.spans:
            return "0"
        cases = (
            f"WHEN {number} BETWEEN {begin} AND {end} THEN {place}"
            for place, (begin, end) in self.spans.items()
        )
        return f"CASE {' '.join(cases)} ELSE -1 END"

    def note(self, key: CodeKey, file: int, number: int) -> None:
        """Count an unknown code of a file."""
        self.unmapped[key] += number
        self.unmapped_of[file][key] += number

    def add(self, later: "Found") -> None:
        """Take in what became of the lines that come next."""
        self.lines += later.lines
        for feed, places in later.judged.items():
            for place, judged in places.items():
                self.judged.setdefault(feed, {}).setdefault(place, []).extend(judged)
        self.refusals += later.refusals
        for name, (first, number) in later.others.items():
            known = self.others.get(name, (first, 0))
            self.others[name] = (known[0], known[1] + number)
        self.unfilled += later.unfilled
        self.unfilled_refused += later.unfilled_refused
        for key, number in later.unmapped.items():
            self.unmapped[key] += number
        for name, tables in later.identifiers.items():
            self.identifiers.setdefault(name, []).extend(tables)
