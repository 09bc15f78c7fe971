"""What a FHIR R4 resource says, in the columns of a feed.

Belongs here: the elements that are read of each resource type, and the SQL that turns them into a feed's
columns. Does not belong here: lines and files (``fhir.py``), and codes (``seeds/code_map.csv``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestration.feeds.codes import lookup
from orchestration.feeds.contract import Feed
from orchestration.feeds.door import ROW
from orchestration.feeds.follow_ups import MARK

CODING = "STRUCT(system VARCHAR, code VARCHAR)"
CONCEPT = f"STRUCT(coding {CODING}[], text VARCHAR)"
IDENTIFIER = f"STRUCT(type {CONCEPT}, system VARCHAR, value VARCHAR)"
LOGICAL = "STRUCT(system VARCHAR, value VARCHAR)"
REFERENCE = f"STRUCT(reference VARCHAR, type VARCHAR, identifier {LOGICAL}, display VARCHAR)"
PERIOD = 'STRUCT("start" VARCHAR, "end" VARCHAR)'
NAME = "STRUCT(use VARCHAR, family VARCHAR, given VARCHAR[], suffix VARCHAR[])"
QUANTITY = "STRUCT(value VARCHAR)"
CONTAINED = f"STRUCT(resourceType VARCHAR, id VARCHAR, identifier {IDENTIFIER}[], code {CONCEPT})[]"
REASON_EXTENSION = f"STRUCT(url VARCHAR, valueDateTime VARCHAR, valueCodeableConcept {CONCEPT})[]"
ENTERED_IN_ERROR = "entered-in-error"
EVERY = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": "STRUCT(lastUpdated VARCHAR)",
    "implicitRules": "VARCHAR",
    "contained": CONTAINED,
}

MACROS = r"""
CREATE OR REPLACE MACRO fhir_concepts(concepts) AS flatten([concept.coding for concept in concepts]);
CREATE OR REPLACE MACRO fhir_system(name) AS coalesce(getvariable('fhir_systems')[name], name);
CREATE OR REPLACE MACRO fhir_pair(coding) AS coalesce(fhir_system(coding.system), '') || '|' || coding.code;
CREATE OR REPLACE MACRO fhir_coding(codings, systems) AS coalesce(
    [coding for coding in codings
     if coding.code IS NOT NULL AND list_contains(systems, fhir_system(coding.system))][1],
    [coding for coding in codings if coding.code IS NOT NULL][1]);
CREATE OR REPLACE MACRO fhir_pairs(codings) AS
    nullif(array_to_string([fhir_pair(coding) for coding in codings if coding.code IS NOT NULL], ';'), '');
CREATE OR REPLACE MACRO fhir_of_system(codings, system_name) AS
    [coding.code for coding in codings if fhir_system(coding.system) = system_name][1];
CREATE OR REPLACE MACRO fhir_has(codings, wanted) AS
    list_contains([coding.code for coding in codings], wanted);
CREATE OR REPLACE MACRO fhir_day(moment) AS
    CASE strlen(moment) WHEN 4 THEN moment || '-01-01' WHEN 7 THEN moment || '-01' ELSE left(moment, 10) END;
CREATE OR REPLACE MACRO fhir_moment(moment) AS
    CASE strlen(moment) WHEN 4 THEN moment || '-01-01' WHEN 7 THEN moment || '-01' ELSE moment END;
CREATE OR REPLACE MACRO fhir_asked(type_name, identifier) AS
    type_name || '?identifier=' || coalesce(identifier.system || '|', '') || identifier.value;
CREATE OR REPLACE MACRO fhir_contained(link, type_name, inside) AS
    fhir_asked(type_name, [entry.identifier[1] for entry in inside if '#' || entry.id = link][1]);
CREATE OR REPLACE MACRO fhir_kind(link) AS
    regexp_extract(link, '(?:^|/)([A-Z][A-Za-z]+)(?:[?]|/[^/?]+(?:/_history/[^/]*)?/?$)', 1);
