"""Values that are not quite of a field's type: they are refused, or become the field's own."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from dynamorm.data.values import identical, normalise
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field
from dynamorm.testing.schemas.kinds import DAY
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, stored, unless_refused

DAY_AND_TIME = datetime.datetime(2020, 1, 2, 3, 4)


class Word(str):
    """A string with a class of its own."""

    __slots__ = ()


class Colour(enum.StrEnum):
    """A string that is an enum's."""

    RED = "red"


class Level(enum.IntEnum):
    """A number that is an enum's."""

    FIVE = 5


#: A field, the value that it is given, and the native values that this may become, which are stored as the first one
#: of them is. It may also be refused.
SIMILAR: dict[str, tuple[Field, Any, tuple[Any, ...]]] = {
    "integer as text": (fields.integer(), "5", (5,)),
    "integer as long text": (fields.integer(), "12345678901234567890", (12345678901234567890,)),
    "integer as decimal": (fields.integer(), Decimal(5), (5,)),
    "integer as real": (fields.integer(), 5.0, (5,)),
    "integer as enum": (fields.integer(), Level.FIVE, (5, Level.FIVE)),
    "integer with a fraction": (fields.integer(), 5.5, (5,)),
    "integer with a decimal fraction": (fields.integer(), Decimal("5.5"), (5,)),
    "decimal as text": (fields.decimal(), "1.10", (Decimal("1.10"),)),
    "decimal as integer": (fields.decimal(), 5, (Decimal(5),)),
    "decimal as real": (fields.decimal(), 0.1, (Decimal("0.1"),)),
    "real as text": (fields.real(), "0.5", (0.5,)),
    "real as integer": (fields.real(), 5, (5.0,)),
    "real as decimal": (fields.real(), Decimal("0.5"), (0.5,)),
    "boolean as text": (fields.boolean(), "true", (True,)),
    "boolean as integer": (fields.boolean(), 1, (True,)),
    "binary as bytearray": (fields.binary(), bytearray(b"\x00\xff"), (b"\x00\xff",)),
    "binary as memoryview": (fields.binary(), memoryview(b"\x00\xff"), (b"\x00\xff",)),
    "text as bytes": (fields.text(), b"x", ("x",)),
    "date as date-time": (fields.date(), DAY_AND_TIME, (DAY, DAY_AND_TIME)),
    "date-time as date": (fields.moment(), DAY, (datetime.datetime(2020, 1, 2),)),
    "list as tuple": (fields.list_of(fields.integer()), (1, 2), ([1, 2],)),
    "list as set": (fields.list_of(fields.integer()), {1}, ([1],)),
    "set as frozenset": (fields.set_of(fields.text()), frozenset({"a"}), ({"a"},)),
    "set as list": (fields.set_of(fields.text()), ["a", "a"], ({"a"},)),
}
#: Strings of a class of their own, which may stay so: the core stores what they say.
WORDS = {"subclass": Word("x"), "enum": Colour.RED}


class ConversionTests(SchemaSuite):
    """Test values of similar types."""

    @pytest.mark.parametrize(("field", "given", "natives"), SIMILAR.values(), ids=SIMILAR)
    def test_similar_value(self, library: SchemaLibrary, field: Field, given: Any, natives: tuple[Any, ...]) -> None:
        """A value of a similar type is refused, or becomes a native value of the field's own type, with its form."""
        adapter = adapted(library, {"value": field})
        one = adapter.fields["value"]
        native_calls: tuple[Callable[[], dict[str, Any]], ...] = (
            lambda: adapter.validate({"value": given}, partial=False),
            lambda: adapter.validate({"value": given}, partial=True),
        )
        for call in native_calls:
            values = unless_refused(library, call)
            if values is not None:
                assert type(values["value"]) in [type(native) for native in natives if native == values["value"]]
                assert stored(adapter, values) == stored(adapter, {"value": natives[0]})
        for validate in (False, True):
            form = unless_refused(library, partial(one.dump, given, validate=validate))
            if form is not None:
                assert identical(normalise(form, "value"), stored(adapter, {"value": natives[0]})["value"])

    @pytest.mark.parametrize("given", WORDS.values(), ids=WORDS)
    def test_strings_of_other_classes(self, library: SchemaLibrary, given: str) -> None:
        """A string of a class of its own is refused, or stored as what it says."""
        adapter = adapted(library, {"value": fields.text()})
        values = unless_refused(library, lambda: adapter.validate({"value": given}, partial=False))
        if values is not None:
            assert values["value"] == str.__str__(given)
            assert stored(adapter, values) == {"value": str.__str__(given)}
        form = unless_refused(library, lambda: adapter.fields["value"].dump(given))
        if form is not None:
            assert normalise(form, "value") == str.__str__(given)

    def test_bytes_are_copied(self, library: SchemaLibrary) -> None:
        """What a buffer says later does not change a value that was made of it."""
        adapter = adapted(library, {"value": fields.binary()})
        buffer = bytearray(b"ab")
        for given in (buffer, memoryview(buffer)):
            buffer[:] = b"ab"
            values = unless_refused(library, partial(adapter.validate, {"value": given}, partial=False))
            buffer[:] = b"xy"
            assert values in (None, {"value": b"ab"})
