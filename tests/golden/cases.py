"""Reading golden folders: input composed from layers, expected rows as text.

What belongs here: the format of a case (``README.md`` beside this file tells it). What does not: running it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.reference.versions import DeliveredRow
from tests.support.landing import deliver, read_rows

HERE = Path(__file__).resolve().parent
BASE = HERE / "_base"
LAYERS = ("clinic", "patient", "coverage", "episode", "consent", "visit", "diagnosis", "scale", "review")
AS_OF = date(2026, 11, 22)
DELIVERED = "_delivered_on"
# What the rows of an expected file are about: of these, every row must be listed.
SCOPES = {
    "fct_minute_segment": ("entry_id",),
    "fct_patient_month": ("patient_id", "program", "service_month"),
    "fct_claim_candidate": ("patient_id", "program", "service_month"),
    "fct_claim_check": ("patient_id", "program", "service_month", "check_id"),
    "fct_claim_evidence": ("patient_id", "program", "service_month"),
    "fct_assessment": ("assessment_id",),
    "fct_metric_member": ("metric_id", "patient_id", "entity_type", "period_start_on"),
    "fct_metric_value": ("metric_id", "entity_type", "entity_id", "period_type", "period_start_on"),
    "rpt_capacity": ("practitioner_id", "month"),
    "rpt_case_review_queue": ("episode_id",),
    "rpt_caseload_registry": ("episode_id",),
    "rpt_communication_loop": ("review_id",),
    "rpt_finance_bridge": ("target_id", "month"),
    "rpt_likely_eligible": ("patient_id",),
    "rpt_near_miss": ("patient_id", "program", "service_month"),
    "rpt_referrer_scorecard": ("pcp_id", "period_type", "period_start_on"),
    "rpt_restatement": ("patient_id", "program", "service_month"),
    "rpt_slot_study": ("practitioner_id", "week_start_on"),
    "rpt_state_report": ("entity_id", "month", "metric_number"),
    "rpt_value_domain": ("domain", "measure", "month"),
    "dq_quarantine": ("case",),
}
# Marts of the whole organization: a case that expects them has a business date of its own, and so a landing.
ORGANIZATION_WIDE = frozenset({"rpt_value_domain"})
# The columns by which a row belongs to a case.
NAMES = ("patient_id", "entry_id", "assessment_id", "entity_id", "target_id", "practitioner_id", "pcp_id")
TextRow = dict[str, str]
# A row's place in a landing, and the case's name and row number that it came from.
Origins = dict[tuple[str, int], tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """A row of a case, and where a case's own file has it."""

    feed: str
    delivered_on: date
    cells: TextRow
    origin: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Case:
    """One golden folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, which stands before every id of the case."""
        return self.folder.name

    @property
    def label(self) -> str:
        """Topic and name."""
        return f"{self.folder.parent.name}/{self.name}"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What ``case.yml`` says; most cases need none."""
        path = self.folder / "case.yml"
        return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}

    @property
    def as_of(self) -> date:
        """The business date of the run."""
        as_of: date = self.settings.get("as_of", AS_OF)
        return as_of

    @property
    def default_zone(self) -> str:
        """The configured default zone."""
        return str(self.settings.get("default_zone", "UTC"))

    def rows(self) -> list[Row]:
        """The layers that the case did not leave out, once a patient, and the case's own rows."""
        shared: dict[str, list[TextRow]] = {}
        for layer in self._layers(LAYERS[:1], {}):
            self._add_layer(shared, layer, {})
        for patient in self.settings.get("patients", [{}]):
            words = {
                "@patient": f"@{patient.get('name', 'patient')}",
                "@payer": patient.get("payer", "medicare"),
                "@program": patient.get("program", "cocm"),
            }
            for layer in self._layers(LAYERS[1:], patient):
                self._add_layer(shared, layer, words)
        day = self.settings.get("base_delivered_on", self.as_of)
        found = [Row(feed, day, cells) for feed, rows in shared.items() for cells in rows]
        for path in sorted((self.folder / "feeds").glob("*.csv")):
            for number, row in enumerate(read_rows(path), start=1):
                cells = self._prefixed(row)
                delivered_on = cells.pop(DELIVERED, "")
                day = date.fromisoformat(delivered_on) if delivered_on else self.as_of
                found.append(Row(path.stem, day, cells, (self.name, str(number))))
        return found

    def expected(self) -> dict[str, list[TextRow]]:
        """The rows that must come out, by mart."""
        return {
            path.stem: [self._prefixed(row) for row in read_rows(path)]
            for path in sorted((self.folder / "expected").glob("*.csv"))
        }

    def absent(self) -> dict[str, list[TextRow]]:
        """What must have no row at all, by mart."""
        found = self.settings.get("absent", {})
        return {mart: [self._prefixed(row) for row in rows] for mart, rows in found.items()}

    def _layers(self, layers: tuple[str, ...], patient: dict[str, Any]) -> list[str]:
        left_out = {*self.settings.get("without", []), *patient.get("without", [])}
        return [layer for layer in (*layers, *patient.get("with", [])) if layer not in left_out]

    def _add_layer(self, shared: dict[str, list[TextRow]], layer: str, words: dict[str, str]) -> None:
        for path in sorted((BASE / layer).glob("*.csv")):
            for row in read_rows(path):
                cells = {column: _spoken(text, words) for column, text in row.items()}
                shared.setdefault(path.stem, []).append(self._prefixed(cells))

    def _prefixed(self, row: TextRow) -> TextRow:
        """A cell that begins with @ is an id of this case."""
        return {
            column: f"{self.name}-{text[1:]}" if text.startswith("@") else text
            for column, text in row.items()
        }


