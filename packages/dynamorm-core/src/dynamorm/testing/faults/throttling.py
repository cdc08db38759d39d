"""Throttling, with the reasons that the service gives for it: "Error handling with DynamoDB" in the developer guide."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from typing import Any, ClassVar

from dynamorm.data.operations import DescribeTable, Operation
from dynamorm.exceptions import BackendMisconfigured, TableNotFound
from dynamorm.testing.faults.kinds import Fault
from dynamorm.testing.faults.matching import Matcher
from dynamorm.testing.faults.operations import ABOUT_ITEMS
from dynamorm.testing.faults.steps import Begin, Course, Send, SentAgain
from dynamorm.wire.errors import exception_for
from dynamorm.wire.subjects import tables_of

#: The reasons, as the service names them.
REASONS = tuple(
    "".join(parts)
    for parts in product(
        ("Table", "Index"),
        ("Read", "Write"),
        (
            "ProvisionedThroughputExceeded",
            "KeyRangeThroughputExceeded",
            "MaxOnDemandThroughputExceeded",
            "AccountLimitExceeded",
        ),
    )
)
#: The error that has a reason, its field with the reasons, and its message, by the end of the reason.
_PROVISIONED = (
    "ProvisionedThroughputExceededException",
    "ThrottlingReasons",
    "The level of configured provisioned throughput for the table was exceeded",
)
_ERRORS = {
    "ProvisionedThroughputExceeded": _PROVISIONED,
    "KeyRangeThroughputExceeded": _PROVISIONED,
    "MaxOnDemandThroughputExceeded": (
        "ThrottlingException",
        "throttlingReasons",
        "The maximum on-demand throughput of the table was exceeded",
    ),
    "AccountLimitExceeded": (
        "RequestLimitExceeded",
        "ThrottlingReasons",
        "Throughput exceeds the current throughput limit for your account",
    ),
}


@dataclass(frozen=True, slots=True)
class Throttling(Fault):
    """There is no capacity for the operation."""

    kind: ClassVar[str] = "throttle"
    #: Why; ``None`` where the service does not say.
    reason: str | None = None
    #: The index that has no capacity left.
    index: str | None = None
    retry: bool = False
    #: The tables of which it is known that they have the index.
    _with_index: set[str] = field(default_factory=set, compare=False)

    def check(self, operation: Operation[Any], matcher: Matcher) -> Course:
        """Refuse an index that the table of an *operation* does not have: it could never be throttled."""
        tables = tables_of(operation) if type(operation) in matcher.operations and self.index is not None else ()
        for table in filter(matcher.is_table, tables):
            if table in self._with_index:
                continue
            try:
                description = yield Send(DescribeTable(table))
            except TableNotFound:
                continue
            names = [index.name for index in description.spec.indexes]
            if self.index not in names:
                close = get_close_matches(str(self.index), names, n=1)
                raise BackendMisconfigured(
                    f"throttle: the table '{table}' has no index '{self.index}'."
                    f"{f' Did you mean {close[0]!r}?' if close else ''} With table=…, other tables are left alone."
                )
            self._with_index.add(table)

    def fits(self, operation: Operation[Any], matcher: Matcher) -> bool:
        """Return whether the reason can be one for this operation: indexes are read by queries and scans only."""
        if self.reason is None or "Read" not in self.reason:
            return True
        index = getattr(operation, "index", None)
        return (index is not None) == self.reason.startswith("Index") and self.index in {None, index}

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Fail."""
        yield from ()
        if self.retry:
            raise SentAgain(is_unconfirmed=False)
        raise self._failure(operation, matcher)

    def _failure(self, operation: Operation[Any], matcher: Matcher) -> Exception:
        if self.reason is None:
            if type(operation) in ABOUT_ITEMS:
                return exception_for(operation, _PROVISIONED[0], _PROVISIONED[2], {})
            return exception_for(operation, "ThrottlingException", "Rate exceeded", {})
        code, field, message = _ERRORS[re.split("Read|Write", self.reason, maxsplit=1)[1]]
        table = matcher.table_of(operation)
        resource = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}"
        if self.reason.startswith("Index"):
            resource += f"/index/{self.index or getattr(operation, 'index', None)}"
        return exception_for(operation, code, message, {field: [{"reason": self.reason, "resource": resource}]})
