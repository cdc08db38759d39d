"""The classes that an inner ``Schema`` may be, and the Schematics models made of them."""

from __future__ import annotations

import subprocess
import sys
import types as standard_types
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import fields
from schematics import Model, types
from schematics.common import DROP
from schematics.contrib.enum_type import EnumType
from schematics.exceptions import ValidationError as SchematicsValidationError
from schematics.transforms import blacklist, whitelist
from schematics.types.serializable import serializable

from dynamorm import DynaModel, batch
from dynamorm.exceptions import AmbiguousSchema, DynaModelException, InvalidKey, InvalidSchemaField, ValidationError
from tests.schematics.models import define, stored, table_of
from tests.schematics.test_values import Colour, CommaDecimal, Isbn


class Titled:
    title = types.StringType(default="untitled")

    def validate_title(self, data: dict[str, Any], value: Any) -> None:
        if value == "forbidden":
            raise SchematicsValidationError("This title is forbidden.")


class Numbered(Model):
    id = types.StringType(required=True)
    number = types.IntType(default=1)


def test_bare_class_becomes_a_model_of_the_library() -> None:
    class Schema(Titled):
        id = types.StringType(required=True)

        class Options:
            serialize_when_none = False

        def describe(self: object) -> str:
            return "described"

    book = define(Schema)
    assert issubclass(book.Schema, Model)
    assert issubclass(book.Schema, Schema)
    assert book.Schema.__name__ == "BookSchema"
    assert book.Schema.describe(None) == "described"
    assert book(id="1").title == "untitled"
    with pytest.raises(ValidationError, match="This title is forbidden"):
        book(id="1", title="forbidden")


def test_schema_of_the_librarys_base_stays_one() -> None:
    class Schema(Numbered):
        number = types.IntType(default=2)

    book = define(Schema)
    assert issubclass(book.Schema, Schema)
    assert book(id="1").number == 2
    # The user's own class is as it was.
    assert Schema({"id": "1"}).number == 2
    assert Schema.__name__ == "Schema"


def test_method_resolution_order_decides() -> None:
    class Other:
        number = types.IntType(default=3)

    class BareFirst(Titled, Other, Numbered):
        pass

    class ModelFirst(Numbered, Other):
        title = None

    class Emptied(Titled):
        id = types.StringType()
        title = None

    assert define(BareFirst)(id="1").to_dict() == {"id": "1", "title": "untitled", "number": 3}
    assert define(ModelFirst)(id="1").to_dict() == {"id": "1", "number": 1}
    assert define(Emptied)(id="1").to_dict() == {"id": "1"}


def test_mixin_can_be_shared_by_models() -> None:
    class One(Titled):
        id = types.StringType()

        class Options:
            serialize_when_none = False

    class Other(Titled):
        id = types.StringType()

    first, second = define(One), define(Other)
    assert first(id="1").title == second(id="1").title == "untitled"
    assert Titled.__dict__["title"].owner_model is None


def test_schema_of_two_libraries_is_refused() -> None:
    with pytest.raises(AmbiguousSchema, match="claimed by marshmallow and schematics"):
        define(type("Schema", (), {"id": types.StringType(), "other": fields.String()}))


def test_models_of_two_libraries_live_side_by_side() -> None:
    class Other(DynaModel):
        class Table:
            name = "others"
            hash_key = "id"

        class Schema:
            id = fields.String()

    table_of(Other).create_table()
    book = define(Numbered)
    book(id="1").save()
    Other(id="1").save()
    assert [found.number for found in book.scan()] == [1]
    assert [found.id for found in Other.scan()] == ["1"]


class NumberedKey(EnumType):
    primitive_type = int


class BytesType(types.BaseType):
    primitive_type = bytes


class Wordless(types.BaseType):
    pass


