"""A landed file as plain UTF-8 text with known traits.

Belongs here: reading bytes once for their hash and traits; unpacking gzip; recoding what is not UTF-8.
Does not belong here: rows and columns.
"""

import codecs
import gzip
import re
import shutil
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from orchestration.feeds.searching import holds

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
FILE_ID_LENGTH = 32
LEGACY_ENCODING = "cp1252"
NOTHING = b" \t\r\n\0" + codecs.BOM_UTF8
QUOTES_APART = re.compile(rb'"[ \t]+"')
BEHIND_A_BACKSLASH = b'\\"'
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1d-\x1f]")
"""What no text begins with; a transfer may have unpacked a file and left it its name."""
MODIFIER = b"modifierExtension"
MODIFIER_NAME = MODIFIER + b'"'
HASHED_ASIDE = 8 << 20
"""Bytes of a file from which on hashing goes to another thread."""
CHUNKS_AHEAD = 4
"""Chunks that may wait for that thread; memory that was used before costs less than new memory."""
STRETCH = 16 * CHUNK
"""Bytes after each of which the line feeds so far are noted."""


class FileRefused(Exception):
    """A whole file cannot be read. The message is the reason and holds nothing of the file's content."""

    def __init__(self, reason: str) -> None:
        """Keep the reason.

        Args:
            reason: as it stands in the quarantine.
        """
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Traits:
    """What one pass over the bytes shows; it decides which corrections a reader can leave out.

    Attributes:
        lines: line feeds, and one more where the last line has none.
        has_blank: a space, a tab or a carriage return is somewhere.
        has_odd_quotes: two quotation marks with blanks alone between them are somewhere, which the engine
            takes for the inside of a field, or one behind a backslash, which it takes for the end of one.
        longest_line: bytes of the longest line, if that is longer than one chunk; else less than one chunk.
        has_modifiers: the word for what may turn a statement of FHIR into its opposite is somewhere, or was
            not looked for.
        marks: line feeds before each stretch of ``STRETCH`` bytes but the first.
    """

    size: int
    is_utf8: bool
    is_ascii: bool
    has_nul: bool
    has_blank: bool
    has_odd_quotes: bool
    has_content: bool
    lines: int
    longest_line: int
    has_modifiers: bool
    marks: Sequence[int]


