"""A user's validators: when they are run, and what becomes of what they raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused


class Fault(KeyError):
    """What no library takes for a refusal."""


def broken(value: object) -> None:
    """A validator with a fault."""
    raise Fault("nothing is there")


LIMITED = {
    "text, too long": (fields.text(longest=3), "abc", "abcd"),
    "text, too short": (fields.text(shortest=2), "ab", "a"),
    "integer, too great": (fields.integer(greatest=9), 9, 10),
    "element": (fields.list_of(fields.text(longest=3)), ["abc"], ["abc", "abcd"]),
}


class ValidatorTests(SchemaSuite):
    """What a type allows, and a validator does not."""

    @pytest.mark.parametrize(("field", "right", "wrong"), LIMITED.values(), ids=LIMITED)
    def test_validated_wherever_it_is_to_be_stored(
        self, library: SchemaLibrary, field: fields.Field, right: Any, wrong: Any
    ) -> None:
        """A user's data, a part of them, an item of a table, and one value for an update."""
        adapter = adapted(library, {"value": field})
        one = adapter.fields["value"]
        acts: tuple[Callable[[Any], object], ...] = (
            lambda value: adapter.validate({"value": value}, partial=False),
            lambda value: adapter.validate({"value": value}, partial=True),
            lambda value: adapter.load({"value": value}, partial=False),
            lambda value: one.dump(value, validate=True),
        )
        for act in acts:
            act(right)
            with refused(library, "value"):
                act(wrong)

    @pytest.mark.parametrize(("field", "right", "wrong"), LIMITED.values(), ids=LIMITED)
    def test_condition_may_compare_with_what_no_item_has(
        self, library: SchemaLibrary, field: fields.Field, right: Any, wrong: Any
    ) -> None:
        """A value in a condition has to be of the field's type, and of nothing more."""
        one = adapted(library, {"value": field}).fields["value"]
        assert one.dump(right) == right
        assert one.dump(wrong) == wrong

    def test_validators_get_native_values(self, library: SchemaLibrary) -> None:
        """However a value was given."""
        seen: list[object] = []
        adapter = adapted(library, {"value": fields.integer(validator=seen.append)})
        adapter.validate({"value": 5}, partial=False)
        adapter.load({"value": 5}, partial=False)
        assert seen
        assert set(seen) == {5}

    def test_fault_in_a_validator(self, library: SchemaLibrary) -> None:
        """What is not the library's own error comes through as it is: neither swallowed nor taken for a refusal."""
        adapter = adapted(library, {"id": fields.text(), "value": fields.integer(validator=broken)})
        acts: tuple[Callable[[], object], ...] = (
            lambda: adapter.validate({"value": 5}, partial=False),
            lambda: adapter.validate({"value": 5}, partial=True),
            lambda: adapter.load({"value": 5}, partial=False),
            lambda: adapter.load({"value": 5}, partial=True),
            lambda: adapter.fields["value"].dump(5, validate=True),
        )
        for act in acts:
            with pytest.raises(Fault, match="nothing is there"):
                act()
        assert adapter.fields["value"].dump(5) == 5

    def test_fault_in_a_default(self, library: SchemaLibrary) -> None:
        """Nor is one in what makes a default."""

        def no_default() -> str:
            raise Fault("nothing is there")

        adapter = adapted(library, {"id": fields.text(), "value": fields.text(default=no_default)})
        for act in (adapter.defaults, lambda: adapter.validate({"id": "1"}, partial=False)):
            with pytest.raises(Fault, match="nothing is there"):
                act()
