"""What the suite for backends says: the tiers that were kept, and the operation that a failure is about."""

from __future__ import annotations

from textwrap import dedent

import pytest

pytest_plugins = ["pytester"]

#: Plugins that the inner runs do without: importing Hypothesis takes longer than most of them.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")

HEADER = """
    import threading

    import pytest

    from dynamorm.data import *
    from dynamorm.engine.run.connections import open_backend
    from dynamorm.exceptions import *
    from dynamorm.ports.backends import Backend, Capability
    from dynamorm.testing import BackendConformance
    from dynamorm.testing.backends.concurrency import ConcurrencyTests
    from dynamorm.testing.backends.items import ItemTests
    from dynamorm.testing.backends.queries import QueryTests
    from dynamorm.testing.backends.tables import TableTests

    # It takes a while to import it, which is no part of opening a backend.
    open_backend("sqlite:///:memory:").close()


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


    class TestMyBackend({parts}):
        seconds_to_wait = 0.2

        @pytest.fixture(scope="class")
        @classmethod
        def backend(cls):
            with MyBackend() as backend:
                yield backend
"""


WHOLE = "BackendConformance"
PARTS = "ItemTests, TableTests, QueryTests, ConcurrencyTests"


def run(pytester: pytest.Pytester, backend: str, tests: str, *options: str, parts: str = PARTS) -> pytest.RunResult:
    """Run some tests of some parts of the suite on ``MyBackend``, which *backend* defines."""
    pytester.makepyfile(test_backend=dedent(HEADER) + dedent(backend) + dedent(CLASS).format(parts=parts))
    return pytester.runpytest_inprocess(*OPTIONS, *options, "-k", tests)


BASIC_ONLY = """
class MyBackend(Wrapper):
    capabilities = frozenset({Capability.TAGS})

    def execute(self, operation):
        if isinstance(operation, TransactGet):
            raise self.unsupported(Capability.TRANSACTIONS)
        return super().execute(operation)
"""


@pytest.mark.parametrize("options", [(), ("-p", "no:dynamorm")], ids=["plugin", "no-plugin"])
def test_report_of_what_was_kept(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    tests = "test_no_such_item or test_tags_are_changed or test_table_with_tags or test_transaction_token"
    result = run(pytester, BASIC_ONLY, tests, *options, parts=WHOLE)
    result.stdout.fnmatch_lines(
        [
            "*= conformance of plugins =*",
            "TestMyBackend: basic tier kept; tags kept; not stated: global secondary indexes, *, transactions, *",
        ]
    )


def test_report_of_what_was_not_kept(pytester: pytest.Pytester) -> None:
    backend = """
    class MyBackend(Wrapper):
        def execute(self, operation):
            if isinstance(operation, (TransactWrite, ListTags)):
                raise BackendUnavailable("It broke.")
            return super().execute(operation)
    """
    tests = "test_no_such_item or test_transaction_token or test_table_with_tags"
    result = run(pytester, backend, tests, parts=WHOLE)
    result.stdout.fnmatch_lines(["TestMyBackend: basic tier kept; NOT kept: *transactions (* tests failed)*"])


def test_report_with_several_processes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_backend=dedent(HEADER) + dedent(BASIC_ONLY) + dedent(CLASS).format(parts=WHOLE))
    result = pytester.runpytest_subprocess(*OPTIONS, "-n", "2", "-k", "test_no_such_item or test_table_with_tags")
    result.stdout.fnmatch_lines(["TestMyBackend: basic tier kept; tags kept; not stated: *transactions*"])


def test_report_of_a_part_of_the_suite_or_of_none(pytester: pytest.Pytester) -> None:
    result = run(pytester, "MyBackend = Wrapper\n", "test_no_such_item")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*conformance of*")


def test_missing_error_names_the_operation(pytester: pytest.Pytester) -> None:
    backend = """
    class MyBackend(Wrapper):
        def execute(self, operation):
            if isinstance(operation, PutItem) and "id" not in operation.item:
                return WriteResult()
            return super().execute(operation)
    """
    result = run(pytester, backend, "test_item_with_a_wrong_key and none")
    result.assert_outcomes(failed=1)
    message = "*Failed: PutItem(table='conformance-*', item={'a': 1}) should have raised InvalidKey, and returned *"
    result.stdout.fnmatch_lines([message])


def test_error_of_another_class_names_the_operation(pytester: pytest.Pytester) -> None:
    backend = """
    class MyBackend(Wrapper):
        def execute(self, operation):
            try:
                return super().execute(operation)
            except InvalidKey:
                raise KeyError("id") from None
    """
    result = run(pytester, backend, "test_item_with_a_wrong_key and none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*KeyError*", "*PutItem(*) should have raised InvalidKey.*"])


