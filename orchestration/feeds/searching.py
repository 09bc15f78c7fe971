"""Whether a word stands somewhere in bytes.

Belongs here: the quickest way to look that the machine has. Does not belong here: what is looked for.
"""

import ctypes
from collections.abc import Callable
from typing import Final

Search = Callable[[bytearray, bytes], bool]
"""Whether bytes hold a word, which is not empty."""


def by_python(data: bytearray, word: bytes) -> bool:
    """Look as Python does, on any machine."""
    return word in data


def by_system() -> Search:
    """The search of the C library, where there is one: twice as quick, and other threads go on meanwhile.

    Returns:
        Python's own where there is none.
    """
    try:
        search = ctypes.CDLL(None).memmem
    except (AttributeError, OSError, TypeError):
        return by_python
    search.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t)
    search.restype = ctypes.c_void_p

    def found(data: bytearray, word: bytes) -> bool:
        begin = ctypes.addressof(ctypes.c_char.from_buffer(data)) if data else None
        return search(begin, len(data), word, len(word)) is not None

    return found


holds: Final = by_system()
