"""The queries behind the claim-candidate lists, over a generation's marts.

Each returns billing TIN, service month, the name of the list and the columns of its header;
sorted so that the rows of a file come together. Names in braces are relations, put in by ``claim_lists``.

Belongs here: SQL. Does not belong here: files.
"""

_SHARED_CTES = """
with patient as (
    select patient_id, family_name, given_name, mrn, birth_date from {dim_patient}
),

practitioner as (
    select practitioner_id, npi, concat_ws(', ', family_name, given_name) as full_name from {dim_practitioner}
),

team as (
    select team_id, {tin} as billing_tin from {dim_team}
),

claim_check as (
    select
        check_id,
        arg_max(sort_order, valid_from) as sort_order,
        arg_max(sentence_fail, valid_from) as sentence_fail,
        arg_max(who_can_fix, valid_from) as who_can_fix
    from {claim_check}
    group by check_id
),
"""

CANDIDATE_QUERY = "".join(
    [
        _SHARED_CTES,
        """
candidate as (
    select *
    from {fct_claim_candidate}
    where status in ('ready', 'review', 'held')
),

failed as (
    select
        checked.candidate_id,
        coalesce(checked.explanation, claim_check.sentence_fail, checked.check_id) as sentence,
        claim_check.who_can_fix,
        coalesce(claim_check.sort_order, 1000) as sort_order,
        checked.check_id
    from {fct_claim_check} as checked
    semi join candidate on checked.candidate_id = candidate.candidate_id
    left join claim_check on checked.check_id = claim_check.check_id
    where checked.outcome = 'fail'
),

missing as (
    select
        candidate_id,
        string_agg(sentence, ' ' order by sort_order, check_id) as what_is_missing,
        array_to_string(list_sort(list_distinct(list(who_can_fix))), ';') as who_can_fix
    from failed
    group by candidate_id
)

select
    team.billing_tin,
    candidate.service_month,
    candidate.status as list_name,
    patient.family_name as patient_family_name,
    patient.given_name as patient_given_name,
    patient.mrn,
    patient.birth_date,
    candidate.payer_id,
    candidate.procedure_code,
    candidate.units,
    candidate.date_of_service,
    candidate.place_of_service,
    practitioner.full_name as billing_practitioner,
    candidate.billing_npi,
    candidate.credited_minutes,
    candidate.expected_amount_usd,
    missing.what_is_missing,
    missing.who_can_fix,
    candidate.candidate_id
from candidate
left join patient on candidate.patient_id = patient.patient_id
left join practitioner on candidate.billing_practitioner_id = practitioner.practitioner_id
left join team on candidate.team_id = team.team_id
left join missing on candidate.candidate_id = missing.candidate_id
order by
    team.billing_tin nulls first, candidate.service_month, patient.family_name, patient.given_name,
    candidate.patient_id, candidate.program, candidate.procedure_code
""",
    ]
)

NEAR_MISS_QUERY = "".join(
    [
        _SHARED_CTES,
        """
failing as (
    select
        near_miss.patient_id,
        near_miss.program,
        near_miss.service_month,
        unnest(string_split(near_miss.failing_check_ids, ';')) as check_id
    from {rpt_near_miss} as near_miss
),

missing as (
    select
        failing.patient_id,
        failing.program,
        failing.service_month,
        string_agg(
            coalesce(claim_check.sentence_fail, failing.check_id),
            ' ' order by coalesce(claim_check.sort_order, 1000), failing.check_id
        ) as what_is_missing,
        array_to_string(list_sort(list_distinct(list(claim_check.who_can_fix))), ';') as who_can_fix
    from failing
    left join claim_check on failing.check_id = claim_check.check_id
    where failing.check_id <> ''
    group by failing.patient_id, failing.program, failing.service_month
)

select
    team.billing_tin,
    near_miss.service_month,
    'near_miss' as list_name,
    patient.family_name as patient_family_name,
    patient.given_name as patient_given_name,
    patient.mrn,
    patient.birth_date,
    patient_month.payer_id,
    near_miss.program,
    near_miss.care_manager_id,
    care_manager.full_name as care_manager,
    practitioner.full_name as billing_practitioner,
    practitioner.npi as billing_npi,
    near_miss.credited_minutes,
    near_miss.minutes_needed,
    near_miss.next_procedure_code,
    near_miss.amount_at_stake_usd,
    near_miss.days_left,
    missing.what_is_missing,
    missing.who_can_fix
from {rpt_near_miss} as near_miss
left join {fct_patient_month} as patient_month
    on near_miss.patient_id = patient_month.patient_id
    and near_miss.program = patient_month.program
    and near_miss.service_month = patient_month.service_month
left join patient on near_miss.patient_id = patient.patient_id
left join practitioner as care_manager on near_miss.care_manager_id = care_manager.practitioner_id
left join practitioner on patient_month.billing_practitioner_id = practitioner.practitioner_id
left join team on patient_month.team_id = team.team_id
left join missing
    on near_miss.patient_id = missing.patient_id
    and near_miss.program = missing.program
    and near_miss.service_month = missing.service_month
order by
    team.billing_tin nulls first, near_miss.service_month, near_miss.minutes_needed, patient.family_name,
    patient.given_name, near_miss.patient_id, near_miss.program
""",
    ]
)
