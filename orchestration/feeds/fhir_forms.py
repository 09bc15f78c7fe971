"""FHIR resources that hold the answers of a form.

Belongs here: QuestionnaireResponse. Does not belong here: how answers of items become a total
(``fhir_items.py``), and scores that are sent as such (``fhir_observations.py``).
"""

from orchestration.feeds.codes import pairs_of, values_of
from orchestration.feeds.fhir_dates import part_of_a_date
from orchestration.feeds.fhir_elements import structure
from orchestration.feeds.fhir_items import (
    EACH_SCALE,
    ITEM,
    ITEM_NINE,
    LOINC_IN_TEXT,
    SCORES,
    complete_total,
    item_answers,
    item_nine,
    loinc_in,
)
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_resources import (
    CODING,
    CONTAINED,
    QUANTITY,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    exact,
    kind_of,
    primitive,
)

ORDINAL = "STRUCT(url VARCHAR, valueDecimal VARCHAR)"
ANSWER_CODING = f"STRUCT(system VARCHAR, code VARCHAR, display VARCHAR, extension {ORDINAL}[])"
VALUES = (
    f"valueCoding {ANSWER_CODING}, valueInteger VARCHAR, valueDecimal VARCHAR, valueString VARCHAR, "
    f"valueQuantity {QUANTITY}"
)
OWN = "linkId VARCHAR, definition VARCHAR"
UNDER_ANSWERS = f"STRUCT({OWN}, answer STRUCT({VALUES}, item JSON)[], item JSON)[]"
LEAF = f"{OWN}, answer STRUCT({VALUES}, item {UNDER_ANSWERS})[]"
DEEP_LEAF = f"STRUCT({OWN}, answer STRUCT({VALUES})[])"
DEPTH = 5
"""Levels of groups that are read with their types; what is below them, and below answers, is text."""

ASKED_ITEM = f"STRUCT(linkId VARCHAR, code {CODING}[])"
WITH_FORM = CONTAINED.removesuffix(")[]") + ", item JSON)[]"
"""What is contained, of a questionnaire with what it asks."""


def _items(depth: int) -> str:
    """The type of items with so many levels."""
    return f"STRUCT({LEAF}, item {_items(depth - 1) if depth > 1 else 'JSON'})[]"


def _out_of(listed: str, kind: str) -> str:
    """SQL of all items in a list of items that is read as text, at any depth.

    Args:
        listed: SQL of the text.
        kind: the type of an item as it is wanted.
    """
    every = f"json_extract(json_object('item', {listed}), '$..item[*]')"
    return f"[from_json(part, '{structure(kind)}') for part in {every}]"


KINDS = ("valueCoding", "valueInteger", "valueDecimal", "valueString", "valueQuantity")


def _item(answer: str) -> str:
    """SQL of an item ``i`` with an answer and without what is below it."""
    values = ", ".join(f"{kind} := {answer}.{kind}" for kind in KINDS)
    return f"{{'link': i.linkId, 'definition': i.definition, 'answer': struct_pack({values})}}"


def _every(listed: str) -> str:
    """SQL of the items of a list, each with its first answer."""
    return f"[{_item('i.answer[1]')} for i in {listed}]"


def _again(listed: str) -> str:
    """SQL of the items of a list once more for each further answer: an item is answered once."""
    return f"flatten([[{_item('a')} for a in i.answer[2:]] for i in {listed} if len(i.answer) > 1])"


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
BELOW = (
    "[listed for listed in list_concat([i.item for i in s.under], "
    "flatten([[a.item for a in i.answer] for i in s.under]), "
    f"[i.item for i in s.level{DEPTH}]) if listed IS NOT NULL]"
)
NESTED = {
    "is_flat": f"len(s.level2) = 0 AND len({UNDER.format('s.level1')}) = 0 "
    "AND len([1 for i in s.level1 if len(i.answer) > 1]) = 0",
    "under": "CASE WHEN NOT s.is_flat THEN "
    f"list_concat({', '.join(UNDER.format(f's.{level}') for level in LEVELS)}) END",
    "below": f"CASE WHEN NOT s.is_flat THEN {BELOW} END",
    "deep": f"CASE WHEN len(s.below) > 0 THEN flatten([{_out_of('listed', DEEP_LEAF)} "
    "for listed in s.below]) END",
}
"""What is below answers, what is below that or below the last of the levels, and the items in it."""

LISTS = [*(f"s.{level}" for level in LEVELS), "s.under", "s.deep"]
OWN_FORM = "fhir_inside(s.contained, s.questionnaire)"
OWN_ASKED = f"CASE WHEN s.contained IS NOT NULL THEN {_out_of(f'{OWN_FORM}.item', ASKED_ITEM)} END"
EVERY_ITEM = (
    f"CASE WHEN s.is_flat THEN {_every('s.level1')} "
    f"ELSE list_concat({', '.join(map(_every, LISTS))}, {', '.join(map(_again, LISTS))}) END"
)
"""All items; those of a form without groups, each answered once at the most, are its own."""

