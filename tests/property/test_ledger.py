"""What holds for every ledger, said in SQL over the marts alone."""

from tests.property.runs import Run

TWICE = """
    with earlier as (
        select
            {person},
            entry_id,
            started_at,
            max(ended_at) over (
                partition by {person} order by started_at, ended_at
                rows between unbounded preceding and 1 preceding
            ) as claimed_until
        from fct_minute_segment
        where disposition = 'credited'
    )
    select entry_id from earlier where claimed_until > started_at
"""


def test_the_seconds_of_each_entry_are_conserved(run: Run) -> None:
    worked = {row["entry_id"]: 0 for row in run.reference["fct_minute_segment"]}
    for row in run.reference["fct_minute_segment"]:
        worked[row["entry_id"]] += row["seconds"]
    told = run.marts.rows(
        "select entry_id, sum(seconds)::bigint as seconds from fct_minute_segment group by all"
    )
    assert {row["entry_id"]: row["seconds"] for row in told} == worked


def test_segments_of_an_entry_follow_each_other_without_gap_or_overlap(run: Run) -> None:
    broken = """
        select entry_id, segment_number from (
            select
                *,
                lag(ended_at) over (partition by entry_id order by segment_number) as previous_end,
                row_number() over (partition by entry_id order by started_at) as place
            from fct_minute_segment
        )
        where previous_end <> started_at or place <> segment_number
            or seconds <> epoch(ended_at - started_at) or seconds <= 0
    """
    assert run.marts.rows(broken) == []


def test_no_second_is_credited_twice_for_a_staff_member(run: Run) -> None:
    assert run.marts.rows(TWICE.format(person="staff_id")) == []


def test_no_second_is_credited_twice_for_a_patient(run: Run) -> None:
    assert run.marts.rows(TWICE.format(person="patient_id")) == []


def test_no_candidate_stands_without_a_policy_row(run: Run) -> None:
    orphans = """
        select candidate_id from fct_claim_candidate as candidate
        where not exists (
            select 1 from payer_policy as policy
            where policy.policy_version = candidate.policy_version
                and candidate.date_of_service >= policy.valid_from
                and candidate.date_of_service <= coalesce(policy.valid_to, date '9999-12-31')
        )
    """
    assert run.marts.rows(orphans) == []


def test_every_ready_candidate_passes_every_check(run: Run) -> None:
    failing = """
        select candidate.candidate_id, checked.check_id
        from fct_claim_candidate as candidate
        inner join fct_claim_check as checked on candidate.candidate_id = checked.candidate_id
        where candidate.status = 'ready' and checked.outcome not in ('pass', 'not_applicable')
    """
    assert run.marts.rows(failing) == []


def test_every_candidate_has_every_check_once(run: Run) -> None:
    counted = """
        select candidate.candidate_id, count(checked.check_id) as checks
        from fct_claim_candidate as candidate
        left join fct_claim_check as checked on candidate.candidate_id = checked.candidate_id
        group by all
        having count(checked.check_id) <> 17 or count(distinct checked.check_id) <> 17
    """
    assert run.marts.rows(counted) == []


def test_the_evidence_of_a_candidate_adds_up_to_its_minutes(run: Run) -> None:
    unlike = """
        select candidate.candidate_id
        from fct_claim_candidate as candidate
        left join fct_claim_evidence as evidence on candidate.candidate_id = evidence.candidate_id
        group by candidate.candidate_id, candidate.credited_minutes
        having candidate.credited_minutes <> coalesce(sum(evidence.seconds), 0) // 60
    """
    assert run.marts.rows(unlike) == []


def test_the_data_tests_of_the_project_hold(run: Run) -> None:
    assert run.marts.failing_tests() == {}
