{{ metrics_wide('organization', metrics_of('organization')) }}

select * from final
