"""``warmhandoff quality``: the queue in the terminal, waivers, and corrected rows.

Belongs here: options and what is printed. Does not belong here: the work (``orchestration/quality_site``,
``orchestration/quality/waivers.py``).
"""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from orchestration.settings import ConfigurationError, load_settings

_DATE_FORMATS: Final = ["%Y-%m-%d"]
_FACTS: Final = {
    "state": "State",
    "severity": "Severity",
    "owner": "Owner",
    "since_when": "Since when",
    "waiver": "Waiver",
    "threshold": "Changed threshold",
    "what_it_means": "What it means",
    "what_to_do": "What to do",
}

quality = typer.Typer(
    help="What the checks found: the queue, waivers, thresholds, corrected rows.", no_args_is_help=True
)

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home", envvar="WARMHANDOFF_HOME", help="Folder of lake, warehouse, quarantine and published."
    ),
]
LandingOption = Annotated[
    Path,
    typer.Option("--landing", envvar="WARMHANDOFF_LANDING", help="Folder in which source systems put files."),
]
WaiversOption = Annotated[
    Path | None,
    typer.Option(
        "--waivers", envvar="WARMHANDOFF_WAIVERS", help="The file; without it, waivers.yml in the home."
    ),
]
CheckArgument = Annotated[str, typer.Argument(help="The check_id, or a part of it that no other has.")]
Issue = dict[str, Any]


@quality.command("list")
def list_issues(home: HomeOption) -> None:
    """List the open issues, the most urgent first."""
    queue = _read_queue(home)
    out = _console()
    if not queue["issues"]:
        out.print(f"No issue was open after the night of {queue['as_of_date']}.")
    else:
        _list_issues(queue)
    for line in queue["thresholds"]:
        out.print(
            f"{line['change']}, {line['state']}: {line['check']}: {line['said']}, from {line['granted_on']} "
            f"until {line['expires_on']}, by {line['approver']}: {line['reason']}",
            soft_wrap=True,
            markup=False,
        )


def _list_issues(queue: dict[str, Any]) -> None:
    out = _console()
    table = Table("", box=None, pad_edge=False)
    for column in ("Check", "Cause", "Rows", "Days", "Owner", "Claims held", "Hours lost"):
        table.add_column(column, overflow="fold")
    for issue in queue["issues"]:
        state = issue["state"] if issue["state"] != "open" else issue["severity"]
        table.add_row(
            state,
            issue["check_id"],
            issue["cause"]["name"] if issue["cause"] else "",
            "?" if issue["failed_rows"] is None else f"{issue['failed_rows']:,}",
            str(issue["age_days"]),
            issue["owner"],
            f"{issue['held_candidates']:,}" if issue["held_candidates"] else "",
            f"{issue['uncredited_hours']:,.1f}" if issue["uncredited_hours"] else "",
        )
    out.print(f"Open after the night of {queue['as_of_date']}; warmhandoff quality show CHECK says more.\n")
    out.print(table)


@quality.command("show")
def show_issue(check: CheckArgument, home: HomeOption) -> None:
    """Say all that is known of a check's open issues; rows are told by file, number and keyed hash."""
    for number, issue in enumerate(_find(_read_queue(home), check)):
        if number:
            _console().print()
        _show(issue)


def _show(issue: Issue) -> None:
    out = _console()
    out.print(f"{issue['check_id']}\n{issue['what_fails']}", soft_wrap=True, markup=False)
    for name, label in _FACTS.items():
        if issue[name]:
            out.print(f"{label}: {issue[name]}", soft_wrap=True, markup=False)
    for said in issue["what_it_touches"]:
        out.print(f"- {said}", soft_wrap=True, markup=False)
    if issue["affected_marts"]:
        out.print(f"Poorer or wrong: {', '.join(issue['affected_marts'])}", soft_wrap=True, markup=False)
    for place in issue["places"]:
        row = "" if place["row_number"] is None else f" row {place['row_number']}"
        file = (place["source_file"] or "made by the build") + row
        facts = [file, place["key_hash"] or "no key", place["reason"] or ""]
        out.print("  ".join(facts).rstrip(), soft_wrap=True, markup=False)


