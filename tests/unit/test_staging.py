"""Each staged table is its source up to the business date, column by column.

Belongs here: what all staging models have in common. Does not belong here: the columns that one of them
reads in its own way (its unit tests).
"""

import re
from pathlib import Path

import pytest

from orchestration.feeds.contract import load_contract
from orchestration.settings import PROJECT_ROOT

STAGING = PROJECT_ROOT / "models" / "staging"
FEEDS = load_contract().feeds
# Read otherwise than they were sent: the unit tests beside the models say how.
READ_ANEW = {("claim_line", "procedure_code"), ("encounter", "billing_codes")}
# The lake has updated_at as an instant; of the file it is known whether it said so.
LEFT_OUT = {"updated_at_is_local"}
DATED = {
    **{STAGING / f"stg_feed__{feed}.sql": "_delivered_on" for feed in FEEDS},
    STAGING / "stg_quarantine__record.sql": "delivered_on",
    STAGING / "stg_reference__feed_file.sql": "delivered_on",
}


def read(model: Path) -> str:
    """The model's SQL on one line, without comments."""
    return " ".join(re.sub(r"--[^\n]*", "", model.read_text(encoding="utf-8")).split())


@pytest.mark.parametrize("model", sorted(DATED), ids=lambda model: model.stem)
def test_nothing_is_staged_that_was_delivered_after_the_business_date(model: Path) -> None:
    cut = f"from source where {DATED[model]} <= {{{{ as_of_date() }}}} ) select * from final"
    assert read(model).endswith(cut)
    assert read(model).count(" where ") == 1


@pytest.mark.parametrize("feed", sorted(FEEDS))
def test_every_column_of_a_feed_is_staged_as_it_is(feed: str) -> None:
    sql = read(STAGING / f"stg_feed__{feed}.sql")
    assert sql.startswith(f"with source as ( select * from {{{{ source('feed', '{feed}') }}}} )")
    selected = sql[
        sql.index("final as ( select ") + len("final as ( select ") : sql.index(" from source where")
    ]
    own = {column for of, column in READ_ANEW if of == feed}
    for column in own:
        selected = re.sub(rf"(^|, )(upper|case)\b.* as {column}\b", rf"\1{column}", selected)
    columns = [name for name, _ in FEEDS[feed].lake_columns() if name not in LEFT_OUT]
    assert selected.split(", ") == columns


def test_versions_of_a_feed_are_told_apart_by_its_key() -> None:
    asked = re.compile(
        r"(?:latest_\w+|known_at_closing|late_changes)\(\s*'stg_feed__(\w+)', *\[?([^\])]*?)[\])]"
    )
    found = [
        (model.stem, feed, re.findall(r"'(\w+)'", columns.split(", [")[0]))
        for model in sorted((PROJECT_ROOT / "models").glob("*/*/int_*.sql"))
        for feed, columns in asked.findall(model.read_text(encoding="utf-8"))
    ]
    assert {feed for _, feed, _ in found} >= set(FEEDS) - {"care_activity", "assessment", "staffing"}
    assert [one for one in found if one[2] != list(FEEDS[one[1]].key)] == []
