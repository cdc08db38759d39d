"""What the service says about why it throttled a request reaches the program, on each path and in both spellings."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from dynamorm.data import BatchWrite, PutRequest
from dynamorm.exceptions import AccountLimitReached, CapacityExceeded, HotKey, OnDemandLimitReached, Throttled
from dynamorm.testing.servers import Response
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import GET, Awaited, connect

ONCE = {"retries": {"mode": "standard", "total_max_attempts": 1}}
RESOURCE = "arn:aws:dynamodb:eu-west-1:123456789012:table/books"
#: The name that each error of the service has for the reasons.
MEMBERS = {
    "ThrottlingException": "throttlingReasons",
    "ProvisionedThroughputExceededException": "ThrottlingReasons",
    "RequestLimitExceeded": "ThrottlingReasons",
}
LIMITS = {
    "KeyRangeThroughputExceeded": HotKey,
    "ProvisionedThroughputExceeded": CapacityExceeded,
    "MaxOnDemandThroughputExceeded": OnDemandLimitReached,
    "AccountLimitExceeded": AccountLimitReached,
}
PLACES = {"Table": RESOURCE, "Index": f"{RESOURCE}/index/by-author"}
CASES: list[tuple[str, str, type[Throttled]]] = [
    (f"{place}{action}{limit}", PLACES[place], kind)
    for place in PLACES
    for action in ("Read", "Write")
    for limit, kind in LIMITS.items()
] + [("ShelfReadTooLong", "somewhere", Throttled)]


def answer(code: str, reason: str, resource: str) -> Response:
    members: dict[str, Any] = {MEMBERS[code]: [{"reason": reason, "resource": resource}]}
    return Response.error(code, **members)


@pytest.mark.parametrize("path", ["direct", "client", "awaited"])
def test_each_reason_reaches_the_program(canned_server: CannedServer, path: str) -> None:
    open_on_path: Any = Awaited if path == "awaited" else connect
    with open_on_path(canned_server.url, direct=path != "client", config=ONCE) as backend:
        for code in MEMBERS:
            for reason, resource, kind in CASES:
                canned_server.script = [answer(code, reason, resource)]
                with pytest.raises(Throttled) as raised:
                    backend.execute(GET)
                assert type(raised.value) is kind, (code, reason)
                [found] = raised.value.reasons
                assert (found.reason, found.resource) == (reason, resource)
                assert raised.value.key == GET.key
                assert "123456789012" not in str(raised.value)
                assert "It was sent once" in str(raised.value)


def test_throttled_batch_tells_its_reason(canned_server: CannedServer) -> None:
    canned_server.script = [answer("ThrottlingException", "IndexWriteProvisionedThroughputExceeded", PLACES["Index"])]
    with connect(canned_server.url, config=ONCE) as backend, pytest.raises(CapacityExceeded, match="'by-author'"):
        backend.execute(BatchWrite((PutRequest("books", {"isbn": "1"}),)))


def test_reason_is_told_after_retries(canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    again = answer("ThrottlingException", "TableReadKeyRangeThroughputExceeded", RESOURCE)
    canned_server.script = [again, Response.json({"Item": {"isbn": {"S": "1"}}}), *[again] * 3]
    with connect(canned_server.url, config={"retries": {"mode": "standard", "total_max_attempts": 3}}) as backend:
        assert backend.execute(GET).item == {"isbn": "1"}
        with pytest.raises(HotKey) as raised:
            backend.execute(GET)
    assert raised.value.tries == 3


def test_no_other_error_of_the_service_has_reasons() -> None:
    """If one gains them, ``dynamorm.wire.throttling`` has to read them."""
    model = botocore.session.Session().get_service_model("dynamodb")
    found = {}
    for name in model.shape_names:
        shape: Any = model.shape_for(name)
        members = [member for member in getattr(shape, "members", ()) if "throttling" in member.lower()]
        assert len(members) <= 1
        if members:
            found[name] = members[0]
    # Older releases of botocore know none of them.
    assert found in (MEMBERS, {})
