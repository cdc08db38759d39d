"""What is read, as code to copy: in Python, and as a command line."""

from __future__ import annotations

import shlex
from typing import Any

from dynamorm.operate import ItemView, TableView
from dynamorm_cli.browsing.addresses import PageAddress


def page_in_python(view: TableView, address: PageAddress) -> str:
    """Return the read of a page as an expression in Python. Raises what the filters raise."""
    arguments: dict[str, Any] = {}
    repeated = []
    for keyword, operand in view.keywords(address.filters):
        if keyword in arguments:
            repeated.append(f"Q({keyword}={operand!r})")
        else:
            arguments[keyword] = operand
    given = ", ".join((*repeated, *(f"{keyword}={operand!r}" for keyword, operand in arguments.items())))
    code = f"{view.label}.{'scan' if address.scan else 'query'}({given})"
    if address.descending and not address.scan:
        code += ".reverse()"
    return f"{code}.limit({address.page_size})"


def page_as_command(view: TableView, address: PageAddress) -> str:
    """Return the read of a page as a command line."""
    words = ["dynamorm", "scan" if address.scan else "query", _full_name(view.owner, view.index)]
    words += map(str, address.filters)
    if address.descending and not address.scan:
        words.append("--reverse")
    return shlex.join([*words, "--limit", str(address.page_size)])


def item_in_python(item: ItemView) -> str | None:
    """Return the read of an item as Python; ``None`` if it is of no model, or its key has no fields."""
    values = _key_values(item)
    if item.model is None or values is None:
        return None
    return f"{item.model.__name__}.get({', '.join(f'{name}={value!r}' for name, value in values.items())})"


def item_as_command(item: ItemView) -> str | None:
    """Return the read of an item as a command line; ``None`` as :func:`item_in_python`."""
    values = _key_values(item)
    if item.model is None or values is None or any(isinstance(value, bytes) for value in values.values()):
        return None
    return shlex.join(
        ["dynamorm", "get", _full_name(item.model), *(f"{name}={value}" for name, value in values.items())]
    )


def _key_values(item: ItemView) -> dict[str, Any] | None:
    names = () if item.model is None else item.model._mapper.key_fields
    return {name: item.values[name] for name in names} if all(name in item.values for name in names) else None


def _full_name(owner: type[Any], index: str | None = None) -> str:
    return f"{owner.__module__}:{owner.__qualname__}{f'.{index}' if index else ''}"
