"""How the resources of one type become rows: what is worked out of each line, and what once for many.

Most of what a resource says in codes, thousands of others say alike. So the elements that hold codes are read
as text, each combination of such texts is looked at once, and the lines are joined to what was found.

Belongs here: which expression is worked out where, and the SQL of the steps. Does not belong here: what the
expressions mean (``fhir_resources.py`` and its neighbours), and running the steps (``fhir_piece.py``).
"""

from collections.abc import Iterable, Set
from functools import cache, cached_property
from typing import Final

from orchestration.feeds.codes import lookup
from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.door import ROW
from orchestration.feeds.fhir_elements import SAID, is_code, made_of, names_in, structure, with_targets
from orchestration.feeds.fhir_resources import Mapping
from orchestration.feeds.fhir_rows import Row, trim_codes, voided
from orchestration.feeds.fhir_shapes import misfit_codes
from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.lake import quoted

PART: Final = "line"
"""What a part of a resource is called where each is a row."""

OF_LINES: Final = frozenset({"updated_at", "identifier_rows", "told_by"})
"""What is worked out of lines whatever feeds they fill."""


class Plan:
    """The steps for one resource type.

    Attributes:
        name: of the type.
        rows: the feeds that the type fills.
        refusals: conditions under which a line must not be read, and why, in their order.
        trimmed: by feed, the columns whose texts are trimmed when a row is filled.
    """

    def __init__(self, contract: Contract, name: str) -> None:
        """Name everything that is worked out.

        Args:
            contract: the feeds.
            name: of the type.
        """
        resource = RESOURCES[name]
        self.name, self.resource = name, resource
        self._texts = dict(resource.derived)
        if resource.identifier_rows:
            self._texts["identifier_rows"] = resource.identifier_rows
        if resource.told_by:
            self._texts["told_by"] = resource.told_by[2]
        self._texts["updated_at"] = "s.meta.lastUpdated"
        self.refusals = {"s.implicitRules IS NOT NULL": "unknown_implicit_rules"}
        foreign = {f's."{element}" IS NOT NULL': release for element, release in resource.foreign.items()}
        for condition, release in {**foreign, **resource.misshapen}.items():
            self.refusals[condition] = f"unsupported_release:{release}"
        self.rows: list[Row] = []
        for number, mapping in enumerate(resource.mappings):
            self.rows.append(self._row(contract.feeds[mapping.feed], mapping, f"{number}_"))
        self._texts = with_targets(self._texts)
        self._put_off()
        # What several feeds take alike is worked out once, and what is an element as it stands not at all.
        elements = {name for name, kind in resource.columns.items() if kind == "VARCHAR"} - {*self.codes}
        known = {f"CAST(s.{name} AS VARCHAR)": name for name in sorted(elements)}
        for name, text in self._texts.items():
            if self.places[name] == "line" and known.setdefault(text, name) != name:
                self._texts[name], self.places[name] = f's."{known[text]}"', "both"
        self.trimmed = trim_codes(self.rows, self.places, self._texts)

    def _put_off(self) -> None:
        """Leave what only parts of one feed's lines are made of until it is known which lines those are."""
        for row in self.rows if self.is_sorted else ():
            others = OF_LINES.union(*(each.names if each == row else each.all_names for each in self.rows))
            for name in made_of(names_in(row.mapping.each or ""), self._texts) - made_of(others, self._texts):
                self.places[name] = "both"

    def _row(self, feed: Feed, mapping: Mapping, prefix: str) -> Row:
        """Name a feed's columns, their lookups, and whether a resource fills the feed."""
        texts, reported = self._texts, []
        for column, text in mapping.columns.items():
            texts[f"{prefix}{column}"] = f"CAST({text} AS VARCHAR)"
        for column, coded in mapping.coded.items():
            known, first = f"{prefix}{column}_known", f"{prefix}{column}_first"
            found = lookup(feed.name, column, coded.codings)
            if mapping.needs and not self._is_said_in_codes(found):
                found = f'CASE WHEN s."{mapping.needs}" IS NOT NULL THEN {found} END'
            texts[known] = found
            texts[first] = f'CASE WHEN s."{known}" IS NULL THEN {coded.first} END'
            has_other = "other" in feed.column(column).values
            otherwise = coded.otherwise or (
                f"""CASE WHEN s."{first}".code IS NOT NULL THEN 'other' END""" if has_other else "NULL"
            )
            texts[f"{prefix}{column}"] = f'coalesce(s."{known}", {otherwise})'
            if coded.is_reported:
                reported.append(column)
        texts.update({f"{prefix}{column}_first": coding for column, coding in mapping.listed.items()})
        reported += mapping.listed
        texts[f"{prefix}is_deleted"] = f"CAST(coalesce({mapping.is_deleted}, false) AS VARCHAR)"
        where = mapping.where
        for column in mapping.coded:
            where = where.replace(f"{{{column}}}", f's."{prefix}{column}_known"')
        earlier = [f'NOT s."{row.takes}"' if row.takes else "false" for row in self.rows]
        takes = None
        if where != "true" or mapping.needs or earlier:
            takes = f"{prefix}takes"
            condition = " AND ".join([f"coalesce(({where}), false)", *earlier])
            if mapping.needs:
                condition = f'CASE WHEN s."{mapping.needs}" IS NOT NULL THEN {condition} ELSE false END'
            texts[takes] = condition
        return Row(feed, mapping, prefix, takes, tuple(reported))

    def _is_said_in_codes(self, text: str) -> bool:
        elements = self.resource.elements
        return all(name in elements and is_code(name, elements[name]) for name in names_in(text))

    @cached_property
    def codes(self) -> dict[str, str]:
        """The elements of codes that anything is worked out of, and their types."""
        used: set[str] = set()
        for text in (*self._texts.values(), *self.refusals):
            used |= names_in(text)
        return {
            element: kind
            for element, kind in self.resource.elements.items()
            if element in used and is_code(element, kind)
        }

    @property
    def columns(self) -> dict[str, str]:
        """DuckDB types by element as a line is read: codes are text."""
        texts = {element: "VARCHAR" if kind == "VARCHAR" else "JSON" for element, kind in self.codes.items()}
        return {**self.resource.columns, **texts}

    @cached_property
    def places(self) -> dict[str, str]:
        """Where each named text is worked out: of a ``line``, its ``codes``, ``both``; constants, ``any``."""
        places: dict[str, str] = {}
        for name, text in self._texts.items():
            found = {self._place_of_name(part, places) for part in names_in(text)} - {"any"}
            other = "any" if name in self.resource.derived and not names_in(text) else "both"
            places[name] = found.pop() if len(found) == 1 else other
        return places

    def _place_of_name(self, name: str, places: dict[str, str]) -> str:
        if name == PART:
            return "both"
        return places.get(name) or ("codes" if name in self.codes else "line")

    def _needed(self, names: Iterable[str], place: str) -> list[str]:
        """What has to be worked out in a place for these names, in the order of the texts."""
        here = {name: text for name, text in self._texts.items() if self.places[name] in (place, "any")}
        needed = made_of(names, here)
        return [name for name in here if name in needed]

    def steps(self, source: str, names: Iterable[str], place: str, done: Iterable[str] = ()) -> str:
        """SQL of a source with names worked out in one place, each after those that it is made of.

        Args:
            source: SQL of what the names are worked out of.
            names: what is wanted.
            place: where it is worked out.
            done: what the source has already.
        """
        done = set(done)
        left = [name for name in self._needed(names, place) if name not in done]
        while left:
            ready = [name for name in left if not (names_in(self._texts[name]) & set(left))]
            listed = ", ".join(f'{self._texts[name]} AS "{name}"' for name in ready)
            source = f"(SELECT s.*, {listed} FROM {source} AS s)"  # noqa: S608
            left = [name for name in left if name not in ready]
        return source

    def _refusal(self, place: str) -> str:
        """SQL of why a line must not be read, by what one place knows; null where it may."""
        cases = [
            f"WHEN {condition} THEN {quoted(reason)}"
            for condition, reason in self.refusals.items()
            if {self._place_of_name(name, {}) for name in names_in(condition)} == {place}
        ]
        return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"

    def lines(self, source: str, also: Iterable[str] = ()) -> str:
        """SQL of what is kept of each line.

        Args:
            source: SQL of lines with ``columns`` and ``line_type``.
            also: what else lines have and keep.
        """
        later = self._sources(OF_LINES.union(*(row.all_names for row in self.rows)))
        worked_out = [name for name, place in self.places.items() if place == "line" and name in later]
        kept = [*also, "line_type", *self.codes, *worked_out]
        kept += [name for name in self.resource.columns if name in later and name not in self.codes]
        listed = ", ".join([*(f's."{name}"' for name in kept), f"{self._refusal('line')} AS reason"])
        return f"SELECT {listed} FROM {self.steps(source, worked_out, 'line')} AS s"  # noqa: S608

    def said(self, lines: str) -> str:
        """SQL of each combination of codes and what it means.

        Args:
            lines: SQL of the lines of the type.
        """
        keys = ", ".join(f'"{name}"' for name in self.codes)
        values = ", ".join(
            f'"{name}" AS "{name}__text", '
            + (f'"{name}"' if kind == "VARCHAR" else f"from_json(\"{name}\", '{structure(kind)}')")
            + f' AS "{name}"'
            for name, kind in self.codes.items()
        )
        source = f"(SELECT {values} FROM (SELECT DISTINCT {keys} FROM {lines}))"  # noqa: S608
        of_codes = [name for name, place in self.places.items() if place == "codes"]
        source = self.steps(source, of_codes, "codes")
        number, reason = f"row_number() OVER () AS {SAID}", self._refusal("codes")
        if misfits := misfit_codes(self.codes):
            reason = f"coalesce({reason}, {misfits})"
        return f"SELECT s.*, {number}, {reason} AS codes_reason FROM {source} AS s"  # noqa: S608

    @property
    def is_sorted(self) -> bool:
        """Whether lines are first told apart by the feed that they fill."""
        return len(self.rows) > 1

    def taken(self, row: Row, good: str) -> str:
        """SQL of the good lines that fill a feed.

        Args:
            row: of the feed.
            good: SQL of good lines with what their codes mean, and which feed each fills if they are sorted.
        """
        if row.takes is None:
            return good
        if self.is_sorted:
            return f'(FROM {good} WHERE "{row.takes}")'
        return f'(FROM {self.steps(good, [row.takes], "both")} AS s WHERE s."{row.takes}")'

    def filled(self, row: Row, taken: str) -> str:
        """SQL of a feed's columns as text, with the row number, ``updated_at`` and ``is_deleted``."""
        columns = {f"{row.prefix}{column}": column for column in row.columns}
        columns[f"{row.prefix}is_deleted"] = "is_deleted"
        columns["updated_at"] = "updated_at"
        if row.mapping.each:
            taken = self._parted(row, columns, taken)
        source = self.steps(taken, columns, "both", self._known(row))
        listed = ", ".join(f's."{name}" AS "{column}"' for name, column in columns.items())
        rows = f"SELECT s.{ROW}, {listed} FROM {source} AS s"  # noqa: S608
        return voided(row.feed, row.columns, row.mapping.coded, rows)

    def unknown(self, row: Row, column: str, taken: str) -> str:
        """SQL of line numbers and first codings of a column where none is known, as ``coding``."""
        name = f"{row.prefix}{column}_first"
        if row.mapping.each and self.places[name] == "both":
            taken = self._parted(row, [name], taken)
        source = self.steps(taken, [name], "both", self._known(row))
        codings = f'SELECT s.{ROW}, s."{name}" AS coding FROM {source} AS s'  # noqa: S608
        return f'{codings} WHERE s."{name}".code IS NOT NULL'

    def own_names(self, row: Row, column: str) -> list[str]:
        """What a column's first coding is made of that is not the same for all lines with the same codes."""
        used = self._sources({f"{row.prefix}{column}_first"})
        return sorted(name for name in used if self._place_of_name(name, self.places) == "line")

    def _sources(self, wanted: Set[str]) -> set[str]:
        """What lines and codes have of which names are worked out, in the end."""
        later = {*self._needed(wanted, "both")}
        return {*wanted}.union(*(names_in(self._texts[name]) for name in later)) - {*later, PART}

    def _parted(self, row: Row, names: Iterable[str], taken: str) -> str:
        """SQL of the parts of lines, each beside what the names are worked out of and nothing else."""
        steps = {*self._needed(names, "both")} - {*self._known(row)}
        used = {*names}.union(*(names_in(self._texts[name]) for name in steps)) - {*steps, PART}
        kept = ", ".join(f's."{name}"' for name in (ROW, *sorted(used)))
        parts = f"coalesce(nullif({row.mapping.each}, []), [NULL]) AS parts"
        taken = self.steps(taken, names_in(row.mapping.each or ""), "both", self._known(row))
        lines = f"SELECT {kept}, {parts} FROM {taken} AS s"  # noqa: S608
        return f"(SELECT * EXCLUDE (parts), unnest(parts) AS {PART} FROM ({lines}))"  # noqa: S608

    def narrow(self, row: Row, taken: str) -> str:
        """SQL of the lines that fill a feed, with what its columns are made of and nothing else.

        Args:
            row: of the feed.
            taken: SQL of the lines.
        """
        wanted = self._sources({*row.all_names, ROW, "updated_at"} - {row.takes})
        listed = ", ".join(f's."{name}"' for name in sorted(wanted))
        return f"SELECT {listed} FROM {taken} AS s"  # noqa: S608

    def _known(self, row: Row) -> list[str]:
        """What was worked out to tell which lines fill a feed."""
        return self._needed([row.takes], "both") if row.takes and not self.is_sorted else []


@cache
def plan_of(contract: Contract, name: str) -> Plan:
    """The plan of a resource type, made once."""
    return Plan(contract, name)
