"""An import path of DynamORM 0.11. Write ``from dynamorm import ManyToOne, OneToMany, OneToOne``."""

import warnings

from dynamorm.model.relationships.kinds import ManyToOne, OneToMany, OneToOne

__all__ = ["ManyToOne", "OneToMany", "OneToOne"]

# A package, not a module: pip removes 0.11's file of that path after it has installed this one.
warnings.warn(
    "The module dynamorm.relationships is there for programs that were written for 0.11. Write: "
    "from dynamorm import ManyToOne, OneToMany, OneToOne",
    DeprecationWarning,
    stacklevel=2,
)
