"""Every verb of a model as a function: ``verbs.save(book, partial=True)``, ``verbs.get(Book, isbn="1")``.

They work for each model, whatever names its fields, back references and methods have: a field ``delete_batch`` hides
the method, but not ``verbs.delete_batch(Book, …)``. A verb that a model overrides is not called; these are DynamORM's.
The first argument is the instance or the model, and all others are those of the method, whose documentation holds.
Those with an ``a`` in front are awaited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from dynamorm.data.values import Item
from dynamorm.model.models import DynaModel
from dynamorm.model.verbs.keys import key_of_instance, key_of_model
from dynamorm.model.verbs.pending import refuse_extra

if TYPE_CHECKING:
    from dynamorm.model.reads.reads import QueryIterator
    from dynamorm.model.reads.scans import ScanIterator

__all__ = [
    "aby_unique",
    "acreate",
    "adelete",
    "adelete_batch",
    "adelete_item",
    "aexists",
    "afetch",
    "aget",
    "aget_batch",
    "aget_or_create",
    "amove",
    "aput",
    "aput_batch",
    "aput_unique",
    "arefresh",
    "asave",
    "aupdate",
    "aupdate_item",
    "by_unique",
    "copy",
    "create",
    "delete",
    "delete_batch",
    "delete_item",
    "exists",
    "from_image",
    "from_json",
    "from_schema",
    "get",
    "get_batch",
    "get_or_create",
    "key",
    "move",
    "new_from_raw",
    "part",
    "put",
    "put_batch",
    "put_unique",
    "query",
    "refresh",
    "save",
    "scan",
    "to_dict",
    "to_json",
    "to_schema",
    "update",
    "update_item",
    "validate",
]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Model = TypeVar("Model", bound=DynaModel)


def _function(verb: Callable[Arguments, Result]) -> Callable[Concatenate[type[DynaModel], Arguments], Result]:
    """Return the function of a class's *verb*, which takes the class as its first argument."""
    function: Callable[Concatenate[type[DynaModel], Arguments], Result] = verb.__func__  # type: ignore[attr-defined]
    return function


# The same, typed for verbs that return instances of the class, or reads of them.


def _finds_one(verb: Callable[Arguments, Any]) -> Callable[Concatenate[type[Model], Arguments], Model | None]:
    return _function(verb)


def _makes(verb: Callable[Arguments, Any]) -> Callable[Concatenate[type[Model], Arguments], Model]:
    return _function(verb)


def _copies(verb: Callable[Concatenate[Any, Arguments], Any]) -> Callable[Concatenate[Model, Arguments], Model]:
    return verb


def _makes_one(verb: Callable[Arguments, Any]) -> Callable[Concatenate[type[Model], Arguments], tuple[Model, bool]]:
    return _function(verb)


def _finds_many(verb: Callable[Arguments, Any]) -> Callable[Concatenate[type[Model], Arguments], Iterator[Model]]:
    return _function(verb)


def _queries(verb: Callable[Arguments, Any]) -> Callable[Concatenate[type[Model], Arguments], QueryIterator[Model]]:
    return _function(verb)


def _scans(verb: Callable[Arguments, Any]) -> Callable[Concatenate[type[Model], Arguments], ScanIterator[Model]]:
    return _function(verb)


# The same for those that are awaited.


def _afinds_one(
    verb: Callable[Arguments, Any],
) -> Callable[Concatenate[type[Model], Arguments], Coroutine[Any, Any, Model | None]]:
    return _function(verb)


def _amakes(
    verb: Callable[Arguments, Any],
) -> Callable[Concatenate[type[Model], Arguments], Coroutine[Any, Any, Model]]:
    return _function(verb)


def _amakes_one(
    verb: Callable[Arguments, Any],
) -> Callable[Concatenate[type[Model], Arguments], Coroutine[Any, Any, tuple[Model, bool]]]:
    return _function(verb)


def _afinds_many(
    verb: Callable[Arguments, Any],
) -> Callable[Concatenate[type[Model], Arguments], AsyncIterator[Model]]:
    return _function(verb)


def key(what: DynaModel | type[DynaModel], /, *parts: Any, **key: Any) -> Item:
    """Return the primary key of *what*, an instance or a model with these parts, as the table holds it."""
    if isinstance(what, type):
        return key_of_model(what, *parts, **key)
    refuse_extra(what, parts or key or None)
    return key_of_instance(what)


# Verbs of an instance
validate = DynaModel.validate
to_dict = DynaModel.to_dict
to_json = DynaModel.to_json
to_schema = DynaModel.to_schema
save = DynaModel.save
update = DynaModel.update
delete = DynaModel.delete
refresh = DynaModel.refresh
copy = _copies(DynaModel.copy)
move = DynaModel.move
asave = DynaModel.asave
aupdate = DynaModel.aupdate
adelete = DynaModel.adelete
arefresh = DynaModel.arefresh
afetch = DynaModel.afetch
amove = DynaModel.amove

# Verbs of a class
create = _makes(DynaModel.create)
part = _makes(DynaModel.part)
new_from_raw = _finds_one(DynaModel.new_from_raw)
from_image = _finds_one(DynaModel.from_image)
from_json = _makes(DynaModel.from_json)
from_schema = _makes(DynaModel.from_schema)
put = _finds_one(DynaModel.put)
put_unique = _function(DynaModel.put_unique)
put_batch = _function(DynaModel.put_batch)
update_item = _function(DynaModel.update_item)
delete_item = _finds_one(DynaModel.delete_item)
delete_batch = _function(DynaModel.delete_batch)
get = _finds_one(DynaModel.get)
by_unique = _finds_one(DynaModel.by_unique)
exists = _function(DynaModel.exists)
get_or_create = _makes_one(DynaModel.get_or_create)
get_batch = _finds_many(DynaModel.get_batch)
query = _queries(DynaModel.query)
scan = _scans(DynaModel.scan)
acreate = _amakes(DynaModel.acreate)
aput = _afinds_one(DynaModel.aput)
aput_unique = _function(DynaModel.aput_unique)
aput_batch = _function(DynaModel.aput_batch)
aupdate_item = _function(DynaModel.aupdate_item)
adelete_item = _afinds_one(DynaModel.adelete_item)
adelete_batch = _function(DynaModel.adelete_batch)
aget = _afinds_one(DynaModel.aget)
aby_unique = _afinds_one(DynaModel.aby_unique)
aexists = _function(DynaModel.aexists)
aget_or_create = _amakes_one(DynaModel.aget_or_create)
aget_batch = _afinds_many(DynaModel.aget_batch)
