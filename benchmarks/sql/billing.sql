-- What a candidate rests on, what an open month lacks for more, and what was billed beside what could be.
create table fct_claim_evidence as
select candidate.candidate_id, segment.entry_id, segment.segment_number, segment.seconds
from candidate
join segment using (patient_id, program, service_month)
where segment.disposition = 'credited';

create temp table billed_line as
select
    claim_line.*,
    procedure_code.code_family,
    coalesce(procedure_code.bills_as, claim_line.procedure_code) as billed_code,
    date_trunc('month', claim_line.service_on)::date as service_month,
    claim_line.status in ('submitted', 'paid') as is_standing
from claim_line
left join procedure_code
    on claim_line.procedure_code = procedure_code.procedure_code
    and holds(claim_line.service_on, procedure_code.valid_from, procedure_code.valid_to);

create table rpt_near_miss as
select
    patient_id,
    program,
    service_month,
    care_manager_id,
    credited_minutes,
    if(coalesce(base_code, '') <> next_base_code, next_base_code, next_addon_code) as next_procedure_code,
    minutes_to_next_tier as minutes_needed,
    next_tier_amount_usd::decimal(18, 2) as amount_at_stake_usd,
    greatest(month_end_on - getvariable('as_of'), 0)::int as days_left,
    nullif(array_to_string(blocking || in_review, ';'), '') as failing_check_ids,
    team_id,
    payer_id
from judged
where not is_month_over and minutes_to_next_tier is not null;

create macro with_units(code, units) as code || if(units > 1, 'x' || units, '');

create table rpt_claim_reconciliation as
with code_line as (
    select
        patient_id,
        code_family as program,
        service_month,
        procedure_code,
        billed_code,
        coalesce(sum(units) filter (is_standing), 0) as standing_units,
        bool_or(is_standing) as is_standing,
        bool_or(status = 'denied') as is_denied,
        sum(paid_amount_usd) filter (is_standing) as paid_amount_usd,
        min(denial_reason) filter (status = 'denied') as denial_reason
    from billed_line
    where code_family in ('cocm', 'bhi')
    group by all
),

submitted as (
    select *, sum(standing_units) over (partition by patient_id, program, service_month, billed_code) as billed_units
    from code_line
),

-- A first month's minutes reach the base code of a later month too.
reached as (
    select distinct submitted.patient_id, submitted.program, submitted.service_month, submitted.procedure_code
    from submitted
    join month_of_program as month using (patient_id, program, service_month)
    join ladder
        on month.policy_version = ladder.policy_version
        and month.program = ladder.program
        and month.code_path = ladder.path
        and submitted.billed_code = ladder.procedure_code
        and holds(month.date_of_service, ladder.valid_from, ladder.valid_to)
    where
        (
            ladder.month_type = month.type_if_credited
            or (ladder.rung = 'base' and ladder.month_type = 'subsequent')
        )
        and if(
            ladder.rung = 'addon',
            submitted.billed_units <= coalesce(ladder.max_units, submitted.billed_units)
            and ladder.floor_minutes + ladder.addon_block_minutes * greatest(submitted.billed_units - 1, 0)
            <= month.credited_minutes,
            submitted.billed_units <= 1 and ladder.floor_minutes <= month.credited_minutes
        )
),

of_month as (
    select
        submitted.patient_id,
        submitted.program,
        submitted.service_month,
        string_agg(with_units(procedure_code, standing_units), ';' order by procedure_code) filter (is_standing)
            as submitted_codes,
        string_agg(with_units(billed_code, standing_units), ';' order by billed_code) filter (is_standing)
            as billed_codes,
        bool_and(reached.patient_id is not null) filter (is_standing) as is_reached,
        bool_or(is_denied) as is_denied,
        bool_or(reached.patient_id is not null) filter (is_denied and not is_standing) as is_refused,
        sum(paid_amount_usd) as paid_amount_usd,
        min(denial_reason) as denial_reason
    from submitted
    left join reached using (patient_id, program, service_month, procedure_code)
    group by all
),

supported as (
    select
        judged.patient_id,
        judged.program,
        judged.service_month,
        judged.own_status as status,
        judged.base_code || coalesce(';' || with_units(judged.addon_code, judged.addon_units), '') as candidate_codes,
        judged.month_amount_usd
    from judged
    anti join rival using (patient_id, program, service_month)
    where judged.base_code is not null
)

select
    patient_id,
    program,
    service_month,
    candidate_codes,
    submitted_codes,
    case
        when submitted_codes is null and is_denied then 'denied'
        when submitted_codes is null and status = 'ready' then 'missed'
        when submitted_codes is null and candidate_codes is not null then 'not_ready'
        when submitted_codes is null then 'voided'
        when candidate_codes is null then 'submitted_without_support'
        when billed_codes = candidate_codes then 'captured'
        when is_reached and is_refused then 'denied'
        when is_reached then 'under_coded'
        else 'over_coded'
    end as outcome,
    month_amount_usd::decimal(18, 2) as expected_amount_usd,
    paid_amount_usd::decimal(18, 2) as paid_amount_usd,
    denial_reason,
    (paid_amount_usd - month_amount_usd)::decimal(18, 2) as paid_difference_usd
from supported
full join of_month using (patient_id, program, service_month);