CREATE OR REPLACE MACRO fhir_linked(link, type_name) AS
    CASE
        WHEN link LIKE 'urn:uuid:%' OR link LIKE 'urn:oid:%' THEN link[10 - (link[5] = 'o')::INTEGER:]
        WHEN fhir_kind(link) NOT IN ('', type_name) THEN
            type_name || CASE WHEN type_name IN ('Practitioner', 'Organization') THEN
                CASE fhir_kind(link) WHEN 'PractitionerRole' THEN '?role=' WHEN 'Location' THEN '?location='
                     WHEN 'HealthcareService' THEN '?service=' WHEN 'Schedule' THEN '?schedule=' END END
            || CASE WHEN contains(link, '?') THEN url_decode(regexp_extract(link, 'identifier=(.*)$', 1))
                    ELSE regexp_extract(link, '([^/]+)(?:/_history/[^/]*)?/?$', 1) END
        WHEN contains(link, '?') THEN type_name || '?' || url_decode(regexp_extract(link, '[?](.*)$', 1))
        ELSE regexp_extract(link, '([^/]+)(?:/_history/[^/]*)?/?$', 1) END;
CREATE OR REPLACE MACRO fhir_reference(target, type_name, inside, own_id) AS
    CASE
        WHEN target IS NULL THEN NULL
        WHEN starts_with(target.reference, 'urn:uuid:') AND coalesce(target.type, type_name) = type_name
            THEN target.reference[10:]
        WHEN starts_with(target.reference, type_name || '/')
             AND regexp_full_match(target.reference[len(type_name) + 2:], '[A-Za-z0-9.-]+')
            THEN target.reference[len(type_name) + 2:]
        WHEN starts_with(target.reference, '#')
            THEN coalesce(fhir_contained(target.reference, type_name, inside), own_id || target.reference)
        WHEN coalesce(nullif(fhir_kind(target.reference), ''), target.type, type_name)
             NOT IN (type_name, 'PractitionerRole', 'Location', 'HealthcareService', 'Schedule') THEN NULL
        WHEN target.reference IS NOT NULL THEN fhir_linked(target.reference, type_name)
        WHEN target.identifier.value IS NOT NULL THEN fhir_asked(type_name, target.identifier) END;
CREATE OR REPLACE MACRO fhir_name(names) AS
    coalesce(
        [name for name in names if name.use = 'official'][1],
        [name for name in names if coalesce(name.use, '') NOT IN ('old', 'maiden', 'nickname')][1],
        names[1]);
