"""Working the queue from the terminal: a changed threshold, tried before it is written.

Belongs here: finding the check that is meant, and adding the entry. Does not belong here: options and what is
printed (``orchestration/cli_quality.py``), and what is refused (``orchestration/quality/changes.py``).
"""

from datetime import date
from pathlib import Path

from orchestration.quality.changes import Change, refuse_changes
from orchestration.quality.suites import load_all_checks
from orchestration.quality.waivers import append_entry, entry_of, free_name, read_waivers
from orchestration.settings import ConfigurationError


def add_change(file: Path, check: str, *, as_of: date, **given: object) -> Change:
    """Add a changed threshold to the reviewed file and return it.

    Args:
        file: the file, which need not exist.
        check: the ``check_id`` of a gate, or a part of it that no other has.
        as_of: the business date of the last night.
        given: the fields of the change apart from its name and check; those that are null are left out.

    Raises:
        ConfigurationError: the check is not the only one meant, or the change is refused; nothing is written.
    """
    known = read_waivers(file)
    checks = load_all_checks(as_of)
    ids = [one.check_id for one in checks]
    found = [name for name in ids if name == check] or [name for name in ids if check in name]
    if len(found) != 1:
        named = f"is a part of several: {', '.join(found)}" if found else "names no check of a gate"
        raise ConfigurationError(f"{check} {named}")
    fields = {name: value for name, value in given.items() if value is not None}
    entry = {"change": free_name(known, as_of, "T"), "check": found[0], **fields}
    change = entry_of(Change, entry, "the change")
    if change.expires_on < as_of:
        raise ConfigurationError(
            f"a change until {change.expires_on} has expired: the last night was {as_of}"
        )
    refuse_changes([*known.changes, change], checks)
    append_entry(file, change)
    return change
