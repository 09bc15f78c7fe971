"""What ``dagster dev`` loads: everything, for the home that the environment names."""

from orchestration.build import build_defs

defs = build_defs()
