"""Scorecards: a static page a referrer, team, behavioral health clinician and care manager, and an index.

They are made from a generation's marts and belong to it. Nothing here counts or judges: what a page says
stands in a mart, and the words and pictures are made around it. No page holds a patient of another recipient.
"""
