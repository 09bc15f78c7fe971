"""What a site can choose: one class, read from the command line or from ``WARMHANDOFF_*`` variables.

Belongs here: settings, their checks, and the places inside a home that follow from them.
Does not belong here: rules of payers and clinics (rows in ``seeds/``), anything computed in a night.
"""

import os
import re
import secrets
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestration.publishing.files import make_folder, write_whole

if TYPE_CHECKING:
    from orchestration.feeds.due import Due
    from orchestration.feeds.site import Site
    from orchestration.profile import Profile

ENV_PREFIX: Final = "WARMHANDOFF_"
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR: Final = PROJECT_ROOT / "dbt_project"

# Set by the night itself for dbt (orchestration/transform.py); not a setting of a site.
DERIVED_VARIABLES: Final = frozenset(
    {"WARMHANDOFF_WAREHOUSE", "WARMHANDOFF_LAKE", "WARMHANDOFF_QUARANTINE", "WARMHANDOFF_DBT_TARGET_PATH"}
)
# How the client of ``warmhandoff fetch`` is known to a server (orchestration/fetch_settings.py).
FHIR_VARIABLES: Final = frozenset(
    f"WARMHANDOFF_FHIR_{name}" for name in ("CLIENT_ID", "KEY", "KEY_FILE", "KEY_ID", "TOKEN_URL")
)
_BYTES_PER_GB: Final = 1_000_000_000
_MEMORY_LIMIT: Final = re.compile(r"^\d+(\.\d+)?\s?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")


class ConfigurationError(Exception):
    """A setting is missing or wrong. The message is one line, says what to do and holds no secret."""


def _default_threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _default_memory_limit() -> str:
    """The engine's share of a small server: 6 GB, less where the machine has less than 10 GB."""
    physical_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(6.0, 0.6 * physical_bytes / _BYTES_PER_GB):.1f}GB"


