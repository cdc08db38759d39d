"""The prefixes of the names of tables: each test on a server has tables of its own."""

from __future__ import annotations

import os
import re
from itertools import count
from uuid import uuid4

_PATTERN = r"pytest-\w+-[0-9a-f]{8}-\d+-"
_session = uuid4().hex[:8]
_numbers = count(1)


def new_prefix() -> str:
    """Return the prefix for the tables of the next test, which no other worker and no other run has."""
    return f"pytest-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{_session}-{next(_numbers)}-"


def without_prefix(table: str) -> str:
    """Return the name of a *table* as its model says it."""
    return re.sub(f"^{_PATTERN}", "", table)
