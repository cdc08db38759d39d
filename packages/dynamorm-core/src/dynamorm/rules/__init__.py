"""DynamoDB's rules, as pure functions: for backends that store items themselves, as ``dynamorm-sqlite`` does.

They work on the records and canonical values of :mod:`dynamorm.data`. What is unknown raises
:class:`~dynamorm.exceptions.Unsupported`; it is never ignored, and never true.

A backend can use them at three levels:

- ``execute`` executes every operation on a ``Store``, of which you write the storage: a dozen methods.
- ``TableRules``, ``PlannedWrite``, ``Meter``, ``query_selection`` and others are the parts of that.
- ``predicate``, ``Update``, ``Projection`` and others are about single items and expressions.

Import all names from ``dynamorm.rules``; the modules below it group them by subject.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dynamorm.data.updates import operand_paths
from dynamorm.rules.conditions import Predicate, failed_parts, holds, predicate
from dynamorm.rules.paths import MISSING, Found, Missing, check_nesting, check_value, overlapping_paths, value_at
from dynamorm.rules.projections import Projection
from dynamorm.rules.updates import Update

if TYPE_CHECKING:
    from dynamorm.rules.capacity import Meter
    from dynamorm.rules.expressions import check_expressions
    from dynamorm.rules.item_checks import check_structure
    from dynamorm.rules.key_conditions import Bound, KeyRange, key_range
    from dynamorm.rules.keys import HASH_SLOTS, KeyPart, KeySchema, KeyTuple, after_prefix, hash_slot, sortable_number
    from dynamorm.rules.operations import READS, WRITES, Handler, execute
    from dynamorm.rules.selections import (
        QuerySelection,
        ScanSelection,
        Selection,
        StoredPage,
        query_selection,
        read_page,
        scan_selection,
        select,
    )
    from dynamorm.rules.stores import Store, existing_table, missing_table
    from dynamorm.rules.table_changes import changed_spec, check_not_protected, description_of
    from dynamorm.rules.table_settings import settings_with_tags, time_to_live_after
    from dynamorm.rules.table_specs import check_spec, check_table_name, spec_from_json, spec_to_json
    from dynamorm.rules.tables import CheckedItem, IndexEntry, IndexRules, TableRules
    from dynamorm.rules.writes import PlannedWrite, check_keys_unchanged

__all__ = [
    "HASH_SLOTS",
    "MISSING",
    "READS",
    "WRITES",
    "Bound",
    "CheckedItem",
    "Found",
    "Handler",
    "IndexEntry",
    "IndexRules",
    "KeyPart",
    "KeyRange",
    "KeySchema",
    "KeyTuple",
    "Meter",
    "Missing",
    "PlannedWrite",
    "Predicate",
    "Projection",
    "QuerySelection",
    "ScanSelection",
    "Selection",
    "Store",
    "StoredPage",
    "TableRules",
    "Update",
    "after_prefix",
    "changed_spec",
    "check_expressions",
    "check_keys_unchanged",
    "check_nesting",
    "check_not_protected",
    "check_spec",
    "check_structure",
    "check_table_name",
    "check_value",
    "description_of",
    "execute",
    "existing_table",
    "failed_parts",
    "hash_slot",
    "holds",
    "key_range",
    "missing_table",
    "operand_paths",
    "overlapping_paths",
    "predicate",
    "query_selection",
    "read_page",
    "scan_selection",
    "select",
    "settings_with_tags",
    "sortable_number",
    "spec_from_json",
    "spec_to_json",
    "time_to_live_after",
    "value_at",
]

#: The names that only storing backends need, by module. They are imported when they are used.
_FOR_STORING = {
    "capacity": "Meter",
    "expressions": "check_expressions",
    "item_checks": "check_structure",
    "key_conditions": "Bound KeyRange key_range",
    "keys": "HASH_SLOTS KeyPart KeySchema KeyTuple after_prefix hash_slot sortable_number",
    "operations": "READS WRITES Handler execute",
    "selections": "QuerySelection ScanSelection Selection StoredPage query_selection read_page scan_selection select",
    "stores": "Store existing_table missing_table",
    "table_changes": "changed_spec check_not_protected description_of",
    "table_settings": "settings_with_tags time_to_live_after",
    "table_specs": "check_spec check_table_name spec_from_json spec_to_json",
    "tables": "CheckedItem IndexEntry IndexRules TableRules",
    "writes": "PlannedWrite check_keys_unchanged",
}
_MODULES = {name: module for module, names in _FOR_STORING.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import the module that has this *name*."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
