"""Properties of the ledger and the claims over invented, messy small clinics.

What belongs here: what must hold for every clinic, and the clinics. What does not: named cases (``golden``).
"""