@pytest.mark.parametrize(
    ("field", "key_type"),
    [
        (types.StringType(), "S"),
        (types.EmailType(), "S"),
        (types.URLType(), "S"),
        (types.IPv4Type(), "S"),
        (types.MD5Type(), "S"),
        (types.UUIDType(), "S"),
        (types.DateType(), "S"),
        (types.DateTimeType(), "S"),
        (types.UTCDateTimeType(), "S"),
        (EnumType(Colour), "S"),
        (types.IntType(), "N"),
        (types.LongType(), "N"),
        (types.FloatType(), "N"),
        (types.DecimalType(), "N"),
        (types.TimestampType(), "N"),
        (types.TimedeltaType(), "N"),
        (Isbn(), "S"),
        (CommaDecimal(), "S"),
        (NumberedKey(Colour, use_values=True), "N"),
        (BytesType(), "B"),
        (Wordless(), "S"),
    ],
)
def test_type_of_a_key_comes_from_its_field(field: Any, key_type: str) -> None:
    book = define(type("Schema", (), {"key": field}), "key")
    assert table_of(book).spec.hash_key.type == key_type


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (types.DecimalType(), Decimal("1.50")),
        (types.TimestampType(), 1577934245.5),
        (NumberedKey(Colour, use_values=True), Colour.GREEN),
        (BytesType(), b"\x00"),
        (Isbn(), "1-2"),
    ],
)
def test_item_is_found_by_a_key_of_each_kind(field: Any, given: Any) -> None:
    book = define(type("Schema", (), {"key": field, "title": types.StringType()}), "key")
    book(key=given, title="x").save()
    found = book.get(key=given)
    assert found is not None
    found.update(title="y")
    assert [found.title for found in book.query(key=given)] == ["y"]
    found.delete()
    assert book.get(key=given) is None


@pytest.mark.parametrize(
    "field",
    [
        types.BaseType(),
        types.BooleanType(),
        types.GeoPointType(),
        types.MultilingualStringType(),
        types.UnionType((types.StringType, types.IntType)),
        types.ModelType(Numbered),
        types.PolyModelType([Numbered]),
        types.ListType(types.StringType),
        types.DictType(types.StringType),
    ],
    ids=lambda field: type(field).__name__,
)
def test_type_that_can_not_be_a_key_is_refused(field: Any) -> None:
    with pytest.raises(InvalidKey, match="hash_key 'key' of the Table of Book has a field type that can't be a key"):
        define(type("Schema", (), {"key": field}), "key")


def test_key_is_named_as_its_field_and_stored_under_its_serialised_name() -> None:
    book = define(type("Schema", (), {"key": types.StringType(serialized_name="Key")}), "key")
    assert table_of(book).spec.hash_key.name == "Key"
    with pytest.raises(InvalidSchemaField, match="hash_key 'Key'"):
        define(type("Schema", (), {"key": types.StringType(serialized_name="Key")}), "Key")


def test_computed_field_is_stored_and_follows_what_it_is_made_of() -> None:
    class Schema:
        id = types.StringType(required=True)
        city = types.StringType()

        @serializable(serialized_name="Label", type=types.StringType())
        def label(self) -> str:
            return f"{self.id} of {self.city}"

    book = define(Schema)
    for partial in (True, False):
        book(id="1", city="Oslo").save()
        assert stored(book) == {"id": "1", "city": "Oslo", "Label": "1 of Oslo"}
        (found,) = book.scan(label="1 of Oslo")
        found.city = "Rome"
        found.save(partial=partial)
        assert stored(book) == {"id": "1", "city": "Rome", "Label": "1 of Rome"}
        assert found.to_dict() == {"id": "1", "city": "Rome", "Label": "1 of Rome"}
        assert found.label is None
    with pytest.raises(ValidationError, match="computed and can't be set"):
        book.update_item(id="1", label="x")


def test_computed_field_with_a_setter_sets_what_it_is_made_of() -> None:
    class Schema:
        id = types.StringType(required=True)
        first = types.StringType()
        last = types.StringType()

        def name_of(self) -> str:
            return f"{self.first} {self.last}"

        def split_name(self, value: str) -> None:
            self.first, self.last = value.split(" ")

        name = types.calculated(type=types.StringType(), fget=name_of, fset=split_name)

    book = define(Schema)
    ann = book(id="1", name="Ann Lee")
    assert (ann.first, ann.last) == ("Ann", "Lee")
    ann.save()
    assert stored(book) == {"id": "1", "first": "Ann", "last": "Lee", "name": "Ann Lee"}


class Place(Model):
    city = types.StringType(default="Oslo")
    zip = types.StringType()
    pin = types.StringType(export_level=DROP)
    lines = types.ListType(types.StringType)

    class Options:
        serialize_when_none = False
        roles = {"public": blacklist("zip")}  # noqa: RUF012 - as its users write it


