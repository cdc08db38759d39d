"""The fast path, which loads and dumps a schema field by field, does what Marshmallow does with the whole schema.

A hook, even one that does nothing, leaves the schema to Marshmallow, and a subclass of a field's class leaves its values
to the field. So each schema here is tried with and without. ``DYNAMORM_SCHEMA_FAST_PATH=0`` leaves everything to Marshmallow.
"""

from __future__ import annotations

import datetime
import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import marshmallow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields, pre_load, validate

from dynamorm.exceptions import ValidationError
from dynamorm.ports.passthrough import FAST_PATH_VARIABLE
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_marshmallow.plugin import dynamorm_register_schema
from tests.support.schema_libraries.calls import record_calls

MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 678)
BERLIN = datetime.timezone(datetime.timedelta(hours=1))
#: Marshmallow 3 does not read the offset of such a time.
OLD_BERLIN = datetime.timezone(datetime.timedelta(minutes=53, seconds=28))


class Inner(marshmallow.Schema):
    """A nested schema."""

    text = fields.String(required=True)
    number = fields.Integer(load_default=3)


class Shouted(fields.String):
    """A field of the program's own, which handles missing values too."""

    def deserialize(self, value: Any, *arguments: Any, **options: Any) -> Any:
        return "NOTHING" if value is marshmallow.missing else super().deserialize(value, *arguments, **options).upper()

    def serialize(self, *arguments: Any, **options: Any) -> Any:
        value = super().serialize(*arguments, **options)
        return "silence" if value is marshmallow.missing else value


def own_method() -> Any:
    """Return a field with a replaced method."""
    field = fields.String()
    field.deserialize = lambda *_, **__: "always this"  # type: ignore[method-assign]
    return field


FIELDS: Mapping[str, Callable[[], Any]] = {
    "text": fields.String,
    "required text": lambda: fields.String(required=True),
    "text with a default": lambda: fields.String(load_default="a", dump_default="b"),
    "text that is made": lambda: fields.String(load_default=lambda: "made", dump_default=lambda: "made too"),
    "text or none": lambda: fields.String(allow_none=True),
    "short text": lambda: fields.String(validate=validate.Length(max=3)),
    "text under another name": lambda: fields.String(data_key="other"),
    "text that is loaded only": lambda: fields.String(load_only=True),
    "text that is dumped only": lambda: fields.String(dump_only=True, dump_default="x"),
    "text with its own method": own_method,
    "shouted text": Shouted,
    "address": fields.Email,
    "link": fields.Url,
    "integer": fields.Integer,
    "strict integer": lambda: fields.Integer(strict=True),
    "integer as text": lambda: fields.Integer(as_string=True),
    "small integer": lambda: fields.Integer(validate=[validate.Range(max=3), validate.Range(min=1)]),
    "real": fields.Float,
    "any real": lambda: fields.Float(allow_nan=True),
    "decimal": fields.Decimal,
    "any decimal": lambda: fields.Decimal(allow_nan=True),
    "rounded decimal": lambda: fields.Decimal(places=1),
    "decimal as text": lambda: fields.Decimal(as_string=True),
    "boolean": fields.Boolean,
    "boolean in words": lambda: fields.Boolean(truthy={"aye"}, falsy={"no"}),
    "boolean with all true": lambda: fields.Boolean(truthy=set()),
    "texts": lambda: fields.List(fields.String()),
    "short list": lambda: fields.List(fields.String(), validate=validate.Length(max=1)),
    "short texts": lambda: fields.List(fields.String(validate=validate.Length(max=1))),
    "addresses": lambda: fields.List(fields.Email()),
    "texts or none": lambda: fields.List(fields.String(allow_none=True)),
    "integers as texts": lambda: fields.List(fields.Integer(as_string=True)),
    "reals": lambda: fields.List(fields.Float()),
    "days": lambda: fields.List(fields.Date()),
    "lists of decimals": lambda: fields.List(fields.List(fields.Decimal())),
    "map": fields.Dict,
    "map of integers": lambda: fields.Dict(values=fields.Integer()),
    "map from texts to integers": lambda: fields.Dict(keys=fields.String(), values=fields.Integer()),
    "map from texts": lambda: fields.Dict(keys=fields.String()),
    "map from short texts": lambda: fields.Dict(
        keys=fields.String(validate=validate.Length(max=1)), values=fields.String()
    ),
    "map from days": lambda: fields.Dict(keys=fields.Date(), values=fields.Raw()),
    "map of lists": lambda: fields.Dict(keys=fields.String(), values=fields.List(fields.Boolean())),
    "anything": fields.Raw,
    "constant": lambda: fields.Constant(5),
    "function": lambda: fields.Function(sorted, deserialize=lambda value: value),
    "nested": lambda: fields.Nested(Inner),
    "nested list": lambda: fields.List(fields.Nested(Inner)),
    "identifier": fields.UUID,
    "identifiers": lambda: fields.List(fields.UUID()),
    "day": fields.Date,
    "day in other words": lambda: fields.Date(format="%d.%m.%Y"),
    "moment": fields.DateTime,
    "moment in other words": lambda: fields.DateTime(format="%d.%m.%Y %H:%M:%S"),
    "moment of Berlin": lambda: fields.AwareDateTime(default_timezone=BERLIN),
    "time": fields.Time,
}

