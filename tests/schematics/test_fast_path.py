"""The fast path, which imports and exports a schema type by type, does what Schematics does with the whole model.

A method, even one that is never called, leaves the schema to Schematics. So each schema here is tried with and without.
``DYNAMORM_SCHEMA_FAST_PATH=0`` leaves everything to Schematics.
"""

from __future__ import annotations

import datetime
import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schematics import types
from schematics.exceptions import ValidationError as Refusal
from schematics.models import Model

from dynamorm.exceptions import ValidationError
from dynamorm.ports.passthrough import FAST_PATH_VARIABLE
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_schematics.plugin import dynamorm_register_schema
from tests.support.schema_libraries.calls import record_calls

MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 678)


class Inner(Model):
    """A nested model."""

    text = types.StringType(required=True)
    number = types.IntType(default=3)


class Shouted(types.StringType):
    """A type of the program's own."""

    def to_native(self, value: Any, context: Any = None) -> Any:
        return super().to_native(value, context).upper()


class Demanded(types.StringType):
    """A type with its own check for required values."""

    def check_required(self, value: Any, context: Any) -> None:
        if value is None:
            raise Refusal("There has to be one.")


class Vanishing(types.BaseType):
    """A type that turns one value into None."""

    def to_native(self, value: Any, context: Any = None) -> Any:
        return None if value == "a" else value


class Counting(types.StringType):
    """A type that keeps a counter in the context."""

    def to_native(self, value: Any, context: Any = None) -> Any:
        context.app_data["count"] = context.app_data.get("count", 0) + 1
        return f"{value} {context.app_data['count']}"


def refuse_b(value: Any) -> None:
    if value == "b":
        raise Refusal("no b")


def raise_key_error(value: Any) -> None:
    if value == "abcd":
        raise KeyError(value)


def own_method() -> Any:
    """Return a type with a replaced method."""
    field = types.StringType()
    field.convert = lambda *_: "always this"
    return field


TYPES: Mapping[str, Callable[[], Any]] = {
    "text": types.StringType,
    "required text": lambda: types.StringType(required=True),
    "text with a default": lambda: types.StringType(default="a"),
    "text that is made": lambda: types.StringType(default=lambda: "made"),
    "text with a wrong default": lambda: types.StringType(default=5),
    "required, and none by default": lambda: types.StringType(default=None, required=True),
    "short text": lambda: types.StringType(max_length=3),
    "long text": lambda: types.StringType(min_length=3),
    "text in a form": lambda: types.StringType(regex="a+"),
    "one of two": lambda: types.StringType(choices=["a", "abcd"]),
    "text that is refused": lambda: types.StringType(validators=[refuse_b]),
    "text whose validator fails": lambda: types.StringType(validators=[raise_key_error]),
    "text under another name": lambda: types.StringType(serialized_name="other"),
    "text from elsewhere": lambda: types.StringType(deserialize_from=["other"]),
    "text that is not exported": lambda: types.StringType(export_level=0),
    "text with its own method": own_method,
    "shouted text": Shouted,
    "demanded text": Demanded,
    "vanishing text": lambda: Vanishing(default="a"),
    "counted text": Counting,
    "counted texts": lambda: types.ListType(Counting()),
    "address": types.EmailType,
    "integer": types.IntType,
    "strict integer": lambda: types.IntType(strict=True),
    "small integer": lambda: types.IntType(min_value=1, max_value=3),
    "real": types.FloatType,
    "decimal": types.DecimalType,
    "small decimal": lambda: types.DecimalType(max_value=3),
    "boolean": types.BooleanType,
    "anything": types.BaseType,
    "texts": lambda: types.ListType(types.StringType()),
    "few texts": lambda: types.ListType(types.StringType(), max_size=1),
    "short texts": lambda: types.ListType(types.StringType(max_length=1)),
    "refused texts": lambda: types.ListType(types.StringType(), validators=[lambda value: refuse_b(value[0])]),
    "texts that are required": lambda: types.ListType(types.StringType(required=True)),
    "texts that are not exported": lambda: types.ListType(types.StringType(export_level=0)),
    "texts that are there": lambda: types.ListType(types.StringType(), serialize_when_none=False),
    "lists of decimals": lambda: types.ListType(types.ListType(types.DecimalType())),
    "full lists of integers": lambda: types.ListType(types.ListType(types.IntType(), serialize_when_none=False)),
    "texts by default": lambda: types.ListType(types.StringType(), default=["a"]),
    "days": lambda: types.ListType(types.DateType()),
    "map of integers": lambda: types.DictType(types.IntType()),
    "map from integers": lambda: types.DictType(types.StringType(), coerce_key=int),
    "map of lists": lambda: types.DictType(types.ListType(types.BooleanType())),
    "nested": lambda: types.ModelType(Inner),
    "nested list": lambda: types.ListType(types.ModelType(Inner)),
    "polymorphic": lambda: types.PolyModelType([Inner]),
    "union": lambda: types.UnionType([types.IntType, types.StringType]),
    "identifier": types.UUIDType,
    "day": types.DateType,
    "moment": types.DateTimeType,
    "moment in other words": lambda: types.DateTimeType(serialized_format="%d.%m.%Y"),
    "timestamp": types.TimestampType,
    "point": types.GeoPointType,
    "languages": types.MultilingualStringType,
}

