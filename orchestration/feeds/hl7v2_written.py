"""What logs write between the segments of a message, and between messages.

Belongs here: line ends that are written out, and lines that are a log's own. Does not belong here: parting
messages by them (``hl7v2_message.py``), and what a message is wrapped in (``hl7v2_wrapped.py``).
"""

import re

SEGMENTS = (
    "SCH|TQ1|TQ2|NTE|PID|PD1|PV1|PV2|OBX|DG1|RGS|AIS|AIG|AIL|AIP|EVN|ROL|PRT|ARV|AL1|NK1|GT1|IN1|IN2|APR|"
    "Z[A-Z0-9]{2}"
)
"""Names of segments that may follow in the line of another one."""

_BREAK = (
    r"\\r\\n|\\r|\\n|\\(?:x|u00)0[DA]|\\01[25]|#01[25]|%0[DA]|&#1[03];|&#x[DA];|[\u00b6\u240a\u240d]"
    rf"|[<\[{{](?:CR|LF|FS|EB|br|(?:0x)?0[DA]) ?/?[>\]}}]|\^M(?=(?:{SEGMENTS})\W|\^\\\\)"
)
WRITTEN_BREAKS = re.compile(_BREAK, re.IGNORECASE)
"""Line ends as the logs of interface engines write them out."""

BREAK_ENDS = frozenset("rnRNdDaA>]}; \t\u00b6\u240a\u240d")
LAST_BREAK = re.compile(rf"(?:{_BREAK})[ \t]*\Z", re.IGNORECASE)

LINE_OF_A_LOG = re.compile(
    r"[\[(<\"']?(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d{4}|[A-Z][a-z]{2} [ \d]\d)[T ,]+\d\d:\d\d"
    r"|[\[(<]?\d\d:\d\d:\d\d|\[?(?:TRACE|DEBUG|INFO|WARN|ERROR)\b|[-=*#_+]{3}"
)
"""Begins a line that an interface engine wrote for itself: a stamp, how serious it is, or a rule."""
