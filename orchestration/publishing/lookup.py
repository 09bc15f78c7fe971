"""Reading a generation back: rows as dictionaries, from one whole generation, also while a night runs.

Belongs here: opening files of the current generation. Does not belong here: what is asked of them
(``explain``, ``summary``).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publishing.access import Asking, note_read
from orchestration.publishing.engine import literal, open_engine, value
from orchestration.publishing.errors import PublishError
from orchestration.publishing.history import Generation, require_current

Row = dict[str, Any]


class Reader:
    """Queries over one generation.

    In a query, ``{name}`` stands for a mart or a copied rule, ``{}`` for the next parameter.
    """

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, generation: Generation, asking: Asking | None = None
    ) -> None:
        """Read through a connection that the caller closes; what is asked for by somebody is noted."""
        self._engine = engine
        self._asking = asking
        self._noted: set[str] = set()
        self.generation = generation

    def has(self, mart: str) -> bool:
        """Whether the generation has a mart."""
        return self._path("identified", mart).is_file()

    def rows(
        self,
        query: str,
        *parameters: str | date | Sequence[str] | None,
        marts: Sequence[str],
        rules: Sequence[str] = (),
    ) -> list[Row]:
        """Run a query over the named marts and rules.

        Raises:
            PublishError: a file is missing or cannot be read, or the access log cannot be written. The
                engine's own words are left out: they can quote values.
        """
        self._note(marts)
        names = {mart: self._relation("identified", mart) for mart in marts}
        names |= {rule: self._relation("rules", rule) for rule in rules}
        try:
            cursor = self._engine.execute(query.format(*map(value, parameters), **names))
            columns = [column[0] for column in cursor.description or []]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        except (OSError, duckdb.Error) as error:
            raise PublishError(
                f"{self.generation.name} could not be read ({type(error).__name__}): publish again or go back"
            ) from None

    def _note(self, marts: Sequence[str]) -> None:
        """Write into the access log what is opened for the first time."""
        new = set(marts) - self._noted
        if self._asking is not None and new:
            note_read(self.generation.path.parent.parent, self._asking, self.generation.name, new)
            self._noted |= new

    def _path(self, room: str, name: str) -> Path:
        return self.generation.path / room / f"{name}.parquet"

    def _relation(self, room: str, name: str) -> str:
        path = self._path(room, name)
        if not path.is_file():
            raise PublishError(
                f"{self.generation.name} has no {room}/{name}.parquet: publish a full night first"
            )
        return f"read_parquet({literal(path)})"


@contextmanager
def open_current(published: Path, asking: Asking | None = None) -> Iterator[Reader]:
    """Read the generation that is current now, and stay with it.

    Args:
        published: the folder of generations.
        asking: for what a command asks, which the access log notes; null for what shows counts alone.

    Raises:
        PublishError: nothing is published yet.
    """
    generation = require_current(published)
    with open_engine() as engine:
        yield Reader(engine, generation, asking)
