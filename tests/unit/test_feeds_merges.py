"""Records that a server has merged or linked: what stands for what, and rows under what stands."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.feeds.ingest import ingest
from orchestration.feeds.site import Site
from orchestration.feeds.survivors import survivors
from tests.support.feeds_night import KEY, Nights
from tests.support.fhir_lines import Json, concept, lines, ref

DAY = "2025-01-31"
EPI = "urn:x:epi"
MINUTES = "entry_id,patient_id,staff_id,activity_code,started_at,duration_minutes,status\n"


def patient(name: str, *links: tuple[str, str], updated: str | None = None, **more: object) -> Json:
    linked = [{"type": kind, "other": ref(f"Patient/{other}")} for kind, other in links]
    meta = {"lastUpdated": f"{updated}T00:00:00Z"} if updated else None
    return {"resourceType": "Patient", "id": name, "link": linked, "meta": meta, **more}


def condition(name: str) -> Json:
    code = concept("http://hl7.org/fhir/sid/icd-10-cm", "F32.1")
    return {"resourceType": "Condition", "id": f"c-{name}", "subject": ref(f"Patient/{name}"), "code": code}


def told_apart(number: int, *resources: Json) -> list[Json]:
    """Resources whose patients have names of this case's own."""
    text = (
        json.dumps(resources)
        .replace("Patient/", f"Patient/{number}")
        .replace('"id": "c-', f'"id": "c-{number}')
    )
    return [
        {**one, "id": f"{number}{one['id']}"} if one["resourceType"] == "Patient" else one
        for one in json.loads(text)
    ]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def whose(nights: Nights) -> dict[str, str]:
    """The patient of each diagnosis."""
    return {row["condition_id"][2:]: row["patient_id"] for row in nights.raw("condition")}


def standing(nights: Nights) -> list[str]:
    return sorted(row["patient_id"] for row in nights.raw("patient") if not row["is_deleted"])


def unjoined(nights: Nights) -> list[tuple[str, str, int]]:
    return [(row["system"], row["reason"], row["rows"]) for row in nights.reference("unjoined_identifier")]


JOINED: tuple[tuple[tuple[Json, ...], dict[str, str]], ...] = (
    ((patient("a", ("replaced-by", "b")), patient("b")), {"a": "b", "b": "b"}),
    ((patient("a"), patient("b", ("replaces", "a"))), {"a": "b", "b": "b"}),
    ((patient("b", ("replaces", "a")),), {"a": "b", "b": "b"}),
    ((patient("a", ("refer", "b")), patient("b")), {"a": "b", "b": "b"}),
    ((patient("b", ("seealso", "a")), patient("a")), {"a": "a", "b": "a"}),
    (
        (patient("a", ("replaced-by", "b")), patient("b", ("replaced-by", "c")), patient("c")),
        {"a": "c", "b": "c", "c": "c"},
    ),
    (
        (patient("a", ("replaced-by", "c")), patient("b", ("seealso", "c")), patient("c")),
        {"a": "b", "b": "b", "c": "b"},
    ),
    ((patient("a", ("replaced-by", "a")), patient("b")), {"a": "a", "b": "b"}),
)


@pytest.mark.slow
def test_rows_are_those_of_the_record_that_stands(nights: Nights) -> None:
    landed = [told_apart(n, *people, *map(condition, ids)) for n, (people, ids) in enumerate(JOINED)]
    nights.land(f"fhir/{DAY}/a.ndjson", lines(*(one for case in landed for one in case)))
    nights.run()
    expected = {f"{n}{old}": f"{n}{new}" for n, (_, ids) in enumerate(JOINED) for old, new in ids.items()}
    assert whose(nights) == expected
    assert set(standing(nights)) == set(expected.values())
    assert unjoined(nights) == []


APART: tuple[tuple[tuple[Json, ...], str], ...] = (
    ((patient("a", ("replaced-by", "b")), patient("b", ("replaced-by", "a"))), "ambiguous"),
    ((patient("a", ("replaced-by", "b"), ("replaced-by", "c")), patient("b"), patient("c")), "ambiguous"),
    ((patient("a", ("replaced-by", "b")), patient("c")), "unknown"),
)


def test_links_that_contradict_each_other_or_lead_nowhere_join_nobody(nights: Nights) -> None:
    landed = [told_apart(n, *people, *map(condition, "ab")) for n, (people, _) in enumerate(APART)]
    nights.land(f"fhir/{DAY}/a.ndjson", lines(*(one for case in landed for one in case)))
    nights.run()
    assert all(old == new for old, new in whose(nights).items())
    assert unjoined(nights) == [("Patient.link", "ambiguous", 4), ("Patient.link", "unknown", 1)]


@pytest.mark.slow
def test_minutes_of_flat_feeds_go_to_the_record_that_stands_whenever_they_come(nights: Nights) -> None:
    entry = "e{0},a,s1,chart_review,{0}T10:00:00Z,20,final\n"
    nights.land("care_activity/2025-01-29/a.csv", MINUTES + entry.format("2025-01-29"))
    nights.run()
    assert [row["patient_id"] for row in nights.raw("care_activity")] == ["a"]
    nights.land("fhir/2025-01-30/a.ndjson", lines(patient("b", ("replaces", "a"))))
    nights.land("care_activity/2025-01-31/a.csv", MINUTES + entry.format("2025-01-31"))
    nights.run()
    assert [row["patient_id"] for row in nights.raw("care_activity")] == ["b", "b"]
    before = nights.everything()
    nights.run()
    assert nights.everything() == before
    nights.run(as_of=date(2025, 1, 29))
    assert nights.raw("care_activity")[0]["patient_id"] == "a"


