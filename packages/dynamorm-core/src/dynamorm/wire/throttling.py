"""The service's reasons why it throttled a request, converted to exceptions that name what to do.

The reasons are those of ``ThrottlingReason`` in the API reference, whose list three errors have under two names:
``throttlingReasons`` of a ``ThrottlingException``, ``ThrottlingReasons`` of the two others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dynamorm.data import Operation, Query
from dynamorm.exceptions import (
    AccountLimitReached,
    CapacityExceeded,
    HotKey,
    OnDemandLimitReached,
    Throttled,
    ThrottlingReason,
)
from dynamorm.wire.responses import Response
from dynamorm.wire.subjects import subject_of, tables_of

_REASON = (
    r"(?P<place>Table|Index)(?P<action>Read|Write)"
    r"(?P<limit>KeyRangeThroughput|ProvisionedThroughput|MaxOnDemandThroughput|AccountLimit)Exceeded"
)
_RESOURCE = r"arn:[^:]*:dynamodb:[^:]*:[^:]*:table/(?P<table>[^/]+)(?:/index/(?P<index>[^/]+))?"
_LIMITS: Mapping[str, Any] = {
    "KeyRangeThroughput": "key range",
    "ProvisionedThroughput": "provisioned",
    "MaxOnDemandThroughput": "on-demand maximum",
    "AccountLimit": "account",
}
#: The service's code for more changes of tables and indexes at the same time than it allows.
_TOO_MANY_CHANGES = "LimitExceededException"
#: In this order: a hot key comes first, as more capacity does not help.
_EXCEPTIONS: Mapping[str, type[Throttled]] = {
    "key range": HotKey,
    "provisioned": CapacityExceeded,
    "on-demand maximum": OnDemandLimitReached,
    "account": AccountLimitReached,
}


def throttled(operation: Operation[Any], code: str, message: str, response: Response) -> Throttled:
    """Return the exception for an *operation* that was throttled, of the class that fits the reasons in the *response*.

    Without a known reason, it is a plain ``Throttled`` with the service's *code* and *message*.
    """
    reasons = tuple(_reasons(operation, response))
    key = _key_of(operation)
    for limit, kind in _EXCEPTIONS.items():
        for reason in reasons:
            if reason.limit == limit:
                return kind(_explained(operation, reason, reasons), reasons=reasons, key=key)
    codes = "; ".join((code, *(reason.reason for reason in reasons if reason.reason.isidentifier())))
    # ARNs contain the number of the account.
    message = re.sub(r"(arn:[^:\s]*:[^:\s]*:[^:\s]*:)\d+", r"\1…", message)
    advice = "Send fewer requests at the same time, or give the table, its indexes or the account more capacity."
    if code == _TOO_MANY_CHANGES:
        advice = "Too many tables or indexes are being created, changed or deleted: try again when some are done."
    return Throttled(
        f"{subject_of(operation)} failed: {message} ({codes}) {advice}",
        reasons=reasons,
        key=key,
    )


def _key_of(operation: Operation[Any]) -> Mapping[str, Any] | None:
    if isinstance(operation, Query):
        return operation.key_condition.hash_values
    return getattr(operation, "key", None)


def _reasons(operation: Operation[Any], response: Response) -> Iterator[ThrottlingReason]:
    """Generate the reasons that a *response* has; what has another form than a reason is left out."""
    given = response.get("throttlingReasons", response.get("ThrottlingReasons"))
    for each in given if isinstance(given, list) else ():
        reason, resource = (each.get("reason"), each.get("resource")) if isinstance(each, dict) else (None, None)
        if not isinstance(reason, str) or not reason:
            continue
        resource = resource if isinstance(resource, str) else ""
        names = re.fullmatch(_RESOURCE, resource)
        (table, index) = names.group("table", "index") if names else ("", None)
        tables = tables_of(operation)
        if not table and len(tables) == 1:
            table = tables[0]
        parts = re.fullmatch(_REASON, reason)
        if parts is None:
            yield ThrottlingReason(reason, table=table, index=index, resource=resource)
        else:
            place: Any = parts["place"].lower()
            action: Any = parts["action"].lower()
            yield ThrottlingReason(reason, _LIMITS[parts["limit"]], place, action, table, index, resource)


def _explained(operation: Operation[Any], reason: ThrottlingReason, reasons: tuple[ThrottlingReason, ...]) -> str:
    others = [f"{each.reason} of {_place(operation, each)}" for each in reasons if each != reason and each.limit]
    others = list(dict.fromkeys(others))
    besides = f" The service also names {', '.join(others)}." if others else ""
    return f"{subject_of(operation)} failed: {_fault_and_advice(operation, reason)}{besides}"


def _fault_and_advice(operation: Operation[Any], reason: ThrottlingReason) -> str:
    place, action, code = _place(operation, reason), reason.action, reason.reason
    match reason.limit:
        case "key range":
            cache = ", or cache what is read often" if action == "read" else ""
            return (
                f"one hash key of {place}, or its neighbours, got more {action}s than a partition serves ({code}). "
                f"Spread the {action}s over more hash keys{cache}. More capacity does not help."
            )
        case "provisioned":
            return (
                f"{place} has no {action} capacity left ({code}). Raise the {action} capacity of {place}, bill the "
                "table on demand, or send fewer requests at the same time."
            )
        case "on-demand maximum":
            return (
                f"{place} has reached the maximum of {action}s on demand that it was given ({code}). Raise that "
                "maximum, or send fewer requests at the same time."
            )
    return (
        f"the account's quota of {action}s for {place} is used up ({code}). Ask AWS for a higher quota in this region, "
        "or send fewer requests at the same time."
    )


def _place(operation: Operation[Any], reason: ThrottlingReason) -> str:
    """Name the table or index of a *reason*: an index with its table, unless the message says it already."""
    if reason.place == "table":
        return f"table '{reason.table}'" if reason.table else "a table"
    index = f"index '{reason.index}'" if reason.index else "an index"
    if not reason.table or tables_of(operation) == (reason.table,):
        return index
    return f"{index} of table '{reason.table}'"
