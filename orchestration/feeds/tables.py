"""The columns of the tables in the lake that are no feed: refused rows, and what the models know of a run.

Belongs here: names and DuckDB types. Does not belong here: the feeds (``contract.yml``) and what is written.
"""

QUARANTINE_COLUMNS = (
    ("feed", "VARCHAR"),
    ("delivered_on", "DATE"),
    ("source_file", "VARCHAR"),
    ("row_number", "BIGINT"),
    ("record_key_hash", "VARCHAR"),
    ("reason", "VARCHAR"),
    ("file_id", "VARCHAR"),
)
REFERENCE_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "run_context": (("as_of_date", "DATE"), ("default_time_zone", "VARCHAR")),
    "feed_file": (
        ("feed", "VARCHAR"),
        ("delivered_on", "DATE"),
        ("source_file", "VARCHAR"),
        ("file_id", "VARCHAR"),
        ("format", "VARCHAR"),
        ("status", "VARCHAR"),
        ("reason", "VARCHAR"),
        ("rows_read", "BIGINT"),
        ("rows_accepted", "BIGINT"),
        ("rows_quarantined", "BIGINT"),
        ("unknown_columns", "VARCHAR"),
        ("is_pending", "BOOLEAN"),
    ),
    "zone_offset_utc": (
        ("time_zone", "VARCHAR"),
        ("utc_year", "INTEGER"),
        ("utc_from", "TIMESTAMP"),
        ("utc_until", "TIMESTAMP"),
        ("offset_seconds", "INTEGER"),
    ),
    "zone_offset_local": (
        ("time_zone", "VARCHAR"),
        ("local_year", "INTEGER"),
        ("local_from", "TIMESTAMP"),
        ("local_until", "TIMESTAMP"),
        ("offset_seconds", "INTEGER"),
    ),
    "hash_key": (("hash_key", "VARCHAR"),),
    "unmapped_code": (
        ("feed", "VARCHAR"),
        ("column_name", "VARCHAR"),
        ("system", "VARCHAR"),
        ("code", "VARCHAR"),
        ("rows", "BIGINT"),
        ("delivered_on", "DATE"),
    ),
    "feed_column": (
        ("feed", "VARCHAR"),
        ("column_name", "VARCHAR"),
        ("position", "INTEGER"),
        ("type", "VARCHAR"),
        ("is_required", "BOOLEAN"),
        ("key_position", "INTEGER"),
        ("ref_feed", "VARCHAR"),
        ("ref_column", "VARCHAR"),
    ),
    "unjoined_identifier": (
        ("feed", "VARCHAR"),
        ("column_name", "VARCHAR"),
        ("kind", "VARCHAR"),
        ("system", "VARCHAR"),
        ("reason", "VARCHAR"),
        ("rows", "BIGINT"),
        ("delivered_on", "DATE"),
    ),
    "waiting_report": (("feed", "VARCHAR"), ("rows", "BIGINT"), ("delivered_on", "DATE")),
    "landing_notice": (("kind", "VARCHAR"), ("path", "VARCHAR"), ("delivered_on", "DATE")),
}
