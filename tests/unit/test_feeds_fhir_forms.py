"""Forms: items, totals that are sent and totals that are worked out, the ninth item."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.fhir_lines import LOINC, Json, concept, only, parts, read, ref, unmapped

PHQ9 = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
GAD7 = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]
ANSWERS = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]


def coded(link: str, points: int) -> Json:
    return {"linkId": link, "answer": [{"valueCoding": {"system": LOINC, "code": ANSWERS[points]}}]}


def form(items: list[Json], **change: object) -> Json:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "questionnaire": "http://loinc.org/q/44249-1|2.73",
        "subject": ref("Patient/p1"),
        "encounter": ref("Encounter/e1"),
        "authored": "2025-01-10T10:00:00Z",
        "item": items,
        **change,
    }


NINE = [coded(f"/{code}", number % 4) for number, code in enumerate(PHQ9)]
SEVEN = [coded(code, 1) for code in GAD7]
TOTAL: Json = {"linkId": "/44261-6", "answer": [{"valueDecimal": 20}]}


def test_a_form_with_all_items_has_a_total(tmp_path: Path) -> None:
    row = only(tmp_path, "assessment", form(NINE))
    wanted = {
        "assessment_id": "q1",
        "patient_id": "p1",
        "instrument": "PHQ-9",
        "score": 12,
        "item9_score": 0,
        "taken_at": datetime(2025, 1, 10, 10),
        "encounter_id": "e1",
        "status": "final",
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("items", "score", "item9"),
    [
        ([*NINE, TOTAL], 20, 0),
        ([*NINE[:8], TOTAL], 20, None),
        ([TOTAL], 20, None),
        ([{"linkId": "group", "item": NINE}], 12, 0),
        ([{"linkId": "form", "item": [{"linkId": "group", "item": NINE}, TOTAL]}], 20, 0),
        ([*NINE[:8], coded("PHQ9-item/44260-8", 3)], 15, 3),
        (
            [
                *NINE[:8],
                {"linkId": "x", "definition": "http://loinc.org/q#44260-8", "answer": [{"valueInteger": 2}]},
            ],
            14,
            2,
        ),
    ],
)
def test_a_total_that_is_sent_counts_before_the_items(
    tmp_path: Path, items: list[Json], score: int, item9: int | None
) -> None:
    row = only(tmp_path, "assessment", form(items))
    assert (row["score"], row["item9_score"]) == (score, item9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "items",
    [
        NINE[:8],
        [*NINE[:8], {"linkId": "/44260-8"}],
        [*NINE[:8], coded("/44250-9", 1)],
        [*NINE[:8], {"linkId": "/44260-8", "answer": [{"valueCoding": {"system": LOINC, "code": "LA0-0"}}]}],
    ],
)
def test_a_form_with_an_item_open_has_no_total(tmp_path: Path, items: list[Json]) -> None:
    assert read(tmp_path, "assessment", form(items)).refused == [(1, "missing_required:score")]


ORDINAL = {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 3}


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        {"valueCoding": {"system": "urn:x", "code": "y", "extension": [ORDINAL]}},
        {"valueInteger": 3},
        {"valueDecimal": 3.0},
        {"valueQuantity": {"value": 3}},
        {"valueString": "3"},
    ],
)
def test_points_come_in_many_forms(tmp_path: Path, answer: Json) -> None:
    items = [*SEVEN[:6], {"linkId": GAD7[6], "answer": [answer]}]
    row = only(tmp_path, "assessment", form(items, questionnaire="http://loinc.org/q/69737-5"))
    assert (row["instrument"], row["score"], row["item9_score"]) == ("GAD-7", 9, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("items", "instrument", "score"),
    [(NINE, "PHQ-9", 12), (SEVEN, "GAD-7", 7), ([TOTAL], "PHQ-9", 20)],
)
def test_a_form_is_known_by_what_it_asks(
    tmp_path: Path, items: list[Json], instrument: str, score: int
) -> None:
    row = only(tmp_path, "assessment", form(items, questionnaire="Questionnaire/local"))
    assert (row["instrument"], row["score"]) == (instrument, score)


def test_two_items_are_the_short_form_only_where_the_form_says_so(tmp_path: Path) -> None:
    short = form(NINE[:2], questionnaire="http://loinc.org/q/55757-9")
    unknown = form(NINE[:2], questionnaire="Questionnaire/local")
    outcome = read(tmp_path, "assessment", short, unknown)
    assert [(row["instrument"], row["score"]) for row in outcome.rows] == [("PHQ-2", 1)]
    assert parts(outcome) == {"assessment": (1, 1, 0), "fhir": (1, 1, 0)}
    assert unmapped(outcome) == [
        ("form", "uri", "Questionnaire/local", 1),
        ("resourceType", "", "QuestionnaireResponse", 1),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status"),
    [("in-progress", "preliminary"), ("amended", "amended"), ("stopped", "cancelled"), ("odd", None)],
)
def test_the_status_of_a_form(tmp_path: Path, sent: str, status: str | None) -> None:
    assert only(tmp_path, "assessment", form(NINE, status=sent))["status"] == status


def panel(items: list[Json], **change: object) -> Json:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(LOINC, "44261-6"),
        "subject": ref("Patient/p1"),
        "effectiveDateTime": "2025-01-10T10:00:00Z",
        "component": items,
        **change,
    }


def part(code: str, points: int) -> Json:
    return {"code": concept(LOINC, code), "valueInteger": points}


PARTS = [part(code, 2) for code in PHQ9]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("resource", "score"),
    [
        (panel(PARTS), 18),
        (panel(PARTS, valueInteger=5), 5),
        (panel(PARTS, code=concept(LOINC, "44249-1")), 18),
        (panel([part("44261-6", 7)], code=concept(LOINC, "44249-1")), 7),
        (panel([part("44261-6", 0), *PARTS]), 0),
    ],
)
def test_an_observation_may_hold_items_too(tmp_path: Path, resource: Json, score: int) -> None:
    row = only(tmp_path, "assessment", resource)
    assert (row["instrument"], row["score"]) == ("PHQ-9", score)


@pytest.mark.slow
def test_a_panel_that_points_to_its_parts_is_no_score(tmp_path: Path) -> None:
    outer = panel([], code=concept(LOINC, "44249-1"), hasMember=[ref("Observation/o2")])
    assert read(tmp_path, "observation", outer).numbers == [1]


@pytest.mark.slow
def test_items_without_one_are_no_total(tmp_path: Path) -> None:
    assert read(tmp_path, "assessment", panel(PARTS[:8])).refused == [(1, "missing_required:score")]


GROUP = {"linkId": "/44249-1", "text": "Over the last two weeks"}
PATHS = [{**item, "linkId": f"/44249-1{item['linkId']}"} for item in NINE]
PLAIN = [{"linkId": str(number), "answer": item["answer"]} for number, item in enumerate(NINE)]
OWN_FORM: Json = {
    "resourceType": "Questionnaire",
    "id": "own",
    "item": [
        {"linkId": str(number), "code": [{"system": LOINC, "code": code}]} for number, code in enumerate(PHQ9)
    ],
}
WORDS = ("Not at all", "several days", "More than half the days", "Nearly every day ")
IN_WORDS = [
    {"linkId": code, "answer": [{"valueString": WORDS[number % 4]}]} for number, code in enumerate(PHQ9)
]
OWN_CODES = [
    {
        "linkId": code,
        "answer": [{"valueCoding": {"system": "urn:x", "code": "q", "display": WORDS[number % 4]}}],
    }
    for number, code in enumerate(PHQ9)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"item": [GROUP | {"item": PATHS}]},
        {"item": [GROUP | {"answer": [{"valueString": "yes", "item": NINE}]}]},
        {"item": [{"item": [{"item": [{"item": [GROUP | {"item": NINE}]}]}]}]},
        {"item": PLAIN, "questionnaire": "#own", "contained": [OWN_FORM]},
        {"item": IN_WORDS},
        {"item": OWN_CODES},
    ],
)
def test_items_are_found_wherever_they_stand_and_whatever_they_say(tmp_path: Path, change: Json) -> None:
    row = only(tmp_path, "assessment", form([], **change))
    assert (row["instrument"], row["score"], row["item9_score"]) == ("PHQ-9", 12, 0)


@pytest.mark.slow
def test_parts_of_a_panel_may_be_words(tmp_path: Path) -> None:
    component = [
        {"code": concept(LOINC, code), "valueCodeableConcept": {"text": WORDS[number % 4]}}
        for number, code in enumerate(PHQ9)
    ]
    panel = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(LOINC, "44249-1"),
        "subject": ref("Patient/p1"),
        "effectiveDateTime": "2025-01-10T10:00:00Z",
        "component": component,
    }
    row = only(tmp_path, "assessment", panel)
    assert (row["instrument"], row["score"], row["item9_score"]) == ("PHQ-9", 12, 0)


def test_what_a_form_without_a_total_says_of_self_harm_is_an_observation(tmp_path: Path) -> None:
    said = ("observation_id", "patient_id", "encounter_id", "code_system", "code", "value_number", "status")
    found = read(
        tmp_path,
        "observation",
        form([coded("/44260-8", 2)]),
        form([*NINE[1:8], coded("/44260-8", 0)], id="q2", status="amended"),
        form(NINE[:8], id="q3"),
        form(SEVEN[1:], id="q4", questionnaire="http://loinc.org/q/69737-5"),
        form(NINE, id="q5"),
    )
    assert [tuple(row[name] for name in said) for row in found.rows] == [
        ("q1#44260-8", "p1", "e1", LOINC, "44260-8", 2, "final"),
        ("q2#44260-8", "p1", "e1", LOINC, "44260-8", 0, "amended"),
    ]
    assert found.refused == [(3, "missing_required:score"), (4, "missing_required:score")]
    assert parts(found) == {"assessment": (3, 1, 2), "observation": (2, 2, 0)}


@pytest.mark.parametrize(
    ("code", "answer", "points"),
    [
        ("44260-8", {"valueString": "1-->Several days"}, 1),
        ("44260-8", {"valueString": " 2 "}, 2),
        ("44260-8", {"valueCodeableConcept": {"text": "Nearly every\u00a0day"}}, 3),
        ("44260-8", {"valueInteger": 0}, 0),
        ("44260-8", {"valueString": "unclear"}, None),
        ("8480-6", {"valueString": "2"}, None),
    ],
)
def test_an_item_that_is_an_observation_has_points_in_words(
    tmp_path: Path, code: str, answer: Json, points: int | None
) -> None:
    item = {
        **{"resourceType": "Observation", "id": "o1", "status": "final", "code": concept(LOINC, code)},
        **{"subject": ref("Patient/p1"), "effectiveDateTime": "2025-01-10T10:00:00Z", **answer},
    }
    assert only(tmp_path, "observation", item)["value_number"] == points


def test_the_parts_of_a_panel_without_a_total_have_points_in_words(tmp_path: Path) -> None:
    part = {"code": concept(LOINC, "44260-8"), "valueString": "Several days"}
    panel = {
        **{"resourceType": "Observation", "id": "o1", "status": "final", "code": concept(LOINC, "44249-1")},
        **{"subject": ref("Patient/p1"), "effectiveDateTime": "2025-01-10T10:00:00Z", "component": [part]},
    }
    rows = read(tmp_path, "observation", panel).rows
    assert [(row["observation_id"], row["value_number"]) for row in rows] == [("o1", None), ("o1#44260-8", 1)]


@pytest.mark.parametrize(
    ("said", "result", "score"),
    [("Positive", "positive", None), (" negative\u00a0screen", "negative", None), ("3", None, 3)],
)
def test_a_screen_may_say_its_finding_in_a_word(
    tmp_path: Path, said: str, result: str | None, score: int | None
) -> None:
    screen = {
        **{"resourceType": "Observation", "id": "o1", "status": "final", "code": concept(LOINC, "73832-8")},
        **{"subject": ref("Patient/p1"), "effectiveDateTime": "2025-01-10T10:00:00Z", "valueString": said},
    }
    found = read(tmp_path, "assessment", screen)
    assert [(row["screen_result"], row["score"]) for row in found.rows] == [(result, score)]
    assert unmapped(found) == []


TWO_TOTAL: Json = {"linkId": "55758-7", "answer": [{"valueInteger": 2}]}
SEVEN_TOTAL: Json = {"linkId": "70274-6", "answer": [{"valueInteger": 9}]}
INTAKE = "http://vendor.example/Questionnaire/intake"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("items", "scores"),
    [
        ([*NINE, *SEVEN], {"q1": ("PHQ-9", 12, 0), "q1#GAD-7": ("GAD-7", 7, None)}),
        ([SEVEN_TOTAL, *NINE], {"q1": ("GAD-7", 9, None), "q1#PHQ-9": ("PHQ-9", 12, 0)}),
        (
            [TWO_TOTAL, *NINE, TOTAL],
            {"q1": ("PHQ-2", 2, None), "q1#PHQ-9": ("PHQ-9", 20, 0)},
        ),
        ([{"linkId": "55758-7"}, TOTAL], {"q1": ("PHQ-9", 20, None)}),
        (
            [{"linkId": "89204-2", "answer": [{"valueInteger": 11}]}, *NINE, *SEVEN[1:]],
            {"q1": ("PHQ-9M", 11, 0)},
        ),
        ([*NINE[:8], coded("44260-8", 2), *SEVEN[1:]], {"q1": ("PHQ-9", 14, 2)}),
        ([*SEVEN, *NINE[1:8], coded("44260-8", 2)], {"q1": ("GAD-7", 7, 2)}),
    ],
)
def test_a_form_may_hold_several_scales(
    tmp_path: Path, items: list[Json], scores: dict[str, tuple[str, int, int | None]]
) -> None:
    found = read(tmp_path, "assessment", form(items, questionnaire=INTAKE))
    assert found.refused == []
    assert {
        row["assessment_id"]: (row["instrument"], row["score"], row["item9_score"]) for row in found.rows
    } == scores


@pytest.mark.slow
def test_a_scale_left_half_done_is_refused_and_the_other_stands(tmp_path: Path) -> None:
    items = [*NINE[:8], *SEVEN, *({"linkId": f"other-{number}"} for number in range(3))]
    found = read(tmp_path, "assessment", form(items))
    assert [(row["assessment_id"], row["score"]) for row in found.rows] == [("q1#GAD-7", 7)]
    assert found.refused == [(1, "missing_required:score")]


def test_an_item_that_is_answered_twice_is_not_answered_and_the_worse_answer_is_heard(tmp_path: Path) -> None:
    twice = {"linkId": "44260-8", "answer": [{"valueInteger": 1}, {"valueInteger": 3}]}
    (row,) = read(tmp_path, "observation", form([*NINE[:8], twice])).rows
    assert (row["observation_id"], row["value_number"]) == ("q1#44260-8", 3)


def test_item_nine_is_heard_in_a_form_that_nobody_knows(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "observation", form([coded("44260-8", 2)], questionnaire=INTAKE)).rows
    assert (row["code"], row["value_number"]) == ("44260-8", 2)


def test_a_form_that_is_deleted_takes_all_its_scales_back(tmp_path: Path) -> None:
    entry = {"request": {"method": "DELETE", "url": "QuestionnaireResponse/q1"}}
    found = read(tmp_path, "assessment", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    gone = {row["assessment_id"] for row in found.rows if row["is_deleted"]}
    assert {"q1", "q1#PHQ-9", "q1#GAD-7", "q1#PHQ-2"} <= gone
    assert found.counts[2] == 0


@pytest.mark.slow
def test_a_form_in_error_that_says_no_more_takes_all_its_scales_back(tmp_path: Path) -> None:
    said: Json = {"items": [], "status": "entered-in-error", "questionnaire": INTAKE}
    found = read(tmp_path, "assessment", form(**said), form(NINE, id="q2", status="entered-in-error"))
    gone = {row["assessment_id"] for row in found.rows if row["is_deleted"]}
    assert {"q1", "q1#PHQ-9", "q1#GAD-7"} <= gone
    assert [(row["assessment_id"], row["status"]) for row in found.rows if not row["is_deleted"]] == [
        ("q2", "entered-in-error")
    ]
    assert (found.refused, unmapped(found)) == ([], [])
