"""Documents of dicts, lists, strings, numbers and booleans as YAML, which needs no library.

A string is plain only if it is a word that YAML reads as a string; others are in double quotes, as in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(::[A-Za-z0-9]+)*")
#: Words that YAML 1.1 reads as something else ("Boolean Language-Independent Type", "Null …", "Float …").
_OTHER: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})


def yaml_of(document: Mapping[str, Any]) -> str:
    """Return a *document* as YAML text."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(value: Mapping[str, Any] | Sequence[Any]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if _is_nested(each):
                yield f"{_scalar(name)}:"
                yield from (f"  {line}" for line in _lines(each))
            else:
                yield f"{_scalar(name)}: {_scalar(each)}"
        return
    for each in value:
        if not _is_nested(each):
            yield f"- {_scalar(each)}"
            continue
        for number, line in enumerate(_lines(each)):
            yield f"- {line}" if number == 0 else f"  {line}"


def _is_nested(value: object) -> bool:
    return isinstance(value, (Mapping, list, tuple)) and bool(value)


def _scalar(value: object) -> str:
    if not isinstance(value, str):
        # Numbers, booleans, and lists and dicts that are empty.
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _OTHER:
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08X}"
    return f"\\u{code:04X}"
