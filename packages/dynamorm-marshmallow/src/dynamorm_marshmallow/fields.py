"""Marshmallow fields as the :class:`~dynamorm.ports.schemas.SchemaField` of DynamORM's core."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import marshmallow
from marshmallow import fields

from dynamorm.data import KeyType, PathElement, identical
from dynamorm.exceptions import DynaModelException, InvalidValue, ValidationError
from dynamorm.ports.date_times import refuse_nested_form
from dynamorm.ports.passthrough import NEEDS_CONVERSION, NO_PASSTHROUGH
from dynamorm.ports.schemas import SchemaField, Shape
from dynamorm_marshmallow.date_times import conversion_of, has_date_times, is_sorted, stored_form
from dynamorm_marshmallow.fast_path import COMPUTED_FIELDS
from dynamorm_marshmallow.passthrough import lossless_check_of, passthrough_of

#: Fields that are serialised part by part.
_CONTAINERS = (fields.List, fields.Tuple, fields.Mapping, fields.Dict)


class MarshmallowField(SchemaField):
    """A field of a schema or of a nested schema, or an element of a list or a map.

    Values may be native or serialised. The field itself decides which a value is: it is native if serialising and
    deserialising it returns it. Lists and maps are split into their parts first.

    When the fast path is taken: with *fast_path*, values of which :mod:`dynamorm_marshmallow.passthrough` knows that
    they are native. What it saves: serialising and deserialising each to find that out.
    """

    def __init__(self, name: str, field: Any, schema_name: str, *, fast_path: bool, unknown: str | None = None) -> None:
        self.name = name
        self.attribute = field.data_key if field.data_key is not None else name
        self.required = bool(field.required)
        self.nullable = bool(field.allow_none)
        self.shape = _shape(field)
        self.key_type = _key_type(field)
        self.ordered = is_sorted(_plain_enum(field))
        self.date_times = self.key_type == "S" and has_date_times(field)
        self.stored_form = stored_form(field)
        self.json_schema = _json_schema(field)
        self.is_computed = bool(field.dump_only)
        self.is_stored = not field.load_only
        # Marshmallow loads a field that it only dumps as it does a name that it does not know.
        is_loaded = not field.dump_only or unknown == marshmallow.INCLUDE
        self.takes_values = is_loaded and not isinstance(field, fields.Constant)
        self._field = field
        # A Pluck is serialised as one field of its schema, so it is no map.
        self._is_nested = isinstance(field, fields.Nested) and not isinstance(field, fields.Pluck)
        self._schema_name = schema_name
        # The copy without validators checks types only: what it refuses is not a value of this type at all.
        self._unvalidated = _without_validators(field)
        self._ignores_values = isinstance(field, COMPUTED_FIELDS)
        self._convert = conversion_of(field)
        self._fast_path = fast_path
        #: Values of exactly this type are their own serialised form, and valid but for the field's validators.
        self.exact_type, self._copy = passthrough_of(field, loading=False) if fast_path else NO_PASSTHROUGH
        self._is_lossless = lossless_check_of(field) if fast_path else None

    @property
    def has_default(self) -> bool:
        """Whether ``load`` fills in a value other than None."""
        return self._field.load_default is not marshmallow.missing and self._field.load_default is not None

    def serialised(self, value: Any) -> Any:
        """Return the serialised form of a *value* that may be native.

        A value that is neither native nor serialised is returned as it is: ``load`` refuses it.
        """
        if type(value) is self.exact_type or value is None or self._ignores_values:
            return value
        if self._copy is not None:
            copied = self._copy(value)
            if copied is not NEEDS_CONVERSION:
                return copied
        if self._is_nested:
            return self._nested(value)
        if self._is_lossless is not None:
            if type(value) is str:
                return value
            if self._is_lossless(value):
                return self._serialise(value)
        if type(self._field) not in _CONTAINERS:
            try:
                text = self._serialise(value)
                native = self._unvalidated.deserialize(text)
            except InvalidValue:
                # Its format can't hold this date.
                raise
            except Exception:  # noqa: BLE001 - a serialiser may raise anything for a value of another type
                return value
            if identical(native, value):
                return text
            if self.shape is Shape.SCALAR and type(native) is type(value) and not self._is_serialised(value):
                # The serialised form loses something: a date-time without its microseconds.
                return text
        return self._parts(value)

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*; see :meth:`SchemaField.dump`."""
        if self._ignores_values or (type(value) is self.exact_type and not validate):
            return value
        if not validate:
            if self._is_lossless is not None and self._is_lossless(value):
                return self._serialise(value)
            copied = NEEDS_CONVERSION if self._copy is None else self._copy(value)
            if copied is not NEEDS_CONVERSION:
                return copied
        field = self._field if validate else self._unvalidated
        try:
            return self._serialise(field.deserialize(self.serialised(value)))
        except marshmallow.ValidationError as error:
            raise ValidationError(value, self._schema_name, {self.name: error.messages}) from error

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of a nested schema, of an element of a list or a tuple, or of a value of a map."""
        if self._is_nested and not _many(self._field):
            return self._named.get(str(element))
        part = self._elements or self._entries
        if isinstance(element, int) and element < len(self._tuple_parts):
            part = self._tuple_parts[element]
        return None if part is None else self._part(part._field, str(element))

    def child_names(self) -> frozenset[str] | None:
        """Return the names of a nested schema's fields; ``None`` for any other field."""
        if self._is_nested and not _many(self._field):
            return frozenset(self._named)
        return None

    def computed_names(self) -> frozenset[str]:
        """Return the names of the fields of a nested schema that are computed from others."""
        return self._named.computed if self._is_nested and not _many(self._field) else frozenset()

    def check_loadable(self, where: str) -> None:
        """Raise ``DynaModelException`` for a field that items must have, and that Marshmallow does not dump."""
        if self.required and not self.is_stored:
            raise DynaModelException(
                f"The field '{self.name}' {where} is required, but load_only, so it is not stored, and no item could "
                "be read. Remove load_only to store it, or required=True."
            )

    def check_below(self) -> None:
        """Raise ``DynaModelException`` for nested schemas that Marshmallow refuses, such as those with clashing fields.

        A nested schema that is given by its name or by a function may not exist yet: it is checked when first used.
        """
        if self._is_nested and not isinstance(self._field.nested, (type, dict, marshmallow.Schema)):
            return
        if self._is_nested and not _many(self._field):
            for field in self._named.values():
                field.check_below()
        for part in (self._elements, self._entries, *self._tuple_parts):
            if part is not None:
                if part.stored_form is not None:
                    refuse_nested_form(self._schema_name.removesuffix("Schema"), f"An element of '{self.name}'")
                part.check_below()

    def _serialise(self, value: Any) -> Any:
        converted = value if self._convert is None or value is None else self._convert(value)
        return self._field.serialize(self.name, None, accessor=lambda *_: converted)

    def _is_serialised(self, value: Any) -> bool:
        try:
            self._unvalidated.deserialize(value)
        except Exception:  # noqa: BLE001 - as in serialised()
            return False
        return True

    def _parts(self, value: Any) -> Any:
        """Return a list, tuple or map with each of its parts serialised; any other *value* as it is."""
        if isinstance(value, (list, tuple)) and self._elements is not None:
            return [self._elements.serialised(element) for element in value]
        if isinstance(value, (list, tuple)) and len(value) == len(self._tuple_parts):
            return [part.serialised(element) for part, element in zip(self._tuple_parts, value, strict=True)]
        if isinstance(value, Mapping) and (self._keys is not None or self._entries is not None):
            return {_serialised(self._keys, key): _serialised(self._entries, entry) for key, entry in value.items()}
        return value

    @cached_property
    def _elements(self) -> MarshmallowField | None:
        if isinstance(self._field, fields.List):
            return self._part(self._field.inner)
        if self._is_nested and _many(self._field):
            one = copy.copy(self._field.schema)
            one.many = False
            return self._part(fields.Nested(one))
        return None

    @cached_property
    def _tuple_parts(self) -> list[MarshmallowField]:
        parts = self._field.tuple_fields if isinstance(self._field, fields.Tuple) else ()
        return [self._part(field) for field in parts]

    @cached_property
    def _keys(self) -> MarshmallowField | None:
        key_field = self._field.key_field if isinstance(self._field, fields.Mapping) else None
        return None if key_field is None else self._part(key_field)

    @cached_property
    def _entries(self) -> MarshmallowField | None:
        value_field = self._field.value_field if isinstance(self._field, fields.Mapping) else None
        return None if value_field is None else self._part(value_field)

    def _part(self, field: Any, name: str | None = None) -> MarshmallowField:
        return MarshmallowField(
            self.name if name is None else name, field, self._schema_name, fast_path=self._fast_path
        )

    @cached_property
    def _named(self) -> NamedFields:
        model_name = self._schema_name.removesuffix("Schema")
        try:
            unknown = self._field.unknown or self._field.schema.unknown
            named = NamedFields(self._field.schema, self._schema_name, fast_path=self._fast_path, unknown=unknown)
        except ValueError as error:
            raise DynaModelException(
                f"Marshmallow refuses the schema in '{self.name}' of {model_name}: {error}"
            ) from error
        for name, field in named.items():
            if field.stored_form is not None:
                refuse_nested_form(model_name, f"The field '{name}' in '{self.name}'")
            field.check_loadable(f"in '{self.name}' of {model_name}")
        return named

    def _nested(self, value: Any) -> Any:
        if _many(self._field):
            return self._parts(value)
        if isinstance(value, Mapping):
            return self._named.serialised(value, loaded=True)
        try:
            text = self._serialise(value)
            # Such an object is made by a ``post_load`` hook of the nested schema.
            native = type(self._unvalidated.deserialize(text)) is type(value)
        except Exception:  # noqa: BLE001 - as in serialised()
            return value
        return text if native else value


