"""A user's validators: when they run, and what happens to their exceptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.kinds import DAY
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused


class Fault(KeyError):
    """An exception that no library takes for a validation error."""


def broken(value: object) -> None:
    """Raise, as a validator with a bug does."""
    raise Fault("nothing is there")


LIMITED = {
    "text, too long": (fields.text(longest=3), "abc", "abcd"),
    "text, too short": (fields.text(shortest=2), "ab", "a"),
    "integer, too great": (fields.integer(greatest=9), 9, 10),
    "element": (fields.list_of(fields.text(longest=3)), ["abc"], ["abc", "abcd"]),
}


class ValidatorTests(SchemaSuite):
    """Test values that a type allows and a validator refuses."""

    @pytest.mark.parametrize(("field", "right", "wrong"), LIMITED.values(), ids=LIMITED)
    def test_validated_wherever_it_is_to_be_stored(
        self, library: SchemaLibrary, field: fields.Field, right: Any, wrong: Any
    ) -> None:
        """Validators run for whole data, partial data, stored items, and single values of an update."""
        adapter = adapted(library, {"value": field})
        one = adapter.fields["value"]
        calls: dict[str, Callable[[Any], object]] = {
            "validate": lambda value: adapter.validate({"value": value}, partial=False),
            "validate of a part": lambda value: adapter.validate({"value": value}, partial=True),
            "load": lambda value: adapter.load({"value": value}, partial=False),
            "dump of the field with validate": lambda value: one.dump(value, validate=True),
        }
        for name, call in calls.items():
            call(right)
            with refused(library, "value", by=name):
                call(wrong)

    @pytest.mark.parametrize(("field", "right", "wrong"), LIMITED.values(), ids=LIMITED)
    def test_condition_may_compare_with_what_no_item_has(
        self, library: SchemaLibrary, field: fields.Field, right: Any, wrong: Any
    ) -> None:
        """Validators don't run for a value in a condition, which only has to be of the field's type."""
        one = adapted(library, {"value": field}).fields["value"]
        assert one.dump(right) == right
        assert one.dump(wrong) == wrong

    def test_validators_run_once(self, library: SchemaLibrary) -> None:
        """Each validator runs once for each value, which it gets natively, however the value was given."""
        seen: list[object] = []
        adapter = adapted(library, {"id": fields.text(), "value": fields.date(validator=seen.append)})
        calls: dict[str, Callable[[], object]] = {
            "validate": lambda: adapter.validate({"value": DAY}, partial=False),
            "validate a string": lambda: adapter.validate({"value": "2020-01-02"}, partial=False),
            "validate a part": lambda: adapter.validate({"value": DAY}, partial=True),
            "load": lambda: adapter.load({"value": "2020-01-02"}, partial=False),
            "load a part": lambda: adapter.load({"value": "2020-01-02"}, partial=True),
            "load_part": lambda: adapter.load_part({"value": "2020-01-02"}),
            "value of an update": lambda: adapter.fields["value"].dump(DAY, validate=True),
        }
        for name, call in calls.items():
            seen.clear()
            call()
            assert seen == [DAY], name

    def test_validators_don_t_run_for_what_is_stored(self, library: SchemaLibrary) -> None:
        """Validators don't run for native values that are dumped, which were validated before."""
        seen: list[object] = []
        adapter = adapted(library, {"id": fields.text(), "value": fields.date(validator=seen.append)})
        adapter.dump({"value": DAY}, partial=False)
        adapter.dump({"value": DAY}, partial=True)
        adapter.to_json({"value": DAY})
        assert seen == []

    def test_validators_of_elements(self, library: SchemaLibrary) -> None:
        """A validator of an element runs once for each element."""
        seen: list[object] = []
        adapter = adapted(library, {"value": fields.list_of(fields.integer(validator=seen.append))})
        adapter.validate({"value": [1, 2]}, partial=False)
        assert seen == [1, 2]
        adapter.load({"value": [3]}, partial=False)
        assert seen == [1, 2, 3]

    def test_fault_in_a_validator(self, library: SchemaLibrary) -> None:
        """An exception that is not the library's own comes through unchanged."""
        adapter = adapted(library, {"id": fields.text(), "value": fields.integer(validator=broken)})
        calls: tuple[Callable[[], object], ...] = (
            lambda: adapter.validate({"value": 5}, partial=False),
            lambda: adapter.validate({"value": 5}, partial=True),
            lambda: adapter.load({"value": 5}, partial=False),
            lambda: adapter.load({"value": 5}, partial=True),
            lambda: adapter.fields["value"].dump(5, validate=True),
        )
        for call in calls:
            with pytest.raises(Fault, match="nothing is there"):
                call()
        assert adapter.fields["value"].dump(5) == 5

    def test_fault_in_a_default(self, library: SchemaLibrary) -> None:
        """An exception of a function that makes a default comes through unchanged."""

        def no_default() -> str:
            raise Fault("nothing is there")

        adapter = adapted(library, {"id": fields.text(), "value": fields.text(default=no_default)})
        for call in (adapter.defaults, lambda: adapter.validate({"id": "1"}, partial=False)):
            with pytest.raises(Fault, match="nothing is there"):
                call()
