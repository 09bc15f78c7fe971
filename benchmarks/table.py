"""The figures as Markdown tables, with the targets beside them.

Belongs here: words and layout. Does not belong here: any judgment that ends a run; targets are shown.
"""

from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.figures import Figures, Report, Run

BEGIN: Final = "<!-- figures: written by python -m benchmarks --readme -->"
END: Final = "<!-- end of figures -->"
_Row = tuple[str, Callable[[Figures], str], str]


def render(report: Report) -> str:
    """Return the report's tables: the sizes beside each other, then each kind of night by its stages."""
    parts = [
        f"Machine: {report.machine}. A full build of next to nothing: {seconds(report.smallest.seconds)}, "
        f"processor {seconds(report.smallest.cpu_seconds)}.",
        _whole(report),
    ]
    kinds: tuple[tuple[str, Callable[[Figures], Run]], ...] = (
        ("Full build", lambda size: size.full),
        ("Empty night", lambda size: size.empty),
        ("Night", lambda size: size.night),
        ("Floor, all marts", lambda size: size.floor),
        ("Floor, spine", lambda size: size.spine),
    )
    parts += [_by_stage(title, report.sizes, run_of) for title, run_of in kinds]
    return "\n\n".join(parts) + "\n"


def placed_in(readme: str, tables: str, begin: str = BEGIN, end: str = END) -> str:
    """Return a page with the tables between two marks.

    Raises:
        ValueError: the page has not both marks.
    """
    before, first, rest = readme.partition(begin)
    _, last, after = rest.partition(end)
    if not (first and last):
        raise ValueError("the page has no place for the figures")
    return f"{before}{begin}\n\n{tables}\n{end}{after}"


def _whole(report: Report) -> str:
    smallest = report.smallest.seconds
    rows: tuple[_Row, ...] = (
        ("Rows landed", lambda size: f"{size.landed_rows:,}", ""),
        ("Landed files", lambda size: f"{size.landed_mb:,.0f} MB", ""),
        ("Rows of the next day", lambda size: f"{size.night_rows:,}", ""),
        ("Floor, spine", lambda size: seconds(size.spine.seconds), ""),
        ("Floor, all marts", lambda size: seconds(size.floor.seconds), ""),
        ("Full build", lambda size: seconds(size.full.seconds), ""),
        ("Empty night", lambda size: seconds(size.empty.seconds), "at most 45 s"),
        ("Night", lambda size: seconds(size.night.seconds), ""),
        (
            "Full build net of the empty night / floor, all marts",
            lambda size: ratio(size.full.seconds - size.empty.seconds, size.floor.seconds),
            "at most 2.00 at 1,000,000",
        ),
        (
            "Full build net of the empty night / floor, spine",
            lambda size: ratio(size.full.seconds - size.empty.seconds, size.spine.seconds),
            "",
        ),
        (
            "Full build net of next to nothing / floor, all marts",
            lambda size: ratio(size.full.seconds - smallest, size.floor.seconds),
            "at most 2.00 at 1,000,000",
        ),
        (
            "Night net of the empty night / full build net of it",
            lambda size: _share(
                size.night.seconds - size.empty.seconds, size.full.seconds - size.empty.seconds
            ),
            "at most 10 %",
        ),
        ("Processor time, floor, spine", lambda size: seconds(size.spine.cpu_seconds), ""),
        ("Processor time, floor, all marts", lambda size: seconds(size.floor.cpu_seconds), ""),
        ("Processor time, full build", lambda size: seconds(size.full.cpu_seconds), ""),
        ("Processor time, empty night", lambda size: seconds(size.empty.cpu_seconds), ""),
        ("Processor time, night", lambda size: seconds(size.night.cpu_seconds), ""),
        (
            "Processor time, full build net of next to nothing / floor, all marts",
            lambda size: ratio(size.full.cpu_seconds - report.smallest.cpu_seconds, size.floor.cpu_seconds),
            "",
        ),
        (
            "Processor time, night net of next to nothing / full build net of it",
            lambda size: _share(
                size.night.cpu_seconds - report.smallest.cpu_seconds,
                size.full.cpu_seconds - report.smallest.cpu_seconds,
            ),
            "",
        ),
        ("Peak memory, floor, spine", lambda size: memory(size.spine.peak_mib), ""),
        ("Peak memory, floor, all marts", lambda size: memory(size.floor.peak_mib), ""),
        ("Peak memory, full build", lambda size: memory(size.full.peak_mib), "under 8 GB"),
        ("Peak memory, night", lambda size: memory(size.night.peak_mib), ""),
    )
    header = ["Panel patients", *(f"{size.patients:,}" for size in report.sizes), "Target"]
    body = [[name, *(cell(size) for size in report.sizes), target] for name, cell, target in rows]
    return markdown(header, body)


def _by_stage(title: str, sizes: Sequence[Figures], run_of: Callable[[Figures], Run]) -> str:
    names = list(dict.fromkeys(stretch.name for size in sizes for stretch in run_of(size).stretches))
    body = []
    for name in names:
        row = [name]
        for size in sizes:
            run = run_of(size)
            found = [stretch for stretch in run.stretches if stretch.name == name]
            spent = sum(stretch.seconds for stretch in found)
            peak = max((stretch.peak_mib for stretch in found), default=0.0)
            cpu = seconds(sum(stretch.cpu_seconds for stretch in found))
            row.append(f"{seconds(spent)} ({_share(spent, run.seconds)}, processor {cpu}, {memory(peak)})")
        body.append(row)
    return markdown([title, *(f"{size.patients:,}" for size in sizes)], body)


def markdown(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a table whose first column is words and whose others are numbers."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" + "---:|" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in body)])


def seconds(spent: float) -> str:
    """Return seconds as they are shown."""
    return f"{spent:,.1f} s"


def memory(mib: float) -> str:
    """Return memory as it is shown."""
    return f"{mib / 1024:.1f} GB" if mib else "-"


def ratio(part: float, whole: float) -> str:
    """Return how many times a whole something is, as it is shown."""
    return f"{part / whole:.2f}" if part >= 0 and whole > 0 else "-"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if part >= 0 and whole > 0 else "-"
