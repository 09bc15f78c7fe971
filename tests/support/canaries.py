"""Names, numbers and dates that stand in every feed and may come out in few places only.

Belongs here: planting and finding them. Does not belong here: where they may be.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from orchestration.feeds.contract import load_contract

WORD = "Zzyzxcanary"
BIRTH_DATE = "1913-02-17"
MRN = "MRN-7731994420"
CANARIES = (WORD, BIRTH_DATE, MRN)
PATIENT = "CANARY-PATIENT"
_GOOD = {
    "patient": {
        "patient_id": PATIENT,
        "mrn": MRN,
        "family_name": WORD,
        "given_name": WORD,
        "birth_date": BIRTH_DATE,
        "sex": "unknown",
    },
    "encounter": {
        "encounter_id": WORD,
        "patient_id": PATIENT,
        "team_id": WORD,
        "encounter_class": "ambulatory",
        "service_line": "behavioral_health",
        "started_at": "2026-05-04T15:00:00Z",
        "ended_at": "2026-05-04T15:30:00Z",
        "status": "finished",
    },
    "coverage": {"coverage_id": "CANARY-COVERAGE", "patient_id": PATIENT, "payer_id": WORD},
}


def plant(landing: Path, delivered_on: date) -> None:
    """Deliver one more file of each feed: a row in which every column is a canary, and a half-written one.

    The file of patients has a good row besides, with the names, the number and the birth date of the canary;
    those of visits and coverage have one whose key, or whose payer, is the canary: rows that fail a check.
    """
    for feed in load_contract().feeds.values():
        names = [column.name for column in feed.columns]
        rows = [",".join(names), ",".join(WORD for _ in names), f"{WORD},{BIRTH_DATE},{MRN}"]
        if feed.name in _GOOD:
            rows.insert(1, ",".join(_GOOD[feed.name].get(name, "") for name in names))
        place = landing / feed.name / delivered_on.isoformat() / f"{feed.name}_canary.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(rows) + "\n", encoding="utf-8")


def places_with_canaries(folder: Path) -> Iterator[str]:
    """Yield the relative paths of all files below a folder in which a canary can be read."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        text = _parquet_text(path) if path.suffix == ".parquet" else path.read_bytes().decode("latin-1")
        if any(canary.lower() in text.lower() for canary in CANARIES):
            yield path.relative_to(folder).as_posix()


def _parquet_text(path: Path) -> str:
    with duckdb.connect() as engine:
        return "\n".join(map(str, engine.read_parquet(str(path)).fetchall()))
