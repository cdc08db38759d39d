"""Operations, results and exceptions as JSON, and back: exactly, whatever values they have.

A record is an object with its name under ``"$"`` and those of its fields that don't have their default. Strings,
integers, floats, booleans, ``None``, lists and maps are those of JSON, and what JSON lacks is an object with one name
that begins with ``"$"``.
"""

from __future__ import annotations

import dataclasses
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, TypeAlias

from dynamorm import data, exceptions
from dynamorm.data.conditions import DescribedKeyCondition, KeyCondition
from dynamorm.data.operations import ListTables
from dynamorm.data.results import BatchGetResult
from dynamorm.data.tables import TableNames, TableSpec
from dynamorm.exceptions import DynamoException

#: What JSON can hold.
Json: TypeAlias = Any
#: Renames a table.
Rename: TypeAlias = Callable[[str], str]

KIND = "$"
_MISSING = object()
_known_names: dict[type[Any], Mapping[str, object] | None] = {}


class UnknownName(Exception):
    """There is no operation, result, exception or field of this name here."""


def encode(value: Any, rename: Rename) -> Json:
    """Return a *value* as JSON, with its tables renamed."""
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Decimal():
            return {"$decimal": str(value)}
        case bytes():
            return {"$bytes": b64encode(value).decode()}
        case set():
            return {"$set": sorted((encode(each, rename) for each in value), key=json.dumps)}
        case DynamoException():
            return _encoded_exception(value, rename)
        case Mapping():
            return _encoded_mapping(value, rename)
        case list():
            return [encode(each, rename) for each in value]
    names = _names(type(value))
    if names is not None:
        return _encoded_record(value, names, rename)
    if isinstance(value, tuple):
        return {"$tuple": [encode(each, rename) for each in value]}
    raise TypeError(f"A cassette can't hold a {type(value).__name__}.")


#: The other fields that are the name of a table.
_NAMES = {(TableSpec, "name"), (ListTables, "after"), (TableNames, "last")}


def decode(form: Json, rename: Rename) -> Any:
    """Return the value of which *form* is the JSON, with its tables renamed.

    Raises:
        UnknownName: It is of a later release.
    """
    if isinstance(form, list):
        return [decode(each, rename) for each in form]
    if not isinstance(form, dict):
        return form
    if KIND in form:
        return _decoded_record(form, rename)
    if len(form) == 1:
        ((kind, content),) = form.items()
        if kind in _SPECIAL:
            return _SPECIAL[kind](content, rename)
        if kind.startswith("$"):
            raise UnknownName(kind)
    return {name: decode(each, rename) for name, each in form.items()}


def _encoded_mapping(value: Mapping[Any, Any], rename: Rename) -> Json:
    if all(isinstance(name, str) and not name.startswith("$") for name in value):
        return {name: encode(each, rename) for name, each in value.items()}
    return {"$map": sorted(([encode(name, rename), encode(each, rename)] for name, each in value.items()), key=str)}


def _encoded_record(value: Any, names: Mapping[str, object], rename: Rename) -> Json:
    kind = KeyCondition if isinstance(value, DescribedKeyCondition) else type(value)
    form = {KIND: kind.__name__}
    for name, default in names.items():
        content = getattr(value, name)
        if type(content) is type(default) and content == default:
            continue
        form[name] = encode(_renamed(kind, name, content, rename), rename)
    return form


def _decoded_record(form: Mapping[str, Json], rename: Rename) -> Any:
    name = form[KIND]
    kind = _public(name)
    content = {each: decode(inner, rename) for each, inner in form.items() if each != KIND}
    if issubclass(kind, DynamoException):
        error = kind.__new__(kind)
        error.args = content["args"]
        vars(error).update(content["state"])
        return error
    names = _names(kind) or {}
    for each in content:
        if each not in names:
            raise UnknownName(f"{name}.{each}")
    return kind(**{each: _renamed(kind, each, inner, rename) for each, inner in content.items()})


def _encoded_exception(error: DynamoException, rename: Rename) -> Json:
    # A plugin may have subclasses of its own, which are not known where the cassette is played.
    kind = next(each for each in type(error).__mro__ if each.__module__ == "dynamorm.exceptions")
    args = tuple(rename(each) if isinstance(each, str) else each for each in error.args)
    return {KIND: kind.__name__, "args": encode(args, rename), "state": encode(dict(vars(error)), rename)}


def _renamed(kind: type, name: str, content: Any, rename: Rename) -> Any:
    if kind is BatchGetResult and name == "items":
        return {rename(table): items for table, items in content.items()}
    if kind is TableNames and name == "names":
        return tuple(map(rename, content))
    is_name = name == "table" or (kind, name) in _NAMES
    return rename(content) if is_name and isinstance(content, str) else content


def _names(kind: type[Any]) -> Mapping[str, object] | None:
    """Return the fields of a record or of a named tuple, with their defaults; ``None`` for another *kind*."""
    if kind not in _known_names:
        _known_names[kind] = _found_names(kind)
    return _known_names[kind]


def _found_names(kind: type[Any]) -> Mapping[str, object] | None:
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        defaults: Mapping[str, object] = getattr(kind, "_field_defaults", {})
        return {name: defaults.get(name, _MISSING) for name in kind._fields}
    if not dataclasses.is_dataclass(kind):
        return None
    names: dict[str, object] = {}
    for field in dataclasses.fields(kind):
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        names[field.name] = _MISSING if default is dataclasses.MISSING else default
    return names


def _public(name: str) -> type[Any]:
    for module in (data, exceptions):
        kind = getattr(module, name, None)
        if isinstance(kind, type) and not isinstance(kind, UnionType):
            return kind
    raise UnknownName(name)


_SPECIAL: Mapping[str, Callable[[Json, Rename], Any]] = {
    "$decimal": lambda content, _: Decimal(content),
    "$bytes": lambda content, _: b64decode(content),
    "$set": lambda content, rename: {decode(each, rename) for each in content},
    "$tuple": lambda content, rename: tuple(decode(each, rename) for each in content),
    "$map": lambda content, rename: {decode(name, rename): decode(each, rename) for name, each in content},
}