VALUES: Sequence[Any] = [
    *("", "a", "abcd", "a@b.example", "http://a.example/", "5", "1.50", "2020-01-02", "02.01.2020", "true", "aye"),
    *(None, True, False, -5, 0, 1, 5, 0.5, float("nan"), float("inf")),
    *(Decimal("1.25"), Decimal("-0"), Decimal("1E+3"), Decimal("NaN"), Decimal("Infinity")),
    *(b"abc", b"\xff", uuid.UUID(int=5), str(uuid.UUID(int=6)), datetime.date(2020, 1, 2), datetime.time(1)),
    *(
        MOMENT,
        MOMENT.replace(tzinfo=datetime.UTC),
        MOMENT.replace(tzinfo=BERLIN),
        MOMENT.isoformat(),
        MOMENT.replace(tzinfo=OLD_BERLIN),
    ),
    *({}, {"text": "a"}, {"text": "a", "number": "x"}, {"number": 5}, {0: 1, 1: 2}, {"a": [True], "b": []}, {"a": "b"}),
    *([], ["a", "b"], ["a", None], ("a", "b"), [1, 2], [True], [0.5, float("nan")], [["a"]], [{"text": "a"}]),
    *([[Decimal(1)], []], [[Decimal("NaN")]], ["2020-01-02"], [datetime.date(2020, 1, 2)], [uuid.UUID(int=5)]),
]
scalars = st.sampled_from([value for value in VALUES if not isinstance(value, (list, dict))])
values = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "text", 1]), inner)),
    max_leaves=4,
)


def adapted(body: Mapping[str, Any], *, bases: tuple[type, ...] = (), unknown: str | None = None) -> SchemaAdapter:
    meta = {} if unknown is None else {"Meta": type("Meta", (), {"unknown": unknown})}
    return dynamorm_register_schema().adapt("Thing", type("Schema", bases, {**body, **meta}))


def hooked(body: Mapping[str, Any], *, unknown: str | None = None) -> SchemaAdapter:
    """Return the adapter of the same schema with a hook that does nothing."""

    def nothing(self: object, data: Any, **_: Any) -> Any:
        return data

    return adapted({**body, "nothing": pre_load(nothing)}, unknown=unknown)


