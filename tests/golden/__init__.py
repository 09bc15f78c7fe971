"""Golden cases: one folder a case, named by what is odd about it, input and expected rows side by side.

What belongs here: folders ``<topic>/<case>`` and what reads and runs them. What does not: generated input.
"""
