"""Operators that never hold for what a field is stored as: refused before a request, with what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields
from pydantic import BaseModel, Field, PlainSerializer
from schematics import types
from schematics.models import Model as SchematicsModel

from dynamorm import DynaModel, Q
from dynamorm.exceptions import InvalidOperator
from dynamorm.model.query.expressions import Expression
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class NestedInMarshmallow(MarshmallowSchema):
    at = fields.DateTime(format="timestamp")
    name = fields.String()


class InMarshmallow(DynaModel):
    class Table:
        name = "operators-in-marshmallow"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)
        at = fields.DateTime(format="timestamp")
        n = fields.Integer()
        took = fields.TimeDelta()
        done = fields.Boolean()
        text = fields.String()
        lines = fields.List(fields.Integer())
        below = fields.Nested(NestedInMarshmallow)


class NestedInSchematics(SchematicsModel):  # type: ignore[misc] # it has no annotations
    at = types.TimestampType()
    name = types.StringType()


class InSchematics(DynaModel):
    class Table:
        name = "operators-in-schematics"
        hash_key = "id"

    class Schema:
        id = types.StringType(required=True)
        at = types.TimestampType()
        n = types.IntType()
        took = types.FloatType()
        done = types.BooleanType()
        text = types.StringType()
        lines = types.ListType(types.IntType)
        below = types.ModelType(NestedInSchematics)


Seconds = Annotated[datetime, PlainSerializer(lambda value: int(value.timestamp()), return_type=int)]


class NestedInPydantic(BaseModel):
    at: Seconds | None = None
    name: str = ""


class InPydantic(DynaModel):
    class Table:
        name = "operators-in-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        at: Seconds | None = None
        n: int = 0
        took: float = 0
        done: bool = False
        text: str = ""
        lines: list[int] = Field(default_factory=list)
        below: NestedInPydantic = NestedInPydantic()


each_library = pytest.mark.parametrize("model", [InMarshmallow, InSchematics, InPydantic], ids=lambda m: m.__name__)
#: Keywords, with the words for what the field is stored as, and those for what to do instead.
NEVER: dict[str, tuple[Any, str, str]] = {
    "at__begins_with": ("2026", "'at' is stored as a number", "between, gt.* such as a date-time"),
    "at__contains": ("2026", "'at' is stored as a number", "between"),
    "at__size": (3, "'at' is stored as a number", "between"),
    "n__begins_with": ("1", "'n' is stored as a number", "between"),
    "n__size__gt": (1, "'n' is stored as a number", "between"),
    "n__contains": (1, "'n' is stored as a number", "between"),
    "took__begins_with": ("1", "'took' is stored as a number", "between"),
    "done__begins_with": ("t", "'done' is stored as a boolean", "Compare with eq or ne"),
    "done__size": (1, "'done' is stored as a boolean", "Compare with eq or ne"),
    "lines__begins_with": ("1", "'lines' is stored as a list or a set", r"contains, .* such as lines\[0\]"),
    "lines__0__begins_with": ("1", r"'lines\[0\]' is stored as a number", "between"),
    "below__begins_with": ("1", "'below' is stored as a map", r"such as below\['name'\]"),
    "below__contains": ("name", "'below' is stored as a map", "exists"),
    "below__at__begins_with": ("2026", r"'below\.at' is stored as a number", "between"),
    "below__at__contains": ("2026", r"'below\.at' is stored as a number", "between"),
    "text__begins_with": (b"1", "'text', which is stored as a string, takes a string", "was given bytes"),
    "text__contains": (5, "'text', which is stored as a string, takes a string", "was given int"),
}


@each_library
@pytest.mark.parametrize("keyword", NEVER)
def test_an_operator_that_never_holds_is_refused(
    model: type[DynaModel], keyword: str, recorder: RecordingBackend
) -> None:
    value, stored_as, advice = NEVER[keyword]
    *names, operator = [part for part in keyword.split("__") if part != "gt"]
    path: Any = getattr(model, names[0])
    for name in names[1:]:
        path = path[int(name) if name.isdecimal() else name]
    by_path = path.size() == value if operator == "size" else getattr(path, operator)(value)
    calls: list[Callable[[], object]] = [
        lambda: model.scan(**{keyword: value}),
        lambda: model.scan(by_path),
        lambda: model.query(~Q(**{keyword: value}), id="1"),
        lambda: model.put({"id": "1"}, conditions={keyword: value}),
        lambda: model.update_item(id="1", n=1, conditions=[by_path]),
        lambda: model(id="1").delete(conditions=by_path),
    ]
    for call in calls:
        with pytest.raises(InvalidOperator, match=f"{stored_as}.*{advice}") as raised:
            call()
        assert f"'{operator}' on" in str(raised.value)
    assert recorder.sent == []


@each_library
def test_operators_that_can_hold_do(model: type[DynaModel], connected: Backend) -> None:
    if model is InMarshmallow and "timestamp" not in fields.DateTime.SERIALIZATION_FUNCS:
        pytest.skip("this Marshmallow has no timestamps")
    table_of(model).create_table()
    model.put({"id": "1", "at": MOMENT, "n": 12, "text": "abc", "lines": [1, 2], "below": {"at": MOMENT, "name": "x"}})
    found: Expression = Q(
        at__between=[MOMENT - timedelta(1), MOMENT], n__gt=11, text__begins_with="a", text__contains="bc"
    )
    found &= Q(text__size=3, lines__contains=2, lines__size=2, below__size__gt=1, below__name__begins_with="x")
    assert model.scan(found, below__at__lte=MOMENT).count() == 1


def test_numbers_that_the_program_stores_as_strings_have_a_beginning(connected: Backend) -> None:
    class Padded(fields.Integer):
        def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
            return None if value is None else f"{value:05}"

    class Order(DynaModel):
        class Table:
            name = "padded-orders"
            hash_key = "id"

        class Schema:
            id = fields.String(required=True)
            number = Padded()

    table_of(Order).create_table()
    Order.put({"id": "1", "number": 42})
    assert Order.scan(number__begins_with="000").count() == 1
