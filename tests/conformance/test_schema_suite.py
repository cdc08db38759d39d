"""The suite for schema adapters itself: it finds what is wrong, and is silent about nothing."""

from __future__ import annotations

from collections import Counter
from textwrap import dedent, indent

import pytest

from dynamorm.testing import SchemaConformance
from dynamorm.testing.schemas.typed import TypedTests

pytest_plugins = ["pytester"]

#: Hypothesis is imported anew for each run of pytest within pytest, which takes longer than the run.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
HEADER = """
    import pytest

    from dynamorm.exceptions import ValidationError
    from dynamorm.testing import SchemaCapability, SchemaConformance
    from tests.support.schema_libraries import in_plain
    from tests.support.schema_libraries.in_plain import PlainAdapter, PlainField, PlainLibrary

"""
CLASS = """
    class TestPlain(SchemaConformance):
        @pytest.fixture(scope="class")
        @classmethod
        def library(cls):
            return Worse()
"""


def run(pytester: pytest.Pytester, worse: str, tests: str = "test") -> pytest.RunResult:
    """Runs tests of the suite on the plain library, which a class ``Worse`` makes worse."""
    pytester.makepyfile(test_plain=f"{dedent(HEADER)}\n{dedent(worse)}\n{dedent(CLASS)}")
    return pytester.runpytest_inprocess(*OPTIONS, "--tb=no", "-k", tests)


def with_adapter(body: str) -> str:
    """The library with an adapter that has this *body*."""
    return (
        f"class WorseAdapter(PlainAdapter):\n{indent(dedent(body), '    ')}\n"
        "class Worse(PlainLibrary):\n    adapter_class = WorseAdapter\n"
    )


def with_field(body: str) -> str:
    """The library with fields that have this *body*."""
    return f"""
class WorseField(PlainField):
{indent(dedent(body), "    ")}

class Worse(PlainLibrary):
    def schema(self, fields, *, extra=False):
        made = super().schema(fields, extra=extra)
        body = {{name: WorseField(field) for name, field in fields.items()}}
        return type("Schema", (made,), body)
"""


def test_no_test_hides_another() -> None:
    names = [name for part in SchemaConformance.__mro__ for name in vars(part) if name.startswith("test_")]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_promises_that_are_kept(pytester: pytest.Pytester) -> None:
    outcomes = run(pytester, "Worse = PlainLibrary").parseoutcomes()
    assert outcomes["passed"] > 400
    assert not outcomes.keys() & {"failed", "errors"}
    # The plain library makes no schemas of annotations.
    assert outcomes["skipped"] == sum(name.startswith("test_") for name in vars(TypedTests))


