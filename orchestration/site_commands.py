"""The commands that look at a site before any night: its profile, its landing folder, its FHIR server.

Belongs here: options, exit codes and what is printed. Does not belong here: the work
(``profile``, ``doctor``, ``fetch``). Imports that help does not need stand in the commands.
"""

import sys
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

import typer
from rich.console import Console

EXIT_STOPS: Final = 1
WIDTH_OF_FILES: Final = 120

site_commands = typer.Typer()


@site_commands.command("check-profile")
def check_profile(
    file: Annotated[Path, typer.Argument(help="The site's profile, a YAML file.")],
) -> None:
    """Check a site's profile; every problem is told with its line and path."""
    from orchestration.profile import load_profile

    profile = load_profile(file)
    required = ", ".join(profile.required_feeds) or "none of its own"
    Console(highlight=False, emoji=False).print(
        f"{file} is in order: {profile.site}, {len(profile.feeds)} feeds, "
        f"{len(profile.payers)} names of payers, required feeds: {required}.",
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
    landing: Annotated[
        Path,
        typer.Option(
            "--landing", envvar="WARMHANDOFF_LANDING", help="Folder in which source systems put files."
        ),
    ],
    profile: Annotated[
        Path | None,
        typer.Option("--profile", envvar="WARMHANDOFF_PROFILE", help="The site's profile, a YAML file."),
    ] = None,
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
    with TerminalReporter(Console(stderr=True, highlight=False)) as reporter:
        reporter.started("look")
        found = look(
            landing, profile=profile, as_of=as_of.date() if as_of else None, progress=reporter.progress
        )
        files = sum(part.files for part in found.delivered)
        reporter.finished("look", monotonic() - begun, f"{files:,} files")
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    print_look(found, Console(highlight=False, emoji=False, width=width))
    if found.stops:
        raise typer.Exit(EXIT_STOPS)
