"""FHIR Observation: scores go to ``assessment``, all else to ``observation``.

Belongs here: what was found, measured or asked, with its parts. Does not belong here: forms
(``fhir_forms.py``), visits and diagnoses (``fhir_clinical.py``).
"""

from orchestration.feeds.codes import lookup, pairs_of, standard, values_of
from orchestration.feeds.fhir_clinical import BILLING_SYSTEMS, SNOMED
from orchestration.feeds.fhir_dates import part_of_a_date
from orchestration.feeds.fhir_items import ITEM, SCORES, complete_total, item_answers, item_nine
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_resources import (
    CONCEPT,
    EVERY,
    PERIOD,
    QUANTITY,
    REASON_EXTENSION,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    exact,
    kind_of,
    primitive,
    stated_reason,
)

ABOUT = (
    f"CASE WHEN len(s.focus) > 0 AND {kind_of('s.focus[1]')} IN ('Patient', 'RelatedPerson') "
    f"THEN {reference('s.focus[1]', 'Patient')} ELSE {reference('s.subject', 'Patient')} END"
)
"""Whom it was found of: a mother's answers may be kept in her child's record, and name her as their focus."""

OBSERVED = (
    "coalesce(s.effectiveDateTime, s.effectiveInstant, s.effectivePeriod.start, "
    's.effectivePeriod."end", s.effectiveTiming.event[1], s.issued)'
)
OBSERVED_AT = f"fhir_moment({OBSERVED})"
OBSERVED_IN = part_of_a_date("effective", OBSERVED)
OBSERVATION_STATUS = Coded(primitive("s.status", "http://hl7.org/fhir/observation-status"))
NOT_DONE = "coalesce(s.stated, s.dataAbsentReason.coding)"
NO_RESULT = (
    "s.total IS NULL AND {screen_result} IS NULL "
    "AND coalesce({not_done_reason}, fhir_pair(" + NOT_DONE + "[1])) IS NULL "
    "AND (s.valueBoolean IS NOT NULL OR s.valueCodeableConcept.coding[1].code IS NOT NULL OR s.is_panel)"
)
"""An answer that is neither a score nor a result of a screen: it was done, and that is all it says."""
FINDING_SYSTEMS = f"list_concat({BILLING_SYSTEMS}, ['http://loinc.org', '{SNOMED}'])"
ANSWER_SYSTEMS = f"['http://loinc.org', '{SNOMED}']"
FOUND = f"fhir_coding(s.code.coding, {ANSWER_SYSTEMS})"
VALUE = {
    "valueQuantity": QUANTITY,
    "valueInteger": "VARCHAR",
    "valueString": "VARCHAR",
    "valueCodeableConcept": CONCEPT,
}

ANSWER = f"fhir_pair({standard('s.valueCodeableConcept.coding', ANSWER_SYSTEMS)})"
ANSWER_OF_PART = ANSWER.replace("s.value", "part.value")
SAID = f"{values_of('assessment', 'screen_result')}['text|' || fhir_folded(s.valueString)]"
SENT = (
    f"coalesce(s.valueInteger, {exact('s.valueQuantity')}, CASE WHEN {SAID} IS NULL THEN s.valueString END)"
)
IS_TOTAL = "list_has_any([fhir_pair(coding) for coding in s.code.coding], " + (
    f"{pairs_of('assessment', 'instrument')})"
)
COMPONENT_POINTS = f"coalesce(part.valueInteger, {exact('part.valueQuantity')}, " + (
    f"{values_of(*SCORES)}['text|' || fhir_folded(part.valueString)], part.valueString, "
    f"{values_of(*SCORES)}[{ANSWER_OF_PART}], "
    f"{values_of(*SCORES)}['text|' || fhir_folded(part.valueCodeableConcept.text)])"
)
COMPONENTS = (
    f"[{{'item': {values_of(*ITEM)}['http://loinc.org|' || fhir_of_system(part.code.coding, "
    f"'http://loinc.org')], 'points': try_cast({COMPONENT_POINTS} AS DECIMAL(18, 6))}} "
    "for part in s.component]"
)
TOTAL_COMPONENT = (
    f"[{COMPONENT_POINTS} for part in s.component if list_has_any([fhir_pair(coding) "
    f"for coding in part.code.coding], {pairs_of('assessment', 'instrument')})][1]"
)

