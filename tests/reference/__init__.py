"""A second, independent implementation of the minute ledger and the claim candidates, in plain Python.

What belongs here: the meaning of the ledger, the month, the code choice and the checks, written from the
written rules alone, slowly and clearly, with the standard library. It exists to disagree with the warehouse.

What does not: SQL, DuckDB, data frames, or anything read off the models. No module of this package imports
from ``orchestration``.
"""
