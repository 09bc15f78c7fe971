"""Single values of a site's profile: what each may be, and what is said of one that may not.

Belongs here: types with their checks. Does not belong here: which names a profile has (``profile``).
"""

import re
from datetime import time
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from orchestration.feeds.contract import load_contract
from orchestration.feeds.landing import FHIR, HL7V2, IDENTITY
from orchestration.feeds.site import DATE_FORMS
from orchestration.feeds.zones import is_zone, known_zones

SOURCES: Final = (*load_contract().feeds, FHIR, HL7V2, IDENTITY)
DELIMITER: Final = r"^[,;|\t^~:]$"
TIME_OF_DAY: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
_FILE: Final = re.compile(r"[^\\\0]+")
_FIXED_ZONES: Final = {"EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu"}
CURLY: Final = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_VISIBLE: Final = r"[^\s\u0000-\u001f\u007f-\u009f]"
_INNER: Final = r"[^\u0000-\u001f\u007f-\u009f]"


def nearest(name: str, known: tuple[str, ...]) -> str:
    """A question that names the nearest of the known names, behind a sentence; empty where none is near."""
    by_lower = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return f"; did you mean {by_lower[found[0]]}?" if found else ""


def _known_zone(zone: str) -> str:
    if not is_zone(zone):
        near = nearest(zone, tuple(sorted(known_zones())))
        raise ValueError(f"is not an IANA time zone{near or ' such as America/New_York'}")
    if zone in _FIXED_ZONES:
        raise ValueError(
            f"has the same hour in summer and winter; name a place, such as {_FIXED_ZONES[zone]}"
        )
    return zone


def _known_source(name: str) -> str:
    if name not in SOURCES:
        near = nearest(name, SOURCES)
        raise ValueError(f"is no feed{near or '; the feeds are ' + ', '.join(SOURCES)}")
    return name


def _file_pattern(text: str) -> str:
    dates = sum(text.count(form) for form in DATE_FORMS)
    plain = text
    for form in DATE_FORMS:
        plain = plain.replace(form, "")
    if not _FILE.fullmatch(text) or text.startswith(("/", ".")) or "//" in text or ".." in text.split("/"):
        raise ValueError("is a file name, or a path in the landing, with * and ? as wildcards")
    if "/" in text and dates != 1:
        raise ValueError("is a path and needs the delivery date once, as {date} or {yyyymmdd}")
    if "/" not in text and dates:
        raise ValueError(
            "is a name in a dated folder and needs no date; write a path to take the date from it"
        )
    if "**" in text or re.search(r"[\[\]{}]", plain):
        raise ValueError(
            "has no wildcards but * and ?, each within one folder, and no dates but {date} and {yyyymmdd}"
        )
    return text


def _straight(text: str) -> str:
    if len(text) > 1 and text[0] in CURLY and text[-1] in CURLY:
        raise ValueError("stands in curly quotes, as word processors write them; use straight ones or none")
    return text


def _time_of_day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(TIME_OF_DAY, value, re.ASCII):
        return time.fromisoformat(value)
    raise ValueError("is a time of day in the site's zone, such as 06:30")


Text = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=rf"^{_VISIBLE}({_INNER}*{_VISIBLE})?$"),
    AfterValidator(_straight),
]
Zone = Annotated[str, AfterValidator(_known_zone)]
Source = Annotated[
    str, AfterValidator(_known_source), WithJsonSchema({"type": "string", "enum": list(SOURCES)})
]
Pattern = Annotated[Text, AfterValidator(_file_pattern)]
TimeOfDay = Annotated[
    time, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY})
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
