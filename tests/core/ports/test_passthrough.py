"""Values that a schema library returns unchanged, and the variable that switches the fast paths off."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.passthrough import (
    FAST_PATH_VARIABLE,
    NEEDS_CONVERSION,
    NO_PASSTHROUGH,
    Passthrough,
    fast_path_enabled,
    list_passthrough,
    map_passthrough,
    replaces_methods,
)

TEXT = Passthrough(str, None)
POSITIVE = Passthrough(None, lambda value: value if type(value) is int and value > 0 else NEEDS_CONVERSION)


class Text(str):
    """A subclass: only the exact type passes through."""


def copied(passthrough: Passthrough, value: Any) -> Any:
    assert passthrough.exact_type is None
    assert passthrough.copy is not None
    return passthrough.copy(value)


@pytest.mark.parametrize(
    ("elements", "value"),
    [
        (TEXT, []),
        (TEXT, ["a", "b"]),
        (POSITIVE, [1, 2]),
        (list_passthrough(TEXT), [["a"], []]),
        (map_passthrough(TEXT), [{"a": "b"}, {1: "b"}]),
    ],
)
def test_list_of_unchanged_values_is_copied(elements: Passthrough, value: list[Any]) -> None:
    copy = copied(list_passthrough(elements), value)
    assert copy == value
    assert copy is not value
    assert all(own is not element for own, element in zip(copy, value, strict=True) if isinstance(element, list | dict))


@pytest.mark.parametrize(
    ("elements", "value"),
    [
        (TEXT, None),
        (TEXT, ("a",)),
        (TEXT, "ab"),
        (TEXT, ["a", 1]),
        (TEXT, [Text("a")]),
        (POSITIVE, [1, 0]),
        (list_passthrough(TEXT), ["a"]),
        (list_passthrough(TEXT), [["a"], [1]]),
    ],
)
def test_list_with_another_value_needs_conversion(elements: Passthrough, value: Any) -> None:
    assert copied(list_passthrough(elements), value) is NEEDS_CONVERSION


@pytest.mark.parametrize("key_type", [None, str])
def test_map_of_unchanged_values_is_copied(key_type: type | None) -> None:
    value = {"a": ["b"], "c": []}
    copy = copied(map_passthrough(list_passthrough(TEXT), key_type=key_type), value)
    assert copy == value
    assert copy is not value
    assert copy["a"] is not value["a"]


@pytest.mark.parametrize("value", [None, [], {"a": 1}, {"a": Text("b")}, {1: "a"}, {Text("a"): "b"}])
def test_map_with_another_key_or_value_needs_conversion(value: Any) -> None:
    assert copied(map_passthrough(TEXT, key_type=str), value) is NEEDS_CONVERSION


def test_any_key_passes_through_without_a_key_type() -> None:
    assert copied(map_passthrough(TEXT), {1: "a"}) == {1: "a"}


def test_containers_of_converted_values_have_no_passthrough() -> None:
    assert list_passthrough(NO_PASSTHROUGH) == NO_PASSTHROUGH
    assert map_passthrough(NO_PASSTHROUGH, key_type=str) == NO_PASSTHROUGH
    assert list_passthrough(Passthrough(None, None)) == NO_PASSTHROUGH


def test_replaced_method_is_seen() -> None:
    class Field:
        def __init__(self) -> None:
            self.option = 5

        def load(self) -> None: ...

    field = Field()
    assert not replaces_methods(field)
    field.load = lambda: None  # type: ignore[method-assign]
    assert replaces_methods(field)


@pytest.mark.parametrize(("setting", "enabled"), [(None, True), ("1", True), ("0", False)])
def test_variable_switches_fast_paths(monkeypatch: pytest.MonkeyPatch, setting: str | None, enabled: bool) -> None:
    monkeypatch.delenv(FAST_PATH_VARIABLE, raising=False)
    if setting is not None:
        monkeypatch.setenv(FAST_PATH_VARIABLE, setting)
    assert fast_path_enabled() is enabled


@pytest.mark.parametrize("setting", ["", "false", "off", "2"])
def test_other_settings_of_the_variable_are_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(FAST_PATH_VARIABLE, setting)
    with pytest.raises(
        DynaModelException, match=rf"DYNAMORM_SCHEMA_FAST_PATH is '{setting}'\. Set it to 0, .* or to 1"
    ):
        fast_path_enabled()
