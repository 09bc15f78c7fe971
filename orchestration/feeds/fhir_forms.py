"""FHIR resources that hold the answers of a form.

Belongs here: QuestionnaireResponse, and how item answers become a total. Does not belong here: scores that
are sent as such (``fhir_clinical.py``).
"""

from orchestration.feeds.codes import pairs_of, values_of
from orchestration.feeds.fhir_resources import (
    QUANTITY,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    exact,
    primitive,
    reference,
)

ITEM = ("assessment", "item")
"""Rows of the code map: which item of which instruments a code asks for, as ``PHQ-9/1;PHQ-2/1``."""

ASKED = ("assessment", "items_asked")
"""How many items an instrument has, by its name."""

SCORES = ("assessment", "item_score")
"""Rows of the code map: how many points an answer is."""

LOINC_IN_TEXT = "'([0-9]{3,7}-[0-9])(?:[^0-9]|$)'"


def item_answers(answers: str, instrument: str) -> str:
    """SQL of the answers that belong to an instrument.

    Args:
        answers: SQL list of structs of ``item`` (as the code map has it) and ``points``.
        instrument: SQL of the instrument.
    """
    return f"[a for a in {answers} if contains(';' || a.item, ';' || {instrument} || '/')]"


def complete_total(own: str, instrument: str) -> str:
    """SQL of the sum of an instrument's items; null unless each of them is answered once with points.

    Args:
        own: SQL of the answers that belong to the instrument.
        instrument: SQL of the instrument.
    """
    asked = f"CAST({values_of(*ASKED)}[{instrument}] AS BIGINT)"
    return (
        f"CASE WHEN len({own}) = {asked} "
        f"AND len(list_distinct([a.item for a in {own}])) = {asked} "
        f"AND len([a for a in {own} if a.points IS NOT NULL]) = {asked} "
        f"THEN CAST(list_sum([a.points for a in {own}]) AS BIGINT) END"
    )


def item_nine(answers: str) -> str:
    """SQL of the points of the ninth item of the PHQ-9, thoughts of self-harm.

    Args:
        answers: as for ``item_answers``.
    """
    return f"[a.points for a in {answers} if contains(';' || a.item || ';', ';PHQ-9/9;')][1]"


ANSWER_CODING = "STRUCT(system VARCHAR, code VARCHAR, extension STRUCT(url VARCHAR, valueDecimal VARCHAR)[])"
ANSWER = (
    f"STRUCT(valueCoding {ANSWER_CODING}, valueInteger VARCHAR, valueDecimal VARCHAR, valueString VARCHAR, "
    f"valueQuantity {QUANTITY})"
)
LEAF = f"linkId VARCHAR, definition VARCHAR, answer {ANSWER}[]"
ITEMS = f"STRUCT({LEAF}, item STRUCT({LEAF}, item STRUCT({LEAF})[])[])[]"


def _leaves(items: str) -> str:
    return (
        "[{'link': i.linkId, 'loinc': regexp_extract(coalesce(i.linkId, '') || ' ' "
        f"|| coalesce(i.definition, ''), {LOINC_IN_TEXT}, 1), 'answer': i.answer[1]}} for i in {items}]"
    )


SECOND = "flatten([i.item for i in s.item])"
LEAVES = f"list_concat({_leaves('s.item')}, {_leaves(SECOND)}, " + (
    f"{_leaves(f'flatten([i.item for i in {SECOND}])')})"
)
POINTS = (
    "coalesce(CASE WHEN leaf.answer.valueCoding.extension IS NOT NULL "
    "THEN try_cast([e.valueDecimal for e in leaf.answer.valueCoding.extension "
    "if ends_with(e.url, 'ordinalValue') OR ends_with(e.url, 'itemWeight')][1] AS DECIMAL(18, 6)) END, "
    f"try_cast({values_of(*SCORES)}[fhir_pair(leaf.answer.valueCoding)] AS DECIMAL(18, 6)), "
    "try_cast(coalesce(leaf.answer.valueInteger, leaf.answer.valueDecimal, "
    f"{exact('leaf.answer.valueQuantity')}, "
    "leaf.answer.valueString) AS DECIMAL(18, 6)))"
)
ANSWERS = (
    f"[{{'item': coalesce({values_of(*ITEM)}['http://loinc.org|' || leaf.loinc], "
    f"{values_of(*ITEM)}['linkId|' || leaf.link]), 'points': {POINTS}}} for leaf in s.leaves]"
)
TOTAL_CODE = f"list_contains({pairs_of('assessment', 'instrument')}, 'http://loinc.org|' || leaf.loinc)"
TOTAL = f"list_filter(s.leaves, lambda leaf: {TOTAL_CODE})[1:1]"
TOTAL_POINTS = f"[{{'loinc': leaf.loinc, 'points': {POINTS}}} for leaf in s.total_leaf][1]"
BY_FORM = (
    f"coalesce({values_of('assessment', 'instrument')}['http://loinc.org|' || s.total.loinc], "
    f"{values_of('assessment', 'form')}['uri|' || split_part(s.questionnaire, '|', 1)], "
    f"{values_of('assessment', 'form')}['http://loinc.org|' "
    f"|| nullif(regexp_extract(s.questionnaire, {LOINC_IN_TEXT}, 1), '')])"
)
COMPLETE = (
    "[known_scale for known_scale in ['PHQ-9', 'GAD-7'] "
    f"if ({complete_total(item_answers('s.answers', 'known_scale'), 'known_scale')}) IS NOT NULL][1]"
)
"""A form that does not say what it is, and holds every item of one of these, is that one."""

QUESTIONNAIRE_RESPONSE = Resource(
    elements={
        "status": "VARCHAR",
        "questionnaire": "VARCHAR",
        "subject": REFERENCE,
        "source": REFERENCE,
        "encounter": REFERENCE,
        "authored": "VARCHAR",
        "item": ITEMS,
    },
    foreign={"parent": "STU3", "context": "STU3"},
    derived={
        "leaves": LEAVES,
        "answers": ANSWERS,
        "total_leaf": TOTAL,
        "total": TOTAL_POINTS,
        "form": f"coalesce({BY_FORM}, {COMPLETE})",
        "own_answers": item_answers("s.answers", "s.form"),
    },
    mappings=(
        Mapping(
            "assessment",
            {
                "assessment_id": "s.id",
                "patient_id": f"coalesce({reference('s.subject', 'Patient')}, "
                f"{reference('s.source', 'Patient')})",
                "instrument": "s.form",
                "score": f"coalesce(s.total.points, {complete_total('s.own_answers', 's.form')})",
                "item9_score": f"CASE WHEN s.form = 'PHQ-9' THEN {item_nine('s.answers')} END",
                "taken_at": "fhir_moment(s.authored)",
                "encounter_id": reference("s.encounter", "Encounter"),
            },
            {
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/questionnaire-answers-status")),
            },
            needs="form",
        ),
    ),
)
