"""The commands that look at a site before any night: its profile, its landing folder, its FHIR server.

Belongs here: options, exit codes and what is printed. Does not belong here: the work
(``profile``, ``doctor``, ``fetch``). Imports that help does not need stand in the commands.
"""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

import typer
from rich.console import Console

from orchestration.settings import DBT_PROJECT_DIR, ConfigurationError

EXIT_STOPS: Final = 1
EXIT_TERMINATED: Final = 143
WIDTH_OF_FILES: Final = 120

LandingOption = Annotated[
    Path,
    typer.Option("--landing", envvar="WARMHANDOFF_LANDING", help="Folder in which source systems put files."),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option("--profile", envvar="WARMHANDOFF_PROFILE", help="The site's profile, a YAML file."),
]

site_commands = typer.Typer()


def expect_project() -> None:
    """Refuse an installation without the models and the rules, which stand beside the code.

    Raises:
        ConfigurationError: they are not there.
    """
    if not (DBT_PROJECT_DIR / "dbt_project.yml").is_file():
        raise ConfigurationError(
            f"{DBT_PROJECT_DIR} is missing: the models and rules are no part of an installed package. "
            "Run warmhandoff from the project's folder, installed there with make install (pip install -e .)."
        )


@contextmanager
def cleared_when_terminated() -> Iterator[None]:
    """Leave in order when the process is asked to end, so that temporary copies of files are removed."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@site_commands.command("check-profile")
def check_profile(
    file: Annotated[Path, typer.Argument(help="The site's profile, a YAML file.")],
) -> None:
    """Check a site's profile; every problem is told with its line and path."""
    from orchestration.profile import load_profile

    profile = load_profile(file)
    required = ", ".join(profile.required_feeds) or "none of its own"
    Console(highlight=False, emoji=False).print(
        f"{file} is in order: {profile.site}; feeds: {len(profile.feeds)}; names of payers: "
        f"{len(profile.payers)}; required feeds: {required}.",
        soft_wrap=True,
        markup=False,
    )


@site_commands.command("profile-schema")
def profile_schema() -> None:
    """Write the JSON Schema of a profile, for editors, to standard output."""
    from orchestration.profile import json_schema

    typer.echo(json_schema(), nl=False)


@site_commands.command()
def doctor(
    landing: LandingOption,
    profile: ProfileOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Last delivery date that is looked at."),
    ] = None,
) -> None:
    """Look at a landing folder without building anything: what is taken, refused and missing, at what cost.

    Exit codes: 0 usable; 1 gaps that stop the night; 2 wrong use.
    """
    from orchestration.doctor import look
    from orchestration.doctor_render import print_look
    from orchestration.terminal import TerminalReporter

    begun = monotonic()
    with cleared_when_terminated(), TerminalReporter(Console(stderr=True, highlight=False)) as reporter:
        reporter.started("look")
        found = look(
            landing,
            profile=profile,
            as_of=as_of.date() if as_of else None,
            now=datetime.now(UTC),
            progress=reporter.progress,
        )
        files = sum(part.files for part in found.delivered)
        reporter.finished("look", monotonic() - begun, f"{files:,} {'file' if files == 1 else 'files'}")
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    print_look(found, Console(highlight=False, emoji=False, width=width))
    if found.stops:
        raise typer.Exit(EXIT_STOPS)


@site_commands.command()
def fetch(
    server: Annotated[str, typer.Option("--server", help="Base URL of the FHIR server.")],
    landing: LandingOption,
    group: Annotated[
        str, typer.Option("--group", help="Id of the Group whose patients are exported; without it, all.")
    ] = "",
    system: Annotated[
        bool,
        typer.Option(
            "--system", help="All that the server has, also staff, places and slots that are no patient's."
        ),
    ] = False,
    types: Annotated[
        str,
        typer.Option("--types", help="Resource types, separated by commas; without it, all that are read."),
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"],
            help="Only what has changed since; without it, since the last whole export.",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Everything, also where an export went before.")
    ] = False,
    profile: ProfileOption = None,
) -> None:
    """Fetch a bulk export of a FHIR server into the landing folder; a run that was cut off goes on.

    The client's id and key come from WARMHANDOFF_FHIR_CLIENT_ID and WARMHANDOFF_FHIR_KEY or _KEY_FILE.
    Exit codes: 0 landed, or nothing new; 1 not whole, run again; 2 wrong use.
    """
    from orchestration.feeds.fhir_types import RESOURCES
    from orchestration.fetch import Request
    from orchestration.fetch_client import FetchError, check_address
    from orchestration.fetch_run import fetch_export
    from orchestration.fetch_settings import load_access
    from orchestration.settings import load_settings
    from orchestration.terminal import TerminalReporter

    err = Console(stderr=True, highlight=False, emoji=False)
    named = tuple(name.strip() for name in types.split(",")) if types else tuple(sorted(RESOURCES))
    if not all(re.fullmatch("[A-Z][A-Za-z]{1,63}", name) for name in named):
        raise ConfigurationError("--types is a list of resource types, such as Patient,Encounter")
    if group and not re.fullmatch(r"[A-Za-z0-9.\-]{1,64}", group):
        raise ConfigurationError("--group is the id of a Group")
    if group and system:
        raise ConfigurationError("give --group or --system, not both")
    try:
        check_address(server)
    except FetchError as error:
        raise ConfigurationError(str(error)) from None
    settings = load_settings(landing=landing, home=landing, profile=profile)
    access = load_access()
    request = Request(server, named, group, since, full, system)
    begun = monotonic()
    try:
        with TerminalReporter(err) as reporter:
            reporter.started("fetch")
            found = fetch_export(
                request, settings.landing, access, zone=settings.default_time_zone, progress=reporter.progress
            )
            reporter.finished(
                "fetch", monotonic() - begun, f"{found.rows:,} resources in {found.files:,} files"
            )
    except FetchError as error:
        err.print(f"Not fetched. {error}", soft_wrap=True, markup=False)
        raise typer.Exit(EXIT_STOPS) from None
    where = f"landed as of {found.delivered_on}" if found.delivered_on else "there was nothing new"
    typer.echo(f"{found.rows:,} resources in {found.files:,} files: {where}.")
    if found.problems:
        listed = ", ".join(f"{count:,} {name}" for name, count in found.problems.items())
        err.print(
            f"The server could not export everything: {listed}. The next run asks for the same time again.",
            soft_wrap=True,
            markup=False,
        )
        raise typer.Exit(EXIT_STOPS)