IN_WORDS = "coalesce(s.valueString, s.words)"
ANSWERED = (
    f"CASE WHEN s.is_item THEN coalesce({values_of(*SCORES)}['text|' || fhir_folded({IN_WORDS})], "
    f"CAST(try_cast({IN_WORDS} AS DECIMAL(18, 6)) AS VARCHAR)) END"
)
"""The points of an answer in words, where the code asks for an item of a form."""

WHOLE = {
    "found": FOUND,
    "found_system": "fhir_system(s.found.system)",
    "is_item": f"{values_of(*ITEM)}[fhir_pair(s.found)] IS NOT NULL",
    "words": "s.valueCodeableConcept.text",
    "answer": ANSWER,
    "measured": f"coalesce({exact('s.valueQuantity')}, s.valueInteger)",
}
"""What was found as a whole: a code, and the answer as a pair of system and code, a number or words."""

VALUE_NUMBER = f"coalesce(s.measured, {ANSWERED})"
VALUE_CODE = "coalesce(s.answer, '|' || s.valueBoolean)"
PART_FOUND = FOUND.replace("s.code", "part.code")
CODED_PARTS = (
    f"[{{'found': {PART_FOUND}, 'value_code': {ANSWER_OF_PART}, "
    f"'value_number': coalesce({exact('part.valueQuantity')}, part.valueInteger, CASE WHEN "
    f"{values_of(*ITEM)}[fhir_pair({PART_FOUND})] IS NOT NULL "
    f"THEN CAST(try_cast({COMPONENT_POINTS} AS DECIMAL(18, 6)) AS VARCHAR) END)}} "
    "for part in s.component]"
)
MEASURED_PARTS = (
    f"[{{'found': {PART_FOUND}, 'value_code': NULL::VARCHAR, "
    f"'value_number': coalesce({exact('part.valueQuantity')}, part.valueInteger)}} for part in s.component]"
)
"""The same for parts that are numbers alone, which most are."""
HAS_WORDS = (
    "coalesce(len([1 for part in s.component "
    "if part.valueString IS NOT NULL OR part.valueCodeableConcept IS NOT NULL]) > 0, false)"
)
HAS_PARTS = (
    "CASE WHEN s.component IS NOT NULL THEN len([1 for coding in "
    "flatten([part.code.coding for part in s.component]) if fhir_says(coding)]) > 0 ELSE false END"
)
"""Whether a part has a finding, without looking which of its codings that is."""
SAME_BEFORE = "len([1 for other in s.part_codes[:place - 1] if other = part.found.code])"
MARK = "'#' || part.found.code"
NUMBERED = f"{MARK} || CASE WHEN {SAME_BEFORE} > 0 THEN '#' || ({SAME_BEFORE} + 1) ELSE '' END"


def _part(mark: str) -> str:
    """SQL of a coded part under a mark."""
    return (
        f"{{'mark': {mark}, 'system': fhir_system(part.found.system), 'code': part.found.code, "
        "'value_code': part.value_code, 'value_number': part.value_number}"
    )


PARTS = {
    "has_parts": HAS_PARTS,
    "all_parts": f"CASE WHEN {HAS_WORDS} THEN {CODED_PARTS} ELSE {MEASURED_PARTS} END",
    "part_codes": "[part.found.code for part in s.all_parts]",
    "parts": "CASE WHEN list_unique(s.part_codes) < len(s.part_codes) "
    f"THEN [{_part(NUMBERED)} for part, place in s.all_parts if part.found.code IS NOT NULL] "
    f"ELSE [{_part(MARK)} for part in s.all_parts] END",
}
"""The parts of a finding that have a code; those that have the same are numbered."""

WHOLE_AND_PARTS = (
    f"list_concat([{{'mark': '', 'system': s.found_system, 'code': s.found.code, 'value_code': {VALUE_CODE}, "
    f"'value_number': {VALUE_NUMBER}}}], s.parts)"
)
"""The finding as a whole, and each of its coded parts under the whole's id and its own code."""


