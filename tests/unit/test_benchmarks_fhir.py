"""What reading FHIR costs is shown beside DuckDB alone."""

from pathlib import Path

from benchmarks.fhir import Figures, Pair, render
from benchmarks.measure import Measured, Runs
from benchmarks.resources import write_resources


def spent(cpu: float, wall: float) -> Runs:
    """Three runs, of which one took least of the processor and another least time."""
    slow = Measured(0.0, 9.0, (), 9.0, 1024.0)
    return Runs((slow, Measured(0.0, wall, (), 9.0, 1024.0), Measured(0.0, 9.0, (), cpu, 1024.0)))


def test_ratios_are_shown_with_and_without_what_a_process_costs() -> None:
    nothing = Figures("nothing", 0.0, 1, spent(0.25, 0.5), spent(0.5, 1.0))
    whole = Figures("Patient", 250.0, 1_000, spent(1.25, 1.5), spent(2.5, 2.0))
    header, _, row, target = render([Pair(whole, nothing)]).splitlines()
    cells = dict(zip(header.split("|"), row.split("|"), strict=True))
    found = [cells[f" {name} "].strip() for name in ("Ratio, processor", "Ratio, processor, net")]
    found += [cells[f" {name} "].strip() for name in ("Ratio, wall", "Ratio, wall, net")]
    assert found == ["2.00", "2.00", "1.33", "1.00"]
    assert target.count("at most 1.50") == 4


def test_two_files_of_a_landing_have_no_resource_in_common(tmp_path: Path) -> None:
    written = [write_resources(tmp_path / f"{first}", "Patient", 0.01, first) for first in (0, 1_000)]
    first, second = (set((tmp_path / name).read_text().splitlines()) for name in ("0", "1000"))
    assert [len(first), len(second)] == written
    assert not first & second
