"""For those who operate tables: what the command ``dynamorm`` does, as functions that return data.

Each function has an asynchronous counterpart, whose name begins with ``a``. The modules are imported when they are
first used, because programs that only read and write items need none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from dynamorm.operate.read_only import ReadOnly as ReadOnly

__all__ = [
    "Filter",
    "ItemPage",
    "ItemView",
    "RelatedItems",
    "TableOverview",
    "TableView",
    "aoverview",
    "overview",
    "ReadOnly",
    "find_model",
    "find_models",
]

#: The module of each name. Keep it, ``__all__`` and the imports for type checkers in the same order.
_MODULES = {
    "Filter": "browsing.filters",
    "ItemView": "browsing.item_views",
    "RelatedItems": "browsing.item_views",
    "TableOverview": "browsing.overviews",
    "aoverview": "browsing.overviews",
    "overview": "browsing.overviews",
    "ItemPage": "browsing.views",
    "TableView": "browsing.views",
    "ReadOnly": "read_only",
    "find_model": "model_names",
    "find_models": "model_names",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"dynamorm.operate.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
