"""The arguments of faults, which are checked when a fault is added: a mistake must not look like a passing test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypedDict

from dynamorm.data.operations import Operation
from dynamorm.data.values import normalise_item
from dynamorm.exceptions import BackendMisconfigured, DynamoException
from dynamorm.testing.faults.matching import Matcher, Predicate
from dynamorm.testing.faults.operations import ALL, LEGAL, READS, WITH_KEYS, WRITES, OperationType, names_of
from dynamorm.testing.faults.throttling import REASONS

#: What names operations: one class, several, or ``Operation`` for all that the fault can happen to.
Operations = OperationType | Iterable[OperationType]


class Only(TypedDict, total=False):
    """The arguments that select the operations to which a fault happens.

    ``table`` is the name of a table, as its model says it; ``key`` is a dict of attributes that the item has, or one of
    a batch or transaction; ``where`` is a function that gets the operation.
    """

    table: str | None
    key: Mapping[str, Any] | None
    where: Predicate | None


def matcher(kind: str, operations: Operations, only: Only, prefix: str) -> Matcher:
    """Return which operations a fault of this *kind* is for. Raises ``BackendMisconfigured``."""
    table, key, where = only.get("table"), only.get("key"), only.get("where")
    for name in only:
        _one_of(kind, "argument", name, tuple(Only.__annotations__))
    if table is not None and (not isinstance(table, str) or not table):
        raise wrong(f"{kind}: table is the name of a table, such as 'books', not {type(table).__name__}.")
    if where is not None and not callable(where):
        raise wrong(f"{kind}: where is a function that gets the operation and returns whether the fault is for it.")
    classes = _operations(kind, operations)
    if key is not None and not classes & WITH_KEYS:
        raise wrong(f"{kind}: key is for operations that name an item, and {names_of(classes)} does not. Use where.")
    return Matcher(classes, table, _key(kind, key), where, prefix)


def times(kind: str, given: int | None) -> int | None:
    """Return how many *times* a fault happens, ``None`` for always."""
    return None if given is None else count(kind, "times", given)


def count(kind: str, name: str, given: object) -> int:
    """Return a number that has to be at least 1."""
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise wrong(f"{kind}: {name} is a whole number of at least 1.")
    return given


def seconds(given: float) -> float:
    """Return how long a delay is."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not isfinite(given) or given < 0:
        raise wrong("delay: seconds is a number that is not negative, such as 0.2.")
    return given


def retry(kind: str, given: bool, limit: int | None) -> bool:
    """Return whether the backend itself sends the request again."""
    if given and limit is None:
        raise wrong(f"{kind}: with retry=True, times is a number: the request would be sent again for ever.")
    return bool(given)


def code(given: str, known: Iterable[str]) -> str:
    """Return the *code* of a cancelled transaction."""
    if given == "ConditionalCheckFailed":
        raise wrong(
            "cancel: the service cancels a transaction with ConditionalCheckFailed only where a condition does not "
            "hold. Write an item that does not meet it."
        )
    return _one_of("cancel", "code", given, tuple(known))


def reason(given: str | None, index: str | None, operations: frozenset[OperationType]) -> str | None:
    """Return the *reason* of throttled *operations*, and check that it can be theirs."""
    if given is None:
        if index is not None:
            raise wrong("throttle: index goes with a reason that is about an index, such as 'IndexWriteKeyRange…'.")
        return None
    _one_of("throttle", "reason", given, REASONS)
    is_read = "Read" in given
    legal = READS if is_read else WRITES
    if given.startswith("IndexRead"):
        legal = frozenset(each for each in legal if each.__name__ in {"Query", "Scan"})
    if others := operations - legal:
        raise wrong(f"throttle: {given} can't be the reason for {names_of(others)}. It can be for {names_of(legal)}.")
    if index is not None and not given.startswith("Index"):
        raise wrong(f"throttle: {given} is about a table, and has no index.")
    if index is None and given.startswith("IndexWrite"):
        raise wrong(f"throttle: {given} needs the name of the index that holds up the write: index='by-author'.")
    return given


def throttled(operations: Operations, given: str | None) -> Operations:
    """Return the *operations* for a reason: of all operations, those that it can be the reason for."""
    if operations is not Operation or given is None:
        return operations
    if not isinstance(given, str):
        return operations
    if given.startswith("IndexRead"):
        return [each for each in READS if each.__name__ in {"Query", "Scan"}]
    return READS if "Read" in given else WRITES


def kinds(given: Iterable[str], known: Iterable[str], operations: frozenset[OperationType]) -> tuple[str, ...]:
    """Return the kinds of random faults, one of which can happen to the *operations*."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise wrong("at_random: kinds is a list of names, such as ['throttle'].")
    known = tuple(known)
    chosen = [_one_of("at_random", "kinds", name, known) for name in given]
    if not chosen:
        raise wrong("at_random: kinds names at least one kind.")
    # In an order that is the same in each process: a set has none.
    names = tuple(name for name in known if name in chosen)
    if not any(LEGAL[name][0] & operations for name in names):
        raise wrong(f"at_random: {', '.join(names)} can't happen to {names_of(operations)}.")
    return names


def probability(given: float) -> float:
    """Return how probable a random fault is."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given <= 1:
        raise wrong("at_random: the probability is above 0 and at most 1, such as 0.1.")
    return given


def seed(given: int) -> int:
    """Return what random numbers begin with."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise wrong("at_random: seed is a whole number, with which each run is the same.")
    return given


def wrong(message: str) -> BackendMisconfigured:
    """Return the exception for a wrong argument."""
    return BackendMisconfigured(message)


def _operations(kind: str, given: Operations) -> frozenset[OperationType]:
    legal, why = LEGAL[kind]
    if given is Operation:
        return legal
    if isinstance(given, Operation):
        raise wrong(f"{kind}: name operations by their classes: {type(given).__name__}, not an instance of it.")
    each: object
    classes = [given] if isinstance(given, type) or not isinstance(given, Iterable) else list(given)
    if not classes:
        raise wrong(f"{kind}: name at least one operation, such as {names_of(legal).split(',')[0].split()[0]}.")
    for each in classes:
        if not isinstance(each, type) or each not in ALL:
            raise wrong(
                f"{kind}: operations are classes of dynamorm.data, such as PutItem; {_shown(each)} is none of them."
            )
    if others := frozenset(classes) - legal:
        raise wrong(f"{kind} is for {names_of(legal)}, not for {names_of(others)}. {why}")
    return frozenset(classes)


def _key(kind: str, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping) or not given:
        raise wrong(f"{kind}: key is a dict with attributes of the item's key, such as {{'isbn': '1'}}.")
    try:
        return normalise_item(given)
    except DynamoException as error:
        raise wrong(f"{kind}: key has a value that no key can have. {error}") from None


def _one_of(kind: str, name: str, given: object, known: tuple[str, ...]) -> str:
    if isinstance(given, str) and given in known:
        return given
    close = get_close_matches(str(given), known, n=1) if isinstance(given, str) else []
    advice = f" Did you mean {close[0]!r}?" if close else f" It is one of {', '.join(known)}."
    raise wrong(f"{kind}: {name} {given!r} is unknown.{advice}")


def _shown(given: object) -> str:
    return given.__name__ if isinstance(given, type) else f"an instance of {type(given).__name__}"
