"""Mistakes in what a field says of itself."""

from __future__ import annotations

from typing import Any

from dynamorm.data import PathElement
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, Shape
from dynamorm.testing import SchemaLibrary
from tests.conformance.seeded_schema_faults.faults import Fault, WrappedAdapter, WrappedField
from tests.support.schema_libraries import in_plain


class SortedFields(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self.fields = dict(sorted(self.fields.items()))


class FieldsByAttribute(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self.fields = {field.attribute: field for field in self.fields.values()}


class NamedByAttribute(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.name = inner.attribute


class StoredByName(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.attribute = inner.name


class NeverRequired(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.required = False


class RequiredUnlessNullable(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.required = not inner.nullable


class DefaultsEverywhere(WrappedField):
    @property
    def has_default(self) -> bool:
        return not self.required


class NumbersForBooleans(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        if inner.key_type is None and inner.shape is Shape.SCALAR:
            self.key_type = "N"


class StringsForNumbers(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        if inner.key_type == "N":
            self.key_type = "S"


class MapsForLists(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        if inner.shape is Shape.LIST:
            self.shape = Shape.MAP


class ScalarsForMaps(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        if inner.shape is Shape.MAP:
            self.shape = Shape.SCALAR


class AlwaysOrdered(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.ordered = True


class NeverOrdered(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.ordered = False


class AnyShape(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.shape = Shape.ANY


class NoDateTimes(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.date_times = False


class DateTimesEverywhere(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.date_times = inner.key_type == "S"


class NoStoredForm(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.stored_form = None


class TypesInJson(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.json_schema = {"type": str}


class NamesOfAttributes(WrappedField):
    def child_names(self) -> frozenset[str] | None:
        names = self.inner.child_names()
        children = [self.inner.child(name) for name in names or ()]
        return None if names is None else frozenset(child.attribute for child in children if child is not None)


class ChildrenByAttribute(WrappedField):
    def child(self, element: PathElement) -> SchemaField | None:
        children = [super(ChildrenByAttribute, self).child(name) for name in self.inner.child_names() or ()]
        by_attribute = {child.attribute: child for child in children if child is not None}
        return by_attribute.get(str(element)) or super().child(element)


class ChildrenOfAnyName(WrappedField):
    def child(self, element: PathElement) -> SchemaField | None:
        names = self.inner.child_names()
        return super().child(element if names is None or element in names else min(names, default=element))


class FirstElementOnly(WrappedField):
    def child(self, element: PathElement) -> SchemaField | None:
        return None if isinstance(element, int) and element else super().child(element)


class NothingBelow(WrappedField):
    def child(self, element: PathElement) -> SchemaField | None:
        return None

    def child_names(self) -> frozenset[str] | None:
        return None


class ForgetsUnknown(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self.keeps_unknown = False


def without_check() -> SchemaLibrary:
    """A library that stores two nested fields under one name."""

    class Unchecked(in_plain.PlainAdapter):
        def __init__(self, model_name: str, definition: type) -> None:
            empty = type("Schema", (in_plain.PlainSchema,), {"extra": getattr(definition, "extra", False)})
            super().__init__(model_name, empty)
            self.schema = definition
            self.fields = {
                name: value
                for base in reversed(definition.__mro__)
                for name, value in vars(base).items()
                if isinstance(value, in_plain.PlainField)
            }

    class Library(in_plain.PlainLibrary):
        adapter_class = Unchecked

    return Library()


def with_its_own_error() -> SchemaLibrary:
    """A library whose adapter lets the library's error out."""

    class Own(in_plain.PlainAdapter):
        def __init__(self, model_name: str, definition: type) -> None:
            try:
                super().__init__(model_name, definition)
            except DynaModelException as error:
                raise ValueError(str(error)) from error

    class Library(in_plain.PlainLibrary):
        adapter_class = Own

    return Library()


FAULTS = (
    Fault("fields in another order", ("test_fields_in_the_order_of_their_definition",), adapter=SortedFields),
    Fault("fields by attribute", ("test_alias",), "marshmallow", adapter=FieldsByAttribute),
    Fault("attributes for names", ("test_alias", "test_child_of_a_nested_schema"), fields=NamedByAttribute),
    Fault("names for attributes", ("test_alias", "test_child_of_a_nested_schema"), "pydantic", fields=StoredByName),
    Fault("nothing is required", ("test_required",), "schematics", fields=NeverRequired),
    Fault(
        "what can't be None is required",
        ("test_required", "test_field_with_a_default_is_not_required"),
        fields=RequiredUnlessNullable,
    ),
    Fault("a default of everything", ("test_none_of_a_field_with_a_default",), fields=DefaultsEverywhere),
    Fault("booleans as keys", ("test_key_type",), "pydantic", fields=NumbersForBooleans),
    Fault("strings as keys for numbers", ("test_key_type",), "marshmallow", fields=StringsForNumbers),
    Fault("lists that are maps", ("test_shape",), fields=MapsForLists),
    Fault("maps that nothing is in", ("test_shape",), "schematics", fields=ScalarsForMaps),
    Fault("an order of everything", ("test_order",), fields=AlwaysOrdered),
    Fault("an order of nothing", ("test_order",), "marshmallow", fields=NeverOrdered),
    Fault("shapes of anything", ("test_shape",), "pydantic", fields=AnyShape),
    Fault("date-times that don't say so", ("test_date_times_as_text",), "pydantic", fields=NoDateTimes),
    Fault("date-times of every string", ("test_only_date_times_are_date_times",), fields=DateTimesEverywhere),
    Fault("a stored form that is lost", ("test_stored_form",), "marshmallow", fields=NoStoredForm),
    Fault("a JSON Schema of Python's types", ("test_json_schema",), fields=TypesInJson),
    Fault("nested names of attributes", ("test_child_of_a_nested_schema",), "marshmallow", fields=NamesOfAttributes),
    Fault("nested fields by attribute", ("test_child_of_a_nested_schema",), fields=ChildrenByAttribute),
    Fault("nested fields of any name", ("test_child_of_a_nested_schema",), "schematics", fields=ChildrenOfAnyName),
    Fault("a field for the first element", ("test_element_of_a_list",), "pydantic", fields=FirstElementOnly),
    Fault("no fields below", ("test_entry_of_a_map", "test_nested_twice"), fields=NothingBelow),
    Fault("unknown names that are not kept", ("test_unknown_names_that_are_let_through",), adapter=ForgetsUnknown),
    Fault("nested fields with one attribute", ("test_nested_aliases_that_collide",), library=without_check),
    Fault("a definition with the library's error", ("test_nested_aliases_that_collide",), library=with_its_own_error),
)
