"""Fields that Pydantic does not serialise, and names that a nested model computes and refuses."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator

from dynamorm.exceptions import DynaModelException, InvalidSchemaField
from tests.pydantic.models import created, model_of, model_with, stored_by


class Square(BaseModel):
    side: int = 2

    @computed_field
    def area(self) -> int:
        return self.side**2


class StrictSquare(Square):
    model_config = ConfigDict(extra="forbid")


class PopsArea(StrictSquare):
    @model_validator(mode="before")
    @classmethod
    def without_area(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if name != "area"} if isinstance(data, dict) else data


@pydantic.dataclasses.dataclass(config=ConfigDict(extra="forbid"))
class StrictDataclass:
    side: int = 2

    @computed_field
    def area(self) -> int:
        return self.side**2


class WithSecret(BaseModel):
    name: str = ""
    secret: str = Field("none", exclude=True)


class RequiredSecret(BaseModel):
    secret: str = Field(exclude=True)


@pytest.mark.parametrize("model", [StrictSquare, StrictDataclass], ids=["model", "dataclass"])
@pytest.mark.parametrize(
    "annotation",
    [
        lambda model: model | None,
        list.__class_getitem__,
        lambda model: dict.__class_getitem__((str, model)),
        lambda model: model | str,
    ],
    ids=["one", "list", "map", "union"],
)
def test_nested_model_that_refuses_what_it_computes_is_refused(model: type, annotation: Any) -> None:
    with pytest.raises(DynaModelException, match=r"'value' of Book forbids .*'area'.*Remove extra='forbid'"):
        model_with(annotation(model))


@pytest.mark.parametrize("model", [Square, PopsArea])
def test_nested_model_that_computes_is_read(model: type[Square]) -> None:
    annotation: Any = model | None
    book = created(model_with(annotation, value=None))
    book(isbn="1", value=model(side=3)).save()
    assert stored_by(book) == {"isbn": "1", "value": {"side": 3, "area": 9}}
    found = book.get(isbn="1")
    assert found is not None
    assert found.value == model(side=3)


@pytest.mark.parametrize(
    "annotation",
    [RequiredSecret, list[RequiredSecret], RequiredSecret | None, Annotated[str, Field(exclude=True)]],
)
def test_required_field_that_is_not_serialised_is_refused(annotation: Any) -> None:
    with pytest.raises(DynaModelException, match="is required, but excluded from what Pydantic serialises"):
        model_with(annotation)


def test_excluded_field_is_the_instance_s_alone() -> None:
    class Fields(BaseModel):
        isbn: str
        hint: str | None = Field(None, exclude=True)
        inner: WithSecret | None = None

    book: Any = created(model_of(Fields))
    made = book(isbn="1", hint="x", inner={"name": "n", "secret": "s"})
    made.save()
    assert (made.hint, made.inner.secret) == ("x", "s")
    assert stored_by(book) == {"isbn": "1", "inner": {"name": "n"}}
    made.hint = "y"
    made.save(partial=True)
    assert stored_by(book) == {"isbn": "1", "inner": {"name": "n"}}
    for name in ("hint", "inner.secret"):
        keyword = name.replace(".", "__")
        actions: tuple[Any, ...] = (
            lambda keyword=keyword: made.update(**{keyword: "z"}),
            lambda keyword=keyword: book.update_item(isbn="1", **{keyword: "z"}),
            lambda keyword=keyword: book.scan(**{f"{keyword}__ne": "z"}),
            lambda name=name: book.get(isbn="1", attrs=name),
        )
        for action in actions:
            with pytest.raises(InvalidSchemaField, match=f"'{name}' of Book is not in the table"):
                action()


def test_excluded_field_can_not_be_a_key() -> None:
    class Fields(BaseModel):
        isbn: str = Field("1", exclude=True)

    with pytest.raises(InvalidSchemaField, match="is not stored: the schema leaves it out"):
        model_of(Fields)
