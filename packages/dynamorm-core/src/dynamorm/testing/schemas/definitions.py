"""What an adapter says about a schema and its fields."""

from __future__ import annotations

import json
import types

import pytest

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.schemas import Claim, Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Kind
from dynamorm.testing.schemas.kinds import CASES, KindCase
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused

#: The types of values in JSON Schema, of kinds that have one.
JSON_TYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "integer",
    Kind.REAL: "number",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "string",
    Kind.MOMENT: "string",
    Kind.INSTANT: "string",
    Kind.IDENTIFIER: "string",
    Kind.BINARY: "string",
    Kind.LIST: "array",
    Kind.SET: "array",
    Kind.MAP: "object",
    Kind.NESTED: "object",
}


class DefinitionTests(SchemaSuite):
    """Test fields, their names, key types and shapes."""

    def test_schema_is_a_class(self, library: SchemaLibrary) -> None:
        """``schema`` is the class that the user wrote, or a subclass of it that the library made."""
        definition = library.schema({"id": fields.text()})
        adapter = library.provider.adapt("Thing", definition)
        assert isinstance(adapter.schema, type)
        assert issubclass(adapter.schema, definition)
        with pytest.raises(ValidationError) as raised:
            adapter.validate({"id": 5}, partial=False)
        assert raised.value.schema_name == adapter.schema.__name__

    def test_schema_can_be_inherited_from(self, library: SchemaLibrary) -> None:
        """A schema that inherits from another model's ``schema`` has its fields, and can be adapted as any other."""
        parent = adapted(library, {"id": fields.text(required=True), "number": fields.integer()})
        definition = types.new_class("Schema", (parent.schema,))
        assert library.provider.claims(definition) >= Claim.FIELDS
        child = library.provider.adapt("Child", definition)
        assert issubclass(child.schema, definition)
        assert list(child.fields) == ["id", "number"]
        assert child.validate({"id": "1", "number": 5}, partial=False) == {"id": "1", "number": 5}
        with refused(library, "id"):
            child.validate({"number": 5}, partial=False)

    def test_complete(self, library: SchemaLibrary) -> None:
        """A schema of which all is known has no unresolved fields, and is complete as it is."""
        adapter = adapted(library, {"id": fields.text(), "number": fields.integer()})
        assert [field.unresolved for field in adapter.fields.values()] == [None, None]
        assert list(adapter.complete().fields) == ["id", "number"]

    def test_fields_in_the_order_of_their_definition(self, library: SchemaLibrary) -> None:
        """``fields`` contains each field by its name, in the order of the definition."""
        names = ["id", "zulu", "alpha", "mike"]
        found = adapted(library, {name: fields.text() for name in names}).fields
        assert list(found) == names
        assert len(found) == len(names)
        assert [field.name for field in found.values()] == names
        assert "nothing" not in found

    def test_attribute_is_the_name_unless_the_schema_says_otherwise(self, library: SchemaLibrary) -> None:
        """A field without an alias is stored under its own name."""
        assert adapted(library, {"id": fields.text()}).fields["id"].attribute == "id"

    @pytest.mark.parametrize("alias", ["ID", "the id", "a.b", "#", "left"])
    def test_alias(self, library: SchemaLibrary, alias: str) -> None:
        """An alias is any string, even the name of another field that has an alias itself."""
        found = adapted(library, {"id": fields.text(attribute=alias), "left": fields.text(attribute="right")}).fields
        assert {name: field.attribute for name, field in found.items()} == {"id": alias, "left": "right"}
        assert [field.name for field in found.values()] == ["id", "left"]

    def test_required(self, library: SchemaLibrary) -> None:
        """``required`` says whether a field may be missing."""
        found = adapted(library, {"id": fields.text(required=True), "other": fields.text()}).fields
        assert [field.required for field in found.values()] == [True, False]

    def test_field_with_a_default_is_not_required(self, library: SchemaLibrary) -> None:
        """A field with a default is not required."""
        assert not adapted(library, {"id": fields.text(default=lambda: "x")}).fields["id"].required

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_key_type(self, library: SchemaLibrary, case: KindCase) -> None:
        """``key_type`` is the DynamoDB type of the field as a key, or ``None`` if it can't be one."""
        assert adapted(library, {"value": case.field}).fields["value"].key_type in case.key_types

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_shape(self, library: SchemaLibrary, case: KindCase) -> None:
        """``shape`` says what can be nested in a field."""
        field = adapted(library, {"value": case.field}).fields["value"]
        assert field.shape in case.shapes
        if field.shape is Shape.SCALAR:
            assert field.child("a") is None
            assert field.child_names() is None

    @pytest.mark.parametrize("below", ["nested", "list", "map"])
    def test_nested_aliases_that_collide(self, library: SchemaLibrary, below: str) -> None:
        """A nested schema that stores two fields under one name is refused when the model is defined.

        The library itself may refuse it when the class is made, with one of its ``definition_errors``.
        """
        nested = fields.nested({"city": fields.text(attribute="C"), "C": fields.text()})
        field = {"nested": nested, "list": fields.list_of(nested), "map": fields.map_of(nested)}[below]
        adapted(
            library,
            {"home": fields.nested({"city": fields.text(attribute="C")}), "homes": fields.list_of(fields.text())},
        )
        try:
            definition = library.schema({"home": field})
        except library.definition_errors:
            return
        with pytest.raises(DynaModelException):
            library.provider.adapt("Thing", definition)

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_json_schema(self, library: SchemaLibrary, case: KindCase) -> None:
        """What a field says about its JSON Schema is JSON itself, and about values of its kind."""
        found = adapted(library, {"value": case.field}).fields["value"].json_schema
        if found is None:
            return
        assert json.loads(json.dumps(found)) == found
        assert found.get("type", JSON_TYPES.get(case.field.kind)) == JSON_TYPES.get(case.field.kind, found.get("type"))

    def test_pydantic_core_schema(self, library: SchemaLibrary) -> None:
        """A core schema of Pydantic's, if the adapter has one, has the names of fields."""
        adapter = adapted(library, {"id": fields.text(required=True, attribute="ID"), "number": fields.integer()})
        core_schema = adapter.pydantic_core_schema()
        if core_schema is None:
            return
        made = pytest.importorskip("pydantic.json_schema").GenerateJsonSchema(by_alias=True).generate(core_schema)
        assert list(made["properties"]) == ["id", "number"]
