"""The commands that look at a site before any night: its profile, its landing folder, its FHIR server.

Belongs here: options, exit codes and what is printed. Does not belong here: the work
(``profile``, ``doctor``, ``fetch``). Imports that help does not need stand in the commands.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

site_commands = typer.Typer()


@site_commands.command("check-profile")
def check_profile(
    file: Annotated[Path, typer.Argument(help="The site's profile, a YAML file.")],
) -> None:
    """Check a site's profile; every problem is told with its line and path."""
    from orchestration.profile import load_profile

    profile = load_profile(file)
    required = ", ".join(profile.required_feeds) or "none of its own"
    Console(highlight=False).print(
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
