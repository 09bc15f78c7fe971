"""Messages in files of something else: what stands behind one in its line is not of the message."""

import json
import tracemalloc
from pathlib import Path

import pytest

from orchestration.feeds.hl7v2_wrapped import unwrapped
from tests.support.siu import message, read

FIRST = message("AIP|1|A|B7", sch_25='""')
SECOND = message("AIP|1|A|B8", sch_2="F200", sch_25='""')
LINES = [text.replace("\r", "\n") for text in (FIRST, SECOND)]
BARE = [text.rstrip("\r") for text in (FIRST, SECOND)]
WRITTEN = [text.replace("\r", "\\r") for text in BARE]
LOG = ("2026-03-02 11:00:01,204 | INFO | sent", "[INFO] | acknowledged |", "Mar  2 11:00:01 | out | sent")


@pytest.mark.parametrize(
    "content",
    [
        f"{LINES[0]}{LOG[0]}\n{LINES[1]}{LOG[1]}\n{LOG[2]}\n",
        "\n".join(f"2026-03-02 11:00:01 | INFO | {line}" for text in LINES for line in text.splitlines()),
        "\n".join(json.dumps({"message": text, "note": "a|b"}) for text in (FIRST, SECOND)),
        "\n".join(json.dumps({"message": text, "note": "a|b"}) for text in BARE),
        json.dumps([*BARE, "a|b"]),
        json.dumps({"message": f"\x0b{BARE[0]}\r\x1c\r", "next": f"\x0b{BARE[1]}\x1c"}),
        "id,message,sent\n" + "".join(f'1,"{text.replace(chr(34), chr(34) * 2)}",a|b\n' for text in BARE),
        "".join(f"INSERT INTO log VALUES (1, '{text}', 'a|b');\n" for text in WRITTEN),
        "".join(f"<m><![CDATA[{text}]]></m>\n" for text in BARE),
        "".join(f"<m>{text.replace('&', '&amp;')}</m><n>a|b</n>" for text in BARE),
        "".join(f"Received message [{text}] from port 6661 [a|b]\n" for text in BARE),
        "".join(f"in ({text}), out {{a|b}}\n" for text in WRITTEN),
        "".join(f"{{{text}}}\n" for text in BARE),
        "".join(
            f"<content>{text.replace('&', '&amp;').replace(chr(13), '&#xd;')}</content>\n" for text in BARE
        ),
        "\n".join(f"{text}\x1a" for text in BARE),
        "".join(f"<SB>{text}<EB><CR>\n" for text in BARE),
        "".join(f"[VT]{text}[FS][CR]\na|b\n" for text in BARE),
        "".join(f"\\x0b{text}\\x1c\\r\n" for text in WRITTEN),
        "".join(f"0x0B{text}0x1C0x0D\n" for text in BARE),
    ],
)
def test_what_stands_behind_a_message_is_not_of_it(tmp_path: Path, content: str) -> None:
    outcome = read(tmp_path, content)
    assert [(row["appointment_id"], row["practitioner_id"]) for row in outcome.rows] == [
        ("F100", "B7"),
        ("F200", "B8"),
    ]
    assert all('"event_alone"' in row["site_columns"] for row in outcome.rows)
    assert (outcome.refused, outcome.counts) == ([], (2, 2, 0))
    assert outcome.content.unmapped == ()


@pytest.mark.parametrize(
    ("body", "opener"),
    [
        (b'MSH|^~\\&|\rNTE|1||says "no"\rAIP|1|A|B7', b'"'),
        (b"MSH|^~\\&|\rPID|1||M1||O'Hara\rAIP|1|A|B7", b"'"),
        (b"MSH|^~\\&|\rNTE|1||</b> [EB]\rAIP|1|A|B7", b">"),
        (b'MSH|^~\\&|\\rNTE|1||says "no"\\rAIP|1|A|B7', b'"'),
        (b"MSH|^~\\&|\rAIP|1|A|B7", b'"'),
        (b"MSH|^~\\&|\rNTE|1||[a] b\rAIP|1|A|B7", b"["),
        (b'MSH|^~\\&|"PID|1||M1', b'"'),
        (b'MSH|^~\\\\&|\\q\rAIP|1|A|B7"', b"v"),
    ],
)
def test_nothing_is_cut_off_that_may_be_of_the_message(body: bytes, opener: bytes) -> None:
    assert unwrapped(body, opener) == body


def test_a_long_message_in_quotes_takes_no_more_memory_than_itself() -> None:
    body = b"MSH|^~\\\\&|" + b'a\\"b' * 500_000
    tracemalloc.start()
    assert unwrapped(body + b'"}', b'"') == json.loads(b'"' + body + b'"').encode()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(body)
