"""How FHIR resources name each other, in SQL.

Practitioners and organizations are also named by what stands for them: a role, a place, a service or a
schedule. Nothing stands for any other resource, and its macros say that much less: the engine takes as long
to understand a statement as to read thousands of lines by it.

Belongs here: from a reference to the id that it names, or to what has to be asked for it. Does not belong
here: the answers (``references.py``).
"""

from typing import Final

STOOD_FOR: Final = frozenset({"Practitioner", "Organization"})
"""The types for which another resource may stand."""

MACROS = r"""
CREATE OR REPLACE MACRO fhir_asked(type_name, identifier) AS
    type_name || '?identifier=' || coalesce(identifier.system || '|', '') || trim(identifier.value);
CREATE OR REPLACE MACRO fhir_tail(link) AS regexp_extract(link, '([^/#]+)(?:/_history/[^/]*)?/?(?:#.*)?$', 1);
CREATE OR REPLACE MACRO fhir_searched(link, name) AS
    url_decode(nullif(regexp_extract(link, '[?&]' || name || '=([^&]*)', 1), ''));
CREATE OR REPLACE MACRO fhir_is_plain(link, type_name) AS
    link LIKE type_name || '/_%' AND NOT link LIKE type_name || '/%/%'
    AND NOT contains(link, '?') AND NOT contains(link, '#');
CREATE OR REPLACE MACRO fhir_is_address(link, type_name) AS
    starts_with(link, 'http') AND split_part(link, '/', -2) = type_name AND NOT ends_with(link, '/')
    AND NOT contains(link, '?') AND NOT contains(link, '#');
CREATE OR REPLACE MACRO fhir_kind(link) AS
    CASE WHEN regexp_full_match(link, '[A-Z][A-Za-z]+/[^/?#]+') THEN split_part(link, '/', 1)
         ELSE nullif(regexp_extract(
             link, '(?:^|/)([A-Z][A-Za-z]+)(?:[?]|/[^/?#]+(?:/_history/[^/#]*)?/?(?:#.*)?$)', 1), '') END;
CREATE OR REPLACE MACRO fhir_linked(link, type_name) AS
    CASE
        WHEN link LIKE 'urn:uuid:%' OR link LIKE 'urn:oid:%' THEN link[10 - (link[5] = 'o')::INTEGER:]
        WHEN contains(link, '?') THEN coalesce(
            type_name || '?identifier=' || fhir_searched(link, 'identifier'), fhir_searched(link, '_id'),
            type_name || '?' || url_decode(regexp_extract(link, '[?](.*)$', 1)))
        ELSE fhir_tail(link) END;
CREATE OR REPLACE MACRO fhir_contained(link, type_name, inside) AS
    [CASE WHEN entry.resourceType != type_name THEN '' ELSE fhir_asked(type_name, entry.identifier[1]) END
     for entry in inside if '#' || ltrim(entry.id, '#') = link][1];
CREATE OR REPLACE MACRO fhir_elsewhere(target, kind, hint, type_name, inside, own_id) AS
    CASE
        WHEN starts_with(target.reference, '#')
            THEN nullif(coalesce(fhir_contained(target.reference, type_name, inside),
                                 own_id || target.reference), '')
        WHEN coalesce(kind, hint, type_name) != type_name THEN NULL
        WHEN target.reference IS NOT NULL THEN fhir_linked(target.reference, type_name)
        WHEN target.identifier.value IS NOT NULL THEN fhir_asked(type_name, target.identifier) END;
CREATE OR REPLACE MACRO fhir_reference(target, type_name, inside, own_id) AS
    CASE
        WHEN fhir_is_plain(target.reference, type_name) THEN substring(target.reference, len(type_name) + 2)
        WHEN target IS NULL THEN NULL
        WHEN fhir_is_address(target.reference, type_name) THEN split_part(target.reference, '/', -1)
        WHEN starts_with(target.reference, 'urn:uuid:') AND coalesce(target.type, type_name) = type_name
            THEN substring(target.reference, 10)
        ELSE fhir_elsewhere(
            target, fhir_kind(target.reference), fhir_tail(target.type), type_name, inside, own_id) END;
CREATE OR REPLACE MACRO fhir_stand_in(kind) AS
    CASE kind WHEN 'PractitionerRole' THEN '?role=' WHEN 'Location' THEN '?location='
         WHEN 'HealthcareService' THEN '?service=' WHEN 'Schedule' THEN '?schedule=' END;
CREATE OR REPLACE MACRO fhir_of_role(part, type_name, inside) AS
    CASE WHEN starts_with(part.reference, '#') THEN fhir_asked(
             type_name, [other.identifier[1] for other in inside if '#' || other.id = part.reference][1])
         WHEN contains(part.reference, '?')
             THEN type_name || '?identifier=' || fhir_searched(part.reference, 'identifier')
         ELSE coalesce(fhir_tail(part.reference), fhir_asked(type_name, part.identifier)) END;
CREATE OR REPLACE MACRO fhir_contained_or_of_role(link, type_name, inside) AS
    [CASE WHEN entry.resourceType = 'PractitionerRole'
          THEN fhir_of_role(CASE type_name WHEN 'Practitioner' THEN entry.practitioner
                                           ELSE entry.organization END, type_name, inside)
          WHEN entry.resourceType != type_name THEN '' ELSE fhir_asked(type_name, entry.identifier[1]) END
     for entry in inside if '#' || ltrim(entry.id, '#') = link][1];
CREATE OR REPLACE MACRO fhir_elsewhere_stood_for(target, kind, hint, type_name, inside, own_id) AS
    CASE
        WHEN starts_with(target.reference, '#')
            THEN nullif(coalesce(fhir_contained_or_of_role(target.reference, type_name, inside),
                                 own_id || target.reference), '')
        WHEN NOT list_contains(
            [type_name, 'PractitionerRole', 'Location', 'HealthcareService', 'Schedule'],
            coalesce(kind, hint, type_name)) THEN NULL
        WHEN kind IS NULL AND hint != type_name THEN
            type_name || fhir_stand_in(hint) || coalesce(
                substring(nullif(target.reference, ''), 10),
                coalesce(target.identifier.system, '') || '|' || trim(target.identifier.value))
        WHEN kind != type_name AND NOT starts_with(target.reference, 'urn:') THEN
            type_name || fhir_stand_in(kind)
            || CASE WHEN contains(target.reference, '?')
                    THEN coalesce(fhir_searched(target.reference, 'identifier'),
                                  fhir_searched(target.reference, '_id'))
                    ELSE fhir_tail(target.reference) END
        WHEN target.reference IS NOT NULL THEN fhir_linked(target.reference, type_name)
        WHEN target.identifier.value IS NOT NULL THEN fhir_asked(type_name, target.identifier) END;
CREATE OR REPLACE MACRO fhir_reference_stood_for(target, type_name, inside, own_id) AS
    CASE
        WHEN fhir_is_plain(target.reference, type_name) THEN substring(target.reference, len(type_name) + 2)
        WHEN target IS NULL THEN NULL
        WHEN fhir_is_plain(target.reference, 'Location')
            THEN type_name || '?location=' || substring(target.reference, 10)
        WHEN fhir_is_address(target.reference, type_name) THEN split_part(target.reference, '/', -1)
        WHEN starts_with(target.reference, 'urn:uuid:') AND coalesce(target.type, type_name) = type_name
            THEN substring(target.reference, 10)
        ELSE [fhir_elsewhere_stood_for(target, told.kind, told.hint, type_name, inside, own_id) for told in
              [{'kind': fhir_kind(target.reference), 'hint': fhir_tail(target.type)}]][1] END;
"""


def reference(element: str, type_name: str) -> str:
    """SQL of the id that a reference names."""
    macro = "fhir_reference_stood_for" if type_name in STOOD_FOR else "fhir_reference"
    return f"{macro}({element}, '{type_name}', s.contained, s.id)"
