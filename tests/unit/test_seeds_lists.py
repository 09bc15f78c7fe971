"""The rules of the lists for those who treat hold together: case finding, and the flags of the registry.

Belongs here: what must be true of the rows alone. Does not belong here: what holds of every seed
(``test_seeds``), and what the models make of the rows.
"""

import re

import pytest

from tests.unit.seed_rows import SEED, Row, listed

NEEDS = {
    "score": {"instrument", "threshold"},
    "condition_score": {"instrument", "threshold", "diagnosis_codes"},
    "condition_unseen": {"diagnosis_codes"},
    "emergency": {"threshold", "diagnosis_codes"},
    "no_screen": {"instrument"},
}
OPTIONAL = {"superseded_by", "age_min_years"}
SCALES = {row["counts_as"] for row in SEED["assessment_instrument"]} | {"PHQ-9 item 9"}
PROGRAMS = {"cocm", "bhi", "pcbh", "ccm", "apcm"}


@pytest.mark.parametrize("rule", SEED["case_finding_rule"], ids=lambda rule: rule["rule_id"])
def test_a_rule_has_what_its_kind_needs_and_nothing_that_it_does_not_read(rule: Row) -> None:
    told = {name for name in NEEDS["condition_score"] | OPTIONAL if rule[name]}
    assert told - OPTIONAL == NEEDS[rule["rule_kind"]]
    assert not rule["superseded_by"] or rule["rule_kind"] == "score"
    assert int(rule["look_back_days"]) > 0
    assert int(rule["priority"]) > 0


@pytest.mark.parametrize("rule", SEED["case_finding_rule"], ids=lambda rule: rule["rule_id"])
def test_a_rule_names_scales_and_codes_that_there_are(rule: Row) -> None:
    assert set(listed(rule["instrument"])) | set(listed(rule["superseded_by"])) <= SCALES
    assert all(
        re.fullmatch(r"[A-Z]\d\d(\.\d)?(-[A-Z]\d\d)?", code) for code in listed(rule["diagnosis_codes"])
    )


def test_a_score_that_triggers_is_one_that_its_scale_can_have() -> None:
    scales = {row["instrument"]: row for row in SEED["assessment_instrument"]}
    for rule in SEED["case_finding_rule"]:
        scale = scales.get(rule["instrument"])
        if scale and rule["threshold"]:
            assert int(scale["min_score"]) < int(rule["threshold"]) <= int(scale["max_score"]), rule[
                "rule_id"
            ]


def test_a_refusal_puts_a_patient_behind_all_who_did_not_refuse() -> None:
    (step,) = [row["value"] for row in SEED["threshold"] if row["name"] == "declined_priority_step"]
    assert int(step) > max(int(rule["priority"]) for rule in SEED["case_finding_rule"])


def test_flags_are_raised_in_programs_that_there_are_and_safety_weighs_more_than_all_others() -> None:
    weights = {row["flag"]: int(row["review_weight"]) for row in SEED["registry_flag"]}
    assert weights.pop("safety_item") > sum(weights.values())
    for row in SEED["registry_flag"]:
        assert set(listed(row["programs"])) <= PROGRAMS, row["flag"]
        assert not re.search(r"\d\d", row["reason"]), "a number would contradict another threshold"
