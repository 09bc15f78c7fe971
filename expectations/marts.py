"""Every mart: the columns and types that readers rely on, and keys that name one row.

Belongs here: what the contract of the marts promises of each of them. Does not belong here: what one mart
says of another.
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Drill, HasColumns, NoRows, NotNull, Unique, column_type_check_query
from orchestration.publishing.contract import SQL_TYPES, Mart

# Key columns that may be null: a month that reached no code has none, a rejected file has no record.
NULLABLE_KEYS: Final = frozenset({("fct_claim_candidate", "procedure_code")})

# Written by the gates themselves, after them.
WRITTEN_LATER: Final = frozenset({"dq_finding"})

OWNER: Final = "data_engineering"


def checks(marts: Mapping[str, Mart]) -> list[Check]:
    """Return the checks of the given marts, by name."""
    return [
        check
        for name, mart in marts.items()
        if name not in WRITTEN_LATER
        for check in (*_structure(name, mart), *_keys(name, mart))
    ]


def _structure(name: str, mart: Mart) -> list[Check]:
    types = [(column, SQL_TYPES[kind]) for column, kind in mart.columns.items()]
    return [
        Check(
            layer="marts",
            table_name=name,
            name="has_the_columns_of_its_contract",
            rule=HasColumns(tuple(mart.columns)),
            severity="critical",
            owner=OWNER,
            what_it_means="A column that reports and lists rely on is missing.",
            what_to_do=f"Compare the model {name} with its contract, and restore the column.",
            affected_marts=(name,),
            is_about_emptiness=True,
        ),
        Check(
            layer="marts",
            table_name=name,
            name="has_the_types_of_its_contract",
            rule=NoRows(column_type_check_query(name, types)),
            severity="critical",
            owner=OWNER,
            what_it_means="A column has another type than reports and lists rely on.",
            what_to_do=f"Compare the model {name} with its contract, and cast the column.",
            affected_marts=(name,),
            is_about_emptiness=True,
        ),
    ]


def _keys(name: str, mart: Mart) -> list[Check]:
    required = [column for column in mart.key if (name, column) not in NULLABLE_KEYS]
    missing = [
        Check(
            layer="marts",
            table_name=name,
            name=f"{column}_is_never_missing",
            rule=NotNull(column),
            severity="critical",
            owner=OWNER,
            what_it_means="A row cannot be told from others, because a part of its key is missing.",
            what_to_do=(
                f"Find the rows without {column} in the model {name}, and the source that left it blank."
            ),
            affected_marts=(name,),
        )
        for column in required
    ]
    columns = ", ".join(mart.key)
    # Great Expectations' rule for compound keys joins the whole table to itself and passes over nulls; this
    # groups it once, by one number a key, and looks at the keys themselves only where a number repeats.
    numbers = f"select hash({columns}) from {name} group by hash({columns}) having count(*) > 1"  # noqa: S608
    repeated = (
        f"select {columns} from {name} where hash({columns}) in ({numbers}) "  # noqa: S608
        f"group by {columns} having count(*) > 1"
    )
    in_several = f"{name} where {columns} in ({repeated})" if len(mart.key) == 1 else f"({repeated})"
    return [
        *missing,
        Check(
            layer="marts",
            table_name=name,
            name="has_one_row_a_key",
            rule=Unique(mart.key[0]) if len(mart.key) == 1 else NoRows(repeated),
            # What tells of faults must not stop at one: no money is counted from these tables.
            severity="warning" if name.startswith("dq_") else "critical",
            owner=OWNER,
            what_it_means=(
                f"The same {' and '.join(mart.key)} stands in more than one row, so whatever is "
                "counted from it is doubled."
            ),
            what_to_do=f"Look at the last join of the model {name}: one side has more than one row a key.",
            affected_marts=(name,),
            drill=Drill(
                f"select cast({mart.key[0]} as varchar) as row_key from {in_several}",  # noqa: S608
                key=mart.key[0],
            ),
        ),
    ]
