"""Errors: which field they are about, at each level, and what else an exception tells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from dynamorm.exceptions import ValidationError
from dynamorm.model.interchange.error_messages import messages_of
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.natives import NestedForm
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused
from dynamorm.testing.schemas.tiers import current_test

PERSON = {"id": fields.text(required=True), "name": fields.text(required=True), "age": fields.integer()}


class ErrorTests(SchemaSuite):
    """Test the errors of a ``ValidationError``."""

    def test_several_mistakes(self, library: SchemaLibrary) -> None:
        """The exception holds an error for each field, the data as they were given, and the name of the schema."""
        adapter = adapted(library, PERSON)
        given: dict[str, Any] = {"id": 5, "age": "soon"}
        with refused(library, "id", "name", "age") as raised:
            adapter.validate(given, partial=False)
        assert raised.value.raw == given
        assert raised.value.schema_name == adapter.schema.__name__
        assert raised.value.errors

    def test_mistakes_in_an_item(self, library: SchemaLibrary) -> None:
        """Items that are refused have the same errors, the item, and the name of the schema."""
        adapter = adapted(library, PERSON)
        item: dict[str, Any] = {"id": "1", "age": "soon"}
        for is_partial, names in ((False, ("name", "age")), (True, ("age",))):
            with refused(library, *names) as raised:
                adapter.load(item, partial=is_partial)
            assert raised.value.raw == item
            assert raised.value.schema_name == adapter.schema.__name__

    def test_several_mistakes_in_a_part(self, library: SchemaLibrary) -> None:
        """Partial data have an error for each field, too, and none for what is missing."""
        adapter = adapted(library, PERSON)
        with refused(library, "id", "age"):
            adapter.validate({"id": 5, "age": "soon"}, partial=True)

    def test_unknown_name_and_mistake(self, library: SchemaLibrary) -> None:
        """A name without a field is an error under that name."""
        adapter = adapted(library, PERSON)
        with pytest.raises(ValidationError) as raised:
            adapter.validate({"id": "1", "name": "x", "agee": 5}, partial=False)
        assert library.refused(raised.value.errors) == {"agee"}

    def test_errors_of_one_field(self, library: SchemaLibrary) -> None:
        """A value that a field refuses in a condition is an error of that field."""
        adapter = adapted(library, PERSON)
        for validate in (False, True):
            with refused(library, "age") as raised:
                adapter.fields["age"].dump("soon", validate=validate)
            assert raised.value.raw == "soon"
            assert raised.value.schema_name == adapter.schema.__name__

    def test_errors_name_fields(self, library: SchemaLibrary) -> None:
        """``json_location`` leads from an error to the name of the field, whatever its attribute is called."""
        described = {"id": fields.text(required=True, attribute="ID"), "age": fields.integer(attribute="A")}
        adapter = adapted(library, described)
        calls: dict[str, Callable[[], object]] = {
            "validate": lambda: adapter.validate({"id": 5, "age": "soon"}, partial=False),
            "partial": lambda: adapter.validate({"id": 5, "age": "soon"}, partial=True),
            "load": lambda: adapter.load({"ID": 5, "A": "soon"}, partial=False),
        }
        expected = {"ID", "A"} if library.errors_by_attribute else {"id", "age"}
        for call in calls.values():
            assert locations(adapter, call) == {("id",), ("age",)}
            with pytest.raises(ValidationError) as raised:
                call()
            assert library.refused(raised.value.errors) == expected
        assert locations(adapter, lambda: adapter.validate({}, partial=False)) == {("id",)}
        assert locations(adapter, lambda: adapter.fields["age"].dump("soon")) == {("age",)}

    def test_errors_of_nested_fields(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """``json_location`` leads to the value below, by names of fields and by indexes."""
        below = nested({"city": fields.text(attribute="C"), "since": fields.date()})
        adapter = adapted(library, {"home": below, "others": fields.list_of(below, attribute="O")})
        item = {"home": {"C": 5}, "O": [{"C": "Oslo"}, {"since": "soon"}]}
        given = {"home": {"city": 5}, "others": [{"city": "Oslo"}, {"since": "soon"}]}
        for call in (
            lambda: adapter.load(item, partial=False),
            lambda: adapter.validate(given, partial=False),
            lambda: adapter.validate(given, partial=True),
        ):
            found = locations(adapter, call)
            assert {location[0] for location in found} == {"home", "others"}
            if states_places(library):
                assert found == {("home", "city"), ("others", 1, "since")}

    def test_errors_of_elements(self, library: SchemaLibrary) -> None:
        """An element of a list that is refused is an error of the list."""
        adapter = adapted(library, {"days": fields.list_of(fields.date())})
        found = locations(adapter, lambda: adapter.validate({"days": ["2020-01-02", "soon"]}, partial=False))
        assert {location[0] for location in found} == {"days"}
        if states_places(library):
            assert {location[:2] for location in found} == {("days", 1)}

    def test_several_mistakes_below_a_field(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Each value below a field that is refused has an error of its own, if errors lead to such values."""
        below = nested({"city": fields.text(), "since": fields.date(), "zip": fields.text()})
        adapter = adapted(library, {"home": below, "days": fields.list_of(fields.date())})
        given = {"home": {"city": 5, "since": "soon", "zip": "1"}, "days": ["2020-01-02", "soon", 5]}
        expected = {("home", "city"), ("home", "since"), ("days", 1), ("days", 2)}
        for method in (adapter.validate, adapter.load):
            for is_partial in (False, True):
                found = locations(adapter, partial(method, given, partial=is_partial))
                assert {location[0] for location in found} == {"home", "days"}
                if states_places(library):
                    assert {location[:2] for location in found} == expected

    def test_errors_are_texts(self, library: SchemaLibrary) -> None:
        """Each message is a text, and the exception can be shown."""
        adapter = adapted(library, PERSON)
        with pytest.raises(ValidationError) as raised:
            adapter.validate({"id": 5, "more": 1}, partial=False)
        messages = list(messages_of(raised.value.errors))
        assert messages
        assert all(text.strip() for _, _, text, _ in messages)
        assert adapter.schema.__name__ in str(raised.value)

    def test_errors_are_the_library_s_own(self, library: SchemaLibrary) -> None:
        """The ``__cause__`` is the exception of the library, if there is one."""
        with pytest.raises(ValidationError) as raised:
            adapted(library, PERSON).validate({"id": "1"}, partial=False)
        assert not isinstance(raised.value.__cause__, ValidationError)


def locations(adapter: SchemaAdapter, call: Callable[[], object]) -> set[tuple[str | int, ...]]:
    """Return where the errors are that a *call* raises, by the names of fields."""
    with pytest.raises(ValidationError) as raised:
        call()
    return {adapter.json_location(location) for location, *_ in messages_of(raised.value.errors)}


def states_places(library: SchemaLibrary) -> bool:
    """Return whether the errors of the *library* lead to values below fields. If so, the test is of that tier, too."""
    if SchemaCapability.PLACES not in library.capabilities:
        return False
    current_test.needs([SchemaCapability.PLACES.value])
    return True
