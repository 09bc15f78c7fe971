"""What several kinds of tests lean on: a landing written from rows, marts built in a second, rows compared.

What belongs here: machinery without an expectation of its own. What does not: tests and test data.
"""
