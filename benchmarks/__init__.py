"""What the night costs, beside the floor: one plain DuckDB script that makes the same marts.

Belongs here: measuring, the floor, and the table of figures.
Does not belong here: tests with a clock; what is measured is shown, and people judge a change of it.
"""
