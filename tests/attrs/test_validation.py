"""Types, converters, validators, factories and ``__attrs_post_init__``: when they run, and what an error says."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, TypedDict

import attrs
import pytest
from attrs import converters, define, field, validators

from dynamorm.exceptions import DynaModelException, ValidationError
from tests.attrs.models import defined, errors_of, model_of

HEARD: list[tuple[str, object]] = []


def hear(name: str) -> Any:
    def validate(instance: object, attribute: Any, value: object) -> None:
        HEARD.append((name, value))

    return validate


def upper(value: str) -> str:
    HEARD.append(("converter", value))
    return value.upper()


@define
class Heard:
    id: str = field(converter=upper, validator=hear("id"))
    number: int = field(default=5, validator=[hear("number"), validators.le(9)])

    def __attrs_post_init__(self) -> None:
        HEARD.append(("post_init", self.id))


@pytest.fixture(autouse=True)
def nothing_heard() -> None:
    HEARD.clear()


ALL_ONCE = [("converter", "a"), ("id", "A"), ("number", 5), ("post_init", "A")]


def test_everything_runs_once_in_the_order_of_attrs() -> None:
    Heard(id="a")
    expected = list(HEARD)
    HEARD.clear()
    defined(Heard)(id="a")
    assert expected == HEARD == ALL_ONCE


def test_everything_runs_once_where_a_value_is_refused() -> None:
    assert list(errors_of(defined(Heard), id="a", number=10)) == ["number"]
    assert HEARD == [("converter", "a"), ("id", "A"), ("number", 10)]


def test_everything_runs_once_when_an_item_is_read_and_when_a_field_is_updated() -> None:
    model = model_of(Heard)
    model.__table__.put({"id": "A", "number": 5})
    HEARD.clear()
    assert model.get(id="A")
    # The converter makes the key, too.
    assert [heard for heard in HEARD if heard[0] != "converter"] == ALL_ONCE[1:]
    assert HEARD[-4:] == [("converter", "A"), *ALL_ONCE[1:]]
    HEARD.clear()
    model.update_item(id="A", number=6)
    assert [heard for heard in HEARD if heard[0] == "number"] == [("number", 6)]


def test_nested_validators_run_once_for_maps_and_for_instances() -> None:
    schema = attrs.make_class("Schema", {"id": field(type=str), "below": field(type=list[Heard])})
    defined(schema)(id="1", below=[{"id": "a"}])
    assert HEARD == ALL_ONCE
    instance = Heard("a")
    HEARD.clear()
    thing: Any = defined(schema)(id="1", below=[instance])
    assert HEARD == [("id", "A"), ("number", 5)]
    assert thing.below[0] == instance
    assert thing.below[0] is not instance


@define
class Person:
    id: str
    age: int = field(default=0, validator=[validators.instance_of(int), validators.ge(0)])
    name: str = field(default="x", validator=validators.matches_re("[a-z]+"))
    kind: str = field(default="a", validator=validators.in_(["a", "b"]))


@define
class Family:
    id: str
    persons: list[Person]
    by_name: dict[str, Person] = field(factory=dict)


def test_each_refused_field_is_named_without_its_value() -> None:
    errors = errors_of(defined(Person), age=-12345, name="SECRET", kind="SECRET")
    assert errors == {
        "id": ["Missing."],
        "age": ["'age' must be >= 0"],
        "name": ["'name' must match regex '[a-z]+'"],
        "kind": ["'kind' must be in ['a', 'b']"],
    }


def test_value_of_another_type_is_refused_and_never_converted() -> None:
    assert errors_of(defined(Person), id=5, age="abc", name=["x"], kind=b"a") == {
        "id": ["Not a string."],
        "age": ["Not a whole number."],
        "name": ["Not a string."],
        "kind": ["Not a string."],
    }


def test_errors_below_a_field_have_their_places() -> None:
    good = Person("1")
    errors = errors_of(
        defined(Family), id="1", persons=[good, {"id": "2", "age": -1, "more": 5}], by_name={"a": {"id": 5}}
    )
    assert errors == {
        "persons": {1: {"more": ["Unknown field."], "age": ["'age' must be >= 0"]}},
        "by_name": {"a": {"id": ["Not a string."]}},
    }


def test_instance_with_values_of_other_types_is_refused_or_converted() -> None:
    point = attrs.make_class("Point", {"x": field(type=int)})
    schema = attrs.make_class("Schema", {"id": field(type=str), "point": field(type=point)})
    assert errors_of(defined(schema), id="1", point=point("left")) == {"point": {"x": ["Not a whole number."]}}
    given = point(Decimal(5))
    thing: Any = defined(schema)(id="1", point=given)
    assert type(thing.point.x) is int
    assert type(given.x) is Decimal


def test_instance_of_a_subclass_with_more_fields_is_refused() -> None:
    @define
    class Child(Person):
        toy: str = "ball"

    schema = attrs.make_class("Schema", {"id": field(type=str), "person": field(type=Person)})
    assert "subclass" in errors_of(defined(schema), id="1", person=Child("1"))["person"][0]


def split(tags: set[str] | str) -> set[str]:
    return set(tags.split(",")) if isinstance(tags, str) else tags


def test_converter_gets_a_native_value_or_what_was_given() -> None:
    @define
    class Schema:
        id: str = field(converter=str)
        tags: set[str] = field(converter=split)
        number: int = field(default=None, converter=converters.default_if_none(7))  # type: ignore[misc] # mypy knows few

    model = model_of(Schema)
    model(id=5, tags="a,b").save()
    assert model.__table__.get(id="5") == {"id": "5", "tags": {"a", "b"}, "number": 7}
    thing: Any = model.get(id="5")
    assert thing.tags == {"a", "b"}


def test_converter_that_is_not_made_for_a_value_of_another_type() -> None:
    def stripped(text: str) -> str:
        return text.strip()

    @define
    class Schema:
        id: str = field(converter=stripped)
        number: int = field(default=0, converter=int)

    assert errors_of(defined(Schema), id=5, number=[1]) == {"id": ["Not a string."], "number": ["Not a whole number."]}
    assert errors_of(defined(Schema), id="1", number="many") == {"number": ["invalid literal for int() with base 10"]}


def test_converter_that_makes_another_type_is_refused() -> None:
    @define
    class Schema:
        id: str
        number: int = field(default=0, converter=str)

    assert errors_of(defined(Schema), id="1", number=[1]) == {"number": ["Not a whole number."]}


def test_converter_with_the_instance_and_the_field() -> None:
    def named(value: str, instance: Any, attribute: Any) -> str:
        return f"{attribute.name} of {instance.id}: {value}"

    @define
    class Schema:
        id: str
        name: str = field(default="x", converter=attrs.Converter(named, takes_self=True, takes_field=True))  # type: ignore[misc]

    thing: Any = defined(Schema)(id="1")
    assert thing.name == "name of 1: x"


def test_factory_with_the_instance() -> None:
    @define
    class Schema:
        id: str
        other: str = field()

        @other.default
        def _same(self) -> str:
            return self.id

    model = defined(Schema)
    thing: Any = model(id="1")
    assert thing.other == "1"
    assert errors_of(model, id=5) == {"id": ["Not a string."]}


def test_default_of_another_type_is_refused() -> None:
    @define
    class Schema:
        id: str
        number: int = "five"  # type: ignore[assignment]

    assert errors_of(defined(Schema), id="1") == {"number": ["Not a whole number."]}


@define
class Span:
    id: str
    first: int = 0
    last: int = field(default=0)
    label: str = field(init=False)

    @last.validator
    def _later(self, attribute: Any, value: int) -> None:
        if value < self.first:
            raise ValueError("ends before it begins")

    def __attrs_post_init__(self) -> None:
        if self.first > 100:
            raise ValueError("begins too late")
        self.label = f"{self.first} to {self.last}"


def test_validator_that_asks_for_another_field() -> None:
    model = model_of(Span)
    assert errors_of(model, id="1", first=2, last=1) == {"last": ["ends before it begins"]}
    model(id="1", first=2, last=3).save()
    model.update_item(id="1", last=1)  # the other field is not known here
    with pytest.raises(ValidationError, match="ends before"):
        model.get(id="1")


def test_post_init_refuses_and_computes() -> None:
    model = model_of(Span)
    assert errors_of(model, id="1", first=101, last=102) == {"_schema": ["begins too late"]}
    model(id="1", first=2, last=3).save()
    assert model.__table__.get(id="1")["label"] == "2 to 3"  # type: ignore[index]
    thing: Any = model.get(id="1")
    thing.last = 4
    thing.save()
    assert [found.id for found in model.scan(label="2 to 4")] == ["1"]
    assert thing.to_schema().label == "2 to 4"
    with pytest.raises(ValidationError, match="Computed by the class"):
        model.update_item(id="1", label="x")


def test_bug_in_a_validator_comes_through_with_the_name_of_the_model() -> None:
    def broken(instance: object, attribute: Any, value: object) -> None:
        raise KeyError("nothing is there")

    below = attrs.make_class("Below", {"name": field(type=str, validator=broken)})
    schema = attrs.make_class("Schema", {"id": field(type=str), "below": field(type=list[below])})  # type: ignore[valid-type]
    with pytest.raises(KeyError, match="nothing is there") as raised:
        defined(schema)(id="1", below=[{"name": "x"}])
    assert "Thing" in "".join(raised.value.__notes__)
    assert raised.value.__cause__ is None


def test_validators_may_be_switched_off() -> None:
    with validators.disabled():
        thing: Any = defined(Person)(id="1", age=-1)
    assert thing.age == -1


def test_elements_that_are_added_are_validated() -> None:
    @define
    class Schema:
        id: str
        tags: list[str] = field(factory=list, validator=[validators.deep_iterable(validators.max_len(3))])
        names: set[str] = field(factory=set[str], validator=validators.deep_iterable(validators.max_len(3)))
        sizes: dict[str, int] = field(
            factory=dict, validator=validators.deep_mapping(validators.max_len(3), validators.le(9))
        )

    model = model_of(Schema)
    model(id="1").save()
    with pytest.raises(ValidationError, match="must be <= 3"):
        model.update_item(id="1", tags__append=["long"])
    with pytest.raises(ValidationError, match="must be <= 3"):
        model.update_item(id="1", names__add={"long"})
    with pytest.raises(ValidationError, match="must be <= 9"):
        model.update_item(id="1", sizes__a=10)
    model.update_item(id="1", tags__append=["abc"], sizes__a=9)
    thing: Any = model.get(id="1")
    assert (thing.tags, thing.sizes) == (["abc"], {"a": 9})


class Place(TypedDict, total=False):
    city: Annotated[str, field(validator=validators.max_len(4), metadata={"attribute": "C"})]


def test_settings_of_a_typed_dict_stand_in_its_annotations() -> None:
    @define
    class Schema:
        id: str
        place: Place

    model = model_of(Schema)
    assert errors_of(model, id="1", place={"city": "London"}) == {"place": {"city": ["Length of 'city' must be <= 4"]}}
    model(id="1", place={"city": "Oslo"}).save()
    assert model.__table__.get(id="1") == {"id": "1", "place": {"C": "Oslo"}}


def test_unresolved_name_is_told_when_the_model_is_used() -> None:
    @define
    class Schema:
        id: str
        later: NeverDefined | None = None  # type: ignore[name-defined] # noqa: F821

    model = defined(Schema)
    with pytest.raises(DynaModelException, match="names 'NeverDefined', which is not defined"):
        model(id="1")


def test_message_of_a_validator_of_one_s_own_stays_as_it_is() -> None:
    def check(instance: object, attribute: Any, value: str) -> None:
        raise ValueError("choose one of: 'a', 'b' (got no other)" if value == "x" else f"no such thing as {value!r}")

    schema = attrs.make_class("Schema", {"id": field(type=str, validator=check)})
    assert errors_of(defined(schema), id="x") == {"id": ["choose one of: 'a', 'b'"]}
    assert errors_of(defined(schema), id="SECRET") == {"id": ["no such thing as the value"]}
