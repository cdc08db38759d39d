"""Stored values as HTML: numbers exact, sets marked, bytes by their size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape

from dynamorm.data.values import AttributeValue, type_of
from dynamorm_cli.cells import number, size, units

#: The most characters of a string, and elements of a collection, in the cell of a table.
LONGEST_CELL = 90
MOST_ELEMENTS = 6


def cell(value: AttributeValue) -> Markup:
    """Return a *value* on one line, shortened, for a table."""
    kind = type_of(value)
    if kind == "S":
        assert isinstance(value, str)
        return _span("s", value if len(value) <= LONGEST_CELL else f"{value[:LONGEST_CELL]}…")
    if kind in ("SS", "NS", "BS", "L"):
        elements = _elements(value)
        shown = [_inline(each) for each in elements[:MOST_ELEMENTS]]
        rest = len(elements) - len(shown)
        more = Markup('<span class="more">+{}</span>').format(rest) if rest else ""
        return Markup('<span class="v-{}">{}{}</span>').format("l" if kind == "L" else "set", _join(shown), more)
    if kind == "M":
        assert isinstance(value, dict)
        names = ", ".join(list(value)[:MOST_ELEMENTS])
        return Markup('<span class="v-m">{}</span>').format(names + (", …" if len(value) > MOST_ELEMENTS else ""))
    return _inline(value)


def tree(value: AttributeValue) -> Markup:
    """Return a whole *value*, with what is below it."""
    kind = type_of(value)
    if kind == "S":
        return Markup('<span class="v-s whole">{}</span>').format(value)
    if kind == "M":
        assert isinstance(value, dict)
        rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, tree(each)) for name, each in value.items())
        return Markup('<dl class="tree">{}</dl>').format(Markup().join(rows)) if value else _span("null", "{ }")
    if kind == "L":
        rows = (Markup("<li>{}</li>").format(tree(each)) for each in _elements(value))
        return (
            Markup('<ol class="tree" start="0">{}</ol>').format(Markup().join(rows)) if value else _span("null", "[ ]")
        )
    if kind in ("SS", "NS", "BS"):
        return Markup('<span class="v-set">{}</span>').format(_join(map(_inline, _elements(value))))
    return _inline(value)


def type_name(value: AttributeValue) -> str:
    """Return the name of a value's type in DynamoDB's words."""
    return _TYPE_NAMES[type_of(value)]


_TYPE_NAMES = {
    "S": "string",
    "N": "number",
    "B": "binary",
    "BOOL": "boolean",
    "NULL": "null",
    "L": "list",
    "M": "map",
    "SS": "string set",
    "NS": "number set",
    "BS": "binary set",
}


def size_text(count: float | None) -> str:
    """Return a number of bytes for people."""
    return "not known" if count is None else size(count)


def units_text(count: float | None) -> str:
    """Return a number of capacity units for people."""
    return "not known" if count is None else units(count)


def _inline(value: Any) -> Markup:
    kind = type_of(value)
    if kind == "N":
        return _span("n", number(value))
    if kind == "B":
        return Markup('<span class="v-b" title="{}">{}</span>').format(
            f"begins with {value[:8].hex(' ')}", size(len(value))
        )
    if kind == "BOOL":
        return _span("bool", "true" if value else "false")
    if kind == "NULL":
        return _span("null", "null")
    if kind == "M":
        return _span("m", f"map of {len(value)}")
    if kind == "L":
        return _span("l", f"list of {len(value)}")
    if kind in ("SS", "NS", "BS"):
        return Markup('<span class="v-set">{}</span>').format(_join(map(_inline, _elements(value))))
    return _span("s", value if len(value) <= LONGEST_CELL else f"{value[:LONGEST_CELL]}…")


def _elements(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else sorted(value)


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup('<span class="sep">, </span>').join(parts)


def _span(kind: str, text: object) -> Markup:
    return Markup('<span class="v-{}">{}</span>').format(kind, escape(text))
