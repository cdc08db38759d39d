"""The syntax of templates: literal text, and placeholders of fields in braces."""

from __future__ import annotations

import re
from typing import TypeAlias

from dynamorm.data.records import record
from dynamorm.exceptions import InvalidKey


@record
class Placeholder:
    """A field in a template, ``{name}`` or ``{name:spec}``; a dotted name is a value below the field."""

    name: str
    spec: str


#: Literal text, or a field.
Part: TypeAlias = str | Placeholder

_TOKENS = r"(?P<brace>\{\{|\}\})|\{(?P<inside>[^{}]*)\}|(?P<wrong>[{}])|(?P<text>[^{}]+)"
_NAME = r"[^\s.:!]+(\.[^\s.:!]+)*"


def parsed(template: str, label: str) -> tuple[Part, ...]:
    """Return the parts of a *template*, which *label* names in errors; literal text that is adjacent is one part.

    Raises :class:`~dynamorm.exceptions.InvalidKey` for an empty template, braces that are not balanced, something
    between braces that is not a field, a field that is named twice, and two fields without text between them.
    """
    parts: list[Part] = []
    for token in re.finditer(_TOKENS, template):
        if token["wrong"] is not None:
            raise InvalidKey(
                f"The template of {label} has a '{token['wrong']}' without its counterpart. A field stands between "
                "braces, {name}; write {{ and }} for braces themselves."
            )
        if token["inside"] is not None:
            parts.append(_placeholder(token["inside"], parts, label))
            continue
        text = token["text"] or token["brace"][0]
        before = parts[-1] if parts else None
        if isinstance(before, str):
            parts[-1] = before + text
        else:
            parts.append(text)
    if not parts:
        raise InvalidKey(f"The template of {label} is empty, and DynamoDB allows no empty key. Name a field in it.")
    return tuple(parts)


def _placeholder(inside: str, before: list[Part], label: str) -> Placeholder:
    name, _, spec = inside.partition(":")
    if not re.fullmatch(_NAME, name):
        raise InvalidKey(
            f"The template of {label} has '{{{inside}}}', which names no field. Write the name of a field, {{name}}, "
            "of a value below one, {name.below}, or a form after a colon, {name:010d}."
        )
    if before and isinstance(before[-1], Placeholder):
        raise InvalidKey(
            f"The template of {label} has the fields '{before[-1].name}' and '{name}' without text between them, so "
            "that different values would give one key. Write the separator of the table between them."
        )
    if any(isinstance(part, Placeholder) and part.name == name for part in before):
        raise InvalidKey(f"The template of {label} has the field '{name}' twice. Leave it out once.")
    return Placeholder(name, spec)
