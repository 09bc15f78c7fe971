-- One row a disposition: the minutes of the service month that ended in it, and the entries that they come from. The team is
-- that of the patient's month; time outside any program has none, and stands in "all teams" alone.
select
    segment.disposition,
    segment.disposition = 'credited' as is_credited,
    cast(sum(segment.seconds) // 60 as integer) as minutes,
    count(distinct segment.entry_id) as entries,
    max(disposition.sentence) as sentence
from fct_minute_segment as segment
left join fct_patient_month as patient_month
    on segment.patient_id = patient_month.patient_id
    and segment.program = patient_month.program
    and segment.service_month = patient_month.service_month
left join rules.disposition as disposition
    on segment.disposition = disposition.disposition
where
    segment.service_month = $month
    and ($team is null or patient_month.team_id = $team)
group by segment.disposition
order by minutes desc, segment.disposition
