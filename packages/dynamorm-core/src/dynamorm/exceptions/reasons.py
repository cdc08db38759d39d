"""Why a transaction was cancelled: a reason for each of its actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dynamorm.exceptions import ConditionFailed


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


CancellationReason.__module__ = "dynamorm.exceptions"  # its public place


def public(name: str) -> type[CancellationReason]:
    """Return what ``dynamorm.exceptions`` has from here: a named tuple takes long to define, and few programs use it.

    Raises :class:`AttributeError` for another *name*.
    """
    if name != "CancellationReason":
        raise AttributeError(f"module 'dynamorm.exceptions' has no attribute {name!r}")
    return CancellationReason
