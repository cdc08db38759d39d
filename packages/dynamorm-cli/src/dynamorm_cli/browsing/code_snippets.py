"""What is read, as code to copy: in Python, and as a command line."""

from __future__ import annotations

import json
import shlex
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from keyword import iskeyword
from typing import Any

from dynamorm.operate import ItemView, TableView
from dynamorm_cli.browsing.addresses import PageAddress
from dynamorm_cli.cells import number


def page_in_python(view: TableView, address: PageAddress) -> str:
    """Return the read of a page as an expression in Python. Raises what the filters raise."""
    arguments: dict[str, Any] = {}
    repeated = []
    for keyword, operand in view.keywords(address.filters):
        if keyword in arguments:
            repeated.append(f"Q({_arguments({keyword: operand})})")
        else:
            arguments[keyword] = operand
    given = ", ".join((*repeated, *([_arguments(arguments)] if arguments else [])))
    code = f"{view.label}.{'scan' if address.scan else 'query'}({given})"
    if address.descending and not address.scan:
        code += ".reverse()"
    return f"{code}.limit({address.page_size})"


def _arguments(given: Mapping[str, Any]) -> str:
    """Return keyword arguments as Python. What is no name there, such as that of an attribute, is given by a dict."""
    names = [name for name in given if name.isidentifier() and not iskeyword(name)]
    others = {name: value for name, value in given.items() if name not in names}
    return ", ".join([*(f"{name}={given[name]!r}" for name in names), *([f"**{others!r}"] if others else [])])


def page_as_command(view: TableView, address: PageAddress, table: str) -> str | None:
    """Return the read of a page as a command line; ``None`` if a condition has no form there.

    A shared table is no model: it is read by its name, *table*, with values that have types.
    """
    is_model = hasattr(view.owner, "__table__")
    operands = [_operand(keyword, operand, typed=not is_model) for keyword, operand in view.keywords(address.filters)]
    known = [each for each in operands if each is not None]
    # The command line takes each keyword once.
    if len(known) != len(operands) or len({keyword for keyword, _ in known}) != len(known):
        return None
    words = ["dynamorm", "scan" if address.scan else "query"]
    if is_model:
        words.append(_full_name(view.owner, view.index))
    else:
        index = view.index_spec
        words += ["--table", table, *([] if index is None else ["--index", index.name])]
    words += [f"{keyword}{text}" for keyword, text in known]
    if address.descending and not address.scan:
        words.append("--reverse")
    return shlex.join([*words, "--limit", str(address.page_size)])


def _operand(keyword: str, operand: Any, *, typed: bool) -> tuple[str, str] | None:
    """Return a condition as an operand of the command line: the keyword, and what follows it."""
    # The first = or := ends the name there.
    if (typed and "__size" in keyword) or "=" in keyword or keyword.endswith(":"):
        return None
    if isinstance(operand, str) and not operand.isprintable() and not keyword.endswith("__type"):
        # A terminal into which it is pasted would obey control characters.
        return keyword, f":={json.dumps(operand)}"
    if isinstance(operand, str):
        is_bare = not typed or keyword.endswith("__type")
        return keyword, f"={operand}" if is_bare else f"=S:{operand}"
    if isinstance(operand, bytes):
        return (keyword, f"=B:{b64encode(operand).decode()}") if typed else None
    if keyword.endswith(("exists", "not_exists")):
        return keyword, f"={str(operand).lower()}"
    text = _json(operand)
    return None if text is None else (keyword, f":={text}")


def _json(value: Any) -> str | None:
    """Return a *value* as JSON, its numbers with all their digits; ``None`` if it has bytes."""
    if isinstance(value, list):
        parts = list(map(_json, value))
        return None if None in parts else f"[{', '.join(map(str, parts))}]"
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, bytes):
        return None
    return json.dumps(value, ensure_ascii=isinstance(value, str) and not value.isprintable())


def item_in_python(item: ItemView) -> str | None:
    """Return the read of an item as Python; ``None`` if it is of no model, or its key has no fields."""
    values = _key_values(item)
    if item.model is None or values is None:
        return None
    return f"{item.model.__name__}.get({_arguments(values)})"


def item_as_command(item: ItemView) -> str | None:
    """Return the read of an item as a command line; ``None`` as :func:`item_in_python`."""
    values = _key_values(item)
    if item.model is None or values is None:
        return None
    operands = [_operand(name, value, typed=False) for name, value in values.items()]
    if None in operands:
        return None
    return shlex.join(["dynamorm", "get", _full_name(item.model), *("".join(each) for each in operands if each)])


def _key_values(item: ItemView) -> dict[str, Any] | None:
    names = () if item.model is None else item.model._mapper.key_fields
    return {name: item.values[name] for name in names} if all(name in item.values for name in names) else None


def _full_name(owner: type[Any], index: str | None = None) -> str:
    return f"{owner.__module__}:{owner.__qualname__}{f'.{index}' if index else ''}"
