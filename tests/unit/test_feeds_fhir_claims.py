"""Claims and their explanations: a line an item, and what came back for it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import Json, concept, lines, only, parts, read, ref, unmapped

pytestmark = pytest.mark.slow

CPT = "http://www.ama-assn.org/go/cpt"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
DISCRIMINATOR = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudicationDiscriminator"


def item(sequence: float, code: str, **more: object) -> Json:
    return {
        "sequence": sequence,
        "productOrService": concept(CPT, code),
        "servicedDate": "2025-01-31",
        "quantity": {"value": 1},
        "encounter": [ref("Encounter/e1")],
        **more,
    }


CLAIM: Json = {
    "resourceType": "Claim",
    "id": "m1",
    "status": "active",
    "use": "claim",
    "patient": ref("Patient/p1"),
    "created": "2025-02-03",
    "insurer": {"reference": "Organization/i1", "display": "Acme Health"},
    "provider": ref("Practitioner/s1"),
    "item": [item(1, "99492"), item(2, "99494", quantity={"value": 2})],
}


def test_each_item_of_a_claim_is_a_line(tmp_path: Path) -> None:
    outcome = read(tmp_path, "claim_line", CLAIM)
    wanted = {
        "claim_line_id": "m1#1",
        "patient_id": "p1",
        "procedure_code": "99492",
        "units": 1,
        "service_on": date(2025, 1, 31),
        "encounter_id": "e1",
        "billing_practitioner_id": "s1",
        "payer_id": "i1",
        "status": "submitted",
        "submitted_on": date(2025, 2, 3),
        "paid_amount_usd": None,
    }
    assert {name: outcome.rows[0][name] for name in wanted} == wanted
    assert [(row["claim_line_id"], row["units"]) for row in outcome.rows] == [("m1#1", 1), ("m1#2", 2)]
    assert parts(outcome) == {"claim_line": (2, 2, 0)}


@pytest.mark.parametrize(
    ("change", "column", "values"),
    [
        ({"status": "cancelled"}, "status", ["voided", "voided"]),
        ({"status": "entered-in-error"}, "status", ["voided", "voided"]),
        ({"insurer": {"display": "Medicare"}}, "payer_id", ["medicare", "medicare"]),
        ({"provider": ref("Organization/t1")}, "billing_practitioner_id", [None, None]),
        (
            {"item": [item(1, "99492", servicedDate=None)], "billablePeriod": {"start": "2025-01-01"}},
            "service_on",
            [date(2025, 1, 1)],
        ),
        ({"item": [item(1, "99492", quantity=None)]}, "units", [1]),
    ],
)
def test_what_a_claim_says(tmp_path: Path, change: Json, column: str, values: list[object]) -> None:
    outcome = read(tmp_path, "claim_line", {**CLAIM, **change})
    assert outcome.refused == []
    assert [row[column] for row in outcome.rows] == values


def test_a_line_that_cannot_be_read_leaves_the_others_and_is_listed_once(tmp_path: Path) -> None:
    items = [item(1, "99492"), item(2, "99494", quantity={"value": 1.5}), item(3, "", productOrService=None)]
    outcome = read(tmp_path, "claim_line", {**CLAIM, "item": items}, {**CLAIM, "id": "m2"})
    assert [row["claim_line_id"] for row in outcome.rows] == ["m1#1", "m2#1", "m2#2"]
    assert outcome.refused == [(1, "invalid_type:units;missing_required:procedure_code")]
    assert parts(outcome) == {"claim_line": (5, 3, 2)}


def test_a_claim_without_items_is_refused(tmp_path: Path) -> None:
    outcome = read(tmp_path, "claim_line", {**CLAIM, "item": []})
    assert outcome.refused == [(1, "missing_required:procedure_code;missing_required:service_on")]


@pytest.mark.parametrize("use", ["preauthorization", "predetermination"])
def test_what_asks_beforehand_is_no_claim(tmp_path: Path, use: str) -> None:
    assert parts(read(tmp_path, "claim_line", {**CLAIM, "use": use})) == {"fhir": (1, 1, 0)}


def money(system: str, category: str, value: float, currency: str = "USD") -> Json:
    return {"category": concept(system, category), "amount": {"value": value, "currency": currency}}


def explained(*adjudication: Json, **change: object) -> Json:
    explained_item = item(1, "99492", adjudication=list(adjudication))
    return {
        **CLAIM,
        "resourceType": "ExplanationOfBenefit",
        "id": "b1",
        "claim": ref("Claim/m1"),
        "outcome": "complete",
        "item": [explained_item],
        **change,
    }


DENIED = {"category": concept(DISCRIMINATOR, "denialreason"), "reason": concept("urn:carc", "96")}
REASONS = "https://x12.org/codes/claim-adjustment-reason-codes"
REDUCED = {"category": concept(DISCRIMINATOR, "denialreason"), "reason": concept(REASONS, "45")}
RELATIONS = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBRelatedClaimRelationshipCodes"


@pytest.mark.parametrize(
    ("resource", "status", "paid", "reason"),
    [
        (
            explained(money(ADJUDICATION, "benefit", 81.5), money(ADJUDICATION, "copay", 9)),
            "paid",
            "81.5",
            None,
        ),
        (explained(money(ADJUDICATION, "benefit", 0)), "paid", "0", None),
        (explained(money(ADJUDICATION, "benefit", 80, "CAD")), "paid", None, None),
        (explained(DENIED), "denied", None, "96"),
        (explained(DENIED, money(ADJUDICATION, "benefit", 0)), "denied", "0", "96"),
        (explained(DENIED, money(ADJUDICATION, "benefit", 40)), "paid", "40", "96"),
        (explained(REDUCED, money(ADJUDICATION, "benefit", 0)), "paid", "0", None),
        (explained(REDUCED, DENIED), "denied", None, "96"),
        (explained(related=[{"relationship": concept(RELATIONS, "replacedby")}]), "voided", None, None),
        (explained(related=[{"relationship": concept(RELATIONS, "prior")}]), "paid", None, None),
        (explained(outcome="error"), "denied", None, None),
        (explained(outcome="queued"), "submitted", None, None),
        (explained(money(ADJUDICATION, "benefit", 81.5), status="cancelled"), "voided", "81.5", None),
    ],
)
def test_what_came_back(
    tmp_path: Path, resource: Json, status: str, paid: str | None, reason: str | None
) -> None:
    outcome = read(tmp_path, "claim_line", resource)
    row = outcome.rows[0]
    assert (row["claim_line_id"], row["status"], row["denial_reason"]) == ("m1#1", status, reason)
    assert row["paid_amount_usd"] == (None if paid is None else Decimal(paid))


GROUP: Json = {
    "provider": ref("Organization/t1"),
    "careTeam": [
        {"sequence": 1, "provider": ref("Practitioner/sender"), "role": concept("", "referring")},
        {"sequence": 2, "provider": ref("Practitioner/a"), "role": concept("", "primary")},
        {"sequence": 3, "provider": ref("Practitioner/b"), "role": concept("", "performing")},
    ],
}


@pytest.mark.parametrize(
    ("members", "practitioner"), [([3], "b"), ([1, 3], "b"), ([2], "a"), ([1], "a"), (None, "a")]
)
def test_who_gave_a_service_is_the_member_whom_its_item_names(
    tmp_path: Path, members: list[int] | None, practitioner: str
) -> None:
    claim = {**CLAIM, **GROUP, "item": [item(1, "99492", careTeamSequence=members)]}
    assert only(tmp_path, "claim_line", claim)["billing_practitioner_id"] == practitioner


@pytest.mark.parametrize(
    ("name", "payer"), [("Centers for Medicare & Medicaid Services", "medicare"), ("A plan", "A plan")]
)
def test_an_insurer_inside_of_its_claim_is_known_by_its_name(tmp_path: Path, name: str, payer: str) -> None:
    insurer = {"resourceType": "Organization", "id": "insurer-org", "name": name}
    claim = {**CLAIM, "contained": [insurer], "insurer": ref("#insurer-org"), "item": [item(1, "99492")]}
    assert only(tmp_path, "claim_line", claim)["payer_id"] == payer


def test_items_that_a_payer_added_are_a_finding(tmp_path: Path) -> None:
    added = [{"itemSequence": [1], "productOrService": concept(CPT, "99494")}]
    found = read(tmp_path, "claim_line", explained(money(ADJUDICATION, "benefit", 40), addItem=added))
    assert [row["status"] for row in found.rows] == ["paid"]
    assert unmapped(found) == [("claim_line_id", "addItem", "items of the payer", 1)]


PROCESSED = "https://bluebutton.cms.gov/resources/variables/line_prcsg_ind_cd"


@pytest.mark.parametrize(
    ("code", "paid", "found"),
    [
        ("D", 0, ("denied", "D")),
        ("N", 0, ("denied", "N")),
        ("A", 0, ("paid", None)),
        ("D", 12, ("paid", "D")),
    ],
)
@pytest.mark.parametrize("is_extension", [True, False])
def test_medicare_says_by_a_code_how_a_line_was_processed(
    tmp_path: Path, code: str, paid: float, found: tuple[str, str | None], is_extension: bool
) -> None:
    said = {"system": PROCESSED, "code": code}
    paid_part = money(ADJUDICATION, "benefit", paid)
    as_adjudication = {"category": concept("urn:x", PROCESSED), "reason": {"coding": [said]}}
    explanation = explained(*([paid_part] if is_extension else [as_adjudication, paid_part]))
    if is_extension:
        explanation["item"][0]["extension"] = [{"url": "urn:other"}, {"url": PROCESSED, "valueCoding": said}]
    row = only(tmp_path, "claim_line", explanation)
    assert (row["status"], row["denial_reason"]) == found


HEAD: Json = {"payment": {"amount": {"value": 120.5, "currency": "USD"}}}
NO_HEAD: Json = {"payment": {"amount": {"value": 0}}}
TWO = [item(1, "99492"), item(2, "99494")]


@pytest.mark.parametrize(
    ("change", "paid"),
    [
        (HEAD, ["120.5"]),
        ({"total": [money(ADJUDICATION, "submitted", 200), money(ADJUDICATION, "benefit", 77)]}, ["77"]),
        ({"adjudication": [money(ADJUDICATION, "benefit", 66)]}, ["66"]),
        ({"payment": {"amount": {"value": 50, "currency": "CAD"}}}, [None]),
        ({**HEAD, "item": [item(1, "99492", adjudication=[money(ADJUDICATION, "benefit", 90)])]}, ["90"]),
        ({**HEAD, "item": [item(1, "99492", adjudication=[money(ADJUDICATION, "copay", 9)])]}, ["120.5"]),
        ({**HEAD, "item": TWO}, [None, None]),
        ({**NO_HEAD, "item": TWO}, ["0", "0"]),
    ],
)
def test_what_was_paid_may_stand_at_the_head(tmp_path: Path, change: Json, paid: list[str | None]) -> None:
    found = read(tmp_path, "claim_line", explained(item=[item(1, "99492")]) | change)
    told = [row["paid_amount_usd"] for row in found.rows]
    assert told == [None if one is None else Decimal(one) for one in paid]
    unclear = {1: "not told", 2: "of the whole claim"}.get(paid.count(None))
    assert unmapped(found) == ([("paid_amount_usd", "payment", unclear, len(paid))] if unclear else [])


def test_a_response_may_say_at_its_head_what_was_paid(tmp_path: Path) -> None:
    response = explained(resourceType="ClaimResponse", request=ref("Claim/m1"), item=[{"itemSequence": 2}])
    nights = Nights(tmp_path)
    nights.land("fhir/2025-02-20/a.ndjson", lines(CLAIM, response | HEAD))
    nights.run()
    paid = {(row["claim_line_id"], row["status"], row["paid_amount_usd"]) for row in nights.raw("claim_line")}
    submitted = {(f"m1#{number}", "submitted", None) for number in (1, 2)}
    assert paid == {*submitted, ("m1#2", "paid", Decimal("120.5"))}


def test_a_denial_at_the_head_is_that_of_items_that_nothing_was_paid_for(tmp_path: Path) -> None:
    told = [item(2 + paid, "99494", adjudication=[money(ADJUDICATION, "benefit", paid)]) for paid in (0, 40)]
    found = read(tmp_path, "claim_line", explained(adjudication=[DENIED], item=[item(1, "99492"), *told]))
    denied = ("denied", "96")
    assert [(row["status"], row["denial_reason"]) for row in found.rows] == [denied, denied, ("paid", None)]


def test_a_reason_at_the_head_of_a_claim_that_was_paid_denies_no_item(tmp_path: Path) -> None:
    found = read(tmp_path, "claim_line", explained(adjudication=[DENIED], item=TWO, **HEAD))
    assert [(row["status"], row["denial_reason"]) for row in found.rows] == [("paid", None)] * 2


def test_an_amount_of_an_unknown_kind_in_a_response_is_a_finding(tmp_path: Path) -> None:
    answered = [{"itemSequence": 1, "adjudication": [money("urn:own", "PAYMENT", 40)]}]
    response = explained(resourceType="ClaimResponse", request=ref("Claim/m1"), item=answered)
    response["addItem"] = [{"itemSequence": [1]}]
    assert unmapped(read(tmp_path, "claim_line", CLAIM, response)) == [
        ("claim_line_id", "addItem", "items of the payer", 1),
        ("paid_amount_usd", "urn:own", "PAYMENT", 1),
    ]


def test_numbers_of_items_are_whole_numbers_however_they_are_written(tmp_path: Path) -> None:
    members = [{**GROUP["careTeam"][1], "sequence": 1}, {**GROUP["careTeam"][2], "sequence": 2}]
    items = [item(1.0, "99492", careTeamSequence=[2.0]), item(20.0, "99494", careTeamSequence=[1.0])]
    found = read(tmp_path, "claim_line", {**CLAIM, **GROUP, "careTeam": members, "item": items})
    given = [(row["claim_line_id"], row["billing_practitioner_id"]) for row in found.rows]
    assert given == [("m1#1", "b"), ("m1#20", "a")]
