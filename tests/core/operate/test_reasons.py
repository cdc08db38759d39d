"""Why a schema refuses an item, in the words of each schema library, and without the values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
import msgspec
import pytest
from pydantic import BaseModel, field_validator, model_validator
from schematics import types
from schematics.exceptions import ValidationError as SchematicsError
from schematics.models import Model as SchematicsModel

import dynamorm
from dynamorm import DynaModel, operate
from dynamorm.data import PutItem
from dynamorm.ports.backends import Backend


class Place(BaseModel):
    zip: int


class Pydantic(DynaModel):
    class Table:
        name = "books"
        hash_key = "id"

    class Schema(BaseModel):
        id: str
        year: int
        places: list[Place] = []
        title: str = ""

        @field_validator("title")
        @classmethod
        def refuse(cls, value: str) -> str:
            if value.startswith("secret"):
                raise ValueError(f"{value!r} is refused, {value} too")
            return value

        @model_validator(mode="after")
        def refuse_whole(self) -> Any:
            if self.year == 4711:
                raise ValueError(f"the year {self.year} of {self.title} is refused")
            return self


class Attrs(DynaModel):
    class Table:
        name = "books"
        hash_key = "id"

    @attrs.define
    class Schema:
        id: str
        year: int
        title: str = attrs.field(default="", validator=attrs.validators.max_len(5))


class Msgspec(DynaModel):
    class Table:
        name = "books"
        hash_key = "id"

    class Schema(msgspec.Struct):
        id: str
        year: int
        title: str = ""


def refuse_secrets(value: Any) -> None:
    if str(value).startswith("secret"):
        raise SchematicsError(f"{value} is refused")


class Schematics(DynaModel):
    class Table:
        name = "books"
        hash_key = "id"

    class Schema(SchematicsModel):  # type: ignore[misc] # it has no annotations
        id = types.StringType(required=True)
        year = types.IntType(required=True)
        title = types.StringType(validators=[refuse_secrets])


@pytest.mark.parametrize("model", [Pydantic, Attrs, Msgspec, Schematics])
def test_reasons_name_fields_and_hold_no_values(sqlite_memory: Backend, model: type[DynaModel]) -> None:
    with dynamorm.using(sqlite_memory):
        model.Table.create_table()
        items: list[dict[str, Any]] = [
            {"id": "1", "year": "soon-4711"},
            {"id": "2", "year": 1, "title": "secret-4711"},
            {"id": "3", "year": "year 4711 (maybe)", "title": "secret 4711"},
            {"id": "4"},
            {"id": "5", "year": 1, "places": [{"zip": "zip-4711"}]},
            {"id": "6", "year": 4711, "title": "t-4711"},
        ]
        for item in items:
            sqlite_memory.execute(PutItem("books", item))
        (found,) = operate.inspect(model).models
    reasons = [each.reason for each in found.refused]
    assert any(reason.startswith("year: ") for reason in reasons), reasons
    assert not any("4711" in reason for reason in reasons), reasons
    if model is Pydantic:
        assert any(reason.startswith("places[].zip: ") for reason in reasons), reasons
        assert "the year … of … is refused" in "".join(reasons)


class Person(DynaModel):
    class Table:
        name = "people"
        hash_key = "name"

    class Schema(BaseModel):
        name: str
        born: datetime | None = None
        email: str | None = None
        scores: dict[str, int] | None = None

        @model_validator(mode="after")
        def refuse(self) -> Any:
            if self.email is not None:
                raise ValueError(f"{self.email.upper()} of {self.born} ({self.name})")
            return self


def test_values_that_validators_change_and_keys_of_maps_are_not_shown(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        Person.Table.create_table()  # type: ignore[attr-defined]
        sqlite_memory.execute(PutItem("people", {"name": "Ann", "email": "ann at home", "born": "2024-03-17T10:20:00"}))
        sqlite_memory.execute(PutItem("people", {"name": "Bob", "scores": {"Mr. Smith": "many"}}))
        (model,) = operate.inspect(Person).models
    first, second = sorted(each.reason for each in model.refused)
    assert first == "Value error, … of …-…-… …:…:… (…)"
    assert second.startswith("scores.*: Input should be a valid integer")
