"""Plants all traps into a landing folder, on patients and staff of their own, so that none disturbs another.

Belongs here: the list of traps, and writing what they planted.
Does not belong here: any single trap (`traps_*.py`) and the tools they are made with (`trap_kit.py`,
`trap_cases.py`).
"""

from orchestration.sample import (
    traps_billing,
    traps_claims,
    traps_edges,
    traps_exclusions,
    traps_files,
    traps_ledger,
    traps_rows,
    traps_versions,
)
from orchestration.sample.days import day_number
from orchestration.sample.planted import Trap
from orchestration.sample.rows import write_rows
from orchestration.sample.trap_kit import Kit
from orchestration.sample.writer import Writer

_THEMES = (
    traps_ledger,
    traps_exclusions,
    traps_edges,
    traps_claims,
    traps_billing,
    traps_versions,
    traps_rows,
    traps_files,
)


def plant_traps(kit: Kit, writer: Writer) -> list[Trap]:
    """Plant every trap and return the record, sorted by name.

    Args:
        kit: the tools, made for the window and the size of the panel.
        writer: where to.
    """
    for theme in _THEMES:
        for trap in theme.TRAPS:
            trap(kit)
    for (feed, delivered_on, name), rows in sorted(kit.rows.items()):
        write_rows(writer, feed, day_number(delivered_on), rows, name)
    for (feed, delivered_on, name), content in sorted(kit.raw_files.items()):
        (writer.folder(feed, day_number(delivered_on)) / name).write_bytes(content)
    return sorted(kit.traps, key=lambda trap: trap.trap)
