"""The Python side of the warehouse: what runs, when, and at the edges.

Belongs here: settings, the command line, Dagster's definitions, and the rooms that read feeds, check quality
and publish.
Does not belong here: billing rules and thresholds (rows in ``seeds/``) and transformations (``models/``).
"""

import os
from typing import Final

ENGINE_MEMORY: Final = "DUCKDB_JE_MALLOC_CONF"
"""The variable that DuckDB's allocator reads once, as the engine is loaded."""

# Memory that was freed serves whatever is asked for next, and stays for some seconds: new memory is dear.
os.environ.setdefault(ENGINE_MEMORY, "lg_extent_max_active_fit:20,dirty_decay_ms:5000")
