"""For those who operate tables: what the command ``dynamorm`` does, as functions that return data.

Each function has an asynchronous counterpart, whose name begins with ``a``. The modules are imported when they are
first used, because programs that only read and write items need none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamorm.operate import export as export
    from dynamorm.operate.browsing.item_views import ItemView as ItemView
    from dynamorm.operate.browsing.item_views import RelatedItems as RelatedItems
    from dynamorm.operate.browsing.overviews import TableOverview as TableOverview
    from dynamorm.operate.browsing.overviews import aoverview as aoverview
    from dynamorm.operate.browsing.overviews import overview as overview
    from dynamorm.operate.browsing.views import ItemPage as ItemPage
    from dynamorm.operate.browsing.views import TableView as TableView
    from dynamorm.operate.dumps.contents import DumpDifference as DumpDifference
    from dynamorm.operate.dumps.dumping import Dump as Dump
    from dynamorm.operate.dumps.estimates import DumpEstimate as DumpEstimate
    from dynamorm.operate.dumps.functions import adump as adump
    from dynamorm.operate.dumps.functions import aestimate_dump as aestimate_dump
    from dynamorm.operate.dumps.functions import averify as averify
    from dynamorm.operate.dumps.functions import dump as dump
    from dynamorm.operate.dumps.functions import estimate_dump as estimate_dump
    from dynamorm.operate.dumps.functions import verify as verify
    from dynamorm.operate.dumps.reports import DumpProgress as DumpProgress
    from dynamorm.operate.dumps.verifying import DumpProblem as DumpProblem
    from dynamorm.operate.dumps.verifying import Verification as Verification
    from dynamorm.operate.inspecting.inspection import ainspect as ainspect
    from dynamorm.operate.inspecting.inspection import inspect as inspect
    from dynamorm.operate.inspecting.records import Inspection as Inspection
    from dynamorm.operate.key_hashes import KeyName as KeyName
    from dynamorm.operate.key_hashes import key_hash as key_hash
    from dynamorm.operate.model_names import find_model as find_model
    from dynamorm.operate.model_names import find_models as find_models
    from dynamorm.operate.partitions import DeletedPartition as DeletedPartition
    from dynamorm.operate.partitions import PartitionSize as PartitionSize
    from dynamorm.operate.partitions import adelete_partition as adelete_partition
    from dynamorm.operate.partitions import apartition_size as apartition_size
    from dynamorm.operate.partitions import delete_partition as delete_partition
    from dynamorm.operate.partitions import partition_size as partition_size
    from dynamorm.operate.planning.applying import aapply as aapply
    from dynamorm.operate.planning.applying import apply as apply
    from dynamorm.operate.planning.comparing import aplan as aplan
    from dynamorm.operate.planning.comparing import plan as plan
    from dynamorm.operate.planning.planned_tables import PlannedTable as PlannedTable
    from dynamorm.operate.planning.plans import AppliedPlan as AppliedPlan
    from dynamorm.operate.planning.plans import TablesPlan as TablesPlan
    from dynamorm.operate.read_only import ReadOnly as ReadOnly
    from dynamorm.operate.reading.conditions import TableCondition as TableCondition
    from dynamorm.operate.reading.filters import Filter as Filter
    from dynamorm.operate.reading.rows import Row as Row
    from dynamorm.operate.reading.rows import RowPage as RowPage
    from dynamorm.operate.reading.rows import aget_row as aget_row
    from dynamorm.operate.reading.rows import aread_rows as aread_rows
    from dynamorm.operate.reading.rows import get_row as get_row
    from dynamorm.operate.reading.rows import read_rows as read_rows
    from dynamorm.operate.reading.table_reads import TableRead as TableRead
    from dynamorm.operate.reading.table_reads import aget_table_row as aget_table_row
    from dynamorm.operate.reading.table_reads import get_table_row as get_table_row
    from dynamorm.operate.reading.table_reads import query_table as query_table
    from dynamorm.operate.reading.table_reads import scan_table as scan_table
    from dynamorm.operate.resolved_tables import find_table as find_table
    from dynamorm.operate.transfers.copying import acopy as acopy
    from dynamorm.operate.transfers.copying import copy as copy
    from dynamorm.operate.transfers.loading import aload as aload
    from dynamorm.operate.transfers.loading import load as load
    from dynamorm.operate.transfers.results import FailedItem as FailedItem
    from dynamorm.operate.transfers.results import LoadResult as LoadResult

#: The names of each module: those of the imports above, which only type checkers read. A test compares them.
_NAMES = {
    "browsing.item_views": ("ItemView", "RelatedItems"),
    "browsing.overviews": ("TableOverview", "aoverview", "overview"),
    "browsing.views": ("ItemPage", "TableView"),
    "dumps.contents": ("DumpDifference",),
    "dumps.dumping": ("Dump",),
    "dumps.estimates": ("DumpEstimate",),
    "dumps.functions": ("adump", "aestimate_dump", "averify", "dump", "estimate_dump", "verify"),
    "dumps.reports": ("DumpProgress",),
    "dumps.verifying": ("DumpProblem", "Verification"),
    "inspecting.inspection": ("ainspect", "inspect"),
    "inspecting.records": ("Inspection",),
    "key_hashes": ("KeyName", "key_hash"),
    "model_names": ("find_model", "find_models"),
    "partitions": (
        "DeletedPartition",
        "PartitionSize",
        "adelete_partition",
        "apartition_size",
        "delete_partition",
        "partition_size",
    ),
    "planning.applying": ("aapply", "apply"),
    "planning.comparing": ("aplan", "plan"),
    "planning.planned_tables": ("PlannedTable",),
    "planning.plans": ("AppliedPlan", "TablesPlan"),
    "read_only": ("ReadOnly",),
    "reading.conditions": ("TableCondition",),
    "reading.filters": ("Filter",),
    "reading.rows": ("Row", "RowPage", "aget_row", "aread_rows", "get_row", "read_rows"),
    "reading.table_reads": ("TableRead", "aget_table_row", "get_table_row", "query_table", "scan_table"),
    "resolved_tables": ("find_table",),
    "transfers.copying": ("acopy", "copy"),
    "transfers.loading": ("aload", "load"),
    "transfers.results": ("FailedItem", "LoadResult"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
#: The packages, whose names are used as ``operate.export.iam(…)``.
_PACKAGES = ("export",)

__all__ = list(_MODULES) + list(_PACKAGES)  # pyright: ignore[reportUnsupportedDunderAll] - it reads the imports


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"dynamorm.operate.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"dynamorm.operate.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
