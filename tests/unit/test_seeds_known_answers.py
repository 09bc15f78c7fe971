"""The table of known answers comes out of the rows of the seeds alone, before any model reads them."""

from datetime import date

import pytest

from tests.unit.seed_rows import Row, in_force

DAY = date(2026, 6, 30)


def codes_reached(
    policy: Row, program: str, month_type: str, path: str, minutes: int
) -> list[tuple[str, int]]:
    """What the rows say of a month: (code, units) of the base or what stands below it, and of the add-on."""

    def rung(name: str) -> Row | None:
        key = {"program": program, "month_type": month_type, "path": path, "rung": name}
        return in_force("code_ladder", DAY, **key)

    def floor(row: Row) -> int | None:
        minimum = policy[row["floor_column"]]
        if minimum and row["takes_midpoint"] == "true" and policy["time_rule"] == "midpoint":
            return int(minimum) // 2 + 1
        return int(minimum) if minimum else None

    base, addon, below = rung("base"), rung("addon"), rung("below_base")
    assert base is not None
    base_floor = floor(base)
    if base_floor is not None and minutes >= base_floor:
        reached = [(base["procedure_code"], 1)]
        if addon is not None:
            past = minutes - int(policy[base["floor_column"]]) - int(policy["addon_floor_minutes"])
            units = past // int(policy["addon_block_minutes"]) + 1 if past >= 0 else 0
            units = min(units, int(policy["max_units_99494"] or units))
            reached += [(addon["procedure_code"], units)] if units else []
        return reached
    below_floor = floor(below) if below is not None else None
    if below is not None and below_floor is not None and minutes >= below_floor:
        return [(below["procedure_code"], 1)]
    return []


@pytest.mark.parametrize(
    ("program", "month_type", "minutes", "medicare", "strict", "beside_apcm"),
    [
        ("cocm", "initial", 29, "", "", ""),
        ("cocm", "initial", 30, "G2214", "G2214", "G2214"),
        ("cocm", "initial", 35, "G2214", "G2214", "G2214"),
        ("cocm", "initial", 36, "99492", "G2214", "G0568"),
        ("cocm", "initial", 85, "99492", "99492", "G0568"),
        ("cocm", "initial", 86, "99492 99494x1", "99492", "G0568"),
        ("cocm", "initial", 116, "99492 99494x2", "99492 99494x1", "G0568"),
        ("cocm", "initial", 206, "99492 99494x4", "99492 99494x4", "G0568"),
        ("cocm", "initial", 236, "99492 99494x4", "99492 99494x5", "G0568"),
        ("cocm", "subsequent", 30, "G2214", "G2214", "G2214"),
        ("cocm", "subsequent", 31, "99493", "G2214", "G0569"),
        ("cocm", "subsequent", 75, "99493", "99493", "G0569"),
        ("cocm", "subsequent", 76, "99493 99494x1", "99493", "G0569"),
        ("cocm", "subsequent", 136, "99493 99494x3", "99493 99494x2", "G0569"),
        ("bhi", "initial", 19, "", "", ""),
        ("bhi", "subsequent", 20, "99484", "99484", "G0570"),
    ],
)
def test_known_answers_come_out_of_the_rows(
    program: str, month_type: str, minutes: int, medicare: str, strict: str, beside_apcm: str
) -> None:
    asked = [
        ("medicare", "component", medicare),
        ("strict_example", "component", strict),
        ("medicare", "apcm", beside_apcm),
    ]
    for payer_id, path, expected in asked:
        policy = in_force("payer_policy", DAY, payer_id=payer_id)
        assert policy is not None
        reached = codes_reached(policy, program, month_type, path, minutes)
        said = " ".join(code + (f"x{units}" if code == "99494" else "") for code, units in reached)
        assert said == expected, (payer_id, path)
