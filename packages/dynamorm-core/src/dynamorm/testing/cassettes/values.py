"""The values of attributes in operations, results and exceptions, wherever they stand, to be replaced by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from dynamorm.data.conditions import DescribedKeyCondition, KeyCondition, Value
from dynamorm.data.paths import Path
from dynamorm.data.results import BatchGetResult
from dynamorm.exceptions import DynamoException

#: Returns what stands in the place of a value, which is given with the name of its attribute.
Change: TypeAlias = Callable[[str, Any], Any]

#: What exceptions, and the reasons in them, have of items.
_OF_ITEMS = frozenset({"item", "key", "owner", "expected"})


def with_values(value: Any, change: Change, path: Path | None = None) -> Any:
    """Return a *value* with its attributes changed. *path* is that of the attribute that a part of it is about."""
    if isinstance(value, DynamoException):
        return _exception(value, change)
    if isinstance(value, Value):
        return Value(_at(path, value.value, change))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _record(value, change, path)
    if isinstance(value, tuple):
        return _tuple(value, change, path)
    return [with_values(each, change) for each in value] if isinstance(value, list) else value


def _record(value: Any, change: Change, path: Path | None) -> Any:
    kind = KeyCondition if isinstance(value, DescribedKeyCondition) else type(value)
    fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    hidden = {each.name for each in dataclasses.fields(value) if not each.repr}
    path = path or _path_of(fields.values())
    for name, content in fields.items():
        if name not in hidden:
            fields[name] = with_values(content, change, path)
        elif kind is KeyCondition and isinstance(content, tuple):
            attribute, operand = content
            fields[name] = (attribute, _changed(attribute, operand, change))
        elif kind is BatchGetResult:
            fields[name] = {table: [_item(each, change) for each in items] for table, items in content.items()}
        elif name == "value":
            fields[name] = _at(path, content, change)
        elif isinstance(content, (list, tuple)):
            fields[name] = type(content)(_item(each, change) for each in content)
        else:
            fields[name] = _item(content, change)
    return kind(**fields)


def _path_of(contents: Iterable[Any]) -> Path | None:
    # A size is no value of the attribute.
    return next((content for content in contents if isinstance(content, Path)), None)


def _tuple(value: tuple[Any, ...], change: Change, path: Path | None) -> tuple[Any, ...]:
    if not hasattr(value, "_fields"):
        return tuple(with_values(each, change, path) for each in value)
    return type(value)(*(_of_error(name, getattr(value, name), change) for name in value._fields))


def _exception(error: DynamoException, change: Change) -> DynamoException:
    changed = type(error).__new__(type(error))
    changed.args = error.args
    for name, content in vars(error).items():
        vars(changed)[name] = _of_error(name, content, change)
    return changed


def _of_error(name: str, content: Any, change: Change) -> Any:
    """Return the *content* of an attribute of an exception, or of a reason, with its values changed."""
    return _item(content, change) if name in _OF_ITEMS else with_values(content, change)


def _item(item: Any, change: Change) -> Any:
    """Return an *item* or a key with its attributes changed; anything else as it is."""
    if not isinstance(item, Mapping):
        return item
    return {name: _changed(name, each, change) for name, each in item.items()}


def _at(path: Path | None, value: Any, change: Change) -> Any:
    for element in () if path is None else path.elements:
        if isinstance(element, str):
            value = change(element, value)
    return _nested(value, change)


def _changed(name: str, value: Any, change: Change) -> Any:
    return _nested(change(name, value), change)


def _nested(value: Any, change: Change) -> Any:
    if isinstance(value, dict):
        return {name: _changed(name, each, change) for name, each in value.items()}
    return [_nested(each, change) for each in value] if isinstance(value, list) else value
