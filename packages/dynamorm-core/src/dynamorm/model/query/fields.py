"""The fields of a model as the query language sees them: names lead to places in an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dynamorm.data.paths import Path, PathElement
from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue, normalise
from dynamorm.exceptions import InvalidOperator, InvalidSchemaField
from dynamorm.model.query.schema_errors import note_schema
from dynamorm.ports.schemas import SchemaField, Shape


@record
class FieldLocation:
    """A place in an item: its path, and the field there; ``None`` below what the schema describes."""

    path: Path
    field: SchemaField | None
    text: str
    model_name: str

    def dump(self, value: Any, *, validate: bool = False) -> AttributeValue:
        """The stored form of a *value* of this place, given natively or serialised.

        Validators are run only when it is to be stored there, and so to *validate*. Raises
        :class:`~dynamorm.exceptions.ValidationError` or :class:`~dynamorm.exceptions.InvalidValue`.
        """
        if self.field is not None and (validate or value is not None):
            value = self._dumped(self.field, value, validate=validate)
        return normalise(value, self.text)

    def check(self, value: Any) -> None:
        """Raises :class:`~dynamorm.exceptions.ValidationError` for a *value* that may not stand here as a whole."""
        if self.field is not None:
            self._dumped(self.field, value, validate=True)

    def _dumped(self, field: SchemaField, value: Any, *, validate: bool) -> Any:
        try:
            return field.dump(value, validate=validate)
        except Exception as error:
            note_schema(error, self.model_name, self.text)
            raise

    def element(self, index: int = 0) -> FieldLocation:
        """An element of the list or set of this place, as far as the schema tells."""
        field = None if self.field is None else self.field.child(index)
        return FieldLocation(self.path, field, self.text, self.model_name)


@record
class LookupPath:
    """A keyword such as ``address__state__begins_with`` in parts: names that lead to a place, then operators."""

    names: tuple[PathElement, ...]
    operators: tuple[str, ...]


class SchemaFields:
    """The fields of one model, and what stands below them."""

    def __init__(self, model_name: str, fields: Mapping[str, SchemaField]) -> None:
        self.model_name = model_name
        self._fields = fields

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def field(self, name: str) -> SchemaField:
        """The field of this *name*. Raises :class:`~dynamorm.exceptions.InvalidSchemaField`."""
        try:
            return self._fields[name]
        except KeyError:
            raise InvalidSchemaField(self._unknown(name)) from None

    def stored(self, name: str, value: Any) -> AttributeValue:
        """The stored form of one *value* of the field of this *name*, which is not ``None``; see :meth:`Location.dump`."""
        try:
            stored = self.field(name).dump(value)
        except Exception as error:
            note_schema(error, self.model_name, name)
            raise
        return normalise(stored, name)

    def locate(self, names: Sequence[PathElement], operators: str = "") -> FieldLocation:
        """The place that *names* lead to: a field's name, then names and indexes below it.

        *operators* is a sentence that says which ones there are, for the error about a name that could be one.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when the schema knows that nothing of that name can be
        there, and :class:`~dynamorm.exceptions.InvalidOperator` when there is nothing below a field, or no list for an index.
        """
        name = str(names[0])
        field: SchemaField | None = self.field(name)
        assert field is not None
        elements: list[PathElement] = [field.attribute]
        text = name
        for element in names[1:]:
            field = self._below(field, element, text, operators)
            elements.append(element if field is None or isinstance(element, int) else field.attribute)
            text += f"[{element}]" if isinstance(element, int) else f".{element}"
        return FieldLocation(Path(tuple(elements)), field, text, self.model_name)

    def split(self, keyword: str, tail: Callable[[Sequence[str]], int]) -> LookupPath:
        """Splits a *keyword* at its double underscores into names and operators.

        *tail* tells how many of the parts at the end are operators. A part that the schema knows as a
        name below the field is a name, even when there is an operator called so.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` or
        :class:`~dynamorm.exceptions.InvalidOperator`.
        """
        name, parts = self._field_and_parts(keyword)
        if any(not part for part in parts):
            raise InvalidOperator(f"'{keyword}' has nothing between or behind its double underscores.")
        operators = tail(parts)
        names = self._names(name, parts[: len(parts) - operators])
        if operators:
            field = self.locate(names).field
            known = None if field is None else field.child_names()
            if known is not None and parts[-operators] in known:
                operators -= 1
                names = self._names(name, parts[: len(parts) - operators])
        return LookupPath(names, tuple(parts[len(parts) - operators :]))

    def _field_and_parts(self, keyword: str) -> tuple[str, list[str]]:
        # The longest name wins, because a field's own name may hold double underscores.
        parts = keyword.split("__")
        for length in range(len(parts), 0, -1):
            name = "__".join(parts[:length])
            if name in self._fields:
                return name, parts[length:]
        raise InvalidSchemaField(self._unknown(parts[0] or keyword))

    def _names(self, name: str, parts: Sequence[str]) -> tuple[PathElement, ...]:
        names: list[PathElement] = [name]
        field: SchemaField | None = self.field(name)
        for part in parts:
            index = part.isdecimal() and (field is None or field.shape in (Shape.LIST, Shape.ANY))
            element = int(part) if index else part
            field = None if field is None else field.child(element)
            names.append(element)
        return tuple(names)

    def _below(self, field: SchemaField | None, element: PathElement, text: str, operators: str) -> SchemaField | None:
        if field is None:
            return None
        if isinstance(element, int) and field.shape in (Shape.SCALAR, Shape.MAP):
            kind = "a map" if field.shape is Shape.MAP else "a single value"
            raise InvalidOperator(
                f"[{element}] is an index into a list, and '{text}' is {kind} in the schema of {self.model_name}."
            )
        if field.shape is Shape.SCALAR:
            raise InvalidOperator(
                f"'{element}' is neither an operator nor something below '{text}', which is a single value in the "
                f"schema of {self.model_name}. {operators}".rstrip()
            )
        if isinstance(element, str) and field.shape is Shape.LIST:
            if element.isdecimal():
                raise InvalidOperator(
                    f"'{element}' is a text, and an index into '{text}', which is a list in the schema of {self.model_name}, is a "
                    f"number: {text}[{int(element)}]."
                )
            raise InvalidOperator(
                f"'{element}' is neither an operator nor an index into '{text}', which is a list in the schema of "
                f"{self.model_name}. {operators}".rstrip()
            )
        known = field.child_names()
        if known is not None and isinstance(element, str) and element not in known:
            raise InvalidSchemaField(
                f"'{text}' of {self.model_name} has no field '{element}'.{_suggestion(element, known)}"
            )
        return field.child(element)

    def _unknown(self, name: str) -> str:
        return f"{self.model_name} has no field '{name}'.{_suggestion(name, self._fields)}"


def _suggestion(name: str, known: Mapping[str, object] | frozenset[str]) -> str:
    # Imported here because a program without mistakes needs no suggestions.
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1)
    if close:
        return f" Is '{close[0]}' meant?"
    return f" Its fields are {', '.join(sorted(known))}."
