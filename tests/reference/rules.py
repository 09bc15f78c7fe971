"""The rules that are rows: seeds read as text, looked up by key and date.

What belongs here: which row of a seed is in force. What does not: what its numbers do to a month.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]
DEFAULT_PAYER = "default"
SNOMED = "http://snomed.info/sct"


def validity(row: Row) -> tuple[date, date]:
    """First and last day of a seed row; both are included, a blank one is open."""
    return (
        date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min,
        date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max,
    )


def is_true(text: str) -> bool:
    """A boolean cell of a seed."""
    return text.strip().lower() == "true"


def listed(text: str) -> list[str]:
    """A list in a cell is separated by semicolons."""
    return [item.strip() for item in text.split(";") if item.strip()]


@dataclass(frozen=True)
class Policy:
    """One payer's row in force. Numbers are read where they are needed; blank stays blank."""

    row: Row

    @property
    def version(self) -> str:
        """What stands on every result that the row decided."""
        return self.row["policy_version"]

    def number(self, column: str) -> int | None:
        """A whole number, or None where the payer leaves it blank."""
        text = self.row[column].strip()
        return int(Decimal(text)) if text else None

    def required_number(self, column: str) -> int:
        """A whole number that no payer may leave blank."""
        value = self.number(column)
        if value is None:
            raise ValueError(f"policy {self.version} leaves {column} blank")
        return value

    def flag(self, column: str) -> bool:
        """A yes or no."""
        return is_true(self.row[column])

    def items(self, column: str) -> list[str]:
        """A list."""
        return listed(self.row[column])

    def countable_roles(self, program: str) -> list[str]:
        """The staffing roles whose time counts in a program."""
        return self.items(f"countable_roles_{program}")


class Rules:
    """All seeds, as text."""

    def __init__(self, *folders: Path) -> None:
        """Read every CSV file of the folders; a later folder's file stands in place of an earlier one's."""
        self._tables: dict[str, list[tuple[date, date, Row]]] = {}
        self._found: dict[tuple[object, ...], Row | None] = {}
        for path in (path for folder in folders for path in sorted(folder.glob("*.csv"))):
            with path.open(newline="", encoding="utf-8") as handle:
                self._tables[path.stem] = [(*validity(row), row) for row in csv.DictReader(handle)]

    def rows(self, table: str, day: date) -> list[Row]:
        """The rows of a seed that are in force on a day."""
        return [row for first, last, row in self._tables[table] if first <= day <= last]

    def one(self, table: str, day: date, **key: str | None) -> Row | None:
        """The row of a key that is in force on a day, if any."""
        question = (table, day, *key.items())
        if question not in self._found:
            rows = self.rows(table, day)
            matching = (row for row in rows if all(row[column] == value for column, value in key.items()))
            self._found[question] = next(matching, None)
        return self._found[question]

    def policy(self, payer_id: str | None, day: date) -> Policy | None:
        """The payer's policy on a day; an unknown payer, or none, has the default's."""
        row = self.one("payer_policy", day, payer_id=payer_id) if payer_id else None
        row = row or self.one("payer_policy", day, payer_id=DEFAULT_PAYER)
        return Policy(row) if row else None

    def activity_flag(self, activity_code: str, column: str, day: date) -> bool:
        """Whether an activity is countable or a contact; an unknown one is neither."""
        row = self.one("activity_type", day, activity_code=activity_code)
        return row is not None and is_true(row[column])

    def procedure_flag(self, procedure_code: str, column: str, day: date) -> bool:
        """Whether a code is separately billed or opens a service; an unknown one does not."""
        row = self.one("procedure_code", day, procedure_code=procedure_code)
        return row is not None and is_true(row[column])

    def family(self, procedure_code: str, day: date) -> str | None:
        """The family of a code."""
        row = self.one("procedure_code", day, procedure_code=procedure_code)
        return row["code_family"] if row else None

    def excluded_codes(self, codes: Iterable[str], day: date) -> set[str]:
        """The codes that exclude one of these in the same patient-month."""
        own = set(codes)
        pairs = [(row["code_a"], row["code_b"]) for row in self.rows("code_exclusivity", day)]
        return {other for pair in pairs for one, other in (pair, pair[::-1]) if one in own}

    def rate(self, policy: Policy, code: str, setting: str, day: date) -> Decimal | None:
        """The amount of one unit before the payer's multiplier, where it is known."""
        row = self.one(
            "fee_schedule",
            day,
            fee_schedule_id=policy.row["fee_schedule_id"],
            procedure_code=code,
            setting=setting,
        )
        return Decimal(row["amount_usd"]) if row else None

    def icd10_of_snomed(self, snomed_code: str, day: date) -> str | None:
        """The ICD-10-CM code that stands for a behavioral SNOMED CT code."""
        row = self.one(
            "code_map", day, feed="condition", column="icd10_code", system=SNOMED, code=snomed_code
        )
        return row["value"] if row else None
