"""The fields of a model as the query language sees them: names lead to locations in an item."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dynamorm.data.paths import Path, PathElement
from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue, normalise
from dynamorm.exceptions import InvalidKey, InvalidOperator, InvalidSchemaField, InvalidValue, ValidationError
from dynamorm.model.query.date_times import dump_value, is_beginning_only
from dynamorm.model.query.misplaced import refuse_query_elements
from dynamorm.model.query.schema_errors import add_schema_note, below_names
from dynamorm.ports.schemas import SchemaField, Shape

if TYPE_CHECKING:
    from dynamorm.model.query.other_words import Endings

KeywordOf: TypeAlias = Literal["condition", "update"]


@record
class FieldLocation:
    """A location in an item: its path, and the field there, which is ``None`` below what the schema describes.

    *label* is the location as error messages show it, ``"address.lines[0]"``; *names* are what leads to it.
    *takes_values* is whether items are read with what is stored there.
    """

    path: Path
    field: SchemaField | None
    label: str
    model_name: str
    names: tuple[PathElement, ...] = ()
    takes_values: bool = True

    def dump(self, value: Any, *, validate: bool = False) -> AttributeValue:
        """Return the stored form of a *value* at this location, given native or serialised.

        Pass *validate* for a value that is to be stored here: only then are validators run.

        Raises:
            ValidationError: The schema refuses the value.
            InvalidValue: DynamoDB can't store the value.
        """
        if self.field is not None and (validate or value is not None):
            value = self._dumped(self.field, value, validate=validate)
        try:
            return normalise(value, self.label)
        except InvalidValue:
            refuse_query_elements({self.label: value}, self.model_name)
            raise

    def check(self, value: Any) -> None:
        """Raise :class:`~dynamorm.exceptions.ValidationError` for a *value* that can't be stored here as a whole."""
        if self.field is not None:
            self._dumped(self.field, value, validate=True)

    def _dumped(self, field: SchemaField, value: Any, *, validate: bool) -> Any:
        try:
            return dump_value(field, value, validate=validate)
        except Exception as error:
            refuse_query_elements({self.label: value}, self.model_name)
            if isinstance(error, ValidationError) and len(self.names) > 1:
                raise ValidationError(
                    error.raw, error.schema_name, below_names(self.names, error.errors)
                ) from error.__cause__
            add_schema_note(error, self.model_name, self.label)
            raise

    def element(self, index: int = 0) -> FieldLocation:
        """Return the location of an element of the list or set here, as far as the schema describes it."""
        field = None if self.field is None else self.field.child(index)
        return FieldLocation(self.path, field, self.label, self.model_name, (*self.names, index))


@record
class LookupPath:
    """A keyword such as ``address__state__begins_with`` in parts: names that lead to a location, then operators."""

    names: tuple[PathElement, ...]
    operators: tuple[str, ...]
    is_keyword: bool = True


