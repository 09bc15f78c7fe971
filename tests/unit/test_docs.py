"""What the pages in ``docs/`` name is there.

Belongs here: tables, rules and queries that a page tells its readers to use.
Does not belong here: whether the words around them are right.
"""

import re
from pathlib import Path

import duckdb
import yaml

from orchestration.publishing.contract import load_marts
from orchestration.settings import PROJECT_ROOT
from tests.support.warehouse import SEEDS

PAGE = (PROJECT_ROOT / "docs" / "for_bi.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
# A mart of the table, and those that share its beginning: `rpt_metric_team`, `_site`.
TABLE = re.findall(r"^\| `((?:dim|fct|rpt|dq)_\w+)`((?:, `_\w+`)*) \|", PAGE, re.MULTILINE)


def test_the_page_for_bi_lists_every_mart() -> None:
    told = {name for name, _ in TABLE}
    for name, others in TABLE:
        told |= {name.rpartition("_")[0] + other for other in re.findall(r"`(_\w+)`", others)}
    assert told == set(load_marts().marts)


def test_the_page_for_bi_names_only_rules_that_are_published() -> None:
    assert set(re.findall(r"\brules\.([a-z]\w+)", PAGE)) <= set(load_marts().rules)


def test_the_queries_of_the_page_for_bi_fit_the_marts() -> None:
    assert len(QUERIES) > 3
    with duckdb.connect() as engine:
        for mart, columns in _columns_of_marts().items():
            engine.execute(f"create table {mart} ({', '.join(columns)})")
        engine.execute("create schema rules")
        for rule in load_marts().rules:
            dated = "cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to"
            engine.execute(
                f"create view rules.{rule} as select * replace ({dated}) from '{SEEDS / f'{rule}.csv'}'"
            )
        for query in QUERIES:
            engine.execute(f"explain {query}")


def _columns_of_marts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for page in sorted(Path(PROJECT_ROOT / "models" / "marts").glob("*/_*__models.yml")):
        for model in yaml.safe_load(page.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = [f"{one['name']} {one['data_type']}" for one in model["columns"]]
    return found
