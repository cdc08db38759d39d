"""DynamoDB's rules for items, as pure functions: which conditions hold, what updates make, what projections keep.

They work on the records and canonical values of :mod:`dynamorm.data`. A backend that stores items itself uses them, as
``dynamorm-sqlite`` does. What is unknown raises :class:`~dynamorm.exceptions.Unsupported`; it is never ignored, and
never true.
"""

from dynamorm.data.updates import operand_paths
from dynamorm.rules.conditions import Predicate, failed_parts, holds, predicate
from dynamorm.rules.paths import MISSING, Found, Missing, check_nesting, check_value, overlapping_paths, value_at
from dynamorm.rules.projections import Projection
from dynamorm.rules.updates import Update

__all__ = [
    "MISSING",
    "Found",
    "Missing",
    "Predicate",
    "Projection",
    "Update",
    "check_nesting",
    "check_value",
    "failed_parts",
    "holds",
    "operand_paths",
    "overlapping_paths",
    "predicate",
    "value_at",
]
