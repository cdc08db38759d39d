"""Values of each kind, given natively or serialised, stored, loaded, and refused if they have another type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data.values import identical, normalise
from dynamorm.exceptions import InvalidValue, ValidationError
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.kinds import ANY_TEXT, CASES, KindCase
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, stored

WRONG = {
    f"{name}-{index}": (case.field, wrong, index < len(case.wrong))
    for name, case in CASES.items()
    for index, wrong in enumerate((*case.wrong, *case.mistaken))
}

#: Values that are false in Python, and are values all the same.
FALSE = {
    "text": (fields.text(), ""),
    "integer": (fields.integer(), 0),
    "decimal": (fields.decimal(), Decimal(0)),
    "real": (fields.real(), 0.0),
    "boolean": (fields.boolean(), False),
    "binary": (fields.binary(), b""),
    "duration": (fields.duration(), timedelta(0)),
    "list": (fields.list_of(fields.integer()), []),
    "map": (fields.map_of(fields.integer()), {}),
}

#: Numbers of many digits, very small and very large ones: within what a double and DynamoDB can hold.
REALS = (0.1 + 0.2, 1 / 3, -123456.789012345, 1e-120, 1.7976931348623157e120, 2.0**53)
#: What is no number for DynamoDB.
NO_NUMBERS = {
    f"{field.kind.value}-{name}": (field, convert(name))
    for field, convert in ((fields.real(), float), (fields.decimal(), Decimal))
    for name in ("NaN", "Infinity", "-Infinity")
}


class ValueTests(SchemaSuite):
    """Test one field at a time."""

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_round_trip(self, library: SchemaLibrary, case: KindCase) -> None:
        """A native value is stored in its canonical form, and loaded as it was."""
        adapter = adapted(library, {"value": case.field})
        values = adapter.validate({"value": deepcopy(case.native)}, partial=False)
        assert values == {"value": case.native}
        assert type(values["value"]) is type(case.native)
        item = stored(adapter, values)
        assert list(item) == ["value"]
        assert isinstance(item["value"], str) if case.stored is ANY_TEXT else identical(item["value"], case.stored)
        loaded = adapter.load(item, partial=False)
        assert loaded == values
        assert type(loaded["value"]) is type(case.native)
        assert stored(adapter, loaded) == item

    @pytest.mark.parametrize(("field", "native"), FALSE.values(), ids=FALSE)
    def test_false_values(self, library: SchemaLibrary, field: fields.Field, native: Any) -> None:
        """A value that is false in Python is not taken for a missing one."""
        adapter = adapted(library, {"id": fields.text(), "value": field})
        for partial in (False, True):
            values = adapter.validate({"value": native}, partial=partial)
            assert values["value"] == native
            item = stored(adapter, values, partial=partial)
            assert list(item) == ["value"]
            loaded = adapter.load(item, partial=partial)["value"]
            assert (loaded, type(loaded)) == (native, type(native))
        assert adapter.to_json({"value": native})["value"] is not None
        assert normalise(adapter.fields["value"].dump(native, validate=True), "value") == item["value"]

    @pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_copies_on_load(self, library: SchemaLibrary, case: KindCase, partial: bool) -> None:
        """With ``copies_on_load``, loaded values share no list, map or set with the item, which stays unchanged."""
        adapter = adapted(library, {"value": case.field})
        item = stored(adapter, {"value": case.native})
        before = deepcopy(item)
        containers = {id(container) for container in _containers(item["value"])}
        loaded = adapter.load(item, partial=partial)
        copied = containers.isdisjoint(id(container) for container in _containers(loaded["value"]))
        assert (copied and identical(item, before)) or not adapter.copies_on_load

    @pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_serialised_values_are_taken_too(self, library: SchemaLibrary, case: KindCase, partial: bool) -> None:
        """A value may be given in its stored form."""
        adapter = adapted(library, {"value": case.field})
        item = stored(adapter, {"value": case.native})
        values = adapter.validate(item, partial=partial)
        assert values == {"value": case.native}
        assert type(values["value"]) is type(case.native)

    @pytest.mark.parametrize("validate", [False, True], ids=["condition", "update"])
    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_one_value(self, library: SchemaLibrary, case: KindCase, validate: bool) -> None:
        """A field dumps a single value, for a condition or an update, as the whole schema does."""
        adapter = adapted(library, {"value": case.field})
        field, item = adapter.fields["value"], stored(adapter, {"value": case.native})
        for given in (case.native, item["value"]):
            assert identical(normalise(field.dump(deepcopy(given), validate=validate), "value"), item["value"])

    @pytest.mark.parametrize(("field", "wrong", "also_stored"), WRONG.values(), ids=WRONG)
    def test_value_of_another_type(
        self, library: SchemaLibrary, field: fields.Field, wrong: Any, also_stored: bool
    ) -> None:
        """A value of another type is refused everywhere, and never converted."""
        adapter = adapted(library, {"value": field})
        calls: dict[str, Callable[[], object]] = {
            "validate": lambda: adapter.validate({"value": wrong}, partial=False),
            "validate of a part": lambda: adapter.validate({"value": wrong}, partial=True),
            "dump of the field": lambda: adapter.fields["value"].dump(wrong),
            "dump of the field with validate": lambda: adapter.fields["value"].dump(wrong, validate=True),
        }
        if also_stored:
            calls["load"] = lambda: adapter.load({"value": wrong}, partial=False)
            calls["load of a part"] = lambda: adapter.load({"value": wrong}, partial=True)
        for name, call in calls.items():
            with refused(library, "value", by=name):
                call()

    @pytest.mark.parametrize("native", REALS, ids=repr)
    def test_real_numbers_keep_their_digits(self, library: SchemaLibrary, native: float) -> None:
        """A float is stored with all of its digits, and loaded as the same float."""
        adapter = adapted(library, {"value": fields.real()})
        values = adapter.validate({"value": native}, partial=False)
        assert values == {"value": native}
        assert adapter.load(stored(adapter, values), partial=False) == values
        assert identical(normalise(adapter.fields["value"].dump(native), "value"), stored(adapter, values)["value"])

    @pytest.mark.parametrize(("field", "native"), NO_NUMBERS.values(), ids=NO_NUMBERS)
    def test_what_is_no_number_is_not_stored(self, library: SchemaLibrary, field: fields.Field, native: Any) -> None:
        """NaN and infinities are refused by the library, or stay what they are for the core to refuse."""
        adapter = adapted(library, {"value": field})
        one = adapter.fields["value"]
        calls: tuple[Callable[[], object], ...] = (
            lambda: stored(adapter, adapter.validate({"value": native}, partial=False)),
            lambda: stored(adapter, adapter.validate({"value": native}, partial=True), partial=True),
            lambda: normalise(one.dump(native), "value"),
            lambda: normalise(one.dump(native, validate=True), "value"),
        )
        for dump in calls:
            with pytest.raises((InvalidValue, ValidationError)):
                dump()

    def test_none_for_what_is_required(self, library: SchemaLibrary) -> None:
        """An update can't store ``None`` in a field that does not allow it."""
        adapter = adapted(library, {"value": fields.text(required=True)})
        with refused(library, "value"):
            adapter.fields["value"].dump(None, validate=True)


def _containers(value: Any) -> Iterator[object]:
    """Yield a *value* and everything in it that is a list, a map or a set."""
    if isinstance(value, (list, dict, set)):
        yield value
        for element in value.values() if isinstance(value, dict) else value:
            yield from _containers(element)