@pytest.mark.parametrize("plain", [True, False])
def test_roles_and_export_levels_are_for_others_and_everything_is_stored(plain: bool) -> None:
    class Schema:
        id = types.StringType(required=True)
        note = types.StringType()
        tags = types.ListType(types.StringType(), serialize_when_none=False)
        home = types.ModelType(Place)
        homes = types.ListType(types.ModelType(Place, serialize_when_none=False))
        named = types.DictType(types.ListType(types.StringType, serialize_when_none=False))

        class Options:
            serialize_when_none = False
            roles = {  # noqa: RUF012 - as its users write it
                "public": whitelist("id"),
                "default": lambda name, value: value in ("", [], "secret"),
            }

        if not plain:

            def describe(self) -> str:
                return "a method, which excludes the fast path"

    book = define(Schema)
    given: dict[str, Any] = {
        "id": "1",
        "note": "secret",
        "tags": [],
        "home": {"city": None, "zip": None, "lines": []},
        "homes": [{"city": "Rome"}, {}],
        "named": {"a": [], "b": ["x"]},
    }
    # A None that reads as None is left out, as the program asks for.
    item = {**given, "home": {"city": None, "lines": []}, "homes": [{"city": "Rome"}, {"city": "Oslo"}]}
    book.put(given)
    assert stored(book) == item
    found: Any = book.get(id="1")
    found.save()
    assert stored(book) == item
    found.tags, found.home["lines"] = ["x"], ["y"]
    found.save(partial=True)
    found.tags, found.home["lines"] = [], []
    found.save(partial=True)
    found.update(named__b=[], note="secret")
    assert stored(book) == {**item, "named": {"a": [], "b": []}}
    with batch() as writes:
        writes.put(book(**given))
    assert stored(book) == item


def test_a_default_role_that_leaves_out_a_field_is_refused() -> None:
    class Hiding(Model):
        city = types.StringType()
        zip = types.StringType()

        class Options:
            roles = {"default": blacklist("zip")}  # noqa: RUF012 - as its users write it

    class Heir(Hiding):
        street = types.StringType()

    below = [types.ModelType(Heir), types.DictType(types.ListType(types.ModelType(Heir))), types.PolyModelType([Heir])]
    for home in below:
        with pytest.raises(
            DynaModelException, match=r"'zip' in 'home' of Book would not be stored: the default role of"
        ):
            define(type("Schema", (), {"id": types.StringType(), "home": home}))
    message = r"'zip' of Book would not be stored.*call.*to_primitive\(role=…\).*set export_level=DROP instead"
    with pytest.raises(DynaModelException, match=message):
        define(type("Schema", (Heir,), {"id": types.StringType()}))


def test_a_field_that_is_never_exported_is_not_stored() -> None:
    class Schema:
        id = types.StringType(required=True)
        password = types.StringType(export_level=DROP)
        home = types.ModelType(Place)

    book = define(Schema)
    ann = book(id="1", password="secret", home={"pin": "1", "zip": "0150"})
    ann.save()
    assert ann.password == "secret"
    assert stored(book) == {"id": "1", "home": {"city": "Oslo", "zip": "0150"}}
    for refused in (
        lambda: book.update_item(id="1", password="x"),
        lambda: ann.update(home__pin="2"),
        lambda: book.scan(password="secret"),
    ):
        with pytest.raises(InvalidSchemaField, match=r"'(password|home\.pin)' of Book is not in the table"):
            refused()
    needed = types.StringType(required=True, export_level=DROP)
    with pytest.raises(DynaModelException, match="'password' of Book is required, but its export level is DROP"):
        define(type("Schema", (), {"id": types.StringType(), "password": needed}))


def test_defaults_are_fresh_and_native() -> None:
    class Schema:
        id = types.StringType(default=lambda: "made")
        tags = types.ListType(types.StringType, default=["a"])
        price = types.DecimalType(default="1.5")
        anything = types.BaseType(default={})

    book = define(Schema)
    one, other = book(), book()
    assert (one.id, one.price) == ("made", Decimal("1.5"))
    one.tags.append("b")
    one.anything["a"] = 1
    assert (other.tags, other.anything) == (["a"], {})
    assert (book(id="1").tags, book(id="1").anything) == (["a"], {})
    assert book(partial=True).tags is None


def test_the_plugin_does_not_import_the_library() -> None:
    code = (
        "import dynamorm_schematics.plugin as plugin, sys; plugin.claims(object); sys.exit('schematics' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_program_that_makes_errors_of_warnings_can_use_it() -> None:
    code = """if True:
    from schematics import types
    from dynamorm import DynaModel, connect
    class Book(DynaModel):
        class Table:
            name, hash_key = "books", "id"
        class Schema:
            id = types.StringType()
            parts = types.ListType(types.UnionType((types.StringType, types.IntType)))
    connect("sqlite:///:memory:")
    Book.Table.create_table()
    Book(id="1", parts=["a", 1]).save()
    assert Book.get(id="1").to_dict() == {"id": "1", "parts": ["a", 1]}
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], text=True, capture_output=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_other_classes_are_not_claimed() -> None:
    from dynamorm_schematics.plugin import claims

    assert not claims(standard_types.SimpleNamespace)
    assert not claims(type("Schema", (), {"id": str}))
