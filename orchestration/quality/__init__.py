"""The gates: run the checks of ``expectations/`` and turn every result of a night into findings.

Belongs here: Great Expectations (no other package imports it), its dialect of DuckDB, the compilation of
checks, findings and the decision whether a night is held back. Does not belong here: what is expected
(``expectations/``), Dagster and publication.
"""