WORDS = "'text|' || fhir_folded(coalesce(i.answer.valueCoding.display, i.answer.valueString))"
WEIGHTS = [f"ends_with(e.url, '{ending}')" for ending in ("ordinalValue", "itemWeight", "CO-value")]
POINTS = (
    "coalesce(CASE WHEN i.answer.valueCoding.extension IS NOT NULL "
    "THEN try_cast([e.valueDecimal for e in i.answer.valueCoding.extension "
    f"if {' OR '.join(WEIGHTS)}][1] AS DECIMAL(18, 6)) END, "
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
TOTALS = f"list_filter(s.leaves, lambda leaf: {TOTAL_CODE})"
TOTAL = (
    "CASE WHEN len(s.totals) > 1 THEN coalesce([leaf for leaf in s.totals if leaf.points IS NOT NULL][1], "
    "s.totals[1]) ELSE s.totals[1] END"
)
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

SENT_SCALE = f"{values_of('assessment', 'instrument')}['http://loinc.org|' || leaf.loinc]"
SCALES = f"list_sort(list_distinct(list_concat([{SENT_SCALE} for leaf in s.totals], ['PHQ-9', 'GAD-7'])))"
LEAST = 7
"""How many items the shorter of the scales has that are known by their items."""

OTHER_SCALES = (
    f"CASE WHEN len(s.totals) > 1 OR len(s.leaves) - len(s.own_answers) >= {LEAST} THEN [entry for entry in ["
    "{'mark': '#' || scale, 'form': scale, 'score': coalesce("
    f"[leaf.points for leaf in s.totals if {SENT_SCALE} = scale AND leaf.points IS NOT NULL][1], "
    f"{complete_total(item_answers('s.answers', 'scale'), 'scale')}), "
    "'ninth': CASE WHEN starts_with(scale, 'PHQ-9') OR s.score IS NULL THEN s.ninth END} "
    f"for scale in {SCALES} if scale != s.form "
    "AND NOT (starts_with(scale, 'PHQ-9') AND starts_with(s.form, 'PHQ-9'))] "
    "if entry.score IS NOT NULL] END"
)
"""The scales beside the one that a form is known by: an intake asks for several at once."""

ALL_SCALES = (
    "list_concat([{'mark': '', 'form': s.form, 'score': CAST(s.score AS DECIMAL(18, 6)), "
    "'ninth': CASE WHEN len([1 for entry in s.others if starts_with(entry.form, 'PHQ-9')]) = 0 "
    "THEN s.ninth END}], s.others)"
)

PATIENT = (
    f"coalesce({reference('s.subject', 'Patient')}, "
    f"CASE WHEN {kind_of('s.subject')} IN ('', 'Patient') THEN {reference('s.source', 'Patient')} END)"
)
"""Whom the answers are about, else who gave them, unless they are about a relative."""

STATUS = Coded(primitive("s.status", "http://hl7.org/fhir/questionnaire-answers-status"))


def _scored(columns: dict[str, str], *, where: str, each: str | None = None) -> Mapping:
    """The columns of a form, or of one of the scales in it.

    Args:
        columns: SQL of its id, the scale, its total and the answer to item 9.
        where: which forms it takes.
        each: SQL list of the scales, where there are several.
    """
    return Mapping(
        "assessment",
        {
            "patient_id": PATIENT,
            "taken_at": "fhir_moment(s.authored)",
            "encounter_id": reference("s.encounter", "Encounter"),
            **columns,
        },
        {"status": STATUS},
        where=where,
        each=each,
        needs="form",
        listed={"taken_at": part_of_a_date("authored")},
    )


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
        **NESTED,
        "every_item": EVERY_ITEM,
        "own_form": OWN_ASKED,
        "leaves": LEAVES,
        "answers": ANSWERS,
        "totals": TOTALS,
        "total": TOTAL,
        "ninth": item_nine("s.answers"),
        "form": f"coalesce({BY_FORM}, {COMPLETE}, CASE WHEN s.ninth IS NOT NULL THEN 'PHQ-9' END)",
        "own_answers": item_answers("s.answers", "s.form"),
        "score": f"coalesce(s.total.points, {complete_total('s.own_answers', 's.form')})",
        "others": OTHER_SCALES,
        "scales": f"CASE WHEN len(s.others) > 0 THEN {ALL_SCALES} END",
    },
    mappings=(
        _scored(
            {
                "assessment_id": "s.id || s.line.mark",
                "instrument": "s.line.form",
                "score": "s.line.score",
                "item9_score": "s.line.ninth",
            },
            where="s.scales IS NOT NULL",
            each="s.scales",
        ),
        Mapping(
            "assessment",
            {"assessment_id": "s.id || s.line"},
            where="s.status = 'entered-in-error' AND s.score IS NULL AND s.ninth IS NULL",
            each=f"list_concat([''], ['#' || scale for scale in {EACH_SCALE}])",
            is_deleted="true",
        ),
        _scored(
            {
                "assessment_id": "s.id",
                "instrument": "s.form",
                "score": "s.score",
                "item9_score": "s.ninth",
            },
            where="s.score IS NOT NULL OR s.ninth IS NULL",
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
