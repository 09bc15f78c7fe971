"""Ingestion: from landed files to the raw lake.

Belongs here: reading what was delivered, in any format, into the tables of ``contract.yml``; refusing rows
and files with a reason; the registry of deliveries; the reference tables that the models need to know of the
run. Does not belong here: Dagster, dbt, billing rules, or any decision that needs a time zone or a second
feed.
"""
