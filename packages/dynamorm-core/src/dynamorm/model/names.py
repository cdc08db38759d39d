"""The names of a model's class: which of them a field, a back reference or a mixin can have.

Names that 0.11 documented belong to DynamORM: programs and readers rely on them. All names that came later give way, so
that a new verb never breaks a model: :mod:`dynamorm.verbs` has each of them as a function.
"""

from __future__ import annotations

from types import GetSetDescriptorType
from typing import TypeVar

from dynamorm.exceptions import DynaModelException, UnknownAttribute

#: The names of models that 0.11 documented. It never grows.
DOCUMENTED = frozenset(
    {
        "Schema",
        "Table",
        "delete",
        "get",
        "get_batch",
        "new_from_raw",
        "put",
        "put_batch",
        "put_unique",
        "query",
        "save",
        "scan",
        "to_dict",
        "update",
        "update_item",
        "validate",
    }
)

#: DynamORM's own classes among the bases of each model.
_own: set[type] = set()

Class = TypeVar("Class", bound=type)


def own(definer: Class) -> Class:
    """Mark a class as one of DynamORM's own among the bases of each model."""
    _own.add(definer)
    return definer


def is_taken(model: type, name: str) -> bool:
    """Return whether a field or a back reference of a *model* can't have this *name*, which is used already.

    It is, if the program defines it, in the model, a base or a mixin. Of DynamORM's own names, these are the
    :data:`DOCUMENTED` ones, and those with an underscore in front.
    """
    for definer in model.__mro__:
        if name in vars(definer):
            return not _gives_way(definer, name)
    return False


def yield_to_mixins(model: type) -> None:
    """Let mixins that follow DynamORM's own classes among the bases of a *model* define what gives way to a program.

    Without this, a mixin's method ``copy`` would be hidden by a verb of that name, which a later version may add.
    """
    last = max(number for number, definer in enumerate(model.__mro__) if definer in _own)
    for mixin in model.__mro__[last + 1 : -1]:
        for name, value in vars(mixin).items():
            if _gives_way(next(each for each in model.__mro__ if name in vars(each)), name):
                type.__setattr__(model, name, value)


def refuse_own_dict(model: type) -> None:
    """Raise ``DynaModelException`` if a *model* defines ``__dict__``, in which the values of instances are kept."""
    for definer in model.__mro__:
        if not isinstance(vars(definer).get("__dict__"), GetSetDescriptorType | None):
            raise DynaModelException(
                f"{definer.__name__} defines __dict__, in which Python keeps the attributes of an instance: the values "
                f"of {model.__name__} would be lost. Give it another name, such as 'as_dict', or use to_dict()."
            )


class AbstractAttribute:
    """An attribute that an abstract base lacks, or its index, and that the models that inherit from it have."""

    def __get__(self, instance: object, owner: type) -> object:
        is_model = not _own.isdisjoint(owner.__mro__)
        what = "is an abstract base, which has no table" if is_model else "belongs to no table yet"
        raise UnknownAttribute(
            f"{owner.__name__} {what}. Use a model that inherits from the base and has an inner class 'Table' and an "
            "inner class 'Schema'."
        )


def _gives_way(definer: type, name: str) -> bool:
    return definer in _own and not (name in DOCUMENTED or name.startswith("_"))
