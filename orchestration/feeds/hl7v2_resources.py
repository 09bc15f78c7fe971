"""Which of the resources that a message lists still belong to its appointment.

Belongs here: resources and groups that are removed, and resources that say that they are no more.
Does not belong here: who or what a resource is (``hl7v2_places.py``).
"""

from collections.abc import Iterator, Mapping

from orchestration.feeds.hl7v2_message import Message
from orchestration.feeds.hl7v2_rules import ANY, NEVER, PERSONNEL_ROLE, RESOURCE_TYPE, SiuRules, bare

GROUP = "RGS"
OF_RESOURCES = ("AIS", "AIG", "AIL", "AIP")
PEOPLE = {"AIG": RESOURCE_TYPE, "AIP": PERSONNEL_ROLE}
"""Resources that may be persons, and the codes that say in their fourth field who or what each is."""

KIND_FIELD = 4
OF_EARLIER = "resources_of_earlier_message"
"""What a row says in ``x_siu_reason`` whose message does not say with whom it is: with whom it was."""

REMOVED = ("D", "DEL", "DELETE", "DELETED")
ADDED = ("A", "ADD")
PLAIN = ("A", "U", "")
"""Action codes of most resources, which remove nothing."""

STATUS_FIELD = {"AIS": 10, "AIG": 14, "AIL": 12, "AIP": 12}
"""Where a resource says its own status."""

GONE = ("cancelled", "entered-in-error")

Fields = list[str]


def _is_removed(parts: Fields) -> bool:
    return len(parts) > 2 and parts[2].strip().upper() in REMOVED


def leaves_out_people(message: Message, rules: SiuRules, *, changes_alone: bool) -> bool:
    """Whether a message says nothing of who an appointment is with, neither who stays nor who goes.

    Who is added takes nobody's place, and neither does a thing or somebody who does not treat, unless one
    goes and another one comes.

    Args:
        message: which is no booking.
        rules: of the delivery's date.
        changes_alone: whether it lists the resources that change, and not the others.
    """
    if not changes_alone:
        return message.lines.keys().isdisjoint((GROUP, *OF_RESOURCES))
    listed = [(segment, parts) for segment in PEOPLE for parts in message.parts(segment)]
    comes = [len(parts) > 2 and parts[2].strip().upper() in ADDED for _, parts in listed]
    if any(comes) and any(_is_removed(parts) for _, parts in listed):
        return False
    return all(comes) or not any(_may_treat(message, segment, parts, rules) for segment, parts in listed)


def _may_treat(message: Message, segment: str, parts: Fields, rules: SiuRules) -> bool:
    """Whether a resource is somebody who treats, or may be: no thing, no nurse beside somebody, no clerk."""
    kind, field = PEOPLE[segment], parts[KIND_FIELD] if len(parts) > KIND_FIELD else ""
    rank = rules.coded(kind, message.component(field, 1), message.component(field, 2))
    return rank != NEVER and rank <= rules.codes.get(kind, {}).get(ANY, rank)


def removes_groups(message: Message) -> bool:
    """Whether a message removes a group with all resources in it."""
    listed = message.lines.get(GROUP)
    if listed is None or "D" not in "".join(listed).upper():
        return False
    return any(map(_is_removed, message.parts(GROUP)))


def not_removed(message: Message, segment: str, listed: list[Fields], *, in_groups: bool) -> list[Fields]:
    """The resources that no action code removes, be it their own or that of the group that they stand in.

    Args:
        message: which they are of.
        segment: their kind, one of ``OF_RESOURCES``.
        listed: the fields of each.
        in_groups: whether the message removes groups.
    """
    if in_groups:
        listed = list(_of_other_groups(message, segment, listed))
    return [parts for parts in listed if len(parts) < 3 or parts[2].strip().upper() not in REMOVED]


def _of_other_groups(message: Message, segment: str, listed: list[Fields]) -> Iterator[Fields]:
    """The resources of groups that are not removed."""
    groups, resources, group = iter(message.parts(GROUP)), iter(listed), [GROUP]
    for name in message.names():
        if name == GROUP:
            group = next(groups)
        elif name == segment:
            parts = next(resources)
            if not _is_removed(group):
                yield parts


def not_gone(
    message: Message, segment: str, listed: list[Fields], statuses: Mapping[str, str]
) -> list[Fields]:
    """The resources without those whose own status says that they are no more; all where each does.

    Args:
        message: which they are of.
        segment: their kind, one of ``OF_RESOURCES``.
        listed: the fields of each.
        statuses: what a bare status code is read as.
    """
    place = STATUS_FIELD[segment]
    said = [parts[place] if len(parts) > place else "" for parts in listed]
    words = [message.component(field, 1) or message.component(field, 2) for field in said]
    standing = [
        parts for parts, word in zip(listed, words, strict=True) if statuses.get(bare(word)) not in GONE
    ]
    return standing or listed
