"""An import path of DynamORM 0.11. Write ``from dynamorm import Q``."""

import warnings

from dynamorm.model.query.operators import Q

__all__ = ["Q"]

# A package, not a module: pip removes 0.11's file of that path after it has installed this one.
warnings.warn(
    "The module dynamorm.table is there for programs that were written for 0.11. Write: from dynamorm import Q",
    DeprecationWarning,
    stacklevel=2,
)
