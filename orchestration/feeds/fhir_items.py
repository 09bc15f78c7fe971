"""Items of forms: which a code asks for, how many points an answer is, and how answers become a total.

Belongs here: what forms and findings take from items alike. Does not belong here: where items stand in a form
(``fhir_forms.py``) or in a finding (``fhir_observations.py``).
"""

from orchestration.feeds.codes import values_of

ITEM = ("assessment", "item")
"""Rows of the code map: which item of which instruments a code asks for, as ``PHQ-9/1;PHQ-2/1``."""

ASKED = ("assessment", "items_asked")
"""How many items an instrument has, by its name."""

SCORES = ("assessment", "item_score")
"""Rows of the code map: how many points an answer is."""

EACH_SCALE = f"list_sort(list_distinct(map_values({values_of('assessment', 'instrument')})))"
"""All scales that anything is known by: of a form that is taken back nobody can tell which it held."""

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
    """SQL of the points of the ninth item of the PHQ-9, thoughts of self-harm; the highest of several.

    Args:
        answers: as for ``item_answers``.
    """
    return f"list_max([a.points for a in {answers} if contains(';' || a.item || ';', ';PHQ-9/9;')])"
