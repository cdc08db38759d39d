"""Loading and dumping a schema field by field, without ``Schema.load`` and ``Schema.dump``.

When it is taken: for a schema that consists of fields and a ``class Meta`` alone. A hook, a validator method, any other
method, a metaclass of its own, ``many=True`` or a field with ``attribute=`` leaves the whole schema to Marshmallow, and
so does ``DYNAMORM_SCHEMA_FAST_PATH=0`` in the environment. The adapter decides it once, when the model is defined. In
one case it decides per item: names without a field, which the schema does not exclude, are left to Marshmallow.

What it saves: ``Schema.load`` and ``Schema.dump`` look for hooks and overridden methods with every item. Here the
``deserialize`` or ``serialize`` of each field is called directly, in Marshmallow's order, and not even that for values
that the field returns unchanged (:mod:`dynamorm_marshmallow.passthrough`). That is over nine tenths of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import marshmallow
from marshmallow import fields, missing
from marshmallow.exceptions import SCHEMA

from dynamorm.ports.passthrough import NEEDS_CONVERSION, PassthroughCopy
from dynamorm_marshmallow.date_times import conversion_of
from dynamorm_marshmallow.passthrough import has_hooks, passthrough_of

#: Fields that serialise the whole object, or nothing of it, instead of one value.
COMPUTED_FIELDS = (fields.Constant, fields.Function, fields.Method)


def has_fast_path(definition: type, schema: marshmallow.Schema) -> bool:
    """Return whether the *definition* of a *schema* has only fields and a ``class Meta``: no code to run per item."""
    if type(type(schema)) is not type(marshmallow.Schema) or schema.many:
        return False
    own = [base for base in definition.__mro__ if base not in marshmallow.Schema.__mro__]
    members = [value for base in own for name, value in vars(base).items() if name not in _IN_EVERY_CLASS]
    if not all(isinstance(value, fields.Field) or value is get_attribute for value in members):
        return False
    # With attribute=, a loaded value can have the name of another field; Marshmallow merges errors of the name SCHEMA.
    return all(field.attribute is None and _key(name, field) != SCHEMA for name, field in schema.fields.items())


class _FieldStep(NamedTuple):
    """How the value of one field is loaded or dumped."""

    name: str
    key: str
    #: Values of exactly this type pass through.
    exact_type: type | None
    copy: PassthroughCopy | None
    #: The field's own ``deserialize`` or ``serialize``.
    convert: Callable[..., Any]
    #: Whether the field has to be called when its value is missing: for a default or an error.
    handles_missing: bool


class FastLoader:
    """Does what ``schema.load(…, unknown=EXCLUDE)`` does."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._steps = [
            _FieldStep(
                name,
                _key(name, field),
                *passthrough_of(field, loading=True),
                field.deserialize,
                field.required or field.load_default is not missing or not _is_marshmallows_own(field),
            )
            for name, field in schema.load_fields.items()
        ]
        self._keys = {step.key for step in self._steps}

    def covers(self, data: Mapping[str, Any]) -> bool:
        """Return whether each name in the *data* is that of a field."""
        return data.keys() <= self._keys

    def load(self, data: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the loaded values by field name.

        Raises:
            marshmallow.ValidationError: A field refuses its value; it has the messages of all fields that do.
        """
        options = {"partial": True} if partial else {}
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        get = data.get
        for name, key, exact_type, copy, deserialize, handles_missing in self._steps:
            value = get(key, missing)
            if type(value) is exact_type:
                loaded[name] = value
                continue
            if value is missing:
                if partial or not handles_missing:
                    continue
            elif copy is not None:
                copied = copy(value)
                if copied is not NEEDS_CONVERSION:
                    loaded[name] = copied
                    continue
            try:
                value = deserialize(value, key, data, **options)
            except marshmallow.ValidationError as error:
                errors[key] = _copy_messages(error.messages)
            else:
                if value is not missing:
                    loaded[name] = value
        if errors:
            raise marshmallow.ValidationError(errors, data=dict(data), valid_data=loaded)
        return loaded


class FastDumper:
    """Does what ``schema.dump`` does, also with the schema's ``only``."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._steps = [
            _FieldStep(
                name,
                _key(name, field),
                *passthrough_of(field, loading=False),
                _serialize_in_utc(field),
                field.dump_default is not missing
                or isinstance(field, COMPUTED_FIELDS)
                or not _is_marshmallows_own(field),
            )
            for name, field in schema.dump_fields.items()
        ]
        self._names = set(schema.fields)

    def covers(self, values: Mapping[str, Any]) -> bool:
        """Return whether each name in the *values* is that of a field."""
        return values.keys() <= self._names

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the dumped *values* by attribute name.

        Args:
            values: Native values by field name.
            partial: Dump these values only: no defaults for missing ones, and no computed fields.
        """
        dumped: dict[str, Any] = {}
        get = values.get
        for name, key, exact_type, copy, serialize, handles_missing in self._steps:
            value = get(name, missing)
            if type(value) is exact_type:
                dumped[key] = value
                continue
            if value is missing:
                if partial or not handles_missing:
                    continue
            elif copy is not None:
                copied = copy(value)
                if copied is not NEEDS_CONVERSION:
                    dumped[key] = copied
                    continue
            value = serialize(name, values, accessor=_dict_value)
            if value is not missing:
                dumped[key] = value
        return dumped


def _serialize_in_utc(field: Any) -> Callable[..., Any]:
    """Return the ``serialize`` of a *field*; it gets date-times in UTC."""
    convert = conversion_of(field)
    if convert is None:
        return cast("Callable[..., Any]", field.serialize)

    def serialize(name: str, values: Mapping[str, Any], accessor: Callable[..., Any]) -> Any:
        value = values.get(name, missing)
        converted = value if value is missing else convert(value)
        return field.serialize(name, values, accessor=lambda *_: converted)

    return serialize


def _key(name: str, field: Any) -> str:
    return name if field.data_key is None else str(field.data_key)


def _is_marshmallows_own(field: Any) -> bool:
    return type(field).__module__ == fields.__name__ and not has_hooks(field)


def _copy_messages(messages: Any) -> Any:
    """Return a copy of a validator's *messages*, because a validator may return the same object every time."""
    if isinstance(messages, list):
        return [_copy_messages(message) for message in messages]
    if isinstance(messages, dict):
        return {name: _copy_messages(inner) for name, inner in messages.items()}
    return messages


def get_attribute(self: marshmallow.Schema, obj: Any, attr: str, default: Any) -> Any:
    """Return the value of a field in the object that is dumped: replaces ``Schema.get_attribute``.

    When a field is called ``items`` or ``values`` and has no value, Marshmallow's own finds the method of ``dict``.
    """
    return obj.get(attr, default) if isinstance(obj, Mapping) else _INHERITED(self, obj, attr, default)


_INHERITED = marshmallow.Schema.get_attribute


def _dict_value(values: Mapping[str, Any], name: str, default: Any) -> Any:
    return values.get(name, default)


class _SchemaWithoutFields(marshmallow.Schema):
    """Has what every schema class has besides fields, some of it added by this Python or this Marshmallow."""

    annotated: object

    class Meta:
        """Keeps this schema out of Marshmallow's registry."""

        register = False


class _ClassWithoutFields:
    """Has what every class has that is not a schema."""

    annotated: object


_IN_EVERY_CLASS = vars(_SchemaWithoutFields).keys() | vars(_ClassWithoutFields).keys()
