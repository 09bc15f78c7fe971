"""FHIR resources that hold the answers of a form.

Belongs here: QuestionnaireResponse, and how item answers become a total. Does not belong here: scores that
are sent as such (``fhir_observations.py``).
"""

from orchestration.feeds.codes import pairs_of, values_of
from orchestration.feeds.fhir_resources import (
    CODING,
    CONTAINED,
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

LOINC_IN_TEXT = "'(?:^|.*[^0-9])([0-9]{3,7}-[0-9])(?:[^0-9]|$)'"
"""The last LOINC code in a text: the names of nested items begin with the names of their groups."""


ITEM_NINE = "44260-8"
"""LOINC of the ninth item of the PHQ-9. A form that answers it and makes no total is an observation of it."""


def loinc_in(text: str) -> str:
    """SQL of the last LOINC code in a text, null where there is none.

    Args:
        text: SQL of the text; most are such a code and no more.
    """
    return (
        f"CASE WHEN regexp_full_match({text}, '/?[0-9]{{3,7}}-[0-9]') THEN ltrim({text}, '/') "
        f"ELSE nullif(regexp_extract({text}, {LOINC_IN_TEXT}, 1), '') END"
    )


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


ORDINAL = "STRUCT(url VARCHAR, valueDecimal VARCHAR)"
ANSWER_CODING = f"STRUCT(system VARCHAR, code VARCHAR, display VARCHAR, extension {ORDINAL}[])"
VALUES = (
    f"valueCoding {ANSWER_CODING}, valueInteger VARCHAR, valueDecimal VARCHAR, valueString VARCHAR, "
    f"valueQuantity {QUANTITY}"
)
OWN = "linkId VARCHAR, definition VARCHAR"
UNDER_ANSWERS = f"STRUCT({OWN}, answer STRUCT({VALUES})[])[]"
LEAF = f"{OWN}, answer STRUCT({VALUES}, item {UNDER_ANSWERS})[]"
DEPTH = 5
"""Levels of groups that are looked into; a form with deeper ones is unknown, and listed as such."""

ASKED_ITEM = f"linkId VARCHAR, code {CODING}[]"
WITH_FORM = CONTAINED.removesuffix(")[]") + f", item STRUCT({ASKED_ITEM}, item STRUCT({ASKED_ITEM})[])[])[]"
"""What is contained, of a questionnaire with what it asks."""


def _items(depth: int) -> str:
    """The type of items with so many levels."""
    return f"STRUCT({LEAF}{f', item {_items(depth - 1)}' if depth > 1 else ''})[]"


KINDS = ("valueCoding", "valueInteger", "valueDecimal", "valueString", "valueQuantity")
FIRST_ANSWER = f"struct_pack({', '.join(f'{kind} := i.answer[1].{kind}' for kind in KINDS)})"


def _every(listed: str) -> str:
    """SQL of the items of a list, each with its first answer and without what is below it."""
    return f"[{{'link': i.linkId, 'definition': i.definition, 'answer': {FIRST_ANSWER}}} for i in {listed}]"


KNOWN = {
    "item_codes": values_of(*ITEM),
    "score_codes": values_of(*SCORES),
    "total_codes": pairs_of("assessment", "instrument"),
}
"""What codes mean, by names of their own: a constant within a list is copied for each of its entries."""

LEVELS = {"level1": "s.item", "level2": "flatten([i.item for i in s.level1])"} | {
    f"level{depth}": f"CASE WHEN len(s.level{depth - 1}) > 0 "
    f"THEN flatten([i.item for i in s.level{depth - 1}]) END"
    for depth in range(3, DEPTH + 1)
}
UNDER = "flatten([flatten([a.item for a in i.answer]) for i in {0}])"
LISTS = [listed for level in LEVELS for listed in (f"s.{level}", UNDER.format(f"s.{level}"))]
OWN_ASKED = (
    "flatten([list_concat(form.item, flatten([i.item for i in form.item])) for form in s.contained "
    "if '#' || form.id = s.questionnaire])"
)
EVERY_ITEM = (
    f"CASE WHEN len(s.level2) = 0 AND len({UNDER.format('s.level1')}) = 0 THEN {_every('s.level1')} "
    f"ELSE list_concat({', '.join(map(_every, LISTS))}) END"
)
"""All items; those of a form without groups are its own."""

WORDS = "'text|' || fhir_folded(coalesce(i.answer.valueCoding.display, i.answer.valueString))"
POINTS = (
    "coalesce(CASE WHEN i.answer.valueCoding.extension IS NOT NULL "
    "THEN try_cast([e.valueDecimal for e in i.answer.valueCoding.extension "
    "if ends_with(e.url, 'ordinalValue') OR ends_with(e.url, 'itemWeight')][1] AS DECIMAL(18, 6)) END, "
    "try_cast(s.score_codes[fhir_pair(i.answer.valueCoding)] AS DECIMAL(18, 6)), "
    f"try_cast(s.score_codes[{WORDS}] AS DECIMAL(18, 6)), "
    "try_cast(coalesce(i.answer.valueInteger, i.answer.valueDecimal, "
    f"{exact('i.answer.valueQuantity')}, "
    "i.answer.valueString) AS DECIMAL(18, 6)))"
)
LEAVES = (
    f"[{{'link': i.link, 'loinc': coalesce({loinc_in('i.link')}, {loinc_in('i.definition')}, "
    "[fhir_of_system(part.code, 'http://loinc.org') for part in s.own_form if part.linkId = i.link][1], ''), "
    f"'points': {POINTS}}} for i in s.every_item]"
)
"""What each item asks, and the points of its answer."""
ANSWERS = (
    "[{'item': coalesce(s.item_codes['http://loinc.org|' || leaf.loinc], "
    "s.item_codes['linkId|' || leaf.link], "
    "s.item_codes['uri|' || split_part(s.questionnaire, '|', 1) || '#' || leaf.link]), "
    "'points': leaf.points} for leaf in s.leaves]"
)
TOTAL_CODE = "list_contains(s.total_codes, 'http://loinc.org|' || leaf.loinc)"
TOTAL = f"list_filter(s.leaves, lambda leaf: {TOTAL_CODE})[1:1]"
TOTAL_POINTS = "s.total_leaf[1]"
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

PATIENT = f"coalesce({reference('s.subject', 'Patient')}, {reference('s.source', 'Patient')})"
STATUS = Coded(primitive("s.status", "http://hl7.org/fhir/questionnaire-answers-status"))

QUESTIONNAIRE_RESPONSE = Resource(
    elements={
        "status": "VARCHAR",
        "questionnaire": "VARCHAR",
        "subject": REFERENCE,
        "source": REFERENCE,
        "encounter": REFERENCE,
        "authored": "VARCHAR",
        "item": _items(DEPTH),
        "contained": WITH_FORM,
    },
    foreign={"parent": "STU3", "context": "STU3"},
    told_by=("assessment", "form", "[{'system': 'uri', 'code': coalesce(s.questionnaire, '')}]"),
    derived={
        **KNOWN,
        **LEVELS,
        "every_item": EVERY_ITEM,
        "own_form": OWN_ASKED,
        "leaves": LEAVES,
        "answers": ANSWERS,
        "total_leaf": TOTAL,
        "total": TOTAL_POINTS,
        "form": f"coalesce({BY_FORM}, {COMPLETE})",
        "own_answers": item_answers("s.answers", "s.form"),
        "score": f"coalesce(s.total.points, {complete_total('s.own_answers', 's.form')})",
        "ninth": f"CASE WHEN s.form = 'PHQ-9' THEN {item_nine('s.answers')} END",
    },
    mappings=(
        Mapping(
            "assessment",
            {
                "assessment_id": "s.id",
                "patient_id": PATIENT,
                "instrument": "s.form",
                "score": "s.score",
                "item9_score": "s.ninth",
                "taken_at": "fhir_moment(s.authored)",
                "encounter_id": reference("s.encounter", "Encounter"),
            },
            {"status": STATUS},
            where="s.score IS NOT NULL OR s.ninth IS NULL",
            needs="form",
        ),
        Mapping(
            "observation",
            {
                "observation_id": f"s.id || '#{ITEM_NINE}'",
                "patient_id": PATIENT,
                "encounter_id": reference("s.encounter", "Encounter"),
                "code_system": "'http://loinc.org'",
                "code": f"'{ITEM_NINE}'",
                "value_number": "s.ninth",
                "observed_at": "fhir_moment(s.authored)",
            },
            {"status": STATUS},
            needs="form",
        ),
    ),
)
