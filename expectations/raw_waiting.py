"""Reports of what became of something that has not been delivered itself.

Belongs here: one check a feed that takes such reports. None of them holds a night back. Does not belong here:
references of whole rows (``raw_references``).
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, NoRows
from expectations.consequences import FeedConsequence

_REPORTS: Final = {
    "referral": (
        "Tasks and communications tell what became of referrals that have not been delivered. They are in no "
        "result: nobody is shown as referred, and no referral as completed or declined.",
        "Ask for the referrals (FHIR ServiceRequest), with the ids that the reports name; the next night "
        "after they come puts everything right.",
    ),
    "claim_line": (
        "Claim responses tell what was paid or denied of claims that have not been delivered. They are in no "
        "result: the lines count as never submitted, and their payments in no amount.",
        "Ask for the claims (FHIR Claim), with the ids and item numbers that the responses name; the next "
        "night after they come puts everything right.",
    ),
    "appointment": (
        "Messages cancel, move or mark as a no-show appointments whose booking has not been delivered, and "
        "name no time themselves. They are in no result: no-shows and cancellations are told too low.",
        "Ask the scheduler for the bookings (HL7 v2 SIU S12), from before the first delivery if need be; the "
        "next night after they come puts everything right.",
    ),
}


def checks(consequences: Mapping[str, FeedConsequence]) -> list[Check]:
    """Return the checks.

    Args:
        consequences: what each feed costs when it is missing, by feed.
    """
    return [
        Check(
            layer="raw",
            table_name="waiting_report",
            name=f"no_report_waits_for_its_{feed}",
            rule=NoRows(f"select unnest(range(rows)) from waiting_report where feed = '{feed}'"),  # noqa: S608
            severity="warning",
            owner=consequences[feed].owner,
            what_it_means=means,
            what_to_do=do,
            affected_marts=consequences[feed].affected_marts,
            is_about_emptiness=True,
        )
        for feed, (means, do) in _REPORTS.items()
    ]
