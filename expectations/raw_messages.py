"""HL7 v2 messages that could not be read, or are about nothing that a feed takes.

Belongs here: what became of messages as such. None of the checks holds a night back. Does not belong here:
the rows that messages became (``raw_feeds``), and codes without a map (``raw_deliveries``).
"""

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Drill, NoRows
from expectations.consequences import FeedConsequence

OWNER: Final = "ehr_interfaces"
_OF_MESSAGES: Final = "starts_with(source_file, 'hl7v2/')"
_UNREAD: Final = (
    "select split_part(reason, ';', 1) as cause, null as row_key, source_file as place from quarantine "  # noqa: S608
    f"where row_number > 0 and {_OF_MESSAGES} and not starts_with(reason, 'unsupported_message')"
)
_BY_NUMBER: Final = (
    "select null as cause, appointment_id as row_key, max(_source_file) as place from appointment "
    "where starts_with(_source_file, 'hl7v2/')"
)
_SHARED: Final = f"{_BY_NUMBER} group by appointment_id having count(distinct patient_id) > 1"
_SEVERAL: Final = f"{_BY_NUMBER} and contains(site_columns, 'several_patients') group by appointment_id"
_TAKEN_BACK: Final = (
    "select min(later.status) as cause, later.appointment_id as row_key, max(later._source_file) as place "
    "from appointment as later inner join appointment as earlier "
    "on later.appointment_id = earlier.appointment_id and later.updated_at > earlier.updated_at "
    "where starts_with(later._source_file, 'hl7v2/') and (later.status in ('cancelled', 'noshow') "
    "and earlier.status in ('arrived', 'checked-in', 'fulfilled') "
    "or later.status in ('booked', 'pending') and earlier.status = 'fulfilled') "
    "group by later.appointment_id"
)
_PLACER: Final = "json_extract_string(site_columns, '$.x_siu_placer')"
_TRIGGER: Final = "json_extract_string(site_columns, '$.x_siu_trigger')"
_NUMBERS: Final = (
    f"select appointment_id, patient_id, {_PLACER} as placer, max(_source_file) as place, "  # noqa: S608
    f"bool_or({_TRIGGER} = 'S13') as is_moved, bool_or({_TRIGGER} = 'S12') as is_booked, "
    "max_by(status, updated_at) as last_status from appointment "
    "where starts_with(_source_file, 'hl7v2/') and contains(site_columns, 'x_siu_placer') "
    "and patient_id is not null group by appointment_id, patient_id, placer"
)
_RENUMBERED: Final = (
    "select null as cause, other.appointment_id as row_key, max(other.place) as place "  # noqa: S608
    f"from ({_NUMBERS}) as one inner join ({_NUMBERS}) as other on one.patient_id = other.patient_id "
    "and (one.appointment_id = other.placer and other.appointment_id = one.placer "
    "and one.appointment_id < other.appointment_id "
    "or one.placer = other.placer and one.appointment_id <> other.appointment_id and one.is_booked "
    "and one.last_status in ('proposed', 'pending', 'booked', 'waitlist') "
    "and other.is_moved and not other.is_booked) group by other.appointment_id"
)
_EARLY: Final = (
    "select null as cause, appointment_id as row_key, _source_file as place from appointment "
    "where starts_with(_source_file, 'hl7v2/') and updated_at >= _delivered_on + interval {days} day"
)
_COUNTED: Final = (
    "select unnest(range(rows)) from unmapped_code where feed = 'hl7v2' and column_name = '{column}'"
)
_READ: Final = f"select sum(rows_read) from feed_file where status = 'accepted' and {_OF_MESSAGES}"  # noqa: S608


