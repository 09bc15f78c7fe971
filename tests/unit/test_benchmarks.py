"""The figures are measured and shown as they are."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.figures import Figures, Report, Run, read_report
from benchmarks.measure import CommandError, Measured, Sample, Stretch, measure
from benchmarks.night import read_stages
from benchmarks.table import BEGIN, END, placed_in, render


def test_stages_are_read_from_the_nights_log() -> None:
    log = (
        "2026-01-02 03:04:05,500 INFO ingest: started\n"
        "2026-01-02 03:04:07,250 INFO ingest: 7 files as of 2026-01-01 in 1.7 s\n"
        "2026-01-02 03:04:07,300 INFO raw gate: started\n"
        "2026-01-02 03:04:08,300 ERROR something else\n"
        "2026-01-02 03:04:09,300 INFO raw gate: 9 checks, 0 failed, 0 of them blocking in 2.0 s\n"
    )
    stages = read_stages(log)
    assert [name for name, *_ in stages] == ["ingest", "raw gate"]
    assert [round(end - begin, 2) for _, begin, end in stages] == [1.75, 2.0]


@pytest.mark.slow
def test_a_command_is_measured_with_its_children(tmp_path: Path) -> None:
    child = "import time; held = bytes(range(256)) * 400000; time.sleep(1)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{child}'])"
    measured = measure(["python3", "-c", script], environment={"PATH": "/usr/bin:/bin"}, folder=tmp_path)
    assert measured.peak_mib > 75
    assert measured.seconds > 1


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="ended with 3"):
        measure(
            ["python3", "-c", "raise SystemExit(3)"], environment={"PATH": "/usr/bin:/bin"}, folder=tmp_path
        )


def looks(*each: tuple[float, float, float]) -> tuple[Sample, ...]:
    return tuple(Sample(*look) for look in each)


def test_what_no_stage_names_is_start_end_or_between() -> None:
    samples = looks((100.5, 5.0, 1.0), (102.5, 10.0, 3.0), (105.0, 30.0, 4.0), (109.0, 20.0, 8.0))
    measured = Measured(100.0, 110.0, samples, 8.5, 25.0)
    assert measured.peak_mib == 30.0
    assert measured.stretches([("one", 100.5, 102.5), ("two", 105.0, 107.0)]) == (
        Stretch("start", 0.5, 1.0, 5.0),
        Stretch("one", 2.0, 2.0, 10.0),
        Stretch("two", 2.0, 2.0, 30.0),
        Stretch("between stages", 2.5, 1.0, 30.0),
        Stretch("end", 3.0, 2.5, 20.0),
    )


def test_a_command_without_stages_is_all_start() -> None:
    measured = Measured(100.0, 110.0, (), 4.0, 25.0)
    found = [(stretch.seconds, stretch.cpu_seconds) for stretch in measured.stretches([])]
    assert found == [(10.0, 4.0), (0.0, 0.0), (0.0, 0.0)]


def run(seconds: float) -> Run:
    build, end = seconds * 3 / 4, seconds / 4
    return Run(
        seconds, seconds, 2048.0, (Stretch("build", build, build, 2048.0), Stretch("end", end, end, 0.0))
    )


def report() -> Report:
    size = Figures(10_000, 123_456, 78.9, 321, run(5), run(10), full=run(60), empty=run(40), night=run(41))
    return Report(
        "2 cores, 24 GB", run(30), (size, replace(size, patients=100_000, full=run(140), empty=run(40)))
    )


def test_ratios_are_net_of_the_empty_night() -> None:
    shown = render(report())
    target = "at most 2.00 at 1,000,000"
    assert f"| Full build net of the empty night / floor, all marts | 2.00 | 10.00 | {target} |" in shown
    assert f"| Full build net of next to nothing / floor, all marts | 3.00 | 11.00 | {target} |" in shown
    assert "| Full build net of the empty night / floor, spine | 4.00 | 20.00 |  |" in shown
    assert "| Night net of the empty night / full build net of it | 5 % | 1 % | at most 10 % |" in shown
    assert "| Empty night | 40.0 s | 40.0 s | at most 45 s |" in shown


def test_each_stage_has_its_seconds_share_and_memory() -> None:
    assert "| build | 45.0 s (75 %, processor 45.0 s, 2.0 GB) |" in render(report())


def test_a_size_without_net_time_has_no_ratio() -> None:
    only = replace(report().sizes[0], full=run(30))
    assert "| Full build net of the empty night / floor, spine | - |" in render(
        replace(report(), sizes=(only,))
    )


def test_a_report_is_kept_as_it_is(tmp_path: Path) -> None:
    report().write(tmp_path / "figures.json")
    assert read_report(tmp_path / "figures.json") == report()


def test_a_size_of_which_a_run_was_not_measured_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    report().write(path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    del kept["sizes"][0]["spine"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert read_report(path).sizes == report().sizes[1:]


def test_the_tables_take_the_place_of_the_old_ones() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert placed_in(page, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="no place"):
        placed_in("before\n", "new\n")


def test_the_readme_has_a_place_for_the_figures() -> None:
    page = Path(__file__).resolve().parents[2] / "benchmarks" / "README.md"
    assert "new" in placed_in(page.read_text(encoding="utf-8"), "new\n")
