"""The suite for backends finds what is wrong with one."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from textwrap import dedent

import pytest

from dynamorm.testing import BackendConformance

pytest_plugins = ["pytester"]

#: Plugins that the inner runs do without: importing Hypothesis takes longer than most of them.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")

HEADER = """
    import pytest

    from dynamorm.data import *
    from dynamorm.engine.run.connections import open_backend
    from dynamorm.ports.backends import Backend, Capability
    from dynamorm.testing import BackendConformance


    class Wrapper(Backend):
        capabilities = frozenset(Capability)

        def __init__(self):
            self.wrapped = open_backend("sqlite:///:memory:")

        def execute(self, operation):
            return self.wrapped.execute(operation)

        def close(self):
            self.wrapped.close()

"""
CLASS = """
    class TestWrapper(BackendConformance):
        @pytest.fixture(scope="class")
        @classmethod
        def backend(cls):
            with Wrapper() as backend:
                yield backend
"""


def run(pytester: pytest.Pytester, wrapper: str, tests: str, more: str = "") -> pytest.RunResult:
    """Run some tests of the suite on the embedded backend, which a body of ``Wrapper`` makes worse."""
    pytester.makepyfile(test_wrapper=dedent(HEADER) + dedent(wrapper) + "\n" + dedent(CLASS) + dedent(more))
    return pytester.runpytest_inprocess(*OPTIONS, "-k", tests)


def test_no_test_hides_another() -> None:
    names = [name for part in BackendConformance.__mro__ for name in vars(part) if name.startswith("test_")]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_promises_that_are_kept(pytester: pytest.Pytester) -> None:
    run(pytester, "", "test_put_and_get or test_delete_item").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("wrapper", "tests"),
    [
        pytest.param(
            """
            def execute(self, operation):
                if isinstance(operation, PutItem):
                    operation = PutItem(operation.table, operation.item, None, operation.return_values)
                return self.wrapped.execute(operation)
            """,
            "test_failed_condition_writes_nothing",
            id="a-condition-that-is-ignored",
        ),
        pytest.param(
            """
            def execute(self, operation):
                result = self.wrapped.execute(operation)
                if isinstance(operation, Query):
                    return PageResult(result.items, result.count, result.scanned_count)
                return result
            """,
            "test_query_limit",
            id="a-page-without-its-last-key",
        ),
        pytest.param(
            """
            def execute(self, operation):
                try:
                    return self.wrapped.execute(operation)
                except LookupError as error:
                    raise KeyError("table") from error
            """,
            "test_no_such_table",
            id="an-exception-of-its-own",
        ),
        pytest.param(
            """
            def execute(self, operation):
                if isinstance(operation, TransactWrite):
                    for action in operation.actions:
                        self.wrapped.execute(TransactWrite((action,)))
                    return TransactWriteResult()
                return self.wrapped.execute(operation)
            """,
            "test_transaction_that_is_cancelled or test_transaction_sees_what_was_before",
            id="a-transaction-that-is-split",
        ),
        pytest.param(
            """
            def execute(self, operation):
                if isinstance(operation, TransactWrite):
                    operation = TransactWrite(operation.actions)
                return self.wrapped.execute(operation)
            """,
            "test_transaction_token",
            id="a-token-that-is-ignored",
        ),
        pytest.param(
            """
            def execute(self, operation):
                if isinstance(operation, TransactGet):
                    return TransactGetResult(tuple(self.wrapped.execute(get).item for get in operation.gets))
                return self.wrapped.execute(operation)
            """,
            "test_transaction_of_wrong_reads",
            id="reads-of-a-transaction-one-by-one",
        ),
    ],
)
def test_promise_that_is_broken(pytester: pytest.Pytester, wrapper: str, tests: str) -> None:
    body = "\n".join(f"    {line}" for line in dedent(wrapper).splitlines())
    outcomes = run(pytester, f"Wrapper.execute = None\n\n\nclass Worse(Wrapper):\n{body}\n\n\nWrapper = Worse\n", tests)
    assert outcomes.parseoutcomes()["failed"] > 0


def test_capability_that_is_not_stated_is_refused(pytester: pytest.Pytester) -> None:
    wrapper = """
    from dynamorm.exceptions import Unsupported


    class Worse(Wrapper):
        capabilities = frozenset()

        def execute(self, operation):
            if getattr(operation, "return_consumed_capacity", "NONE") != "NONE":
                raise Unsupported("no capacity")
            if isinstance(operation, CreateTable) and operation.spec.indexes:
                raise Unsupported("no indexes")
            if isinstance(operation, CreateTable) and (operation.spec.deletion_protection or operation.tags):
                raise Unsupported("no settings")
            if isinstance(operation, CreateTable) and operation.spec.table_class != "STANDARD":
                raise Unsupported("no classes")
            if isinstance(operation, (UpdateTable, DescribeTimeToLive, UpdateTimeToLive, ListTags, TagTable)):
                raise Unsupported("no changes")
            if isinstance(operation, Scan) and operation.segment is not None:
                raise Unsupported("no segments")
            if isinstance(operation, (TransactGet, TransactWrite)):
                raise Unsupported("no transactions")
            return super().execute(operation)


    Wrapper = Worse
    """
    tests = (
        "test_index or test_scan_segments or test_concurrent or test_update_cap or test_update_deletion_protection "
        "or test_update_table_class or test_tags or test_table_with or test_time_to_live or test_transaction "
        "or test_capacity"
    )
    outcomes = run(pytester, wrapper, tests).parseoutcomes()
    assert outcomes["skipped"] > 0
    assert not outcomes.keys() & {"passed", "failed", "errors"}


def test_capability_that_is_not_stated_and_not_refused(pytester: pytest.Pytester) -> None:
    tests = (
        "test_index or test_scan_segments or test_update_stream or test_update_table_class or test_tags or test_time "
        "or test_transaction or test_capacity"
    )
    outcomes = run(pytester, "Wrapper.capabilities = frozenset()\n", tests).parseoutcomes()
    assert outcomes["failed"] + outcomes["errors"] > 0
    assert not outcomes.keys() & {"passed", "skipped"}


def test_known_deviations_have_to_fail(pytester: pytest.Pytester) -> None:
    more = """
    TestWrapper.known_deviations = {
        "test_put_and_get[True]": "is said to fail, and does not",
        "test_types_of_hash_keys": "all its cases are said to fail",
        "test_of_nothing[case]": "names no test",
    }
    """
    result = run(pytester, "", "test_put_and_get or test_types_of_hash_keys or test_known_deviations", more)
    result.assert_outcomes(passed=1, failed=11)
    result.stdout.fnmatch_lines(["*test_of_nothing*", "*XPASS(strict)*is said to fail, and does not*"])


def test_known_deviation_is_an_expected_failure(pytester: pytest.Pytester) -> None:
    more = """
    TestWrapper.known_deviations = {"test_delete_of_no_item": "for once"}

    def execute(self, operation):
        if isinstance(operation, DeleteItem):
            raise RuntimeError
        return self.wrapped.execute(operation)

    Wrapper.execute = execute
    """
    run(pytester, "", "test_delete_of_no_item or test_known_deviations", more).assert_outcomes(passed=1, xfailed=1)


def test_missing_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from dynamorm.testing import BackendConformance\nclass TestNothing(BackendConformance):\n    pass"
    )
    result = pytester.runpytest_inprocess(*OPTIONS, "-k", "test_put_and_get")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*TestNothing has to override the fixture 'backend'*"])


def test_import_without_pytest() -> None:
    program = "import sys; sys.modules['pytest'] = None; from dynamorm.testing import BackendConformance"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "ImportError: dynamorm.testing needs pytest" in finished.stderr
    assert "pip install 'dynamorm-core[testing]'" in finished.stderr