ADAPTERS: dict[str, tuple[str, str]] = {
    "fields out of order": (
        """
        def __init__(self, model_name, definition):
            super().__init__(model_name, definition)
            self.fields = dict(sorted(self.fields.items()))
        """,
        "test_fields_in_the_order",
    ),
    "defaults that are shared": (
        """
        def defaults(self):
            if not hasattr(self, "shared"):
                self.shared = super().defaults()
            return self.shared
        """,
        "test_defaults_are_fresh",
    ),
    "defaults in a part": (
        """
        def load(self, item, *, partial):
            loaded = super().load(item, partial=partial)
            return {**self.defaults(), **loaded}
        """,
        "test_defaults",
    ),
    "defaults that are not filled in": (
        """
        def missing_defaults(self, native):
            return {}
        """,
        "test_defaults",
    ),
    "required fields that may be missing": (
        """
        def load(self, item, *, partial):
            return super().load(item, partial=True)
        """,
        "test_what_is_required",
    ),
    "required fields in a part": (
        """
        def validate(self, values, *, partial):
            return super().validate(values, partial=False)
        """,
        "test_partial_data",
    ),
    "unknown names that are dropped": (
        """
        def validate(self, values, *, partial):
            return super().validate({n: v for n, v in values.items() if n in self.fields}, partial=partial)
        """,
        "test_unknown_names",
    ),
    "unknown attributes that are kept": (
        """
        def load(self, item, *, partial):
            return {**item, **super().load(item, partial=partial)}
        """,
        "test_unknown_attributes",
    ),
    "containers of the item": (
        """
        copies_on_load = True

        def load(self, item, *, partial):
            loaded = super().load(item, partial=partial)
            return {name: item.get(name) if isinstance(item.get(name), list) else v for name, v in loaded.items()}
        """,
        "test_copies_on_load",
    ),
    "aliases that are not those of the table": (
        """
        def dump(self, values, *, partial):
            names = {field.attribute: name for name, field in self.fields.items()}
            return {names[n]: v for n, v in super().dump(values, partial=partial).items()}
        """,
        "test_aliases",
    ),
    "computed values in a part": (
        """
        def dump(self, values, *, partial):
            return super().dump(values, partial=False)
        """,
        "test_computed_field",
    ),
    "items that are not validated": (
        """
        def load(self, item, *, partial):
            return dict(item)
        """,
        "test_validated_wherever",
    ),
    "values that change what was given": (
        """
        def validate(self, values, *, partial):
            super().validate(values, partial=partial)
            return dict(values)
        """,
        "test_what_is_given_stays",
    ),
    "serialised values that stay so": (
        """
        def validate(self, values, *, partial):
            super().validate(values, partial=partial)
            return dict(values)
        """,
        "test_serialised_values",
    ),
    "an exception of the library": (
        """
        def checked(self, values, raw, *, partial):
            try:
                return super().checked(values, raw, partial=partial)
            except ValidationError as error:
                raise ValueError("wrong") from error
        """,
        "test_value_of_another_type",
    ),
    "errors without a field": (
        """
        def checked(self, values, raw, *, partial):
            try:
                return super().checked(values, raw, partial=partial)
            except ValidationError as error:
                raise ValidationError(error.raw, error.schema_name, {"_schema": ["Wrong."]}) from error
        """,
        "test_what_is_required",
    ),
    "errors without the data": (
        """
        def checked(self, values, raw, *, partial):
            return super().checked(values, {}, partial=partial)
        """,
        "test_several_mistakes",
    ),
    "a fault that is swallowed": (
        """
        def checked(self, values, raw, *, partial):
            try:
                return super().checked(values, raw, partial=partial)
            except KeyError:
                return dict(values)
        """,
        "test_fault_in_a_validator",
    ),
    "a fault that is taken for a refusal": (
        """
        def checked(self, values, raw, *, partial):
            try:
                return super().checked(values, raw, partial=partial)
            except KeyError as error:
                raise ValidationError(dict(raw), self.schema.__name__, {"value": ["Wrong."]}) from error
        """,
        "test_fault_in_a_validator",
    ),
    "nested aliases that collide": (
        """
        def __init__(self, model_name, definition):
            # Those of the module that the constructor is of, which pytester may have imported twice.
            names = super().__init__.__func__.__globals__
            check, names["check_attributes"] = names["check_attributes"], lambda *_: None
            try:
                super().__init__(model_name, definition)
            finally:
                names["check_attributes"] = check
        """,
        "test_nested_aliases_that_collide",
    ),
}
FIELDS: dict[str, tuple[str, str]] = {
    "an alias that is ignored": (
        """
        def __set_name__(self, owner, name):
            super().__set_name__(owner, name)
            self.attribute = name
        """,
        "test_alias",
    ),
    "a key of every type": (
        """
        def __set_name__(self, owner, name):
            super().__set_name__(owner, name)
            self.key_type = "S"
        """,
        "test_key_type",
    ),
    "a shape of every kind": (
        """
        def __set_name__(self, owner, name):
            super().__set_name__(owner, name)
            self.shape = in_plain.Shape.SCALAR
        """,
        "test_shape",
    ),
    "required when it has a default": (
        """
        def __set_name__(self, owner, name):
            super().__set_name__(owner, name)
            self.required = True
        """,
        "test_field_with_a_default",
    ),
    "anything that becomes text": (
        """
        def native(self, value, *, validate):
            return str(value) if self.key_type == "S" else super().native(value, validate=validate)
        """,
        "test_value_of_another_type",
    ),
    "a value that is stored natively": (
        """
        def stored(self, value):
            return value
        """,
        "test_round_trip",
    ),
    "validators in conditions": (
        """
        def dump(self, value, *, validate=False):
            return super().dump(value, validate=True)
        """,
        "test_condition_may_compare",
    ),
    "no validators in updates": (
        """
        def dump(self, value, *, validate=False):
            return super().dump(value)
        """,
        "test_validated_wherever",
    ),
    "an order that is not there": (
        """
        ordered = property(lambda self: True, lambda self, value: None)
        """,
        "test_order",
    ),
    "date-times with their offset": (
        """
        def stored(self, value):
            return value.isoformat() if hasattr(value, "tzinfo") else super().stored(value)
        """,
        "test_equal_values",
    ),
    "date-times that are any text": (
        """
        date_times = property(lambda self: False, lambda self, value: None)
        """,
        "test_date_times",
    ),
    "None that is taken": (
        """
        def dump(self, value, *, validate=False):
            return None if value is None else super().dump(value, validate=validate)
        """,
        "test_none_for_what_is_required",
    ),
    "nested fields by their attributes": (
        """
        def below(self):
            return {field.attribute: field for field in super().below().values()}
        """,
        "test_child_of_a_nested_schema",
    ),
    "no fields below": (
        """
        def child(self, element):
            return None
        """,
        "test_element_of_a_list or test_entry_of_a_map or test_nested_twice",
    ),
}
WORSE = {
    **{name: (with_adapter(body), tests) for name, (body, tests) in ADAPTERS.items()},
    **{name: (with_field(body), tests) for name, (body, tests) in FIELDS.items()},
    "a claim to every class": (
        "class Worse(PlainLibrary):\n    @staticmethod\n    def claims(definition):\n        return True\n",
        "test_claims",
    ),
}