def read_through(path: Path, *, has_cells: bool = True) -> tuple[str, Traits]:
    """Hash a file and note its traits, in one pass of constant memory.

    Args:
        path: the file.
        has_cells: whether it may be delimited text; what matters to cells alone, or to resources alone, is
            looked for only where there may be some.

    Returns:
        The file id (first 32 hex digits of the BLAKE3 of the bytes) and the traits.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = lines = line = longest_line = 0
    is_utf8 = is_ascii = True
    has_nul = has_blank = has_odd_quotes = has_content = False
    has_modifiers, before = has_cells, bytearray()
    digest, marks = blake3(), list[int]()
    for chunk in _chunks(path, digest.update):
        size += len(chunk)
        has_nul = has_nul or (has_cells and b"\0" in chunk)
        has_blank = has_blank or b" " in chunk or b"\t" in chunk or b"\r" in chunk
        if has_cells and not has_odd_quotes and b'"' in chunk:
            joined = before + chunk
            has_odd_quotes = BEHIND_A_BACKSLASH in joined or QUOTES_APART.search(joined) is not None
        if not has_modifiers:
            has_modifiers = holds(chunk, MODIFIER_NAME) or MODIFIER_NAME in before + chunk[: len(MODIFIER)]
            before = chunk[-len(MODIFIER) :]
        if has_cells:
            before = chunk[-1:] if chunk[-1:] not in b" \t" else chunk[-CHUNK:]
        first_end = chunk.find(b"\n")
        line += len(chunk) if first_end < 0 else first_end
        longest_line = max(longest_line, line)
        if first_end >= 0:
            # Taking them out is quicker than counting them: it leaps from one to the next.
            lines += len(chunk) - len(chunk.replace(b"\n", b""))
            line = len(chunk) - chunk.rfind(b"\n") - 1
        if size % STRETCH == 0:
            marks.append(lines)
        has_content = has_content or bool(chunk.strip(NOTHING))
        if is_utf8 and not (is_ascii and chunk.isascii()):
            is_ascii = False
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    traits = Traits(
        size,
        is_utf8,
        is_ascii,
        has_nul,
        has_blank,
        has_odd_quotes,
        has_content,
        lines + bool(line),
        longest_line,
        has_modifiers,
        marks,
    )
    return digest.hexdigest()[:FILE_ID_LENGTH], traits


def _chunks(path: Path, update: Callable[[bytearray], object]) -> Iterator[bytearray]:
    """The bytes of a file, a chunk at a time; those of a large one are hashed by another thread meanwhile.

    A chunk is as it was read until the next one is asked for.
    """
    with path.open("rb", buffering=0) as handle, ThreadPoolExecutor(1) as aside:
        is_large = path.stat().st_size >= HASHED_ASIDE
        buffers = deque(bytearray(CHUNK) for _ in range(CHUNKS_AHEAD if is_large else 1))
        hashing = deque[Future[object]]()
        while filled := handle.readinto(buffers[0]):
            chunk = buffers[0] if filled == CHUNK else buffers[0][:filled]
            if is_large:
                hashing.append(aside.submit(update, chunk))
            else:
                update(chunk)
            yield chunk
            buffers.rotate(-1)
            if len(hashing) == len(buffers):
                hashing.popleft().result()


def _unpack(path: Path, target: Path) -> None:
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, CHUNK)
    except (OSError, EOFError, zlib.error):
        raise FileRefused("broken_gzip") from None


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or by the NUL bytes that it has beside plain letters."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0::2], head[1::2]
    if len(head) >= 8 and odd and odd.count(0) > 0.9 * len(odd) and not even.count(0):
        return "utf-16-le"
    if len(head) >= 8 and even.count(0) > 0.9 * len(even) and not odd.count(0):
        return "utf-16-be"
    return None


def _recode_wide(path: Path, target: Path, encoding: str) -> None:
    try:
        with (
            path.open("r", encoding=encoding, newline="") as wide,
            target.open("w", encoding="utf-8", newline="") as plain,
        ):
            shutil.copyfileobj(wide, plain, CHUNK)
    except UnicodeError:
        raise FileRefused("undecodable") from None


def _lines(handle: BinaryIO) -> Iterator[bytes]:
    """Lines with their ends, cut at a limit so that a file without line ends needs no more memory."""
    while line := handle.readline(CHUNK):
        yield line


def _recode_legacy(path: Path, target: Path) -> None:
    """Keep each line that is UTF-8; read any other as Windows-1252, which exports call Latin-1."""
    with path.open("rb") as legacy, target.open("wb") as plain:
        for line in _lines(legacy):
            try:
                line.decode("utf-8")
                plain.write(line)
            except UnicodeDecodeError:
                try:
                    text = line.decode(LEGACY_ENCODING)
                except UnicodeDecodeError:
                    text = line.decode("latin-1")
                plain.write(text.encode("utf-8"))


def _recode_line_ends(path: Path, target: Path) -> None:
    with path.open("rb") as old, target.open("wb") as plain:
        while chunk := old.read(CHUNK):
            plain.write(chunk.replace(b"\r", b"\n"))


def open_bytes(path: Path, work: Path) -> Path:
    """Give a file unpacked, and as UTF-8 where it was UTF-16 or UTF-32; else its bytes as they are.

    Args:
        path: the landed file.
        work: an empty folder of this file's own; copies are made in it.

    Returns:
        The path to read: the landed file itself where nothing had to be changed.

    Raises:
        FileRefused: ``empty_file``, ``broken_gzip`` or ``undecodable``.
    """
    plain = path
    head = _head(path)
    if not head:
        raise FileRefused("empty_file")
    if head.startswith(GZIP_MAGIC) or (path.name.lower().endswith(".gz") and CONTROLS.search(head)):
        plain = work / "unpacked"
        _unpack(path, plain)
        head = _head(plain)
    if plain != path and head.startswith(GZIP_MAGIC):
        # A transfer packs once more what was packed already.
        packed, plain = plain, work / "unpacked_again"
        _unpack(packed, plain)
        head = _head(plain)
    if wide := _wide_encoding(head):
        target = work / "recoded"
        _recode_wide(plain, target, wide)
        plain = target
    return plain


def _head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(4096)


def open_text(path: Path, traits: Traits, work: Path, *, has_cells: bool = True) -> tuple[Path, Traits]:
    """Give a file as plain UTF-8 with line feeds, under a name without special characters.

    Args:
        path: the landed file.
        traits: of its bytes as delivered.
        work: an empty folder of this file's own; recoded copies are made in it.
        has_cells: whether it may be delimited text.

    Returns:
        The path to read (a link to the landed file where nothing had to be changed) and the traits of that
        text.

    Raises:
        FileRefused: ``empty_file``, ``broken_gzip`` or ``undecodable``.
    """
    text = open_bytes(path, work)
    if text == path:
        text = work / "text"
        text.symlink_to(path.resolve())
    else:
        traits = read_through(text, has_cells=has_cells)[1]
    if not traits.is_utf8:
        target = work / "from_legacy"
        _recode_legacy(text, target)
        text, traits = target, read_through(target, has_cells=has_cells)[1]
    if traits.lines == 1:
        target = work / "with_lines"
        _recode_line_ends(text, target)
        text, traits = target, read_through(target, has_cells=has_cells)[1]
    if not traits.has_content:
        raise FileRefused("empty_file")
    return text, traits
