"""Names that a schema does not have: refused, unless the schema itself says what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, computed_field, model_validator

from dynamorm import DynaModel
from dynamorm.exceptions import ValidationError


class Plain(BaseModel):
    id: str
    title: str = Field("none", validation_alias=AliasChoices("Title", AliasPath("names", 0)))


class Checked(Plain):
    @model_validator(mode="after")
    def check(self) -> Checked:
        return self


class Computed(Plain):
    @computed_field  # type: ignore[prop-decorator]
    @property
    def upper(self) -> str:
        return self.id.upper()


class Renaming(Plain):
    @model_validator(mode="before")
    @classmethod
    def rename(cls, data: Any) -> Any:
        values = dict(data)
        return {**values, "id": values.pop("ident")} if "ident" in values else values


class Ignoring(Plain):
    model_config = ConfigDict(extra="ignore")


class IgnoringToo(Ignoring):
    pass


def model(schema: type) -> Any:
    table = type("Table", (), {"name": "books", "hash_key": "id"})
    meta: Any = type(DynaModel)
    return meta("Book", (DynaModel,), {"__module__": __name__, "Table": table, "Schema": schema})


@pytest.mark.parametrize("schema", [Plain, Checked, Computed])
@pytest.mark.parametrize("value", [1, None])
def test_unknown_names_are_refused_as_extra_forbid_does(schema: type, value: object) -> None:
    book = model(schema)
    calls: list[Callable[[], Any]] = [
        lambda: book(id="1", bogus=value),
        lambda: book(partial=True, bogus=value),
        lambda: book.put({"id": "1", "bogus": value}),
    ]
    for call in calls:
        with pytest.raises(ValidationError) as raised:
            call()
        assert raised.value.errors == [
            {"type": "extra_forbidden", "loc": ("bogus",), "msg": "Extra inputs are not permitted"}
        ]


@pytest.mark.parametrize("schema", [Plain, Checked, Computed])
def test_every_name_of_a_field_is_known(schema: type) -> None:
    book = model(schema)
    for given in ({"title": "x"}, {"Title": "x"}, {"names": ["x"]}):
        assert book(id="1", **given).title == "x"
    assert model(Computed)(id="a", upper="A").title == "none"


def test_a_schema_may_say_otherwise() -> None:
    for schema in (Ignoring, IgnoringToo):
        assert model(schema)(id="1", bogus=1).to_dict() == {"id": "1", "title": "none"}
    assert model(Renaming)(ident="1").id == "1"
