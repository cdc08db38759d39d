"""Descriptions of fields that belong to no schema library, with which the tests describe schemas.

A :class:`~dynamorm.testing.SchemaLibrary` translates them into a library's own fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypedDict, Unpack


class SchemaCapability(Enum):
    """A feature that not every schema library has."""

    DECIMALS = "decimals"
    REALS = "reals"
    BOOLEANS = "booleans"
    DATES = "dates"
    MOMENTS = "moments"
    INSTANTS = "instants"
    DURATIONS = "durations"
    ADDRESSES = "addresses"
    IDENTIFIERS = "identifiers"
    BINARY = "binary"
    SETS = "sets"
    ANYTHING = "anything"
    LISTS = "lists"
    MAPS = "maps"
    #: Nested schemas whose native values are dicts by field name.
    NESTED = "nested schemas"
    #: Nested schemas whose native values may be objects: instances of a class of the library's, or of the user's.
    NESTED_OBJECTS = "nested objects"
    #: An attribute whose name differs from its field's.
    ALIASES = "aliases"
    DEFAULTS = "defaults"
    #: Refusing ``None`` in a nested schema if the field does not allow it.
    NULLS = "refusal of nulls"
    #: Bounds of the length of a string, and of an integer.
    LIMITS = "limits"
    VALIDATORS = "validators"
    #: A field whose value the library computes from other fields.
    COMPUTED = "computed fields"
    #: A field in which the user writes down the stored form of date-times.
    STORED_FORMS = "stored forms"
    #: Errors that lead to the value below a field which is wrong, and not only to the field.
    PLACES = "places of errors"
    #: A schema that allows unknown names.
    EXTRA = "extra names"


class Kind(Enum):
    """The kind of value in a field."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    INSTANT = "instant"
    DURATION = "duration"
    ADDRESS = "address"
    IDENTIFIER = "identifier"
    BINARY = "binary"
    SET = "set"
    ANYTHING = "anything"
    LIST = "list"
    MAP = "map"
    NESTED = "nested"
    COMPUTED = "computed"


#: Every library has strings and integers.
_CAPABILITIES: Mapping[Kind, SchemaCapability] = {
    Kind.DECIMAL: SchemaCapability.DECIMALS,
    Kind.REAL: SchemaCapability.REALS,
    Kind.BOOLEAN: SchemaCapability.BOOLEANS,
    Kind.DATE: SchemaCapability.DATES,
    Kind.MOMENT: SchemaCapability.MOMENTS,
    Kind.INSTANT: SchemaCapability.INSTANTS,
    Kind.DURATION: SchemaCapability.DURATIONS,
    Kind.ADDRESS: SchemaCapability.ADDRESSES,
    Kind.IDENTIFIER: SchemaCapability.IDENTIFIERS,
    Kind.BINARY: SchemaCapability.BINARY,
    Kind.SET: SchemaCapability.SETS,
    Kind.ANYTHING: SchemaCapability.ANYTHING,
    Kind.LIST: SchemaCapability.LISTS,
    Kind.MAP: SchemaCapability.MAPS,
    Kind.NESTED: SchemaCapability.NESTED,
    Kind.COMPUTED: SchemaCapability.COMPUTED,
}


class Options(TypedDict, total=False):
    """The options of every field."""

    required: bool
    #: The name of the attribute in the table, if it differs from the field's.
    attribute: str
    #: Return a new native default value at each call.
    default: Callable[[], Any]
    #: Whether the field may be ``None`` in a nested schema.
    nullable: bool
    #: Called with each native value. Its exceptions have to come through.
    validator: Callable[[Any], None]
    #: What the user writes down about the stored form of date-times, such as ``"pynamodb"``.
    stored_form: str


@dataclass(frozen=True, eq=False)
class Field:
    """The description of one field. The functions of this module make them.

    It is hashed by its identity: a library may keep in a dictionary what it made for each.
    """

    kind: Kind
    required: bool = False
    attribute: str | None = None
    default: Callable[[], Any] | None = None
    nullable: bool = False
    validator: Callable[[Any], None] | None = None
    #: The least and the greatest length of a string.
    shortest: int | None = None
    longest: int | None = None
    #: The greatest integer.
    greatest: int | None = None
    #: An element of a list or a set, or an entry of a map; ``None`` if it may be anything.
    element: Field | None = None
    #: The fields of a nested schema.
    below: Mapping[str, Field] | None = None
    #: Whether the native values of a nested schema are objects, and not dicts.
    as_object: bool = False
    stored_form: str | None = None
    #: Return a computed string from the native values of the fields before it, by their names.
    compute: Callable[[Mapping[str, Any]], str] | None = None

    def needs(self) -> Iterator[SchemaCapability]:
        """Yield the capabilities that a library needs for this field."""
        if self.as_object:
            yield SchemaCapability.NESTED_OBJECTS
        elif self.kind in _CAPABILITIES:
            yield _CAPABILITIES[self.kind]
        options = {
            SchemaCapability.ALIASES: self.attribute is not None,
            SchemaCapability.DEFAULTS: self.default is not None,
            SchemaCapability.LIMITS: (self.shortest, self.longest, self.greatest) != (None, None, None),
            SchemaCapability.VALIDATORS: self.validator is not None,
            SchemaCapability.STORED_FORMS: self.stored_form is not None,
        }
        yield from (capability for capability, needed in options.items() if needed)
        for inner in (self.element, *(self.below or {}).values()):
            if inner is not None:
                yield from inner.needs()


