"""What Dagster shows of a night: raw feeds, models, gates, publication.

Belongs here: keys, groups, owners, metadata and the calls of the rooms. Does not belong here: work of its
own.
"""