VALUES: Sequence[Any] = [
    *("", "a", "b", "abcd", "a@b.example", "5", "1.50", "2020-01-02", "02.01.2020", "true"),
    *(None, True, False, -5, 0, 1, 5, 0.5, float("inf"), Decimal("1.25"), Decimal("-0"), Decimal("1E+3")),
    *(b"abc", b"\xff", uuid.UUID(int=5), str(uuid.UUID(int=6)), datetime.date(2020, 1, 2)),
    *(MOMENT, MOMENT.replace(tzinfo=datetime.UTC), MOMENT.isoformat()),
    *({"text": "a"}, {"text": "a", "number": "x"}, {"number": 5}, {0: 1, 1: 2}, {"a": [True], "b": []}, {"a": "b"}),
    *([], ["a", "b"], ["a", None], ("a", "b"), [1, 2], [True], [[1], []], [[Decimal(1)]], [["a"]], [{"text": "a"}]),
    *(["2020-01-02"], [datetime.date(2020, 1, 2)]),
]
scalars = st.sampled_from([value for value in VALUES if not isinstance(value, (list, dict))])
values = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "text", 1]), inner)),
    max_leaves=4,
)
OPTIONS: Mapping[str, dict[str, Any]] = {
    "none": {},
    "levels": {"serialize_when_none": False},
    "order": {"export_order": True},
    "roles": {"roles": {"default": lambda name, value: value == "a", "short": lambda name, value: name == "last"}},
}


def adapted(body: Mapping[str, Any], *, bases: tuple[type, ...] = ()) -> SchemaAdapter:
    return dynamorm_register_schema().adapt("Thing", type("Schema", bases, dict(body)))