class SchemaFields:
    """The fields of one model, and what stands below them."""

    def __init__(self, model_name: str, fields: Mapping[str, SchemaField], *, keeps_unknown: bool = False) -> None:
        self.model_name = model_name
        self._fields = fields
        #: Whether names without a field are kept: each is an attribute's.
        self.keeps_unknown = keeps_unknown
        #: Whether the table allows keys that have no order.
        self.has_unordered_keys = False

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def with_attributes(self, attributes: Mapping[str, SchemaField]) -> SchemaFields:
        """Return these fields and *attributes* by name that the schema does not have; of one name, its field wins."""
        fields = SchemaFields(self.model_name, {**attributes, **self._fields}, keeps_unknown=self.keeps_unknown)
        fields.has_unordered_keys = self.has_unordered_keys
        return fields

    def field(self, name: str) -> SchemaField:
        """Return the field of this *name*. Raises :class:`~dynamorm.exceptions.InvalidSchemaField` if there is none."""
        try:
            return self._fields[name]
        except KeyError:
            raise InvalidSchemaField(self._unknown(name)) from None

    def stored_value(self, name: str, value: Any) -> AttributeValue:
        """Return the stored form of one *value*, not ``None``, of the field of this *name*, which is part of a key.

        Raises what :meth:`FieldLocation.dump` raises, and :class:`~dynamorm.exceptions.InvalidKey` for the beginning of
        a date-time.
        """
        field = self.field(name)
        try:
            stored = self._date_time_of_key(field, value) if field.date_times else field.dump(value)
        except Exception as error:
            refuse_query_elements({name: value}, self.model_name)
            add_schema_note(error, self.model_name, name)
            raise
        return normalise(stored, name)

    def _date_time_of_key(self, field: SchemaField, value: Any) -> Any:
        if is_beginning_only(field, value):
            raise InvalidKey(
                f"The key '{field.name}' of {self.model_name} is a date-time, and this string is only the beginning of "
                f"one. Give the whole date-time. For a range key, a query takes {field.name}__begins_with."
            )
        return dump_value(field, value)

    def locate(self, names: Sequence[PathElement], *, keyword_of: KeywordOf | None = None) -> FieldLocation:
        """Return the location that *names* lead to: a field's name, then names and indexes below it.

        Args:
            names: The names and indexes.
            keyword_of: What the names are a keyword of, for the error about one that might be meant for an operator.

        Raises:
            InvalidSchemaField: The schema has no such name there, or does not store it.
            InvalidOperator: There is nothing below a field, or an index does not lead into a list.
        """
        name = str(names[0])
        field = self._field_or_none(name)
        elements: list[PathElement] = [name if field is None else field.attribute]
        label = name
        self._refuse_unstored(field, label)
        takes_values = field is None or field.takes_values
        for element in names[1:]:
            field = self._child(field, element, label, keyword_of)
            elements.append(element if field is None or isinstance(element, int) else field.attribute)
            label += f"[{element}]" if isinstance(element, int) else f".{element}"
            self._refuse_unstored(field, label)
            takes_values = takes_values and (field is None or field.takes_values)
        return FieldLocation(Path(tuple(elements)), field, label, self.model_name, tuple(names), takes_values)

    def split(self, keyword: str, count_operators: Callable[[Sequence[str]], int]) -> LookupPath:
        """Split a *keyword* at its double underscores into names and operators.

        *count_operators* returns how many of the parts at the end are operators. A part that the schema knows as a name
        below the field is a name, even when an operator has the same name.

        Raises:
            InvalidSchemaField: The keyword does not begin with a field's name.
            InvalidOperator: A part between double underscores is empty.
        """
        name, parts = self._field_and_parts(keyword)
        if any(not part for part in parts):
            raise InvalidOperator(f"'{keyword}' has nothing between or after its double underscores.")
        operators = count_operators(parts)
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
        if self.keeps_unknown and parts[0]:
            return parts[0], parts[1:]
        raise InvalidSchemaField(self._unknown(parts[0] or keyword))

    def _field_or_none(self, name: str) -> SchemaField | None:
        """Return the field of this *name*; ``None`` for a name that the schema keeps without a field."""
        return None if self.keeps_unknown and name not in self._fields else self.field(name)

    def _names(self, name: str, parts: Sequence[str]) -> tuple[PathElement, ...]:
        names: list[PathElement] = [name]
        field = self._field_or_none(name)
        for part in parts:
            index = part.isdecimal() and (field is None or field.shape in (Shape.LIST, Shape.ANY))
            element = int(part) if index else part
            field = None if field is None else field.child(element)
            names.append(element)
        return tuple(names)

    def _child(
        self, field: SchemaField | None, element: PathElement, label: str, keyword_of: KeywordOf | None
    ) -> SchemaField | None:
        if field is None:
            return None
        if isinstance(element, int):
            if field.shape in (Shape.SCALAR, Shape.MAP):
                kind = "a map" if field.shape is Shape.MAP else "a single value"
                raise InvalidOperator(
                    f"[{element}] is an index into a list, but '{label}' is {kind} in the schema of {self.model_name}."
                )
        elif field.shape is Shape.SCALAR:
            raise InvalidOperator(self._nothing_below(element, label, "a single value", keyword_of))
        elif field.shape is Shape.LIST:
            if not element.isdecimal():
                raise InvalidOperator(self._nothing_below(element, label, "a list", keyword_of))
            raise InvalidOperator(
                f"'{element}' is a string, but '{label}' is a list in the schema of {self.model_name}, whose index is "
                f"a number: {label}[{int(element)}]."
            )
        else:
            known = field.child_names()
            if known is not None and element not in known:
                meant = suggestion(element, known)
                if keyword_of is not None and "Did you mean" not in meant:
                    meant = f"{meant} {_endings(keyword_of).meant(element, label)}".rstrip()
                raise InvalidSchemaField(f"'{label}' of {self.model_name} has no field '{element}'.{meant}")
        return field.child(element)

    def _refuse_unstored(self, field: SchemaField | None, label: str) -> None:
        if field is not None and not field.is_stored:
            raise InvalidSchemaField(
                f"'{label}' of {self.model_name} is not in the table: the schema leaves it out when it serialises. "
                "Only the instance that it was given to has it."
            )

    def _nothing_below(self, element: str, label: str, kind: str, keyword_of: KeywordOf | None) -> str:
        """Return the message about a name that leads to nothing below a field that is a list or a single value."""
        where = f"'{label}' is {kind} in the schema of {self.model_name}"
        if keyword_of is None:
            return f"'{element}' leads to nothing: {where}."
        endings = _endings(keyword_of)
        return f"'{element}' is not {endings.kind}, and {where}. {endings.advice(element, label)}"

    def _unknown(self, name: str) -> str:
        from dynamorm.model.query.other_words import ARGUMENTS  # deferred: start-up cost

        meant = suggestion(name, self._fields)
        if "Did you mean" not in meant and name in ARGUMENTS:
            meant = f" {ARGUMENTS[name]}"
        return f"{self.model_name} has no field '{name}'.{meant}"


def _endings(keyword_of: KeywordOf) -> Endings:
    from dynamorm.model.query.other_words import ENDINGS  # deferred: start-up cost

    return ENDINGS[keyword_of]


def suggestion(name: str, known: Collection[str]) -> str:
    """Return a sentence with the *known* name that is meant by an unknown *name*, or with all that there are."""
    from difflib import get_close_matches  # deferred: start-up cost

    close = get_close_matches(str(name), list(known), n=1)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Its fields are {', '.join(sorted(known))}."
