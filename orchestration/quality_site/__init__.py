"""The quality site: what the checks of all nights found, as a queue that people work off.

Belongs here: the record of each night, the queue, what an open issue touches, the page, and the replay of
corrected rows. Does not belong here: the checks (``expectations``), running them and waiving their failures
(``orchestration/quality``), and what a night holds back (``orchestration/night.py``).
"""