"""


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
    """

    feed: str
    columns: dict[str, str]
    coded: dict[str, Coded] = field(default_factory=dict)
    where: str = "true"
    is_deleted: str = "false"
    each: str | None = None
    needs: str | None = None


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
    """

    elements: dict[str, str]
    mappings: tuple[Mapping, ...]
    identifier_rows: str | None = None
    foreign: dict[str, str] = field(default_factory=dict)
    misshapen: dict[str, str] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)

    def derive(self, source: str) -> str:
        """SQL of resources with what is derived of each.

        Args:
            source: SQL of resources that have the elements.
        """
        for name, text in self.derived.items():
            source = f"(SELECT s.*, {text} AS {name} FROM {source} AS s)"  # noqa: S608
        return source

    @property
    def columns(self) -> dict[str, str]:
        """DuckDB types by element, those that tell another release included."""
        return {**EVERY, **self.elements, **dict.fromkeys(self.foreign, "JSON")}


def reference(element: str, type_name: str) -> str:
    """SQL of the id that a reference names."""
    return f"fhir_reference({element}, '{type_name}', s.contained, s.id)"


def kind_of(element: str) -> str:
    """SQL of the resource type that a reference names, empty where it does not say."""
    return f"coalesce(nullif(fhir_kind({element}.reference), ''), {element}.type, '')"


def primitive(element: str, system: str) -> str:
    """SQL of a code without a system of its own, as a list of one coding."""
    return f"[{{'system': '{system}', 'code': {element}}}]"


def stated_reason(*endings: str) -> str:
    """SQL of the extension whose address ends in one of these words."""
    wanted = " OR ".join(f"ends_with(entry.url, '{ending}')" for ending in endings)
    return f"[entry for entry in s.extension if {wanted}][1]"


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
        "for entry in s.identifier if entry.value IS NOT NULL]"
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


def exclusive(resource: Resource) -> Iterator[tuple[Mapping, str]]:
    """Each mapping with a condition that no earlier mapping's lines meet.

    Args:
        resource: the resource type.

    Yields:
        The mapping, and SQL over the elements of the resource as ``s``.
    """
    earlier = "false"
    for mapping in resource.mappings:
        values = {
            column: lookup(mapping.feed, column, coded.codings) for column, coded in mapping.coded.items()
        }
        own = mapping.where
        for column, value in values.items():
            own = own.replace(f"{{{column}}}", f"({value})")
        needed = f's."{mapping.needs}" IS NOT NULL AND ' if mapping.needs else ""
        own = f"{needed}({own})"
        yield mapping, f"{needed}coalesce(({own}), false) AND NOT ({earlier})"
        earlier = f"{earlier} OR coalesce(({own}), false)"


def feed_rows(feed: Feed, mapping: Mapping, source: str) -> str:
    """SQL of a feed's columns as text, and of the codes that nothing is known of.

    Args:
        feed: the contract.
        mapping: the feed's columns out of the resource.
        source: SQL of the resources.

    Returns:
        A query of the row number, the columns, and beside each reported coded column its first coding where
        none is known, as ``<column>__code``.
    """
    columns, looked_up = [ROW], ["*"]
    columns += [f'CAST({text} AS VARCHAR) AS "{name}"' for name, text in mapping.columns.items()]
    for name, coded in mapping.coded.items():
        known = f's."{name}__known"'
        looked_up.append(f'{lookup(feed.name, name, coded.codings)} AS "{name}__known"')
        first = f"[coding for coding in {coded.codings} if coding.code IS NOT NULL][1]"
        first = f"CASE WHEN {known} IS NULL THEN {first} END"
        has_other = "other" in feed.column(name).values
        otherwise = coded.otherwise or (
            f"CASE WHEN ({first}).code IS NOT NULL THEN 'other' END" if has_other else "NULL"
        )
        columns.append(f'coalesce({known}, {otherwise}) AS "{name}"')
        if coded.is_reported:
            columns.append(f'{first} AS "{name}__code"')
    columns.append("s.meta.lastUpdated AS updated_at")
    columns.append(f"CAST(coalesce({mapping.is_deleted}, false) AS VARCHAR) AS is_deleted")
    if mapping.each:
        parts = f"coalesce(nullif({mapping.each}, []), [NULL])"
        source = f"SELECT *, unnest({parts}) AS line FROM ({source}) AS s"  # noqa: S608
    source = f"SELECT {', '.join(looked_up)} FROM ({source}) AS s"  # noqa: S608
    rows = f"SELECT {', '.join(columns)} FROM ({source}) AS s"  # noqa: S608
    status = next((name for name in ("status", "verification_status") if name in mapping.coded), None)
    if status is None:
        return rows
    lacking = [f'"{name}" IS NULL' for name in feed.required if name not in feed.key]
    filled = {*mapping.columns, *mapping.coded}
    if feed.one_of:
        none = " AND ".join(f'"{name}" IS NULL' for name in feed.one_of if name in filled)
        lacking.append(f"({none})")
    is_void = f"coalesce({status}, '') = '{ENTERED_IN_ERROR}' AND ({' OR '.join(lacking)})"
    is_deleted = f"CASE WHEN {is_void} THEN 'true' ELSE is_deleted END"
    return f"SELECT * REPLACE ({is_deleted} AS is_deleted) FROM ({rows})"  # noqa: S608
