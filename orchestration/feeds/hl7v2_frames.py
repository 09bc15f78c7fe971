"""Where messages begin and end in a file of HL7 v2.

Belongs here: parting one message a file, many in one, batches and MLLP-framed logs, in memory that does not
grow with the file. Does not belong here: what a message says (``hl7v2_message.py``).
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from orchestration.feeds.hl7v2_wrapped import opener_of, unwrapped

CHUNK = 1 << 20
MESSAGE_LIMIT = 16 << 20
"""Bytes of the longest message that is read."""

LOOK_AHEAD = 16
LOOK_BACK = 1 << 16
"""Blanks before a header beyond these are not looked at."""

LINE_ENDS = (b"\r", b"\n", b"\x0b", b"\x1c")
START, END = b"\x0b", b"\x1c"
HEADER = b"MSH"
SMALL = b"msh"
SMALL_HEADER = re.compile(rb"(?<=[\r\n\x0b\x1c])msh(?=([^\w\s])[^\w\s]{1,5}\1)")
"""A header in small letters, as some interface engines write segment names."""

WITHIN_LINE = re.compile(rb"MSH([^\w\s])(?:[^\w\s]|&amp;){1,6}\1")
BEFORE = re.compile(rb"(?:\A|[\r\n\x0b\x1c])(?:\xef\xbb\xbf)?[ \t]*\Z")
SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}\|")
ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")

MALFORMED = "malformed_row"
TOO_LONG = "message_too_long"
TRUNCATED = "truncated_message"


class Frame(NamedTuple):
    """One message as it stands in the file.

    Attributes:
        body: from ``MSH`` on, without the bytes around it; empty where there is a reason.
        reason: why it cannot be read; empty where it may.
    """

    body: bytes
    reason: str = ""


def frames(
    handle: BinaryIO, limit: int = MESSAGE_LIMIT, begin: int = 0, end: int | None = None
) -> Iterator[Frame]:
    """The messages of a file, in order.

    A message begins at ``MSH`` at the start of a line or frame, or anywhere where the separators that only a
    header has follow it. Segments without a header are one frame that cannot be read; lines of a log or of a
    batch around messages are no messages.

    A file may be read in stretches, side by side: wherever it is cut, each frame is in just one of them.

    Args:
        handle: the file, at its first byte; it is sought in only where the stretch begins behind that.
        limit: bytes of the longest message that is read.
        begin: where the stretch begins.
        end: where it ends; a message that begins before it is read to its own end. None is the file's end.

    Yields:
        Each message, and each run of lines that holds segments and is none.
    """
    opener = b""
    for piece, is_long in _pieces(handle, limit, begin, end):
        if not piece.startswith(HEADER):
            if _holds_segments(piece):
                yield Frame(b"", MALFORMED)
        elif is_long:
            yield Frame(b"", TOO_LONG)
        else:
            yield from _message(piece, opener)
        opener = _opener(piece)


def _opener(piece: bytes) -> bytes:
    """What a piece opens for the message behind it: a frame, quotes, a tag, or nothing."""
    is_frame = piece[-1:] == START or piece.rstrip(b" \t").endswith(START)
    return START if is_frame else opener_of(piece)


def _message(piece: bytes, opener: bytes) -> Iterator[Frame]:
    """The message that a piece begins with, and what of the rest looks like one that lost its header."""
    body, end, after = piece.partition(END)
    rest = b""
    if START in body:
        body, _, rest = body.partition(START)
    if opener == START and not end and not body.endswith((b"\r", b"\n")):
        yield Frame(b"", TRUNCATED)
    else:
        body = body.strip(b" \t\r\n\0\x1a")
        yield Frame(unwrapped(body, opener) if opener not in (b"", START) else body)
    if _holds_segments(rest) or _holds_segments(after):
        yield Frame(b"", MALFORMED)


def _holds_segments(piece: bytes) -> bool:
    """Whether a line outside of messages begins like a segment, and is no mark of a batch."""
    if b"|" not in piece:
        return False
    for line in re.split(rb"[\r\n\x0b\x1c]+", piece):
        bare = line.strip()
        if SEGMENT.match(bare) and not bare.startswith(ENVELOPE):
            return True
    return False


def _is_start(window: bytes, found: int) -> bool:
    following = window[found + len(HEADER) : found + len(HEADER) + 1]
    if following.isalnum() or following in (b"_", b" ", b"\t"):
        return False
    if window[found - 1 : found] in LINE_ENDS:
        return True
    line = window[max(0, found - LOOK_AHEAD) : found]
    return bool(BEFORE.search(line)) or bool(WITHIN_LINE.match(window, found))


def _in_capitals(window: bytes, looked: int, *, is_first: bool) -> bytes:
    """A window whose headers in small letters are as the others, from the place that was looked at up to."""
    if is_first:
        return SMALL_HEADER.sub(HEADER, b"\n" + window)[1:]
    cut = max(looked - 1, 0)
    return window[:cut] + SMALL_HEADER.sub(HEADER, window[cut:])


def _before(handle: BinaryIO, begin: int) -> bytes:
    """What stands before a place, as far back as is needed to tell what begins there."""
    found = b""
    for size in (min(begin, LOOK_AHEAD), min(begin, LOOK_BACK)):
        if not found.strip(b" \t"):
            handle.seek(begin - size)
            found = handle.read(size)
    handle.seek(begin)
    return found


def _pieces(handle: BinaryIO, limit: int, begin: int, end: int | None) -> Iterator[tuple[bytes, bool]]:
    """A stretch cut before each header; what is longer than the limit is cut short and says so.

    The first piece is what stands before the first message, and may be empty. Where the stretch begins within
    the file that piece belongs to the one before, and only says what it opens.
    """
    window = _before(handle, begin) if begin else b""
    read_until, looked = begin, len(window)
    is_long, is_last, is_before = False, False, begin > 0
    while not is_last:
        chunk = handle.read(CHUNK)
        is_last = not chunk
        window += chunk
        read_until += len(chunk)
        if window.find(SMALL, looked) >= 0:
            window = _in_capitals(window, looked, is_first=read_until == len(chunk))
        until = len(window) if is_last else len(window) - LOOK_AHEAD
        cut = 0
        while 0 <= (found := window.find(HEADER, looked)) < until:
            looked = found + len(HEADER)
            if not _is_start(window, found):
                continue
            is_beyond = end is not None and read_until - len(window) + found >= end
            if not is_before:
                yield window[cut:found], is_long or found - cut > limit
            elif not is_beyond:
                yield _opener(window[cut:found]), False
            if is_beyond:
                return
            cut, is_long, is_before = found, False, False
        window = window[cut:]
        looked = max(looked - cut, min(max(until - cut, 0), len(window)), 0)
        if is_before and end is not None and read_until - len(window) + looked >= end:
            return
        if len(window) > limit:
            is_long = True
            window = window[: LOOK_AHEAD * 2] + window[-LOOK_AHEAD * 2 :]
            looked = LOOK_AHEAD * 3
    if not is_before:
        yield window, is_long
