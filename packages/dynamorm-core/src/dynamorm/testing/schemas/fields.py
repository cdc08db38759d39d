"""Fields that belong to no schema library: the words in which tests describe a schema.

A :class:`~dynamorm.testing.SchemaLibrary` spells them in a library's own fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypedDict, Unpack


class SchemaCapability(Enum):
    """What a schema library may be without."""

    DECIMALS = "decimals"
    REALS = "reals"
    BOOLEANS = "booleans"
    DATES = "dates"
    MOMENTS = "moments"
    IDENTIFIERS = "identifiers"
    BINARY = "binary"
    SETS = "sets"
    ANYTHING = "anything"
    LISTS = "lists"
    MAPS = "maps"
    NESTED = "nested schemas"
    #: An attribute that is called otherwise than its field.
    ALIASES = "aliases"
    DEFAULTS = "defaults"
    #: To refuse ``None`` inside a nested schema where the field does not allow it.
    NULLS = "refusal of nulls"
    #: Bounds of the length of a text, and of an integer.
    LIMITS = "limits"
    VALIDATORS = "validators"
    #: A field whose value the library makes of the others.
    COMPUTED = "computed fields"
    #: A schema that lets names through which it does not know.
    EXTRA = "extra names"


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    IDENTIFIER = "identifier"
    BINARY = "binary"
    SET = "set"
    ANYTHING = "anything"
    LIST = "list"
    MAP = "map"
    NESTED = "nested"
    COMPUTED = "computed"


#: Text and integers every library has.
_CAPABILITIES: Mapping[Kind, SchemaCapability] = {
    Kind.DECIMAL: SchemaCapability.DECIMALS,
    Kind.REAL: SchemaCapability.REALS,
    Kind.BOOLEAN: SchemaCapability.BOOLEANS,
    Kind.DATE: SchemaCapability.DATES,
    Kind.MOMENT: SchemaCapability.MOMENTS,
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
    """What any field may be told."""

    required: bool
    #: The name of the attribute in the table, when it is not the field's.
    attribute: str
    #: Makes a default value, native, each time.
    default: Callable[[], Any]
    #: Whether ``None`` may stand there, inside a nested schema.
    nullable: bool
    #: Called with each native value; what it raises is to be heard.
    validator: Callable[[Any], None]


@dataclass(frozen=True)
class Field:
    """The description of one field; the functions of this module make them."""

    kind: Kind
    required: bool = False
    attribute: str | None = None
    default: Callable[[], Any] | None = None
    nullable: bool = False
    validator: Callable[[Any], None] | None = None
    #: The least and the greatest length of a text.
    shortest: int | None = None
    longest: int | None = None
    #: The greatest integer.
    greatest: int | None = None
    #: An element of a list or a set, or an entry of a map; ``None`` when it may be anything.
    element: Field | None = None
    #: The fields of a nested schema.
    below: Mapping[str, Field] | None = None
    #: Makes a computed text of the native values of the fields before it, by their names.
    compute: Callable[[Mapping[str, Any]], str] | None = None

    def needs(self) -> Iterator[SchemaCapability]:
        """The capabilities without which a library can't spell this field."""
        if self.kind in _CAPABILITIES:
            yield _CAPABILITIES[self.kind]
        options = {
            SchemaCapability.ALIASES: self.attribute is not None,
            SchemaCapability.DEFAULTS: self.default is not None,
            SchemaCapability.LIMITS: (self.shortest, self.longest, self.greatest) != (None, None, None),
            SchemaCapability.VALIDATORS: self.validator is not None,
        }
        yield from (capability for capability, needed in options.items() if needed)
        for inner in (self.element, *(self.below or {}).values()):
            if inner is not None:
                yield from inner.needs()


def text(*, shortest: int | None = None, longest: int | None = None, **options: Unpack[Options]) -> Field:
    """A ``str``, stored as it is."""
    return Field(Kind.TEXT, shortest=shortest, longest=longest, **options)


def integer(*, greatest: int | None = None, **options: Unpack[Options]) -> Field:
    """An ``int``, stored as it is."""
    return Field(Kind.INTEGER, greatest=greatest, **options)


def decimal(**options: Unpack[Options]) -> Field:
    """A ``Decimal``, stored as a number. It takes NaN and infinities, which the core refuses."""
    return Field(Kind.DECIMAL, **options)


def real(**options: Unpack[Options]) -> Field:
    """A ``float``, stored as a number. It takes NaN and infinities, which the core refuses."""
    return Field(Kind.REAL, **options)


def boolean(**options: Unpack[Options]) -> Field:
    """A ``bool``, stored as it is."""
    return Field(Kind.BOOLEAN, **options)


def date(**options: Unpack[Options]) -> Field:
    """A ``datetime.date``, stored as its ISO text."""
    return Field(Kind.DATE, **options)


def moment(**options: Unpack[Options]) -> Field:
    """A ``datetime.datetime`` without a zone, stored as a text that the library chooses."""
    return Field(Kind.MOMENT, **options)


def identifier(**options: Unpack[Options]) -> Field:
    """A ``uuid.UUID``, stored as its text."""
    return Field(Kind.IDENTIFIER, **options)


def binary(**options: Unpack[Options]) -> Field:
    """``bytes``, stored as they are."""
    return Field(Kind.BINARY, **options)


def anything(**options: Unpack[Options]) -> Field:
    """Any value, stored as it is."""
    return Field(Kind.ANYTHING, **options)


def set_of(element: Field, **options: Unpack[Options]) -> Field:
    """A ``set``, stored as one."""
    return Field(Kind.SET, element=element, **options)


def list_of(element: Field, **options: Unpack[Options]) -> Field:
    """A ``list``."""
    return Field(Kind.LIST, element=element, **options)


def map_of(entry: Field | None = None, **options: Unpack[Options]) -> Field:
    """A ``dict`` by text, whose entries may be anything unless *entry* describes them."""
    return Field(Kind.MAP, element=entry, **options)


def nested(below: Mapping[str, Field], **options: Unpack[Options]) -> Field:
    """What a schema of the fields *below* describes. Its native form is a ``dict`` by field name."""
    return Field(Kind.NESTED, below=below, **options)


def computed(compute: Callable[[Mapping[str, Any]], str], *, attribute: str | None = None) -> Field:
    """A text that the library computes when an item is stored, of the native values by field name."""
    return Field(Kind.COMPUTED, compute=compute, attribute=attribute)
