"""A schema library in plain Python and its adapter, as a third party would write them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from dynamorm.data import KeyType, PathElement
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.date_times import AS_GIVEN, in_utc, refuse_nested_form
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaField, SchemaProvider, Shape
from dynamorm.testing import SchemaCapability, SchemaLibrary
from dynamorm.testing.schemas.fields import Field, Kind

KEY_TYPES: Mapping[Kind, KeyType] = {
    **dict.fromkeys((Kind.TEXT, Kind.DATE, Kind.MOMENT, Kind.IDENTIFIER, Kind.COMPUTED), "S"),
    **dict.fromkeys((Kind.INSTANT, Kind.DURATION, Kind.ADDRESS), "S"),
    **dict.fromkeys((Kind.INTEGER, Kind.DECIMAL, Kind.REAL), "N"),
    Kind.BINARY: "B",
}
SHAPES = {
    **dict.fromkeys((Kind.LIST, Kind.SET), Shape.LIST),
    **dict.fromkeys((Kind.MAP, Kind.NESTED), Shape.MAP),
    Kind.ANYTHING: Shape.ANY,
}
#: What is a value of a kind as it is.
NATIVE: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.BOOLEAN: (bool,),
    Kind.BINARY: (bytes,),
    Kind.ANYTHING: (object,),
    Kind.COMPUTED: (str,),
    Kind.LIST: (list,),
    Kind.SET: (set,),
    Kind.MAP: (dict,),
    Kind.NESTED: (dict,),
    Kind.DECIMAL: (Decimal, int, float),
    Kind.REAL: (float, int, Decimal),
    Kind.DATE: (datetime.date,),
    Kind.MOMENT: (datetime.datetime,),
    Kind.INSTANT: (datetime.datetime,),
    Kind.DURATION: (datetime.timedelta,),
    Kind.ADDRESS: (IPv4Address,),
    Kind.IDENTIFIER: (UUID,),
}
#: What makes a native value of a number or a text.
READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: lambda value: value if isinstance(value, Decimal) else Decimal(str(value)),
    Kind.REAL: float,
    Kind.DATE: datetime.date.fromisoformat,
    Kind.MOMENT: datetime.datetime.fromisoformat,
    Kind.INSTANT: datetime.datetime.fromisoformat,
    Kind.DURATION: lambda text: datetime.timedelta(seconds=int(text)),
    Kind.ADDRESS: IPv4Address,
    Kind.IDENTIFIER: UUID,
}
FROM_TEXT = (Kind.DATE, Kind.MOMENT, Kind.INSTANT, Kind.DURATION, Kind.ADDRESS, Kind.IDENTIFIER)
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.REAL)


class Refused(Exception):
    """The library's own error: messages by field name."""

    def __init__(self, errors: Any) -> None:
        super().__init__(errors)
        self.errors = errors


