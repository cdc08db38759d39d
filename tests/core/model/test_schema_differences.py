"""What schema libraries do each in their own way: a test for each row of the table in docs/guide/schemas.md, by its name.

What is not here they do alike: the other tests of models run on each of them.
"""

from __future__ import annotations

import types
from typing import Annotated, Any, TypedDict

import attrs
import marshmallow
import msgspec
import pydantic
import pytest
from marshmallow import fields, validates_schema
from pydantic import AfterValidator, BaseModel, ConfigDict, computed_field, model_validator
from schematics import Model
from schematics import types as kinds
from schematics.exceptions import ValidationError as Refused
from schematics.types.serializable import serializable

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, ValidationError
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class SchematicsHome(Model):
    city = kinds.StringType(required=True)
    zip = kinds.StringType()


class PydanticHome(BaseModel):
    city: str
    zip: str | None = None


class DictHome(TypedDict):
    city: str


class MsgspecHome(msgspec.Struct):
    city: str
    zip: str | None = None


@attrs.define
class AttrsHome:
    city: str
    zip: str | None = None


def model_of(schema: type) -> Any:
    """The model ``Book`` with this schema, whose table is there."""
    body = {"Table": type("Table", (), {"name": "books", "hash_key": "id"}), "Schema": schema}
    model: type[DynaModel] = types.new_class("Book", (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    if not table_of(model).exists:
        table_of(model).create_table()
    return model


def stored(model: Any) -> dict[str, Any]:
    """The item with the id 1."""
    found = model.Table.get(id="1")
    assert found is not None
    return dict(found)


def test_bytes_and_sets(recorder: RecordingBackend) -> None:
    class InMarshmallow:
        id = fields.String()
        data = fields.Raw()
        tags = fields.Raw()

    class InSchematics:
        id = kinds.StringType()
        data = kinds.BaseType()
        tags = kinds.BaseType()

    class InPydantic:
        id: str
        data: bytes
        tags: set[str]

    class InMsgspec(msgspec.Struct):
        id: str
        data: bytes
        tags: set[str]

    @attrs.define
    class InAttrs:
        id: str
        data: bytes
        tags: set[str]

    item = {"id": "1", "data": b"\xff", "tags": {"a", "b"}}
    for schema in (InMarshmallow, InSchematics, InPydantic, InMsgspec, InAttrs):
        book = model_of(schema)
        book.put(item)
        assert stored(book) == item
        assert book.get(id="1").tags == {"a", "b"}
    for unchecked in (InMarshmallow, InSchematics):
        model_of(unchecked).put({"id": "1", "data": 5, "tags": "x"})
    for checked in (InPydantic, InMsgspec, InAttrs):
        with pytest.raises(ValidationError, match=r"data.*tags"):
            model_of(checked).put({"id": "1", "data": 5, "tags": "x"})


def test_names_that_the_schema_does_not_have(recorder: RecordingBackend) -> None:
    class InMarshmallow:
        id = fields.String()

    class Including(InMarshmallow):
        class Meta:
            unknown = marshmallow.INCLUDE

    class InSchematics:
        id = kinds.StringType()

    class InPydantic:
        id: str

    class Forbidding(InPydantic):
        model_config = ConfigDict(extra="forbid")

    class Ignoring(InPydantic):
        model_config = ConfigDict(extra="ignore")

    class Excluding(InMarshmallow):
        class Meta:
            unknown = marshmallow.EXCLUDE

    class Allowing(InPydantic):
        model_config = ConfigDict(extra="allow")

    class InMsgspec(msgspec.Struct):
        id: str

    class ForbiddingToo(InMsgspec, forbid_unknown_fields=True):
        pass

    @attrs.define
    class InAttrs:
        id: str

    for refusing in (InMarshmallow, InSchematics, InPydantic, Forbidding, InMsgspec, ForbiddingToo, InAttrs):
        given = {"id": "1", "more": 5}
        refused = model_of(refusing)
        for verb in (refused.put, refused.put_unique, refused.put_batch, lambda item: refused(**item)):  # noqa: B023
            with pytest.raises(ValidationError, match="more"):
                verb(given)
    for ignoring in (Ignoring, Excluding):
        model_of(ignoring).put({"id": "1", "more": 5})
        assert stored(model_of(ignoring)) == {"id": "1"}
    for letting_through in (Including, Allowing):
        book = model_of(letting_through)
        book.put({"id": "1", "more": 5})
        assert stored(book) == {"id": "1", "more": 5}
        book(id="1", more=6).save()
        assert stored(book) == {"id": "1", "more": 6}
        found = book.get(id="1")
        found.save()
        assert stored(book) == {"id": "1", "more": 6}


def test_none_inside_a_nested_value(recorder: RecordingBackend) -> None:
    class InMarshmallow:
        id = fields.String()
        home = fields.Nested(
            marshmallow.Schema.from_dict({"city": fields.String(), "zip": fields.String(allow_none=True)})
        )

    class InSchematics:
        id = kinds.StringType()
        home = kinds.ModelType(SchematicsHome)

    class InPydantic:
        id: str
        home: PydanticHome

    class InMsgspec(msgspec.Struct):
        id: str
        home: MsgspecHome

    @attrs.define
    class InAttrs:
        id: str
        home: AttrsHome

    for schema in (InMarshmallow, InSchematics, InPydantic, InMsgspec, InAttrs):
        book = model_of(schema)
        book(id="1", home={"city": "Oslo", "zip": None}).save()
        book.update_item(id="1", home__zip=None)
        assert stored(book)["home"]["zip"] is None
        with pytest.raises(ValidationError, match="city"):
            book(id="1", home={"city": None})
        with pytest.raises(ValidationError, match="city"):
            book.update_item(id="1", home__city=None)


def test_a_validator_of_several_fields_in_an_update(recorder: RecordingBackend) -> None:
    class InMarshmallow(marshmallow.Schema):
        id = fields.String(required=True)
        first = fields.Integer()
        last = fields.Integer()

        @validates_schema
        def in_order(self, data: dict[str, Any], **_: Any) -> None:
            if data.get("first", 0) > data.get("last", 9):
                raise marshmallow.ValidationError("Upside down.", "last")

    class InSchematics:
        id = kinds.StringType(required=True)
        first = kinds.IntType()
        last = kinds.IntType()

        def validate_last(self, data: dict[str, Any], value: int | None) -> None:
            if (data["first"] or 0) > (9 if value is None else value):
                raise Refused("Upside down.")

    class InPydantic:
        id: str
        first: int = 0
        last: int = 9

        @model_validator(mode="after")
        def in_order(self) -> InPydantic:
            if self.first > self.last:
                raise ValueError("Upside down.")
            return self

    class InMsgspec(msgspec.Struct):
        id: str
        first: int = 0
        last: int = 9

        def __post_init__(self) -> None:
            if self.first > self.last:
                raise ValueError("Upside down.")

    @attrs.define
    class InAttrs:
        id: str
        first: int = 0
        last: int = attrs.field(default=9)

        @last.validator
        def _after_first(self, attribute: Any, value: int) -> None:
            if self.first > value:
                raise ValueError("Upside down.")

    for schema in (InMarshmallow, InSchematics, InPydantic, InMsgspec, InAttrs):
        with pytest.raises(ValidationError, match="Upside down"):
            model_of(schema)(id="1", first=2, last=1)
    for looking in (InMarshmallow, InSchematics, InAttrs):
        with pytest.raises(ValidationError, match="Upside down"):
            model_of(looking).update_item(id="1", first=2, last=1)
    # Marshmallow calls it for any part, Schematics for a part that has the field.
    with pytest.raises(ValidationError, match="Upside down"):
        model_of(InMarshmallow).update_item(id="1", first=10)
    assert recorder.sent == []
    model_of(InSchematics).update_item(id="1", first=10)
    model_of(InAttrs).update_item(id="1", last=-1)
    for whole in (InPydantic, InMsgspec):
        model_of(whole).update_item(id="1", first=2, last=1)
        with pytest.raises(ValidationError, match="Upside down"):
            model_of(whole).get(id="1")


def raising(error: Exception) -> Any:
    def validate(value: object) -> None:
        raise error

    return validate


def test_a_validator_that_raises_something_else(recorder: RecordingBackend) -> None:
    def in_marshmallow(error: Exception) -> Any:
        return model_of(type("Schema", (), {"id": fields.String(validate=raising(error))}))

    def in_schematics(error: Exception) -> Any:
        return model_of(type("Schema", (), {"id": kinds.StringType(validators=[raising(error)])}))

    def in_pydantic(error: Exception) -> Any:
        annotation = Annotated[str, AfterValidator(raising(error))]
        return model_of(type("Schema", (), {"__annotations__": {"id": annotation}}))

    def in_msgspec(error: Exception) -> Any:
        return model_of(msgspec.defstruct("Schema", [("id", str)], namespace={"__post_init__": raising(error)}))

    def in_attrs(error: Exception) -> Any:
        def validate(instance: object, attribute: object, value: Any) -> None:
            raising(error)(value)

        return model_of(attrs.make_class("Schema", {"id": attrs.field(type=str, validator=validate)}))

    refusals: dict[Any, list[Exception]] = {
        in_attrs: [ValueError("No."), TypeError("No.")],
        in_msgspec: [ValueError("No."), TypeError("No.")],
        in_marshmallow: [marshmallow.ValidationError("No.")],
        in_schematics: [Refused("No.")],
        in_pydantic: [ValueError("No."), AssertionError("No.")],
    }
    for make, errors in refusals.items():
        for error in errors:
            with pytest.raises(ValidationError, match=r"No\."):
                make(error)(id="1")
        for fault in (KeyError("a fault"), ZeroDivisionError("a fault")):
            with pytest.raises(type(fault), match="a fault") as raised:
                make(fault)(id="1")
            assert raised.value is fault
            assert "Raised in the Schema of Book" in fault.__notes__[0]
    for make in (in_marshmallow, in_schematics, in_pydantic):
        with pytest.raises(TypeError, match="a fault"):
            make(TypeError("a fault"))(id="1")
    for make in (in_marshmallow, in_schematics):
        with pytest.raises(ValueError, match=r"No\.") as raised_value:
            make(ValueError("No."))(id="1")
        assert not isinstance(raised_value.value, ValidationError)


def test_what_a_nested_value_reads_as(recorder: RecordingBackend) -> None:
    class InMarshmallow:
        id = fields.String()
        home = fields.Nested(marshmallow.Schema.from_dict({"city": fields.String()}))

    class InSchematics:
        id = kinds.StringType()
        home = kinds.ModelType(SchematicsHome)

    class InPydantic:
        id: str
        home: PydanticHome

    class InMsgspec(msgspec.Struct):
        id: str
        home: MsgspecHome

    @attrs.define
    class InAttrs:
        id: str
        home: AttrsHome

    @attrs.define
    class AttrsOfDict:
        id: str
        home: DictHome

    class OfDict(msgspec.Struct):
        id: str
        home: DictHome

    for schema, native in (
        (InMsgspec, MsgspecHome(city="Oslo")),
        (OfDict, {"city": "Oslo"}),
        (InAttrs, AttrsHome(city="Oslo")),
        (AttrsOfDict, {"city": "Oslo"}),
        (InMarshmallow, {"city": "Oslo"}),
        (InSchematics, {"city": "Oslo"}),
        (InPydantic, PydanticHome(city="Oslo")),
    ):
        book = model_of(schema)
        book(id="1", home={"city": "Oslo"}).save()
        assert book.get(id="1").home == native
        book(id="1", home=native).save()
        assert stored(book)["home"]["city"] == "Oslo"
    model_of(InSchematics)(id="1", home=SchematicsHome({"city": "Rome"})).save()
    assert stored(model_of(InSchematics))["home"] == {"city": "Rome"}


def test_a_field_that_is_computed(recorder: RecordingBackend) -> None:
    class InMarshmallow:
        id = fields.String()
        label = fields.Function(lambda values: f"<{values['id']}>")

    class InSchematics:
        id = kinds.StringType()

        @serializable
        def label(self) -> str:
            return f"<{self.id}>"

    class InPydantic:
        id: str

        @computed_field
        def label(self) -> str:
            return f"<{self.id}>"

    @attrs.define
    class InAttrs:
        id: str
        label: str = attrs.field(init=False)

        def __attrs_post_init__(self) -> None:
            self.label = f"<{self.id}>"

    for schema in (InMarshmallow, InSchematics, InPydantic, InAttrs):
        book = model_of(schema)
        instance = book(id="1")
        instance.save()
        assert stored(book) == {"id": "1", "label": "<1>"}
        assert instance.to_dict()["label"] == "<1>"
        assert instance.label is None
        assert [found.id for found in book.scan(label__begins_with="<1")] == ["1"]

    class InMsgspec(msgspec.Struct):
        id: str

        @property
        def label(self) -> str:
            return f"<{self.id}>"

    model_of(InMsgspec)(id="1").save()
    assert stored(model_of(InMsgspec)) == {"id": "1"}


def test_a_fraction_given_for_an_integer(recorder: RecordingBackend) -> None:
    cut_off = model_of(type("Schema", (), {"id": fields.String(), "number": fields.Integer()}))
    assert cut_off(id="1", number=1.5).number == 1
    strict = model_of(type("Schema", (), {"id": fields.String(), "number": fields.Integer(strict=True)}))
    in_schematics = model_of(type("Schema", (), {"id": kinds.StringType(), "number": kinds.IntType()}))
    in_pydantic = model_of(type("Schema", (), {"__annotations__": {"id": str, "number": int}}))
    in_msgspec = model_of(msgspec.defstruct("Schema", [("id", str), ("number", int)]))
    in_attrs = model_of(attrs.make_class("Schema", {"id": attrs.field(type=str), "number": attrs.field(type=int)}))
    for book in (strict, in_schematics, in_pydantic, in_msgspec, in_attrs):
        with pytest.raises(ValidationError, match="number"):
            book(id="1", number=1.5)


def test_a_name_with_an_underscore_at_its_start(recorder: RecordingBackend) -> None:
    schemas = [type("Schema", (), {"id": field(), "_note": field()}) for field in (fields.String, kinds.StringType)]
    in_attrs = attrs.make_class("Schema", {name: attrs.field(type=str) for name in ("id", "_note")})
    for schema in (*schemas, msgspec.defstruct("Schema", [("id", str), ("_note", str)]), in_attrs):
        book = model_of(schema)
        book(id="1", _note="x").save()
        assert stored(book) == {"id": "1", "_note": "x"}
    words = "Pydantic refuses the Schema of Book: Fields must not use names with leading underscores"
    with pytest.raises(DynaModelException, match=words):
        model_of(type("Schema", (), {"__annotations__": {"id": str, "_note": str}, "_note": pydantic.Field()}))
    alias = type("Schema", (), {"__annotations__": {"id": str, "note": str}, "note": pydantic.Field(alias="_note")})
    book = model_of(alias)
    book(id="1", note="x").save()
    assert stored(book) == {"id": "1", "_note": "x"}
