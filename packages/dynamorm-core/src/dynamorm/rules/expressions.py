"""The limits of expressions: their length, the number of their operators, and the depth of their paths.

The limits are those of "Quotas in Amazon DynamoDB", section "Expression parameters". Where that says nothing, they are
those of Amazon's DynamoDB Local. A storing backend does not need the text of an expression, so that is made only where
it may be too long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dynamorm.data import (
    Add,
    And,
    BatchGet,
    Comparison,
    Condition,
    ConditionCheck,
    Delete,
    DeleteItem,
    GetItem,
    In,
    Not,
    Operation,
    Or,
    Path,
    PutItem,
    Query,
    Remove,
    Scan,
    Set,
    Size,
    TransactGet,
    TransactWrite,
    UpdateAction,
    UpdateItem,
    limits,
)
from dynamorm.data.conditions import paths, unknown
from dynamorm.data.updates import operand_paths
from dynamorm.exceptions import DynamoException, InvalidUpdate, InvalidValue, RequestRejected

#: An expression that is too long has at least this many paths, operators and choices: each takes at most 40 bytes.
_MANY_PARTS: Final = limits.EXPRESSION_BYTES // 40
#: The parameters of a request that hold expressions.
_PARAMETERS: Final = ("ConditionExpression", "UpdateExpression", "FilterExpression", "ProjectionExpression")


def check_expressions(operation: Operation[Any] | ConditionCheck) -> None:
    """Check the expressions of an *operation*: the length of their text, their operators, and their paths.

    Raises:
        RequestRejected: DynamoDB would refuse an expression, whatever the item.
        InvalidValue: A path leads too deep, or has a name that is too long or empty.
        InvalidUpdate: DynamoDB would refuse the update expression.
        Unsupported: A condition, an operand or an update action is of an unknown type.
    """
    match operation:
        case PutItem(condition=condition) | DeleteItem(condition=condition):
            _check(operation, condition, ())
        case UpdateItem(condition=condition, actions=actions):
            _check(operation, condition, [*map(_path_of, actions), *operand_paths(actions)])
        case GetItem(projection=projection):
            _check(operation, None, projection or ())
        case Query(filter=condition, projection=projection) | Scan(filter=condition, projection=projection):
            _check(operation, condition, projection or ())
        case ConditionCheck(table=table, key=key, condition=condition):
            _check(DeleteItem(table, key, condition), condition, ())
        case TransactWrite(actions=actions):
            for action in actions:
                check_expressions(action)
        case TransactGet(gets=gets):
            for get in gets:
                check_expressions(get)
        case BatchGet(requests=requests):
            for request in requests:
                _check(GetItem(request.table, {}, request.projection), None, request.projection or ())


def _path_of(action: UpdateAction) -> Path:
    if not isinstance(action, (Set, Remove, Add, Delete)):
        raise unknown("Update actions", type(action))
    return action.path


def _check(operation: Operation[Any], condition: Condition | None, other: Sequence[Path]) -> None:
    if condition is None and not other:
        return
    # Each action of an update has one or two values besides its path.
    size = 3 * sum(len(path.elements) for path in other)
    if condition is not None:
        operators = _count_operators(operation, condition)
        condition_paths = list(paths(condition))
        for path in condition_paths:
            _check_path(operation, path, RequestRejected)
        choices = (len(node.choices) for node in _nodes(condition) if isinstance(node, In))
        size += operators + sum(len(path.elements) for path in condition_paths) + sum(choices)
    refusal = InvalidUpdate if isinstance(operation, UpdateItem) else RequestRejected
    for path in other:
        _check_path(operation, path, refusal)
    if size > _MANY_PARTS:
        _check_length(operation)


def _subject_of(operation: Operation[Any]) -> str:
    from dynamorm.wire import subject_of

    return subject_of(operation)


def _nodes(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all conditions in it, at any depth."""
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (And, Or)):
            waiting.extend(node.conditions)
        elif isinstance(node, Not):
            waiting.append(node.condition)


def _count_operators(operation: Operation[Any], condition: Condition) -> int:
    count = 0
    for node in _nodes(condition):
        count += len(node.conditions) - 1 if isinstance(node, (And, Or)) else 1
        if isinstance(node, Comparison):
            count += isinstance(node.left, Size) + isinstance(node.right, Size)
        if count > limits.EXPRESSION_OPERATORS:
            raise RequestRejected(
                f"{_subject_of(operation)} failed: a condition has more than {limits.EXPRESSION_OPERATORS} operators "
                "and functions. Make several requests, or compare with several values at once with IN."
            )
    return count


def _check_path(operation: Operation[Any], path: Path, refusal: type[DynamoException]) -> None:
    if len(path.elements) > limits.NESTING_LEVELS:
        raise (InvalidUpdate if refusal is InvalidUpdate else InvalidValue)(
            f"{_subject_of(operation)} failed: the path that begins at '{path.attribute}' has {len(path.elements)} "
            f"levels, and DynamoDB allows {limits.NESTING_LEVELS}. Read or write the outer value."
        )
    for element in path.elements:
        if isinstance(element, int):
            if element > limits.LARGEST_INDEX:
                raise refusal(
                    f"{_subject_of(operation)} failed: the path that begins at '{path.attribute}' has the index "
                    f"{element}, and DynamoDB allows at most {limits.LARGEST_INDEX}."
                )
        elif not element:
            raise InvalidValue(
                f"{_subject_of(operation)} failed: a path has an empty name. DynamoDB's names have at least one "
                "character."
            )
        elif len(element) > limits.NAME_BYTES // 4 and len(element.encode()) > limits.NAME_BYTES:
            raise InvalidValue(
                f"{_subject_of(operation)} failed: a name in the path that begins at '{path.attribute[:20]}…' has more "
                f"than the {limits.NAME_BYTES:,} bytes that DynamoDB allows."
            )


def _check_length(operation: Operation[Any]) -> None:
    # Imported late: few expressions can be too long, and programs that use this backend don't need DynamoDB's JSON.
    from dynamorm.wire import encode

    parameters = encode(operation).parameters
    for name in _PARAMETERS:
        length = len(parameters.get(name, ""))
        if length > limits.EXPRESSION_BYTES:
            refusal = InvalidUpdate if name == "UpdateExpression" else RequestRejected
            raise refusal(
                f"{_subject_of(operation)} failed: its {name} has {length:,} bytes, and DynamoDB allows "
                f"{limits.EXPRESSION_BYTES:,}. Make several requests, or read or write whole attributes instead of "
                "many parts of them."
            )
