"""Stored values as HTML: numbers exact, sets marked, bytes by their size, and what would not be seen made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sized
from itertools import islice
from typing import Any

from markupsafe import Markup

from dynamorm.data.values import AttributeValue, type_of
from dynamorm_cli.cells import number, printable
from dynamorm_cli.quantities import size, units

#: The most characters of a string, and elements of a collection, in the cell of a table.
LONGEST_CELL = 90
MOST_ELEMENTS = 6
#: The most characters of a string, and elements of a collection, that the page of an item shows at once.
LONGEST_TEXT = 4000
LONGEST_START = 2000
MOST_IN_TREE = 500
#: The most bytes whose hexadecimal form is shown, in the cell of a table and elsewhere.
BYTES_IN_CELL = 4
BYTES_IN_TREE = 16
#: Characters that show nothing, or change the order of those around them. Those that join letters and emoji are not
#: among them.
_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSEEN_IN_TEXT = re.compile(f"[{_UNSEEN}]+")
#: On one line also line breaks, tabs, and the blanks at both ends.
_UNSEEN_ON_LINE = re.compile(f"[{_UNSEEN}\\n\\t]+|^ +| +$")


def cell(value: AttributeValue) -> Markup:
    """Return a *value* on one line, shortened, for a table."""
    kind = type_of(value)
    if kind in ("SS", "NS", "BS", "L"):
        elements = _elements(value)
        shown = [_inline(each) for each in elements[:MOST_ELEMENTS]]
        rest = len(elements) - len(shown)
        more = Markup('<span class="more">+{:,}</span>').format(rest) if rest else ""
        return Markup('<span class="v-{}">{}{}</span>').format("l" if kind == "L" else "set", _join(shown), more)
    if kind == "M":
        assert isinstance(value, dict)
        names = printable(", ".join([name[:LONGEST_CELL] for name in value][:MOST_ELEMENTS]))
        return Markup('<span class="v-m">{}</span>').format(names + (", …" if len(value) > MOST_ELEMENTS else ""))
    return _inline(value, BYTES_IN_CELL)


def tree(value: AttributeValue) -> Markup:
    """Return a whole *value*, with what is below it."""
    kind = type_of(value)
    if kind == "S":
        assert isinstance(value, str)
        return _whole_text(value)
    if kind == "M":
        assert isinstance(value, dict)
        rows = (
            Markup("<div{}><dt>{}</dt><dd>{}</dd></div>").format(_below(each), printable(name), tree(each))
            for name, each in islice(value.items(), MOST_IN_TREE)
        )
        inner = Markup().join(rows)
        return Markup('<dl class="tree">{}</dl>{}').format(inner, _rest(value)) if value else _span("null", "{ }")
    if kind == "L":
        assert isinstance(value, list)
        rows = (Markup("<li{}>{}</li>").format(_below(each), tree(each)) for each in value[:MOST_IN_TREE])
        inner = Markup().join(rows)
        return Markup('<ol class="tree">{}</ol>{}').format(inner, _rest(value)) if value else _span("null", "[ ]")
    if kind in ("SS", "NS", "BS"):
        return Markup('<span class="v-set">{}</span>').format(_join(map(_inline, _elements(value))))
    return _inline(value)


def _whole_text(value: str) -> Markup:
    if len(value) <= LONGEST_TEXT:
        return _text(value, _UNSEEN_IN_TEXT, " whole")
    return Markup('{}<details class="rest"><summary>all {:,} characters</summary>{}</details>').format(
        _text(f"{value[:LONGEST_START]}…", _UNSEEN_IN_TEXT, " whole"),
        len(value),
        _text(value, _UNSEEN_IN_TEXT, " whole"),
    )


def _rest(value: Sized) -> Markup:
    """Return how much of a collection is not shown, as a browser takes minutes for some."""
    left = len(value) - MOST_IN_TREE
    return Markup('<p class="more">+{:,}, all are in the JSON</p>').format(left) if left > 0 else Markup()


def _below(value: AttributeValue) -> Markup:
    """Return the class of the place of what stands below its name, not beside it."""
    return Markup(' class="below"') if value and type_of(value) in ("M", "L") else Markup()


def visible_json(text: str) -> str:
    """Return JSON in which characters that show nothing are escaped, so that it means the same."""
    return _UNSEEN_IN_TEXT.sub(lambda found: _utf16(found[0]), text)


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


def _inline(value: Any, most_bytes: int = BYTES_IN_TREE) -> Markup:
    kind = type_of(value)
    if kind == "N":
        return _span("n", number(value))
    if kind == "B":
        more = " …" if len(value) > most_bytes else ""
        start = Markup("<code>{}{}</code> ").format(value[:most_bytes].hex(" "), more) if value else ""
        return Markup('<span class="v-b">{}{}</span>').format(start, size(len(value)))
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
    return _text(value if len(value) <= LONGEST_CELL else f"{value[:LONGEST_CELL]}…", _UNSEEN_ON_LINE)


def _text(value: str, unseen: re.Pattern[str], more: str = "") -> Markup:
    """Return a string with a mark in place of each character that is *unseen*."""
    if not value:
        return _span("null", '""')
    parts: list[Markup | str] = []
    start = 0
    for found in unseen.finditer(value):
        shown = "␣" * len(found[0]) if found[0][0] == " " else found[0].encode("unicode_escape").decode()
        parts += [value[start : found.start()], Markup('<span class="unseen">{}</span>').format(shown)]
        start = found.end()
    return Markup('<span class="v-s{}">{}</span>').format(more, Markup().join([*parts, value[start:]]))


def _utf16(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def _elements(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else sorted(value)


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup('<span class="sep">, </span>').join(parts)


def _span(kind: str, text: object) -> Markup:
    return Markup('<span class="v-{}">{}</span>').format(kind, text)
