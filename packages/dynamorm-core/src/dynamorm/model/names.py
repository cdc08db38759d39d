"""The names of a model's class: which of them a field, a back reference or a mixin can have.

Names that 0.11 documented belong to DynamORM: programs and readers rely on them. All names that came later give way, so
that a new verb never breaks a model: :mod:`dynamorm.verbs` has each of them as a function.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from functools import lru_cache
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

#: Names with underscores that 1.0 has added, which give way like verbs: how instances compare and show themselves.
_SPECIAL = frozenset({"__eq__", "__hash__", "__repr__", "__rich_repr__", "_repr_html_"})
#: Parameters that 0.11 did not have, so that its models may have key fields of these names. For such a model, the first
#: two are the part of the key in ``get`` and ``delete_item``, and ``get_or_create`` takes its key by position.
YIELDING_PARAMETERS = frozenset({"attrs", "return_old", "defaults"})
#: The flag of a function's code that it takes any keywords; see the table of flags in Python's module ``inspect``.
CO_VARKEYWORDS = 0x08

#: The attributes that a model has when it is complete. Reading one completes it, for which it may be too early.
OF_COMPLETE_MODELS = frozenset({"_load", "_mapper", "__schema__"})

#: DynamORM's own classes among the bases of each model.
_own: set[type] = set()

Class = TypeVar("Class", bound=type)


def own(definer: Class) -> Class:
    """Mark a class as one of DynamORM's own among the bases of each model."""
    _own.add(definer)
    return definer


def is_own(definer: type) -> bool:
    """Return whether a class is one of DynamORM's own among the bases of each model."""
    return definer in _own


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


def overridden(model: type) -> frozenset[str]:
    """Return the names of the verbs that a *model*, a base or a mixin overrides."""
    return frozenset(
        name
        for name in DOCUMENTED - {"Schema", "Table"}
        if next(definer for definer in model.__mro__ if name in vars(definer)) not in _own
    )


def key_parameters(model: type) -> frozenset[str]:
    """Return the parameters of the verbs of a *model*'s class that take keys as keywords, which can't be key fields.

    Those of :data:`YIELDING_PARAMETERS` can: their verbs take the keyword for the key.
    """
    return frozenset().union(*(_key_parameters(definer) for definer in model.__mro__ if definer in _own))


@lru_cache(maxsize=16)
def _key_parameters(definer: type) -> frozenset[str]:
    found: set[str] = set()
    for value in vars(definer).values():
        code = getattr(value.__func__, "__code__", None) if isinstance(value, classmethod) else None
        if code is not None and code.co_flags & CO_VARKEYWORDS:
            # The first parameter is the class; those that are only positional can't be keywords.
            first = max(code.co_posonlyargcount, 1)
            found.update(code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount])
    return frozenset(found - YIELDING_PARAMETERS)


def refuse_bypassed(model: type, verbs: frozenset[str]) -> None:
    """Raise ``DynaModelException`` if the *verbs* that a *model* overrides have one that no other verb calls any more.

    In 0.11 ``update`` called ``update_item``; now it knows more than that could be told. ``put`` and ``update``, which
    ``save`` called, are of use without it, and only warned of.
    """
    if "update_item" in verbs and "update" not in verbs:
        raise DynaModelException(
            f"{model.__name__} overrides update_item, which update() and save(partial=True) of an instance called in "
            "0.11, and don't call any more. Override update as well, connect a receiver to the signal pre_update, or "
            "give the method another name."
        )
    for verb, caller in (("put", "save()"), ("update", "save(partial=True)")):
        definer = next(each for each in model.__mro__ if verb in vars(each))
        # Models that inherit from the one that was warned of are not warned of again.
        is_new = definer is model or not isinstance(definer, type(model))
        if is_new and verb in verbs and "save" not in verbs:
            from warnings import warn  # deferred: start-up cost

            warn(
                f"{model.__name__} overrides {verb}, which {caller} of an instance called in 0.11, and does not call "
                "any more. Override save as well.",
                stacklevel=4,
            )


def is_declared(model: type, name: str) -> bool:
    """Return whether a *model*, a base or a mixin declares an attribute of instances that is not a field.

    It does so by an annotation, ``display: str``, or by an assignment in its ``__init__``, ``self.display = …``.
    """
    return any(name in _annotated(each) or name in _assigned_by_init(each) for each in model.__mro__)


def _annotated(definer: type) -> Collection[str]:
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations  # deferred: start-up cost

        return get_annotations(definer, format=Format.FORWARDREF)
    found: Collection[str] = vars(definer).get("__annotations__", ())
    return found


@lru_cache(maxsize=256)
def _assigned_by_init(definer: type) -> frozenset[str]:
    """Return the names of the attributes that the ``__init__`` of a class assigns to."""
    from dis import get_instructions  # deferred: start-up cost
    from inspect import unwrap  # deferred: start-up cost

    constructor = vars(definer).get("__init__")
    code = None if definer in _own else getattr(unwrap(constructor) if constructor else None, "__code__", None)
    if code is None:
        return frozenset()
    return frozenset(str(each.argval) for each in get_instructions(code) if each.opname == "STORE_ATTR")


def refuse_own_dict(model: type) -> None:
    """Raise ``DynaModelException`` if a *model* defines ``__dict__``, in which the values of instances are kept."""
    for definer in model.__mro__:
        if not isinstance(vars(definer).get("__dict__"), GetSetDescriptorType | None):
            raise DynaModelException(
                f"{definer.__name__} defines __dict__, in which Python keeps the attributes of an instance: the values "
                f"of {model.__name__} would be lost. Give it another name, such as 'as_dict', or use to_dict()."
            )


class Yielding:
    """The base of what DynamORM sets in a model of the program, and what gives way to its fields and methods."""


class AbstractAttribute:
    """An attribute that an abstract base lacks, or its index, and that the models that inherit from it have."""

    def __get__(self, instance: object, owner: type) -> object:
        is_model = not _own.isdisjoint(owner.__mro__)
        if vars(owner).get("_made_schema") is not None:
            raise UnknownAttribute(
                f"{owner.__name__} has fields, but no inner class 'Table', so it is an abstract base. Give it one, or "
                "use a model that inherits from it and has one."
            )
        what = "is an abstract base, which has no table" if is_model else "belongs to no table yet"
        raise UnknownAttribute(
            f"{owner.__name__} {what}. Use a model that inherits from the base and has an inner class 'Table' and an "
            "inner class 'Schema'."
        )


class FormerAttribute:
    """An attribute that the instances of 0.11 had; *advice* says what to use."""

    def __init__(self, advice: str) -> None:
        self._advice = advice

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> object:
        raise UnknownAttribute(f"{owner.__name__} has no attribute '{self._name}'. 0.11 had it: {self._advice}")


def _gives_way(definer: type, name: str) -> bool:
    if isinstance(vars(definer)[name], Yielding):
        return True
    return definer in _own and (name in _SPECIAL or not (name in DOCUMENTED or name.startswith("_")))
