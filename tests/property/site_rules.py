"""The rules of an invented site, as far from the usual as the columns allow.

What belongs here: rows of seeds that a site could write. What does not: what they do.
"""

import csv
from pathlib import Path

Row = dict[str, str]
# One payer is given three policies with a week between the first two, in which the default's rule holds.
SITE_POLICIES: tuple[Row, ...] = (
    {
        "policy_version": "site-generous",
        "valid_from": "2023-01-01",
        "valid_to": "2025-10-13",
        "target_initial_minutes": "50",
        "target_subsequent_minutes": "41",
        "addon_block_minutes": "20",
        "addon_floor_minutes": "11",
        "g2214_floor_minutes": "25",
        "bhi_floor_minutes": "15",
        "max_units_99494": "1",
        "review_units_99494": "0",
        "countable_roles_cocm": "care_manager;nurse;bhc",
        "countable_roles_bhi": "bhc",
        "covered_codes": "99492;99494;G2214",
        "counts_facility_stay": "true",
        "counts_concurrent_staff": "true",
        "takes_apcm_addons": "true",
        "fqhc_rhc_rule_cocm": "none",
        "fqhc_rhc_rule_bhi": "g_code",
        "episode_gap_months": "2",
        "initiating_visit_days": "",
        "scale_max_age_days": "0",
        "psychiatric_review_rule": "none",
        "diagnosis_codes": "F32;F40-F41.9;R45",
        "age_max_years": "40",
        "max_months": "1",
        "late_documentation_days": "0",
        "filing_limit_days": "45",
        "review_checks": "",
        "rate_multiplier": "0.855",
    },
    {
        "policy_version": "site-strict",
        "valid_from": "2025-10-21",
        "valid_to": "2026-03-10",
        "time_rule": "strict",
        "addon_floor_minutes": "30",
        "g2214_floor_minutes": "",
        "max_units_99494": "0",
        "countable_roles_bhi": "nurse;care_manager",
        "fqhc_rhc_rule_cocm": "g_code",
        "fqhc_rhc_rule_bhi": "none",
        "episode_gap_months": "1",
        "initiating_visit_days": "30",
        "scale_max_age_days": "60",
        "age_min_years": "12",
        "max_months": "3",
        "review_checks": "initiating_visit;validated_scale;eligible_diagnosis;timely_filing",
        "rate_multiplier": "1.333",
    },
    {
        "policy_version": "site-later",
        "valid_from": "2026-03-11",
        "valid_to": "",
        "max_units_99494": "2",
        "counts_concurrent_staff": "true",
        "takes_apcm_addons": "true",
        "bhi_floor_minutes": "",
        "fee_schedule_id": "",
    },
)


def write_site_rules(seeds: Path, folder: Path, payer_id: str = "medicare") -> Path:
    """Write ``payer_policy.csv`` of the site: the project's own, but for one payer."""
    with (seeds / "payer_policy.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    usual = next(row for row in rows if row["payer_id"] == payer_id and not row["valid_to"])
    site = [{**usual, **policy} for policy in SITE_POLICIES]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "payer_policy.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(usual), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*(row for row in rows if row["payer_id"] != payer_id), *site])
    return folder
