"""The sample clinic: a seeded generator of feeds with known answers, at any size.

Belongs here: invented people, their months and the traps that a messy landing holds.
Does not belong here: reading feeds, or any rule of the warehouse. What a trap should lead to is known because
the trap was built so, never because a rule was computed a second time.
"""
