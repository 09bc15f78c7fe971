"""The ``warmhandoff`` command.

Belongs here: options, exit codes and what is printed. Does not belong here: the work (the rooms), and what
surrounds a run (``runner``). Every import that is not needed by all commands stands in the command, so that
help is quick.

Exit codes: 0 done; 1 a gate or a failed stage held the publication back; 2 wrong use or configuration.
"""

import errno
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic.fields import FieldInfo
from rich.console import Console

from orchestration.cli_quality import quality
from orchestration.garbage import collect_seldom
from orchestration.redaction import SafeError, safe_error_text, safe_frames
from orchestration.settings import ConfigurationError, Settings, load_settings
from orchestration.site_commands import LandingOption, ProfileOption, expect_project, site_commands

EXIT_HELD_BACK: Final = 1
EXIT_WRONG_USE: Final = 2
_PRIVATE_UMASK: Final = 0o077
_DATE_FORMATS: Final = ["%Y-%m-%d"]
_UNWRITABLE: Final = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    name="warmhandoff",
    help="A nightly warehouse for integrated behavioral health: minutes, claims and their evidence.",
    epilog="Every setting can also be given in the environment; warmhandoff settings lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(site_commands)
app.callback()(expect_project)
explain = typer.Typer(help="Say why: rule, version and evidence of one number.", no_args_is_help=True)
app.add_typer(explain, name="explain")
app.add_typer(quality, name="quality")

_WIDTH_OF_FILES: Final = 120
out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
err = Console(stderr=True, highlight=False)

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="WARMHANDOFF_HOME", help="Holds lake, warehouse, quarantine, published."),
]


@app.command()
def sample(
    landing: LandingOption,
    as_of: Annotated[
        datetime, typer.Option("--as-of", formats=_DATE_FORMATS, help="Last day of the clinic's history.")
    ],
    patients: Annotated[int, typer.Option("--patients", min=1, help="Panel patients of the clinic.")] = 600,
    months: Annotated[int, typer.Option("--months", min=1, help="Months of history.")] = 6,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same files.")] = 1,
    messy: Annotated[
        bool, typer.Option("--messy", help="Plant the faults and odd cases of real feeds, and list them.")
    ] = False,
) -> None:
    """Write an invented clinic's feeds into an empty landing folder."""
    from orchestration.sample.clinic import write_sample
    from orchestration.terminal import TerminalReporter

    if landing.exists() and (not landing.is_dir() or any(landing.iterdir())):
        raise ConfigurationError(f"{landing} is not an empty folder; a sample is written into nothing else")
    begun = datetime.now()
    with TerminalReporter(err) as reporter:
        reporter.started("sample")
        planted = write_sample(
            landing,
            patients=patients,
            months=months,
            seed=seed,
            as_of=as_of.date(),
            messy=messy,
            progress=reporter.progress,
        )
        seconds = (datetime.now() - begun).total_seconds()
        reporter.finished("sample", seconds, f"{sum(planted.rows.values()):,} rows in {landing}")


@app.command()
def nightly(
    landing: LandingOption,
    home: HomeOption,
    profile: ProfileOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            envvar="WARMHANDOFF_AS_OF_DATE",
            formats=_DATE_FORMATS,
            help="Last delivery date that is read; without it, the latest in the landing folder.",
        ),
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Build and check everything anew, also where nothing has changed."),
    ] = False,
) -> None:
    """Run the night: read what has landed, build, check and publish."""
    from orchestration.publishing.history import current
    from orchestration.publishing.summary import summarize
    from orchestration.publishing.summary_render import render_summary
    from orchestration.runner import run_night
    from orchestration.terminal import TerminalReporter

    settings = load_settings(landing=landing, home=home, profile=profile, as_of_date=as_of and as_of.date())
    before = current(settings.published)
    with TerminalReporter(err) as reporter:
        outcome = run_night(settings, reporter, is_rebuild=rebuild, now=datetime.now(UTC))
    for sentence in outcome.ahead.told():
        err.print(sentence, soft_wrap=True, markup=False)
    if outcome.is_published:
        called = sys.argv[0] if Path(sys.argv[0]).name == app.info.name else app.info.name
        opens_ui = f"{called} ui --landing {settings.landing} --home {settings.home}"
        out.print(render_summary(summarize(settings.published), how_to_open_ui=opens_ui))
        if before is not None and before.as_of_date > outcome.as_of_date:
            err.print(
                f"Before this night readers had a later date, {before.as_of_date}. To give it back: "
                f"{called} rollback --home {settings.home} --to {before.name}",
                soft_wrap=True,
                markup=False,
            )
        return
    reason = outcome.reason or "the night ended before it could say why"
    err.print(f"Not published. {reason} Log: {outcome.log_file}", soft_wrap=True, markup=False)
    raise typer.Exit(EXIT_HELD_BACK)


@app.command()
def status(home: HomeOption) -> None:
    """Say what readers have, and what is held back and why."""
    from orchestration.publishing.status import damage_of_current, read_status
    from orchestration.publishing.summary_render import render_damage, render_status

    published = _existing(home) / "published"
    out.print(render_status(read_status(published)), soft_wrap=True)
    out.print(render_damage(damage_of_current(published)), soft_wrap=True, end="")


