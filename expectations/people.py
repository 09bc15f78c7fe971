"""Findings on marts that hold no night back: wrong identifiers, unknown people, deliveries of an odd size.

Belongs here: shares and counts that someone should look at. Does not belong here: anything that makes a
result wrong.
"""

from expectations.check import Check, Drill, NoRows


def checks(invalid_npi_share: float, orphan_share: float, quarantined_share: float) -> list[Check]:
    """Return the checks.

    Args:
        invalid_npi_share: share of practitioners without a valid NPI (0 to 1) above which the finding is a
            warning.
        orphan_share: the same for segments of people that are not known.
        quarantined_share: the same for refused time entries of a delivery.
    """
    without_npi = (
        "select practitioner_id as row_key, "
        "case when coalesce(npi, '') = '' then 'no NPI' else 'wrong check digit' end as cause "
        "from dim_practitioner where not coalesce(is_npi_valid, false)"
    )
    unknown_people = (
        "select entry_id as row_key, disposition as cause "
        "from fct_minute_segment where disposition in ('unknown_patient', 'unknown_staff')"
    )
    newest = "(select max(delivery_on) from dq_feed_delivery where feed = 'care_activity' and files > 0)"
    refused = (
        "select reason as cause from dq_quarantine where feed = 'care_activity' "  # noqa: S608
        f"and row_number > 0 and resolved_on is null and delivery_on = {newest}"
    )
    odd_size = (
        "select delivery.feed as cause from dq_feed_delivery as delivery where delivery.delivery_on = "
        "(select max(newer.delivery_on) from dq_feed_delivery as newer "
        "where newer.feed = delivery.feed and newer.files > 0) "
        "and (delivery.rows_read < delivery.expected_rows_low "
        "or delivery.rows_read > delivery.expected_rows_high)"
    )
    return [
        Check(
            layer="marts",
            table_name="dim_practitioner",
            name="npi_is_valid",
            rule=NoRows(without_npi),
            severity="warning",
            severity_within_threshold="info",
            threshold=invalid_npi_share,
            owner="credentialing",
            what_it_means=(
                "Practitioners have no NPI, or one whose check digit is wrong: claims under their "
                "name are held."
            ),
            what_to_do="Have the NPI of those who bill corrected in the source.",
            affected_marts=("dim_practitioner", "fct_claim_candidate", "fct_claim_check"),
            drill=Drill(without_npi, key="practitioner_id", cause="fault"),
        ),
        Check(
            layer="marts",
            table_name="fct_minute_segment",
            name="time_belongs_to_known_people",
            rule=NoRows(unknown_people),
            severity="warning",
            severity_within_threshold="info",
            threshold=orphan_share,
            owner="ehr_interfaces",
            what_it_means=(
                "Time was worked for patients or by staff that have not been delivered; it is not credited."
            ),
            what_to_do=(
                "Ask for the missing rows of patient or practitioner; the next night after they "
                "come credits the time."
            ),
            affected_marts=("fct_minute_segment", "fct_patient_month", "fct_claim_candidate"),
            drill=Drill(unknown_people, key="entry_id", cause="disposition"),
        ),
        Check(
            layer="marts",
            table_name="dq_quarantine",
            name="few_time_entries_are_refused",
            rule=NoRows(refused),
            severity="warning",
            severity_within_threshold="info",
            threshold=quarantined_share,
            owner="care_management",
            what_it_means=(
                "Time entries of the newest delivery have no plausible interval; their minutes "
                "are in no result."
            ),
            what_to_do=(
                "Open dq_quarantine: it names file, row and reason of each; have them corrected "
                "and sent again."
            ),
            affected_marts=("fct_minute_segment", "fct_patient_month", "fct_claim_candidate"),
            total_query=(
                "select sum(rows_read) from dq_feed_delivery "  # noqa: S608
                f"where feed = 'care_activity' and delivery_on = {newest}"
            ),
            drill=Drill(refused, cause="reason"),
        ),
        Check(
            layer="marts",
            table_name="dq_feed_delivery",
            name="newest_deliveries_have_the_usual_size",
            rule=NoRows(odd_size),
            severity="warning",
            owner="ehr_interfaces",
            what_it_means=(
                "A feed's newest delivery is much smaller or larger than those before it: a "
                "filter or a period may be wrong."
            ),
            what_to_do=(
                "Open dq_feed_delivery, compare rows_read with the expected range, and ask the sender."
            ),
            affected_marts=("dq_feed_delivery",),
            drill=Drill(odd_size, cause="feed"),
        ),
    ]
