"""Items that are read: the Pydantic model validates them, whether or not the adapter makes an instance of it."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from dynamorm import DynaModel
from dynamorm import exceptions as dynamorm_exceptions
from dynamorm.data import Item, UpdateItem
from tests.pydantic.models import created, errors_at, model_of, table_of
from tests.support.backends import RecordingBackend

numbers = itertools.count()


def _read(model: type[DynaModel], item: Item) -> Any:
    """The instance of an *item* that stands in the table of a *model*."""
    if not table_of(model).exists:
        table_of(model).create_table()
    table_of(model).put(item)
    return model.get(isbn="1")


class Page(BaseModel):
    number: int
    read: bool = False


class Everything(BaseModel):
    isbn: str
    title: str = Field("untitled", alias="Title")
    bought: dt.date | None = None
    tags: list[str] = Field(default_factory=list)
    sizes: dict[str, int] | None = None
    pages: list[Page] = Field(default_factory=list)
    bookmark: Page | None = None
    colours: set[str] | None = None


ITEM: Item = {
    "isbn": "1",
    "Title": "x",
    "bought": "2026-11-23",
    "tags": ["a", "b"],
    "sizes": {"height": 5},
    "pages": [{"number": 1, "read": True}, {"number": 2}],
    "bookmark": {"number": 1},
    "colours": {"red"},
    "unknown": {"a": [1]},
}


def test_values_are_those_of_the_model() -> None:
    """The same values, in the same order, as the model itself makes of the item."""
    items: list[Item] = [ITEM, {"isbn": "1"}, {"isbn": "1", "sizes": None, "Title": "y"}]
    for item in items:
        instance = _read(model_of(Everything), item)
        expected = vars(Everything.model_validate({name: value for name, value in item.items() if value is not None}))
        assert vars(instance) == expected
        assert list(vars(instance)) == list(expected)


def test_errors_are_those_of_the_model() -> None:
    with pytest.raises(dynamorm_exceptions.ValidationError) as raised:
        _read(model_of(Everything), {"isbn": "1", "tags": [5], "pages": [{}]})
    assert errors_at(raised.value.errors) == [
        ("string_type", ("tags", 0)),
        ("missing", ("pages", 0, "number")),
    ]
    assert "BookSchema" in str(raised.value.__cause__)


class _WithPostInit(BaseModel):
    isbn: str
    title: str = ""

    def model_post_init(self, _context: Any, /) -> None:
        self.title = f"{self.title}!"


class _WithPrivateAttribute(BaseModel):
    isbn: str
    title: str = ""
    _number: int = PrivateAttr(default_factory=lambda: next(numbers))


class _WithConstructor(BaseModel):
    isbn: str
    title: str = ""

    def __init__(self, **values: Any) -> None:
        super().__init__(**{**values, "title": f"{values.get('title', '')}!"})


class _WithNew(BaseModel):
    isbn: str
    title: str = ""

    def __new__(cls, *_: Any, **__: Any) -> _WithNew:
        next(numbers)
        return super().__new__(cls)


class _WithModelValidate(BaseModel):
    isbn: str
    title: str = ""

    @classmethod
    def model_validate(cls, obj: Any, **how: Any) -> Any:
        return super().model_validate({**obj, "title": f"{obj.get('title', '')}!"}, **how)


class _WithBefore(BaseModel):
    isbn: str
    title: str = ""

    @model_validator(mode="before")
    @classmethod
    def exclaimed(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "title": f"{data.get('title', '')}!"}


class _WithAfter(BaseModel):
    isbn: str
    title: str = ""

    @model_validator(mode="after")
    def exclaimed(self) -> _WithAfter:
        self.title = f"{self.title}!"
        return self


class _WithFieldValidator(BaseModel):
    isbn: str
    title: str = ""

    @field_validator("title")
    @classmethod
    def exclaimed(cls, title: str) -> str:
        return f"{title}!"


@pytest.mark.parametrize(
    "schema", [_WithPostInit, _WithConstructor, _WithModelValidate, _WithBefore, _WithAfter, _WithFieldValidator]
)
def test_code_of_the_model_runs_once(schema: type[BaseModel]) -> None:
    assert _read(model_of(schema), {"isbn": "1", "title": "x"}).title == "x!"


@pytest.mark.parametrize("schema", [_WithPrivateAttribute, _WithNew])
def test_private_attributes_are_made_for_each_item(schema: type[BaseModel]) -> None:
    model = created(model_of(schema))
    for isbn in ("1", "2"):
        table_of(model).put({"isbn": isbn})
    before = next(numbers)
    assert len(list(model.scan())) == 2
    assert next(numbers) == before + 3


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    isbn: str
    bought: dt.date | None = None


def test_strict_model_reads_stored_forms() -> None:
    assert _read(model_of(_Strict), {"isbn": "1", "bought": "2026-11-23"}).bought == dt.date(2026, 11, 23)


class _Deferred(BaseModel):
    model_config = ConfigDict(defer_build=True)

    isbn: str
    pages: list[Page] = Field(default_factory=list)


def test_model_that_is_built_when_it_is_needed() -> None:
    assert _read(model_of(_Deferred), {"isbn": "1", "pages": [{"number": 2}]}).pages == [Page(number=2)]


class _Completing(BaseModel):
    """Its validator changes what it is given."""

    isbn: str
    tags: list[str] = Field(default_factory=list)

    @field_validator("tags", mode="before")
    @classmethod
    def completed(cls, tags: list[str]) -> list[str]:
        if "book" not in tags:
            tags.append("book")
        return tags


class _Loose(BaseModel):
    """Pydantic hands on what is inside its fields as it is."""

    isbn: str
    anything: Any = None
    elements: list[Any] = Field(default_factory=list)
    entries: dict[str, Any] = Field(default_factory=dict)
    bare: dict = Field(default_factory=dict)  # type: ignore[type-arg] # the bare type is what is tried


class _Extra(BaseModel):
    model_config = ConfigDict(extra="allow")

    number: int = 0


class _Nesting(BaseModel):
    isbn: str
    nested: _Extra = _Extra()


def _changes_sent(recorder: RecordingBackend) -> set[str]:
    update = recorder.sent[-1]
    assert isinstance(update, UpdateItem)
    return {str(action.path) for action in update.actions}


def test_changes_inside_of_values_are_found(recorder: RecordingBackend) -> None:
    """Whether the schema made the value anew, or handed on what was stored."""
    book = _read(model_of(Everything), ITEM)
    book.tags.append("c")
    book.pages[0].number = 7
    book.sizes["width"] = 4
    book.colours.add("blue")
    book.bookmark.read = True
    book.save(partial=True)
    assert _changes_sent(recorder) == {"tags", "sizes.width", "pages[0].number", "bookmark.read", "colours"}

    inner: Item = {"a": [{"b": 1}]}
    loose = _read(
        model_of(_Loose, "Loose"),
        {"isbn": "1", "anything": inner, "elements": [inner], "entries": inner, "bare": inner},
    )
    for value in (loose.anything, loose.elements[0], loose.entries, loose.bare):
        value["a"][0]["b"] = 2
    loose.save(partial=True)
    assert _changes_sent(recorder) == {
        "anything.a[0].b",
        "elements[0].a[0].b",
        "entries.a[0].b",
        "bare.a[0].b",
    }

    nesting = _read(model_of(_Nesting, "Nesting"), {"isbn": "1", "nested": {"number": 1, "more": {"a": 1}}})
    nesting.nested.more["a"] = 2
    nesting.save(partial=True)
    assert _changes_sent(recorder) == {"nested.more.a"}


def test_a_validator_that_changes_its_input_does_not_change_what_is_remembered() -> None:
    book = _read(model_of(_Completing), {"isbn": "1", "tags": ["a"]})
    assert book.tags == ["a", "book"]
    book.tags.append("b")
    book.save(partial=True)
    item = table_of(type(book)).get(isbn="1")
    assert item is not None
    assert item["tags"] == ["a", "book", "b"]


def test_pydantic_s_own_error_is_the_cause() -> None:
    with pytest.raises(dynamorm_exceptions.ValidationError) as raised:
        _read(model_of(Everything), {"isbn": "1", "tags": "x"})
    assert isinstance(raised.value.__cause__, ValidationError)
