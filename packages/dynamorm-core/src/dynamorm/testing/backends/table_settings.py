"""Time to live and tags."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    CreateTable,
    DescribeTable,
    DescribeTimeToLive,
    ListTags,
    Operation,
    TagTable,
    UntagTable,
    UpdateTimeToLive,
    limits,
)
from dynamorm.exceptions import RequestRejected, TableNotFound
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.descriptions import described
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, table_spec

ABSENT = "no-such-table"

WRONG_TAGS = [
    pytest.param({}, id="none"),
    pytest.param({"": "x"}, id="empty-key"),
    pytest.param({"k" * (limits.TAG_KEY_CHARACTERS + 1): "x"}, id="long-key"),
    pytest.param({"key": "x" * (limits.TAG_VALUE_CHARACTERS + 1)}, id="long-value"),
    pytest.param({"aws:key": "x"}, id="key-of-aws"),
    pytest.param({f"key{number}": "x" for number in range(limits.TAGS + 1)}, id="too-many"),
]


class TableSettingTests(Suite):
    """Test the settings of a table besides its keys, indexes and capacity."""

    @pytest.fixture
    def expiring(self, tables: TableMaker) -> str:
        """Create a table, if the backend states ``TIME_TO_LIVE``, and return its name."""
        tables.require(Capability.TIME_TO_LIVE, lambda: DescribeTimeToLive(tables.shared("S")))
        return tables.create()

    def test_time_to_live(self, backend: Backend, expiring: str) -> None:
        """Time to live is off until it is switched on for an attribute, which can be another one the next time."""
        for attribute in ("expires", "stale"):
            described = backend.execute(DescribeTimeToLive(expiring))
            assert (described.status, described.attribute) == ("DISABLED", None)
            backend.execute(UpdateTimeToLive(expiring, attribute, on=True))
            described = backend.execute(DescribeTimeToLive(expiring))
            assert described.status in ("ENABLING", "ENABLED")
            assert described.attribute == attribute
            backend.execute(UpdateTimeToLive(expiring, attribute, on=False))

    @pytest.mark.parametrize(
        ("attribute", "on"),
        [("expires", True), ("stale", True), ("stale", False)],
        ids=["on-twice", "on-for-another", "off-for-another"],
    )
    def test_time_to_live_that_is_on(self, backend: Backend, expiring: str, attribute: str, on: bool) -> None:
        """Time to live that is on has to be switched off, for the same attribute, before it can be changed."""
        backend.execute(UpdateTimeToLive(expiring, "expires", on=True))
        with refuses(backend, RequestRejected):
            backend.execute(UpdateTimeToLive(expiring, attribute, on=on))
        assert backend.execute(DescribeTimeToLive(expiring)).attribute == "expires"

    def test_time_to_live_that_is_off(self, backend: Backend, expiring: str) -> None:
        """Time to live that is off can't be switched off."""
        with refuses(backend, RequestRejected):
            backend.execute(UpdateTimeToLive(expiring, "expires", on=False))

    @pytest.mark.parametrize(
        "operation",
        [DescribeTimeToLive(ABSENT), UpdateTimeToLive(ABSENT, "expires", on=True)],
        ids=lambda operation: type(operation).__name__,
    )
    def test_time_to_live_of_no_table(self, backend: Backend, expiring: str, operation: Operation[object]) -> None:
        """Time to live of a missing table raises ``TableNotFound``."""
        with refuses(backend, TableNotFound):
            backend.execute(operation)

    @pytest.fixture
    def tagged(self, backend: Backend, tables: TableMaker) -> str:
        """Create a table with tags, if the backend states ``TAGS``, and return its name."""
        spec = table_spec()
        tables.require(Capability.TAGS, lambda: ListTags(tables.shared("S"), self._arn(backend, tables.shared("S"))))
        tables.create_from(spec, {"team": "books", "empty": ""})
        return spec.name

    def test_table_with_tags(self, backend: Backend, tables: TableMaker) -> None:
        """A table can be created with tags: "Tagging resources in DynamoDB"."""
        spec = table_spec()
        tables.require(Capability.TAGS, lambda: CreateTable(spec, {"team": "books"}))
        tables.create_from(spec, {"team": "books"})
        assert self._tags(backend, spec.name) == {"team": "books"}

    def test_tags(self, backend: Backend, tagged: str) -> None:
        """Tags can be added, changed and removed."""
        backend.execute(TagTable(tagged, {"team": "shelves", "cost centre": "1+1=2"}, self._arn(backend, tagged)))
        assert self._tags(backend, tagged) == {"team": "shelves", "empty": "", "cost centre": "1+1=2"}
        backend.execute(UntagTable(tagged, ("team", "unknown"), self._arn(backend, tagged)))
        assert self._tags(backend, tagged) == {"empty": "", "cost centre": "1+1=2"}

    def test_tags_up_to_the_limit(self, backend: Backend, tagged: str) -> None:
        """All tags are listed, on one page or several."""
        more = {f"key{number}": "x" for number in range(limits.TAGS - 2)}
        backend.execute(TagTable(tagged, more, self._arn(backend, tagged)))
        assert self._tags(backend, tagged) == {"team": "books", "empty": ""} | more

    def test_tags_and_time_to_live(self, backend: Backend, tagged: str, expiring: str) -> None:
        """Tags and the time to live of one table don't change each other."""
        arn = self._arn(backend, tagged)
        backend.execute(UpdateTimeToLive(tagged, "expires", on=True))
        assert self._tags(backend, tagged) == {"team": "books", "empty": ""}
        backend.execute(TagTable(tagged, {"more": "1"}, arn))
        assert backend.execute(DescribeTimeToLive(tagged)).attribute == "expires"
        backend.execute(UntagTable(tagged, ("empty",), arn))
        assert backend.execute(DescribeTimeToLive(tagged)).attribute == "expires"
        assert self._tags(backend, tagged) == {"team": "books", "more": "1"}
        assert backend.execute(DescribeTimeToLive(expiring)).attribute is None

    def test_tags_are_copies(self, backend: Backend, tables: TableMaker, tagged: str) -> None:
        """Changing a mapping of tags that was given does not change the tags, and they end with their table."""
        spec = table_spec()
        given = {"team": "books"}
        tables.create_from(spec, given)
        given["team"] = "shelves"
        assert self._tags(backend, spec.name) == {"team": "books"}
        more = {"a": "1"}
        backend.execute(TagTable(spec.name, more, self._arn(backend, spec.name)))
        more["b"] = "2"
        assert self._tags(backend, spec.name) == {"team": "books", "a": "1"}
        tables.delete(spec.name)
        tables.create_from(spec)
        assert self._tags(backend, spec.name) == {}

    def test_table_with_wrong_tags(self, backend: Backend, tagged: str) -> None:
        """A table whose tags are refused is not created."""
        spec = table_spec()
        with refuses(backend, RequestRejected):
            backend.execute(CreateTable(spec, {"aws:team": "books"}))
        with refuses(backend, TableNotFound):
            backend.execute(DescribeTable(spec.name))

    def test_table_without_tags(self, backend: Backend, tables: TableMaker, tagged: str) -> None:
        """A table without tags lists none."""
        assert self._tags(backend, tables.create()) == {}

    @pytest.mark.parametrize("tags", WRONG_TAGS)
    def test_tags_refused(self, backend: Backend, tagged: str, tags: dict[str, str]) -> None:
        """Tags that break a limit are refused: "Tagging restrictions in DynamoDB"."""
        with refuses(backend, RequestRejected):
            backend.execute(TagTable(tagged, tags, self._arn(backend, tagged)))
        assert self._tags(backend, tagged) == {"team": "books", "empty": ""}

    def test_tags_of_no_table(self, backend: Backend, tables: TableMaker, tagged: str) -> None:
        """Tags of a missing table raise ``TableNotFound``."""
        arn = self._arn(backend, tagged)
        with refuses(backend, TableNotFound):
            backend.execute(ListTags(ABSENT, arn and arn.replace(tagged, ABSENT)))

    @staticmethod
    def _arn(backend: Backend, table: str) -> str | None:
        return backend.execute(DescribeTable(table)).arn

    def _tags(self, backend: Backend, table: str) -> dict[str, str]:
        arn = self._arn(backend, table)
        page = backend.execute(ListTags(table, arn))
        tags = dict(page.tags)
        for _ in range(limits.TAGS):
            if page.token is None:
                return tags
            page = backend.execute(ListTags(table, arn, page.token))
            tags |= page.tags
        pytest.fail(f"{described(ListTags(table, arn))} still returned a token after {limits.TAGS} pages")