class PlainField(SchemaField):
    """A described field, which does what its description says."""

    #: The name of the class that it is in, which its adapter knows.
    schema_name = "Schema"

    def __init__(self, described: Field, name: str = "") -> None:
        self.described = described
        if name:
            self.__set_name__(type(self), name)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.attribute = self.described.attribute or name
        self.required = self.described.required
        self.nullable = self.described.nullable
        self.key_type = KEY_TYPES.get(self.described.kind)
        self.ordered = self.described.kind not in (Kind.DURATION, Kind.ADDRESS)
        self.date_times = self.described.kind in (Kind.MOMENT, Kind.INSTANT)
        self.stored_form = self.described.stored_form
        if self.stored_form == AS_GIVEN:
            self.ordered = False
        self.shape = SHAPES.get(self.described.kind, Shape.SCALAR)

    @property
    def has_default(self) -> bool:
        return self.described.default is not None

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        try:
            return self.stored(self.native(value, validate=validate))
        except Refused as error:
            raise ValidationError(value, self.schema_name, {self.name: error.errors}) from error

    def child(self, element: PathElement) -> SchemaField | None:
        if self.described.below is not None:
            return self.below().get(str(element))
        return None if self.described.element is None else PlainField(self.described.element, str(element))

    def child_names(self) -> frozenset[str] | None:
        return None if self.described.below is None else frozenset(self.described.below)

    def below(self) -> dict[str, PlainField]:
        """The fields of a nested schema."""
        return {name: PlainField(field, name) for name, field in (self.described.below or {}).items()}

    def native(self, value: Any, *, validate: bool, partial: bool = False) -> Any:
        """The native form of a *value*. Raises :class:`Refused`."""
        described = self.described
        if value is None:
            if described.nullable:
                return None
            raise Refused(["None is no value."])
        found = self._parts(self._of_kind(value), validate=validate, partial=partial)
        if validate:
            length = len(found) if isinstance(found, str) else 0
            if length < (described.shortest or 0) or (described.longest is not None and length > described.longest):
                raise Refused(["Of a wrong length."])
            if described.greatest is not None and found > described.greatest:
                raise Refused(["Too great."])
            if described.validator is not None:
                described.validator(found)
        return found

    def _of_kind(self, value: Any) -> Any:
        kind = self.described.kind
        if self.described.as_object and isinstance(value, SimpleNamespace):
            return vars(value)
        is_text = kind in FROM_TEXT and isinstance(value, str)
        is_other = (
            isinstance(value, bool) if kind in NUMBERS else kind is Kind.DATE and type(value) is datetime.datetime
        )
        if not is_text and (is_other or not isinstance(value, NATIVE[kind])):
            raise Refused([f"No value of the kind {kind.value}."])
        try:
            return READERS[kind](value) if is_text or kind in NUMBERS[1:] else value
        except ValueError as error:
            raise Refused([f"No text of the kind {kind.value}."]) from error

    def _parts(self, value: Any, *, validate: bool, partial: bool) -> Any:
        element = self.child(0) if self.described.element is not None else None
        if self.described.below is not None:
            values = native_values(self.below(), value, validate=validate, partial=partial, below=partial)
            return SimpleNamespace(**values) if self.described.as_object else values
        if not isinstance(element, PlainField):
            return value
        if isinstance(value, dict):
            return {name: element.native(entry, validate=validate, partial=partial) for name, entry in value.items()}
        found, errors = [], {}
        for index, part in enumerate(value):
            try:
                found.append(element.native(part, validate=validate, partial=partial))
            except Refused as error:
                errors[index] = error.errors
        if errors:
            raise Refused(errors)
        return type(value)(found)

    def stored(self, value: Any) -> Any:
        """The stored form of a native *value*."""
        if value is None or self.described.kind is Kind.ANYTHING:
            return value
        if self.described.below is not None:
            values = vars(value) if isinstance(value, SimpleNamespace) else value
            return {
                field.attribute: field.stored(values[name]) for name, field in self.below().items() if name in values
            }
        element = self.child(0)
        if isinstance(element, PlainField) and not isinstance(value, dict):
            return type(value)(element.stored(part) for part in value)
        if isinstance(element, PlainField):
            return {name: element.stored(entry) for name, entry in value.items()}
        if isinstance(value, datetime.datetime):
            return (value if self.stored_form == AS_GIVEN else in_utc(value)).isoformat()
        if isinstance(value, datetime.timedelta):
            return str(int(value.total_seconds()))
        if self.described.kind in FROM_TEXT:
            return value.isoformat() if isinstance(value, datetime.date) else str(value)
        return dict(value) if isinstance(value, dict) else value


class PlainSchema:
    """What a schema inherits from; ``extra`` lets names through that it does not know."""

    extra = False


