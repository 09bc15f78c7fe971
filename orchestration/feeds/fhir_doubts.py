"""What makes a row of a FHIR resource doubtful, where it is let in all the same.

Belongs here: the codings by which such rows are findings, as ``Mapping.listed`` has them. Does not belong
here: codes that no row knows (``fhir_unknown.py``), and dates that are parts of one (``fhir_dates.py``).
"""

from orchestration.feeds.fhir_resources import CODING

LABELED = f"STRUCT(lastUpdated VARCHAR, tag {CODING}[], security {CODING}[])"
"""What a resource says of itself."""

LABELS = "('HTEST', 'SUBSETTED')"
"""Labels of records of nobody real, and of records of which parts were left out."""

INACTIVE = "{'system': 'active', 'code': 'false'}"
NOT_IN_USE = (
    f"CASE WHEN NOT s.active AND coalesce(len(s.link), 0) = 0 THEN {INACTIVE} "
    f"WHEN len(s.meta.tag) > 0 OR len(s.meta.security) > 0 THEN [{{'system': 'meta', 'code': label.code}} "
    f"for label in list_concat(s.meta.tag, s.meta.security) if label.code IN {LABELS}][1] END"
)
"""A record that its server uses no more, without saying which one it uses instead; or one with a label."""


def no_code(codings: str, element: str) -> str:
    """SQL of the coding by which a resource that does not say what it is is a finding.

    Args:
        codings: SQL of all codings and words that would say it.
        element: what the finding calls them.
    """
    found = f"{{'system': '{element}', 'code': 'no code'}}"
    return f"CASE WHEN len([1 for coding in {codings} if coding.code != '']) = 0 THEN {found} END"


def is_only_named(target: str) -> str:
    """SQL of whether a reference names somebody by words alone: others may have the same name."""
    return (
        f"{target}.display IS NOT NULL AND {target}.reference IS NULL AND {target}.identifier.value IS NULL"
    )


def only_named(target: str, element: str, condition: str = "true") -> str:
    """SQL of the coding by which somebody who is named without an id is a finding.

    Args:
        target: SQL of the reference.
        element: what the finding calls it.
        condition: SQL of what else has to be so.
    """
    found = f"{{'system': '{element}', 'code': 'named without an id'}}"
    return f"CASE WHEN {is_only_named(target)} AND {condition} THEN {found} END"
