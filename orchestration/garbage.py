"""How often Python looks for garbage in a command that loads half a million objects and ends.

Almost all of them are classes and functions of libraries, which no search ever finds to be garbage. Measured:
a tenth of the time of importing them, and two seconds at the end of a night.

Belongs here: that choice. Does not belong here: memory of the engine (``settings``).
"""

import atexit
import gc
from typing import Final

_NEW_OBJECTS: Final = 100_000
_YOUNG_SEARCHES: Final = 20
_MIDDLE_SEARCHES: Final = 100


def collect_seldom() -> None:
    """Look for garbage seldom from now on, and not at all when the process ends.

    What is closed or written at the end still is: only cycles of objects are left to the system.
    """
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_SEARCHES, _MIDDLE_SEARCHES)
    atexit.register(gc.freeze)
