"""The models that users write, with their tables and indexes, the query language, and the results of reads."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "DynaModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import warnings  # deferred: start-up cost

    from dynamorm.model.models import DynaModel  # deferred: a ring does not import what is made of it

    message = "dynamorm.model.DynaModel is there for programs that were written for 0.11. Write: from dynamorm import "
    warnings.warn(f"{message}DynaModel", DeprecationWarning, stacklevel=2)
    return DynaModel
