"""Every public verb with arguments of every wrong kind: what is raised is DynamORM's own, never Python's from inside."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.exceptions import DynaModelException, DynamoException, InvalidOperator
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Thing(DynaModel):
    class Table:
        name = "things-of-wrong-kinds"
        hash_key = "id"

    class ByNumber(GlobalIndex):
        name = "by-number"
        hash_key = "number"
        projection = ProjectAll()

    class Schema:
        id = fields.text(required=True)
        number = fields.integer()
        tags = fields.list_of(fields.text())


class Odd:
    """Something that is neither a mapping nor a sequence."""


WRONG: list[Any] = [
    *(5, -1, 2.5, True, None, "z", "", b"z", [], [5], ["z"], [None], [[]], (), set()),
    *({}, {"z": 1}, {5: 5}, Odd(), Odd, Thing, lambda: 1),
]
#: The model, for arguments that type checkers refuse, too.
THING: Any = Thing
#: What stands for an argument that is not the wrong one.
RIGHT: Mapping[str, Any] = {
    **{name: {"id": "1"} for name in ("item", "raw", "key", "keywords")},
    "keys": [{"id": "1"}],
    "wait": False,
    "model": Thing,
}


def _calls(
    verb: Callable[..., Any], lookups: Mapping[str, Any]
) -> Iterator[tuple[str, Any, list[Any], dict[str, Any]]]:
    """Yield the calls of a *verb* in which one argument is of a wrong kind: its name, it, and all arguments."""
    parameters = inspect.signature(verb).parameters.values()
    if any(each.name == "self" for each in parameters):
        # A method of instances, seen through the class.
        return
    for wrong, value in itertools.product(parameters, WRONG):
        if wrong.name in ("progress", "callback") and callable(value):
            # What a callback of the program's raises is its own.
            continue
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for each in parameters:
            given = value if each is wrong else RIGHT.get(each.name, lookups if each.name == "lookups" else None)
            if each is not wrong and given is None and (each.default is not each.empty or "VAR" in each.kind.name):
                continue
            given = Thing(id="1") if each is not wrong and each.name == "instance" else given
            if each.kind in (each.POSITIONAL_ONLY, each.VAR_POSITIONAL):
                positional.append(given)
            elif each.kind is not each.VAR_KEYWORD:
                keywords[each.name] = given
            elif isinstance(given, dict):
                keywords |= {name: entry for name, entry in given.items() if isinstance(name, str)}
        yield wrong.name, value, positional, keywords


def _leaks(owner: Any, receiver: Callable[[], Any], lookups: Mapping[str, Any] | None = None) -> list[str]:
    """Return the calls of the public verbs of an *owner*, made on a new *receiver*, that raise what is not ours."""
    with asyncio.Runner() as runner:
        return list(_leaks_in(runner, owner, receiver, lookups))


def _leaks_in(
    runner: asyncio.Runner, owner: Any, receiver: Callable[[], Any], lookups: Mapping[str, Any] | None
) -> Iterator[str]:
    for name in sorted(each for each in dir(owner) if not each.startswith("_")):
        verb = inspect.getattr_static(owner, name, None)
        if isinstance(verb, type) or not callable(getattr(owner, name, None)) or name in ("layout", "bound"):
            continue
        for parameter, value, positional, keywords in _calls(getattr(owner, name), lookups or {}):
            try:
                result = getattr(receiver(), name)(*positional, **keywords)
                if inspect.iscoroutine(result):
                    runner.run(result)
                elif hasattr(result, "__anext__"):
                    runner.run(_first_two(result))
                elif hasattr(result, "__next__"):
                    list(itertools.islice(result, 2))
            except (DynamoException, DeprecationWarning):
                pass
            except Exception as error:  # noqa: BLE001 - what is looked for
                yield f"{name}({parameter}={type(value).__name__}) raises {error!r}"


async def _first_two(result: AsyncIterator[object]) -> None:
    with suppress(StopAsyncIteration):
        await anext(result)
        await anext(result)


class _Verbs:
    """Some of the verbs of an *owner*, by their names."""

    def __init__(self, owner: object, names: list[str]) -> None:
        self._owner = owner
        self._names = names

    def __dir__(self) -> list[str]:
        return self._names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._owner, name)


@pytest.fixture(name="stored")
def _stored(connected: Backend) -> Thing:
    table_of(Thing).create_table()
    Thing.put({"id": "1", "number": 1})
    return Thing.query(id="1").one()


@pytest.mark.usefixtures("stored")
def test_verbs_of_the_class() -> None:
    verbs = [name for name in dir(Thing) if isinstance(inspect.getattr_static(Thing, name, None), classmethod)]
    assert _leaks(_Verbs(Thing, verbs), lambda: Thing, {"id": "1"}) == []


def test_verbs_of_an_instance(stored: Thing) -> None:
    def receiver() -> Thing:
        with suppress(DynamoException):
            stored.save()
        return Thing.query(id="1").one()

    verbs = [name for name in dir(stored) if not isinstance(inspect.getattr_static(Thing, name, None), classmethod)]

    assert _leaks(_Verbs(stored, [name for name in verbs if name.islower()]), receiver) == []


@pytest.mark.usefixtures("stored")
def test_verbs_of_tables_indexes_and_reads() -> None:
    assert _leaks(Thing.Table, lambda: Thing.Table) == []
    assert _leaks(Thing.ByNumber, lambda: Thing.ByNumber, {"number": 1}) == []
    for read in (lambda: Thing.query(id="1"), Thing.scan):
        assert _leaks(read(), read) == []


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("block", [dynamorm.transaction, dynamorm.batch])
def test_verbs_of_blocks(block: Callable[[], Any]) -> None:
    class InBlock:
        def __dir__(self) -> list[str]:
            return dir(block())

        def __getattr__(self, name: str) -> Any:
            method = getattr(block(), name)
            if not callable(method):
                return method

            def call(*positional: Any, **keywords: Any) -> Any:
                with block() as each:
                    return getattr(each, name)(*positional, **keywords)

            call.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
            return call

    assert _leaks(InBlock(), InBlock) == []


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: THING.query(id="1", query_kwargs="z"),
            DynaModelException,
            r"query_kwargs is a dict .*'Limit'.* not str",
        ),
        (lambda: THING.scan(scan_kwargs=5), DynaModelException, "scan_kwargs is a dict by name, .* not int"),
        (lambda: THING.scan(scan_kwargs={5: 5}), DynaModelException, "not one with names that are no strings"),
        (lambda: THING.ByNumber.query(number=1, query_kwargs=[1]), DynaModelException, "query_kwargs is .* not list"),
        (lambda: THING.ByNumber.scan(scan_kwargs=THING), DynaModelException, "scan_kwargs is .* not ModelMeta"),
        (lambda: THING.update_item(id="1", update_item_kwargs=[]), DynaModelException, "update_item_kwargs is a dict"),
        (lambda: THING.get(id="1", attrs=5), DynaModelException, "attrs is a list of names or field paths.* not int"),
        (lambda: THING.get(id="1", attrs=[5]), DynaModelException, "attrs is a list of .*, but has int in it"),
        (lambda: THING.scan().specific_attributes(None), DynaModelException, "attrs is a list .* not NoneType"),
        (lambda: list(THING.get_batch(None)), DynamoException, "get_batch of Thing takes a list of keys, not NoneType"),
        (lambda: THING.put({"id": "1"}, conditions=5), InvalidOperator, "Conditions are a dict of keywords.* not int"),
        (lambda: THING.put({"id": "1"}, conditions=Odd), InvalidOperator, "Conditions are .* not type"),
        (lambda: THING.put({"id": "1"}, conditions={THING.id: 5}), InvalidOperator, "give the comparison itself"),
        (
            lambda: THING.Table.put(5),
            DynaModelException,
            "An item of the table .* is a dict by attribute name, not int",
        ),
        (lambda: THING.Table.update_table(drop_indexes=5), DynaModelException, "drop_indexes is a list of names"),
        (lambda: THING.scan().prefetch(["x"]), DynaModelException, "has no relationship"),
        (lambda: THING.delete_batch({5: 5}), DynamoException, "has no field '5'"),
    ],
)
@pytest.mark.usefixtures("connected")
def test_what_was_given_and_what_to_give_are_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
