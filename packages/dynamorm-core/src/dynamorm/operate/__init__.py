"""For those who operate tables: what the command ``dynamorm`` does, as functions that return data.

Each function has an asynchronous counterpart, whose name begins with ``a``. The modules are imported when they are
first used, because programs that only read and write items need none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamorm.operate.applying import aapply as aapply
    from dynamorm.operate.applying import apply as apply
    from dynamorm.operate.model_names import find_model as find_model
    from dynamorm.operate.model_names import find_models as find_models
    from dynamorm.operate.planned_tables import PlannedTable as PlannedTable
    from dynamorm.operate.planning import aplan as aplan
    from dynamorm.operate.planning import plan as plan
    from dynamorm.operate.read_only import ReadOnly as ReadOnly
    from dynamorm.operate.table_plans import AppliedPlan as AppliedPlan
    from dynamorm.operate.table_plans import TablesPlan as TablesPlan

__all__ = [
    "AppliedPlan",
    "PlannedTable",
    "ReadOnly",
    "TablesPlan",
    "aapply",
    "aplan",
    "apply",
    "find_model",
    "find_models",
    "plan",
]

#: The module of each name. Keep it, ``__all__`` and the imports for type checkers in the same order.
_MODULES = {
    "AppliedPlan": "table_plans",
    "PlannedTable": "planned_tables",
    "ReadOnly": "read_only",
    "TablesPlan": "table_plans",
    "aapply": "applying",
    "aplan": "planning",
    "apply": "applying",
    "find_model": "model_names",
    "find_models": "model_names",
    "plan": "planning",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"dynamorm.operate.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
