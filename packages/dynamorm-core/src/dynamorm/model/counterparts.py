"""The verbs that are awaited, of models that override the synchronous ones.

A program that overrides ``save`` wants each save to run its code. If it does not override ``asave`` as well, that is
refused: it would save past the program's code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from dynamorm.exceptions import DynaModelException
from dynamorm.model.names import Yielding, is_own


def refuse_bypassing(model: type) -> None:
    """Let each awaited verb of a *model* be refused whose synchronous counterpart is overridden, but not it."""
    for name in _awaited_verbs(model):
        if _is_bypassing(model, name):
            type.__setattr__(model, name, _Refused(model, name))


def overriding_method(instance: object, name: str) -> Callable[..., Any] | None:
    """Return an instance's awaited verb of this *name*, ``"asave"``, if the program has overridden that; or ``None``.

    Raises :class:`~dynamorm.exceptions.DynaModelException` if it has overridden only the synchronous counterpart.
    """
    model = type(instance)
    if _is_bypassing(model, name):
        raise _error(model, name)
    definer = _definer(model, name)
    if definer is None or is_own(definer):
        return None
    method: Callable[..., Any] = getattr(instance, name)
    return method


class _Refused(Yielding):
    """Stands in a *model* for the awaited verb of this *name*, for as long as nobody overrides that."""

    def __init__(self, model: type, name: str) -> None:
        self._model = model
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        verb = getattr(super(self._model, owner if instance is None else instance), self._name)
        if not _is_bypassing(owner, self._name):
            # A class that inherits from the model overrides it, and calls what it overrides.
            return verb
        from inspect import iscoroutinefunction  # deferred: start-up cost

        error = _error(owner, self._name)
        if not iscoroutinefunction(verb):

            @wraps(verb)
            def refused(*_: object, **__: object) -> Any:
                raise error

            return refused

        @wraps(verb)
        async def refused_when_awaited(*_: object, **__: object) -> Any:
            raise error

        return refused_when_awaited


def _awaited_verbs(model: type) -> Iterator[str]:
    """Iterate over the names of DynamORM's verbs that are awaited and have a synchronous counterpart."""
    for definer in filter(is_own, model.__mro__):
        for name in vars(definer):
            if name[0] == "a" and any(name[1:] in vars(each) for each in model.__mro__ if is_own(each)):
                yield name


def _is_bypassing(model: type, name: str) -> bool:
    """Return whether a *model* overrides the synchronous counterpart of an awaited verb, but not that itself."""
    synchronous = _definer(model, name[1:])
    if synchronous is None or is_own(synchronous):
        return False
    awaited = _definer(model, name)
    return awaited is not None and model.__mro__.index(synchronous) < model.__mro__.index(awaited)


def _definer(model: type, name: str) -> type | None:
    """Return the class that defines the method of this *name*; ``None`` if something else has it, such as a field."""
    for definer in model.__mro__:
        value = vars(definer).get(name)
        if name in vars(definer) and not isinstance(value, _Refused):
            return definer if callable(value) or isinstance(value, classmethod | staticmethod) else None
    return None


def _error(model: type, name: str) -> DynaModelException:
    return DynaModelException(
        f"{model.__name__} overrides {name[1:]}, but not {name}, which would bypass it. Override {name}, too; or call "
        f"dynamorm.verbs.{name}(…) to bypass it. Nothing was sent."
    )
