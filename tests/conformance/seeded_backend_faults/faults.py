"""What a seeded fault is, and a backend that is made worse by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from dynamorm.data import Item, Operation
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend

Result = TypeVar("Result")


class Faulty(Backend):
    """The embedded backend in memory, between whose operations and results a fault stands."""

    def __init__(self) -> None:
        self.real = open_backend("sqlite:///:memory:")
        self.capabilities = self.real.capabilities

    def execute(self, operation: Operation[Result]) -> Result:
        return self.real.execute(operation)

    def close(self) -> None:
        self.real.close()


@dataclass(frozen=True)
class Fault:
    """A fault, how a backend with it is made, and the tests of the suite that can catch it.

    A test is named with the beginnings of the ids of its cases, if not all are needed: ``"test_update[add"``.
    """

    name: str
    make: Callable[[], Backend]
    tests: tuple[str, ...]
    #: For how long the suite waits for one of its operations: shorter where it waits in vain.
    seconds: float = 60


def sends(change: Callable[[Any], Any]) -> Callable[[], Backend]:
    """Return the maker of a backend that executes another operation than it was given."""

    class Sends(Faulty):
        def execute(self, operation: Operation[Result]) -> Result:
            changed: Operation[Result] = change(operation)
            return self.real.execute(changed)

    return Sends


def answers(change: Callable[[Any, Any], Any]) -> Callable[[], Backend]:
    """Return the maker of a backend that changes results, by the operation and its result."""

    class Answers(Faulty):
        def execute(self, operation: Operation[Result]) -> Result:
            result: Result = change(operation, self.real.execute(operation))
            return result

    return Answers


def executes(function: Callable[[Faulty, Any], Any]) -> Callable[[], Backend]:
    """Return the maker of a backend that executes in its own way, by means of the healthy one."""

    class Executes(Faulty):
        def execute(self, operation: Operation[Result]) -> Result:
            result: Result = function(self, operation)
            return result

    return Executes


def raises(change: Callable[[Any, BaseException], Any]) -> Callable[[], Backend]:
    """Return the maker of a backend that raises another exception, or returns what *change* returns."""

    class Raises(Faulty):
        def execute(self, operation: Operation[Result]) -> Result:
            try:
                return self.real.execute(operation)
            except Exception as error:
                outcome = change(operation, error)
                if outcome is error:
                    raise
                if isinstance(outcome, BaseException):
                    raise outcome from error
                result: Result = outcome
                return result

    return Raises


def rewritten(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a *value* with each record in it changed, the innermost ones first."""
    if isinstance(value, tuple):
        return tuple(rewritten(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: getattr(value, each.name) for each in fields(value)}
        changed = {name: rewritten(part, change) for name, part in parts.items()}
        if any(changed[name] is not part for name, part in parts.items()):
            value = replace(value, **changed)
        return change(value)
    return value


def parts(change: Callable[[Any], Any]) -> Callable[[], Backend]:
    """Return the maker of a backend that takes each part of an operation for another one."""
    return sends(lambda operation: rewritten(operation, change))


def each_item(change: Callable[[Item], Item]) -> Callable[[], Backend]:
    """Return the maker of a backend that changes each item that it returns."""

    def changed(_: object, result: Any) -> Any:
        if getattr(result, "item", None) is not None:
            return replace(result, item=change(dict(result.item)))
        if isinstance(getattr(result, "items", None), (list, tuple)):
            return replace(result, items=[None if item is None else change(dict(item)) for item in result.items])
        return result

    return answers(changed)


def written(change: Callable[[Item], Item]) -> Callable[[], Backend]:
    """Return the maker of a backend that changes each item that is put."""
    return sends(
        lambda operation: (
            replace(operation, item=change(dict(operation.item))) if hasattr(operation, "item") else operation
        )
    )
