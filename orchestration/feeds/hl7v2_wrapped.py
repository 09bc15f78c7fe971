"""Messages that stand in a file of something else: quoted in JSON or CSV, between tags, framed in writing.

Belongs here: what of the bytes behind a header is the message, where the byte before says what it is in.
Does not belong here: where messages begin (``hl7v2_frames.py``), and what they say.
"""

import json
import re
from typing import Final

_BRACKETS: Final = {
    b"[": re.compile(rb"\](?=[\s,;]|\Z)"),
    b"(": re.compile(rb"\)(?=[\s,;]|\Z)"),
    b"{": re.compile(rb"\}(?=[\s,;]|\Z)"),
}
OPENERS: Final = frozenset({b'"', b"'", *_BRACKETS, b">", b"]", b"b", b"B", b"v", b"V"})
"""What may stand right before a header: a quote, a bracket, the end of a tag or of a written start mark."""

_CONTENT: Final = {
    b'"': re.compile(rb'(?:[^"\\]++|\\.|"")*+', re.DOTALL),
    b"'": re.compile(rb"(?:[^'\\]++|\\.|'')*+", re.DOTALL),
}
_WRITTEN_END: Final = re.compile(
    rb"<(?:EB|FS|0x1C)>|\[(?:EB|FS|0x1C)\]|\\x1C|\\u001C|&#28;|&#x1C;|(?<![0-9A-Za-z])0x1C|0x1C0x0D",
    re.IGNORECASE,
)
_END_OF_TEXT: Final = re.compile(rb"</|\]\]>")
_SEGMENT: Final = re.compile(rb"(?:\A|\\[rn]|[^A-Za-z0-9])[A-Z][A-Z0-9]{2}\|")
_IS_JSON: Final = re.compile(rb"MSH.{1,4}\\\\", re.DOTALL)


def opener_of(piece: bytes) -> bytes:
    """The last byte before a header, where it may say what the message is in; else nothing."""
    return piece[-1:] if piece[-1:] in OPENERS else b""


def unwrapped(body: bytes, opener: bytes) -> bytes:
    """A message without what stands behind it in its line, and with its quotes as they were sent.

    Nothing is cut off that holds a segment.

    Args:
        body: from ``MSH`` on.
        opener: what stood right before it.
    """
    content = _CONTENT.get(opener)
    if content is None:
        for mark in (_WRITTEN_END, _END_OF_TEXT, _BRACKETS.get(opener)):
            if mark and (found := mark.search(body)) and not _SEGMENT.search(body[found.end() :]):
                return body[: found.start()]
        return body
    found = content.match(body)
    end = found.end() if found else len(body)
    if body[end : end + 1] != opener or _SEGMENT.search(body[end + 1 :]):
        return body
    return _unquoted(body[:end], opener)


def _unquoted(content: bytes, quote: bytes) -> bytes:
    """What stands between two quotes, as it was before it was put there."""
    if _IS_JSON.match(content):
        try:
            return str(json.loads(b'"' + content + b'"', strict=False)).encode()
        except ValueError:
            return content
    return content.replace(quote * 2, quote) if quote * 4 in content else content
