"""A generation: one night's published files, written aside, checked, and shown by one flip of a link.

Public: ``PublishContext``, ``publish``, ``rollback``; ``Generation``, ``current`` and ``generations`` come
from ``history``.

A process may be killed at any line of this module: readers then have the old generation or the new one,
whole, and the next run removes what was left. The order that makes it so: files, their confirmation by the
disk, manifest, the folder's name, audit, views, history, link, and only then anything that tells of it.

Belongs here: that order. Does not belong here: what is in a folder (``contents``).
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.publishing.contents import Contents, Progress, write_contents
from orchestration.publishing.engine import literal, open_engine
from orchestration.publishing.errors import PublishError, write_failure
from orchestration.publishing.export import WAREHOUSE
from orchestration.publishing.files import FILE_MODE, fsync_path, make_folder, remove_entry, seal_tree
from orchestration.publishing.history import (
    BUILDING,
    CURRENT,
    Generation,
    before_current,
    current,
    flip,
    generation_of,
    generations,
    note_publication,
    prune,
    require_current,
    sweep,
)
from orchestration.publishing.manifest import (
    FORMAT,
    FileEntry,
    Manifest,
    audit,
    list_files,
    problems_of,
    write_manifest,
)
from orchestration.publishing.reuse import Reuse
from orchestration.publishing.status import (
    STATUS_FILE,
    note_gone_forward,
    note_published,
    note_rolled_back,
    read_status,
)
from orchestration.publishing.views import BI_FILE, pin_views

__all__ = ["Generation", "PublishContext", "current", "generations", "publish", "rollback"]

KEEP = 14
_LOCK_FILE = ".lock"
_LOCK_SECONDS = 60.0
_SPILL = ".spill"


@dataclass(frozen=True)
class PublishContext:
    """What a generation is made from, apart from the marts. Equal contexts give the same ``publish_id``."""

    as_of_date: date
    inputs_hash: str
    rules_hash: str
    code_version: str
    keep: int = KEEP
    threads: int | None = None
    memory_limit: str | None = None

    @property
    def publish_id(self) -> str:
        """16 hexadecimal digits over inputs, rules, code version and business date."""
        parts = "|".join([self.inputs_hash, self.rules_hash, self.code_version, self.as_of_date.isoformat()])
        return hashlib.sha256(parts.encode()).hexdigest()[:16]


def publish(
    *,
    database: Path,
    dq_finding: Path,
    published: Path,
    lake: Path,
    context: PublishContext,
    progress: Progress | None = None,
    failing_keys: Sequence[Path] = (),
    is_anew: bool = False,
) -> Generation:
    """Publish a warehouse whose gates passed.

    A generation of the same ``publish_id`` that is whole is shown again without writing a file. Of a new one,
    files that would be the same as in the current one are taken over from it.

    Args:
        database: the warehouse; read only, and nobody may have it open for writing.
        dq_finding: the night's findings as Parquet.
        published: the folder of generations.
        lake: for ``reference/feed_file.parquet`` (what went in) and ``reference/hash_key.parquet``.
        context: hashes, version, business date, how many generations to keep.
        progress: called with what is being done, the step and the number of steps.
        failing_keys: the keys of the rows that failed a check, as the gates left them.
        is_anew: make every file of a new generation.

    Returns:
        The generation that is now current.

    Raises:
        PublishError: nothing changed for readers; the message says why and what to do.
    """
    with _publishing(published):
        name = f"{context.as_of_date.isoformat()}-{context.publish_id}"
        whole = _find_whole(published, name)
        if whole is None:
            free_name = _free_name(published, name)
            now = None if is_anew else current(published)
            earlier = now.path if now else None
            whole = _build(
                published, free_name, database, dq_finding, lake, context, progress, failing_keys, earlier
            )
        pin_views(whole.path / BI_FILE, whole.path)
        _show(published, whole)
        _renew_beside(published, whole, context.keep)
    return whole


def rollback(published: Path, *, to: str | None = None) -> Generation:
    """Flip back to the generation published before the current one, or to a named one.

    A damaged generation is passed over. Rolling back again goes one further back. Where the link ``current``
    leads nowhere any more, the last generation that is whole is the one. Who names the generation that was
    published last has gone forward again: nothing is stale then.

    Raises:
        PublishError: there is none to go back to, or the named one is absent or damaged.
    """
    if not generations(published):
        require_current(published)
    with _publishing(published):
        known, before = generations(published), read_status(published)
        now = current(published)
        candidates = before_current(published) if now else known[::-1]
        if to is not None:
            candidates = [generation for generation in known if generation.name == to]
        for generation in candidates:
            if not problems_of(generation.path):
                pin_views(generation.path / BI_FILE, generation.path)
                flip(published, generation.name)
                pin_views(published / BI_FILE, published.resolve() / CURRENT)
                if generation.name == known[-1].name:
                    note_gone_forward(published, generation, before)
                else:
                    left = now.name if now else "a generation that is gone"
                    note_rolled_back(published, generation, left, before.held_back)
                return generation
    wanted = f"no whole generation named {to}" if to else "no whole generation before the current one"
    rest = f"{now.name} stays current" if now else "run `warmhandoff nightly`"
    raise PublishError(f"there is {wanted} in {published}; {rest}")


@contextmanager
def _publishing(published: Path) -> Iterator[None]:
    """Hold the folder for one writer, clean of leftovers. The lock falls with its process."""
    try:
        make_folder(published)
        with FileLock(published / _LOCK_FILE, timeout=_LOCK_SECONDS, mode=FILE_MODE):
            sweep(published)
            yield
    except Timeout:
        raise PublishError(f"another process is publishing in {published}; wait for it to end") from None
    except OSError as error:
        raise write_failure(error, str(published)) from None


def _find_whole(published: Path, name: str) -> Generation | None:
    for generation in generations(published):
        if generation.name.startswith(name) and not problems_of(generation.path):
            return generation
    return None


def _free_name(published: Path, name: str) -> str:
    """The name, or with ``-r<n>`` where a damaged folder has it, which readers may have open."""
    taken = {generation.name for generation in generations(published)}
    candidate, repair = name, 0
    while candidate in taken:
        repair += 1
        candidate = f"{name}-r{repair}"
    return candidate


def _show(published: Path, generation: Generation) -> None:
    now = current(published)
    if now is None or now.name != generation.name:
        note_publication(published, generation.name)
        flip(published, generation.name)


def _renew_beside(published: Path, generation: Generation, keep: int) -> None:
    """Bring what stands beside the generations up to the one that has just been shown."""
    try:
        pin_views(published / BI_FILE, published.resolve() / CURRENT)
        note_published(published, generation)
        prune(published, keep)
    except (OSError, PublishError):
        raise PublishError(
            f"{generation.name} is published, but what stands beside it ({BI_FILE}, {STATUS_FILE}, old "
            "generations) could not be renewed: the disk is full or not writable. Make room and run again."
        ) from None


def _build(
    published: Path,
    name: str,
    database: Path,
    dq_finding: Path,
    lake: Path,
    context: PublishContext,
    progress: Progress | None,
    failing_keys: Sequence[Path],
    earlier: Path | None,
) -> Generation:
    building = published / f"{BUILDING}{name}"
    folder = published.resolve() / name
    reuse = Reuse(building, context.code_version, earlier)
    try:
        make_folder(building / _SPILL)
        with open_engine(
            spill=building / _SPILL, threads=context.threads, memory_limit=context.memory_limit
        ) as engine:
            engine.execute(f"attach {literal(database)} as {WAREHOUSE} (read_only)")
            facts = write_contents(
                engine,
                building,
                dq_finding,
                lake,
                context.publish_id,
                context.as_of_date,
                reuse,
                progress,
                failing_keys,
            )
            engine.execute(f"detach {WAREHOUSE}")
            remove_entry(building / _SPILL)
            seal_tree(building)
            write_manifest(building, _manifest(context, facts, list_files(engine, building), reuse))
            building.rename(folder)
            fsync_path(published)
            audit(engine, folder)
    except BaseException as error:
        remove_entry(building)
        remove_entry(folder)
        if isinstance(error, (OSError, duckdb.Error)):
            raise write_failure(error, name) from None
        raise
    return generation_of(folder, is_new=True)


def _manifest(
    context: PublishContext, facts: Contents, files: dict[str, FileEntry], reuse: Reuse
) -> Manifest:
    return Manifest(
        format=FORMAT,
        publish_id=context.publish_id,
        as_of_date=context.as_of_date,
        inputs_sha256=context.inputs_hash,
        inputs=facts.inputs,
        rules_sha256=context.rules_hash,
        rule_versions=facts.rule_versions,
        code_version=context.code_version,
        gates=facts.gates,
        absent_marts=facts.absent_marts,
        files=files,
        made_of=reuse.made_of,
    )
