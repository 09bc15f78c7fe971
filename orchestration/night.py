"""One night as five stages over one home: ingest, raw gate, build, marts gate, publish.

Each stage leaves what the next ones need on disk, so that a night that was killed is simply run again, and
one stage can be run from Dagster's UI. A stage that fails says so in ``status.json`` and leaves readers what
they have.

Belongs here: the order of things inside a stage, and what is held back when it fails.
Does not belong here: the work itself (the rooms beside this module) and Dagster (``orchestration/assets``).
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from orchestration import fingerprints, transform
from orchestration.build_plan import BuildPlan
from orchestration.lasting import Lasting
from orchestration.night_findings import NightFindings
from orchestration.redaction import SafeError, safe_error_text, safe_frames
from orchestration.reporter import LOGGER, LogReporter, Reporter
from orchestration.settings import Settings
from orchestration.standing import Row, Standing

if TYPE_CHECKING:
    from orchestration.feeds.ingest import IngestReport
    from orchestration.publishing.generation import Generation, PublishContext
    from orchestration.quality.findings import CheckResult

INGEST: Final = "ingest"
RAW_GATE: Final = "raw gate"
BUILD: Final = "build"
MARTS_GATE: Final = "marts gate"
PUBLISH: Final = "publish"
STAGES: Final = (INGEST, RAW_GATE, BUILD, MARTS_GATE, PUBLISH)


class StageError(SafeError):
    """A stage ended early. The message says which, why and what to do, without a value of a patient."""


@dataclass
class Night:
    """The stages over one home.

    Attributes:
        settings: the site's choices.
        reporter: is told of each stage.
        as_of_date: the business date asked for; without it, the latest delivery decides.
        is_rebuild: build and check again, also where nothing has changed since the last night.
        is_held_back: whether this night has written down that it publishes nothing.
        reason: why it publishes nothing, also where that could not be written down.
    """

    settings: Settings
    reporter: Reporter = field(default_factory=LogReporter)
    as_of_date: date | None = None
    is_rebuild: bool = False
    is_held_back: bool = field(default=False, init=False)
    reason: str = field(default="", init=False)

    def ingest(self) -> "IngestReport":
        """Read what has landed into the lake; rejected rows and files go to the quarantine."""
        with self._stage(INGEST) as outcome:
            from orchestration.feeds.ingest import ingest

            self._forget_last_night()
            self._findings.refuse_wrong_entries(self.business_date())
            report = ingest(
                self.settings.landing,
                self.settings.lake,
                self.settings.quarantine,
                as_of=self._requested_date(),
                default_time_zone=self.settings.default_time_zone,
                hash_key=self.settings.read_hash_key(),
                progress=self.reporter.progress,
                threads=self.settings.threads,
                memory_limit=self.settings.memory_limit,
                site=self.settings.site(),
            )
            BuildPlan(self.settings).note(needs_full_refresh=report.needs_full_refresh)
            outcome(f"{len(report.files)} files as of {report.as_of_date}")
        return report

    def raw_gate(self) -> "list[CheckResult]":
        """Check the raw lake; a failed blocking check holds the night back."""
        return self._gate(RAW_GATE, "raw", self.settings.warehouse / "raw.duckdb")

    def build(self) -> Iterator[dict[str, Any]]:
        """Build the models and run their tests, yielding dbt's result events.

        Where nothing has changed since the last build, its tables stand and its events are told again.

        Raises:
            StageError: a model or a test of severity error failed.
        """
        with self._stage(BUILD) as outcome:
            publish_id = self.publish_context().publish_id
            if (kept := self._standing.recall(BUILD, publish_id, self.settings.database)) is None:
                kept = yield from self._build_anew()
                self._standing.keep(BUILD, publish_id, self.settings.database, **kept)
                outcome(f"{len(kept['events'])} models, seeds and tests")
            else:
                self._findings.keep(BUILD, kept["findings"])
                yield from kept["events"]
                outcome("nothing has changed, the last build stands")

    def marts_gate(self) -> "list[CheckResult]":
        """Check the marts; a failed blocking check holds the publication back."""
        return self._gate(MARTS_GATE, "marts", self.settings.database)

    def publish(self) -> "Generation":
        """Write, check and show a generation made from the warehouse."""
        with self._stage(PUBLISH) as outcome:
            from orchestration.dictionary.site import write_dictionary
            from orchestration.mirror import mirror_generation
            from orchestration.publishing.access import note_generation
            from orchestration.publishing.generation import publish

            context = self.publish_context()
            self._findings.write(context)
            generation = publish(
                database=self.settings.database,
                dq_finding=self._findings.file,
                published=self.settings.published,
                lake=self.settings.lake,
                context=context,
                progress=self.reporter.progress,
                failing_keys=self._findings.failing_keys(),
                is_anew=self.is_rebuild,
            )
            note_generation(self.settings.home, generation)
            self._findings.show(context.as_of_date)
            write_dictionary(self.settings)
            mirrored = mirror_generation(self.settings, generation, self.reporter.progress)
            outcome(f"generation {generation.name}{mirrored and f', {mirrored}'}")
        return generation

    def business_date(self) -> date:
        """Return the date that ingestion settled on; before it ran, the one asked for or the latest."""
        import duckdb

        from orchestration.feeds.landing import latest_delivery_date

        run_context = self.settings.lake / "reference" / "run_context.parquet"
        if run_context.exists():
            with duckdb.connect() as engine:
                row = engine.read_parquet(str(run_context)).project("as_of_date").fetchone()
            if row is not None and isinstance(row[0], date):
                return row[0]
        found = self._requested_date() or latest_delivery_date(self.settings.landing, self.settings.site())
        if found is None:
            raise StageError(f"nothing has been delivered in {self.settings.landing}")
        return found

    def publish_context(self) -> "PublishContext":
        """Return what the night's results are made from."""
        from orchestration.publishing.generation import PublishContext

        as_of = self.business_date()
        return PublishContext(
            as_of_date=as_of,
            inputs_hash=fingerprints.inputs_hash(self.settings, as_of.isoformat()),
            rules_hash=fingerprints.rules_hash(),
            code_version=fingerprints.code_version(),
            keep=self.settings.keep_generations,
            threads=self.settings.threads,
            memory_limit=self.settings.memory_limit,
        )

    def hold_back(self, reason: str) -> None:
        """Say in ``status.json`` and beside the generations that this night publishes nothing, and why."""
        from orchestration.publishing.status import hold_back

        self.reason = self.reason or reason
        has_findings = self._findings.exist()
        if has_findings:
            self._findings.write(self.publish_context())
        hold_back(
            self.settings.published,
            as_of_date=self.business_date(),
            reason=reason,
            dq_finding=self._findings.file if has_findings else None,
        )
        self.is_held_back = True
        self._findings.show(self.business_date(), is_held_back=True)

    def _build_anew(self) -> Generator[Row, None, dict[str, list[Row]]]:
        from orchestration.feeds.ingest import mark_loaded

        plan, as_of = BuildPlan(self.settings), self.business_date()
        lasting = self._lasting(plan)
        full_refresh = self.is_rebuild or plan.is_full()
        built = transform.build(self.settings, full_refresh=full_refresh, without=lasting.names.values())
        events: list[Row] = []
        try:
            for event in lasting.tell(built):
                events.append(event)
                total = int(event["data"].get("total") or event["data"].get("num_models") or 0)
                self.reporter.progress(event["data"]["node_info"]["node_name"], len(events), total)
                yield event
        finally:
            findings = [asdict(result) for result in self._findings.of_dbt(as_of, lasting.names)]
            self._findings.keep(BUILD, findings)
        mark_loaded(self.settings.lake, as_of)
        plan.done()
        return {"events": events, "findings": findings}

    def _lasting(self, plan: BuildPlan) -> Lasting:
        last = self._standing.last(BUILD, self.settings.database)
        if last is None or not plan.is_of_same_rules():
            return Lasting()
        return Lasting.of(transform.read_manifest(self.settings), last["events"])

    @property
    def _standing(self) -> Standing:
        return Standing(self.settings.warehouse)

    @property
    def _findings(self) -> NightFindings:
        return NightFindings(self.settings)

    def _requested_date(self) -> date | None:
        return self.as_of_date or self.settings.as_of_date

    def _forget_last_night(self) -> None:
        """Remove what an earlier night handed from stage to stage: none of it is this one's."""
        self._findings.clear()
        if self.is_rebuild:
            self._standing.forget()
        (self.settings.lake / "reference" / "run_context.parquet").unlink(missing_ok=True)

    def _gate(self, stage: str, layer: Any, database: Path) -> "list[CheckResult]":
        with self._stage(stage) as outcome:
            from orchestration.quality.findings import blocking, held_sentence, result_of

            publish_id = self.publish_context().publish_id
            docs = self.settings.data_docs / f"{layer}.html"
            kept = self._standing.recall(stage, publish_id, database) if docs.exists() else None
            if kept is None:
                results = self._findings.waive(self._check(layer, database, docs), self.business_date())
            else:
                results = [result_of(row) for row in kept["findings"]]
            findings = [asdict(result) for result in results]
            self._findings.keep(stage, findings)
            if held := blocking(results):
                self.hold_back(held_sentence(results))
            elif kept is None:
                self._standing.keep(stage, publish_id, database, findings=findings)
            failed = sum(result.status in {"failed", "error"} for result in results)
            told = "" if kept is None else "nothing has changed: "
            outcome(f"{told}{len(results)} checks, {failed} failed, {len(held)} of them blocking")
        return results

    def _check(self, layer: Any, database: Path, docs: Path) -> "list[CheckResult]":
        from orchestration.quality.drill import KeysFile
        from orchestration.quality.gates import EngineLimits, run_gate

        return run_gate(
            layer,
            database=database,
            lake=self.settings.lake,
            quarantine=self.settings.quarantine,
            as_of=self.business_date(),
            limits=EngineLimits(self.settings.threads, self.settings.memory_limit),
            docs=docs,
            changes=self._findings.changes(),
            keys=KeysFile(self._findings.keys_file(layer), self.settings.read_hash_key()),
            dues=self.settings.dues(),
            required=self.settings.required_feeds,
        )

    @contextmanager
    def _stage(self, stage: str) -> Iterator[Callable[[str], None]]:
        said: list[str] = []
        begun = monotonic()
        self.reporter.started(stage)
        try:
            yield said.append
        except Exception as error:
            self.reporter.finished(stage, monotonic() - begun, "failed")
            raise StageError(self.fail(stage, error)) from None
        else:
            self.reporter.finished(stage, monotonic() - begun, said[-1] if said else "done")

    def fail(self, stage: str, error: Exception) -> str:
        """Write down why a stage failed, without what the error says of a row, and return it as one line."""
        text = f"{stage}: {safe_error_text(error)}"
        LOGGER.error("%s failed", text)
        for frame in safe_frames(error):
            LOGGER.error("  %s", frame)
        try:
            self.hold_back(text)
        except Exception as second:
            LOGGER.error("the status could not be written: %s", safe_error_text(second))
        return text
