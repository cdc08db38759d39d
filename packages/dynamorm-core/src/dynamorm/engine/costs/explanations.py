"""Explanations: the operations that would be sent, their cost, and warnings about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import add
from typing import Any, overload

from dynamorm.data.conditions import DescribedKeyCondition
from dynamorm.data.operations import BatchGet, BatchWrite, Operation, Query, Scan, TransactWrite
from dynamorm.data.tables import TableSpec
from dynamorm.engine.costs.estimates import Estimate, estimate, further_pages
from dynamorm.engine.costs.warnings import (
    CostWarning,
    cost_warnings,
    is_consistent,
    warn_of_former_key,
    warn_of_transaction,
)
from dynamorm.engine.plans.pages import NO_LIMITS, ReadLimits
from dynamorm.wire import Parameters, encode, subject_of


@dataclass(frozen=True, slots=True, repr=False)
class ExplainedOperation:
    """One operation that would be sent.

    The expressions (``filter``, ``condition`` and so on) have the attribute names of the table, and the placeholders of
    the request instead of values. They are ``None`` when the operation has no such expression.

    Attributes:
        operation: The operation.
        action: The name of DynamoDB's API action.
        request: The parameters of the request, as DynamoDB JSON, with all values.
        capacity: The estimated cost.
    """

    operation: Operation[Any]
    action: str
    request: Parameters
    capacity: Estimate

    @property
    def table(self) -> str:
        """The table, or the index and its table: ``"index 'by-user' of table 'replies'"``."""
        table = subject_of(self.operation).partition(" on ")[2]
        index = getattr(self.operation, "index", None)
        return table if index is None else f"index '{index}' of {table}"

    @property
    def key_condition(self) -> str | None:
        """The key condition, which selects the items to read: ``"forum = :v0 AND number > :v1"``."""
        return self._expression("KeyConditionExpression")

    @property
    def filter(self) -> str | None:
        """The filter, which selects the items to return from those that were read."""
        return self._expression("FilterExpression")

    @property
    def condition(self) -> str | None:
        """The condition of a write."""
        return self._expression("ConditionExpression")

    @property
    def update(self) -> str | None:
        """The changes of an update."""
        return self._expression("UpdateExpression")

    @property
    def projection(self) -> str | None:
        """The attributes to read; ``None`` for all."""
        return self._expression("ProjectionExpression")

    def _expression(self, name: str) -> str | None:
        return _named(self.request, name)

    def _described(self, name: str) -> str:
        """Return what the model compares in the key condition, if it computes the attributes."""
        condition = self.operation.key_condition if isinstance(self.operation, Query) else None
        if name != "key_condition" or not isinstance(condition, DescribedKeyCondition) or not condition.description:
            return ""
        return f"   ({condition.description})"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __repr__(self) -> str:
        return f"<ExplainedOperation: {self._headline()}>"

    def _headline(self) -> str:
        return f"{self.action} on {self.table}{_share(self.operation)}"

    def _lines(self) -> Iterator[str]:
        yield self._headline()
        for name in ("key_condition", "filter", "condition", "update", "projection"):
            text = getattr(self, name)
            if text is not None:
                yield f"  {name.replace('_', ' ')}: {text}{self._described(name)}"
        if isinstance(self.operation, TransactWrite):
            for action, item in zip(self.operation.actions, self.request["TransactItems"], strict=True):
                yield f"  {type(action).__name__} on {action.table}"
                (parameters,) = item.values()
                for name, expression in (("condition", "ConditionExpression"), ("update", "UpdateExpression")):
                    text = _named(parameters, expression)
                    if text is not None:
                        yield f"    {name}: {text}"
        if settings := ", ".join(_settings(self.operation)):
            yield f"  {settings}"


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Sequence[ExplainedOperation]):
    """A sequence of the operations that a verb would send. Print it for a summary without values.

    It ends where the next operation depends on the result of another one, because nothing is sent.

    Attributes:
        operations: The operations, in order.
        capacity: Their estimated cost, including the pages that may follow.
        warnings: Warnings about the cost.
        receivers: Receivers of the signals that the verb would send, ``"pre_save: shop.stamp"``. They were not called,
            and may change what is written.
    """

    operations: tuple[ExplainedOperation, ...]
    capacity: Estimate
    warnings: tuple[CostWarning, ...]
    receivers: tuple[str, ...] = ()

    @property
    def request(self) -> Parameters | None:
        """The parameters of the first request, as DynamoDB JSON; ``None`` when nothing would be sent."""
        return self.operations[0].request if self.operations else None

    @overload
    def __getitem__(self, index: int) -> ExplainedOperation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ExplainedOperation, ...]: ...
    def __getitem__(self, index: int | slice) -> ExplainedOperation | tuple[ExplainedOperation, ...]:
        return self.operations[index]

    def __len__(self) -> int:
        return len(self.operations)

    def __str__(self) -> str:
        if not self.operations:
            return "Nothing would be sent."
        lines: list[str] = []
        for _, alike in groupby(self.operations, key=lambda each: (each.action, each.table)):
            first, *others = alike
            lines.append(str(first))
            if others:
                lines.append(f"  and {len(others)} more like it")
        lines.append(f"  capacity: {self.capacity}")
        for charge, times in Counter(map(str, self.capacity.charges)).items():
            lines.append(f"    {charge}" if times == 1 else f"    {times} times {charge}")
        lines += (f"  warning: {warning}" for warning in self.warnings)
        lines += (f"  not called: {receiver}" for receiver in self.receivers)
        return "\n".join(lines)

    def __repr__(self) -> str:
        actions = ", ".join(dict.fromkeys(f"{each.action} on {each.table}" for each in self.operations)) or "nothing"
        count = len(self.warnings)
        return f"<Explanation: {actions}; {self.capacity}; {count} {'warning' if count == 1 else 'warnings'}>"


def explanation_of(
    operations: Sequence[Operation[Any]],
    specs: Iterable[TableSpec],
    *,
    read_limits: ReadLimits | None = None,
    receivers: Iterable[str] = (),
    constraints: Sequence[str] = (),
    has_former_key: bool = False,
) -> Explanation:
    """Return the explanation of *operations*.

    Args:
        operations: The operations, before they are sent.
        specs: The specs of their tables.
        read_limits: How much is read, if the operations are the first ones of a read.
        receivers: The names of the receivers of signals that are not called.
        constraints: The names of the constraints that make a transaction of them.
        has_former_key: Whether items that are read by their key are looked for under a former key, too.

    Raises:
        Unsupported: DynamoDB has no request for one of the operations.
    """
    by_name = {spec.name: spec for spec in specs}
    explained = tuple(_explained(operation, by_name) for operation in operations)
    capacity = reduce(add, (each.capacity for each in explained), Estimate())
    if read_limits is not None:
        pages = [operation for operation in operations if isinstance(operation, (Query, Scan))]
        capacity += Estimate(
            tuple(
                further_pages(operation, read_limits) for operation in pages[:1] if read_limits.may_continue(operation)
            )
        )
    warnings = cost_warnings(operations, by_name, read_limits or NO_LIMITS)
    warnings += warn_of_transaction(constraints, operations)
    if has_former_key:
        warnings += warn_of_former_key(operations)
    return Explanation(explained, capacity, tuple(warnings), tuple(receivers))


def _explained(operation: Operation[Any], specs: Mapping[str, TableSpec]) -> ExplainedOperation:
    action, request = encode(operation)
    return ExplainedOperation(operation, action, request, estimate(operation, specs))


def _named(request: Mapping[str, Any], name: str) -> str | None:
    """Return the expression of this *name* in a *request*, with the names of attributes; ``None`` without one."""
    expression: str | None = request.get(name)
    if expression is None:
        return None
    names: Mapping[str, str] = request.get("ExpressionAttributeNames", {})
    return re.sub(r"#\w+", lambda placeholder: _spelled(names[placeholder[0]]), expression)


def _spelled(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f"'{name}'"


def _share(operation: Operation[Any]) -> str:
    if isinstance(operation, Scan) and operation.segment is not None:
        return f", segment {operation.segment} of {operation.total_segments}"
    if isinstance(operation, BatchGet):
        return f", {sum(len(request.keys) for request in operation.requests)} keys"
    return f", {len(operation.requests)} writes" if isinstance(operation, BatchWrite) else ""


def _settings(operation: Operation[Any]) -> Iterator[str]:
    if isinstance(operation, (Query, Scan)):
        if operation.limit is not None:
            yield f"limit {operation.limit}"
        if isinstance(operation, Query) and not operation.forward:
            yield "descending"
        if operation.start_key is not None:
            yield "from a start key on"
        if operation.count_only:
            yield "counted only"
    if is_consistent(operation):
        yield "consistent"
