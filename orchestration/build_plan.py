"""Whether a build can keep what an earlier one made: noted when the lake is read, decided when dbt starts.

Belongs here: that decision and what it remembers. Does not belong here: the build.
"""

import json
from functools import cached_property

from orchestration import fingerprints
from orchestration.publishing.files import write_json
from orchestration.settings import Settings


class BuildPlan:
    """What a home's builds were made by."""

    def __init__(self, settings: Settings) -> None:
        """Take the places of a home.

        Args:
            settings: the site's choices.
        """
        self._settings = settings
        self._plan = settings.warehouse / "plan.json"
        self._built = settings.warehouse / "built.json"

    def note(self, *, needs_full_refresh: bool) -> None:
        """Note what ingestion says: whether rows that were built from have changed or gone."""
        write_json(self._plan, {"full_refresh": needs_full_refresh})

    def is_full(self) -> bool:
        """Whether everything must be built anew; so where nothing is known."""
        try:
            plan = json.loads(self._plan.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return True
        return bool(plan["full_refresh"]) or not self.is_of_same_rules()

    def is_of_same_rules(self) -> bool:
        """Whether the last build was made by the same code and rules and from the same folders."""
        try:
            return bool(json.loads(self._built.read_text(encoding="utf-8")) == self._made_by)
        except (OSError, ValueError):
            return False

    def done(self) -> None:
        """Note that a build succeeded."""
        write_json(self._built, self._made_by)

    @cached_property
    def _made_by(self) -> dict[str, str]:
        """What a build depends on besides the lake; where it differs, nothing built can be kept."""
        return {
            "code": fingerprints.code_version(),
            "rules": fingerprints.rules_hash(),
            "zone": self._settings.default_time_zone,
            "lake": str(self._settings.lake),
            "quarantine": str(self._settings.quarantine),
        }
