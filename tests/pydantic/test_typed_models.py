"""Typed models and Pydantic: validators in the body, configuration, inheritance of schemas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    computed_field,
    field_serializer,
    field_validator,
    model_validator,
)

from dynamorm import DynaModel, ManyToOne, Mapped, Model, create_all, mapped, transaction
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, ValidationError


class Address(BaseModel):
    city: str
    zip: str = Field(default="", alias="Zip")


class Tidy(Model):
    @field_validator("*", mode="before")
    @classmethod
    def strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


class Person(Tidy):
    class Table:
        name = "people"
        hash_key = "name"

    name: Mapped[str]
    nick: Mapped[Annotated[str, Field(max_length=10)] | None] = mapped(default=None)
    low: Mapped[int] = mapped(default=0, ge=0)
    high: Mapped[int] = mapped(default=10, lt=100)
    home: Mapped[Address | None] = mapped(default=None)
    BEST: ClassVar[str] = "ann"

    @field_validator("name")
    @classmethod
    def refuse_best(cls, name: str, info: ValidationInfo) -> str:
        if cls.is_best(name):
            raise ValueError("there is one already")
        return name

    @classmethod
    def is_best(cls, name: str) -> bool:
        return cls.lower(name) == cls.BEST

    @staticmethod
    def lower(name: str) -> str:
        return name.lower()

    @model_validator(mode="after")
    def check_range(self) -> Person:
        if self.width < 0:
            raise ValueError("low is higher than high")
        return self

    @property
    def width(self) -> int:
        return self.high - self.low

    @field_serializer("nick")
    def shout(self, nick: str | None) -> str | None:
        return nick and nick.upper()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def initial(self) -> str:
        return self.name[0]


def test_validators_in_the_body_move_to_the_schema() -> None:
    create_all([Person])
    person = Person(name=" bob ", nick="bo", home=Address(city="Rome", Zip="1"))
    assert (person.name, person.width) == ("bob", 10)
    person.save()
    found = Person.get(name="bob")
    assert found is not None
    assert (found.nick, found.home) == ("BO", Address(city="Rome", Zip="1"))
    assert Person.__table__.get(name="bob") == {
        "name": "bob",
        "nick": "BO",
        "low": 0,
        "high": 10,
        "home": {"city": "Rome", "Zip": "1"},
        "initial": "b",
    }
    assert [each.name for each in Person.scan(Person.home["city"] == "Rome")] == ["bob"]
    assert (
        not {"refuse_best", "check_range", "shout", "initial"} & vars(Person).keys() - Person.__schema__.__dict__.keys()
    )


def test_computed_field_is_computed_on_instances_and_stored_by_each_write() -> None:
    def stored() -> Any:
        return Person.__table__.get(name="bob")["initials"]  # type: ignore[index] # it is there

    class Person(Tidy):
        class Table:
            name = "people-with-initials"
            hash_key = "name"

        name: Mapped[str]
        nick: Mapped[str]
        age: Mapped[int] = mapped(default=0)

        @computed_field  # type: ignore[prop-decorator]
        @property
        def initials(self) -> str:
            """The first letters."""
            return f"{self.name[0]}{self.nick[0]}{self.age}"

    class Child(Person):
        class Table:
            name = "children"
            hash_key = "name"

        toy: Mapped[str]

    create_all([Person])
    person = Person(name="bob", nick="x")
    assert person.initials == "bx0"
    person.save()
    assert stored() == "bx0"
    found: Any = Person.get("bob")
    assert found.initials == "bx0"
    found.nick = "y"
    assert found.initials == "by0"
    found.save(partial=True)
    assert stored() == "by0"
    found.update(nick="z")
    assert (found.initials, stored()) == ("bz0", "bz0")
    found.update(age__plus=1)
    assert (found.initials, stored()) == ("bz1", "bz0")
    found.save()
    assert stored() == "bz1"
    with pytest.raises(ValidationError):
        found.update(nick=5)
    person.update(nick="q")
    assert stored() == "bq0", "an update computes from what its instance has read"
    with transaction() as tx:
        tx.update(found, nick="t")
    assert (found.initials, stored()) == ("bt1", "bt1")
    path: Any = Person.initials
    assert [each.name for each in Person.scan(path.begins_with("bt"))] == ["bob"]
    with pytest.raises(AttributeError, match="'initials' of Person is computed, and can't be set"):
        found.initials = "x"
    part: Any = Person.scan().specific_attributes(["nick"]).first()
    assert part.initials is None
    assert Person.part(name="bob").initials is None
    assert found.copy(name="al").initials == "at1"
    assert Child(name="bob", nick="x", toy="y").initials == "bx0"


@pytest.mark.parametrize("setting", ["frozen", "validate_assignment"])
def test_settings_of_pydantic_s_objects_are_refused(setting: str) -> None:
    message = f"'{setting}' in the model_config of Thing would have no effect: it is about Pydantic's object"
    with pytest.raises(DynaModelException, match=message):

        class Thing(Model):
            class Table:
                name = "things"
                hash_key = "id"

            class Schema:
                model_config = ConfigDict(frozen=True) if setting == "frozen" else ConfigDict(validate_assignment=True)

            id: Mapped[str]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "Ann"}, "there is one already"),
        ({"name": "bob", "low": 50}, "low is higher than high"),
        ({"name": "bob", "nick": "x" * 11}, "at most 10 characters"),
        ({"name": "bob", "high": 100}, "less than 100"),
    ],
)
def test_validators_refuse(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Person(**values)


def test_class_schema_without_fields_adds_configuration_and_validators() -> None:
    class Thing(Model):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            model_config = ConfigDict(extra="allow", str_to_upper=True)

            @field_validator("id")
            @classmethod
            def check(cls, value: str) -> str:
                return cls.checked(value)

            @classmethod
            def checked(cls, value: str) -> str:
                return f"<{value}>"

        id: Mapped[str]

    class Child(Thing):
        class Schema(Thing.Schema):
            model_config = ConfigDict(str_to_upper=False)

        more: Mapped[str]

    class Based(Model):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema(BaseModel):
            model_config = ConfigDict(str_to_upper=True)

        id: Mapped[str]

    thing: Any = Thing(id="a", other="b")  # type: ignore[call-arg]
    assert (thing.id, thing.other) == ("<A>", "b")
    assert (Child(id="a", more="b").id, Child(id="a", more="b").more) == ("<a>", "b")
    assert Based(id="a").id == "A"


def test_configuration_may_stand_in_the_body() -> None:
    class Thing(Model):
        class Table:
            name = "things"
            hash_key = "id"

        model_config = ConfigDict(str_to_upper=True)
        id: Mapped[str]

    assert Thing(id="a").id == "A"
    assert not hasattr(Thing, "model_config")


def test_mixins_without_fields_may_have_validators() -> None:
    class Upper:
        @field_validator("id", check_fields=False)
        @classmethod
        def upper(cls, value: str) -> str:
            return value.upper()

    class Thing(Upper, Model):
        class Table:
            name = "things"
            hash_key = "id"

        id: Mapped[str]

    class Child(Thing):
        more: Mapped[str] = mapped(default="")

    assert (Thing(id="a").id, Child(id="b").id) == ("A", "B")


def test_child_inherits_and_overrides_validators() -> None:
    class Loud(Person):
        @field_validator("name")
        @classmethod
        def refuse_best(cls, name: str, info: ValidationInfo) -> str:
            return name.upper()

    assert Loud(name="ann").name == "ANN"
    with pytest.raises(ValidationError, match="low is higher than high"):
        Loud(name="ann", low=20)
    assert Loud.__table__ is Person.__table__


def test_child_of_a_model_with_a_pydantic_schema_adds_fields() -> None:
    class Old(DynaModel):
        class Table:
            name = "old"
            hash_key = "id"

        class Schema:
            id: str
            size: int = 5

    class New(Old, Model):
        id: Mapped[str]
        size: Mapped[int] = mapped(default=7, ge=0)
        more: Mapped[str] = mapped(default="m")

    assert vars(New(id="1")) == {"id": "1", "size": 7, "more": "m"}
    assert New.__table__ is Old.__table__
    assert issubclass(New.__schema__, Old.__schema__)
    assert Old(id="1").size == 5


def test_schema_of_pydantic_with_fields_is_the_schema() -> None:
    class Thing(Model):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema(BaseModel):
            id: str
            size: int = 5

        id: Mapped[str]
        size: Mapped[int] = mapped(default=7)

    assert Thing(id="1").size == 5
    with pytest.raises(InvalidSchemaField, match="'id' of Child is declared with Mapped, but is not in its Schema"):

        class Child(Thing):
            class Schema(Address):
                pass

            length: Mapped[int]

    with pytest.raises(
        DynaModelException, match="'check' in the body of Other would be ignored: the inner class Schema "
    ):

        class Other(Thing):
            class Schema(BaseModel):
                id: str

            @field_validator("id")
            @classmethod
            def check(cls, value: str) -> str:
                return value


def test_validator_that_needs_what_only_the_model_has_is_refused() -> None:
    with pytest.raises(
        DynaModelException, match=r"'check' of Thing uses 'refresh' of the model\. As part of the schema it"
    ):

        class Thing(Model):
            class Table:
                name = "things"
                hash_key = "id"

            id: Mapped[str]

            @model_validator(mode="after")
            def check(self) -> Thing:
                self.refresh()
                return self

    with pytest.raises(DynaModelException, match="'writer' of the model"):

        class Book(Model):
            class Table:
                name = "things"
                hash_key = "id"

            id: Mapped[str]
            writer = ManyToOne(Person, query=lambda book: {"name": book.id})

            @model_validator(mode="after")
            def check(self) -> Book:
                assert [self.writer for _ in range(2)]
                return self

    with pytest.raises(
        DynaModelException, match=r"'check' of Child calls super\(\), but DynamORM moves it to the schema"
    ):

        class Child(Person):
            @model_validator(mode="after")
            def check(self) -> Child:
                super().validate()
                return self


def test_errors_name_fields_and_not_attributes() -> None:
    class Thing(Model):
        class Table:
            name = "things"
            hash_key = "id"

        id: Mapped[str] = mapped(attribute="Id")

    with pytest.raises(ValidationError) as caught:
        Thing(id=5)  # type: ignore[arg-type]
    assert [each["loc"] for each in caught.value.errors] == [("id",)]
    with pytest.raises(ValidationError) as caught:
        Thing.create()  # type: ignore[call-arg]
    assert [each["loc"] for each in caught.value.errors] == [("id",)]


def test_import_of_dynamorm_imports_no_schema_library(tmp_path: Path) -> None:
    program = """
import sys, dynamorm
from dynamorm import Mapped, Model, mapped
Mapped[int], mapped(default=5)
assert not {"pydantic", "dynamorm.model.typed.schemas", "dynamorm.model.typed.declared"} & set(sys.modules)
class Thing(Model):
    class Table:
        name = "things"
        hash_key = "id"
    id: Mapped[str]
assert "pydantic" in sys.modules
assert not {"boto3", "marshmallow", "sqlite3"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