class Settings(BaseSettings):
    """The choices of one site. ``landing`` and ``home`` have no default: leaving one out reaches no place."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    landing: Path = Field(
        description="Folder in which source systems put their files: <feed>/<YYYY-MM-DD>/*."
    )
    home: Path = Field(
        description="Folder of the warehouse: lake, quarantine, database, published results, history."
    )
    profile: Path | None = Field(
        default=None, description="The site's profile, a YAML file; its values go before the defaults below."
    )
    as_of_date: date | None = Field(
        default=None,
        description="Last delivery date that is read (YYYY-MM-DD). Without it: the latest that landed.",
    )
    default_time_zone: str = Field(
        default="UTC", description="IANA zone of local times whose team names none, and of the schedule."
    )
    required_feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("patient", "encounter", "episode", "care_activity"),
        description="Folders of the landing that need a file of the day before the sensor starts.",
    )
    schedule_hour: int = Field(
        default=2, ge=0, le=23, description="Hour at which the nightly schedule starts."
    )
    keep_generations: int = Field(default=14, ge=2, description="Published generations that are kept.")
    waivers: Path | None = Field(
        default=None,
        description="Reviewed file of waivers and assignments. Without it: <home>/waivers.yml.",
    )
    hash_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key of hashed identifiers. Without it: one made once in <home>/secrets/hash_key.",
    )
    notify_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Apprise URLs, separated by spaces, that are told of a failed run."
    )
    threads: int = Field(
        default_factory=_default_threads, ge=1, description="Threads of the engine and of dbt."
    )
    memory_limit: str = Field(
        default_factory=_default_memory_limit,
        description="Memory of the engine, for example 6GB; more goes to disk.",
    )
    postgres_url: SecretStr | None = Field(
        default=None,
        description="Postgres database that mirrors the marts: postgresql://user:password@host:5432/name.",
    )
    dagster_postgres_url: SecretStr | None = Field(
        default=None, description="Postgres for Dagster's run history. Without it: SQLite files in the home."
    )

    @field_validator("landing", "home", "waivers", "profile")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @field_validator("default_time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("is not an IANA time zone such as America/New_York")
        return zone

    @field_validator("required_feeds", mode="before")
    @classmethod
    def _split_feeds(cls, value: object) -> object:
        return tuple(re.split(r"[,;\s]+", value.strip())) if isinstance(value, str) else value

    @field_validator("required_feeds")
    @classmethod
    def _feed_folders(cls, feeds: tuple[str, ...]) -> tuple[str, ...]:
        if not feeds or not all(re.fullmatch(r"[a-z][a-z0-9_]*", feed) for feed in feeds):
            raise ValueError("is a list of folder names of the landing, such as patient,care_activity")
        return feeds

    @field_validator("notify_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("memory_limit")
    @classmethod
    def _memory_with_unit(cls, limit: str) -> str:
        if not _MEMORY_LIMIT.match(limit):
            raise ValueError("is a number with a unit, such as 6GB")
        return limit

    @property
    def lake(self) -> Path:
        """Parquet files of accepted rows and of what ingestion knows."""
        return self.home / "lake"

    @property
    def quarantine(self) -> Path:
        """Parquet files of rejected rows: keys as hashes, reasons, no values."""
        return self.home / "quarantine"

    @property
    def warehouse(self) -> Path:
        """Folder of the database and of what the stages of a night hand to each other."""
        return self.home / "warehouse"

    @property
    def database(self) -> Path:
        """The DuckDB file that dbt builds."""
        return self.warehouse / "warehouse.duckdb"

    @property
    def dbt_target(self) -> Path:
        """Folder of dbt's manifest and run results."""
        return self.warehouse / "dbt" / "target"

    @property
    def dbt_logs(self) -> Path:
        """Folder that dbt is given for logs."""
        return self.warehouse / "dbt" / "logs"

    @property
    def published(self) -> Path:
        """Folder of the generations, the link ``current`` and the status."""
        return self.home / "published"

    @property
    def waivers_file(self) -> Path:
        """File of waivers and assignments."""
        return self.waivers or self.home / "waivers.yml"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' pages, one a gate, beside the quality site."""
        return self.published / "quality" / "data_docs"

    @property
    def quality(self) -> Path:
        """Folder of what earlier nights found, and of what was replayed out of the quarantine."""
        return self.home / "quality"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's run history."""
        return self.home / "dagster"

    @property
    def logs(self) -> Path:
        """Folder of the night's own log."""
        return self.home / "logs"

    @property
    def lock_file(self) -> Path:
        """File that is locked while a night runs in this home."""
        return self.home / ".night.lock"

    def read_profile(self) -> "Profile | None":
        """Read the site's profile, if it has one.

        Raises:
            ProfileError: it says what cannot be.
        """
        from orchestration.profile import load_profile

        return load_profile(self.profile) if self.profile else None

    def site(self) -> "Site":
        """Return what ingestion has to know of the site's own ways."""
        from orchestration.feeds.site import NO_SITE

        profile = self.read_profile()
        return profile.rules() if profile else NO_SITE

    def dues(self) -> "dict[str, Due]":
        """Return when feeds are due, where the site's profile says so."""
        profile = self.read_profile()
        return profile.dues if profile else {}

    def make_home(self) -> None:
        """Make the home and the folders that every stage relies on, for the owner alone.

        Raises:
            ConfigurationError: a folder cannot be made there.
        """
        try:
            for folder in (self.warehouse, self.dbt_target, self.dbt_logs, self.dagster_home, self.logs):
                make_folder(folder)
        except OSError as error:
            raise ConfigurationError(f"no home can be made at {self.home}: {error.strerror}") from None

    def read_hash_key(self) -> str:
        """Return the key of hashed identifiers, making one in the home the first time.

        The file appears whole or not at all, so a night that was killed here leaves nothing half-written.
        """
        if self.hash_key is not None:
            return self.hash_key.get_secret_value()
        key_file = self.home / "secrets" / "hash_key"
        if not key_file.exists():
            make_folder(key_file.parent)
            write_whole(key_file, secrets.token_hex(32))
        return key_file.read_text(encoding="ascii").strip()


def load_settings(**given: object) -> Settings:
    """Read the settings: what is given by name, then the environment, whose empty variables are not set.

    The site's profile, which is itself a setting, goes before the defaults and after all else.

    Raises:
        ConfigurationError: a setting is missing, wrong or has an unknown name.
        ProfileError: the profile says what cannot be.
    """
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields} | DERIVED_VARIABLES
    known |= FHIR_VARIABLES
    unknown = sorted(name for name in os.environ if name.startswith(ENV_PREFIX) and name not in known)
    if unknown:
        raise ConfigurationError(
            f"unknown setting {unknown[0]}; the known ones are {', '.join(sorted(known))}"
        )
    if os.environ.get("WARMHANDOFF_HASH_KEY") == "":
        raise ConfigurationError("WARMHANDOFF_HASH_KEY is empty: give the key, or take the variable away")
    try:
        chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        settings = Settings(**chosen)
        profile = settings.read_profile()
        of_site = profile.settings() if profile else {}
        own = {name: value for name, value in of_site.items() if name not in settings.model_fields_set}
        return Settings(**{**own, **chosen}) if own else settings
    except ValidationError as error:
        raise ConfigurationError(_first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = str(problem["loc"][0]) if problem["loc"] else "settings"
    if problem["type"] == "missing":
        return f"{name} is not set: give --{name.replace('_', '-')} or {ENV_PREFIX}{name.upper()}"
    return f"{ENV_PREFIX}{name.upper()}: {problem['msg'].removeprefix('Value error, ')}"