def checks(consequences: Mapping[str, FeedConsequence], ahead_days: float) -> list[Check]:
    """Return the checks.

    Args:
        consequences: what each feed costs when it is missing, by feed.
        ahead_days: how many days behind the date of its delivery a message may say that it was sent.
    """
    early = _EARLY.format(days=int(ahead_days))
    return [
        Check(
            layer="raw",
            table_name="appointment",
            name="no_message_is_of_a_later_day_than_its_delivery",
            rule=NoRows(early),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Messages say that they were sent days after they were delivered. Of all messages of an "
                "appointment the latest counts: these stand, and whatever comes later is passed over."
            ),
            what_to_do=(
                "Have the clock of the sender put right, and the messages sent again with their true time, "
                "in files that take the place of these. Where a whole folder is dated too early, rename it."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            drill=Drill(early, key="appointment_id"),
        ),
        Check(
            layer="raw",
            table_name="appointment",
            name="no_appointment_is_sent_under_two_numbers",
            rule=NoRows(_RENUMBERED),
            severity="info",
            owner=OWNER,
            what_it_means=(
                "Appointments of one patient look like one under two numbers: either each has the other's as "
                "its second number (SCH-1 and SCH-2 change places), or a rescheduling came under a number "
                "that was never booked, while the booking beside it stands. One of each pair stays booked "
                "for good, and counts against access and slots."
            ),
            what_to_do=(
                "Look some of them up in the scheduler. Where numbers change places between senders, have "
                "one of them mended. Where a rescheduling makes a new number, have a cancellation (S15) sent "
                "for the old one."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            drill=Drill(_RENUMBERED, key="appointment_id"),
        ),
        Check(
            layer="raw",
            table_name="quarantine",
            name="every_message_can_be_read",
            rule=NoRows(_UNREAD),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "HL7 v2 messages could not be read, or say too little to be an appointment. Each is a "
                "booking, a change, a cancellation or a no-show that is in no result: visits are missing, or "
                "stand as they were before."
            ),
            what_to_do=(
                "Open dq_quarantine: it names file, number of the message and reason of each. Have the "
                "interface engine send those messages again, or put the corrected file in the place of the "
                "broken one."
            ),
            affected_marts=("dq_quarantine", *consequences["appointment"].affected_marts),
            total_query=_READ,
            is_about_emptiness=True,
            drill=Drill(_UNREAD, cause="reason"),
        ),
        Check(
            layer="raw",
            table_name="appointment",
            name="messages_of_an_appointment_name_one_patient",
            rule=NoRows(_SHARED),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Messages with one appointment number name different patients. Most often two schedulers "
                "count in the same numbers: of each pair of appointments one has taken the other's place, "
                "so bookings, no-shows and visits are missing, and others are whose they are not."
            ),
            what_to_do=(
                "Open the files and compare sender (MSH-3, MSH-4) and namespace (SCH-2.2) of these numbers. "
                "Where they differ, add rows for appointment_scope to seeds/siu_source.csv: all messages are "
                "read again. Where they do not, have the two records of the patient merged."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            drill=Drill(_SHARED, key="appointment_id"),
        ),
        Check(
            layer="raw",
            table_name="appointment",
            name="no_message_names_several_patients",
            rule=NoRows(_SEVERAL),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Messages are about an appointment of several patients: a group session, or a family. It "
                "stands for the first patient of the message alone; the others have no booking, no visit and "
                "no no-show of it."
            ),
            what_to_do=(
                "Have the scheduler send a message for each patient, with a number of its own. Until then "
                "count the attendance of groups by the visits (encounter), which name each patient."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            drill=Drill(_SEVERAL, key="appointment_id"),
        ),
        Check(
            layer="raw",
            table_name="appointment",
            name="no_message_takes_back_an_arrival",
            rule=NoRows(_TAKEN_BACK),
            severity="info",
            owner=OWNER,
            what_it_means=(
                "A no-show or cancellation came after a message that the patient had arrived or was seen, or "
                "a booking after one that the visit was over. The last word counts: these count as what it "
                "says, and as no visits."
            ),
            what_to_do=(
                "Look some of them up in the scheduler. Corrections of a wrong check-in are right as they "
                "are. Where a closing job marks patients who were seen, or changes of a closed record "
                "are sent with its old status or none, have that mended; a later message "
                "that says Complete puts each appointment right."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            drill=Drill(_TAKEN_BACK, key="appointment_id", cause="status"),
        ),
        Check(
            layer="raw",
            table_name="unmapped_code",
            name="every_message_fills_a_feed",
            rule=NoRows(_COUNTED.format(column="message_type")),
            severity="info",
            owner=OWNER,
            what_it_means=(
                "HL7 v2 files hold messages that are about no appointment: admissions, requests, queries, "
                "results. They are counted and in no result."
            ),
            what_to_do=(
                "The lake's reference table unmapped_code names each type and event and its number of "
                "messages; have the interface engine send SIU alone. A site's own scheduling event is a row "
                "of seeds/siu_trigger.csv, with at least one of seeds/siu_status_rule.csv."
            ),
            is_about_emptiness=True,
        ),
        Check(
            layer="raw",
            table_name="unmapped_code",
            name="every_batch_is_whole",
            rule=NoRows(_COUNTED.format(column="batch")),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Batches of HL7 v2 messages end with a count (BTS-1) that is higher than the number of their "
                "messages: bookings, changes or no-shows were lost before the file landed."
            ),
            what_to_do=(
                "The lake's reference table unmapped_code names the delivery date (column batch). Have the "
                "interface engine send the batches of that date again."
            ),
            affected_marts=consequences["appointment"].affected_marts,
            is_about_emptiness=True,
        ),
    ]
