{{ metrics_wide('site', metrics_of('site')) }}

select * from final
