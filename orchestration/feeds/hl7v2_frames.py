"""Where messages begin and end in a file of HL7 v2.

Belongs here: parting one message a file, many in one, batches and MLLP-framed logs, in memory that does not
grow with the file. Does not belong here: what a message says (``hl7v2_message.py``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 1 << 20
MESSAGE_LIMIT = 16 << 20
"""Bytes of the longest message that is read."""

LOOK_AHEAD = 16
START, END = b"\x0b", b"\x1c"
HEADER = b"MSH"
WITHIN_LINE = re.compile(rb"MSH([^\w\s])[^\w\s]{1,5}\1")
BEFORE = re.compile(rb"(?:\A|[\r\n\x0b\x1c])(?:\xef\xbb\xbf)?[ \t]*\Z")
SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}\|")
ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")

MALFORMED = "malformed_row"
TOO_LONG = "message_too_long"
TRUNCATED = "truncated_message"


@dataclass(frozen=True)
class Frame:
    """One message as it stands in the file.

    Attributes:
        body: from ``MSH`` on, without the bytes around it; empty where there is a reason.
        reason: why it cannot be read; empty where it may.
    """

    body: bytes
    reason: str = ""


def frames(handle: BinaryIO, limit: int = MESSAGE_LIMIT) -> Iterator[Frame]:
    """The messages of a file, in order.

    A message begins at ``MSH`` at the start of a line or frame, or anywhere where the separators that only a
    header has follow it. Segments without a header are one frame that cannot be read; lines of a log or of a
    batch around messages are no messages.

    Args:
        handle: the file, from its first byte.
        limit: bytes of the longest message that is read.

    Yields:
        Each message, and each stretch that holds segments and is none.
    """
    is_open = False
    for piece, is_long in _pieces(handle, limit):
        if not piece.startswith(HEADER):
            if _holds_segments(piece):
                yield Frame(b"", MALFORMED)
        elif is_long:
            yield Frame(b"", TOO_LONG)
        else:
            yield from _message(piece, is_open=is_open)
        is_open = piece.rstrip(b" \t").endswith(START)


def _message(piece: bytes, *, is_open: bool) -> Iterator[Frame]:
    """The message that a piece begins with, and what of the rest looks like one that lost its header."""
    body, end, after = piece.partition(END)
    body, _, rest = body.partition(START)
    if is_open and not end and not body.endswith((b"\r", b"\n")):
        yield Frame(b"", TRUNCATED)
    else:
        yield Frame(body.strip(b" \t\r\n\0"))
    if _holds_segments(rest) or _holds_segments(after):
        yield Frame(b"", MALFORMED)


def _holds_segments(piece: bytes) -> bool:
    """Whether a line outside of messages begins like a segment, and is no mark of a batch."""
    for line in re.split(rb"[\r\n\x0b\x1c]+", piece):
        bare = line.strip()
        if SEGMENT.match(bare) and not bare.startswith(ENVELOPE):
            return True
    return False


def _is_start(window: bytes, found: int) -> bool:
    following = window[found + len(HEADER) : found + len(HEADER) + 1]
    if following.isalnum() or following in (b"_", b" ", b"\t"):
        return False
    line = window[max(0, found - LOOK_AHEAD) : found]
    return bool(BEFORE.search(line)) or bool(WITHIN_LINE.match(window, found))


def _pieces(handle: BinaryIO, limit: int) -> Iterator[tuple[bytes, bool]]:
    """The file cut before each header; what is longer than the limit is cut short and says so.

    The first piece is what stands before the first message, and may be empty.
    """
    window, looked, is_long, is_last = b"", 0, False, False
    while not is_last:
        chunk = handle.read(CHUNK)
        is_last = not chunk
        window += chunk
        until = len(window) if is_last else len(window) - LOOK_AHEAD
        begin = 0
        while 0 <= (found := window.find(HEADER, looked)) < until:
            looked = found + len(HEADER)
            if _is_start(window, found):
                yield window[begin:found], is_long or found - begin > limit
                begin, is_long = found, False
        window = window[begin:]
        looked = max(looked - begin, min(max(until - begin, 0), len(window)), 0)
        if len(window) > limit:
            is_long = True
            window = window[: LOOK_AHEAD * 2] + window[-LOOK_AHEAD * 2 :]
            looked = LOOK_AHEAD * 3
    yield window, is_long
