"""What a look at a landing folder found, for people at a terminal.

Belongs here: tables and sentences. Does not belong here: the look (``doctor``).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.doctor_findings import Gap, Look, Refusal, UnknownColumn
from orchestration.feeds.contract import Column, load_contract
from orchestration.feeds.hl7v2 import BATCH
from orchestration.feeds.landing import FLAT_FORMATS, HL7V2, STANDARD_FORMATS, Notice
from orchestration.profile_values import SOURCES, nearest

_FORMATS: Final = {"csv": "CSV", "parquet": "Parquet", "fhir_ndjson": "FHIR", "hl7v2": "HL7 v2"}
_NOT_READ: Final = {
    "outside_of_folders": "belongs in <feed>/<YYYY-MM-DD>/",
    "not_a_file": "a folder (a path in the profile names files in it), or a link that leads nowhere",
    "named_for_two_feeds": "its name fits the files of two feeds",
    "unknown_folder": "no feed has this name",
    "unreadable_folder": "the folder may not be opened",
    "not_a_delivery_date": "is not named by a date, as 2026-06-30",
    "unfinished_upload": "an upload that is not finished",
    "unsupported_file": "no name of a file of this feed",
    "unreadable_name": "its name is no text",
    "changed_while_read": "it changed while it was read",
}
_FORMS: Final = {
    "date": "a date as 2026-06-30",
    "timestamp": "a time as 2026-06-30T14:05:00-04:00",
    "integer": "a whole number",
    "decimal": "a number as 12.5",
    "boolean": "true or false",
}
_MEANS: Final = {
    "malformed_row": "another number of fields than the header, or a quote in the wrong place",
    "hl7v2 malformed_row": "segments without a header",
    "fhir malformed_row": "a line that is no resource",
    "rounded_number": "its last digits are lost",
    "failed_formula": "a spreadsheet could not work it out, or its column was too narrow",
    "header_line": "the header once more, and no row",
    "footer_line": "a total or a remark of a report, and no row",
    "missing_segment": "it is about no appointment",
    "several_segments": "it is about several appointments",
    "truncated_message": "it breaks off",
    "no_message": "no HL7 message is in it as text",
    "unsupported_message": "its kind books nothing",
    "unsupported_format": "save it as CSV or Parquet; a workbook is a zip",
    "unsupported_quotes": "its texts stand in single quotes; export them in double ones",
    "broken_gzip": "the archive ends early or is damaged; send it again",
    "undecodable": "its text cannot be read; send UTF-8",
    "unreadable_file": "it cannot be opened, or is not what its name says",
    "wrong_delimiter": "the names are there, but not parted by comma, semicolon, bar or tab",
    "unsupported_type": "a cell holds several values where one belongs",
}
"""What some reasons say beyond their words."""
_PART: Final = "starts_at"
"""The column of what is counted of messages that have no start or several."""

_PARTS: Final = {
    "": "no start is said: that of the message before it",
    "several starts": "several starts are said: the first",
}
_LEADS: Final = {
    "unknown": "nowhere",
    "ambiguous": "to two",
    "chained": "to one that is another's",
    "unused": "nowhere: no source has this system",
}
_MOST_CODES: Final = 20
_MOST_PATHS: Final = 20


def print_look(look: Look, out: Console) -> None:
    """Print what was found.

    Args:
        look: the counts; they hold no value of a patient.
        out: the terminal.
    """
    if look.delivered:
        out.print(f"As of {look.as_of_date}", markup=False)
        rows = [
            (
                part.feed,
                _FORMATS.get(part.format, part.format),
                f"{part.files:,}" + (f" ({part.twice:,} twice)" if part.twice else ""),
                f"{part.first_on} to {part.last_on}" if part.first_on < part.last_on else str(part.first_on),
                f"{part.rows_read:,}",
                f"{part.rows_accepted:,}",
                f"{part.rows_quarantined:,}"
                + (f" and {_counted(part.refused_files, 'file')}" if part.refused_files else ""),
            )
            for part in look.delivered
        ]
        heads = ("feed", "format", "files", "delivered", "rows", "would take", "would refuse")
        _table(out, "What is there", heads, rows, right=(2, 4, 5, 6))
    refusals = [
        (
            refusal.feed,
            refusal.reason + _expected(refusal),
            _counted(refusal.files, "file") if refusal.files else _counted(refusal.rows, "row"),
            refusal.paths[0] + (f" and {len(refusal.paths) - 1:,} more" if len(refusal.paths) > 1 else ""),
        )
        for refusal in look.refusals
    ]
    _table(
        out,
        "What would be refused, and why",
        ("feed", "reason", "how many", "where"),
        refusals,
        right=(2,),
    )
    passed_over = [(notice.path, _not_read(notice)) for notice in look.notices]
    _table(out, "What is not read", ("path", "because"), _first(passed_over, _MOST_PATHS))
    columns = [
        (column.feed, column.column_name + _near_column(column), _counted(column.files, "file"))
        for column in look.unknown_columns
    ]
    _table(
        out,
        "Columns that the contract does not have, which are dropped",
        ("feed", "column", "how many"),
        _first(columns, _MOST_CODES),
        right=(2,),
    )
    codes = [
        (code.feed, code.column_name, code.system, code.code or "(withheld)", f"{code.rows:,}")
        for code in look.unknown_codes
        if code.feed != HL7V2 and code.column_name != _PART
    ]
    parts = [
        (code.feed, _PARTS.get(code.code, code.code), _counted(code.rows, "message"))
        for code in look.unknown_codes
        if code.column_name == _PART
    ]
    _table(out, "Messages that do not say all", ("feed", "what is taken", "how many"), parts, right=(2,))
    lost = [
        (code.feed, _counted(code.rows, "message"))
        for code in look.unknown_codes
        if (code.feed, code.column_name) == (HL7V2, BATCH)
    ]
    _table(out, "Lost out of batches", ("format", "how many"), lost, right=(1,))
    _table(
        out,
        "Codes without a row in seeds/code_map.csv",
        ("feed", "column", "system", "code", "rows"),
        _first(codes, _MOST_CODES),
        right=(4,),
    )
    payers = [
        (payer.feed, payer.name or "(withheld: few rows each)", f"{payer.rows:,}")
        for payer in look.unknown_payers
    ]
    _table(
        out,
        "Payers without a row in seeds/payer_policy.csv",
        ("feed", "name them under payers in the profile", "rows"),
        _first(payers, _MOST_CODES),
        right=(2,),
    )
    unjoined = [
        (one.feed, one.column_name, one.system, _LEADS[one.reason], _counted(one.rows, "row"))
        for one in look.unjoined
    ]
    _table(
        out,
        "Identifiers that lead to nobody",
        ("feed", "column", "system", "leads", "how many"),
        unjoined,
        right=(4,),
    )
    waiting = [(one.feed, _counted(one.rows, "report")) for one in look.waiting]
    _table(
        out,
        "What tells of something that never came, and waits for it",
        ("feed", "how many"),
        waiting,
        right=(1,),
    )
    gaps = [
        (
            gap.feed + (" (required)" if gap.is_required else ""),
            _state(gap),
            "Results rest on what was known then." if gap.state == "late" else gap.what_it_costs,
        )
        for gap in look.gaps
    ]
    _table(out, "What is missing, and what it costs", ("feed", "state", "what it costs"), gaps)
    for sentence in _sentences(look):
        out.print(sentence, soft_wrap=True, markup=False)


def _sentences(look: Look) -> Iterator[str]:
    """What is told below the tables, the verdict last."""
    if look.zones_further_east:
        yield (
            f"Teams are in {', '.join(look.zones_further_east)}, east of the site's zone: a midnight there, "
            "sent by FHIR in UTC, is read as the day before. Name the easternmost zone as time_zone."
        )
    if look.is_zone_missing:
        yield "The site's zone is UTC and no team's: its evenings can fall on the next day. Name time_zone."
    if look.required_in_fhir:
        yield (
            f"Required and come as FHIR alone: {', '.join(look.required_in_fhir)}. "
            "The sensor waits for files of their own; require fhir in their place."
        )
    for feed, by in look.awaited:
        yield f"Awaited today: {feed}, by {by:%H:%M}."
    yield from look.ahead.told()
    for stop in look.stops:
        yield f"Stops the night: {stop}"
    if not look.stops:
        yield "Usable: a night can be run over this landing."


def _state(gap: Gap) -> str:
    if gap.state == "late":
        return f"late: {gap.newest_on} {gap.due.sentence()}"
    return "never came" if gap.state == "missing" else "nothing would be taken"


def _not_read(notice: Notice) -> str:
    """Why something is not read, with the name that may have been meant."""
    more = nearest(notice.path, SOURCES) if notice.kind == "unknown_folder" else ""
    if notice.kind == "unsupported_file":
        endings = STANDARD_FORMATS.get(notice.path.partition("/")[0], FLAT_FORMATS)
        more = f": {', '.join(name for name in endings if not name.endswith('.gz'))}, or files in the profile"
    return _NOT_READ.get(notice.kind, notice.kind) + more


def _columns(feed: str) -> dict[str, Column]:
    """The columns that a feed may carry, by name; none of a standard format."""
    feeds = load_contract().feeds
    return {column.name: column for column in feeds[feed].accepted} if feed in feeds else {}


def _expected(refusal: Refusal) -> str:
    """What a column takes, behind the reason why a value was refused."""
    kind, _, name = refusal.reason.partition(":")
    if means := _MEANS.get(f"{refusal.feed} {kind}", _MEANS.get(kind)):
        return f"; {means}"
    column = _columns(refusal.feed).get(name)
    if column and kind == "invalid_value" and column.values:
        return f"; it is one of {', '.join(column.values)}"
    if column and kind == "invalid_type" and column.type in _FORMS:
        return f"; it is {_FORMS[column.type]}"
    return ""


def _near_column(column: UnknownColumn) -> str:
    return nearest(column.column_name, tuple(_columns(column.feed)))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _first(rows: Sequence[tuple[str, ...]], limit: int) -> list[tuple[str, ...]]:
    if len(rows) <= limit:
        return list(rows)
    return [*rows[:limit], (f"and {len(rows) - limit:,} more", *[""] * (len(rows[0]) - 1))]


def _table(
    out: Console,
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[int] = (),
) -> None:
    listed = list(rows)
    if not listed:
        return
    table = Table(
        title=f"\n{title}", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for position, head in enumerate(heads):
        table.add_column(head, justify="right" if position in right else "left", overflow="fold")
    for row in listed:
        table.add_row(*map(Text, row))
    out.print(table)
