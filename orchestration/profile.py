"""The profile of a site: one YAML file that says what this site does its own way.

Belongs here: the form of the file, its checks, and the JSON Schema that editors take. Does not belong here:
secrets and places (``settings``), and what ingestion does with the rules (``orchestration/feeds``).
"""

import csv
import json
import re
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from orchestration.feeds.contract import load_contract
from orchestration.feeds.landing import FHIR, HL7V2, IDENTITY
from orchestration.feeds.site import DATE_FORMS, FeedSite, FilePattern, Kind, Site
from orchestration.feeds.zones import is_zone
from orchestration.profile_lines import note_lines, sentence_of, told_at
from orchestration.redaction import SafeError

SEEDS: Final = Path(__file__).resolve().parent.parent / "seeds"
SOURCES: Final = (*load_contract().feeds, FHIR, HL7V2, IDENTITY)
_DELIMITER: Final = r"^[,;|\t^~:]$"
_PATTERN: Final = re.compile(r"[^\\\0]+")


class ProfileError(SafeError):
    """A profile cannot be read. The message is a line a problem, each with its line and path."""


def _known_zone(zone: str) -> str:
    if not is_zone(zone):
        raise ValueError("is not an IANA time zone such as America/New_York")
    return zone


def _known_source(name: str) -> str:
    if name not in SOURCES:
        raise ValueError(f"is no feed; the feeds are {', '.join(SOURCES)}")
    return name


def _file_pattern(text: str) -> str:
    dates = sum(text.count(form) for form in DATE_FORMS)
    if not _PATTERN.fullmatch(text) or text.startswith(("/", ".")) or "//" in text or ".." in text.split("/"):
        raise ValueError("is a file name, or a path in the landing, with * and ? as wildcards")
    if "/" in text and dates != 1:
        raise ValueError("is a path and needs the delivery date once, as {date} or {yyyymmdd}")
    if "/" not in text and dates:
        raise ValueError(
            "is a name in a dated folder and needs no date; write a path to take the date from it"
        )
    return text


Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
Source = Annotated[
    str, AfterValidator(_known_source), WithJsonSchema({"type": "string", "enum": list(SOURCES)})
]
Pattern = Annotated[Text, AfterValidator(_file_pattern)]


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
    late_after_days: int | None = Field(
        default=None,
        ge=0,
        le=3660,
        description="A newest delivery older than this many days is late; without it, as the rules say.",
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
        default=None, pattern=_DELIMITER, description="Of its delimited files; without it, it is found out."
    )
    identifiers: FeedSystems = Field(
        default=FeedSystems(), description="Systems of the ids in this feed's rows."
    )


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
        if len({name.lower() for name in payers}) < len(payers):
            raise ValueError("names a payer twice: upper and lower case do not matter")
        return payers

    @property
    def required_feeds(self) -> tuple[str, ...]:
        """The feeds that the site requires, in the order of the file."""
        return tuple(name for name, feed in self.feeds.items() if feed.required)

    @property
    def late_after_days(self) -> dict[str, int]:
        """Days after which a delivery is late, by feed, where the site says so."""
        days = {name: feed.late_after_days for name, feed in self.feeds.items()}
        return {name: number for name, number in days.items() if number is not None}

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
        kinds: tuple[Kind, ...] = ("patient", "practitioner")
        feeds = {
            name: FeedSite(
                files=tuple(FilePattern(text) for text in feed.files),
                delimiter=feed.delimiter,
                systems=tuple(
                    (kind, system) for kind in kinds if (system := getattr(feed.identifiers, kind))
                ),
            )
            for name, feed in self.feeds.items()
        }
        systems: dict[Kind, tuple[str, ...]] = {
            kind: named for kind in kinds if (named := getattr(self.identifiers, kind))
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
        text = path.read_text(encoding="utf-8-sig")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: cannot be read ({type(error).__name__})") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProfileError(f"{path}:{line}: is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ProfileError(f"{path}:1: is not YAML ({type(error).__name__})") from None
    lines: dict[str, int] = {}
    problems = list(note_lines(tree, "", lines))
    if not isinstance(document, dict):
        raise ProfileError(f"{path}:1: a profile is a list of names and values, beginning with version: 1")
    try:
        profile = Profile.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        problems += [
            (".".join(str(step) for step in problem["loc"] if step != "[key]"), sentence_of(problem))
            for problem in error.errors(include_url=False, include_input=False)
        ]
    else:
        known = _payers(seeds)
        problems += [
            (f"payers.{name}", f"{payer} is no payer of seeds/payer_policy.csv")
            for name, payer in profile.payers.items()
            if payer not in known
        ]
        problems += [
            (f"feeds.{name}.delimiter", "a standard format has none")
            for name in (FHIR, HL7V2)
            if name in profile.feeds and profile.feeds[name].delimiter
        ]
        problems += _patterns_of_two(profile)
    if problems:
        raise ProfileError("\n".join(told_at(path, lines, place, what) for place, what in problems))
    return profile


def json_schema() -> str:
    """The JSON Schema of the profile, for editors and other checkers."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Profile.model_json_schema()}
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


def _payers(seeds: Path) -> set[str]:
    with (seeds / "payer_policy.csv").open(encoding="utf-8", newline="") as handle:
        return {row["payer_id"] for row in csv.DictReader(handle)}
