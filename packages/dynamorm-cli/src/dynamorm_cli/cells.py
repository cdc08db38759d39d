"""Stored values as the cells of tables and of CSV files: exact numbers, marked sets, the sizes of bytes."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from dynamorm_cli.quantities import size

#: The most characters of a value in a table.
LONGEST = 120


def cell(value: Any, longest: int = LONGEST) -> str:
    """Return a stored *value* for a table.

    Numbers have all their digits, sets have braces, lists brackets, and of bytes only the number is shown. Control
    characters are escaped: they could do anything to a terminal. A text of more than *longest* characters is cut.
    """
    text = _shown(value, quoted=False)
    if len(text) > longest:
        return f"{text[: longest - 1]}… ({len(text):,} characters)"
    return text


def csv_cell(value: Any) -> str:
    """Return a stored *value* for a CSV file: what has several values is JSON, bytes are base64, nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (int, Decimal)):
        return number(value)
    if isinstance(value, str):
        return value
    from dynamorm.model.interchange.json_text import text_of  # deferred: start-up cost
    from dynamorm.ports.json_forms import plain_json  # deferred: start-up cost

    return text_of(plain_json(value))


def number(value: int | Decimal) -> str:
    """Return a number with all its digits and no more: ``1.50`` is 1.5."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    return str(value) if len(text) > LONGEST else text


def _shown(value: Any, *, quoted: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return number(value)
    if isinstance(value, bytes):
        return f"<{size(len(value))}>"
    if isinstance(value, set):
        return "{" + ", ".join(_shown(each, quoted=True) for each in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(each, quoted=True) for each in value) + "]"
    if isinstance(value, dict):
        entries = (f"{printable(name)}: {_shown(each, quoted=True)}" for name, each in value.items())
        return "{" + ", ".join(entries) + "}"
    return f'"{printable(str(value))}"' if quoted else printable(str(value))


def printable(text: str) -> str:
    """Return a *text* in which characters that control a terminal are escaped, as Python does."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
