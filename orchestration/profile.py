"""The profile of a site: one YAML file that says what this site does its own way.

Belongs here: the form of the file, its checks, and the JSON Schema that editors take. Does not belong here:
secrets and places (``settings``), and what ingestion does with the rules (``orchestration/feeds``).
"""

import csv
import json
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orchestration.feeds.contract import load_contract
from orchestration.feeds.due import WEEKDAYS, Due
from orchestration.feeds.identity import identity_columns
from orchestration.feeds.landing import FHIR, HL7V2, IDENTITY
from orchestration.feeds.site import FeedSite, FilePattern, Kind, Site
from orchestration.feeds.words import folded
from orchestration.profile_lines import NotYaml, read_yaml, sentence_of, told_at
from orchestration.profile_values import (
    DELIMITER,
    Pattern,
    Source,
    Text,
    TimeOfDay,
    Weekday,
    Zone,
    nearest,
)
from orchestration.redaction import SafeError

SEEDS: Final = Path(__file__).resolve().parent.parent / "seeds"
_KINDS: Final[tuple[Kind, ...]] = ("patient", "practitioner")


class ProfileError(SafeError):
    """A profile cannot be read. The message is a line a problem, each with its line and path."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class FeedSystems(_Part):
    """Which identifier system the ids in a feed's rows belong to."""

    patient: Text | None = Field(default=None, description="System of the patient ids in this feed.")
    practitioner: Text | None = Field(default=None, description="System of the staff ids in this feed.")


class FeedProfile(_Part):
    """What the site does its own way in one feed."""

    required: bool = Field(
        default=False, description="The sensor waits for it, and doctor calls its absence a stop."
    )
    due_on: tuple[Weekday, ...] = Field(
        default=(), description="Days of the week on which a delivery of the day is due; without it, all."
    )
    due_by: TimeOfDay | None = Field(
        default=None,
        description="Time of day in the site's zone until which a delivery of the day is awaited, such as "
        '"06:30": no night of that day starts before, and doctor does not call it late.',
    )
    late_after_days: int | None = Field(
        default=None,
        ge=0,
        le=3660,
        description="The feed is late once more than this many days on which it is due have passed without "
        "a delivery. Without it 0 where due_on or due_by is said, else as the rules say.",
    )
    files: tuple[Pattern, ...] = Field(
        default=(),
        description=(
            "Which files are this feed's, instead of the standard names: a name in <feed>/<YYYY-MM-DD>/ such "
            "as consent_*.txt, or a path in the landing with its date, such as "
            "drop/{date}/CONSENT*.txt or drop/consent_{yyyymmdd}.csv."
        ),
    )
    delimiter: str | None = Field(
        default=None, pattern=DELIMITER, description="Of its delimited files; without it, it is found out."
    )
    identifiers: FeedSystems = Field(
        default=FeedSystems(), description="Systems of the ids in this feed's rows."
    )
    updated_at_time_zone: Zone | None = Field(
        default=None,
        description="IANA zone of updated_at in its rows where it has no offset; without it, the site's.",
    )

    @property
    def due(self) -> Due | None:
        """When the feed is due; None where the site does not say."""
        if self.late_after_days is None and not self.due_on and self.due_by is None:
            return None
        days = frozenset(map(WEEKDAYS.index, self.due_on or WEEKDAYS))
        return Due(self.late_after_days or 0, days, self.due_by)


class Identifiers(_Part):
    """Which of several identifiers is the warehouse's own."""

    patient: tuple[Text, ...] = Field(
        default=(),
        description="Systems whose value is patient_id, the first that a FHIR Patient carries counting.",
    )
    practitioner: tuple[Text, ...] = Field(
        default=(),
        description="Systems whose value is practitioner_id, such as http://hl7.org/fhir/sid/us-npi.",
    )


class Profile(_Part):
    """What one site does its own way. Whatever it leaves out is as the contract and the settings have it."""

    model_config = ConfigDict(title="Warm Handoff site profile")

    version: Literal[1] = Field(description="Of this form.")
    site: Text = Field(description="The site's name, for people.")
    time_zone: Zone | None = Field(
        default=None, description="IANA zone of local times whose team names none, and of the schedule."
    )
    schedule_hour: int | None = Field(
        default=None, ge=0, le=23, description="Hour at which the night starts."
    )
    default_team: Text | None = Field(
        default=None,
        description="team_id of staffing, panel, visits, appointments, slots, referrals and episodes "
        "that name none.",
    )
    feeds: dict[Source, FeedProfile] = Field(
        default_factory=dict, description="By feed, or fhir and hl7v2 for the standard formats."
    )
    payers: dict[Text, Text] = Field(
        default_factory=dict, description="Payer ids of seeds/payer_policy.csv by the names sources write."
    )
    identifiers: Identifiers = Field(default=Identifiers(), description="Which one is the warehouse's own.")

    @field_validator("payers")
    @classmethod
    def _names_differ(cls, payers: dict[str, str]) -> dict[str, str]:
        if len({folded(name) for name in payers}) < len(payers):
            raise ValueError(
                "names a payer twice: upper and lower case and the width of spaces do not matter"
            )
        return payers

    @property
    def required_feeds(self) -> tuple[str, ...]:
        """The feeds that the site requires, in the order of the file."""
        return tuple(name for name, feed in self.feeds.items() if feed.required)

    @property
    def dues(self) -> dict[str, Due]:
        """When feeds are due, where the site says so."""
        return {name: due for name, feed in self.feeds.items() if (due := feed.due)}

    def settings(self) -> dict[str, object]:
        """The settings that the profile has a value for, by name."""
        found = {
            "default_time_zone": self.time_zone,
            "schedule_hour": self.schedule_hour,
            "required_feeds": self.required_feeds or None,
        }
        return {name: value for name, value in found.items() if value is not None}

    def rules(self) -> Site:
        """What ingestion needs of it."""
        feeds = {
            name: FeedSite(
                files=tuple(FilePattern(text) for text in feed.files),
                delimiter=feed.delimiter,
                systems=tuple(
                    (kind, system) for kind in _KINDS if (system := getattr(feed.identifiers, kind))
                ),
                stamp_zone=feed.updated_at_time_zone or "",
            )
            for name, feed in self.feeds.items()
        }
        systems: dict[Kind, tuple[str, ...]] = {
            kind: named for kind in _KINDS if (named := getattr(self.identifiers, kind))
        }
        return Site(
            feeds={name: feed for name, feed in feeds.items() if feed != FeedSite()},
            payers=dict(self.payers),
            default_team=self.default_team or "",
            systems=systems,
        )