def plain(errors: Any) -> Any:
    """Return errors as dicts; early releases of Marshmallow use other mappings too."""
    return {name: plain(inner) for name, inner in errors.items()} if isinstance(errors, dict) else errors


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return what a function returns, with its types, or what it raises."""
    try:
        made = function(*arguments, **options)
    except ValidationError as error:
        return f"{type(error.__cause__).__name__} {plain(error.errors)!r} {error.raw!r} {error.schema_name}"
    except Exception:  # noqa: BLE001 - what a field does with a value that is not of its type
        return "another error"
    # In Marshmallow 4 the fields of a schema with ``only`` have no defined order.
    return repr(
        sorted(made.items()) if isinstance(made, dict) and all(isinstance(name, str) for name in made) else made
    )


@functools.cache
def both(kind: str, unknown: str | None) -> tuple[SchemaAdapter, SchemaAdapter]:
    """Return the adapters of a schema with a field of this *kind*: without a hook, and with one."""
    body = {"id": fields.String(), "field": FIELDS[kind](), "last": fields.Integer(load_default=1)}
    return adapted(body, unknown=unknown), hooked(body, unknown=unknown)


def compare(alone: SchemaAdapter, whole: SchemaAdapter, item: Mapping[str, Any], *, partial: bool) -> None:
    for verb in ("validate", "load", "dump"):
        found = outcome(getattr(alone, verb), item, partial=partial)
        assert found == outcome(getattr(whole, verb), item, partial=partial), verb


@pytest.mark.parametrize("kind", FIELDS)
def test_fast_path_does_what_the_schema_does(kind: str) -> None:
    alone, whole = both(kind, None)
    for value in VALUES:
        compare(alone, whole, {"id": "1", "field": value}, partial=False)
        compare(alone, whole, {"field": value}, partial=True)
    compare(alone, whole, {"id": "1"}, partial=False)
    compare(alone, whole, {"id": "1"}, partial=True)
    assert alone.defaults() == whole.defaults()


@pytest.mark.parametrize("kind", FIELDS)
@settings(max_examples=20)
@given(data=st.data(), partial=st.booleans())
def test_fast_path_does_so_with_any_values(kind: str, data: st.DataObject, partial: bool) -> None:
    unknown = data.draw(st.sampled_from([None, marshmallow.EXCLUDE, marshmallow.INCLUDE]))
    names = data.draw(st.sets(st.sampled_from(["id", "field", "last", "other", "more"])))
    item = {name: data.draw(values if name == "field" else scalars) for name in sorted(names)}
    compare(*both(kind, unknown), item, partial=partial)


@pytest.mark.parametrize(
    "kind", ["identifier", "day", "moment", "decimal", "any real", "texts", "reals", "map of integers"]
)
@pytest.mark.parametrize("validated", [False, True])
def test_single_value_is_dumped_as_the_field_does_it(kind: str, validated: bool) -> None:
    """Compare a field of Marshmallow's own with a program's subclass of it."""
    field, subclassed = FIELDS[kind](), FIELDS[kind]()
    subclassed.__class__ = type("Own", (type(field),), {})
    own, other = (adapted({"id": inner}).fields["id"] for inner in (field, subclassed))
    for value in VALUES:
        assert outcome(own.dump, value, validate=validated) == outcome(other.dump, value, validate=validated)


@pytest.mark.parametrize("kind", FIELDS)
def test_results_are_the_same_with_the_fast_path_switched_off(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"id": fields.String(), "field": FIELDS[kind](), "last": fields.Integer(load_default=1)}
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
    assert fast.defaults() == ordinary.defaults()


#: Marshmallow's methods that the fast path does not call for text, and the operation that calls each without it.
METHODS: Mapping[str, tuple[type, Callable[[SchemaAdapter], Any]]] = {
    "load": (marshmallow.Schema, lambda adapter: adapter.load({"id": "a"}, partial=False)),
    "dump": (marshmallow.Schema, lambda adapter: adapter.dump({"id": "a"}, partial=False)),
    "deserialize": (fields.String, lambda adapter: adapter.validate({"id": "a"}, partial=False)),
    "serialize": (fields.String, lambda adapter: adapter.fields["id"].dump("a")),
}


@pytest.mark.parametrize(("setting", "calls"), [(None, False), ("1", False), ("0", True)])
@pytest.mark.parametrize("name", METHODS)
def test_variable_decides_whether_marshmallows_methods_are_called(
    name: str, setting: str | None, calls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, operation = METHODS[name]
    called = record_calls(owner, name, monkeypatch)
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    if setting is not None:
        monkeypatch.setenv(FAST_PATH_VARIABLE, setting)
    adapter = adapted({"id": fields.String()})
    # It is read when the model is defined.
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    called.clear()
    operation(adapter)
    assert bool(called) is calls


def test_variable_holds_for_fields_of_nested_schemas_too(monkeypatch: pytest.MonkeyPatch) -> None:
    called = record_calls(fields.String, "serialize", monkeypatch)
    monkeypatch.setenv(FAST_PATH_VARIABLE, "0")
    adapter = adapted({"id": fields.String(), "inner": fields.Nested(Inner)})
    monkeypatch.delenv(FAST_PATH_VARIABLE)
    text = adapter.fields["inner"].child("text")
    assert text is not None
    assert text.dump("a") == "a"
    assert called


def test_loaded_lists_and_maps_are_copies() -> None:
    adapter = adapted(
        {
            "id": fields.List(fields.String()),
            "map": fields.Dict(keys=fields.String(), values=fields.List(fields.Integer())),
        }
    )
    item: dict[str, Any] = {"id": ["a"], "map": {"a": [1]}}
    for verb in (adapter.load, adapter.validate, adapter.dump):
        made = verb(item, partial=False)
        made["id"].append("b")
        made["map"]["a"].append(2)
        made["map"]["b"] = []
    assert item == {"id": ["a"], "map": {"a": [1]}}


def test_validators_are_called_once_for_each_value() -> None:
    asked: list[Any] = []

    def refuse_b(value: Any) -> bool:
        asked.append(value)
        if value == "b":
            raise marshmallow.ValidationError("no b")
        return True

    adapter = adapted({"id": fields.String(validate=refuse_b), "ids": fields.List(fields.String(validate=refuse_b))})
    assert adapter.load({"id": "a", "ids": ["a", "c"]}, partial=False) == {"id": "a", "ids": ["a", "c"]}
    with pytest.raises(ValidationError) as caught:
        adapter.load({"id": "b", "ids": ["a", "b"]}, partial=False)
    assert caught.value.errors == {"id": ["no b"], "ids": {1: ["no b"]}}
    # The order of fields is Marshmallow's.
    assert sorted(asked[:3]) == ["a", "a", "c"]
    assert sorted(asked[3:]) == ["a", "b", "b"]


@pytest.mark.skipif(not hasattr(fields.String(), "post_load"), reason="this Marshmallow has no hooks of fields")
def test_hooks_of_fields_are_called() -> None:
    options: Any = {"pre_load": str.strip, "post_load": str.title}
    adapter = adapted({"id": fields.String(**options), "ids": fields.List(fields.String(**options))})
    loaded = adapter.load({"id": " ann ", "ids": [" bob "]}, partial=False)
    assert loaded == {"id": "Ann", "ids": ["Bob"]}
    assert adapter.validate({"id": " ann "}, partial=True) == {"id": "Ann"}


def test_methods_are_called() -> None:
    """Test a mixin that is no schema, and a base that is one."""

    class Mixin:
        def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
            return obj.get(attr, default) * 2

    class Base(marshmallow.Schema):
        @pre_load
        def double(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
            return {name: value * 2 for name, value in data.items()}

    assert adapted({"id": fields.String()}, bases=(Mixin,)).dump({"id": "a"}, partial=False) == {"id": "aa"}
    assert adapted({"id": fields.String()}, bases=(Base,)).load({"id": "a"}, partial=False) == {"id": "aa"}
