"""What a schema adapter promises: it lets a schema library validate and serialise a model's data.

An adapter's author subclasses :class:`SchemaAdapter`, describes it with a :class:`SchemaProvider`,
and registers that through the hook ``dynamorm_register_schema``.

Two words for two forms of data. *Native* values are what a program works with: a ``datetime``, an
enum. *Stored* values are what a table holds: canonical attribute values (``dynamorm.data.values``),
by attribute name, which the library's aliases may make differ from the field's name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from dynamorm.data.paths import PathElement
from dynamorm.data.records import record
from dynamorm.data.values import KeyType


class Shape(Enum):
    """What can stand below a field, as far as its type tells."""

    SCALAR = "scalar"
    LIST = "list"
    MAP = "map"
    ANY = "any"


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
    #: Whether data without it are refused.
    required: bool = False

    @abstractmethod
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """The stored form of one *value*, given natively or in its serialised form.

        Validators are run only when told to *validate*: a condition may compare with a value that no item may
        have. A value of the wrong type raises the library's error as
        :class:`~dynamorm.exceptions.ValidationError`, and so does ``None`` where the field does not allow it.
        """

    def child(self, element: PathElement) -> SchemaField | None:
        """The field below this one by its name or index; ``None`` when the schema says nothing of it."""
        return None

    def child_names(self) -> frozenset[str] | None:
        """The names that may stand below this one; ``None`` when any may."""
        return None


class SchemaAdapter(ABC):
    """One model's schema, made once when the model's class is defined.

    What the library refuses raises :class:`~dynamorm.exceptions.ValidationError`. What a user's validator or hook
    raises beside that, a ``KeyError`` say, comes through unchanged: the core adds a note that names the model.
    A nested schema that stores two fields under one name is refused with
    :class:`~dynamorm.exceptions.DynaModelException` as soon as the adapter can see it.
    """

    #: The schema's class as the library knows it; it becomes the model's ``Schema``.
    schema: type
    #: The fields by their own names, in the order of their definition.
    fields: Mapping[str, SchemaField]
    #: Whether :meth:`load` leaves the item as it is, and answers values that hold none of its lists, maps and sets, in a new dictionary
    #: that nobody else holds: it becomes that of the instance. The core needs a stored item as it was, to tell what a program changes
    #: later; if need be, it makes a copy of each before it is loaded.
    copies_on_load: bool = False

    @abstractmethod
    def defaults(self) -> dict[str, Any]:
        """Fresh default values, native, by field name, of those fields that have one."""

    @abstractmethod
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """A user's *values*, native or serialised, by field name, as native values, defaults filled in.

        When *partial*, required fields may be missing and no default is filled in. Raises
        :class:`~dynamorm.exceptions.ValidationError` with the library's own messages.
        """

    @abstractmethod
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """A stored *item*, by attribute name, as native values by field name.

        Attributes that the schema does not know are left out. Raises as :meth:`validate` does.
        """

    @abstractmethod
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Native *values* by field name as a stored item by attribute name, not yet normalised.

        When *partial*, only these values are dumped: a field that the library computes from others, which
        may be missing, is left out. Raises as :meth:`validate` does.
        """


@record
class SchemaProvider:
    """A light description of a schema adapter: making one must not import the schema library.

    ``name`` is the entry point's name and the library's import name. ``claims`` tells whether an inner
    ``Schema`` class is made of this library's bases or fields, and imports nothing: a class can be
    made of a library only when that is imported already. ``adapt`` gets the model's name and the
    inner class. ``contract`` is the major version of the contract, as a literal number.
    """

    name: str
    contract: int
    claims: Callable[[type], bool]
    adapt: Callable[[str, type], SchemaAdapter]