def _observed(columns: dict[str, str], *, where: str = "true", each: str | None = None) -> Mapping:
    """The columns of a finding, or of a part of one.

    Args:
        columns: SQL of its id, of what was looked for, and of the answer as a pair of system and code and as
            a number.
        where: which observations it takes.
        each: SQL list of the parts, where there are any.
    """
    return Mapping(
        "observation",
        {
            "patient_id": ABOUT,
            "encounter_id": reference("s.encounter", "Encounter"),
            "observed_at": OBSERVED_AT,
            **columns,
        },
        {"status": OBSERVATION_STATUS},
        where=where,
        each=each,
        listed={"code": f"fhir_unlisted(s.code.coding, {FINDING_SYSTEMS})", "observed_at": OBSERVED_IN},
    )


SAID_IN_WORDS = SAID.replace("s.valueString", "s.words")
IN_A_WORD = (
    f"CASE WHEN {SAID} IS NOT NULL THEN [{{'system': 'text', 'code': s.valueString}}] "
    f"WHEN {SAID_IN_WORDS} IS NOT NULL THEN [{{'system': 'text', 'code': s.words}}] END"
)
"""The finding of a screen that is written out; other texts are none."""

OBSERVATION = Resource(
    elements={
        **EVERY,
        **VALUE,
        "valueBoolean": "BOOLEAN",
        "status": "VARCHAR",
        "code": CONCEPT,
        "subject": REFERENCE,
        "focus": f"{REFERENCE}[]",
        "encounter": REFERENCE,
        "effectiveDateTime": "VARCHAR",
        "effectiveInstant": "VARCHAR",
        "effectivePeriod": PERIOD,
        "effectiveTiming": "STRUCT(event VARCHAR[])",
        "issued": "VARCHAR",
        "dataAbsentReason": CONCEPT,
        "extension": REASON_EXTENSION,
        "component": "STRUCT(code "
        + CONCEPT
        + "".join(f", {name} {kind}" for name, kind in VALUE.items())
        + ")[]",
    },
    foreign={"triggeredBy": "R5", "context": "STU3", "related": "STU3"},
    derived={
        "scale": lookup("assessment", "scale", "s.code.coding"),
        "is_panel": f"CASE WHEN s.scale IS NOT NULL THEN NOT {IS_TOTAL} END",
        **WHOLE,
        "stated": f"{stated_reason('notDoneReason')}.valueCodeableConcept.coding",
        "sent": SENT,
        **PARTS,
        "items": f"CASE WHEN s.scale IS NOT NULL AND s.component IS NOT NULL THEN {COMPONENTS} END",
        "own_items": f"CASE WHEN s.items IS NOT NULL THEN {item_answers('s.items', 's.scale')} END",
        "total": f"CASE WHEN s.scale IS NOT NULL THEN coalesce(s.sent, {TOTAL_COMPONENT}, "
        f"CAST({complete_total('s.own_items', 's.scale')} AS VARCHAR)) END",
    },
    mappings=(
        Mapping(
            "assessment",
            {
                "assessment_id": "s.id",
                "patient_id": ABOUT,
                "instrument": "s.scale",
                "score": "s.total",
                "item9_score": item_nine("s.items"),
                "taken_at": OBSERVED_AT,
                "encounter_id": reference("s.encounter", "Encounter"),
            },
            {
                "screen_result": Coded(f"list_concat(s.valueCodeableConcept.coding, {IN_A_WORD})"),
                "not_done_reason": Coded(NOT_DONE),
                "status": OBSERVATION_STATUS,
            },
            where=f"NOT ({NO_RESULT})",
            needs="scale",
            listed={"taken_at": OBSERVED_IN},
        ),
        _observed(
            {
                "observation_id": "s.id",
                "code_system": "s.found_system",
                "code": "s.found.code",
                "value_code": VALUE_CODE,
                "value_number": VALUE_NUMBER,
            },
            where="NOT s.has_parts",
        ),
        _observed(
            {
                "observation_id": "s.id || s.line.mark",
                "code_system": "s.line.system",
                "code": "s.line.code",
                "value_code": "s.line.value_code",
                "value_number": "s.line.value_number",
            },
            each=WHOLE_AND_PARTS,
        ),
    ),
)
