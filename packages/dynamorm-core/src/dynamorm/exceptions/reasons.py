"""Why a transaction was cancelled, with a reason for each of its actions, and why a request was throttled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from dynamorm.exceptions import ConditionFailed

#: What was used up: what one partition serves, the capacity that the table or index has, its own maximum on demand, or
#: the account's quota.
ThrottlingLimit: TypeAlias = Literal["key range", "provisioned", "on-demand maximum", "account"]


class CancellationReason(NamedTuple):
    """One action of a cancelled transaction: whether the transaction was cancelled because of it, and why.

    Attributes:
        code: The service's code, such as ``"ConditionalCheckFailed"`` or ``"TransactionConflict"``; ``"None"`` for an
            action that was not the reason.
        message: The service's message, without the values of items.
        item: The item as it is now, by attribute name, if its condition failed; ``None`` when it does not exist.
        action: The kind of action: ``"PutItem"``, ``"UpdateItem"``, ``"DeleteItem"``, ``"ConditionCheck"`` or
            ``"GetItem"``.
        table: The name of the table.
        key: The primary key of the item, by attribute name.
        model: The name of the model.
        error: The exception that the action would have raised by itself, if its condition failed: ``ConditionFailed``,
            ``HashKeyExists``, ``StaleItem``, ``NotUnique`` or ``ReferenceMissing``.
        constraint: The constraint that failed, such as ``"Unique('email')"`` or ``"Order.customer"``, if the action has
            one: the condition that did not hold is on the item that the constraint is about.
    """

    code: str
    message: str = ""
    item: Mapping[str, Any] | None = None
    action: str = ""
    table: str = ""
    key: Mapping[str, Any] | None = None
    model: str | None = None
    error: ConditionFailed | None = None
    constraint: str | None = None

    def __repr__(self) -> str:
        # Without the values of the item and its key, which may be secret.
        named = ((name, "…" if name in {"item", "key"} and value else value) for name, value in self._asdict().items())
        told = (f"{name}={'…' if value == '…' else repr(value)}" for name, value in named if value)
        return f"{type(self).__name__}({', '.join(told)})"


class ThrottlingReason(NamedTuple):
    """Why the service throttled a request: what was used up, and of which table or index.

    A reason that DynamORM does not know has its ``reason`` and its ``resource`` only.

    Attributes:
        reason: The service's own word, such as ``"IndexWriteProvisionedThroughputExceeded"``.
        limit: What was used up: ``"key range"`` (what one partition serves), ``"provisioned"``, ``"on-demand maximum"``
            or ``"account"``.
        place: ``"table"`` or ``"index"``.
        action: ``"read"`` or ``"write"``.
        table: The name of the table; an empty string if the resource names none.
        index: The name of the index, if its capacity was used up.
        resource: The ARN of the table or index, which contains the number of the account.
    """

    reason: str
    limit: ThrottlingLimit | None = None
    place: Literal["table", "index"] | None = None
    action: Literal["read", "write"] | None = None
    table: str = ""
    index: str | None = None  # type: ignore[assignment]  # nobody searches in a reason, as tuple.index does
    resource: str = ""

    def __repr__(self) -> str:
        # Without the resource, which contains the number of the account.
        told = (f"{name}={value!r}" for name, value in self._asdict().items() if value and name != "resource")
        return f"{type(self).__name__}({', '.join(told)})"


CancellationReason.__module__ = ThrottlingReason.__module__ = "dynamorm.exceptions"  # their public place
