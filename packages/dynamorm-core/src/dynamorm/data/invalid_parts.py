"""The part of a value that DynamoDB can't store, looked for when a value was refused, so that others cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from dynamorm.exceptions import InvalidValue

#: Checks a value with this name: raises ``InvalidValue`` if DynamoDB can't store it.
Check: TypeAlias = Callable[[Any, str], object]


def named_by_path(error: InvalidValue, values: Mapping[str, Any], check: Check) -> InvalidValue:
    """Return the *error* of one of these *values* by name, with the path of the part that has it, ``"lines[0].text"``.

    A value that is nested too deeply has no such part.
    """
    return _first_error(values.items(), check) or error


def _first_error(parts: Iterable[tuple[object, Any]], check: Check) -> InvalidValue | None:
    for label, part in parts:
        if isinstance(label, str) and label:
            try:
                check(part, label)
            except InvalidValue as error:
                below = None if _is_too_deep(error) else _first_error(_parts_of(part, label), check)
                return below or error
    return None


def _is_too_deep(error: InvalidValue) -> bool:
    return "is nested deeper than" in str(error)


def _parts_of(value: Any, label: str) -> list[tuple[object, Any]]:
    if isinstance(value, Mapping):
        # Only strings that are not empty are names.
        return [(f"{label}.{name}" if isinstance(name, str) and name else None, each) for name, each in value.items()]
    return [(f"{label}[{i}]", each) for i, each in enumerate(value)] if isinstance(value, (list, tuple)) else []
