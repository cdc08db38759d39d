"""Writes the table of seeded faults: ``python -m tests.conformance.seeded_schema_faults``."""

from __future__ import annotations

import sys

from tests.conformance.test_seeded_schema_faults import FAULTS

sys.stdout.write("| fault | seeded in | caught by |\n|---|---|---|\n")
for fault in FAULTS:
    sys.stdout.write(f"| {fault.name} | {fault.on} | {', '.join(fault.caught_by)} |\n")
