"""An import path of DynamORM 0.11. Write ``from dynamorm import GlobalIndex``, and so on."""

import warnings

from dynamorm.model.indexes import GlobalIndex, LocalIndex
from dynamorm.model.table.projections import ProjectAll, ProjectInclude, ProjectKeys

__all__ = ["GlobalIndex", "LocalIndex", "ProjectAll", "ProjectInclude", "ProjectKeys"]

# A package, not a module: pip removes 0.11's file of that path after it has installed this one.
warnings.warn(
    "The module dynamorm.indexes is there for programs that were written for 0.11. Write: "
    "from dynamorm import GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys",
    DeprecationWarning,
    stacklevel=2,
)
