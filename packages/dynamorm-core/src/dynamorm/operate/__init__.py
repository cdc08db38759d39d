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
    from dynamorm.operate.browsing.filters import Filter as Filter
    from dynamorm.operate.browsing.item_views import ItemView as ItemView
    from dynamorm.operate.browsing.item_views import RelatedItems as RelatedItems
    from dynamorm.operate.browsing.overviews import TableOverview as TableOverview
    from dynamorm.operate.browsing.overviews import aoverview as aoverview
    from dynamorm.operate.browsing.overviews import overview as overview
    from dynamorm.operate.browsing.views import ItemPage as ItemPage
    from dynamorm.operate.browsing.views import TableView as TableView
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
    "Filter",
    "ItemPage",
    "ItemView",
    "PlannedTable",
    "ReadOnly",
    "RelatedItems",
    "TableOverview",
    "TableView",
    "TablesPlan",
    "aapply",
    "aoverview",
    "aplan",
    "apply",
    "find_model",
    "find_models",
    "overview",
    "plan",
]

#: The module of each name. Keep it, ``__all__`` and the imports for type checkers in the same order.
_MODULES = {
    "AppliedPlan": "table_plans",
    "Filter": "browsing.filters",
    "ItemPage": "browsing.views",
    "ItemView": "browsing.item_views",
    "PlannedTable": "planned_tables",
    "ReadOnly": "read_only",
    "RelatedItems": "browsing.item_views",
    "TableOverview": "browsing.overviews",
    "TableView": "browsing.views",
    "TablesPlan": "table_plans",
    "aapply": "applying",
    "aoverview": "browsing.overviews",
    "aplan": "planning",
    "apply": "applying",
    "find_model": "model_names",
    "find_models": "model_names",
    "overview": "browsing.overviews",
    "plan": "planning",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"dynamorm.operate.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
