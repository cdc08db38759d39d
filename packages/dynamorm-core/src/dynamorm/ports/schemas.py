"""The contract of schema adapters, which let a schema library validate and serialise a model's data.

Subclass :class:`SchemaAdapter`, describe it with a :class:`SchemaProvider`, and register that through
the hook ``dynamorm_register_schema``.

Data has two forms. *Native* values are what a program works with: a ``datetime``, an enum. *Stored*
values are what a table holds: canonical attribute values (``dynamorm.data.values``), by attribute name,
which the library's aliases can make differ from the field's name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamorm.data.paths import PathElement
from dynamorm.data.records import record
from dynamorm.data.values import KeyType

if TYPE_CHECKING:
    from dynamorm.ports.json_forms import JsonForms


class Shape(Enum):
    """The kind of values that can be below a field, as far as its type determines it."""

    SCALAR = "scalar"
    LIST = "list"
    MAP = "map"
    ANY = "any"


class Claim(IntEnum):
    """The strength of a plugin's claim that a class is made of its library. The strongest claim adapts it.

    Two plugins with equal claims are an error, unless ``schema_library`` in the model's ``Table`` names one of them. A
    library that makes its classes with another, such as dataclasses, goes before that one.
    """

    #: It is not.
    NONE = 0
    #: It has annotations, and nothing that belongs to another library. Pydantic claims such classes; other plugins
    #: should not.
    ANNOTATIONS = 1
    #: Its body has fields of the library.
    FIELDS = 2
    #: The library made it: it has the library's base class, metaclass or decorator.
    CLASS = 3


class SchemaField(ABC):
    """One field of a schema, or an element or entry below one."""

    #: The name in the schema.
    name: str
    #: The name in the table. The core refuses two fields of a model with one attribute.
    attribute: str
    #: What can stand below it.
    shape: Shape = Shape.ANY
    #: The DynamoDB type of its stored form, if it can be a key; ``None`` when the type has no one answer.
    key_type: KeyType | None = None
    #: Whether stored values sort in DynamoDB as the native values do. ISO dates do; durations as text, IP addresses and
    #: decimals as text don't: say ``False`` for them. Such a field can be a hash key; a range key and comparisons need
    #: the order.
    ordered: bool = True
    #: Whether the values are date-times that are stored as text. The adapter stores those with an offset in UTC
    #: (:func:`dynamorm.ports.date_times.in_utc`), unless the ``stored_form`` is ``"as_given"``. The core then takes a
    #: whole date-time as text for an instant, and a shorter text for the beginning of a stored one.
    date_times: bool = False
    #: What the schema says about the text of its date-times, in the words of the user: ``"pynamodb"``, ``"as_given"``,
    #: or a format. An adapter only passes it on: the core checks it, writes the text and reads it.
    stored_form: str | None = None
    #: The name that its annotation needs, and that is not defined yet. The core then defines the model without the
    #: field's type, and calls :meth:`SchemaAdapter.complete` when the model is first used. Keys can't wait.
    unresolved: str | None = None
    #: Whether data without it are refused.
    required: bool = False
    #: Whether the schema allows ``None`` for it.
    nullable: bool = False

    #: What a JSON Schema says of its values, such as ``{"type": "integer"}``; ``None`` for what ``shape`` and
    #: ``key_type`` tell.
    json_schema: Mapping[str, Any] | None = None

    #: Whether the library serialises it, and so stores it. The core refuses settings, conditions, projections and
    #: updates that name a field which is not stored.
    is_stored: bool = True
    #: Whether the library computes its values when it serialises others, and refuses them in data. JSON is read without
    #: them, at every level.
    is_computed: bool = False
    #: Whether items are read with the values that a program stores for it. They are not if the library computes the
    #: field, or only serialises it. The core refuses updates of such a field, and of what stands below it.
    takes_values: bool = True

    #: Whether it has several schemas, of which the library finds out the one that a map belongs to, by the names of
    #: attributes.
    is_union: bool = False

    @property
    def is_binary(self) -> bool:
        """True if all of its values are bytes, which JSON has as base64."""
        return self.key_type == "B" and self.shape is Shape.SCALAR

    @property
    def has_default(self) -> bool:
        """True if data that lack the field are loaded with a value for it that is not ``None``.

        If the field is also ``nullable``, or if it is required and ``nullable``, the core stores an explicit ``None``
        as NULL, and expects :meth:`SchemaAdapter.load` to return it as ``None``.
        """
        return False

    @abstractmethod
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*, which is given natively or in its serialised form.

        Refuse what validators refuse only when told to *validate*: a condition may compare with a value that no item
        may have. Raise :class:`~dynamorm.exceptions.ValidationError` with the library's own messages for a value of the
        wrong type and, when told to *validate*, for ``None`` where the field does not allow it, and for a nested value
        without what its schema requires.
        """

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of an *element* below this one, a name or an index; ``None`` if it is not described."""
        return None

    def child_names(self) -> frozenset[str] | None:
        """Return the names that may stand below this one; ``None`` when any may."""
        return None

    def computed_names(self) -> frozenset[str]:
        """Return the names below this one whose stored values the library computes from the others there.

        The core stores them again when an update changes one of the others, and refuses an update of which it can't
        know the result.
        """
        return frozenset()


class SchemaAdapter(ABC):
    """One model's schema. It is made once, when the model's class is defined.

    Raise :class:`~dynamorm.exceptions.ValidationError` for what the library refuses. Let through whatever else a user's
    validator or hook raises, such as a ``KeyError``: the core adds a note that names the model. Refuse a nested schema
    that stores two fields under one name with :class:`~dynamorm.exceptions.DynaModelException`, as soon as the adapter
    can see it.
    """

    #: The schema's class as the library knows it; it becomes the model's ``Schema``.
    schema: type
    #: The fields by their own names, in the order of their definition.
    fields: Mapping[str, SchemaField]
    #: Whether :meth:`load` leaves the item as it is, and returns a new dictionary that holds none of the item's lists,
    #: maps and sets. It becomes the instance's own. The core needs the item as it was stored, to tell later what the
    #: program has changed; if need be, it copies each item before it is loaded.
    copies_on_load: bool = False
    #: Whether the schema says that names without a field are kept. Their values are stored as they are, and instances
    #: may be given any attribute.
    keeps_unknown: bool = False
    #: Whether the library has objects of its own, which :meth:`to_object` returns and :meth:`from_object` takes.
    has_objects: bool = False

    def complete(self) -> SchemaAdapter:
        """Return the adapter in which no field is ``unresolved``.

        It is called when a model with such fields is first used, before any other method. Raise
        :class:`~dynamorm.exceptions.DynaModelException` with the name if it is still not defined.
        """
        return self

    def computed_names(self) -> frozenset[str]:
        """Return the names of the fields whose stored values the library computes from those of others."""
        return frozenset()

    @abstractmethod
    def defaults(self) -> dict[str, Any]:
        """Return fresh default values, native, by field name, for the fields that have one."""

    @abstractmethod
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's *values*, native or serialised, by field name, as native values with defaults filled in.

        When *partial*, required fields may be missing and no default is filled in. Whether nested values may lack what
        their schema requires, too, is up to the library: before the core stores one of partial data, it calls
        :meth:`SchemaField.dump` with *validate*, which refuses it. Raise
        :class:`~dynamorm.exceptions.ValidationError` with the library's own messages. Refuse a name without a field,
        unless the schema itself says that such names are ignored or kept.
        """

    @abstractmethod
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a stored *item*, by attribute name, as native values by field name.

        Leave out attributes that the schema does not know, and names in nested values: newer versions of the program
        may store them. Raise as :meth:`validate` does.
        """

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored *item* of which parts were read below its attributes, such as one field of a nested schema.

        Whatever a nested schema requires may be missing. Override it if :meth:`load` with *partial* refuses that.
        """
        return self.load(item, partial=True)

    @abstractmethod
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return native *values* by field name as a stored item by attribute name, not yet normalised.

        They were validated before: don't run the user's validators again. What you return may share lists, maps and
        sets with *values*, because the core copies them. Return an empty set as any other: the core leaves it out where
        a missing attribute is loaded as one, and refuses it elsewhere.

        A value that is ``None`` was given explicitly: leave it out or return it, and don't replace it by a default.
        When *partial*, dump only these values: leave out a field that the library computes from others, which
        may be missing. Raise as :meth:`validate` does.
        """

    # What follows an adapter may leave as it is.

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return native *values* by field name in the forms of JSON, as the library writes it, by field name.

        Some values may be missing. Names below the fields are those of fields, too, and never those of attributes. A
        ``Decimal`` may stay one: the core writes its digits. What is returned is given to :meth:`from_json`, and that
        result to :meth:`validate`, which has to return equal values. Raise as :meth:`validate` does.

        As it stands, it returns what :meth:`dump` does, with base64 for bytes and a sorted list for a set.
        """
        return self._json_forms.to_json(self.dump(values, partial=False))

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON *data* by field name as :meth:`validate` takes them. Leave in what that is to refuse.

        Leave out fields that the library computes. As it stands, it leaves out those that are computed, and decodes
        base64 in fields of bytes.
        """
        return self._json_forms.from_json(data)

    def json_location(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        """Return the *location* of a value in JSON data for one in the errors of a ``ValidationError``.

        As it stands, it puts the names of fields in place of those of attributes.
        """
        return self._json_forms.named(location) if location else ()

    def to_object(self, values: Mapping[str, Any]) -> Any:
        """Return an object of the library, validated, with native *values* by field name, if it ``has_objects``.

        Raise as :meth:`validate` does.
        """
        raise NotImplementedError

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of a *given* object by field name; ``None`` if it is no object of the schema's."""
        raise NotImplementedError

    def pydantic_core_schema(self) -> Any:
        """Return a core schema of Pydantic's, of which the JSON Schema of a model is made; ``None`` without one.

        The names in it are those of fields. Without it, the JSON Schema tells what :attr:`fields` tell.
        """
        return None

    @cached_property
    def _json_forms(self) -> JsonForms:
        from dynamorm.ports.json_forms import JsonForms  # deferred: start-up cost

        return JsonForms(self.fields)