@app.command()
def rollback(
    home: HomeOption,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Name of the generation; without it, the one before the current."),
    ] = None,
) -> None:
    """Give readers an earlier generation again."""
    from orchestration.publishing.generation import rollback as roll_back

    generation = roll_back(_existing(home) / "published", to=to)
    out.print(
        f"Readers have generation {generation.name} again, as of {generation.as_of_date}.", soft_wrap=True
    )


@explain.command("entry")
def explain_entry(
    entry_id: Annotated[str, typer.Argument(help="The time entry, as in the feed care_activity.")],
    home: HomeOption,
) -> None:
    """Say what became of the minutes of a time entry, and by which rule."""
    from orchestration.publishing.explain import explain_entry as explained
    from orchestration.publishing.explain_render import print_answer

    place = _existing(home)
    print_answer(explained(entry_id, published=place / "published", lake=place / "lake"), out)


@explain.command("candidate")
def explain_candidate(
    candidate_id: Annotated[str, typer.Argument(help="The claim candidate, as in fct_claim_candidate.")],
    home: HomeOption,
) -> None:
    """Say why a claim candidate has its code and status: each check with its rule and evidence."""
    from orchestration.publishing.explain import explain_candidate as explained
    from orchestration.publishing.explain_render import print_answer

    print_answer(explained(candidate_id, published=_existing(home) / "published"), out)


@app.command()
def bridge(
    home: HomeOption,
    amount: Annotated[float, typer.Option("--amount", min=1, max=1e12, help="Dollars of the whole period.")],
    months: Annotated[int, typer.Option("--months", min=1, max=600, help="Months of the period.")] = 6,
    team: Annotated[
        str | None, typer.Option("--team", help="A team's id; without it, the whole organization.")
    ] = None,
) -> None:
    """Walk an amount that is only thought of back to patients, referrals and staff."""
    from decimal import Decimal

    from orchestration.publishing.bridge import read_basis, walk
    from orchestration.publishing.bridge_render import render_bridge

    basis, as_of = read_basis(_existing(home) / "published", team)
    amount_usd = Decimal(str(amount))
    out.print(render_bridge(basis, walk(basis, amount_usd, months), amount_usd, months, as_of))


@app.command()
def ui(
    landing: LandingOption,
    home: HomeOption,
    profile: ProfileOption = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on this machine.")] = 3000,
) -> None:
    """Open Dagster's web UI on this machine alone: asset graph, checks, schedule, sensors, run history."""
    from orchestration.instance import prepare_dagster_home

    settings = load_settings(landing=landing, home=home, profile=profile)
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(prepare_dagster_home(settings)),
        "WARMHANDOFF_LANDING": str(settings.landing),
        "WARMHANDOFF_HOME": str(settings.home),
        **({"WARMHANDOFF_PROFILE": str(settings.profile)} if settings.profile else {}),
    }
    out.print(f"Dagster's UI opens on http://127.0.0.1:{port} (Ctrl-C ends it).")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    os.execve(sys.executable, [*command, "-h", "127.0.0.1", "-p", str(port)], environment)  # noqa: S606


@app.command()
def dictionary(
    home: HomeOption,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write the page; without it, published/dictionary in the home."),
    ] = None,
) -> None:
    """Write the data dictionary: what each published mart and column means, and where it comes from."""
    from orchestration.dictionary.site import write_dictionary

    chosen = load_settings(landing=_existing(home), home=home)
    out.print(f"{write_dictionary(chosen, folder)}", soft_wrap=True, markup=False)


@app.command()
def settings() -> None:
    """List every setting with its environment variable, meaning and default."""
    for name, field in Settings.model_fields.items():
        out.print(
            f"WARMHANDOFF_{name.upper()}\n    {field.description} ({_default_text(field)})",
            soft_wrap=True,
            markup=False,
        )


def main() -> None:
    """Run the command; every foreseen error is one line and an exit code."""
    os.umask(_PRIVATE_UMASK)
    collect_seldom()
    from orchestration.publishing.errors import PublishError

    try:
        app()
    except (ConfigurationError, SafeError, PublishError) as error:
        err.print(f"Error: {error}", soft_wrap=True, markup=False)
        sys.exit(EXIT_WRONG_USE)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            err.print(f"Error: {error.filename}: {error.strerror}", soft_wrap=True, markup=False)
            sys.exit(EXIT_WRONG_USE)
        # Its message may quote a row, so the places in the code are told instead.
        places = "\n".join(f"  {frame}" for frame in safe_frames(error))
        err.print(f"{places}\nUnexpected: {safe_error_text(error)}", soft_wrap=True, markup=False)
        sys.exit(EXIT_HELD_BACK)


def _default_text(field: FieldInfo) -> str:
    """What a setting is where nobody sets it, as one would write it into the environment."""
    if field.is_required():
        return "must be set"
    default = field.get_default(call_default_factory=True)
    if default is None or default == ():
        return "not set by default"
    return f"default {','.join(default) if isinstance(default, tuple) else default}"


def _existing(home: Path) -> Path:
    if not home.is_dir():
        raise ConfigurationError(f"there is no home at {home}: run warmhandoff nightly first")
    return home