def text(*, shortest: int | None = None, longest: int | None = None, **options: Unpack[Options]) -> Field:
    """Describe a ``str`` of *shortest* to *longest* characters, stored as it is."""
    return Field(Kind.TEXT, shortest=shortest, longest=longest, **options)


def integer(*, greatest: int | None = None, **options: Unpack[Options]) -> Field:
    """Describe an ``int`` up to the *greatest*, stored as it is."""
    return Field(Kind.INTEGER, greatest=greatest, **options)


def decimal(**options: Unpack[Options]) -> Field:
    """Describe a ``Decimal``, stored as a number. It accepts NaN and infinities, which the core refuses."""
    return Field(Kind.DECIMAL, **options)


def real(**options: Unpack[Options]) -> Field:
    """Describe a ``float``, stored as a number. It accepts NaN and infinities, which the core refuses."""
    return Field(Kind.REAL, **options)


def boolean(**options: Unpack[Options]) -> Field:
    """Describe a ``bool``, stored as it is."""
    return Field(Kind.BOOLEAN, **options)


def date(**options: Unpack[Options]) -> Field:
    """Describe a ``datetime.date``, stored as an ISO string."""
    return Field(Kind.DATE, **options)


def moment(**options: Unpack[Options]) -> Field:
    """Describe a ``datetime.datetime`` without a time zone, stored as a string in the library's own format."""
    return Field(Kind.MOMENT, **options)


def instant(**options: Unpack[Options]) -> Field:
    """Describe a ``datetime.datetime`` with a UTC offset, stored as a string in the library's own format, in UTC."""
    return Field(Kind.INSTANT, **options)


def duration(**options: Unpack[Options]) -> Field:
    """Describe a ``datetime.timedelta`` of whole seconds, stored as the library does."""
    return Field(Kind.DURATION, **options)


def address(**options: Unpack[Options]) -> Field:
    """Describe an ``ipaddress.IPv4Address``, stored as a string."""
    return Field(Kind.ADDRESS, **options)


def identifier(**options: Unpack[Options]) -> Field:
    """Describe a ``uuid.UUID``, stored as a string."""
    return Field(Kind.IDENTIFIER, **options)


def binary(**options: Unpack[Options]) -> Field:
    """Describe ``bytes``, stored as they are."""
    return Field(Kind.BINARY, **options)


def anything(**options: Unpack[Options]) -> Field:
    """Describe a field of any value, stored as it is."""
    return Field(Kind.ANYTHING, **options)


def set_of(element: Field, **options: Unpack[Options]) -> Field:
    """Describe a ``set``, each *element* of which is described, too, stored as a set."""
    return Field(Kind.SET, element=element, **options)


def list_of(element: Field, **options: Unpack[Options]) -> Field:
    """Describe a ``list``, each *element* of which is described, too."""
    return Field(Kind.LIST, element=element, **options)


def map_of(entry: Field | None = None, **options: Unpack[Options]) -> Field:
    """Describe a ``dict`` with strings as keys. Its entries may be anything unless *entry* describes them."""
    return Field(Kind.MAP, element=entry, **options)


def nested(below: Mapping[str, Field], *, as_object: bool = False, **options: Unpack[Options]) -> Field:
    """Describe a nested schema with the fields *below*. It refuses unknown names, if the library can do that.

    Its native form is a ``dict`` by field name, or with *as_object* an object with these attributes. A library may have
    one of the two forms, or both: it states ``SchemaCapability.NESTED`` for dicts and
    ``SchemaCapability.NESTED_OBJECTS`` for objects.
    """
    return Field(Kind.NESTED, below=below, as_object=as_object, **options)


def computed(compute: Callable[[Mapping[str, Any]], str], *, attribute: str | None = None) -> Field:
    """Describe a string that the library computes when an item is stored: *compute* gets the values by field name."""
    return Field(Kind.COMPUTED, compute=compute, attribute=attribute)
