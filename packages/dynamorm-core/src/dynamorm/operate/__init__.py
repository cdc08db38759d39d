"""For those who operate tables: what the command ``dynamorm`` does, as functions that return data.

Each function has an asynchronous counterpart, whose name begins with ``a``. The modules are imported when they are
first used, because programs that only read and write items need none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamorm.operate import export as export
    from dynamorm.operate.applying import aapply as aapply
    from dynamorm.operate.applying import apply as apply
    from dynamorm.operate.browsing.filters import Filter as Filter
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
    from dynamorm.operate.loads.copying import acopy as acopy
    from dynamorm.operate.loads.copying import copy as copy
    from dynamorm.operate.loads.loading import aload as aload
    from dynamorm.operate.loads.loading import load as load
    from dynamorm.operate.loads.results import FailedItem as FailedItem
    from dynamorm.operate.loads.results import LoadResult as LoadResult
    from dynamorm.operate.model_names import find_model as find_model
    from dynamorm.operate.model_names import find_models as find_models
    from dynamorm.operate.partitions import DeletedPartition as DeletedPartition
    from dynamorm.operate.partitions import PartitionSize as PartitionSize
    from dynamorm.operate.partitions import adelete_partition as adelete_partition
    from dynamorm.operate.partitions import apartition_size as apartition_size
    from dynamorm.operate.partitions import delete_partition as delete_partition
    from dynamorm.operate.partitions import partition_size as partition_size
    from dynamorm.operate.planned_tables import PlannedTable as PlannedTable
    from dynamorm.operate.planning import aplan as aplan
    from dynamorm.operate.planning import plan as plan
    from dynamorm.operate.read_only import ReadOnly as ReadOnly
    from dynamorm.operate.reading.conditions import TableCondition as TableCondition
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
    from dynamorm.operate.table_plans import AppliedPlan as AppliedPlan
    from dynamorm.operate.table_plans import TablesPlan as TablesPlan
    from dynamorm.operate.tables import find_table as find_table

#: The module of each name: those of the imports above, which only type checkers read. A test compares them.
_MODULES = {
    "AppliedPlan": "table_plans",
    "DeletedPartition": "partitions",
    "Dump": "dumps.dumping",
    "DumpDifference": "dumps.contents",
    "DumpEstimate": "dumps.estimates",
    "DumpProblem": "dumps.verifying",
    "DumpProgress": "dumps.reports",
    "FailedItem": "loads.results",
    "Filter": "browsing.filters",
    "Inspection": "inspecting.records",
    "ItemPage": "browsing.views",
    "ItemView": "browsing.item_views",
    "KeyName": "key_hashes",
    "LoadResult": "loads.results",
    "PartitionSize": "partitions",
    "PlannedTable": "planned_tables",
    "ReadOnly": "read_only",
    "RelatedItems": "browsing.item_views",
    "Row": "reading.rows",
    "RowPage": "reading.rows",
    "TableCondition": "reading.conditions",
    "TableOverview": "browsing.overviews",
    "TableRead": "reading.table_reads",
    "TableView": "browsing.views",
    "TablesPlan": "table_plans",
    "Verification": "dumps.verifying",
    "aapply": "applying",
    "acopy": "loads.copying",
    "adelete_partition": "partitions",
    "adump": "dumps.functions",
    "aestimate_dump": "dumps.functions",
    "aget_row": "reading.rows",
    "aget_table_row": "reading.table_reads",
    "ainspect": "inspecting.inspection",
    "aload": "loads.loading",
    "aoverview": "browsing.overviews",
    "apartition_size": "partitions",
    "aplan": "planning",
    "apply": "applying",
    "aread_rows": "reading.rows",
    "averify": "dumps.functions",
    "copy": "loads.copying",
    "delete_partition": "partitions",
    "dump": "dumps.functions",
    "estimate_dump": "dumps.functions",
    "find_model": "model_names",
    "find_models": "model_names",
    "find_table": "tables",
    "get_row": "reading.rows",
    "get_table_row": "reading.table_reads",
    "inspect": "inspecting.inspection",
    "key_hash": "key_hashes",
    "load": "loads.loading",
    "overview": "browsing.overviews",
    "partition_size": "partitions",
    "plan": "planning",
    "query_table": "reading.table_reads",
    "read_rows": "reading.rows",
    "scan_table": "reading.table_reads",
    "verify": "dumps.functions",
}
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
