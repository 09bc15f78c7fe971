"""Shortcuts for what most resources say: each gives what the general way gives."""

import json
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.feeds import fhir_resources
from orchestration.feeds.codes import CodeMap, Codings, lookup
from orchestration.feeds.fhir_elements import structure
from orchestration.feeds.fhir_items import LOINC_IN_TEXT, loinc_in
from orchestration.feeds.fhir_observations import (
    CODED_PARTS,
    HAS_PARTS,
    HAS_WORDS,
    OBSERVATION,
    PART_FOUND,
    PARTS,
)
from orchestration.feeds.fhir_payments import is_known, words_known
from orchestration.feeds.fhir_resources import primitive
from orchestration.feeds.fhir_scheduling import usual_kind
from tests.support.fhir_lines import Json

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
LINKS = [
    "Patient/1",
    "https://site/r4/Patient/1",
    "https://site/r4/Practitioner/1",
    "https://site/r4/Patient/1/",
    "https://site/Patient/1#part",
    "https://site/Patient/1?x",
    "https://Patient",
    "urn:oid:1",
    "Practitioner/a-b.c",
    "Location/x",
    "Device/4",
    "PractitionerRole/4",
    "Patient/",
    "Patient/1/_history/2",
    "http://site/fhir/Patient/1",
    "Patient?identifier=urn:a|1",
    "Patient/1?x",
    "Patient/1#part",
    "#contained",
    "urn:uuid:1",
    "",
    None,
]
ENTRIES = {
    ("assessment", "item"): {"http://loinc.org|44250-9": "1"},
    ("assessment", "item_score"): {"text|nearly every day": "3", "urn:a|3": "3", "text|3": "3"},
    ("claim_line", "paid_amount_usd"): {"urn:a|benefit": "paid", "text|paid in full": "paid"},
    ("claim_line", "payer_id"): {"payer|acme": "P1", "payer|other": "P2"},
}
SYSTOLIC_CODE: Json = {"system": "http://loinc.org", "code": "8480-6"}
SYSTOLIC: Json = {"code": {"coding": [SYSTOLIC_CODE]}}
DIASTOLIC: Json = {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]}}
ANSWERED: Json = {"code": {"coding": [{"system": "http://loinc.org", "code": "44250-9"}]}}


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(fhir_resources.MACROS)
        CodeMap(ENTRIES, {"urn:oid:1": "urn:a"}).make_known(connection)
        yield connection


def value(engine: duckdb.DuckDBPyConnection, expression: str, **elements: object) -> object:
    columns = ", ".join(f"${name} AS {name}" for name in elements)
    found = engine.execute(f"SELECT {expression} FROM (SELECT {columns}) AS s", elements).fetchone()
    return found[0] if found else None


def codings(*pairs: tuple[str | None, str | None]) -> str:
    listed = ", ".join(
        f"{{'system': {'NULL' if system is None else repr(system)}, "
        f"'code': {'NULL' if code is None else repr(code)}}}"
        for system, code in pairs
    )
    return f"CAST([{listed}] AS {fhir_resources.CODING}[])"


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("urn:a", "1")], "1"),
        ([("urn:oid:1", "1")], "1"),
        ([("urn:b", "1")], "1"),
        ([("urn:a", None)], None),
        ([(ABSENT, "unknown")], None),
        ([(None, "1")], "1"),
        ([("urn:b", "1"), ("urn:a", "2")], "2"),
        ([("urn:a", None), ("urn:a", "2")], "2"),
        ([], None),
    ],
)
def test_the_coding_of_a_system(
    engine: duckdb.DuckDBPyConnection, pairs: list[tuple[str | None, str | None]], code: str | None
) -> None:
    assert value(engine, f"fhir_coding({codings(*pairs)}, ['urn:a']).code", nothing=None) == code


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("urn:a", "benefit")], True),
        ([("urn:oid:1", "benefit")], True),
        ([("urn:b", "benefit")], False),
        ([("urn:a", "bene")], False),
        ([("urn:a", "submitted")], False),
        ([("text", " Paid in Full ")], True),
        ([("urn:a", "submitted"), ("urn:a", "benefit")], True),
        ([("urn:a", None)], False),
        ([], False),
    ],
)
def test_whether_an_amount_is_what_was_paid(
    engine: duckdb.DuckDBPyConnection, pairs: list[tuple[str | None, str | None]], *, expected: bool
) -> None:
    known = words_known("paid_amount_usd")["paid_amount_usd_words"]
    source = f"(SELECT {{'coding': {codings(*pairs)}}} AS category, {known} AS paid_amount_usd_words) AS s"
    found = engine.execute(f"SELECT {is_known('s.category', 'paid_amount_usd')} FROM {source}").fetchone()
    assert found == (expected,)


