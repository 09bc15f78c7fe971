"""The Python side of the warehouse: what runs, when, and at the edges.

Belongs here: settings, the command line, Dagster's definitions, and the rooms that read feeds, check quality
and publish.
Does not belong here: billing rules and thresholds (rows in ``seeds/``) and transformations (``models/``).
"""
