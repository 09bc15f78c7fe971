"""What ingestion refused or passed over: rows, files, columns, codes without a map.

Belongs here: checks of what ingestion noted. None of them holds a night back. Does not belong here: the
accepted rows.
"""

from collections.abc import Mapping

from expectations.check import NOBODY, Check, Drill, HasColumns, HasRows, NoRows
from expectations.consequences import FeedConsequence

OWNER = "data_engineering"
FEED_FILE_COLUMNS = (
    "feed",
    "delivered_on",
    "source_file",
    "file_id",
    "status",
    "rows_read",
    "unknown_columns",
)

# What ingestion can say of things in the landing that it did not read, what that means, and the first step.
NOTICES = (
    (
        "outside_of_folders",
        "A file lies beside the folders of the feeds: nobody knows what it is, and it is not read.",
        "Move the file to <feed>/<YYYY-MM-DD>/, or name it in the site's profile.",
    ),
    (
        "unknown_folder",
        "The landing has a folder that is no feed: nothing in it is read.",
        "Rename the folder to the feed's name, or take it out of the landing.",
    ),
    (
        "not_a_delivery_date",
        "A feed has a folder whose name is no date (YYYY-MM-DD): nothing in it is read.",
        "Rename the folder to the date of the delivery.",
    ),
    (
        "unfinished_upload",
        "A file is still being uploaded, or was left half-way: it is not read.",
        "Look whether the upload goes on; the next night reads the file once it has its final name.",
    ),
    (
        "unsupported_file",
        "A file has an ending that its folder does not take: it is not read.",
        "Send it as .csv, .csv.gz or .parquet, or in the standard format that its folder is for.",
    ),
    (
        "not_a_file",
        "Where a file is expected stands a folder, or a link that leads nowhere: nothing of it is read.",
        "Put the file itself there; a folder of a delivery holds files alone.",
    ),
    (
        "named_for_two_feeds",
        "A file's name fits the patterns of two feeds in the site's profile: it is not read.",
        "Make the patterns of one of the feeds narrower; the next night reads the file.",
    ),
    (
        "unreadable_folder",
        "A folder may not be opened by whom the night runs as: nothing in it is read.",
        "Give the night's user the right to read and enter the folder.",
    ),
    (
        "unreadable_name",
        "A file's name is no UTF-8 text: it is not read.",
        "Have its sender name files in letters, digits, hyphens and underscores.",
    ),
    (
        "changed_while_read",
        "A file changed while it was read: it is left for the next night.",
        "Have files put into the landing under a temporary name and renamed when they are whole.",
    ),
)


def checks(
    consequences: Mapping[str, FeedConsequence], quarantined_share: float, unmapped_share: float
) -> list[Check]:
    """Return the checks.

    Args:
        consequences: what each feed costs when it is missing, by feed.
        quarantined_share: share of refused rows of a delivery (0 to 1) above which a finding is a warning.
        unmapped_share: the same for rows whose code has no map.
    """
    per_feed = [
        check
        for consequence in consequences.values()
        for check in (
            _refused_rows(consequence, quarantined_share),
            _refused_files(consequence),
            _unknown_columns(consequence),
            _unmapped_codes(consequence, unmapped_share),
        )
    ]
    return [*_context(), *per_feed, *_standard_lines(), *_notices()]


def _context() -> list[Check]:
    rerun = "Run the night again; ingestion writes it anew each time."
    return [
        Check(
            layer="raw",
            table_name="run_context",
            name="has_one_row",
            rule=HasRows(least=1, most=1),
            severity="critical",
            owner=OWNER,
            what_it_means="The business date of the run is missing or not the only one.",
            what_to_do=rerun,
            is_about_emptiness=True,
        ),
        Check(
            layer="raw",
            table_name="feed_file",
            name="says_what_was_delivered",
            rule=HasColumns(FEED_FILE_COLUMNS),
            severity="critical",
            owner=OWNER,
            what_it_means=(
                "The list of delivered files lacks a column, so nobody can say what the results rest on."
            ),
            what_to_do=rerun,
            affected_marts=("dq_feed_delivery",),
            is_about_emptiness=True,
        ),
        *(
            Check(
                layer="raw",
                table_name=table,
                name="has_rows",
                rule=HasRows(),
                severity="critical",
                owner=OWNER,
                what_it_means="The offsets of time zones are missing: no local date could be told.",
                what_to_do=rerun,
                affected_marts=("fct_minute_segment", "fct_patient_month"),
                is_about_emptiness=True,
            )
            for table in ("zone_offset_utc", "zone_offset_local")
        ),
    ]


def _notices() -> list[Check]:
    return [
        Check(
            layer="raw",
            table_name="landing_notice",
            name=f"no_{kind}",
            rule=NoRows(f"select 1 from landing_notice where kind = '{kind}'"),  # noqa: S608
            severity="warning",
            owner=OWNER,
            what_it_means=means,
            what_to_do=do,
            is_about_emptiness=True,
        )
        for kind, means, do in NOTICES
    ]


