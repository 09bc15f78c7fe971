"""The house rules of the dbt project, read from its manifest.

Belongs here: what every model, mart and test of the project must have, whatever it says.
Does not belong here: what a model computes (the unit tests beside the models), and the rules' rows
(``test_seeds``).
"""

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

import pytest

from orchestration.publishing.contract import SITE_COLUMNS, load_marts
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.transform import manifest_file

Node = dict[str, Any]

# The business date and the zone of last resort are of the run, not of a feed: every layer may read them.
RUN_CONTEXT = "stg_reference__run_context"
READS = {
    "staging": (),
    "intermediate": ("stg_", "int_", "fct_"),
    "marts": ("int_", "dim_", "fct_"),
}
NAMES = {
    "staging": re.compile(r"stg_[a-z]+__[a-z_]+"),
    "intermediate": re.compile(r"int_[a-z_]+"),
    "marts": re.compile(r"(dim|fct|rpt|dq)_[a-z_]+"),
}
MOST_LINES = 150
DESCRIBING = r"_sources\.yml|_\w+__(models|unit_tests|semantics|exposures)\.yml"
TYPES = {
    "string": "varchar",
    "integer": "integer",
    "bigint": "bigint",
    "decimal": "decimal(18,2)",
    "double": "double",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
}
# What Spark and Postgres do not say in the same way, or not at all.
ENGINE_ONLY = {
    "qualify": r"\bqualify\b",
    "group by all": r"\b(group|order)\s+by\s+all\b",
    "arg_max, arg_min": r"\barg_?(max|min)\b",
    "list lambdas": r"->",
    "lists": r"\b(unnest|explode|list_(?!has\b)\w+|array_\w+|struct_\w+)\s*\(",
    "casts by colons": r"(?<!:)::(?!:)",
    "star modifiers": r"\*\s*(exclude|replace|except)\s*\(",
    "filter clauses": r"\bfilter\s*\(\s*where\b",
    "asof joins": r"\basof\b",
    "string aggregates": r"\b(string_agg|listagg|group_concat)\s*\(",
    "date functions of one engine": r"\b(date_?diff|date_?add|date_sub|date_part|strftime|epoch)\s*\(",
    "intervals": r"\binterval\s+'?\d",
    "engine's own zones": r"\bat\s+time\s+zone\b",
    "reading files": r"\b(read_parquet|read_csv|read_json)\w*\s*\(",
}
NOT_OF_THE_INPUT = {
    "a clock": r"\b(current_date|current_timestamp|current_time|localtimestamp|getdate|sysdate|today|now)\b",
    "dbt's clock": r"\b(run_started_at|invocation_id)\b|\bmodules\s*\.",
    "chance": r"\b(random|rand|uuid|gen_random_uuid|newid|tablesample)\b",
    "the machine": r"\benv_var\s*\(",
    "a variable": r"\bvar\s*\(",
}
# CPT and HCPCS codes are rows of the seeds. Names of columns such as max_units_99494 are no codes.
BILLING_CODE = r"(?<![\w.])(9[0-9]{4}|[A-V][0-9]{4})(?![\w.])"
# Models that keep, rename or put together what others decided: nothing of theirs has an edge.
# The list only shrinks.
WITHOUT_A_RULE = {
    "dim_team",
    "fct_episode",
    "fct_metric_member",
    "fct_patient_month",
    "int_assessment_accepted",
    "int_calendar_month",
    "int_candidate_line",
    "int_ledger_patient",
    "int_patient_known",
    "int_policy",
    "int_practitioner_known",
    "int_practitioner_latest",
    "int_staffing_known",
    "int_staffing_latest",
}