class NamedFields(Mapping[str, MarshmallowField]):
    """The fields of a schema's instance by their own names."""

    def __init__(self, schema: marshmallow.Schema, schema_name: str, *, fast_path: bool, unknown: str | None) -> None:
        # Early releases of Marshmallow 3 keep only the declared fields of a schema in a defined order.
        names = [*(name for name in schema.declared_fields if name in schema.fields), *schema.fields]
        self._fields = {
            name: MarshmallowField(name, schema.fields[name], schema_name, fast_path=fast_path, unknown=unknown)
            for name in names
        }
        #: The names of those that are computed from the whole object.
        self.computed = frozenset(name for name in names if _is_computed(schema.fields[name]))
        #: With ``attribute=``, the loaded value has another name than the field.
        self._loaded = {schema.fields[name].attribute or name: field for name, field in self._fields.items()}

    def __getitem__(self, name: str) -> MarshmallowField:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def serialised(self, values: Mapping[str, Any], *, loaded: bool = False) -> dict[str, Any]:
        """Return *values* as the schema loads them: serialised, by attribute name. Unknown names stay.

        The values may have the names that ``load`` gives them only if told so.
        """
        prepared: dict[str, Any] = {}
        for name, value in values.items():
            field = self._fields.get(name)
            if field is None and loaded:
                field = self._loaded.get(name)
            if field is None:
                prepared[name] = value
            elif type(value) is field.exact_type:
                prepared[field.attribute] = value
            else:
                prepared[field.attribute] = field.serialised(value)
        return prepared