def _standard_lines() -> list[Check]:
    """What became of lines of a standard format that fill no feed."""
    return [
        Check(
            layer="raw",
            table_name="unmapped_code",
            name="every_resource_type_fills_a_feed",
            rule=NoRows("select unnest(range(rows)) from unmapped_code where feed = 'fhir'"),
            severity="info",
            owner=OWNER,
            what_it_means=(
                "FHIR files hold resources that fill no feed: types that nothing here is made of, or lines "
                "that lack what a feed needs. They are counted and in no result."
            ),
            what_to_do=(
                "The lake's reference table unmapped_code names each type and its number of lines; leave the "
                "types out of the export, or add rows to seeds/code_map.csv where a code is missing."
            ),
            is_about_emptiness=True,
        ),
        Check(
            layer="raw",
            table_name="quarantine",
            name="no_line_of_fhir_is_refused",
            rule=NoRows(
                "select 1 from quarantine where feed = 'fhir' and row_number > 0 "  # noqa: S608
                f"and reason not like 'unsupported_resource:%' and delivered_on = {_newest('fhir')}"
            ),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Lines of the newest FHIR files were refused before they reached a feed: broken lines, "
                "elements in another shape, another release of FHIR, modifiers that nobody knows, deletions "
                "that cannot be carried out."
            ),
            what_to_do="Open dq_quarantine: it names file, line and reason of each.",
            affected_marts=("dq_quarantine",),
            is_about_emptiness=True,
        ),
    ]


def _newest(feed: str) -> str:
    return f"(select max(delivered_on) from feed_file where feed = '{feed}' and status = 'accepted')"  # noqa: S608


def _refused_rows(consequence: FeedConsequence, share: float) -> Check:
    feed = consequence.feed
    refused = (
        f"select reason as cause from quarantine where feed = '{feed}' and row_number > 0 "  # noqa: S608
        f"and delivered_on = {_newest(feed)}"
    )
    return Check(
        layer="raw",
        table_name="quarantine",
        name=f"few_rows_of_{feed}_are_refused",
        rule=NoRows(refused),
        severity="warning",
        severity_within_threshold="info",
        threshold=share,
        owner=consequence.owner,
        what_it_means=f"Rows of the newest delivery of {feed} were refused; what they say is in no result.",
        what_to_do=(
            "Open dq_quarantine: it names file, row and reason of each; have them corrected and sent again."
        ),
        affected_marts=("dq_quarantine", *consequence.affected_marts),
        total_query=(
            f"select sum(rows_read) from feed_file where feed = '{feed}' "  # noqa: S608
            f"and status = 'accepted' and delivered_on = {_newest(feed)}"
        ),
        drill=Drill(refused, cause="reason"),
    )


def _refused_files(consequence: FeedConsequence) -> Check:
    feed = consequence.feed
    refused = (
        f"select source_file as cause from feed_file where feed = '{feed}' "  # noqa: S608
        f"and status = 'rejected' and delivered_on >= coalesce({_newest(feed)}, date '0001-01-01')"
    )
    return Check(
        layer="raw",
        table_name="feed_file",
        name=f"no_file_of_{feed}_is_refused",
        rule=NoRows(refused),
        severity="warning",
        owner=consequence.owner,
        what_it_means=f"A whole file of {feed} could not be read, and no later delivery was accepted since.",
        what_to_do="Open dq_quarantine: row 0 of the file names the reason; have the file sent again.",
        affected_marts=("dq_quarantine", *consequence.affected_marts),
        total_query=f"select count(*) from feed_file where feed = '{feed}'",  # noqa: S608
        drill=Drill(refused, cause="file"),
    )


def _unknown_columns(consequence: FeedConsequence) -> Check:
    feed = consequence.feed
    return Check(
        layer="raw",
        table_name="feed_file",
        name=f"all_columns_of_{feed}_are_known",
        rule=NoRows(
            f"select 1 from feed_file where feed = '{feed}' and unknown_columns <> '' "  # noqa: S608
            f"and delivered_on = {_newest(feed)}"
        ),
        severity="info",
        owner=consequence.owner,
        what_it_means=(
            f"Files of the newest delivery of {feed} carry columns that are not in its contract; "
            "they were dropped."
        ),
        what_to_do=(
            "See unknown_columns of the file in the lake's list of files: a misspelt column, or "
            "one to send as x_<name>."
        ),
        affected_marts=consequence.affected_marts,
        total_query=f"select count(*) from feed_file where feed = '{feed}'",  # noqa: S608
    )


def _unmapped_codes(consequence: FeedConsequence, share: float) -> Check:
    feed = consequence.feed
    unmapped = (
        "select column_name || '|' || coalesce(code, '') as cause, code as row_key, "  # noqa: S608
        f"unnest(range(rows)) as number from unmapped_code where feed = '{feed}'"
    )
    return Check(
        layer="raw",
        table_name="unmapped_code",
        name=f"codes_of_{feed}_have_a_map",
        rule=NoRows(unmapped),
        severity="warning",
        severity_within_threshold="info",
        threshold=share,
        owner=OWNER,
        what_it_means=(
            f"Rows of {feed} carry a code no map row or rule knows; the column is other, blank or as sent."
        ),
        what_to_do=(
            "Add the code to seeds/code_map.csv; the list of codes is in the lake's reference "
            "table unmapped_code."
        ),
        affected_marts=consequence.affected_marts,
        drill=Drill(unmapped, key="code", cause="code", names=NOBODY),
        subjects=(feed,),
        total_query=f"select count(*) from {feed}",  # noqa: S608
    )
