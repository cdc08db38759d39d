"""The models of this process by name, for relationships to models that are not defined yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from weakref import WeakSet, WeakValueDictionary

_models: WeakValueDictionary[str, type] = WeakValueDictionary()
_pending: WeakSet[PendingReference] = WeakSet()


class PendingReference(Protocol):
    """A reference to a model by name, which is bound when that model is defined."""

    def model_names(self) -> Iterator[str]:
        """Return the full names that the model may have."""

    def is_redefined(self) -> bool:
        """Return whether the reference belongs to a model that has been redefined since."""

    def rebinds(self) -> bool:
        """Return whether the next model that is defined under one of the names is bound."""

    def bind(self, model: type) -> None:
        """Bind the *model*, now that it is defined, or defined again."""


def full_name(model: type) -> str:
    """Return the name of a *model* with its module and the class or function that it is defined in."""
    return f"{model.__module__}.{model.__qualname__}"


def candidate_names(model: type, name: str) -> Iterator[str]:
    """Return the full names that a *name* may mean in the body of a *model*, in the order in which Python looks it up.

    A name with a dot is a full name itself.
    """
    if "." in name:
        yield name
        return
    scope = model.__qualname__.split(".")[:-1]
    for length in range(len(scope), -1, -1):
        yield ".".join((model.__module__, *scope[:length], name))


def is_redefined(model: type) -> bool:
    """Return whether another model has been defined under the full name of this one since."""
    return _models.get(full_name(model), model) is not model


def is_defined_in_function(model: type) -> bool:
    """Return whether a *model* was defined in a function, each call of which makes another model."""
    return "<locals>" in model.__qualname__


def find(names: Iterator[str]) -> type | None:
    """Return the model of the first of these full *names* that a model has; ``None`` when no model has one."""
    return next((_models[name] for name in names if name in _models), None)


def add_pending(reference: PendingReference) -> None:
    """Bind a *reference* to each model that is defined under one of its names from now on."""
    _pending.add(reference)


def register(model: type) -> None:
    """Register a *model*, and bind the references that wait for it."""
    name = full_name(model)
    _models[name] = model
    # Previous definitions come first, so that the latest one sets the back reference.
    for reference in sorted(_pending, key=lambda each: each.is_redefined(), reverse=True):
        if name in reference.model_names() and reference.rebinds():
            reference.bind(model)
