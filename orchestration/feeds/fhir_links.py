"""How FHIR resources name each other, in SQL.

Practitioners and organizations are also named by what stands for them: a role, a place, a service or a
schedule.

Belongs here: from a reference to the id that it names, or to what has to be asked for it. Does not belong
here: the answers (``references.py``).
"""

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
CREATE OR REPLACE MACRO fhir_stand_in(kind, type_name) AS
    CASE WHEN type_name IN ('Practitioner', 'Organization') THEN
        CASE kind WHEN 'PractitionerRole' THEN '?role=' WHEN 'Location' THEN '?location='
             WHEN 'HealthcareService' THEN '?service=' WHEN 'Schedule' THEN '?schedule=' END END;
-- Its variable has a name of its own: one of the same name in what is asked for would stand for it.
CREATE OR REPLACE MACRO fhir_inside(inside, link) AS
    [resource for resource in inside if '#' || ltrim(resource.id, '#') = link][1];
CREATE OR REPLACE MACRO fhir_of_role(part, type_name, inside) AS
    CASE WHEN starts_with(part.reference, '#')
             THEN fhir_asked(type_name, fhir_inside(inside, part.reference).identifier[1])
         WHEN contains(part.reference, '?')
             THEN type_name || '?identifier=' || fhir_searched(part.reference, 'identifier')
         ELSE coalesce(fhir_tail(part.reference), fhir_asked(type_name, part.identifier)) END;
CREATE OR REPLACE MACRO fhir_contained(link, type_name, inside) AS
    [CASE WHEN entry.resourceType = 'PractitionerRole' AND type_name IN ('Practitioner', 'Organization')
          THEN fhir_of_role(CASE type_name WHEN 'Practitioner' THEN entry.practitioner
                                           ELSE entry.organization END, type_name, inside)
          WHEN entry.resourceType != type_name THEN '' ELSE fhir_asked(type_name, entry.identifier[1]) END
     for entry in [fhir_inside(inside, link)]][1];
CREATE OR REPLACE MACRO fhir_linked(link, kind, type_name) AS
    CASE
        WHEN link LIKE 'urn:uuid:%' OR link LIKE 'urn:oid:%' THEN link[10 - (link[5] = 'o')::INTEGER:]
        WHEN kind != type_name THEN
            type_name || fhir_stand_in(kind, type_name)
            || CASE WHEN contains(link, '?')
                    THEN coalesce(fhir_searched(link, 'identifier'), fhir_searched(link, '_id'))
                    ELSE fhir_tail(link) END
        WHEN contains(link, '?') THEN coalesce(
            type_name || '?identifier=' || fhir_searched(link, 'identifier'), fhir_searched(link, '_id'),
            type_name || '?' || url_decode(regexp_extract(link, '[?](.*)$', 1)))
        ELSE fhir_tail(link) END;
CREATE OR REPLACE MACRO fhir_elsewhere(target, kind, hint, type_name, inside, own_id) AS
    CASE
        WHEN starts_with(target.reference, '#')
            THEN nullif(coalesce(fhir_contained(target.reference, type_name, inside),
                                 own_id || target.reference), '')
        WHEN NOT list_contains(
            [type_name, 'PractitionerRole', 'Location', 'HealthcareService', 'Schedule'],
            coalesce(kind, hint, type_name)) THEN NULL
        WHEN kind IS NULL AND hint != type_name THEN
            type_name || fhir_stand_in(hint, type_name) || coalesce(
                substring(nullif(target.reference, ''), 10),
                coalesce(target.identifier.system, '') || '|' || trim(target.identifier.value))
        WHEN target.reference IS NOT NULL THEN fhir_linked(target.reference, kind, type_name)
        WHEN target.identifier.value IS NOT NULL THEN fhir_asked(type_name, target.identifier) END;
CREATE OR REPLACE MACRO fhir_reference(target, type_name, inside, own_id) AS
    CASE
        WHEN fhir_is_plain(target.reference, type_name) THEN substring(target.reference, len(type_name) + 2)
        WHEN target IS NULL THEN NULL
        WHEN fhir_is_plain(target.reference, 'Location')
             AND list_contains(['Practitioner', 'Organization'], type_name)
            THEN type_name || '?location=' || substring(target.reference, 10)
        WHEN fhir_is_address(target.reference, type_name) THEN split_part(target.reference, '/', -1)
        WHEN starts_with(target.reference, 'urn:uuid:') AND coalesce(target.type, type_name) = type_name
            THEN substring(target.reference, 10)
        ELSE [fhir_elsewhere(target, told.kind, told.hint, type_name, inside, own_id) for told in
              [{'kind': fhir_kind(target.reference), 'hint': fhir_tail(target.type)}]][1] END;
"""


def reference(element: str, type_name: str) -> str:
    """SQL of the id that a reference names."""
    return f"fhir_reference({element}, '{type_name}', s.contained, s.id)"
