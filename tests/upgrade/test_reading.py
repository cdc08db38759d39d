"""What programs for 0.11 did with reads, and no other test does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import fields

from dynamorm import DynaModel, LocalIndex, ProjectKeys, Q, using
from dynamorm.exceptions import ConditionFailed, HashKeyExists, InvalidOperator, InvalidSchemaField
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


class Thing(DynaModel):
    class Table:
        name = "peanut-butter"
        hash_key = "foo"
        range_key = "bar"
        read = 5
        write = 5

    class ByCount(LocalIndex):
        name = "by-count"
        hash_key = "foo"
        range_key = "count"
        projection = ProjectKeys()

    class Schema:
        foo = fields.String(required=True)
        bar = fields.String(required=True)
        count = fields.Integer()
        child = fields.Dict()
        things = fields.List(fields.String())
        matrix = fields.Raw()


@pytest.fixture(autouse=True)
def _things(backend: Backend) -> Iterator[None]:
    with using(backend):
        table_of(Thing).create_table()
        Thing.put_batch(
            *(
                {
                    "foo": "first",
                    "bar": str(number),
                    "count": number,
                    "child": {"sub": number, "in": number},
                    "things": ["a", str(number)],
                    "matrix": [[number, 2], [3, {"four": [4]}]],
                }
                for number in range(5)
            )
        )
        yield


def bars(things: Any) -> list[str]:
    return [thing.bar for thing in things]


@pytest.mark.parametrize(
    "lookup",
    [
        {"count__is_in": [1, 2]},
        {"count__in": [1, 2]},
        {"child__sub__is_in": [1, 2]},
        {"count__attribute_type": "N", "count__between": (1, 2)},
        {"things__attribute_type": "L", "child__in__is_in": [1, 2]},
    ],
)
def test_operators_by_the_names_that_boto3_has_for_them(lookup: dict[str, Any]) -> None:
    assert bars(Thing.query(foo="first", **lookup)) == ["1", "2"]
    assert sorted(bars(Thing.scan(Q(**lookup) | Q(bar="4")))) == ["1", "2", "4"]
    Thing.update_item(foo="first", bar="1", count=2, conditions=lookup)
    with pytest.raises(ConditionFailed):
        Thing.update_item(foo="first", bar="3", count=2, conditions=lookup)


def test_messages_name_the_operators_of_today() -> None:
    with pytest.raises(InvalidOperator, match=r"Did you mean 'in'\?") as caught:
        Thing.scan(count__isin=[1])
    assert "is_in" not in str(caught.value)
    with pytest.raises(InvalidOperator, match="'in' on 'count' takes a list"):
        Thing.scan(count__is_in=1)


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("bar, things[1]", {"bar": "1", "things": ["1"]}),
        ("things[0],things[1]", {"things": ["a", "1"]}),
        ("child.sub", {"child": {"sub": 1}}),
        ("matrix[0][0], matrix[1][1].four[0]", {"matrix": [[1], [{"four": [4]}]]}),
    ],
)
def test_projections_with_indexes_as_dynamodb_writes_them(
    attributes: str, found: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    if "moto" in request.node.name and "[" in attributes:
        pytest.skip("moto counts a list element of a projection as an unused name")
    (thing,) = Thing.get_batch([{"foo": "first", "bar": "1"}], attrs=attributes)
    assert {name: getattr(thing, name) for name in found} == found
    (thing,) = Thing.query(foo="first", bar="1").specific_attributes(attributes.split(","))
    assert {name: getattr(thing, name) for name in found} == found


@pytest.mark.parametrize("attributes", ["things[1", "things[-1]", "things[]", "[1]", "thing[1]"])
def test_projections_that_name_nothing(attributes: str) -> None:
    with pytest.raises(InvalidSchemaField, match="Thing has no field"):
        Thing.get_batch([{"foo": "first", "bar": "1"}], attrs=attributes)


def test_pages_by_hand() -> None:
    last, seen = None, []
    while True:
        page = Thing.query(foo="first").limit(2)
        if last:
            page = page.start(last)
        seen.append(bars(page))
        last = page.last
        if not last:
            break
    assert seen == [["0", "1"], ["2", "3"], ["4"]]


def test_again_in_the_middle_of_a_page_goes_on_after_the_last_item() -> None:
    page = Thing.query(foo="first").limit(2)
    assert next(page).bar == "0"
    assert bars(page.again()) == ["1", "2"]


def test_a_read_that_is_iterated_over_again_reads_again() -> None:
    page = Thing.query(foo="first").limit(2)
    assert bars(page) == ["0", "1"]
    assert next(page, None) is None
    assert bars(page) == ["0", "1"]


def test_a_read_that_is_configured_in_place_warns_that_it_was_not_changed() -> None:
    page = Thing.query(foo="first")
    with pytest.warns(RuntimeWarning, match=r"the result ignored.*write read = read\.limit\(10\)"):
        page.limit(2)
    assert bars(page) == list("01234")


def test_index_by_its_name_in_the_request_parameters() -> None:
    found = Thing.query(foo="first", count__gte=3, query_kwargs={"IndexName": "by-count", "ScanIndexForward": False})
    assert [(thing.bar, thing.things) for thing in found] == [("4", None), ("3", None)]
    assert sorted(bars(Thing.scan(scan_kwargs={"IndexName": "by-count"}))) == list("01234")


def test_parameters_are_not_written_into() -> None:
    parameters = {"Limit": 2}
    assert bars(Thing.query(foo="first", query_kwargs=parameters).limit(3)) == list("012")
    assert parameters == {"Limit": 2}


def test_batch_of_keys_from_a_generator_is_read_lazily() -> None:
    found = Thing.get_batch({"foo": "first", "bar": str(number)} for number in (1, 3, 9))
    assert sorted(bars(found)) == ["1", "3"]


@pytest.mark.parametrize("kind", [ConditionFailed, HashKeyExists])
def test_exceptions_that_doubles_raise_need_no_message(kind: type[ConditionFailed]) -> None:
    def save_of_a_double() -> None:
        raise kind

    with pytest.raises(kind) as caught:
        save_of_a_double()
    assert (str(caught.value), caught.value.item) == ("", None)
