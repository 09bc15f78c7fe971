"""What is worked out of a line is worked out once."""

from orchestration.feeds.contract import load_contract
from orchestration.feeds.fhir_elements import with_targets
from orchestration.feeds.fhir_plan import plan_of


def test_a_reference_in_a_list_is_taken_out_of_it_once() -> None:
    texts = {
        "plain": "fhir_reference(s.subject, 'Patient', s.contained, s.id)",
        "both": "coalesce(fhir_reference((s.performer)[1].actor, 'Practitioner', s.contained, s.id), "
        "fhir_reference(s.basedOn[1], 'ServiceRequest', s.contained, s.id))",
        "again": "fhir_reference(s.basedOn[1], 'Task', s.contained, s.id)",
        "each": "[fhir_reference(part.actor, 'Practitioner', s.contained, s.id) for part in s.performer]",
    }
    assert with_targets(texts) == {
        "plain": texts["plain"],
        "target_0": "(s.performer)[1].actor",
        "target_1": "s.basedOn[1]",
        "both": "coalesce(fhir_reference(s.\"target_0\", 'Practitioner', s.contained, s.id), "
        "fhir_reference(s.\"target_1\", 'ServiceRequest', s.contained, s.id))",
        "again": "fhir_reference(s.\"target_1\", 'Task', s.contained, s.id)",
        "each": texts["each"],
    }


def test_what_several_feeds_take_alike_is_kept_once() -> None:
    kept = plan_of(load_contract(), "Observation").lines("(FROM lines)")
    assert kept.count("fhir_reference(s.subject") == 1
    assert kept.count("fhir_reference(s.encounter") == 1


def test_what_is_made_of_a_line_and_constants_is_worked_out_of_the_line() -> None:
    plan = plan_of(load_contract(), "QuestionnaireResponse")
    assert (plan.places["item_codes"], plan.places["answers"]) == ("any", "line")
    assert 's."item_codes"' not in plan.lines("(FROM lines)").partition(" FROM ")[0]
