"""What a FHIR R4 resource says, in the columns of a feed.

Belongs here: the elements that are read of each resource type, and the SQL that turns them into a feed's
columns. Does not belong here: lines and files (``fhir.py``), and codes (``seeds/code_map.csv``).
"""

from dataclasses import dataclass, field

from orchestration.feeds import fhir_links
from orchestration.feeds.codes import OneCoding
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.follow_ups import MARK
from orchestration.feeds.words import folded_sql

CODING = "STRUCT(system VARCHAR, code VARCHAR)"
CONCEPT = f"STRUCT(coding {CODING}[], text VARCHAR)"
IDENTIFIER = f"STRUCT(type {CONCEPT}, system VARCHAR, value VARCHAR)"
LOGICAL = "STRUCT(system VARCHAR, value VARCHAR)"
REFERENCE = f"STRUCT(reference VARCHAR, type VARCHAR, identifier {LOGICAL}, display VARCHAR)"
PERIOD = 'STRUCT("start" VARCHAR, "end" VARCHAR)'
NAME = "STRUCT(use VARCHAR, text VARCHAR, family VARCHAR, given VARCHAR[], suffix VARCHAR[])"
QUANTITY = "STRUCT(value VARCHAR, comparator VARCHAR)"
CONTAINED = (
    f"STRUCT(resourceType VARCHAR, id VARCHAR, identifier {IDENTIFIER}[], name VARCHAR, code JSON, "
    f"practitioner {REFERENCE}, organization {REFERENCE})[]"
)
REASON_EXTENSION = f"STRUCT(url VARCHAR, valueDateTime VARCHAR, valueCodeableConcept {CONCEPT})[]"
ENTERED_IN_ERROR = "entered-in-error"
EVERY = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": "STRUCT(lastUpdated VARCHAR)",
    "implicitRules": "VARCHAR",
    "contained": CONTAINED,
}

MACROS = (
    f"{fhir_links.MACROS}CREATE OR REPLACE MACRO fhir_folded(words) AS {folded_sql('words')};"
    + r"""
CREATE OR REPLACE MACRO fhir_concepts(concepts) AS flatten([concept.coding for concept in concepts]);
CREATE OR REPLACE MACRO fhir_system(name) AS coalesce(getvariable('fhir_systems')[name], name);
CREATE OR REPLACE MACRO fhir_pair(coding) AS
    CASE WHEN coding.code IS NULL THEN NULL
         WHEN coding.system IN ('text', 'payer') THEN coding.system || '|' || fhir_folded(coding.code)
         ELSE coalesce(fhir_system(coding.system), '') || '|' || coding.code END;
CREATE OR REPLACE MACRO fhir_says(coding) AS
    coding.code IS NOT NULL
    AND coalesce(coding.system, '') NOT IN ('http://terminology.hl7.org/CodeSystem/data-absent-reason',
                                            'http://terminology.hl7.org/CodeSystem/v3-NullFlavor');
CREATE OR REPLACE MACRO fhir_unlisted(codings, systems) AS
    CASE WHEN len([coding for coding in codings
                   if coding.code IS NOT NULL AND list_contains(systems, fhir_system(coding.system))]) = 0
         THEN [coding for coding in codings if fhir_says(coding)][1] END;
CREATE OR REPLACE MACRO fhir_coding(codings, systems) AS
    CASE WHEN len(codings) = 1 AND codings[1].code IS NOT NULL AND list_contains(systems, codings[1].system)
         THEN codings[1]
         ELSE coalesce(
             [coding for coding in codings
              if coding.code IS NOT NULL AND list_contains(systems, fhir_system(coding.system))][1],
             [coding for coding in codings if fhir_says(coding)][1]) END;
CREATE OR REPLACE MACRO fhir_pairs(codings) AS
    nullif(array_to_string([fhir_pair(coding) for coding in codings if coding.code IS NOT NULL], ';'), '');
CREATE OR REPLACE MACRO fhir_of_system(codings, system_name) AS
    [coding.code for coding in codings if coding.code != '' AND fhir_system(coding.system) = system_name][1];
CREATE OR REPLACE MACRO fhir_has(codings, wanted) AS
    list_contains([coding.code for coding in codings], wanted);
CREATE OR REPLACE MACRO fhir_day(moment) AS
    CASE strlen(moment) WHEN 4 THEN moment || '-01-01' WHEN 7 THEN moment || '-01' ELSE left(moment, 10) END;
CREATE OR REPLACE MACRO fhir_moment(moment) AS
    CASE strlen(moment) WHEN 4 THEN moment || '-01-01' WHEN 7 THEN moment || '-01' ELSE moment END;
CREATE OR REPLACE MACRO fhir_name(names) AS
    coalesce(
        [name for name in names if name.use = 'official'][1],
        [name for name in names if coalesce(name.use, '') NOT IN ('old', 'maiden', 'nickname')][1],
        names[1]);
"""
)