@pytest.mark.parametrize(("worse", "tests"), WORSE.values(), ids=WORSE)
def test_promise_that_is_broken(pytester: pytest.Pytester, worse: str, tests: str) -> None:
    outcomes = run(pytester, worse, tests).parseoutcomes()
    assert outcomes["failed"] > 0
    assert "errors" not in outcomes


def test_capability_that_is_not_stated_is_refused(pytester: pytest.Pytester) -> None:
    worse = """
    class Worse(PlainLibrary):
        capabilities = frozenset()

        def schema(self, fields, *, extra=False):
            if extra or any(list(field.needs()) for field in fields.values()):
                raise NotImplementedError
            return super().schema(fields)
    """
    result = run(pytester, worse, "test_shape or test_defaults or test_unknown_names_that")
    outcomes = result.parseoutcomes()
    assert outcomes["skipped"] > 10
    assert outcomes["passed"] == 2
    assert not outcomes.keys() & {"failed", "errors"}


def test_capability_that_is_not_stated_and_not_refused(pytester: pytest.Pytester) -> None:
    worse = "class Worse(PlainLibrary):\n    capabilities = frozenset()\n"
    outcomes = run(pytester, worse, "test_defaults or test_aliases or test_null_in").parseoutcomes()
    assert outcomes["failed"] > 3
    assert not outcomes.keys() & {"passed", "skipped"}


def test_missing_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from dynamorm.testing import SchemaConformance\nclass TestNothing(SchemaConformance):\n    pass"
    )
    result = pytester.runpytest_inprocess(*OPTIONS, "-k", "test_none_for")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TestNothing has to override the fixture 'library'*"])