class PlainAdapter(SchemaAdapter):
    """Validates field by field."""

    def __init__(self, model_name: str, definition: type) -> None:
        self.schema = definition
        named = ((name, value) for base in reversed(definition.__mro__) for name, value in vars(base).items())
        self.fields: dict[str, PlainField] = {name: value for name, value in named if isinstance(value, PlainField)}
        self.extra: bool = getattr(definition, "extra", False)
        self.keeps_unknown = self.extra
        for name, field in self.fields.items():
            field.schema_name = definition.__name__
            check_attributes(model_name, name, field)

    def defaults(self) -> dict[str, Any]:
        made = {name: field.described.default for name, field in self.fields.items()}
        return {name: default() for name, default in made.items() if default is not None}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        native = self.checked(values, values, partial=partial)
        unknown = {name: value for name, value in values.items() if name not in self.fields}
        if unknown and not self.extra:
            raise ValidationError(dict(values), self.schema.__name__, {name: ["Unknown."] for name in unknown})
        return {**native, **unknown}

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        stored = {name: item[field.attribute] for name, field in self.fields.items() if field.attribute in item}
        return self.checked(stored, item, partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        stored = {name: item[field.attribute] for name, field in self.fields.items() if field.attribute in item}
        return self.checked(stored, item, partial=True, below=True)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        stored = {field.attribute: field.stored(values[name]) for name, field in self.fields.items() if name in values}
        for field in () if partial else self.fields.values():
            if field.described.compute is not None:
                stored[field.attribute] = field.described.compute(values)
        return stored

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        kinds = {name: field.described.kind for name, field in self.fields.items()}
        return {
            name: set(value) if kinds.get(name) is Kind.SET and isinstance(value, list) else value
            for name, value in super().from_json(data).items()
            if kinds.get(name) is not Kind.COMPUTED
        }

    def checked(
        self, values: Mapping[str, Any], raw: Mapping[str, Any], *, partial: bool, below: bool = False
    ) -> dict[str, Any]:
        """The native form of known *values*. Raises ``ValidationError`` with the *raw* data."""
        settable = {name: field for name, field in self.fields.items() if field.described.compute is None}
        try:
            native = native_values(settable, values, validate=True, partial=partial, below=below)
        except Refused as error:
            raise ValidationError(dict(raw), self.schema.__name__, error.errors) from error
        return native


def native_values(
    fields: Mapping[str, PlainField],
    values: Mapping[str, Any],
    *,
    validate: bool,
    partial: bool = False,
    below: bool = False,
) -> dict[str, Any]:
    """The native values of the *fields* that are given, by name or by attribute, and defaults.

    Raises :class:`Refused`.

    Partial values may lack fields; below them, nested ones may only if told so.
    """
    native: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, field in fields.items():
        key = name if name in values else field.attribute if field.attribute not in fields else name
        if key not in values:
            if field.described.default is not None and not partial:
                native[name] = field.described.default()
            elif field.required and not partial:
                errors[name] = ["Missing."]
            continue
        try:
            native[name] = field.native(values[key], validate=validate, partial=below)
        except Refused as error:
            errors[name] = error.errors
    if errors:
        raise Refused(errors)
    return native


def check_attributes(model_name: str, place: str, field: PlainField) -> None:
    """Refuses nested schemas that store two fields under one name, or that have stored forms."""
    if field.described.element is not None:
        check_attributes(model_name, place, PlainField(field.described.element, place))
    names: dict[str, str] = {}
    for name, below in field.below().items():
        if names.setdefault(below.attribute, name) != name:
            raise DynaModelException(f"'{name}' in '{place}' of {model_name} is stored where another field is.")
        if below.stored_form is not None:
            refuse_nested_form(model_name, f"'{name}' in '{place}'")
        check_attributes(model_name, f"{place}.{name}", below)


class PlainLibrary(SchemaLibrary):
    """Classes with plain fields."""

    adapter_class: type[PlainAdapter] = PlainAdapter
    capabilities = frozenset(SchemaCapability)

    plugin = __name__
    modules = ("plain",)

    def __init__(self) -> None:
        self.provider = SchemaProvider("tests", 1, self.claims, self.adapter_class)

    @staticmethod
    def claims(definition: type) -> Claim:
        return Claim.CLASS if issubclass(definition, PlainSchema) else Claim.NONE

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        body = {name: PlainField(field) for name, field in fields.items()}
        return type("Schema", (PlainSchema,), {**body, "extra": extra})

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        return SimpleNamespace(**values)


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Registers the adapter. A library that is as small as this one can't be imported without its plugin."""
    return PlainLibrary().provider
