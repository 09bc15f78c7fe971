"""Messages to people about a failed night.

Belongs here: their words and sending them. Does not belong here: deciding that a night failed. No message
holds anything of a patient: only the run, the date and the reason that ``status.json`` gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.jobs import AS_OF_TAG
from orchestration.publishing.status import Status


@dataclass(frozen=True)
class Message:
    """What is sent: a title and a body, both plain text."""

    title: str
    body: str


class NotificationError(Exception):
    """At least one address did not take the message. Addresses are secrets, so none is named."""


def failure_message(run_id: str, tags: Mapping[str, str], status: Status) -> Message:
    """Return the message about a failed run. The reason of an earlier night is not taken for its own."""
    day = tags.get(AS_OF_TAG, "its date")
    is_of_run = AS_OF_TAG not in tags or str(status.as_of_date) == day
    held_back = status.held_back if is_of_run else None
    reason = held_back.reason if held_back else "The run ended before it could say why."
    current = status.current
    readers = f"generation {current.name}" if current else "nothing yet"
    body = f"{reason}\nReaders have {readers}.\nRun {run_id} in Dagster shows the failed step."
    return Message(title=f"Warm Handoff: the night as of {day} was not published", body=body)


def send(urls: Sequence[str], message: Message) -> None:
    """Send a message to all addresses; none configured is fine.

    Raises:
        NotificationError: an address was wrong or did not answer.
    """
    if not urls:
        return
    import apprise

    receivers = apprise.Apprise()
    known = [receivers.add(url) for url in urls]
    if not all(known):
        raise NotificationError(
            f"{known.count(False)} of {len(known)} WARMHANDOFF_NOTIFY_URLS are not Apprise URLs"
        )
    if not receivers.notify(title=message.title, body=message.body):
        raise NotificationError("an address of WARMHANDOFF_NOTIFY_URLS did not take the message")
