{{ metrics_wide('team', metrics_of('team')) }}

select * from final
