"""Loading and dumping with the fields of a schema that is made of nothing else.

``Schema.load`` and ``Schema.dump`` look for hooks and overridden methods with each item. A schema that has none can do
without: its fields are asked one after the other, as Marshmallow does, and only for values that they do not take as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import marshmallow
from marshmallow import fields, missing
from marshmallow.exceptions import SCHEMA

from dynamorm_marshmallow.unchanged import Copy, is_altered, unchanged_copy, unchanged_type

#: Fields whose serialised form is made of the whole object, or of nothing.
COMPUTED = (fields.Constant, fields.Function, fields.Method)


def is_made_of_fields(definition: type, schema: marshmallow.Schema) -> bool:
    """Whether the *definition* of a *schema* holds fields and a ``class Meta`` only, which leave nothing to decide per item."""
    if type(type(schema)) is not type(marshmallow.Schema) or schema.many:
        return False
    own = [base for base in definition.__mro__ if base not in marshmallow.Schema.__mro__]
    members = [value for base in own for name, value in vars(base).items() if name not in _IN_EVERY_CLASS]
    if not all(isinstance(value, fields.Field) or value is get_attribute for value in members):
        return False
    # Other names of loaded values could be those of other fields; errors of the name SCHEMA are merged.
    return all(field.attribute is None and _key(name, field) != SCHEMA for name, field in schema.fields.items())


class _Step(NamedTuple):
    """What one field does in a loop."""

    name: str
    key: str
    #: The type whose values are taken as they are.
    unchanged: type | None
    copied: Copy | None
    #: The field's own ``deserialize`` or ``serialize``.
    convert: Callable[..., Any]
    #: Whether the field has something to say when there is no value.
    speaks_of_missing: bool


class LoadLoop:
    """The equal of ``schema.load`` with ``unknown=EXCLUDE``."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._steps = [
            _Step(
                name,
                _key(name, field),
                unchanged_type(field, loading=True),
                unchanged_copy(field, loading=True),
                field.deserialize,
                field.required or field.load_default is not missing or not _is_marshmallows_own(field),
            )
            for name, field in schema.load_fields.items()
        ]
        self._keys = {step.key for step in self._steps}

    def knows(self, data: Mapping[str, Any]) -> bool:
        """Whether there is a field for everything in the *data*."""
        return data.keys() <= self._keys

    def load(self, data: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """The loaded values by field name. Raises Marshmallow's ``ValidationError``, with the messages of all fields."""
        options = {"partial": True} if partial else {}
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        get = data.get
        for name, key, unchanged, copied, deserialize, speaks_of_missing in self._steps:
            value = get(key, missing)
            if type(value) is unchanged:
                loaded[name] = value
                continue
            if value is missing:
                if partial or not speaks_of_missing:
                    continue
            elif copied is not None:
                copy = copied(value)
                if copy is not missing:
                    loaded[name] = copy
                    continue
            try:
                value = deserialize(value, key, data, **options)
            except marshmallow.ValidationError as error:
                errors[key] = _copy(error.messages)
            else:
                if value is not missing:
                    loaded[name] = value
        if errors:
            raise marshmallow.ValidationError(errors, data=dict(data), valid_data=loaded)
        return loaded


class DumpLoop:
    """The equal of ``schema.dump``, and of the same with the schema's ``only``."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._steps = [
            _Step(
                name,
                _key(name, field),
                unchanged_type(field, loading=False),
                unchanged_copy(field, loading=False),
                field.serialize,
                field.dump_default is not missing or isinstance(field, COMPUTED) or not _is_marshmallows_own(field),
            )
            for name, field in schema.dump_fields.items()
        ]
        self._names = set(schema.fields)

    def knows(self, values: Mapping[str, Any]) -> bool:
        """Whether there is a field for each of the *values*."""
        return values.keys() <= self._names

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """The dumped *values* by attribute name; when *partial*, only these, without what fields make of nothing."""
        dumped: dict[str, Any] = {}
        get = values.get
        for name, key, unchanged, copied, serialize, speaks_of_missing in self._steps:
            value = get(name, missing)
            if type(value) is unchanged:
                dumped[key] = value
                continue
            if value is missing:
                if partial or not speaks_of_missing:
                    continue
            elif copied is not None:
                copy = copied(value)
                if copy is not missing:
                    dumped[key] = copy
                    continue
            value = serialize(name, values, accessor=_dict_value)
            if value is not missing:
                dumped[key] = value
        return dumped


def _key(name: str, field: Any) -> str:
    return name if field.data_key is None else str(field.data_key)


def _is_marshmallows_own(field: Any) -> bool:
    return type(field).__module__ == fields.__name__ and not is_altered(field)


def _copy(messages: Any) -> Any:
    """A copy of *messages*, of which a validator may give the same ones each time."""
    if isinstance(messages, list):
        return [_copy(message) for message in messages]
    return {name: _copy(inner) for name, inner in messages.items()} if isinstance(messages, dict) else messages


def get_attribute(self: marshmallow.Schema, obj: Any, attr: str, default: Any) -> Any:
    """The value of a field in what is dumped, a ``Schema.get_attribute``.

    Marshmallow's own takes a method of ``dict`` for the value that is not there: of a field called ``items``, or ``values``.
    """
    return obj.get(attr, default) if isinstance(obj, Mapping) else _INHERITED(self, obj, attr, default)


_INHERITED = marshmallow.Schema.get_attribute


def _dict_value(values: Mapping[str, Any], name: str, default: Any) -> Any:
    return values.get(name, default)


class _SchemaWithoutFields(marshmallow.Schema):
    """What the body of every schema's class holds beside fields, some of it by this Python's or this Marshmallow's doing."""

    annotated: object

    class Meta:
        """Keeps this one out of Marshmallow's registry."""

        register = False


class _ClassWithoutFields:
    """The same for a class that is no schema."""

    annotated: object


_IN_EVERY_CLASS = vars(_SchemaWithoutFields).keys() | vars(_ClassWithoutFields).keys()
