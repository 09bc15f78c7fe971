"""Why: answers with rule, version and evidence, from the published files."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from orchestration.publishing.answers import CandidateExplanation, EntryExplanation
from orchestration.publishing.errors import PublishError
from orchestration.publishing.explain import explain_candidate, explain_entry
from orchestration.publishing.explain_render import minutes, print_answer
from orchestration.publishing.sharing import hashed_id
from tests.support.publishing_warehouse import ROWS, SEGMENT, Home, Row, make_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = make_home(tmp_path_factory.mktemp("explain") / "home")
    home.publish()
    return home


def shown(answer: EntryExplanation | CandidateExplanation) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        print_answer(answer, console)
    return capture.get()


def published_with(tmp_path: Path, **changes: object) -> Home:
    """A home whose only entry is `a1` with a segment changed so, beside the others of the patient."""
    segment = ROWS[SEGMENT][0] | changes
    rows: dict[str, list[Row]] = ROWS | {SEGMENT: [segment, *ROWS[SEGMENT][1:]]}
    home = make_home(tmp_path / "home", rows)
    home.publish()
    return home


def test_an_entry_is_explained_piece_by_piece(home: Home) -> None:
    answer = explain_entry("a2", published=home.published)
    assert (answer.worked_seconds, answer.credited_seconds) == (1200, 600)
    lost, credited = answer.segments
    assert (lost.disposition, credited.disposition) == ("staff_overlap", "credited")
    assert lost.sentence.startswith("The staff member already claimed this moment")
    assert lost.policy_version == "medicare-2026-01"
    assert [(one.kind, one.id, one.on) for one in lost.evidence] == [("entry", "a1", date(2026, 2, 3))]
    (policy,) = answer.policies
    assert (policy.version, policy.payer_id) == ("medicare-2026-01", "medicare")
    assert "https://" in policy.source


def test_an_entry_names_the_claims_that_it_supports(home: Home) -> None:
    assert explain_entry("a1", published=home.published).candidate_ids == ["k1"]


def test_a_candidate_is_explained_check_by_check_in_the_rules_order(home: Home) -> None:
    answer = explain_candidate("k2", published=home.published)
    assert (answer.status, answer.procedure_code, answer.units) == ("held", "99492", 1)
    assert answer.blocking_check_ids == ["psychiatric_review", "validated_scale"]
    assert [check.check_id for check in answer.checks] == [
        "consent_on_file",
        "validated_scale",
        "psychiatric_review",
    ]
    consent, scale, _ = answer.checks
    assert (consent.evidence_kind, consent.evidence_id, consent.evidence_on) == (
        "consent",
        "n2",
        date(2026, 1, 2),
    )
    assert (scale.outcome, scale.who_can_fix) == ("fail", "care_manager")
    assert answer.policy is not None
    assert answer.policy.version == "medicare-2026-01"


@pytest.mark.slow
def test_a_candidate_shows_its_time_amount_and_lost_minutes(tmp_path: Path) -> None:
    rows = ROWS | {SEGMENT: [*ROWS[SEGMENT], ROWS[SEGMENT][0] | {"entry_id": "a9", "disposition": "voided"}]}
    home = make_home(tmp_path / "home", rows)
    home.publish()
    answer = explain_candidate("k1", published=home.published)
    assert [segment.entry_id for segment in answer.segments] == ["a1"]
    assert answer.expected_amount_usd == Decimal("145.67")
    assert answer.uncredited_seconds == {"voided": 2400}


@pytest.mark.slow
def test_a_candidate_knows_the_others_of_its_month_and_what_suppressed_it(tmp_path: Path) -> None:
    addon = ROWS["fct_claim_candidate"][0] | {"candidate_id": "k3", "procedure_code": "99494"}
    addon |= {"suppressed_by": "k9"}
    home = make_home(tmp_path / "home", ROWS | {"fct_claim_candidate": [*ROWS["fct_claim_candidate"], addon]})
    home.publish()
    assert explain_candidate("k1", published=home.published).sibling_ids == ["k3"]
    answer = explain_candidate("k3", published=home.published)
    assert answer.suppressed_by == "k9"
    assert "another program of the same month was kept: k9" in shown(answer)


@pytest.mark.parametrize("ask", [explain_entry, explain_candidate])
def test_an_unknown_id_is_a_clear_error_with_a_hint(home: Home, ask: Callable[..., object]) -> None:
    with pytest.raises(PublishError, match=r"'nothing' in the current generation.*dq_quarantine"):
        ask("nothing", published=home.published)


def test_before_anything_is_published_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nothing is published"):
        explain_entry("a1", published=tmp_path)


@pytest.mark.slow
def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    generation = home.publish()
    (generation.path / "identified" / f"{SEGMENT}.parquet").unlink()
    with pytest.raises(PublishError, match="has no identified/fct_minute_segment"):
        explain_entry("a1", published=home.published)
    (generation.path / "identified" / "fct_claim_candidate.parquet").write_bytes(b"torn")
    with pytest.raises(PublishError, match="could not be read"):
        explain_candidate("k1", published=home.published)


@pytest.mark.slow
def test_a_rejected_row_is_found_by_its_keyed_hash(tmp_path: Path) -> None:
    rejected = ROWS["dq_quarantine"][0] | {
        "feed": "care_activity",
        "reason": "open_interval",
        "record_key_hash": hashed_id("a key of tests", "care_activity", "a7"),
    }
    home = make_home(tmp_path / "home", ROWS | {"dq_quarantine": [rejected]})
    home.publish()
    answer = explain_entry("a7", published=home.published, lake=home.lake)
    assert [row.reason for row in answer.rejected_rows] == ["open_interval"]
    assert (answer.segments, answer.worked_seconds) == ([], 0)
    assert "open_interval" in shown(answer)
    with pytest.raises(PublishError):
        explain_entry("a7", published=home.published)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"disposition": "no_episode"}, [("episode", "e1", "cocm, 2026-01-05 to open")]),
        ({"disposition": "after_death"}, [("patient", "p1", "day of death")]),
        ({"disposition": "outside_consent"}, [("consent", "n1", "not in force at that moment")]),
        (
            {"disposition": "unqualified_staff", "staff_role": "nurse"},
            [("payer_policy", "medicare-2026-01", "role held: nurse")],
        ),
        (
            {"disposition": "not_countable_activity", "activity_code": "travel"},
            [("activity_type", "travel", "does not count")],
        ),
        (
            {"disposition": "not_countable_activity", "activity_code": "odd"},
            [("activity_type", "odd", "is not a known activity")],
        ),
        (
            {"disposition": "patient_overlap", "lost_to_entry_id": "a2"},
            [("entry", "a2", "has claimed the time")],
        ),
        (
            {
                "disposition": "billed_separately",
                "excluding_encounter_id": "v1",
                "excluding_visit_kind": "90834",
            },
            [("encounter", "v1", "a visit billed as 90834")],
        ),
        (
            {
                "disposition": "facility_stay",
                "excluding_encounter_id": "v2",
                "excluding_visit_kind": "inpatient",
            },
            [("encounter", "v2", "a stay, inpatient")],
        ),
        ({"disposition": "facility_stay"}, []),
        ({"disposition": "voided"}, []),
    ],
)
def test_a_disposition_shows_what_it_rests_on(
    tmp_path: Path, changes: dict[str, object], evidence: list[tuple[str, str, str]]
) -> None:
    home = published_with(tmp_path, **changes)
    answer = explain_entry("a1", published=home.published)
    found = answer.segments[0].evidence
    assert [(one.kind, one.id) for one in found] == [(kind, one) for kind, one, _ in evidence]
    for one, (_, _, text) in zip(found, evidence, strict=True):
        assert text in one.text


def change_rule(home: Home, rule: str, key: str, value: str, sentence: str, new: str) -> None:
    """End the row of a rule on the eve of 3 February and let another one begin on that day."""
    with duckdb.connect(str(home.database)) as engine:
        of_row = f"where {key} = '{value}'"
        engine.execute(f"create table later as from {rule} {of_row}")
        engine.execute(f"update later set valid_from = '2026-02-03', {sentence} = {new}")
        engine.execute(f"update {rule} set valid_to = '2026-02-02' {of_row}")
        engine.execute(f"insert into {rule} from later")


@pytest.mark.slow
def test_an_answer_rests_on_the_row_of_a_rule_in_force_on_the_day(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", ROWS)
    change_rule(home, "disposition", "disposition", "credited", "sentence", "'It counts from today.'")
    home.publish()
    answer = explain_entry("a1", published=home.published)
    assert (answer.worked_seconds, [one.sentence for one in answer.segments]) == (
        2400,
        ["It counts from today."],
    )
    [segment] = [
        one for one in explain_candidate("k1", published=home.published).segments if one.entry_id == "a1"
    ]
    assert segment.sentence == "It counts from today."


@pytest.mark.slow
@pytest.mark.parametrize(("service_on", "text"), [("2026-02-02", "counts"), ("2026-02-03", "does not count")])
def test_an_activity_is_told_as_it_was_on_the_day(tmp_path: Path, service_on: str, text: str) -> None:
    segment = ROWS[SEGMENT][0] | {"disposition": "not_countable_activity", "service_on": service_on}
    home = make_home(tmp_path / "home", ROWS | {SEGMENT: [segment, *ROWS[SEGMENT][1:]]})
    change_rule(home, "activity_type", "activity_code", "follow_up_contact", "is_countable", "false")
    home.publish()
    answer = explain_entry("a1", published=home.published)
    assert [one.text for one in answer.segments[0].evidence] == [f"contact, {text}"]


@pytest.mark.slow
def test_a_duplicate_names_the_entry_that_counts(tmp_path: Path) -> None:
    duplicate = ROWS[SEGMENT][0] | {"entry_id": "a0", "disposition": "duplicate"}
    home = make_home(tmp_path / "home", ROWS | {SEGMENT: [*ROWS[SEGMENT], duplicate]})
    home.publish()
    answer = explain_entry("a0", published=home.published)
    assert [one.id for one in answer.segments[0].evidence] == ["a1"]


def test_answers_for_people_name_no_patient(home: Home) -> None:
    text = shown(explain_entry("a2", published=home.published)) + shown(
        explain_candidate("k1", published=home.published)
    )
    for row in ROWS["dim_patient"]:
        assert str(row["family_name"]) not in text
        assert str(row["given_name"]) not in text
        assert str(row["mrn"]) not in text
    assert "20 min worked, 10 min credited" in text
    assert "99492 x 1, ready" in text
    assert "source: " in text


@pytest.mark.slow
def test_an_entry_that_no_policy_decided_is_explained_too(tmp_path: Path) -> None:
    home = published_with(tmp_path, disposition="unknown_patient", rule_version=None, payer_id=None)
    answer = explain_entry("a1", published=home.published)
    assert answer.policies == []
    assert "policy none" in shown(answer)


@pytest.mark.slow
@pytest.mark.parametrize("odd", ["a'1", "a{1}", "a?1", "a\\1", "a;1--"])
def test_an_id_of_any_letters_is_found(tmp_path: Path, odd: str) -> None:
    home = published_with(tmp_path, entry_id=odd)
    assert explain_entry(odd, published=home.published).worked_seconds == 2400


@pytest.mark.slow
def test_an_answer_is_quick_because_it_does_without_pandas(home: Home) -> None:
    script = (
        "import sys; from pathlib import Path; from orchestration.publishing.explain import explain_entry; "
        "explain_entry('a2', published=Path(sys.argv[1])); print('pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", script, str(home.published)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.slow
def test_answers_need_no_warehouse_so_a_night_may_be_writing_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    generation = home.publish()
    home.database.unlink()
    assert explain_entry("a1", published=home.published).generation == generation.name


def test_minutes_have_one_decimal_where_it_says_something() -> None:
    assert [minutes(seconds) for seconds in (0, 60, 90, 2400, 6001)] == ["0", "1", "1.5", "40", "100"]
