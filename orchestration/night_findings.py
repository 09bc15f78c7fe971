"""The findings of one night, handed from stage to stage and written out for publication.

Belongs here: where they lie between the stages, and the file that becomes ``dq_finding``. Does not belong
here: the checks (``orchestration/quality``) and what a failed one holds back (``orchestration/night.py``).
"""

import json
import shutil
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestration import fingerprints, transform
from orchestration.publishing.files import make_folder, remove_entry, write_json
from orchestration.quality.waivers import load_waivers
from orchestration.redaction import safe_error_text
from orchestration.reporter import LOGGER
from orchestration.settings import Settings
from orchestration.standing import Row

if TYPE_CHECKING:
    from orchestration.publishing.generation import PublishContext
    from orchestration.quality.changes import Change
    from orchestration.quality.findings import CheckResult

# The layer whose checks a stage runs, by the name of its file.
_LAYERS: Final = {"raw_gate": "raw", "build": "dbt", "marts_gate": "marts"}


class NightFindings:
    """What the checks of a night have found so far, one file a stage."""

    def __init__(self, settings: Settings) -> None:
        """Take the places of a home.

        Args:
            settings: the site's choices.
        """
        self._settings = settings
        self._folder = settings.warehouse / "findings"

    @property
    def file(self) -> Path:
        """The findings of the night as Parquet, as publishing takes them."""
        return self._settings.warehouse / "dq_finding.parquet"

    def keys_file(self, layer: str) -> Path:
        """The keys of the rows that a layer's checks failed for, as the layer's gate left them."""
        return self._settings.warehouse / "failing_keys" / f"{layer}.duckdb"

    def failing_keys(self) -> list[Path]:
        """The keys of the layers whose checks this night has run."""
        return [self.keys_file(_LAYERS[path.stem]) for path in self._files()]

    def clear(self) -> None:
        """Remove those of an earlier night."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._run_results.unlink(missing_ok=True)

    def exist(self) -> bool:
        """Whether a stage of this night has found anything yet."""
        return self._folder.is_dir() and any(self._folder.glob("*.json"))

    def keep(self, stage: str, rows: Sequence[Row]) -> None:
        """Keep what a stage found.

        Args:
            stage: the stage.
            rows: ``CheckResult`` as plain values.
        """
        make_folder(self._folder)
        write_json(self._folder / f"{stage.replace(' ', '_')}.json", rows)

    def changes(self) -> "tuple[Change, ...]":
        """Return the changed thresholds of the site."""
        return load_waivers(self._settings).changes

    def refuse_wrong_entries(self, as_of: date) -> None:
        """Look at the site's waivers and changed thresholds before anything is done.

        Raises:
            ConfigurationError: an entry is not complete, or changes what may not be changed.
        """
        from orchestration.quality.changes import refuse_changes
        from orchestration.quality.suites import load_all_checks

        changes = self.changes()
        if changes:
            refuse_changes(changes, load_all_checks(as_of))

    def waive(self, results: "Sequence[CheckResult]", as_of: date) -> "list[CheckResult]":
        """Return results as the site's waivers and assignments leave them on a business date."""
        return load_waivers(self._settings).apply(results, as_of)

    def of_dbt(self, as_of: date, passed: Collection[str]) -> "list[CheckResult]":
        """Return what dbt's tests found, from the run results of this night; none where it never ran.

        Args:
            as_of: the business date.
            passed: ids of tests that need not be run again, because they have passed over the same rows.
        """
        from orchestration.quality.dbt_results import read_dbt_results

        if not self._run_results.exists():
            return []
        found = read_dbt_results(self._run_results, transform.manifest_file(self._settings), passed)
        return self.waive(found, as_of)

    def write(self, context: "PublishContext") -> None:
        """Write what has been found so far, for publication and to say why a night was held back.

        Args:
            context: names the run.
        """
        from orchestration.quality.findings import write_findings

        results = self._read()
        for place in (self.file, self._settings.published / "quality" / self.file.name):
            write_findings(
                place,
                results,
                run_id=fingerprints.run_id(context.publish_id),
                checked_at=datetime.combine(context.as_of_date + timedelta(days=1), datetime.min.time()),
            )

    def show(self, as_of: date, *, is_held_back: bool = False) -> None:
        """Renew the quality site with what has been found so far.

        The keys of failing rows are in the generation; of a night without one they are listed in the home.
        A page that cannot be made is no reason to hold results back: the log says so, and the page its date.

        Args:
            as_of: the business date.
            is_held_back: whether the night publishes nothing.
        """
        from orchestration.quality_site.site import renew_site

        layers = {_LAYERS[path.stem] for path in self._files()}
        keys = {layer: self.keys_file(layer) for layer in layers}
        try:
            remove_entry(self._held_rows)
            if is_held_back:
                self._list_held_rows()
            renew_site(self._settings, as_of, self._read(), layers, keys)
        except Exception as error:
            LOGGER.error("the quality site could not be renewed: %s", safe_error_text(error))

    def _list_held_rows(self) -> None:
        from orchestration.publishing.access import note_written
        from orchestration.publishing.engine import open_engine
        from orchestration.publishing.failing_rows import write_failing_rows

        with open_engine(threads=1) as engine:
            write_failing_rows(engine, self.failing_keys(), self._held_rows)
        name = self._held_rows.relative_to(self._settings.home).as_posix()
        note_written(self._settings.home, "nightly", [name])

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _read(self) -> "list[CheckResult]":
        from orchestration.quality.findings import result_of

        return [
            result_of(row) for path in self._files() for row in json.loads(path.read_text(encoding="utf-8"))
        ]

    @property
    def _held_rows(self) -> Path:
        return self._settings.quality / "identified" / "failing_rows.csv"

    @property
    def _run_results(self) -> Path:
        return self._settings.dbt_target / "run_results.json"
