-- The three marts as Parquet files, sorted by their keys as the published ones are.
copy (from segment order by entry_id, segment_number)
to (getvariable('out') || '/fct_minute_segment.parquet') (compression zstd);
copy (from patient_month order by patient_id, program, service_month)
to (getvariable('out') || '/fct_patient_month.parquet') (compression zstd);
copy (from candidate order by candidate_id)
to (getvariable('out') || '/fct_claim_candidate.parquet') (compression zstd);