@pytest.fixture(scope="module")
def manifest(parsed_project: Settings) -> Node:
    """The manifest of the project as dbt parses it."""
    read: Node = json.loads(manifest_file(parsed_project).read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def models(manifest: Node) -> dict[str, Node]:
    """The models by name."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def _layer(node: Node) -> str:
    """The folder under ``models`` that a model stands in."""
    parts = PurePosixPath(node["original_file_path"]).parts
    return parts[parts.index("models") + 1]


def _parents(node: Node, *kinds: str) -> set[str]:
    return {
        parent.rsplit(".", 1)[-1]
        for parent in node["depends_on"]["nodes"]
        if parent.split(".", 1)[0] in (kinds or ("model",))
    }


def _tests_of(manifest: Node, model: Node) -> list[Node]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("attached_node") == model["unique_id"]
    ]


def _sql(manifest: Node) -> Iterable[tuple[str, str]]:
    """Each model, data test and macro of the project with its SQL, without comments of either language."""
    for node in manifest["nodes"].values():
        if node["resource_type"] in {"model", "test"} and node.get("raw_code"):
            yield node["name"], _without_comments(node["raw_code"])
    for macro in manifest["macros"].values():
        if macro["package_name"] == manifest["metadata"]["project_name"]:
            yield macro["name"], _without_comments(macro["macro_sql"])


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", re.sub(r"\{#.*?#\}", "", sql, flags=re.DOTALL))


def _found(manifest: Node, patterns: dict[str, str]) -> list[str]:
    return sorted(
        f"{name}: {what}"
        for name, sql in _sql(manifest)
        for what, pattern in patterns.items()
        if re.search(pattern, sql, flags=re.IGNORECASE)
    )


def test_only_staging_reads_sources(models: dict[str, Node]) -> None:
    for name, node in models.items():
        sources = _parents(node, "source")
        assert len(sources) == 1 if _layer(node) == "staging" else not sources, name


def test_each_layer_reads_what_stands_before_it(models: dict[str, Node]) -> None:
    for name, node in models.items():
        allowed = READS[_layer(node)]
        strange = {
            parent
            for parent in _parents(node) - {RUN_CONTEXT}
            if not any(parent.startswith(prefix) for prefix in allowed)
        }
        assert not strange, f"{name} of {_layer(node)} reads {sorted(strange)}"


def test_slots_are_read_by_their_study_alone(models: dict[str, Node]) -> None:
    readers = {
        name
        for name, node in models.items()
        if any(re.fullmatch(r"stg_feed__slot|int_slot_\w+|rpt_slot_study", one) for one in _parents(node))
    }
    # int_accepted_key lists the keys of every feed, whatever they are.
    assert readers == {"int_accepted_key", "int_slot_latest", "int_slot_taken", "rpt_slot_study"}


def test_names_say_the_layer(models: dict[str, Node]) -> None:
    for name, node in models.items():
        assert NAMES[_layer(node)].fullmatch(name), name


def test_every_model_is_described_and_says_its_grain_first(models: dict[str, Node]) -> None:
    for name, node in models.items():
        assert re.match(r"Grain is \w.*\.", node["description"], re.DOTALL), f"{name}: what is its grain?"


def test_no_model_is_longer_than_the_head_can_hold(models: dict[str, Node]) -> None:
    long = {name: node["raw_code"].count("\n") + 1 for name, node in models.items()}
    assert not {name: lines for name, lines in long.items() if lines >= MOST_LINES}


def test_every_model_ends_in_what_it_is(models: dict[str, Node]) -> None:
    for name, node in models.items():
        assert node["raw_code"].rstrip().endswith("select * from final"), name


def test_every_mart_of_the_contract_that_is_built_has_its_columns_and_types(models: dict[str, Node]) -> None:
    contract = load_marts().marts
    marts = {name: node for name, node in models.items() if _layer(node) == "marts"}
    assert set(marts) <= set(contract)
    for name, node in marts.items():
        declared = {column["name"]: column["data_type"] for column in node["columns"].values()}
        wanted = {column: TYPES[kind] for column, kind in contract[name].columns.items()}
        assert {column: declared.get(column) for column in wanted} == wanted, name
        places = list(declared)
        assert [column for column in places if column in wanted] == list(wanted), (
            f"{name}: order of the columns"
        )
        assert SITE_COLUMNS not in declared or places[-1] == SITE_COLUMNS, name


def test_every_mart_has_an_enforced_contract_with_documented_columns(models: dict[str, Node]) -> None:
    for name, node in models.items():
        if _layer(node) == "marts":
            assert node["config"]["contract"]["enforced"], name
            blank = [column["name"] for column in node["columns"].values() if len(column["description"]) < 3]
            assert not blank, f"{name}: {blank}"


def test_every_mart_has_an_owner_and_says_who_may_see_it(models: dict[str, Node]) -> None:
    shared = load_marts().shared
    for name, node in models.items():
        if _layer(node) == "marts":
            meta = node["config"]["meta"]
            assert meta.get("owner"), name
            assert meta.get("sharing") in {"identified", "shared"}, name
            assert meta["sharing"] == "identified" or name in shared, f"{name}: what of it is shared?"


def test_the_key_of_every_mart_is_tested_and_holds_the_night(manifest: Node, models: dict[str, Node]) -> None:
    contract = load_marts().marts
    for name, node in models.items():
        if _layer(node) != "marts":
            continue
        keys, filled = set(), set()
        for test in _tests_of(manifest, node):
            kind, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
            if test["config"]["severity"].lower() != "error":
                continue
            if kind == "unique_key":
                keys.add(frozenset(arguments["columns"]))
            elif kind == "unique":
                keys.add(frozenset([test["column_name"]]))
            elif kind == "not_null":
                filled.add(test["column_name"])
        assert frozenset(contract[name].key) in keys, f"{name}: its key {contract[name].key} is not tested"
        assert any(tested <= filled for tested in keys), f"{name}: the columns of its key may be blank"


def test_no_model_speaks_the_language_of_one_engine(manifest: Node) -> None:
    # dbt's own macros, which say the same in each engine's words, stand as `dbt.<name>(`.
    patterns = {what: rf"(?<!dbt\.)(?:{pattern})" for what, pattern in ENGINE_ONLY.items()}
    assert not _found(manifest, patterns)


def test_no_model_looks_at_a_clock_a_dice_or_the_machine(manifest: Node) -> None:
    assert not _found(manifest, NOT_OF_THE_INPUT)


def test_no_billing_code_stands_outside_the_seeds(manifest: Node) -> None:
    assert not _found(manifest, {"a billing code": BILLING_CODE})


def test_every_rule_has_a_unit_test_beside_it(manifest: Node, models: dict[str, Node]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    ruled = {name for name, node in models.items() if _layer(node) != "staging"}
    assert ruled - tested == WITHOUT_A_RULE
    for test in manifest["unit_tests"].values():
        model = PurePosixPath(models[test["model"]]["original_file_path"])
        assert PurePosixPath(test["original_file_path"]).parent == model.parent, test["name"]


def test_unit_tests_are_sentences_and_expect_rows_of_one_shape(manifest: Node) -> None:
    names = [test["name"] for test in manifest["unit_tests"].values()]
    assert len(names) == len(set(names))
    for test in manifest["unit_tests"].values():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){3,}", test["name"]), test["name"]
        # dbt puts expected rows together by place: another order of columns would compare the wrong ones.
        shapes = {tuple(row) for row in test["expect"]["rows"]}
        assert len(shapes) == 1, test["name"]


def test_every_data_test_of_its_own_is_a_sentence_that_says_where_to_look(manifest: Node) -> None:
    single = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and not node.get("test_metadata")
    ]
    assert single
    for node in single:
        head = " ".join(
            line[3:] for line in node["raw_code"].split("{{ config")[0].splitlines() if line.startswith("-- ")
        )
        assert re.fullmatch(r"assert_[a-z]+(_[a-z]+){3,}", node["name"]), node["name"]
        assert head.startswith("A returned row is "), f"{node['name']}: what does a returned row mean?"
        assert "Look first at " in head, f"{node['name']}: where to look first?"
        assert "severity" in node["config"] and node["config"]["meta"].get("owner"), node["name"]


def test_every_file_of_models_is_a_model_or_describes_some() -> None:
    for path in (PROJECT_ROOT / "models").rglob("*"):
        if path.is_file():
            assert path.suffix == ".sql" or re.fullmatch(DESCRIBING, path.name), path
