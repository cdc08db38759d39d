"""The fast path, which validates a model's fields without an instance of the model, does what the whole model does.

``DYNAMORM_SCHEMA_FAST_PATH=0`` leaves everything to the model.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator

from dynamorm.exceptions import ValidationError
from dynamorm.ports.passthrough import FAST_PATH_VARIABLE
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_pydantic.plugin import dynamorm_register_schema
from tests.support.schema_libraries.calls import record_calls


class Color(Enum):
    RED = "red"


class Inner(BaseModel):
    text: str
    number: int = Field(3, alias="Number")


class Alone:
    """Fields alone, and a validator of a field."""

    id: str
    text: Annotated[str, Field(max_length=3)] = "a"
    number: Decimal | None
    day: datetime.date | None = None
    tags: set[str] = Field(default_factory=set)
    color: Color | None = None
    inner: Inner | None = None
    anything: Any = None

    @field_validator("text")
    @classmethod
    def stripped(cls, value: str) -> str:
        return value.strip()


class Renamed:
    """Aliases, and a computed field."""

    id: str = Field(alias="Id")
    text: str = Field("a", validation_alias="t", serialization_alias="t")

    @computed_field
    def label(self) -> str:
        return f"{self.text}!"


class Extra:
    """Unknown names are kept."""

    model_config = ConfigDict(extra="allow")
    id: str


SCHEMAS: Mapping[str, type] = {"alone": Alone, "renamed": Renamed, "extra": Extra}
ITEMS: Sequence[dict[str, Any]] = [
    {},
    {"id": "1"},
    {"Id": "1", "t": "b"},
    {"id": "1", "more": [1]},
    {"id": 1, "number": True},
    {"id": "1", "number": None, "text": " b "},
    {"id": "1", "number": "1.50", "text": "abcd"},
    {"id": "1", "number": Decimal(1), "day": "2020-01-02", "tags": {"a"}, "color": "red", "inner": {"text": "a"}},
    {"id": "1", "number": 1, "day": datetime.date(2020, 1, 2), "tags": set(), "inner": Inner(text="a", Number=3)},
    {"id": "1", "number": 1, "anything": [uuid.UUID(int=5), {"a": b"b"}], "inner": {"text": "a", "Number": 5}},
    {"id": "1", "number": 1, "label": "x"},
]
VALUES: Sequence[Any] = ["a", " b ", "abcd", 5, Decimal("1.5"), True, None, {"a"}, "red", Color.RED, {"text": "a"}]


def adapted(schema: type) -> SchemaAdapter:
    return dynamorm_register_schema().adapt("Thing", type("Schema", (schema,), {}))


def both(schema: type, monkeypatch: pytest.MonkeyPatch) -> tuple[SchemaAdapter, SchemaAdapter]:
    """Return the adapters of a schema with the fast path and without."""
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    fast = adapted(schema)
    monkeypatch.setenv(FAST_PATH_VARIABLE, "0")
    return fast, adapted(schema)


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return what a function returns, with its types, or what it raises."""
    try:
        return repr(function(*arguments, **options))
    except ValidationError as error:
        return f"{error.errors!r} {error.raw!r} {error.schema_name}"
    except Exception as error:  # noqa: BLE001 - what Pydantic raises for values that no field has
        return repr(error)


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_results_are_the_same_with_the_fast_path_switched_off(
    schema: str, partial: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, ordinary = both(SCHEMAS[schema], monkeypatch)
    for item in ITEMS:
        for verb in ("validate", "load", "dump"):
            found = outcome(getattr(fast, verb), item, partial=partial)
            assert found == outcome(getattr(ordinary, verb), item, partial=partial), (verb, item)
    assert fast.defaults() == ordinary.defaults()
    assert fast.copies_on_load == ordinary.copies_on_load


@pytest.mark.parametrize("schema", SCHEMAS)
def test_single_values_are_the_same_with_the_fast_path_switched_off(
    schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, ordinary = both(SCHEMAS[schema], monkeypatch)
    for name, field in fast.fields.items():
        for value in VALUES:
            for validated in (False, True):
                dumped = outcome(field.dump, value, validate=validated)
                assert dumped == outcome(ordinary.fields[name].dump, value, validate=validated), (name, value)


#: Pydantic's methods that the fast path does not call, and an operation that calls each without it.
METHODS: Mapping[str, Callable[[SchemaAdapter], Any]] = {
    "model_validate": lambda adapter: adapter.load({"id": "a", "number": 1}, partial=False),
    "model_dump": lambda adapter: adapter.fields["id"].dump("a"),
}


@pytest.mark.parametrize(("setting", "calls"), [(None, False), ("1", False), ("0", True)])
@pytest.mark.parametrize("name", METHODS)
def test_variable_decides_whether_methods_of_the_model_are_called(
    name: str, setting: str | None, calls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    if setting is not None:
        monkeypatch.setenv(FAST_PATH_VARIABLE, setting)
    adapter = adapted(Alone)
    # It is read when the model is defined.
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    called = record_calls(adapter.schema, name, monkeypatch)
    METHODS[name](adapter)
    assert bool(called) is calls