@functools.cache
def both(kind: str, options: str) -> tuple[SchemaAdapter, SchemaAdapter]:
    """Return the adapters of a schema with a type of this *kind*: without a method, and with one."""
    body = {
        "id": types.StringType(),
        "field": TYPES[kind](),
        "last": types.IntType(default=1),
        "Options": type("Options", (), OPTIONS[options]),
    }
    return adapted(body), adapted({**body, "method": lambda self: None})


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return what a function returns, with its types, or what it raises."""
    try:
        return repr(function(*arguments, **options))
    except ValidationError as error:
        return f"{type(error.__cause__).__name__} {error.errors!r} {error.raw!r} {error.schema_name}"
    except Exception as error:  # noqa: BLE001 - what a type does with a value that is not of its kind
        return repr(error)


def compare(alone: SchemaAdapter, whole: SchemaAdapter, item: Mapping[str, Any], *, partial: bool) -> None:
    for verb in ("validate", "load", "dump"):
        found = outcome(getattr(alone, verb), item, partial=partial)
        assert found == outcome(getattr(whole, verb), item, partial=partial), verb
    stored = outcome(lambda: alone.dump(alone.load(item, partial=partial), partial=partial))
    assert stored == outcome(lambda: whole.dump(whole.load(item, partial=partial), partial=partial))


@pytest.mark.parametrize("kind", TYPES)
def test_fast_path_does_what_the_model_does(kind: str) -> None:
    alone, whole = both(kind, "none")
    for value in VALUES:
        compare(alone, whole, {"id": "1", "field": value}, partial=False)
    compare(alone, whole, {"id": "1"}, partial=False)
    compare(alone, whole, {"id": "1"}, partial=True)
    assert outcome(alone.defaults) == outcome(whole.defaults)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", TYPES)
def test_options_decide_what_is_stored(kind: str, options: str) -> None:
    alone, whole = both(kind, options)
    for value in VALUES:
        item = {"id": "1", "field": value}
        assert outcome(alone.dump, item, partial=False) == outcome(whole.dump, item, partial=False)


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=20)
@given(data=st.data(), partial=st.booleans(), options=st.sampled_from(sorted(OPTIONS)))
def test_fast_path_does_so_with_any_values(kind: str, data: st.DataObject, partial: bool, options: str) -> None:
    names = data.draw(st.sets(st.sampled_from(["id", "field", "last", "other", "more"])))
    item = {name: data.draw(values if name == "field" else scalars) for name in sorted(names)}
    compare(*both(kind, options), item, partial=partial)


@pytest.mark.parametrize("kind", TYPES)
def test_results_are_the_same_with_the_fast_path_switched_off(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"id": types.StringType(), "field": TYPES[kind](), "last": types.IntType(default=1)}
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    fast = adapted(body)
    monkeypatch.setenv(FAST_PATH_VARIABLE, "0")
    ordinary = adapted(body)
    for value in VALUES:
        compare(fast, ordinary, {"id": "1", "field": value}, partial=False)
        compare(fast, ordinary, {"field": value}, partial=True)
        for validated in (False, True):
            dumped = outcome(fast.fields["field"].dump, value, validate=validated)
            assert dumped == outcome(ordinary.fields["field"].dump, value, validate=validated)
    assert outcome(fast.defaults) == outcome(ordinary.defaults)


#: Schematics' methods that the fast path does not call for text, and an operation that calls each without it.
METHODS: Mapping[str, tuple[type, Callable[[SchemaAdapter], Any]]] = {
    "__init__": (Model, lambda adapter: adapter.load({"id": "a"}, partial=False)),
    "export": (Model, lambda adapter: adapter.dump({"id": "a"}, partial=False)),
    "to_native": (types.StringType, lambda adapter: adapter.validate({"id": "a"}, partial=False)),
    "convert": (types.StringType, lambda adapter: adapter.fields["id"].dump("a")),
}


@pytest.mark.parametrize(("setting", "calls"), [(None, False), ("1", False), ("0", True)])
@pytest.mark.parametrize("name", METHODS)
def test_variable_decides_whether_methods_of_schematics_are_called(
    name: str, setting: str | None, calls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, operation = METHODS[name]
    called = record_calls(owner, name, monkeypatch)
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    if setting is not None:
        monkeypatch.setenv(FAST_PATH_VARIABLE, setting)
    adapter = adapted({"id": types.StringType()})
    # It is read when the model is defined.
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    called.clear()
    operation(adapter)
    assert bool(called) is calls


def test_variable_holds_for_fields_of_nested_models_too(monkeypatch: pytest.MonkeyPatch) -> None:
    called = record_calls(types.StringType, "convert", monkeypatch)
    monkeypatch.setenv(FAST_PATH_VARIABLE, "0")
    body = {"inner": types.ModelType(Inner), "texts": types.ListType(types.StringType())}
    fields = adapted(body).fields
    monkeypatch.delenv(FAST_PATH_VARIABLE)
    for field in (fields["inner"].child("text"), fields["texts"].child(0)):
        called.clear()
        assert field is not None
        assert field.dump("a") == "a"
        assert called


def test_loaded_lists_and_maps_are_copies() -> None:
    body = {"id": types.ListType(types.StringType()), "map": types.DictType(types.ListType(types.IntType()))}
    adapter = adapted(body)
    item: dict[str, Any] = {"id": ["a"], "map": {"a": [1]}}
    for verb in (adapter.load, adapter.validate, adapter.dump):
        made = verb(item, partial=False)
        made["id"].append("b")
        made["map"]["a"].append(2)
        made["map"]["b"] = []
    assert item == {"id": ["a"], "map": {"a": [1]}}


def test_validators_are_called_once_for_each_value() -> None:
    asked: list[Any] = []

    def ask(value: Any) -> None:
        asked.append(value)
        refuse_b(value)

    field = types.StringType(validators=[ask])
    adapter = adapted({"id": field, "ids": types.ListType(types.StringType(validators=[ask]))})
    assert adapter.load({"id": "a", "ids": ["a", "c"]}, partial=False) == {"id": "a", "ids": ["a", "c"]}
    with pytest.raises(ValidationError) as caught:
        adapter.load({"id": "b", "ids": ["a", "b"]}, partial=False)
    assert caught.value.errors == {"id": ["no b"], "ids": {1: ["no b"]}}
    assert asked == ["a", "a", "c", "b", "a", "b"]


def test_refused_types_win_over_an_exception_of_a_validator() -> None:
    """Schematics would never reach the second field."""

    class Failing(Model):
        text = types.StringType()

        def validate_text(self, data: Any, value: Any, context: Any) -> None:
            raise_key_error(value)

    adapter = adapted({"id": types.ModelType(Failing), "number": types.IntType(serialized_name="n")})
    with pytest.raises(KeyError):
        adapter.load({"id": {"text": "abcd"}, "n": 5}, partial=False)
    for verb, name in ((adapter.load, "n"), (adapter.validate, "number")):
        with pytest.raises(ValidationError) as caught:
            verb({"id": {"text": "abcd"}, name: "five"}, partial=False)
        assert caught.value.errors == {"n": ["Value 'five' is not int."]}


def test_methods_are_called() -> None:
    """Test a method of the schema, of a mixin that is no model, and of a base that is one."""

    class Mixin:
        def validate_id(self, data: Any, value: Any, context: Any) -> None:
            refuse_b(value)

    class Base(Model):
        def validate_id(self, data: Any, value: Any, context: Any) -> None:
            refuse_b(value)

    own = {"validate_id": Base.validate_id}
    for adapter in (
        adapted({"id": types.StringType(), **own}),
        adapted({"id": types.StringType()}, bases=(Mixin,)),
        adapted({"id": types.StringType()}, bases=(Base,)),
    ):
        assert adapter.load({"id": "a"}, partial=False) == {"id": "a"}
        with pytest.raises(ValidationError):
            adapter.load({"id": "b"}, partial=False)


@pytest.mark.parametrize(
    "kind", ["identifier", "day", "moment", "timestamp", "decimal", "address", "texts", "map of integers"]
)
@pytest.mark.parametrize("validated", [False, True])
def test_single_value_is_dumped_as_the_type_does_it(kind: str, validated: bool) -> None:
    """Compare a type of Schematics' own with a program's subclass of it."""
    field, subclassed = TYPES[kind](), TYPES[kind]()
    subclassed.__class__ = type("Own", (type(field),), {})
    own, other = (adapted({"id": inner}).fields["id"] for inner in (field, subclassed))
    for value in VALUES:
        assert outcome(own.dump, value, validate=validated) == outcome(other.dump, value, validate=validated)


def test_each_item_has_a_context_of_its_own() -> None:
    adapter = adapted({"id": Counting(), "ids": types.ListType(Counting())})
    for _ in range(2):
        assert adapter.load({"id": "a", "ids": ["b", "c"]}, partial=False) == {"id": "a 1", "ids": ["b 2", "c 3"]}
        assert adapter.fields["ids"].dump(["b", "c"]) == ["b 1", "c 2"]
