"""Warnings about operations that are expensive, or work otherwise than a reader may expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from dynamorm.data import limits
from dynamorm.data.conditions import And, BeginsWith, Between, Comparison, Condition, DescribedKeyCondition, Value
from dynamorm.data.operations import BatchGet, BatchWrite, GetItem, Operation, Query, Scan, TransactWrite
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.engine.plans.pages import ReadLimits

CostWarningKind: TypeAlias = Literal[
    "full scan", "filter", "consistent read", "several calls", "transaction", "former key"
]


@record
class CostWarning:
    """A warning about the cost of an operation: its ``kind``, and a ``text`` with the reason and what to do instead."""

    kind: CostWarningKind
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def cost_warnings(
    operations: Sequence[Operation[Any]], specs: Mapping[str, TableSpec], read_limits: ReadLimits
) -> list[CostWarning]:
    """Return the warnings about *operations*, each once.

    The source is "Best practices for querying and scanning data in DynamoDB" in the developer guide.

    Args:
        operations: The operations, before they are sent.
        specs: The specs of their tables, by name.
        read_limits: How much is read, if the operations are the first ones of a read.
    """
    found = [warning for operation in operations for warning in _of_operation(operation, specs, read_limits)]
    return list(dict.fromkeys((*found, *_of_calls(operations))))


def warn_of_transaction(constraints: Sequence[str], operations: Sequence[Operation[Any]]) -> list[CostWarning]:
    """Return the warning that *constraints*, if there are any, make a transaction of *operations*."""
    actions = [len(operation.actions) for operation in operations if isinstance(operation, TransactWrite)]
    if not (constraints and actions):
        return []
    listed = " and ".join(dict.fromkeys(constraints))
    text = (
        f"because of {listed} this is a transaction of {actions[0]} actions, each of which costs twice as much as by "
        "itself."
    )
    return [CostWarning("transaction", text)]


def warn_of_former_key(operations: Sequence[Operation[Any]]) -> list[CostWarning]:
    """Return the warning that an item may be read twice, if *operations* read one whose key has a former template."""
    if not any(isinstance(operation, GetItem) for operation in operations):
        return []
    text = (
        "if there is no item under the present key, a second request looks under the former one, that of 'also'. "
        "Remove 'also' after reindex()."
    )
    return [CostWarning("former key", text)]


def is_consistent(operation: Operation[Any]) -> bool:
    """Return whether an *operation* reads consistently, at least in part, and has the choice not to."""
    if isinstance(operation, BatchGet):
        return any(request.consistent for request in operation.requests)
    return isinstance(operation, (GetItem, Query, Scan)) and operation.consistent


def _of_operation(
    operation: Operation[Any], specs: Mapping[str, TableSpec], read_limits: ReadLimits
) -> Iterator[CostWarning]:
    if isinstance(operation, (Query, Scan)):
        yield from _of_read(operation, specs.get(operation.table), read_limits)
    if is_consistent(operation):
        yield CostWarning(
            "consistent read",
            "it costs twice as much as other reads. Leave consistent out where slightly stale data does no harm.",
        )


def _of_read(operation: Query | Scan, spec: TableSpec | None, read_limits: ReadLimits) -> Iterator[CostWarning]:
    fitting = None if spec is None else _fitting_query(operation, spec)
    if isinstance(operation, Scan) and (read_limits.limit is None or operation.filter is not None):
        source = f"table '{operation.table}'"
        if operation.index is not None:
            source = f"index '{operation.index}' of {source}"
        how_much = f"all of {source}" if read_limits.limit is None else f"up to all of {source}"
        if read_limits.single_page:
            how_much = f"a page of {source}, up to 1 MB"
        instead = fitting or "A query, of the table or an index whose hash key is known, reads less."
        yield CostWarning("full scan", f"it reads {how_much}, and every item that is read costs capacity. {instead}")
    if isinstance(operation, Query) and isinstance(operation.key_condition, DescribedKeyCondition):
        yield from (CostWarning("filter", text) for text in operation.key_condition.warnings)
        if operation.key_condition.misses_former:
            yield CostWarning(
                "former key",
                "a query looks only under the present key, and may miss items that are still under the former one, "
                "that of 'also'. reindex() moves them.",
            )
    if operation.filter is not None:
        text = "it is applied after the items were read: those that it drops cost capacity too."
        yield CostWarning("filter", f"{text} {fitting}" if fitting and isinstance(operation, Query) else text)


def _of_calls(operations: Sequence[Operation[Any]]) -> Iterator[CostWarning]:
    batches = (
        (BatchWrite, f"{limits.BATCH_WRITE_REQUESTS} writes"),
        (BatchGet, f"{limits.BATCH_GET_KEYS} keys"),
    )
    for kind, most in batches:
        calls = sum(isinstance(operation, kind) for operation in operations)
        if calls > 1:
            yield CostWarning(
                "several calls", f"it takes {calls} calls of up to {most}, and some may succeed while others fail."
            )


def _fitting_query(operation: Query | Scan, spec: TableSpec) -> str | None:
    """Return the query that could read less than the *operation*: of the table or an index whose keys it compares."""
    equal, ranged = _compared(operation)
    for keyed in _readable_instead(operation, spec):
        hash_names = [attribute.name for attribute in keyed.hash_keys]
        range_names = list(_usable(keyed, equal, ranged))
        # Another index with the same hash key helps only through its range key.
        narrows = range_names or isinstance(operation, Scan) or not _queried(operation).issuperset(hash_names)
        if equal.issuperset(hash_names) and narrows:
            source = f"The index '{keyed.name}'" if isinstance(keyed, IndexSpec) else "The table itself"
            keys = " and ".join(f"'{name}'" for name in (*hash_names, *range_names))
            partly = isinstance(keyed, IndexSpec) and keyed.projection.kind != "ALL"
            return f"{source} can be queried by {keys} instead{', but does not hold all attributes' if partly else ''}."
    return None


def _usable(keyed: TableSpec | IndexSpec, equal: set[str], ranged: set[str]) -> Iterator[str]:
    """Yield the attributes of a range key that a query could compare: the leading ones, all but the last with ``=``."""
    for attribute in keyed.range_keys:
        if attribute.name not in ranged:
            return
        yield attribute.name
        if attribute.name not in equal:
            return


def _readable_instead(operation: Query | Scan, spec: TableSpec) -> Iterator[TableSpec | IndexSpec]:
    """Yield the table and the indexes that could be read instead of what the *operation* reads."""
    if isinstance(operation, Scan) or operation.index is not None:
        yield spec
    for index in spec.indexes:
        is_read = isinstance(operation, Query) and index.name == operation.index
        if not is_read and not (operation.consistent and index.kind == "global"):
            yield index


def _queried(operation: Query) -> set[str]:
    """Return the hash key attributes in the key condition."""
    return set(operation.key_condition.hash_values)


def _compared(operation: Query | Scan) -> tuple[set[str], set[str]]:
    """Return the attributes that a read compares with ``=``, and those that it compares as a range key allows."""
    equal: set[str] = set(_queried(operation)) if isinstance(operation, Query) else set()
    ranged: set[str] = set()
    for condition in _anded(operation.filter):
        match condition:
            case Comparison(operator=operator, left=Path() as path, right=Value()) if operator != "<>":
                ranged |= _whole_attribute(path)
                if operator == "=":
                    equal |= _whole_attribute(path)
            case Between(operand=Path() as path, low=Value(), high=Value()) | BeginsWith(path=path, prefix=Value()):
                ranged |= _whole_attribute(path)
    return equal, ranged


def _whole_attribute(path: Path) -> set[str]:
    return {path.attribute} if path.is_attribute else set()


def _anded(condition: Condition | None) -> Iterator[Condition]:
    if isinstance(condition, And):
        for part in condition.conditions:
            yield from _anded(part)
    elif condition is not None:
        yield condition