def joined(cases: Iterable[Case]) -> tuple[dict[str, list[DeliveredRow]], Origins]:
    """All cases as one landing with one file a feed and day, and where each of its rows came from."""
    batches: dict[tuple[str, date], list[Row]] = {}
    for case in cases:
        for row in case.rows():
            batches.setdefault((row.feed, row.delivered_on), []).append(row)
    feeds: dict[str, list[DeliveredRow]] = {}
    origins: Origins = {}
    for (feed, day), rows in batches.items():
        delivered = deliver(feed, day, [row.cells for row in rows])
        feeds.setdefault(feed, []).extend(delivered)
        origins |= {(one.file, one.row): row.origin for one, row in zip(delivered, rows, strict=True)}
    return feeds, origins


def traced(rows: Iterable[dict[str, Any]], origins: Origins) -> list[dict[str, Any]]:
    """Refused rows with the case and the row number that they came from."""
    places = (origins[row["source_file"], row["row_number"]] for row in rows)
    return [
        {**row, "case": case, "row_number": number} for row, (case, number) in zip(rows, places, strict=True)
    ]


def load_cases() -> list[Case]:
    """Every folder that expects something."""
    return [Case(path.parent) for path in sorted(HERE.glob("*/*/expected"))]


def unmet(
    case: Case, mart: str, rows: list[dict[str, Any]], unsaid: frozenset[str] = frozenset()
) -> list[str]:
    """What a mart lacks, or has too much of, against the rows that the case expects of it.

    Columns in ``unsaid`` are not looked at.
    """
    own = [row for row in rows if mart in ORGANIZATION_WIDE or _is_of(case, row)]
    told = [{column: text_of(value) for column, value in row.items()} for row in own]
    expected = [{column: _number(text) for column, text in row.items()} for row in case.expected()[mart]]
    columns = [column for column in expected[0] if column not in unsaid]
    scope = [column for column in SCOPES[mart] if column in columns]
    if mart == "dq_quarantine":
        in_scope = [row for row in told if row["case"] == case.name]
    else:
        asked = {tuple(row[column] for column in scope) for row in expected}
        in_scope = [row for row in told if tuple(row[column] for column in scope) in asked]
    actual = {tuple(row[column] for column in columns) for row in in_scope}
    wanted = {tuple(row[column] for column in columns) for row in expected}
    lines = [f"is missing: {_shown(columns, row)}" for row in sorted(wanted - actual)]
    return lines + [f"is not expected: {_shown(columns, row)}" for row in sorted(actual - wanted)]


def present(case: Case, mart: str, rows: list[dict[str, Any]]) -> list[str]:
    """Rows of a mart that the case says must not be there."""
    return [
        f"must not be there: {name}"
        for name in case.absent()[mart]
        if any(all(text_of(row[column]) == text for column, text in name.items()) for row in rows)
    ]


def _is_of(case: Case, row: dict[str, Any]) -> bool:
    names = (row.get(column) for column in NAMES)
    return row.get("case") == case.name or any(name and name.startswith(f"{case.name}-") for name in names)


def text_of(value: object) -> str:
    """A value of a mart as an expected file writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return _number(str(value))


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return f"{number.normalize():f}" if number.is_finite() else text


def _spoken(text: str, words: dict[str, str]) -> str:
    for word, meaning in words.items():
        if text == word or text.startswith(f"{word}-"):
            return meaning + text[len(word) :]
    return text


def _shown(columns: list[str], row: tuple[str, ...]) -> str:
    return ", ".join(f"{column}={text}" for column, text in zip(columns, row, strict=True))
