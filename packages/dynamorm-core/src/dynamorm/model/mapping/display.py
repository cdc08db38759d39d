"""How instances show themselves: with their key and the names of their fields, in logs and consoles, and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from reprlib import recursive_repr
from typing import Any

from dynamorm.data.display import short_repr, short_text, shows_values
from dynamorm.model.mapping.stored_instances import StoredInstance


class _Hidden:
    """The place of a value that is not shown."""

    def __repr__(self) -> str:
        return "…"


HIDDEN = _Hidden()


@recursive_repr("…")
def text_of(instance: StoredInstance) -> str:
    """Return the ``repr`` of an instance: ``Book(isbn='1', author=…, title=…)``. It reads nothing, and never raises."""
    shown = ", ".join(
        f"{name}={'…' if value is HIDDEN else short_repr(value)}" for name, value in shown_fields(instance)
    )
    return f"{type(instance).__name__}({shown})"


def shown_fields(instance: StoredInstance) -> Iterator[tuple[str, Any]]:
    """Iterate over the fields of an instance that are set, with their values: the key first.

    Values besides those of the key are :data:`HIDDEN`, unless ``DYNAMORM_REPR_VALUES`` asks for them.
    """
    try:
        values = set_fields(instance)
        keys = instance._mapper.key_fields
    except Exception:  # noqa: BLE001 - of an abstract base, or a model that is being defined
        return
    visible = shows_values()
    for name in (*keys, *(name for name in values if name not in keys)):
        if name in values:
            yield name, values[name] if visible or name in keys else HIDDEN


def set_fields(instance: StoredInstance) -> dict[str, Any]:
    """Return the values of the fields of an instance that are set, in the order of the schema."""
    attributes = instance.__dict__
    return {name: attributes[name] for name in instance._mapper.adapter.fields if attributes.get(name) is not None}


def html_of(instance: StoredInstance) -> str:
    """Return an instance as a table of HTML, for a notebook: a row for each field that is set."""
    try:
        values: Mapping[str, Any] = set_fields(instance)
    except Exception:  # noqa: BLE001 - of an abstract base, or a model that is being defined
        values = {}
    rows = [(name, short_text(value)) for name, value in values.items()]
    return html_table(type(instance).__name__, (), rows)


def html_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of HTML; the first cell of each row is a heading if there are no *columns*."""
    head = f"<thead><tr>{''.join(f'<th>{escape(each)}</th>' for each in columns)}</tr></thead>" if columns else ""
    body = "".join(f"<tr>{_cells(row, has_heading=not columns)}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption>{head}<tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], *, has_heading: bool) -> str:
    kinds = ["th" if has_heading and not number else "td" for number in range(len(row))]
    return "".join(f"<{kind}>{escape(cell)}</{kind}>" for kind, cell in zip(kinds, row, strict=True))