#: Makes a schema of annotations: see :class:`SchemaProvider`.
SchemaFrom: TypeAlias = Callable[
    [str, Mapping[str, Any], Mapping[str, Mapping[str, Any]], tuple[type, ...], Mapping[str, Any]], type
]


@record
class SchemaProvider:
    """A light description of a schema adapter: making one must not import the schema library.

    ``name`` is the entry point's name and the library's import name. ``contract`` is the major version of the contract
    that the plugin was made for, as a literal number.

    ``claims`` tells how surely a class is made of this library. It imports nothing: a class can be made of a library
    only when that is imported already. ``adapt`` gets the model's name and the inner ``Schema`` class.

    ``schema_from`` makes the class that ``adapt`` takes from the annotations of a typed model. It gets, in this order:

    - the model's name;
    - the annotated types by field name, in order. A type is a string, or has strings in it, where it names a class that
      is not defined yet;
    - by field name the keyword arguments of ``mapped(…)``, such as ``default``, ``default_factory`` and ``attribute``
      (the name in the table);
    - the classes that the schema inherits from: the model's inner ``Schema``, if it has one, which has no fields and
      may be any class; and the schemas of the model's parents;
    - what else is in the body of the schema, by name: ``__module__``, ``__qualname__``, ``__doc__``, validators of the
      library, and the methods and constants of the model that these use.

    It raises :class:`~dynamorm.exceptions.DynaModelException` for what the library can't do. A plugin may leave it out
    (``None``): its library then has no typed models.
    """

    name: str
    contract: int
    claims: Callable[[type], Claim]
    adapt: Callable[[str, type], SchemaAdapter]
    schema_from: SchemaFrom | None = None