@quality.command("waive")
def waive_check(
    check: CheckArgument,
    home: HomeOption,
    reason: Annotated[str, typer.Option("--reason", help="Why the fault is lived with.")],
    approver: Annotated[str, typer.Option("--approver", help="Who answers for it.")],
    expires: Annotated[
        datetime,
        typer.Option("--expires", formats=_DATE_FORMATS, help="Last business date on which it holds."),
    ],
    any_rows: Annotated[
        bool,
        typer.Option(
            "--any-rows", help="However many rows fail. Without it: as many as fail now, and no more."
        ),
    ] = False,
    waivers: WaiversOption = None,
) -> None:
    """Add a waiver of an open issue to the reviewed file; the next night heeds it."""
    from orchestration.quality.waivers import RowLimit, Waiver, append_entry, free_name, read_waivers

    queue = _read_queue(home)
    issue = _find(queue, check)[0]
    failed_rows = issue["failed_rows_of_check"]
    as_of, last = date.fromisoformat(queue["as_of_date"]), expires.date()
    if issue["check_id"].startswith("dbt.") and issue["severity"] == "critical":
        raise ConfigurationError(f"{issue['check_id']} stops the build itself, so it cannot be waived")
    if last < as_of:
        raise ConfigurationError(f"a waiver until {last} has expired: the last night was that of {as_of}")
    if failed_rows is None and not any_rows:
        raise ConfigurationError(f"{issue['check_id']} could not be counted: only --any-rows covers it")
    if not reason.strip() or not approver.strip():
        raise ConfigurationError("a waiver needs a reason and an approver")
    file = waivers or home / "waivers.yml"
    limit = RowLimit(most_failed_rows=max(1, failed_rows or 0))
    waiver = Waiver(
        waiver=free_name(read_waivers(file), as_of),
        check=issue["check_id"],
        scope="all" if any_rows else limit,
        reason=reason,
        approver=approver,
        expires_on=last,
        granted_on=as_of,
    )
    append_entry(file, waiver)
    _console().print(
        f"{waiver.waiver} waives {waiver.check} until {last} in {file}. Run the night again to publish.",
        soft_wrap=True,
        markup=False,
    )


@quality.command("threshold")
def change_threshold(
    check: Annotated[str, typer.Argument(help="The check_id of a gate, or a part of it that no other has.")],
    home: HomeOption,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    approver: Annotated[str, typer.Option("--approver", help="Who answers for it.")],
    until: Annotated[
        datetime, typer.Option("--until", formats=_DATE_FORMATS, help="Last business date on which it holds.")
    ],
    at_most: Annotated[
        str | None, typer.Option("--at-most", help="Share of rows that may fail, such as 5%.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option("--severity", help="Of a failure: info, warning or critical.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=_DATE_FORMATS, help="First one; without it, that of the last night."),
    ] = None,
    waivers: WaiversOption = None,
) -> None:
    """Add a changed threshold to the reviewed file; the next night heeds it."""
    from orchestration.quality_site.working import add_change

    queue = _read_queue(home)
    as_of = date.fromisoformat(queue["as_of_date"])
    file = waivers or home / "waivers.yml"
    change = add_change(
        file,
        check,
        as_of=as_of,
        at_most=at_most,
        severity=severity,
        reason=reason,
        approver=approver,
        granted_on=since.date() if since else as_of,
        expires_on=until.date(),
    )
    _console().print(
        f"{change.change} changes {change.check} from {change.granted_on} until {change.expires_on} "
        f"in {file}. Run the night again to judge by it.",
        soft_wrap=True,
        markup=False,
    )


@quality.command("replay")
def replay_rows(
    file: Annotated[
        Path,
        typer.Argument(help="CSV: source_file and row_number, or record_key_hash, then the whole rows."),
    ],
    landing: LandingOption,
    home: HomeOption,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on", formats=_DATE_FORMATS, help="Delivery date; without it, that of the current results."
        ),
    ] = None,
) -> None:
    """Deliver corrected rows of the quarantine once, after they have been tried."""
    from orchestration.quality_site.replay import replay

    settings = load_settings(landing=landing, home=_existing(home))
    done = replay(file, settings, delivered_on=on.date() if on else None)
    rows = "row has" if done.rows == 1 else "rows have"
    _console().print(
        f"{done.rows} corrected {rows} landed as {done.source_file}; the next night reads it.",
        soft_wrap=True,
        markup=False,
    )


def _console() -> Console:
    from orchestration.cli import out

    return out


def _existing(home: Path) -> Path:
    if not home.is_dir():
        raise ConfigurationError(f"there is no home at {home}: run warmhandoff nightly first")
    return home


def _read_queue(home: Path) -> dict[str, Any]:
    from orchestration.quality_site.site import FOLDER, QUEUE_FILE

    path = _existing(home) / "published" / FOLDER / QUEUE_FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise ConfigurationError(f"there is no queue at {path}: run warmhandoff nightly first") from None


def _find(queue: dict[str, Any], check: str) -> list[Issue]:
    """The issues of the one check that is meant: as many as it has causes."""
    issues: list[Issue] = queue["issues"]
    found = [issue for issue in issues if issue["check_id"] == check] or [
        issue for issue in issues if check in issue["check_id"]
    ]
    checks = list(dict.fromkeys(issue["check_id"] for issue in found))
    if len(checks) == 1:
        return found
    if not found:
        raise ConfigurationError(f"no open issue is named {check}: warmhandoff quality list names them")
    named = ", ".join(checks)
    raise ConfigurationError(f"{check} is a part of several issues: {named}")
