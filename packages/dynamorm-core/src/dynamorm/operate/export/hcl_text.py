"""A configuration of Terraform in its own language, made of the JSON form of it.

See "Syntax" in the documentation of the Terraform language, and "JSON Configuration Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

#: The blocks with labels, and how many labels each has.
_LABELS: Final = {"resource": 2, "variable": 1}
#: The names that are blocks in this language. The other dicts are maps.
_BLOCKS: Final = frozenset(
    {
        "attribute",
        "global_secondary_index",
        "import",
        "key_schema",
        "lifecycle",
        "local_secondary_index",
        "required_providers",
        "terraform",
        "ttl",
    }
)
#: The arguments whose values are expressions: a reference to a resource, and a type.
_EXPRESSIONS: Final = frozenset({("import", "to"), ("variable", "type")})
_INTERPOLATION: Final = re.compile(r"\$\{([\w.-]+)\}")
_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def hcl_of(document: Mapping[str, Any]) -> str:
    """Return the text of a *document*, as ``terraform fmt`` would format it."""
    blocks = []
    for name, value in document.items():
        for labels, body in _labelled(value, _LABELS.get(name, 0)):
            blocks.append("\n".join(_block(name, labels, body)))
    return "\n\n".join(blocks) + "\n"


def _labelled(value: Any, labels: int) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield the blocks of one name, each with its labels."""
    if labels:
        for label, each in value.items():
            yield from (((label, *rest), body) for rest, body in _labelled(each, labels - 1))
    elif isinstance(value, list):
        yield from (((), each) for each in value)
    else:
        yield (), value


def _block(name: str, labels: Iterable[str], body: Mapping[str, Any]) -> Iterator[str]:
    head = " ".join((name, *map(_quoted, labels)))
    yield f"{head} {{"
    yield from (f"  {line}" if line else "" for line in _body(name, body))
    yield "}"


def _body(block: str, body: Mapping[str, Any]) -> Iterator[str]:
    arguments = {name: value for name, value in body.items() if name not in _BLOCKS}
    yield from _assignments(arguments, block)
    begun = bool(arguments)
    for name, value in body.items():
        if name in _BLOCKS:
            for each in value if isinstance(value, list) else [value]:
                if begun:
                    yield ""
                begun = True
                yield from _block(name, (), each)


def _assignments(values: Mapping[str, Any], block: str | None = None) -> Iterator[str]:
    """Yield the lines of arguments, or of a map (*block* is ``None``), with equals signs one below the other."""
    names = {
        name: name if block is not None or re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) else _quoted(name)
        for name in values
    }
    # Arguments of several lines stand apart from the others.
    width = max((len(names[name]) for name, value in values.items() if not isinstance(value, Mapping)), default=0)
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield f"{names[name]} = {{"
            yield from (f"  {line}" for line in _assignments(value))
            yield "}"
        else:
            text = value if (block, name) in _EXPRESSIONS else _expression(value)
            yield f"{names[name]:{width}} = {text}"


def _expression(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        reference = _INTERPOLATION.fullmatch(value)
        return reference[1] if reference else _quoted(value)
    return f"[{', '.join(map(_expression, value))}]"


def _quoted(text: str) -> str:
    """Return a *text* in quotes. It is a template already, whose own escapes are left as they are."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
