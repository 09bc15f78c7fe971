"""What is expected of the data: one module a theme, each a plain list of checks.

Belongs here: declarations, that is what is tested, how grave a failure is, who owns it, what it means and
what to do.
Does not belong here: Great Expectations, a database or a file (``orchestration.quality`` compiles and runs
the checks), and rules of payers and clinics (``seeds/``).
"""
