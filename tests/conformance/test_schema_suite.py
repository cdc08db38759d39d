"""The suite for schema adapters itself: it finds what is wrong, and is silent about nothing."""

from __future__ import annotations

from collections import Counter
from textwrap import dedent

import pytest

from dynamorm.testing import SchemaConformance
from dynamorm.testing.schemas.typed import TypedTests

pytest_plugins = ["pytester"]

#: Hypothesis is imported anew for each run of pytest within pytest, which takes longer than the run.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
HEADER = """
    import pytest

    from dynamorm.testing import SchemaCapability, SchemaConformance
    from tests.support.schema_libraries.in_plain import PlainLibrary

"""
CLASS = """
    class TestPlain(SchemaConformance):
        @pytest.fixture(scope="class")
        @classmethod
        def library(cls):
            return Worse()
"""


def run(pytester: pytest.Pytester, worse: str, tests: str = "test", trace: str = "no") -> pytest.RunResult:
    """Runs tests of the suite on the plain library, which a class ``Worse`` makes worse."""
    pytester.makepyfile(test_plain=f"{dedent(HEADER)}\n{dedent(worse)}\n{dedent(CLASS)}")
    return pytester.runpytest_inprocess(*OPTIONS, f"--tb={trace}", "-k", tests)


def test_no_test_hides_another() -> None:
    names = [name for part in SchemaConformance.__mro__ for name in vars(part) if name.startswith("test_")]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_promises_that_are_kept(pytester: pytest.Pytester) -> None:
    outcomes = run(pytester, "Worse = PlainLibrary").parseoutcomes()
    assert outcomes["passed"] > 400
    assert not outcomes.keys() & {"failed", "errors"}
    # The plain library makes no schemas of annotations.
    assert outcomes["skipped"] == sum(name.startswith("test_") for name in vars(TypedTests))


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


def test_report_of_what_was_reached(pytester: pytest.Pytester) -> None:
    worse = """
    from dynamorm.testing.schemas.fields import Kind

    class Worse(PlainLibrary):
        capabilities = PlainLibrary.capabilities - {SchemaCapability.SETS}

        def schema(self, fields, *, extra=False):
            if any(field.kind is Kind.SET for field in fields.values()):
                raise NotImplementedError
            if any(field.default for field in fields.values()):
                raise TypeError
            return super().schema(fields, extra=extra)
    """
    result = run(pytester, worse, "test_shape or test_defaults_are or test_aliases or test_empty_set")
    (line,) = (line for line in result.outlines if line.startswith("TestPlain: "))
    kept, not_kept, not_stated = line.removeprefix("TestPlain: basic tier kept; ").rsplit("; ", 2)
    assert {"aliases kept", "lists kept", "nested schemas kept"} < set(kept.split("; "))
    assert not_kept == "NOT kept: defaults (3 tests failed)"
    assert not_stated == "not stated: sets, typed models"


def test_parts_of_the_suite_report_nothing(pytester: pytest.Pytester) -> None:
    part = CLASS.replace("SchemaConformance", "ItemTests")
    pytester.makepyfile(
        f"{dedent(HEADER)}\nfrom dynamorm.testing.schemas.items import ItemTests\nWorse = PlainLibrary\n{dedent(part)}"
    )
    result = pytester.runpytest_inprocess(*OPTIONS, "-k", "test_aliases")
    assert result.parseoutcomes()["passed"] == 1
    result.stdout.no_fnmatch_line("*TestPlain: *")


def test_missing_error_names_the_call(pytester: pytest.Pytester) -> None:
    worse = """
    from tests.support.schema_libraries.in_plain import PlainAdapter

    class Trusting(PlainAdapter):
        def load(self, item, *, partial):
            return dict(item)

    class Worse(PlainLibrary):
        adapter_class = Trusting
    """
    result = run(pytester, worse, "test_value_of_another_type and text-0", "short")
    result.stdout.fnmatch_lines(["*load has to raise a ValidationError about value*"])