@pytest.mark.slow
def test_a_night_that_ends_while_it_merges_loses_no_row_of_a_file_that_is_gone(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = "e1,a,s1,chart_review,2025-01-29T10:00:00Z,20,final\n"
    nights.land("care_activity/2025-01-29/a.csv", MINUTES + entry)
    nights.run()
    (nights.landing / "care_activity/2025-01-29/a.csv").unlink()
    nights.land("fhir/2025-01-30/a.ndjson", lines(patient("b", ("replaces", "a"), updated="2025-01-10")))
    monkeypatch.setattr("orchestration.feeds.references.merged_rows", _fail)
    with pytest.raises(RuntimeError):
        nights.run()
    monkeypatch.undo()
    nights.run()
    assert [row["patient_id"] for row in nights.raw("care_activity")] == ["b"]
    nights.land("fhir/2025-01-31/a.ndjson", lines(patient("b", updated="2025-01-20")))
    nights.run()
    assert [row["patient_id"] for row in nights.raw("care_activity")] == ["a"]


def _fail(*_: object) -> str:
    raise RuntimeError("the machine is gone")


@pytest.mark.slow
def test_a_merge_that_is_undone_parts_the_records_again(nights: Nights) -> None:
    merged = patient("a", ("replaced-by", "b"), updated="2025-01-10")
    nights.land("fhir/2025-01-30/a.ndjson", lines(merged, patient("b"), condition("a")))
    nights.run()
    assert whose(nights) == {"a": "b"}
    nights.land("fhir/2025-01-31/a.ndjson", lines(patient("a", updated="2025-01-20")))
    nights.run()
    assert whose(nights) == {"a": "a"}
    assert standing(nights) == ["a", "a", "b"]


@pytest.mark.slow
def test_a_record_that_is_deleted_after_its_merge_stays_merged(nights: Nights) -> None:
    merged = patient("a", ("replaced-by", "b"), updated="2025-01-10")
    gone = {"method": "DELETE", "url": "Patient/a"}
    bundle = {"resourceType": "Bundle", "timestamp": "2025-01-20T00:00:00Z", "entry": [{"request": gone}]}
    nights.land(f"fhir/{DAY}/a.ndjson", lines(merged, patient("b"), condition("a"), bundle))
    nights.run()
    assert whose(nights) == {"a": "b"}


@pytest.mark.slow
def test_with_own_systems_the_id_of_the_record_that_stands_counts(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    people = [
        patient("a", ("replaced-by", "b"), identifier=[{"system": EPI, "value": "E1"}]),
        patient("b", identifier=[{"system": EPI, "value": "E2"}]),
        patient("c", identifier=[{"system": EPI, "value": "E3"}]),
    ]
    nights.land(f"fhir/{DAY}/a.ndjson", lines(*people, *map(condition, "abc")))
    nights.land(f"panel/{DAY}/a.csv", "patient_id,team_id,effective_from\nE1,t1,2025-01-01\n")
    ingest(
        nights.landing,
        nights.lake,
        nights.quarantine,
        as_of=date(2025, 1, 31),
        default_time_zone="UTC",
        hash_key=KEY,
        threads=1,
        site=Site(systems={"patient": (EPI,)}),
    )
    assert whose(nights) == {"a": "E2", "b": "E2", "c": "E3"}
    assert [row["patient_id"] for row in nights.raw("panel")] == ["E2"]
    assert standing(nights) == ["E2", "E3"]


@pytest.mark.slow
def test_a_link_to_a_relative_or_by_an_identifier(nights: Nights) -> None:
    relative = {"type": "seealso", "other": {"reference": "RelatedPerson/b"}}
    named = {"type": "replaced-by", "other": {"identifier": {"system": EPI, "value": "E2"}}}
    people = [
        {**patient("a"), "link": [relative, named]},
        patient("b"),
        patient("d", identifier=[{"system": EPI, "value": "E2"}]),
    ]
    nights.land(f"fhir/{DAY}/a.ndjson", lines(*people, condition("a")))
    nights.run()
    assert whose(nights) == {"a": "d"}
    assert standing(nights) == ["b", "d"]


NAMES = st.sampled_from("abcdefg")
PAIRS = st.lists(st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1]), max_size=9)


@given(PAIRS, PAIRS)
def test_what_stands_stands_for_itself_and_nobody_stands_twice(
    directed: list[tuple[str, str]], same: list[tuple[str, str]]
) -> None:
    found, contradicted = survivors(directed, same)
    assert not set(found) & set(found.values())
    assert not contradicted & ({*found} | {*found.values()})
    assert survivors(directed[::-1], same[::-1]) == (found, contradicted)
    for old, new in directed:
        if old not in contradicted:
            assert found[old] == found.get(new, new)
    for one, other in same:
        if not {one, other} & contradicted:
            assert found.get(one, one) == found.get(other, other)
