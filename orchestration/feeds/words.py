"""Names and words as they are compared: however they are capitalized, and whatever white space is in them.

Belongs here: the one form in which such a text is looked up, in Python and in SQL. Does not belong here: what
it is looked up in.
"""

import re
from typing import Final

from orchestration.feeds.lake import quoted

SPACES: Final = "[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
"""Any white space: a regular expression of characters alone, which Python and the engine read alike."""


def folded(words: str) -> str:
    """A name as it is compared: in lower case, with one space for any white space."""
    return re.sub(SPACES, " ", words).strip(" ").lower()


def folded_sql(words: str) -> str:
    """SQL of ``folded``.

    Args:
        words: SQL of the text.
    """
    return f"lower(trim(regexp_replace({words}, {quoted(SPACES)}, ' ', 'g')))"
