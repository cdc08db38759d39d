"""Names in nested maps that a nested schema does not know: stored items are read with them, and keep them if told to.

A newer version of the program, a ``Function`` field or a ``post_dump`` hook may have stored them. Marshmallow's default
for nested schemas refuses such names, so nobody could read the item. The public methods ``load`` and ``dump`` of nested
schemas are replaced, in the instances that belong to the adapter's own schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import marshmallow
from marshmallow import fields

#: Whether a stored item is loaded now, in which unknown names are no mistake of the program.
_LOADS_ITEM: ContextVar[bool] = ContextVar("dynamorm_marshmallow_loads_item", default=False)


def nested_fields(found: Iterable[Any]) -> Iterator[fields.Nested]:
    """Yield the fields of nested schemas among the fields that were *found*, and in their elements and entries."""
    for field in found:
        if isinstance(field, fields.Nested):
            yield field
        elif isinstance(field, fields.List):
            yield from nested_fields([field.inner])
        elif isinstance(field, fields.Tuple):
            yield from nested_fields(field.tuple_fields)
        elif isinstance(field, fields.Mapping):
            yield from nested_fields(part for part in (field.key_field, field.value_field) if part is not None)


class ItemLoading:
    """A block in which the schemas nested in a *schema* leave out the names that they would refuse."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._fields = list(nested_fields(schema.load_fields.values()))
        self._prepared = False

    def __bool__(self) -> bool:
        return bool(self._fields)

    def __enter__(self) -> None:
        if not self._prepared:
            # Only now, because a nested schema may be named by a string, and be defined later.
            _prepare_loading(self._fields)
            self._prepared = True
        _LOADS_ITEM.set(True)

    def __exit__(self, *_: object) -> None:
        _LOADS_ITEM.set(False)


def _prepare_loading(found: Iterable[fields.Nested]) -> None:
    for field in found:
        if not isinstance(field.schema.load, _Load):
            field.schema.load = _Load(field.schema)  # type: ignore[method-assign]


class _Load:
    """The ``load`` of an instance of a nested schema."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._load = schema.load
        self._schema = schema
        self._prepared = False

    def __call__(self, data: Any, *, unknown: Any = None, **options: Any) -> Any:
        if _LOADS_ITEM.get():
            if not self._prepared:
                _prepare_loading(nested_fields(self._schema.load_fields.values()))
                self._prepared = True
            if (unknown or self._schema.unknown) == marshmallow.RAISE:
                unknown = marshmallow.EXCLUDE
        return self._load(data, unknown=unknown, **options)


def keep_unknown(field: fields.Nested) -> None:
    """Have the schema of a nested *field* dump the names that it loads without knowing them, as its options say."""
    schema = field.schema
    if (field.unknown or schema.unknown) == marshmallow.INCLUDE and not isinstance(schema.dump, _Dump):
        schema.dump = _Dump(schema)  # type: ignore[method-assign, assignment]


class _Dump:
    """The ``dump`` of an instance of a nested schema that includes unknown names."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._dump = schema.dump
        self._known = {field.attribute or name for name, field in schema.fields.items()}
        self._many = schema.many

    def __call__(self, value: Any, *, many: bool | None = None) -> Any:
        dumped = self._dump(value, many=many)
        if self._many if many is None else many:
            return [self._with_unknown(*pair) for pair in zip(value, dumped, strict=True)]
        return self._with_unknown(value, dumped)

    def _with_unknown(self, value: Any, dumped: Any) -> Any:
        if not (isinstance(value, Mapping) and isinstance(dumped, dict)):
            return dumped
        unknown = value.keys() - self._known - dumped.keys()
        return {**dumped, **{name: each for name, each in value.items() if name in unknown}}
