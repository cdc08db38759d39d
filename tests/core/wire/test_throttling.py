"""What was used up, and of which table or index, is told by the class and the message of the exception."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from dynamorm import wire
from dynamorm.data import (
    BatchWrite,
    DeleteItem,
    DeleteRequest,
    GetItem,
    KeyCondition,
    Operation,
    PutItem,
    Query,
    TransactWrite,
)
from dynamorm.exceptions import (
    AccountLimitReached,
    CapacityExceeded,
    HotKey,
    OnDemandLimitReached,
    Throttled,
    ThrottlingReason,
)

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/books"
INDEX = f"{TABLE}/index/by-author"
GET = GetItem("books", {"isbn": "secret"})
QUERY = Query("books", KeyCondition(("author", "secret")), "by-author")
BATCH = BatchWrite((DeleteRequest("books", {"isbn": "secret"}), DeleteRequest("shelves", {"id": "secret"})))
CODES = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")
LIMITS: dict[str, tuple[type[Throttled], str, str]] = {
    "KeyRangeThroughputExceeded": (HotKey, "key range", "More capacity does not help"),
    "ProvisionedThroughputExceeded": (CapacityExceeded, "provisioned", "capacity left"),
    "MaxOnDemandThroughputExceeded": (OnDemandLimitReached, "on-demand maximum", "Raise that maximum"),
    "AccountLimitExceeded": (AccountLimitReached, "account", "Ask AWS for a higher quota"),
}


def raised(*reasons: Any, operation: Operation[Any] = GET, code: str = CODES[0], message: str = "Slow.") -> Throttled:
    name = "throttlingReasons" if code == "ThrottlingException" else "ThrottlingReasons"
    error = wire.exception_for(operation, code, message, {name: list(reasons)})
    assert isinstance(error, Throttled)
    assert "secret" not in str(error)
    assert ACCOUNT not in f"{error} {error!r} {error.reasons}"
    return error


def reason(text: str, resource: str = TABLE) -> dict[str, str]:
    return {"reason": text, "resource": resource}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("place", ["Table", "Index"])
@pytest.mark.parametrize("action", ["Read", "Write"])
def test_each_reason_has_its_exception_and_names_its_resource(code: str, limit: str, place: str, action: str) -> None:
    kind, parsed_limit, advice = LIMITS[limit]
    text, resource = f"{place}{action}{limit}", TABLE if place == "Table" else INDEX
    error = raised(reason(text, resource), code=code)
    assert type(error) is kind
    index = "by-author" if place == "Index" else None
    found: Any = (text, parsed_limit, place.lower(), action.lower(), "books", index, resource)
    assert error.reasons == (ThrottlingReason(*found),)
    assert error.reasons[0].resource == resource
    assert ("index 'by-author'" if index else "table 'books'") in str(error)
    assert f"({text})" in str(error)
    assert advice in str(error)
    assert str(error).startswith("GetItem on table 'books' failed: ")


def test_message_says_what_to_do() -> None:
    error = raised(reason("IndexWriteProvisionedThroughputExceeded", INDEX))
    assert str(error) == (
        "GetItem on table 'books' failed: index 'by-author' has no write capacity left "
        "(IndexWriteProvisionedThroughputExceeded). Raise the write capacity of index 'by-author', bill the table on "
        "demand, or send fewer requests at the same time."
    )


def test_index_of_one_of_several_tables_is_named_with_its_table() -> None:
    error = raised(reason("IndexWriteProvisionedThroughputExceeded", INDEX), operation=BATCH)
    assert "index 'by-author' of table 'books' has no write capacity left" in str(error)


def test_hot_key_comes_first_among_several_reasons() -> None:
    texts = ["AccountLimitExceeded", "MaxOnDemandThroughputExceeded", "ProvisionedThroughputExceeded"]
    reasons = [reason(f"TableRead{text}") for text in texts]
    assert type(raised(*reasons[:1])) is AccountLimitReached
    assert type(raised(*reasons[:2])) is OnDemandLimitReached
    assert type(raised(*reasons)) is CapacityExceeded
    error = raised(*reasons, reason("IndexReadKeyRangeThroughputExceeded", INDEX))
    assert type(error) is HotKey
    assert len(error.reasons) == 4
    assert "The service also names TableReadAccountLimitExceeded of table 'books', TableReadMax" in str(error)


def test_unknown_reason_is_kept_as_it_is() -> None:
    error = raised(reason("ShelfReadTooLong", "somewhere"))
    assert type(error) is Throttled
    assert error.reasons == (ThrottlingReason("ShelfReadTooLong", table="books", resource="somewhere"),)
    assert "(ThrottlingException; ShelfReadTooLong)" in str(error)


@pytest.mark.parametrize("given", [None, 5, "secret", {"reason": "secret"}, [None, 5, "secret", {}, {"reason": 5}]])
def test_odd_reasons_are_no_error(given: Any) -> None:
    error = wire.exception_for(GET, "ThrottlingException", "Slow.", {"throttlingReasons": given})
    assert type(error) is Throttled
    assert error.reasons == ()
    assert str(error) == (
        "GetItem on table 'books' failed: Slow. (ThrottlingException) Send fewer requests at the same time, or give "
        "the table, its indexes or the account more capacity."
    )


def test_resource_that_names_no_table_leaves_the_one_of_the_operation() -> None:
    text = "TableReadKeyRangeThroughputExceeded"
    assert raised({"reason": text}).reasons[0].table == "books"
    assert "table 'books'" in str(raised({"reason": text, "resource": 5}))
    assert "one hash key of a table" in str(raised(reason(text, "secret"), operation=BATCH))
    assert "an index has no write" in str(raised(reason("IndexWriteProvisionedThroughputExceeded")))


def test_account_in_the_services_message_is_left_out() -> None:
    assert "arn:aws:dynamodb:eu-west-1:…:table/books" in str(raised(message=f"{TABLE} is slow."))


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        (GET, {"isbn": "secret"}),
        (DeleteItem("books", {"isbn": "secret"}), {"isbn": "secret"}),
        (QUERY, {"author": "secret"}),
        (PutItem("books", {"isbn": "secret"}), None),
        (BATCH, None),
        (TransactWrite((DeleteItem("books", {"isbn": "secret"}),)), None),
    ],
)
def test_operation_on_one_key_tells_it(operation: Operation[Any], key: Any) -> None:
    assert raised(operation=operation).key == key
    assert raised(reason("TableWriteKeyRangeThroughputExceeded"), operation=operation).key == key


@pytest.mark.parametrize("limit", LIMITS)
def test_exception_survives_pickle_and_copy(limit: str) -> None:
    error = raised(reason(f"TableRead{limit}"))
    error.tries, error.seconds, error.retries = 4, 1.5, 3
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)
