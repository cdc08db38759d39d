"""Prints the table of seeded faults: ``python -m tests.conformance.seeded_schema_faults``."""

from __future__ import annotations

from tests.conformance.test_seeded_schema_faults import FAULTS

print("| fault | seeded in | caught by |\n|---|---|---|")
for fault in FAULTS:
    print(f"| {fault.name} | {fault.on} | {', '.join(fault.caught_by)} |")
