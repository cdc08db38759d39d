"""Each verb that sends something has a counterpart that is awaited: found by introspection, and compared by what it sends."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import replace
from types import FunctionType
from typing import Any

import pytest

import dynamorm
import dynamorm.model
from dynamorm import DynaModel, Key
from dynamorm.data import Operation, TransactWrite
from dynamorm.reads import CollectionQuery, CollectionScan, Pages, QueryIterator, ScanIterator
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.event_loops import awaited
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

#: The functions by which a verb sends something; see ``dynamorm.model.verbs.drivers``.
DRIVERS = {"drive", "drive_on", "drive_stream"}
#: Public functions that drive a plan, and have no counterpart, with the reason.
WITHOUT_COUNTERPART = {
    "copy": "It sends nothing.",
    "drive": "A driver.",
    "drive_on": "A driver.",
    "drive_stream": "A driver.",
}
#: What Python's syntax calls, by what its counterpart calls.
SPECIAL = {"__enter__": "__aenter__", "__exit__": "__aexit__", "__next__": "__anext__", "__iter__": "__aiter__"}
#: The classes of blocks that send something at their end.
BLOCKS = (type(dynamorm.transaction()), type(dynamorm.batch()))


def _function(value: object) -> FunctionType | None:
    """Return the function of a method, a class method or a property; ``None`` for what is none of them.

    It is the one that sends: not the one of a decorator around it.
    """
    function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    return inspect.unwrap(function) if isinstance(function, FunctionType) else None


def _sending() -> Iterator[tuple[object, str]]:
    """Yield each function of the model that drives a plan: the class or the module that it is in, and its name."""
    for found in pkgutil.walk_packages(dynamorm.model.__path__, "dynamorm.model."):
        module = importlib.import_module(found.name)
        owners = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == found.name]
        for owner in (module, *owners):
            for name, value in vars(owner).items():
                function = _function(value)
                if function is None or function.__module__ != found.name:
                    continue
                if DRIVERS.intersection(function.__code__.co_names):
                    yield owner, name


PUBLIC = [
    pytest.param(owner, name, id=f"{owner.__name__}.{name}")  # type: ignore[attr-defined]
    for owner, name in _sending()
    if (name in SPECIAL or not name.startswith("_")) and name not in WITHOUT_COUNTERPART
]


def test_no_verb_sends_in_a_private_function() -> None:
    private = {name for _, name in _sending() if name.startswith("_") and name not in SPECIAL}
    # The first is copy, which sends nothing; the second reads a related instance, for which there is afetch.
    assert private == {"__replace__", "_read"}


@pytest.mark.parametrize(("owner", "name"), PUBLIC)
def test_a_verb_that_sends_has_a_counterpart_with_an_equal_signature(owner: Any, name: str) -> None:
    found = DynaModel if isinstance(owner, type) and issubclass(DynaModel, owner) else owner
    other = SPECIAL.get(name, f"a{name}")
    verb, counterpart = inspect.getattr_static(found, name), inspect.getattr_static(found, other, None)
    assert isinstance(counterpart, classmethod) == isinstance(verb, classmethod)
    function, synchronous = _function(counterpart), _function(verb)
    assert function is not None, f"{name} has no counterpart {other}."
    assert synchronous is not None
    if name not in SPECIAL:
        assert inspect.iscoroutinefunction(function) or "AsyncIterator" in function.__annotations__["return"]
    signature, expected = inspect.signature(function), inspect.signature(synchronous)
    if "AsyncIterator" in str(signature.return_annotation):
        returned = str(expected.return_annotation).replace("Iterator[", "AsyncIterator[")
        expected = expected.replace(return_annotation=returned)
    assert signature == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, name, id=f"{kind.__name__}.{name}")
        for kind in (QueryIterator, ScanIterator, CollectionQuery, CollectionScan, Pages, *BLOCKS)
        for name in ("__iter__", "__next__", "__enter__", "__exit__", "grouped")
        if hasattr(kind, name)
    ],
)
def test_what_sends_by_other_functions_has_a_counterpart(kind: type, name: str) -> None:
    """The syntax of Python, and a verb that iterates over the read itself."""
    other = SPECIAL.get(name, f"a{name}")
    counterpart = getattr(kind, other, None)
    assert counterpart is not None, f"{kind.__name__}.{name} has no counterpart {other}."
    assert not getattr(counterpart, "__isabstractmethod__", False)


def test_the_functions_have_the_counterparts_too() -> None:
    verbs = set(dynamorm.verbs.__all__)
    missing = {f"a{name}" for owner, name in _sending() if isinstance(owner, type) and name in verbs}
    assert missing - verbs == {"acopy"}
    coroutine_functions = {name for name in verbs if inspect.iscoroutinefunction(getattr(dynamorm.verbs, name))}
    # Where nothing is awaited, the attribute fetches.
    assert {name for name in coroutine_functions if name[1:] not in verbs} == {"afetch"}


# What they send


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        born = fields.integer()


class Member(DynaModel):
    class Table:
        name = "members"
        hash_key = "name"
        unique = (dynamorm.Unique("email"),)

    class Schema:
        name = fields.text(required=True)
        email = fields.text()


class Composed(DynaModel):
    class Table:
        name = "authors"
        hash_key = Key("{title}", attribute="name")

    class Schema:
        title = fields.text()
        born = fields.integer()


Verb = Callable[..., Any]
#: The calls of each verb, given a function that takes an owner and the name of the verb, and returns the verb.
CALLS: dict[str, Callable[[Callable[[Any, str], Verb]], Any]] = {
    "put": lambda verb: verb(Author, "put")({"name": "Bob"}, return_old=True),
    "put_instance": lambda verb: verb(Author, "put")(ann(), conditions={"born": 1}),
    "put_unique": lambda verb: verb(Author, "put_unique")({"name": "Bob"}),
    "put_batch": lambda verb: verb(Author, "put_batch")({"name": "Bob"}, {"name": "Cid"}),
    "get": lambda verb: verb(Author, "get")("Ann", consistent=True, attrs="name, born"),
    "exists": lambda verb: verb(Author, "exists")("Ann"),
    "get_or_create": lambda verb: verb(Author, "get_or_create")("Bob", defaults={"born": 2}),
    "create": lambda verb: verb(Author, "create")(name="Bob"),
    "by_unique": lambda verb: verb(with_members(), "by_unique")(email="ann@example.com"),
    "get_batch": lambda verb: verb(Author, "get_batch")(["Ann", "Bob"]),
    "update_item": lambda verb: verb(Author, "update_item")(name="Ann", born__plus=1),
    "delete_item": lambda verb: verb(Author, "delete_item")("Ann", return_old=True),
    "delete_batch": lambda verb: verb(Author, "delete_batch")("Ann", "Bob"),
    "save": lambda verb: verb(changed(), "save")(conditions={"born": 1}),
    "save_partially": lambda verb: verb(changed(), "save")(partial=True, return_all=True),
    "update": lambda verb: verb(ann(), "update")(born__plus=3),
    "delete": lambda verb: verb(ann(), "delete")(return_old=True),
    "refresh": lambda verb: verb(ann(), "refresh")(),
    "move": lambda verb: verb(ann(), "move")(name="Eve"),
    "transact_get": lambda verb: verb(dynamorm, "transact_get")((Author, "Ann"), (Author, "Bob")),
    "create_all": lambda verb: verb(dynamorm, "create_all")([Author]),
    "Table.exists": lambda verb: verb(table_of(Author), "exists")(),
    "Table.create_table": lambda verb: verb(table_of(Author), "create_table")(exist_ok=True),
    "Table.plan": lambda verb: list(verb(table_of(Author), "plan")()),
    "Table.update_table": lambda verb: verb(table_of(Author), "update_table")(),
    "Table.delete": lambda verb: verb(table_of(Author), "delete")(),
    "Table.put": lambda verb: verb(table_of(Author), "put")({"name": "Bob"}),
    "Table.get": lambda verb: verb(table_of(Author), "get")(name="Ann"),
    "Table.check": lambda verb: verb(table_of(Author), "check")(),
    "Table.reindex": lambda verb: verb(table_of(Composed), "reindex")(),
    "Table.delete_partition": lambda verb: verb(table_of(Author), "delete_partition")(name="Ann"),
    "Table.delete_item": lambda verb: verb(table_of(Author), "delete_item")(name="Ann"),
}


def ann() -> Author:
    return Author.query(name="Ann").one()


def with_members() -> type[Member]:
    table_of(Member).create_table()
    Member(name="Ann", email="ann@example.com").save()
    return Member


def changed() -> Author:
    author = ann()
    author.born = 5
    return author


def blocking(owner: Any, name: str) -> Verb:
    verb = getattr(owner, name)
    if not callable(verb):
        return lambda: verb
    return lambda *given, **keywords: _listed(verb(*given, **keywords))


def in_event_loop(owner: Any, name: str) -> Verb:
    verb = getattr(owner, f"a{name}")
    return lambda *given, **keywords: awaited(_awaited(verb(*given, **keywords)))


def _listed(returned: Any) -> Any:
    return list(returned) if isinstance(returned, Iterator) else returned


async def _awaited(returned: Coroutine[Any, Any, Any] | AsyncIterator[Any]) -> Any:
    return [each async for each in returned] if isinstance(returned, AsyncIterator) else await returned


class Keeping(RecordingBackend):
    """Keeps the operations on tables, too."""

    def execute(self, operation: Operation[Any]) -> Any:
        self.sent.append(replace(operation, token="") if isinstance(operation, TransactWrite) else operation)
        return self._backend.execute(operation)


@pytest.mark.parametrize("call", CALLS)
def test_a_counterpart_sends_the_same_and_returns_the_same(call: str) -> None:
    sent, returned = [], []
    for way in (blocking, in_event_loop):
        with dynamorm.using("sqlite:///:memory:") as connection, dynamorm.using(Keeping(connection.backend)) as kept:
            table_of(Author).create_table()
            Author.put({"name": "Ann", "born": 1})
            assert isinstance(kept.backend, Keeping)
            kept.backend.sent.clear()
            returned.append(CALLS[call](way))
            sent.append(kept.backend.sent)
    assert sent[0]
    assert sent[0] == sent[1]
    assert returned[0] == returned[1]
    assert repr(returned[0]) == repr(returned[1])


def test_each_verb_is_compared() -> None:
    compared = {name.removeprefix("Table.") for name in CALLS} | {"create", "update", "drop"}
    reads = {"count", "exists", "first", "next_page", "one"}
    sending = {name for owner, name in _sending() if not name.startswith("_")}
    assert sending - compared - reads - WITHOUT_COUNTERPART.keys() == set()
