"""The page of the data dictionary: static, searchable, without a server and without a network request.

Belongs here: reading what it needs and writing the file. Does not belong here: what is on it (``catalog``,
``release``) and how it looks (``templates``).
"""

import json
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration import transform
from orchestration.dictionary.catalog import read_catalog
from orchestration.dictionary.release import changes_since_release
from orchestration.publishing.contents import IDENTIFIED
from orchestration.publishing.contract import load_marts
from orchestration.publishing.files import make_folder, write_whole
from orchestration.publishing.history import current
from orchestration.publishing.manifest import MANIFEST_FILE, Manifest
from orchestration.settings import Settings

FOLDER: Final = "dictionary"
PAGE_FILE: Final = "index.html"
_TEMPLATES: Final = Path(__file__).parent / "templates"


def write_dictionary(settings: Settings, folder: Path | None = None) -> Path:
    """Write the page of a home's marts.

    Args:
        settings: the places of the home.
        folder: where to write; ``dictionary`` beside the generations if None.

    Returns:
        The page.

    Raises:
        TransformError: the project does not parse.
    """
    manifest = json.loads(transform.prepare_manifest(settings).read_text(encoding="utf-8"))
    contract = load_marts()
    generation = current(settings.published)
    rows: dict[str, int] = {}
    published: Manifest | None = None
    if generation is not None:
        text = (generation.path / MANIFEST_FILE).read_text(encoding="utf-8")
        published = Manifest.model_validate_json(text)
        rows = {
            Path(name).stem: entry.rows
            for name, entry in published.files.items()
            if Path(name).parent.as_posix() == IDENTIFIED and entry.rows is not None
        }
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("index.html.j2").render(
        marts=read_catalog(manifest, contract, rows),
        changes=changes_since_release(contract),
        published=published,
        style=(_TEMPLATES / "style.css").read_text(encoding="utf-8"),
        script=(_TEMPLATES / "search.js").read_text(encoding="utf-8"),
    )
    target = make_folder(folder or settings.published / FOLDER) / PAGE_FILE
    write_whole(target, page)
    return target
