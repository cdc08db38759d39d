"""Whole items and partial items: required fields, defaults, unknown names, errors."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.exceptions import ValidationError
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, set_values, stored

PERSON = {"id": fields.text(required=True), "name": fields.text(required=True), "age": fields.integer()}


class ItemTests(SchemaSuite):
    """Test several fields together."""

    def test_what_is_required(self, library: SchemaLibrary) -> None:
        """Data without a required field are refused, from a user and from a table."""
        adapter = adapted(library, PERSON)
        with refused(library, "name"):
            adapter.validate({"id": "1"}, partial=False)
        with refused(library, "name", "id"):
            adapter.load({"age": 5}, partial=False)

    def test_what_is_not_required_may_be_missing(self, library: SchemaLibrary) -> None:
        """An optional field that is missing is missing or ``None`` in the result, and is not stored."""
        adapter = adapted(library, PERSON)
        values = adapter.validate({"id": "1", "name": "x"}, partial=False)
        assert set_values(values) == {"id": "1", "name": "x"}
        assert stored(adapter, values) == {"id": "1", "name": "x"}
        assert set_values(adapter.load({"id": "1", "name": "x"}, partial=False)) == {"id": "1", "name": "x"}

    def test_partial_data(self, library: SchemaLibrary) -> None:
        """Required fields may be missing in partial data; the others are validated all the same."""
        adapter = adapted(library, PERSON)
        assert set_values(adapter.validate({"age": 5}, partial=True)) == {"age": 5}
        assert set_values(adapter.load({"age": 5}, partial=True)) == {"age": 5}
        assert set_values(adapter.validate({}, partial=True)) == {}
        assert set_values(adapter.load({}, partial=True)) == {}
        for method in (adapter.validate, adapter.load):
            with refused(library, "age"):
                method({"age": "soon"}, partial=True)

    def test_several_mistakes(self, library: SchemaLibrary) -> None:
        """The exception holds an error for each field, the data as they were given, and the name of the schema."""
        adapter = adapted(library, PERSON)
        given: dict[str, Any] = {"id": 5, "age": "soon"}
        with refused(library, "id", "name", "age") as raised:
            adapter.validate(given, partial=False)
        assert raised.value.raw == given
        assert raised.value.schema_name == adapter.schema.__name__
        assert raised.value.errors

    def test_errors_of_one_field(self, library: SchemaLibrary) -> None:
        """A value that a field refuses in a condition is an error of that field."""
        with refused(library, "age"):
            adapted(library, PERSON).fields["age"].dump("soon")

    def test_unknown_names(self, library: SchemaLibrary) -> None:
        """Unknown names are refused, unless the schema allows them."""
        adapter = adapted(library, PERSON)
        assert not adapter.keeps_unknown
        for partial in (False, True):
            with refused(library, "more"):
                adapter.validate({"id": "1", "name": "x", "more": 5}, partial=partial)

    def test_unknown_names_that_are_let_through(self, library: SchemaLibrary) -> None:
        """A schema may allow unknown names. ``dump`` can ignore them, because the core stores them itself."""
        adapter = adapted(library, PERSON, extra=True)
        assert adapter.keeps_unknown
        values = adapter.validate({"id": "1", "name": "x", "more": 5}, partial=False)
        assert set_values(values) == {"id": "1", "name": "x", "more": 5}
        assert stored(adapter, {"id": "1", "name": "x"}) == {"id": "1", "name": "x"}

    @pytest.mark.parametrize("extra", [False, True], ids=["refused", "let-through"])
    def test_unknown_attributes_of_an_item(self, library: SchemaLibrary, extra: bool) -> None:
        """Unknown attributes of an item are ignored, whatever the schema says: a newer program may have stored them."""
        adapter = adapted(library, PERSON, extra=extra)
        item = {"id": "1", "name": "x", "newer": {"a": [1]}}
        assert set_values(adapter.load(item, partial=False)) == {"id": "1", "name": "x"}
        assert set_values(adapter.load(item, partial=True)) == {"id": "1", "name": "x"}

    def test_aliases(self, library: SchemaLibrary) -> None:
        """Native values go by the names of fields, stored values by the names of attributes."""
        described = {
            "id": fields.text(required=True, attribute="ID"),
            "left": fields.text(attribute="right"),
            "right": fields.text(attribute="left"),
        }
        adapter = adapted(library, described)
        values = adapter.validate({"id": "1", "left": "L", "right": "R"}, partial=False)
        assert values == {"id": "1", "left": "L", "right": "R"}
        item = stored(adapter, values)
        assert item == {"ID": "1", "right": "L", "left": "R"}
        assert adapter.load(item, partial=False) == values
        assert set_values(adapter.load({"right": "L"}, partial=True)) == {"left": "L"}
        assert set_values(adapter.validate({"left": "L"}, partial=True)) == {"left": "L"}
        assert stored(adapter, {"left": "L"}, partial=True) == {"right": "L"}

    def test_defaults(self, library: SchemaLibrary) -> None:
        """Defaults replace missing values, in whole data only."""
        described = {
            "id": fields.text(required=True),
            "year": fields.integer(default=lambda: 1999),
            "plain": fields.text(),
        }
        adapter = adapted(library, described)
        assert adapter.defaults() == {"year": 1999}
        assert set_values(adapter.validate({"id": "1"}, partial=False)) == {"id": "1", "year": 1999}
        assert set_values(adapter.validate({"id": "1", "year": 5}, partial=False)) == {"id": "1", "year": 5}
        assert set_values(adapter.load({"id": "1"}, partial=False)) == {"id": "1", "year": 1999}
        for partial in (adapter.validate({"id": "1"}, partial=True), adapter.load({"id": "1"}, partial=True)):
            assert set_values(partial) == {"id": "1"}
        assert stored(adapter, {"id": "1"}, partial=True) == {"id": "1"}

    def test_none_of_a_field_with_a_default(self, library: SchemaLibrary) -> None:
        """A field says whether it has a default. If it allows ``None``, an explicit or stored one stays ``None``."""
        described = {**PERSON, "copies": fields.integer(default=lambda: 5), "tags": fields.list_of(fields.text())}
        adapter = adapted(library, described)
        assert [name for name, field in adapter.fields.items() if field.has_default] == ["copies"]
        assert not adapter.fields["id"].nullable
        if not adapter.fields["copies"].nullable:
            return
        given: dict[str, Any] = {"id": "1", "name": "x", "copies": None}
        for partial in (False, True):
            values = adapter.validate(given, partial=partial)
            assert values["copies"] is None
            assert adapter.dump(values, partial=partial).get("copies") is None
            assert adapter.load(given, partial=partial)["copies"] is None

    def test_defaults_are_fresh(self, library: SchemaLibrary) -> None:
        """Each default is a new object."""
        adapter = adapted(library, {"tags": fields.list_of(fields.text(), default=list)})
        for make in (
            adapter.defaults,
            lambda: adapter.validate({}, partial=False),
            lambda: adapter.load({}, partial=False),
        ):
            make()["tags"].append("x")
            assert make()["tags"] == []

    def test_computed_field(self, library: SchemaLibrary) -> None:
        """A computed field is stored with whole items only: a partial item may lack what it is computed from."""
        described = {"id": fields.text(required=True), "label": fields.computed(lambda values: f"<{values['id']}>")}
        adapter = adapted(library, described)
        values = set_values(adapter.validate({"id": "1"}, partial=False))
        assert values == {"id": "1"}
        assert stored(adapter, values) == {"id": "1", "label": "<1>"}
        assert stored(adapter, values, partial=True) == {"id": "1"}
        assert set_values(adapter.load({"id": "1", "label": "<1>"}, partial=False)).get("id") == "1"
        assert not adapter.fields["label"].required

    def test_errors_are_the_library_s_own(self, library: SchemaLibrary) -> None:
        """The ``__cause__`` is the exception of the library, if there is one."""
        with pytest.raises(ValidationError) as raised:
            adapted(library, PERSON).validate({"id": "1"}, partial=False)
        assert not isinstance(raised.value.__cause__, ValidationError)
