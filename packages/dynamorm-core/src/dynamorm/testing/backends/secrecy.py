"""Messages of exceptions, which go into logs: they have names, and never values of items."""

from __future__ import annotations

from traceback import format_exception
from typing import Any

import pytest

from dynamorm.data import (
    Add,
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    BeginsWith,
    Between,
    Comparison,
    DeleteItem,
    DeleteRequest,
    GetItem,
    Item,
    KeyCondition,
    Operation,
    Path,
    Plus,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateItem,
    Value,
)
from dynamorm.data.limits import HASH_KEY_BYTES, ITEM_BYTES
from dynamorm.exceptions import DynamoException, TransactionCancelled
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker

#: Values that no message has for another reason.
SECRET, NUMBER = "topsecretvalue", 48151623421
HELD: Item = {
    "text": SECRET,
    "number": NUMBER,
    "binary": SECRET.encode(),
    "nested": {"list": [SECRET]},
    "set": {SECRET},
}
_TEXT = Path.of("text")
_WRONG: Any = 0.48151623421


def refused(table: str, name: str) -> dict[str, Operation[object]]:
    """Return operations that are refused, all with secret values, by what is wrong with them."""
    key: Item = {"id": name}
    no_item: Item = {"id": f"{name} none"}
    absent = AttributeNotExists(Path.of("id"))
    other = Comparison("=", Path.of("text"), Value(f"{SECRET}!"))
    return {
        "failed condition of a put": PutItem(table, {**key, **HELD}, absent),
        "failed condition of an update": UpdateItem(table, key, (Set(_TEXT, Value(SECRET)),), other),
        "failed condition of a delete": DeleteItem(table, key, other),
        "failed condition on no item": PutItem(table, {**no_item, **HELD}, other),
        "no table": PutItem(f"{table}-none", {**key, **HELD}),
        "no hash key": PutItem(table, HELD),
        "hash key of another type": PutItem(table, {"id": NUMBER, **HELD}),
        "key of another type": GetItem(table, {"id": NUMBER}),
        "more than the key": GetItem(table, {**key, "text": SECRET}),
        "long key": PutItem(table, {"id": SECRET * HASH_KEY_BYTES}),
        "large item": PutItem(table, {**key, "text": SECRET * ITEM_BYTES}),
        "invalid number": PutItem(table, {**key, "text": SECRET, "number": NUMBER * 10**150}),
        "invalid value": PutItem(table, {**key, "text": SECRET, "float": _WRONG}),
        "invalid operand": UpdateItem(table, key, (Set(_TEXT, Value(_WRONG)),)),
        "addition to a string": UpdateItem(table, key, (Set(_TEXT, Plus(_TEXT, Value(NUMBER))),)),
        "addition of a string": UpdateItem(table, key, (Add(_TEXT, SECRET),)),
        "entry of a string": UpdateItem(table, key, (Set(Path.of("text", "x"), Value(SECRET)),)),
        "bounds upside down": Scan(table, filter=Between(_TEXT, Value(f"{SECRET}z"), Value(SECRET))),
        "bounds of two types": Scan(table, filter=Between(_TEXT, Value(NUMBER), Value(SECRET))),
        "prefix that is a number": Scan(table, filter=BeginsWith(_TEXT, Value(NUMBER))),
        "order of a list": Scan(table, filter=Comparison("<", _TEXT, Value([SECRET]))),
        "query of another type": Query(table, KeyCondition(("id", NUMBER))),
        "query of another key": Query(table, KeyCondition(("text", SECRET))),
        "start key that is none": Scan(table, start_key={"text": SECRET}),
        "start key of another type": Scan(table, start_key={"id": NUMBER}),
        "key twice in a batch": BatchGet((BatchGetKeys(table, ({"id": SECRET}, {"id": SECRET})),)),
        "item twice in a batch": BatchWrite((PutRequest(table, {"id": SECRET}), DeleteRequest(table, {"id": SECRET}))),
        "invalid item in a batch": BatchWrite((PutRequest(table, {**key, "float": _WRONG, "text": SECRET}),)),
    }


CASES = [pytest.param(name, id=name.replace(" ", "-")) for name in refused("", "")]


class SecrecyTests(Suite):
    """Test the texts of exceptions, of their causes and of their notes."""

    @pytest.mark.parametrize("case", CASES)
    def test_secret_values(self, backend: Backend, table: str, key: str, case: str) -> None:
        """No value of an item, a key or a condition is in a message or in the text of its cause."""
        key = f"{key} {SECRET}"
        backend.execute(PutItem(table, {"id": key, **HELD}))
        try:
            backend.execute(refused(table, key)[case])
        except DynamoException as error:
            # Other tests are about what has to be refused.
            check_is_kept_secret(error)

    def test_secret_values_of_transactions(self, backend: Backend, tables: TableMaker, table: str, key: str) -> None:
        """Nor are they in what a cancelled transaction says."""
        item: Item = {"id": key, **HELD}
        tables.require(Capability.TRANSACTIONS, lambda: TransactGet((GetItem(table, {"id": key}),)))
        backend.execute(PutItem(table, item))
        absent = AttributeNotExists(Path.of("id"))
        for action in (
            PutItem(table, item, absent),
            UpdateItem(table, {"id": key}, (Set(_TEXT, Plus(_TEXT, Value(NUMBER))),)),
            PutItem(table, {"id": NUMBER, **HELD}),
        ):
            with refuses(backend, DynamoException) as refusal:
                backend.execute(TransactWrite((PutItem(table, {"id": f"{key} {SECRET}"}), action)))
            check_is_kept_secret(refusal.value)
            if isinstance(refusal.value, TransactionCancelled):
                messages = [reason.message or "" for reason in refusal.value.reasons]
                assert [text for text in messages if SECRET in text or str(NUMBER) in text] == []


def check_is_kept_secret(error: BaseException) -> None:
    """Fail if a secret value is in what a log has of an exception: its message, its notes and its causes."""
    # Only the text of exceptions, because the lines of the programs that raised them are no message.
    texts = "\n".join(line for line in format_exception(error) if not line.lstrip().startswith("File "))
    for secret in (SECRET, str(NUMBER)):
        for text in (str(error), texts):
            if secret in text:
                position = text.index(secret)
                part = text[max(position - 80, 0) : position + len(secret) + 40]
                pytest.fail(f"{type(error).__name__}, or what caused it, says the value of an item: …{part}…")
