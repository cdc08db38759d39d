"""An exception for each limit that a request can meet when it is throttled."""

from __future__ import annotations

from dynamorm.exceptions.backends import Throttled


class HotKey(Throttled):
    """One hash key, or its neighbours, got more requests than a partition serves: 3,000 reads or 1,000 writes a second.

    Spread the requests over more hash keys, or cache what is read. More capacity does not help. The service does not
    say which key is hot; ``key`` is the one of the operation. Source of the limit: "Best practices for designing and
    using partition keys effectively in DynamoDB".
    """


class CapacityExceeded(Throttled):
    """The provisioned capacity of a table or an index is used up. Raise it, or bill the table on demand."""


class OnDemandLimitReached(Throttled):
    """A table or an index that is billed on demand reached the maximum that it was given. Raise that maximum."""


class AccountLimitReached(Throttled):
    """The account's quota for a table that is billed on demand is used up. Ask AWS for a higher quota."""


for _public in (HotKey, CapacityExceeded, OnDemandLimitReached, AccountLimitReached):
    _public.__module__ = "dynamorm.exceptions"  # their public place
