"""Files that are whole or absent, and nobody else's to read: private modes, fsync, atomic replacement.

Belongs here: what is true of any file. Does not belong here: what is in them.
"""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_CONFIRMED_TOGETHER = 16
"""Files that wait for the disk at a time: it confirms many as quickly as one."""


def make_folder(folder: Path) -> Path:
    """Make a folder, and those above it, readable by its owner alone; an existing one is left as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return folder


def fsync_path(path: Path) -> None:
    """Have the disk confirm a file's bytes, or a folder's entries."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def seal_tree(folder: Path) -> None:
    """Give everything below a folder its private mode and have the disk confirm it, contents first."""
    with ThreadPoolExecutor(_CONFIRMED_TOGETHER) as pool:
        for root, _, names in os.walk(folder, topdown=False):
            for name in names:
                Path(root, name).chmod(FILE_MODE)
            list(pool.map(fsync_path, (Path(root, name) for name in names)))
            Path(root).chmod(FOLDER_MODE)
            fsync_path(Path(root))


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader, or a power cut, finds the old one or the new one."""
    aside = path.with_name(f".{path.name}.aside")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    fsync_path(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole, with sorted keys."""
    write_whole(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def relative_files(folder: Path) -> list[str]:
    """All files below a folder as sorted relative paths with ``/``."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def remove_entry(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; one that is gone already is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