def _serialised(field: MarshmallowField | None, value: Any) -> Any:
    return value if field is None else field.serialised(value)


def _without_validators(field: Any) -> Any:
    """Return a copy of a *field* without validators, also of its elements and entries. Nested schemas keep theirs."""
    copied = copy.copy(field)
    copied.validators = []
    if isinstance(field, fields.List):
        copied.inner = _without_validators(field.inner)
    elif isinstance(field, fields.Tuple):
        copied.tuple_fields = [_without_validators(part) for part in field.tuple_fields]
    elif isinstance(field, fields.Mapping):
        copied.key_field = None if field.key_field is None else _without_validators(field.key_field)
        copied.value_field = None if field.value_field is None else _without_validators(field.value_field)
    return copied


def _is_computed(field: Any) -> bool:
    """Return whether a *field* is serialised from other values than its own."""
    if isinstance(field, fields.Function):
        return field.serialize_func is not None
    return isinstance(field, fields.Method) and field.serialize_method_name is not None


def _many(field: Any) -> bool:
    """Return whether a nested *field* holds a list, as the field or the schema instance in it says."""
    return bool(field.many or (isinstance(field.nested, marshmallow.Schema) and field.nested.many))


def _shape(field: Any) -> Shape:
    if isinstance(field, fields.Pluck):
        return Shape.ANY
    if isinstance(field, fields.Nested):
        return Shape.LIST if _many(field) else Shape.MAP
    if isinstance(field, fields.List | fields.Tuple):
        return Shape.LIST
    if isinstance(field, fields.Mapping):
        return Shape.MAP
    return Shape.SCALAR if isinstance(field, _SCALARS) else Shape.ANY


