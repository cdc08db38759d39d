"""The models of this process by their names, for relationships to models that are not defined yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from weakref import WeakSet, WeakValueDictionary

_models: WeakValueDictionary[str, type] = WeakValueDictionary()
_waiting: WeakSet[PendingReference] = WeakSet()


class PendingReference(Protocol):
    """What waits for a model that it knows by name."""

    def model_names(self) -> Iterator[str]:
        """The full names that the model may have."""

    def is_redefined(self) -> bool:
        """Whether what waits belongs to a model that was defined anew since."""

    def rebinds(self) -> bool:
        """Whether it takes the next model that is defined under one of its names."""

    def bind(self, model: type) -> None:
        """Takes the *model*, now that it is defined, or defined anew."""


def full_name(model: type) -> str:
    """The name of a *model* with its module and what it is defined in."""
    return f"{model.__module__}.{model.__qualname__}"


def names_seen_from(model: type, name: str) -> Iterator[str]:
    """The full names that a *name* may stand for in the body of a *model*, as Python would look for it.

    One with a dot is a full name itself.
    """
    if "." in name:
        yield name
        return
    scope = model.__qualname__.split(".")[:-1]
    for length in range(len(scope), -1, -1):
        yield ".".join((model.__module__, *scope[:length], name))


def is_redefined(model: type) -> bool:
    """Whether another model was defined under the full name of this one since."""
    return _models.get(full_name(model), model) is not model


def is_in_function(model: type) -> bool:
    """Whether a *model* was defined in a function, which makes another one each time that it is called."""
    return "<locals>" in model.__qualname__


def find(names: Iterator[str]) -> type | None:
    """The model that has the first of these full *names* that one has; ``None`` when there is none."""
    return next((_models[name] for name in names if name in _models), None)


def wait(waiting: PendingReference) -> None:
    """Has *waiting* bound to each model that is defined under one of its names from now on."""
    _waiting.add(waiting)


def register(model: type) -> None:
    """Makes a *model* known, and binds what waits for it."""
    name = full_name(model)
    _models[name] = model
    # Former definitions come first, so that the back reference is that of the latest.
    for waiting in sorted(_waiting, key=lambda each: each.is_redefined(), reverse=True):
        if name in waiting.model_names() and waiting.rebinds():
            waiting.bind(model)