@pytest.mark.parametrize(
    ("first", "second", "payer"),
    [("Acme", "Other", "P1"), ("nobody", "Other", "P2"), (None, "other", "P2"), ("nobody", None, None)],
)
def test_of_a_few_codings_the_first_known_one_decides(
    engine: duckdb.DuckDBPyConnection, first: str | None, second: str | None, payer: str | None
) -> None:
    few = Codings(primitive("s.first", "payer"), primitive("s.second", "payer"))
    for listed in (few, str(few)):
        assert value(engine, lookup("claim_line", "payer_id", listed), first=first, second=second) == payer


@pytest.mark.parametrize(
    ("parts", "has_parts", "has_words"),
    [
        (None, False, False),
        ([], False, False),
        ([{"valueQuantity": {"value": "7"}}], False, False),
        ([{"code": {"coding": []}}], False, False),
        ([{"code": {"coding": [{"system": ABSENT, "code": "unknown"}]}}], False, False),
        ([{"code": {"coding": [{"system": "http://loinc.org"}]}}], False, False),
        ([SYSTOLIC], True, False),
        ([{**SYSTOLIC, "valueInteger": "120"}, DIASTOLIC], True, False),
        ([{**SYSTOLIC, "valueQuantity": {"value": "120", "comparator": "<"}}], True, False),
        (
            [{"code": {"coding": [{"system": "urn:b", "code": "1"}, *SYSTOLIC["code"]["coding"]]}}],
            True,
            False,
        ),
        ([DIASTOLIC, {**ANSWERED, "valueString": "Nearly every day"}], True, True),
        ([{**ANSWERED, "valueCodeableConcept": {"coding": [{"system": "urn:a", "code": "3"}]}}], True, True),
        ([{**ANSWERED, "valueInteger": "2", "valueCodeableConcept": {"text": "3"}}], True, True),
    ],
)
def test_the_parts_of_a_finding(
    engine: duckdb.DuckDBPyConnection, parts: list[Json] | None, *, has_parts: bool, has_words: bool
) -> None:
    kind = OBSERVATION.elements["component"]
    source = f"(SELECT CAST(from_json($parts, '{structure(kind)}') AS {kind}) AS component) AS s"
    found = f"coalesce(len([1 for part in s.component if {PART_FOUND}.code IS NOT NULL]) > 0, false)"
    asked = f"{HAS_PARTS}, {found}, {HAS_WORDS}, {PARTS['all_parts']}, {CODED_PARTS}"
    text = None if parts is None else json.dumps(parts)
    row = engine.execute(f"SELECT {asked} FROM {source}", {"parts": text}).fetchone() or ()
    assert (row[:3], row[3]) == ((has_parts, has_parts, has_words), row[4])


@pytest.mark.parametrize("link", LINKS)
def test_the_type_that_a_reference_names(engine: duckdb.DuckDBPyConnection, link: str | None) -> None:
    usual = value(engine, usual_kind("s.link"), link=link)
    assert usual == value(engine, "fhir_kind(s.link)", link=link)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("wanted", ["Patient", "Practitioner"])
def test_what_a_reference_names(engine: duckdb.DuckDBPyConnection, link: str | None, wanted: str) -> None:
    target = f"CAST({{'reference': $link}} AS {fhir_resources.REFERENCE})"
    given = f"'{wanted}', CAST(NULL AS {fhir_resources.CONTAINED}), 'own'"
    source = f"(SELECT CASE WHEN $link IS NOT NULL THEN {target} END AS target) AS s"
    general = f"fhir_elsewhere(s.target, fhir_kind(s.target.reference), fhir_tail(s.target.type), {given})"
    found = engine.execute(
        f"SELECT fhir_reference(s.target, {given}), {general} FROM {source}", {"link": link}
    )
    short, long = found.fetchone() or ()
    assert short == long


@pytest.mark.parametrize("system", ["urn:a", "urn:oid:1", "payer"])
@pytest.mark.parametrize("code", ["Acme  Health ", "", None])
def test_the_pair_of_a_plain_code(engine: duckdb.DuckDBPyConnection, system: str, code: str | None) -> None:
    plain = primitive("s.code", system)
    assert value(engine, plain.pair, code=code) == value(engine, f"fhir_pair({plain.coding})", code=code)


@pytest.mark.parametrize(
    "text",
    [
        "/44250-9",
        "44250-9",
        "//44250-9",
        "/44250-9/44251-7",
        "group.44250-9",
        "44250-99",
        "12345678-9",
        "12-3",
        "/LL44250-9",
        "",
        None,
    ],
)
def test_the_code_in_a_text(engine: duckdb.DuckDBPyConnection, text: str | None) -> None:
    general = f"nullif(regexp_extract(s.text, {LOINC_IN_TEXT}, 1), '')"
    assert value(engine, loinc_in("s.text"), text=text) == value(engine, general, text=text)
