"""The rules in ``seeds/`` hold together: typed, sourced, one row of a key in force, references met.

Belongs here: what must be true of the rows alone. Does not belong here: what the models make of them.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from tests.unit.seed_rows import DESCRIBED, KEY, ROOT, SEED, SEEDS, Row, first_day, in_force, last_day, listed

EVERY_SEED = pytest.mark.parametrize("name", sorted(SEED))


PROCEDURE_CODES = {row["procedure_code"]: row for row in SEED["procedure_code"]}
LADDER_CODES = {row["procedure_code"] for row in SEED["code_ladder"]}


def family(code: str) -> str:
    return PROCEDURE_CODES[code]["code_family"]


# What holds of every seed


def test_each_file_is_described_and_each_description_has_its_file() -> None:
    assert {path.stem for path in SEEDS.glob("*.csv")} == set(DESCRIBED)


@EVERY_SEED
def test_columns_types_and_descriptions_name_the_same_columns_in_the_same_order(name: str) -> None:
    header = list(SEED[name][0])
    assert list(DESCRIBED[name]["config"]["column_types"]) == header
    assert [column["name"] for column in DESCRIBED[name]["columns"]] == header
    assert {"valid_from", "valid_to", "source", "confidence", *KEY[name]} <= set(header)


@EVERY_SEED
def test_each_cell_is_of_its_columns_type(name: str) -> None:
    readable: dict[str, Callable[[str], bool]] = {
        "varchar": lambda cell: cell == cell.strip(),
        "date": lambda cell: date.fromisoformat(cell).isoformat() == cell,
        "boolean": lambda cell: cell in {"true", "false"},
        "integer": lambda cell: str(int(cell)) == cell,
        "decimal": lambda cell: Decimal(cell).is_finite(),
    }
    types = DESCRIBED[name]["config"]["column_types"]
    for row in SEED[name]:
        for column, cell in row.items():
            assert cell == "" or readable[types[column].split("(")[0]](cell), (column, cell)
            assert cell or types[column] != "boolean", column


@EVERY_SEED
def test_each_row_says_what_it_rests_on_and_how_sure_that_is(name: str) -> None:
    for row in SEED[name]:
        assert row["confidence"] in {"verified", "secondary", "assumed"}
        for source in row["source"].split(" ; "):
            title, _, address = source.rpartition(", ")
            assert title, source
            if address.startswith("docs/"):
                assert (ROOT / address).is_file(), source
            else:
                assert re.fullmatch(r"https?://\S+", address), source


@EVERY_SEED
def test_at_most_one_row_of_a_key_is_in_force_on_a_date(name: str) -> None:
    periods: dict[tuple[str, ...], list[tuple[date, date]]] = {}
    for row in SEED[name]:
        key = tuple(row[column] for column in KEY[name])
        assert all(key), row
        assert first_day(row) <= last_day(row), row
        periods.setdefault(key, []).append((first_day(row), last_day(row)))
    for key, spans in periods.items():
        ordered = sorted(spans)
        assert all(left[1] < right[0] for left, right in pairwise(ordered)), key


# Payers


def test_the_default_policy_is_always_in_force_and_no_payer_has_a_gap() -> None:
    by_payer: dict[str, list[Row]] = {}
    for row in SEED["payer_policy"]:
        by_payer.setdefault(row["payer_id"], []).append(row)
    assert {"medicare", "medicaid_nc", "medicaid_tx", "strict_example", "default"} <= set(by_payer)
    assert (by_payer["default"][0]["valid_from"], by_payer["default"][0]["valid_to"]) == ("1900-01-01", "")
    for rows in by_payer.values():
        ordered = sorted(rows, key=first_day)
        for left, right in pairwise(ordered):
            assert first_day(right) == last_day(left) + timedelta(days=1), right["policy_version"]
    versions = [row["policy_version"] for row in SEED["payer_policy"]]
    assert len(versions) == len(set(versions))


@pytest.mark.parametrize("policy", SEED["payer_policy"], ids=lambda policy: policy["policy_version"])
def test_a_policy_names_only_what_exists_and_agrees_with_itself(policy: Row) -> None:
    roles = {"pcp", "bhc", "care_manager", "psychiatric_consultant", "nurse", "administrator", "other"}
    covered = set(listed(policy["covered_codes"]))
    assert set(listed(policy["countable_roles_cocm"])) | set(listed(policy["countable_roles_bhi"])) <= roles
    assert set(listed(policy["review_checks"])) <= {row["check_id"] for row in SEED["claim_check"]}
    assert all(re.fullmatch(r"[A-Z]\d\w*(-[A-Z]\d\w*)?", code) for code in listed(policy["diagnosis_codes"]))
    assert covered <= set(PROCEDURE_CODES)
    assert bool(policy["g2214_floor_minutes"]) == ("G2214" in covered)
    assert bool(policy["bhi_floor_minutes"]) == any(family(code) == "bhi" for code in covered)
    assert (policy["fqhc_rhc_rule_cocm"] == "g_code") == ("G0512" in covered)
    assert (policy["fqhc_rhc_rule_bhi"] == "g_code") == ("G0511" in covered)
    assert (policy["takes_apcm_addons"] == "true") == ({"G0568", "G0569", "G0570"} <= covered)
    assert int(policy["addon_floor_minutes"]) == (16 if policy["time_rule"] == "midpoint" else 30)
    assert policy["fee_schedule_id"] in {"", *(row["fee_schedule_id"] for row in SEED["fee_schedule"])}


@pytest.mark.parametrize(
    ("day", "cocm", "bhi", "addons"),
    [
        ("2025-09-30", "g_code", "g_code", "false"),
        ("2025-10-01", "g_code", "component", "false"),
        ("2025-12-31", "g_code", "component", "false"),
        ("2026-01-01", "component", "component", "true"),
    ],
)
def test_medicare_changes_on_its_days(day: str, cocm: str, bhi: str, addons: str) -> None:
    policy = in_force("payer_policy", date.fromisoformat(day), payer_id="medicare")
    assert policy is not None
    decided = (policy["fqhc_rhc_rule_cocm"], policy["fqhc_rhc_rule_bhi"], policy["takes_apcm_addons"])
    assert decided == (cocm, bhi, addons)


# Codes


def test_the_ladder_reads_columns_of_the_policy_and_codes_that_exist_then() -> None:
    for row in SEED["code_ladder"]:
        assert row["floor_column"] in SEED["payer_policy"][0]
        assert family(row["procedure_code"]) == row["program"]
        assert first_day(row) >= first_day(PROCEDURE_CODES[row["procedure_code"]])
        is_halved = row["program"] == "cocm" and row["rung"] == "base" and row["path"] != "g_code"
        assert row["takes_midpoint"] == ("true" if is_halved else "false"), row


def test_collaborative_care_and_general_integration_exclude_each_other_whatever_the_code() -> None:
    pairs = {(row["code_a"], row["code_b"]) for row in SEED["code_exclusivity"]}
    cocm = [code for code in PROCEDURE_CODES if family(code) == "cocm"]
    bhi = [code for code in PROCEDURE_CODES if family(code) == "bhi"]
    assert {(min(one, other), max(one, other)) for one in cocm for other in bhi} <= pairs
    for code_a, code_b in pairs:
        assert code_a < code_b
        assert {code_a, code_b} <= set(PROCEDURE_CODES)
    assert ("99492", "99494") not in pairs
    assert ("99493", "99494") not in pairs


def test_codes_of_the_ladder_are_never_separately_billed_and_psychotherapy_always_is() -> None:
    for code, row in PROCEDURE_CODES.items():
        if code in LADDER_CODES:
            assert row["is_separately_billed"] == "false"
        if row["code_family"] in {"psychotherapy", "evaluation", "em_visit", "health_behavior", "ccm"}:
            assert row["is_separately_billed"] == "true"
        if row["is_initiating_visit"] == "true":
            assert row["code_family"] == "em_visit"


def test_a_code_bills_as_one_of_the_ladder_and_of_its_own_family() -> None:
    others = {code: row["bills_as"] for code, row in PROCEDURE_CODES.items() if row["bills_as"]}
    assert others == {"G0323": "99484"}
    for code, billed in others.items():
        assert billed in LADDER_CODES
        assert family(code) == family(billed)


def test_amounts_are_relative_values_times_the_factor_rounded_half_up_once() -> None:
    for row in SEED["fee_schedule"]:
        assert row["procedure_code"] in PROCEDURE_CODES
        assert row["setting"] in {"non_facility", "facility"}
        exact = Decimal(row["total_rvu"]) * Decimal(row["conversion_factor"])
        assert Decimal(row["amount_usd"]) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP), row


@pytest.mark.parametrize(
    ("code", "setting", "day", "amount"),
    [
        ("99492", "non_facility", "2026-07-01", "160.32"),
        ("99492", "facility", "2026-07-01", "82.17"),
        ("99493", "non_facility", "2025-01-31", "133.59"),
        ("99490", "non_facility", "2024-03-08", "61.56"),
        ("99490", "non_facility", "2024-03-09", "62.58"),
        ("G0511", "non_facility", "2025-09-30", "54.67"),
        ("G0511", "non_facility", "2025-10-01", None),
        ("G0512", "non_facility", "2026-01-01", None),
        ("G0323", "non_facility", "2026-01-01", None),
        ("99492", "non_facility", "2027-01-01", None),
    ],
)
def test_published_amounts_hold_on_their_days(code: str, setting: str, day: str, amount: str | None) -> None:
    row = in_force(
        "fee_schedule",
        date.fromisoformat(day),
        fee_schedule_id="medicare_national",
        procedure_code=code,
        setting=setting,
    )
    assert (row["amount_usd"] if row else None) == amount


# What entries, months and checks are said to be


def test_dispositions_stand_in_the_order_in_which_they_are_tried() -> None:
    ordered = sorted(SEED["disposition"], key=lambda row: int(row["precedence"]))
    assert [row["disposition"] for row in ordered] == [
        *("voided", "duplicate", "future_dated", "unknown_patient", "unknown_staff", "no_episode"),
        *("after_death", "outside_consent", "unqualified_staff", "not_countable_activity"),
        *("billed_separately", "facility_stay", "staff_overlap", "patient_overlap", "credited"),
    ]
    assert [int(row["precedence"]) for row in ordered] == list(range(1, 16))
    assert [row["disposition"] for row in ordered if row["is_credited"] == "true"] == ["credited"]


def test_the_checks_are_complete_and_only_four_of_them_merely_ask_for_a_review() -> None:
    ordered = sorted(SEED["claim_check"], key=lambda row: int(row["sort_order"]))
    assert len(ordered) == 17
    review = {row["check_id"] for row in ordered if row["default_severity"] == "review"}
    assert review == {"unit_limit", "timely_documentation", "single_payer_month", "apcm_base"}
    assert review == set(listed(SEED["payer_policy"][0]["review_checks"]))


def test_sentences_are_whole_and_have_no_place_for_a_name() -> None:
    for name in ("disposition", "claim_check"):
        for row in SEED[name]:
            for column, cell in row.items():
                if column.startswith("sentence"):
                    assert re.fullmatch(r"[A-Z][^{}%<>]+\.", cell), cell


def test_a_contact_is_countable_and_what_is_not_countable_is_none() -> None:
    countable = {row["activity_code"] for row in SEED["activity_type"] if row["is_countable"] == "true"}
    contacts = {row["activity_code"] for row in SEED["activity_type"] if row["is_contact"] == "true"}
    assert contacts < countable
    assert len(contacts) == 6
    assert not countable & {"outreach_attempt", "scheduling", "clerical", "billing_work", "travel"}


def test_scales_have_a_range_their_cuts_lie_in_it_and_the_check_digit_of_their_code_is_right() -> None:
    loinc_rows = {
        row["code"]: row["value"]
        for row in SEED["code_map"]
        if row["system"] == "http://loinc.org" and row["column"] == "instrument"
    }
    names = {row["instrument"] for row in SEED["assessment_instrument"]}
    for row in SEED["assessment_instrument"]:
        assert row["counts_as"] in names
        assert bool(row["min_score"]) == bool(row["max_score"]) == (row["is_validated"] == "true")
        for cut in ("positive_at_least", "remission_below", "improved_below"):
            assert row[cut] == "" or int(row["min_score"]) < int(row[cut]) <= int(row["max_score"])
        if row["loinc_code"]:
            assert loinc_rows[row["loinc_code"]] == row["instrument"]
    for code, instrument in loinc_rows.items():
        assert instrument in names
        digits, check_digit = code.split("-")
        doubled = str(int(digits[::-1][::2]) * 2) + digits[::-1][1::2]
        assert (10 - sum(map(int, doubled)) % 10) % 10 == int(check_digit), code


def test_items_are_numbered_from_one_for_each_instrument_and_points_are_whole_numbers() -> None:
    numbers: dict[str, list[int]] = {}
    for row in SEED["code_map"]:
        if row["column"] == "item":
            for part in row["value"].split(";"):
                instrument, number = part.split("/")
                numbers.setdefault(instrument, []).append(int(number))
        if row["column"] == "item_score":
            assert row["value"].isdigit()
    assert set(numbers) <= {row["instrument"] for row in SEED["assessment_instrument"]}
    for found in numbers.values():
        assert sorted(found) == list(range(1, len(found) + 1))


def test_diagnoses_are_mapped_to_behavioral_codes_alone() -> None:
    for row in SEED["code_map"]:
        if row["column"] == "icd10_code":
            assert re.fullmatch(r"F\d[\dA]?(\.\w{1,4})?", row["value"]), row