HANGS = {
    "an operation": (
        """
        def execute(self, operation):
            if isinstance(operation, DeleteItem):
                threading.Event().wait()
            return super().execute(operation)
        """,
        "test_delete_of_no_item or test_no_such_item",
        "DeleteItem(table='conformance-*', key={'id': *}, return_values='ALL_OLD') did not return within 0.2 seconds",
        {"failed": 1, "passed": 1},
    ),
    "an operation in a thread": (
        """
        def execute(self, operation):
            if isinstance(operation, UpdateItem) and threading.current_thread().name.endswith("(run)"):
                threading.Event().wait()
            return super().execute(operation)
        """,
        "test_concurrent_additions or test_no_such_item",
        "16 threads at once: UpdateItem(table='conformance-*) did not return within 0.2 seconds",
        {"failed": 1, "passed": 1},
    ),
    "a table that is never active": (
        """
        def execute(self, operation):
            result = super().execute(operation)
            if isinstance(operation, (CreateTable, DescribeTable)) and operation != DescribeTable("no-such-table"):
                return TableDescription(result.spec, "CREATING")
            return result
        """,
        "test_table_create_twice or test_no_such_table",
        "0.2 seconds after CreateTable(spec=TableSpec(name='conformance-*)), the table is still CREATING",
        {"failed": 1, "passed": 10},
    ),
    "a table that stays": (
        """
        def execute(self, operation):
            if isinstance(operation, DeleteTable) and operation.table != "no-such-table":
                return TableDescription(self.wrapped.execute(DescribeTable(operation.table)).spec, "DELETING")
            return super().execute(operation)
        """,
        "test_table_delete or test_no_such_table",
        "0.2 seconds after DeleteTable(table='conformance-*'), the table is still ACTIVE",
        {"failed": 1, "passed": 10, "errors": 1},
    ),
    "pages without an end": (
        """
        def execute(self, operation):
            result = super().execute(operation)
            if isinstance(operation, Query) and operation.limit == 3:
                return PageResult(result.items, result.count, result.scanned_count, {"id": "many", "position": 3})
            return result
        """,
        "test_query_limit[3-forwards] or test_query_none",
        "Query(table='conformance-*) returned its own start key as last_key: the read has no end",
        {"failed": 1, "passed": 1},
    ),
    "pages that go on": (
        """
        pages = 0

        def execute(self, operation):
            result = super().execute(operation)
            if isinstance(operation, Query) and operation.limit == 3:
                self.pages += 1
                return PageResult((), 0, 0, {"id": "many", "position": self.pages})
            return result
        """,
        "test_query_limit[3-forwards] or test_query_none",
        "Query(table='conformance-*) still returned a last_key after 200 pages",
        {"failed": 1, "passed": 1},
    ),
    "opening": (
        """
        def __init__(self):
            threading.Event().wait()
        """,
        "test_no_such_item or test_delete_of_no_item",
        "The fixture 'backend' did not return within 1 seconds",
        {"errors": 2},
    ),
    "closing": (
        """
        def close(self):
            threading.Event().wait()
        """,
        "test_no_such_item or test_delete_of_no_item",
        "MyBackend.close() did not return within 0.2 seconds",
        {"passed": 2, "errors": 1},
    ),
}


@pytest.mark.parametrize(("body", "tests", "message", "outcomes"), HANGS.values(), ids=HANGS)
def test_wait_that_does_not_end_fails_its_test_and_the_run_goes_on(
    pytester: pytest.Pytester, body: str, tests: str, message: str, outcomes: dict[str, int]
) -> None:
    indented = "\n".join(f"    {line}" for line in dedent(body).splitlines())
    selected = tests.replace("[3-forwards]", " and 3-forwards")
    result = run(pytester, f"class MyBackend(Wrapper):\n{indented}\n", selected)
    result.stdout.fnmatch_lines([f"*{message.replace('[', '[[]')}*"])
    counted = {name: count for name, count in result.parseoutcomes().items() if name != "deselected"}
    assert {name.rstrip("s"): count for name, count in counted.items()} == {
        name.rstrip("s"): count for name, count in outcomes.items()
    }


def test_waits_are_shorter_after_several_that_did_not_end(pytester: pytest.Pytester) -> None:
    backend = """
    TIMES = []


    class MyBackend(Wrapper):
        def execute(self, operation):
            if isinstance(operation, GetItem):
                threading.Event().wait()
            return super().execute(operation)
    """
    result = run(pytester, backend, "test_put_and_get or test_item_projection", "-q")
    assert result.parseoutcomes()["failed"] > 10
    assert result.duration < 60
