"""The Postgres mirror of a home's current generation, where the site asks for one.

Belongs here: where the comments of tables and columns come from, and the site's choice. Does not belong here:
what is said to Postgres (``orchestration/publishing/postgres.py``).
"""

import json
from typing import TYPE_CHECKING

from orchestration import transform
from orchestration.publishing.generation import Generation
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.publishing.postgres import Progress, TableText


def mirror_generation(settings: Settings, generation: Generation, progress: "Progress | None" = None) -> str:
    """Bring the mirror up to a generation.

    Args:
        settings: names the database, or none.
        generation: what readers of the files have.
        progress: called with the table, the tables done and all tables.

    Returns:
        What came of it in a few words; empty where the site has no mirror.

    Raises:
        PublishError: Postgres could not be reached or refused; its readers keep what they had.
    """
    if settings.postgres_url is None:
        return ""
    from orchestration.publishing.access import note_copied
    from orchestration.publishing.postgres import mirror

    url = settings.postgres_url.get_secret_value()
    done = mirror(generation, url, texts=table_texts(settings), progress=progress)
    note_copied(settings.home, generation, "Postgres")
    held = f", {len(done.still_held)} older ones still read" if done.still_held else ""
    return f"{done.tables} tables in Postgres{held}"


def table_texts(settings: Settings) -> "dict[str, TableText]":
    """Return what the models say of themselves and their columns, by table."""
    from orchestration.publishing.postgres import TableText

    manifest = json.loads(transform.manifest_file(settings).read_text(encoding="utf-8"))
    return {
        node["name"]: TableText(
            node["description"], {name: column["description"] for name, column in node["columns"].items()}
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
