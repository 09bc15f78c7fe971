"""Files of the last generation that are taken over where making them again would give the same bytes.

A file may tell what it is made of: its rows as they were read, the code, and the libraries that write it. The
manifest keeps a hash of that. The next night takes the bytes over where the hash is the same and the bytes
are still those that the manifest answers for; else it makes the file. Bytes are copied and not linked, so
that damage to one generation stays in it.

Marts carry their ``publish_id`` and scorecards their date, so they differ each night.

Public: ``Reuse``.

Belongs here: when a file is taken over. Does not belong here: what a file is made of (who writes it).
"""

import hashlib
import platform
import zlib
from collections.abc import Callable
from pathlib import Path

from orchestration.publishing.errors import PublishError
from orchestration.publishing.manifest import read_manifest


class Reuse:
    """The files of a new generation that an earlier one may have already."""

    def __init__(self, folder: Path, code_version: str, earlier: Path | None = None) -> None:
        """Read which files the earlier generation tells the making of; a damaged one has none.

        Args:
            folder: the new generation, as it is being written.
            code_version: of the code and libraries that write it.
            earlier: the generation to take over from; None makes every file.
        """
        # Libraries are part of the code version.
        made_by = f"python {platform.python_version()}|zlib {zlib.ZLIB_RUNTIME_VERSION}"
        self._folder, self._code = folder, f"{code_version}|{made_by}"
        self.made_of: dict[str, str] = {}
        """By file, the hash of what it is made of; the manifest keeps them."""
        self._earlier: Path | None = None
        self._known: dict[str, tuple[str, str]] = {}
        if earlier is None:
            return
        try:
            manifest = read_manifest(earlier)
        except PublishError:
            return
        self._earlier = earlier
        self._known = {
            name: (of, manifest.files[name].sha256)
            for name, of in manifest.made_of.items()
            if name in manifest.files
        }

    def file(self, target: Path, rows: object, make: Callable[[Path], None]) -> bool:
        """Take a file over, or make it.

        Args:
            target: the file, which does not exist; its folder does.
            rows: all that the file is made of but code, as values whose ``repr`` tells them apart.
            make: writes the file.

        Returns:
            Whether it was taken over.
        """
        name = target.relative_to(self._folder).as_posix()
        of = hashlib.sha256(f"{self._code}|{name}|{rows!r}".encode()).hexdigest()
        self.made_of[name] = of
        known, content = self._known.get(name, ("", ""))
        if known == of and self._earlier is not None:
            found = _bytes_of(self._earlier / name)
            if found is not None and hashlib.sha256(found).hexdigest() == content:
                target.write_bytes(found)
                return True
        make(target)
        return False


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
