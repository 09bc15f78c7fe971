-- Forms put together of items that were sent as findings of their own: a total where none was sent that day and every item
-- is answered, in one way and with points that it can have; and item 9 of the PHQ-9 wherever it is answered.
with answer as (
    select * from {{ ref('int_assessment_item') }}
),

asked as (
    select
        form_code.instrument,
        instrument.counts_as,
        count(distinct form_code.item_id) as items_asked,
        max(instrument.max_score) as max_score
    from {{ ref('int_form_code') }} as form_code
    inner join {{ ref('assessment_instrument') }} as instrument
        on form_code.instrument = instrument.instrument
        and {{ in_period(as_of_date(), 'instrument.valid_from', 'instrument.valid_to') }}
    where form_code.code_kind = 'item'
    group by form_code.instrument, instrument.counts_as
),

item as (
    select
        answer.patient_id,
        answer.instrument,
        answer.form_number,
        answer.item_id,
        asked.counts_as,
        asked.items_asked,
        max(case when answer.points >= 0 then answer.points end) as points,
        case
            when
                count(answer.points) = count(*)
                and min(answer.points) = max(answer.points)
                and min(answer.points) >= 0
                and max(answer.points) = floor(max(answer.points))
                -- Every item of an instrument can have as many points as the others.
                and max(answer.points) * asked.items_asked <= asked.max_score
                then 1
            else 0
        end as is_clear
    from answer
    inner join asked
        on answer.instrument = asked.instrument
    where answer.item_id is not null
    group by
        answer.patient_id, answer.instrument, answer.form_number, answer.item_id,
        asked.counts_as, asked.items_asked, asked.max_score
),

points as (
    select
        patient_id,
        instrument,
        form_number,
        counts_as,
        count(*) = items_asked and sum(is_clear) = items_asked as is_complete,
        sum(points) as points,
        max(case when item_id = 'PHQ-9/9' then points end) as item9_points
    from item
    group by patient_id, instrument, form_number, counts_as, items_asked
),

form as (
    select
        patient_id,
        instrument,
        form_number,
        min(observation_id) as observation_id,
        min(encounter_id) as encounter_id,
        coalesce(min(encounter_id) = max(encounter_id), true) as is_of_one_visit,
        max(case when tells_instrument then 1 else 0 end) = 1 as is_told,
        min(observed_on) as first_on,
        max(observed_on) as taken_on,
        max(observed_at) as taken_at,
        max(time_zone) as time_zone,
        max(updated_at) as updated_at,
        max(_delivered_on) as _delivered_on,
        max(_source_file) as _source_file,
        max(_row_number) as _row_number
    from answer
    group by patient_id, instrument, form_number
),

-- Whatever became of the total: what was sent and withdrawn is not brought back by its items.
sent as (
    select distinct
        form.patient_id,
        form.instrument,
        form.form_number
    from form
    inner join asked
        on form.instrument = asked.instrument
    inner join {{ ref('int_assessment_sent') }} as version
        on form.patient_id = version.patient_id
        and asked.counts_as = version.counts_as
        and version.taken_on between form.first_on and form.taken_on
    where
        version.reject_reason is null
        and version.score is not null
),

final as (
    select
        form.observation_id || '#' || form.instrument as assessment_id,
        form.patient_id,
        case when form.is_of_one_visit then form.encounter_id end as encounter_id,
        form.instrument,
        points.counts_as,
        case
            when
                points.is_complete
                and form.is_of_one_visit
                and sent.patient_id is null
                then cast(points.points as integer)
        end as score,
        cast(points.item9_points as integer) as item9_score,
        sent.patient_id is not null as has_sent_total,
        form.taken_at,
        form.taken_on,
        form.time_zone,
        form.updated_at,
        form._delivered_on,
        form._source_file,
        form._row_number
    from form
    inner join points
        on form.patient_id = points.patient_id
        and form.instrument = points.instrument
        and form.form_number = points.form_number
    left join sent
        on form.patient_id = sent.patient_id
        and form.instrument = sent.instrument
        and form.form_number = sent.form_number
    -- The items of a PHQ-9 are no PHQ-2 besides.
    where form.is_told
)

select * from final