def load_profile(path: Path, seeds: Path = SEEDS) -> Profile:
    """Read and check a profile.

    Args:
        path: the YAML file.
        seeds: the folder of the rules, whose payers the profile may name.

    Returns:
        The profile.

    Raises:
        ProfileError: it cannot be read, or says what cannot be; every problem with its line and path.
    """
    try:
        document, lines, problems = read_yaml(path)
    except NotYaml as error:
        raise ProfileError(str(error)) from None
    if not isinstance(document, dict):
        raise ProfileError(f"{path}:1: a profile is a list of names and values, beginning with version: 1")
    try:
        profile = Profile.model_validate_json(json.dumps(document))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        wrong = [([str(step) for step in one["loc"] if step != "[key]"], sentence_of(one)) for one in found]
        told = {place for place, _ in problems}
        problems += [
            (".".join(steps), f"{what}{_near_name(steps)}" if what.startswith("is no name") else what)
            for steps, what in wrong
            if ".".join(steps) not in told
        ]
    else:
        problems += [*_of_payers(profile, seeds), *_without_effect(profile), *_patterns_of_two(profile)]
    if problems:
        raise ProfileError("\n".join(told_at(path, lines, place, what) for place, what in problems))
    return profile


def json_schema() -> str:
    """The JSON Schema of the profile, for editors and other checkers."""
    form = _without_null(Profile.model_json_schema())
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **form}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _patterns_of_two(profile: Profile) -> list[tuple[str, str]]:
    """Paths that two feeds claim: the same file cannot be both."""
    first: dict[str, str] = {}
    twice = []
    for name, feed in profile.feeds.items():
        for number, pattern in enumerate(feed.files):
            if "/" in pattern and first.setdefault(pattern.lower(), name) != name:
                twice.append((f"feeds.{name}.files.{number}", f"is a file of {first[pattern.lower()]}, too"))
    return twice


def _without_null(schema: Any) -> Any:
    """The schema without the null that what may be left out has in Python: in a file it is left out."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _without_null(one) for name, one in schema.items() if (name, one) != ("default", None)}
    choices = [one for one in kept.pop("anyOf", ()) if one != {"type": "null"}]
    return {**kept, **(choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})}


def _near_name(steps: list[str]) -> str:
    """A question for the name that a misspelled one may stand for."""
    forms = (Profile, FeedProfile, FeedSystems, Identifiers)
    return nearest(steps[-1], tuple(sorted({name for form in forms for name in form.model_fields})))


def _of_payers(profile: Profile, seeds: Path) -> list[tuple[str, str]]:
    """Payer ids that have no rules."""
    with (seeds / "payer_policy.csv").open(encoding="utf-8", newline="") as handle:
        known = tuple(sorted({row["payer_id"] for row in csv.DictReader(handle)}))
    return [
        (f"payers.{name}", f"{payer} is no payer of seeds/payer_policy.csv{nearest(payer, known)}")
        for name, payer in profile.payers.items()
        if payer not in known
    ]


def _without_effect(profile: Profile) -> list[tuple[str, str]]:
    """What is said of a feed that it cannot have."""
    contract = load_contract()
    found = []
    for name, feed in profile.feeds.items():
        if name in (FHIR, HL7V2) and feed.delimiter:
            found.append((f"feeds.{name}.delimiter", "a standard format has none"))
        # Messages carry numbers whose system is not said; resources say theirs, and so does the crosswalk.
        columns = () if name in (FHIR, IDENTITY) else _KINDS
        if name in contract.feeds:
            columns = tuple(kind for _, kind in identity_columns(contract.feeds[name]))
        found += [
            (f"feeds.{name}.identifiers.{kind}", f"{name} holds no {kind} id whose system could be said")
            for kind in _KINDS
            if getattr(feed.identifiers, kind) and kind not in columns
        ]
    return found
