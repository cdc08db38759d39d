"""What an adapter says about a schema and its fields."""

from __future__ import annotations

import pytest

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.kinds import CASES, KindCase
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted


class Nothing:
    """A class that belongs to no library."""

    number = 5


class DefinitionTests(SchemaSuite):
    """Test fields, their names, key types and shapes."""

    def test_claims_what_is_its_own(self, library: SchemaLibrary) -> None:
        """The provider claims a schema of its library, and no other class."""
        claims = library.provider.claims
        assert claims(library.schema({"id": fields.text()}))
        assert not claims(Nothing)
        assert not claims(object)

    def test_contract(self, library: SchemaLibrary) -> None:
        """The provider is made for this version of the contract, and has a name."""
        assert library.provider.contract == 1
        assert library.provider.name.isidentifier()

    def test_schema_is_a_class(self, library: SchemaLibrary) -> None:
        """``schema`` is the class that becomes the model's ``Schema``."""
        adapter = adapted(library, {"id": fields.text()})
        assert isinstance(adapter.schema, type)

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
        """A nested schema that stores two fields under one name is refused when the model is defined."""
        nested = fields.nested({"city": fields.text(attribute="C"), "C": fields.text()})
        field = {"nested": nested, "list": fields.list_of(nested), "map": fields.map_of(nested)}[below]
        adapted(
            library,
            {"home": fields.nested({"city": fields.text(attribute="C")}), "homes": fields.list_of(fields.text())},
        )
        with pytest.raises(DynaModelException):
            adapted(library, {"home": field})
