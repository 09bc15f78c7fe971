"""Which patients each identified list and page names, and whose they are by the marts.

Belongs here: reading files as a recipient would find people in them, and whose patients a recipient has. Does
not belong here: how lists are made.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import duckdb

_OWNED: Mapping[str, str] = {
    "lists/likely_eligible": "select coalesce(pcp_id, 'no_pcp'), patient_id from {rpt_likely_eligible}",
    "lists/case_review": (
        "select coalesce(psychiatric_consultant_id, 'no_consultant'), patient_id from {rpt_case_review_queue}"
    ),
    "lists/near_miss": "select coalesce(care_manager_id, 'no_care_manager'), patient_id from {rpt_near_miss}",
    "lists/claim_candidates": (
        "select coalesce(team.billing_tin, 'no_tin'), month.patient_id from {fct_patient_month} as month "
        "left join {dim_team} as team on month.team_id = team.team_id"
    ),
    "scorecards/referrers": "select pcp_id, patient_id from {rpt_likely_eligible} where pcp_id is not null",
    "scorecards/care_managers": "select care_manager_id, patient_id from {rpt_caseload_registry}",
    "scorecards/teams": "select '', '' where false",
    "scorecards/bhc": "select '', '' where false",
}
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")


class Recipients:
    """The patients of a generation, by what names them and by whose they are."""

    def __init__(self, identified: Path) -> None:
        """Read the marts.

        Args:
            identified: the folder of a generation.
        """
        self.identified = identified
        with duckdb.connect() as engine:
            patients = engine.execute(
                f"select patient_id, mrn, family_name, given_name from '{identified / 'dim_patient.parquet'}'"
            ).fetchall()
            staff = engine.execute(
                f"select family_name, given_name from '{identified / 'dim_practitioner.parquet'}'"
            ).fetchall()
            marts = {path.stem: f"'{path}'" for path in identified.glob("*.parquet")}
            self._owned = {
                kind: self._by_recipient(engine.execute(query.format(**marts)).fetchall())
                for kind, query in _OWNED.items()
            }
        told: Counter[tuple[str, ...]] = Counter()
        self._names: dict[tuple[str, ...], str] = {}
        for patient_id, *said in patients:
            for name in self._of(patient_id, *said):
                told[name] += 1
                self._names[name] = patient_id
        for family, given in staff:
            told.update(self._of("", None, family, given))
        # A name that two people have says of neither that it is meant.
        self._names = {name: patient_id for name, patient_id in self._names.items() if told[name] == 1}

    @staticmethod
    def _by_recipient(rows: list[tuple[str, str]]) -> dict[str, set[str]]:
        owned: dict[str, set[str]] = defaultdict(set)
        for recipient, patient_id in rows:
            owned[recipient].add(patient_id)
        return owned

    @staticmethod
    def _of(patient_id: str, mrn: str | None, family: str | None, given: str | None) -> set[tuple[str, ...]]:
        pairs = {(family, given), (given, family)} if family and given else set()
        words = {tuple(_WORD.findall(" ".join(pair))) for pair in pairs}
        return words | {tuple(_WORD.findall(key)) for key in (patient_id, mrn) if key}

    def named_in(self, path: Path) -> set[str]:
        """The patients that a file names: by number, on a page also by full name."""
        longest = max(map(len, self._names), default=0)
        return {
            self._names[part]
            for words in map(_WORD.findall, _pieces_of(path))
            for length in range(1, longest + 1)
            for start in range(len(words) - length + 1)
            if (part := tuple(words[start : start + length])) in self._names
        }

    def files(self) -> dict[str, list[Path]]:
        """The files that are for a recipient, by kind."""
        return {
            kind: sorted(path for path in (self.identified / kind).rglob("*") if path.is_file())
            for kind in _OWNED
        }

    def strangers_in(self, kind: str, path: Path) -> set[str]:
        """The patients of others that a file names."""
        first = path.relative_to(self.identified / kind).parts[0]
        recipient = first if (self.identified / kind / first).is_dir() else Path(first).stem
        return self.named_in(path) - self._owned[kind].get(recipient, set())


def _pieces_of(path: Path) -> list[str]:
    """The texts of a file in which words that follow each other belong together."""
    if path.suffix == ".xlsx":
        with ZipFile(path) as workbook:
            names = [name for name in workbook.namelist() if name.endswith(".xml")]
            return [piece for name in names for piece in _TAG.split(workbook.read(name).decode())]
    text = path.read_text(encoding="utf-8")
    return _TAG.split(text) if path.suffix == ".html" else re.split(r"[\n,;\"]", text)
