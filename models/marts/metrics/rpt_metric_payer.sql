{{ metrics_wide('payer', metrics_of('payer')) }}

select * from final