@dataclass(frozen=True)
class Coded:
    """A column that is looked up in ``seeds/code_map.csv``.

    Attributes:
        codings: SQL of the codings that are looked up, the first known one deciding.
        is_reported: whether a code that is not known is a finding.
        otherwise: SQL of the value where no coding is known; ``other`` where the column's list has it, if
            None.
    """

    codings: str
    is_reported: bool = True
    otherwise: str | None = None

    @property
    def first(self) -> str:
        """SQL of the first coding."""
        if isinstance(self.codings, OneCoding):
            return self.codings.coding
        return f"[coding for coding in {self.codings} if coding.code IS NOT NULL][1]"


@dataclass(frozen=True)
class Mapping:
    """A feed's columns out of a resource.

    Attributes:
        feed: name of the feed.
        columns: SQL by column, over the elements of the resource as ``s``.
        coded: the columns that are looked up.
        where: which of the resources belong to the feed; ``{column}`` stands for a coded column's value.
        is_deleted: SQL that tells a resource that takes itself back.
        each: SQL list of the parts of the resource, each of which is a row; a part is ``s.line``.
        needs: a derived column that is null where a resource does not belong to the feed.
        listed: SQL by column of a coding in which no rule is written; null where there is none. What is
            known only by such a code is a finding, although the row is kept as it is.
    """

    feed: str
    columns: dict[str, str]
    coded: dict[str, Coded] = field(default_factory=dict)
    where: str = "true"
    is_deleted: str = "false"
    each: str | None = None
    needs: str | None = None
    listed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """A resource type: what is read of it, and the feeds that it fills.

    Attributes:
        elements: DuckDB types by element.
        mappings: in order; the first whose ``where`` holds takes a line.
        identifier_rows: SQL list of structs of ``type``, ``system``, ``value`` and ``id``: what others may
            name instead of the id of a resource of that type.
        foreign: elements that R4 does not have, and the release of FHIR that does.
        misshapen: SQL of elements in a shape that R4 does not give them, and the release of FHIR that does.
        derived: SQL by name of what several columns need, worked out once, each from those before it.
        told_by: feed, column and SQL of the list of codings by which a line is known to belong to the feed:
            those of lines that fill nothing are findings.
    """

    elements: dict[str, str]
    mappings: tuple[Mapping, ...]
    identifier_rows: str | None = None
    foreign: dict[str, str] = field(default_factory=dict)
    misshapen: dict[str, str] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    told_by: tuple[str, str, str] | None = None

    @property
    def columns(self) -> dict[str, str]:
        """DuckDB types by element, those that tell another release included."""
        return {**EVERY, **self.elements, **dict.fromkeys(self.foreign, "JSON")}


def first_reference(parts: str, element: str, type_name: str) -> str:
    """SQL of the first id that a list names.

    Args:
        parts: SQL of the list.
        element: of each part that is a reference, with its dot; empty where the part is one itself.
        type_name: the type that is wanted.
    """
    every = f"[{reference(f'part{element}', type_name)} for part in {parts}]"
    only = reference(f"({parts})[1]{element}", type_name)
    several = f"list_filter({every}, lambda found: found IS NOT NULL)[1]"
    return f"CASE WHEN len({parts}) > 1 THEN {several} ELSE {only} END"


def kind_of(element: str) -> str:
    """SQL of the resource type that a reference names, empty where it does not say."""
    return f"coalesce(fhir_kind({element}.reference), {element}.type, '')"


def primitive(element: str, system: str) -> OneCoding:
    """SQL of a code without a system of its own, as a list of one coding."""
    return OneCoding(system, element)


def exact(quantity: str) -> str:
    """SQL of the number of a quantity; null where it is only a bound (``<7``), which is no number."""
    return f"CASE WHEN {quantity}.comparator IS NULL THEN {quantity}.value END"


def stated_reason(*endings: str) -> str:
    """SQL of the extension whose address ends in one of these words."""
    wanted = " OR ".join(f"ends_with(entry.url, '{ending}')" for ending in endings)
    return f"(CASE WHEN s.extension IS NOT NULL THEN [entry for entry in s.extension if {wanted}][1] END)"


def report_of(key: str, subject: str) -> dict[str, str]:
    """The columns by which a row is a report of what became of another row of its feed.

    Args:
        key: the feed's key.
        subject: SQL of the key of the row that the report is about.
    """
    return {key: subject, "patient_id": f"'{MARK}' || {subject}"}


def own_identifiers(type_name: str) -> str:
    """SQL of the identifiers that a resource goes by itself."""
    return (
        f"[{{'type': '{type_name}', 'system': coalesce(entry.system, ''), 'value': entry.value, 'id': s.id}} "
        "for entry in list_filter(s.identifier, lambda entry: entry.value IS NOT NULL)]"
    )


def stands_for(kind: str, **elements: str) -> str:
    """SQL of what a reference to a resource means where another type is wanted.

    Args:
        kind: the word in ``<type>?<kind>=<id>``, as such a reference is written until it is resolved.
        elements: by type, the element of the resource that names one of that type.
    """
    names = (
        "list_concat([s.id], [coalesce(entry.system, '') || '|' || entry.value for entry in s.identifier])"
    )
    entries = ", ".join(
        f"[{{'type': '{type_name}', 'system': '?{kind}', 'value': name, "
        f"'id': {reference(element, type_name)}}} for name in {names}]"
        for type_name, element in elements.items()
    )
    return f"list_concat({entries})"
