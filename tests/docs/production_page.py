"""The page on production: the verbs of its tables need the actions that stand beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from moto import mock_aws

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, verbs, wire
from dynamorm.data.operations import Operation
from dynamorm.ports.hooks import hookimpl
from tests.support.pages import sections
from tests.support.tables import table_of

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "production.md"
TEXT = PAGE.read_text(encoding="utf-8")
#: Each action of a transaction, and what IAM calls it.
ACTIONS_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        ttl = "expires"
        tags: ClassVar = {"team": "a"}

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        isbn: str
        author: str = "unknown"
        sold: int = 0
        expires: int | None = None


class Actions:
    """An observer that collects the actions that IAM knows."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
        request = wire.encode(operation)
        if request.action == "TransactWriteItems":
            for act in request.parameters["TransactItems"]:
                self.names.update(ACTIONS_IN_TRANSACTIONS[kind] for kind in act)
        elif request.action == "TransactGetItems":
            self.names.add("GetItem")
        else:
            self.names.add(request.action)


def rows(head: str) -> list[tuple[list[str], set[str]]]:
    """The calls and the actions of each row of the table that begins with *head*."""
    table = TEXT.partition(f"| {head} | actions |\n|---|---|\n")[2].partition("\n\n")[0]
    found = []
    for row in table.splitlines():
        calls, actions = re.split(r" \| (?=`dynamodb:|those of)", row.strip("| "))
        found.append((re.findall(r"`([^`]+)`", calls), set(re.findall(r"dynamodb:(\w+)", actions))))
    return found


@pytest.fixture
def actions() -> Iterator[Actions]:
    with mock_aws(), dynamorm.using("boto3://eu-west-1"):
        table_of(Book).create_table()
        observer = Actions()
        with dynamorm.observe(observer):
            yield observer


def test_verbs_send_the_actions_of_their_row(actions: Actions) -> None:
    Book.put({"isbn": "1"})
    book = Book.get(isbn="1")
    for calls, expected in rows("the program calls"):
        for call in calls:
            if call == "dynamorm.batch()":
                continue  # named for its own sake: put_batch and delete_batch are batches
            actions.names.clear()
            eval(call, {"Book": Book, "book": book, "dynamorm": dynamorm})
            assert (call, actions.names) == (call, expected)


def test_parts_of_transactions_send_the_actions_of_their_row(actions: Actions) -> None:
    for calls, expected in rows("in `with dynamorm.transaction() as tx:`"):
        for call in calls:
            Book.put({"isbn": "7"})
            book: Any = Book.get(isbn="7")
            if "save" in call:
                book.author = "x"
            actions.names.clear()
            with dynamorm.transaction() as tx:
                eval(call, {"Book": Book, "book": book, "tx": tx})
            assert (call, actions.names) == (call, expected)


def test_what_deployments_call_sends_the_actions_of_their_row(actions: Actions) -> None:
    class Later(Book):
        class Table:
            name = "books"
            hash_key = "isbn"
            read = 1
            write = 1
            tags: ClassVar = {"group": "b"}

        class ByAuthor(GlobalIndex):
            name = "by-author"
            hash_key = "author"
            read = 1
            write = 1
            projection = ProjectAll()

    names = {"Book": Book, "dynamorm": dynamorm}
    listed = {call: found for calls, found in rows("a deployment calls") for call in calls}
    plan = listed["Book.__table__.plan()"]
    for call, expected in listed.items():
        if "create" in call:
            # Once where there is no table, once where there is one.
            table_of(Book).delete(wait=True)
            actions.names.clear()
            eval(call, names)
            eval(call, names)
            assert (call, actions.names) == (call, expected)
        elif "update" in call:
            actions.names.clear()
            table_of(Later).update_table(switch_off=["ttl"], drop_tags=["team"])
            assert actions.names == plan | expected
        else:
            actions.names.clear()
            eval(call, names)
            assert (call, actions.names) == (call, expected)


def test_the_policy_allows_what_the_tables_list_but_scans() -> None:
    policy = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    listed = {
        action
        for head in ("the program calls", "in `with dynamorm.transaction() as tx:`")
        for _, found in rows(head)
        for action in found
    }
    allowed = {action.removeprefix("dynamodb:") for action in policy["Statement"][0]["Action"]}
    assert allowed == listed - {"Scan"}


def test_every_verb_that_sends_something_is_in_the_tables() -> None:
    listed = sections(PAGE)["Permissions"]
    send_nothing = {"copy", "key", "part", "validate"} | {
        name for name in verbs.__all__ if "from_" in name or name.startswith("to_")
    }
    # The page says once that an awaited verb needs what its counterpart does.
    awaited = {f"a{name}" for name in verbs.__all__}
    named = [name for name in verbs.__all__ if name not in send_nothing | awaited]
    missing = [name for name in named if f".{name}(" not in listed]
    assert missing == []
