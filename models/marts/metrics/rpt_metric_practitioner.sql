{{ metrics_wide('practitioner', metrics_of('practitioner')) }}

select * from final