def _key_type(field: Any) -> KeyType | None:
    if isinstance(field, fields.Raw):
        return "B"
    if isinstance(field, fields.Boolean) or _shape(field) in (Shape.LIST, Shape.MAP):
        return None
    if isinstance(field, fields.Number):
        return "S" if field.as_string else "N"
    if isinstance(field, fields.TimeDelta):
        return "N"
    if isinstance(field, fields.DateTime):
        return "N" if field.format in ("timestamp", "timestamp_ms") else "S"
    if isinstance(field, fields.Constant):
        return _key_type_of_values([field.constant])
    if _ENUM is not None and isinstance(field, _ENUM):
        by_any_value = type(field.field) is fields.Raw
        return _key_type_of_values([member.value for member in field.enum]) if by_any_value else _key_type(field.field)
    return "S"


def _plain_enum(field: Any) -> Any:
    """Return the field that an enum's values are stored with; any other *field* as it is."""
    return field.field if _ENUM is not None and isinstance(field, _ENUM) else field


def _key_type_of_values(values: Iterable[object]) -> KeyType | None:
    kinds = {_KEY_TYPES.get(type(value)) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def _json_schema(field: Any) -> Mapping[str, Any] | None:
    """Return what a JSON Schema says of the values of a *field*, if its class tells."""
    if isinstance(field, fields.Number) and field.as_string:
        return _JSON_SCHEMAS[fields.String]
    if isinstance(field, fields.DateTime) and field.format not in (None, "iso"):
        return None
    return next((found for kind, found in _JSON_SCHEMAS.items() if isinstance(field, kind)), None)


#: The more special classes come first.
_JSON_SCHEMAS: Mapping[type, Mapping[str, Any]] = {
    fields.Date: {"type": "string", "format": "date"},
    fields.Time: {"type": "string", "format": "time"},
    fields.DateTime: {"type": "string", "format": "date-time"},
    fields.UUID: {"type": "string", "format": "uuid"},
    fields.Email: {"type": "string", "format": "email"},
    fields.Url: {"type": "string", "format": "uri"},
    fields.String: {"type": "string"},
    fields.Boolean: {"type": "boolean"},
    fields.Integer: {"type": "integer"},
    fields.Decimal: {"anyOf": [{"type": "number"}, {"type": "string"}]},
    fields.Number: {"type": "number"},
}

#: New in Marshmallow 3.18.
_ENUM: Any = getattr(fields, "Enum", None)
_KEY_TYPES: Mapping[type, KeyType] = {str: "S", int: "N", float: "N", Decimal: "N", bytes: "B"}
_SCALARS = (
    fields.String,
    fields.Number,
    fields.Boolean,
    fields.UUID,
    fields.DateTime,
    fields.Time,
    fields.Date,
    fields.TimeDelta,
    fields.IP,
    fields.IPInterface,
)
