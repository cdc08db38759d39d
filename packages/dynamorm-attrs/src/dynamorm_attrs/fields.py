"""Fields of attrs classes as the :class:`~dynamorm.ports.schemas.SchemaField` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from dynamorm.data.paths import PathElement
from dynamorm.exceptions import InvalidValue, ValidationError
from dynamorm.ports.alternatives import AlternativeField
from dynamorm.ports.date_times import AS_GIVEN
from dynamorm.ports.schemas import SchemaField, Shape
from dynamorm_attrs.annotations import Kind, TypeInfo, info_of
from dynamorm_attrs.building import Builder
from dynamorm_attrs.checks import Check, checks_below, run
from dynamorm_attrs.classes import ClassField, ClassInfo, class_info
from dynamorm_attrs.errors import REFUSALS, UserFault, errors_of
from dynamorm_attrs.modes import COMPARED, GIVEN, Mode
from dynamorm_attrs.scalars import WrongType, date_time_as_given
from dynamorm_attrs.shapes import choices_of, has_date_times, is_ordered, json_schema_of, key_type_of, shape_of
from dynamorm_attrs.storing import UNWRITABLE, storer
from dynamorm_attrs.structuring import structurer


class AttrsField(SchemaField):
    """A value of one annotation: an element of a list, an entry of a map, a choice of a union."""

    def __init__(
        self, name: str, attribute: str, annotation: Any, schema_name: str, checks: Sequence[Check] = ()
    ) -> None:
        self.name = name
        self.attribute = attribute
        self.annotation = annotation
        self._schema_name = schema_name
        self._checks = checks
        self._describe(info_of(annotation))

    def _describe(self, info: TypeInfo) -> None:
        self._info = info
        self.shape = shape_of(info)
        self.key_type = key_type_of(info)
        self.ordered = is_ordered(info)
        self.date_times = has_date_times(info)
        self.json_schema = json_schema_of(info)
        self.nullable = info.nullable
        self.required = not self.nullable
        self._choices = choices_of(info)
        self.is_union = len(self._choices) > 1

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*; see :meth:`SchemaField.dump`."""
        try:
            native = self._native(value, GIVEN if validate else COMPARED)
            for check in self._checks if validate else ():
                run(check, native)
            return self.store(native)
        except UserFault as fault:
            raise fault.error from fault.error.__cause__
        except InvalidValue:
            raise
        except REFUSALS as error:
            raise ValidationError(value, self._schema_name, {self.name: errors_of(error, value)}) from error

    def store(self, native: Any) -> Any:
        """Return the stored form of a *native* value.

        Raises:
            WrongType: It has none.
            InvalidValue: DynamoDB can't store it.
        """
        if native is None or self.write is None:
            return native
        try:
            return self.write(native)
        except UNWRITABLE as error:
            if isinstance(error, (WrongType, InvalidValue)):
                raise
            raise WrongType("Not of the type of the field.") from error

    @cached_property
    def write(self) -> Callable[[Any], Any] | None:
        """The function that stores native values; ``None`` if they are stored as they are."""
        if self.stored_form == AS_GIVEN and self.date_times:
            return date_time_as_given
        return storer().writer(self.annotation)

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of a nested class, of an element of a list or an entry of a map, or of any in a union."""
        if self._alternatives is not None:
            return self._alternatives.child(element)
        if len(self._choices) != 1:
            return None
        info = self._choices[0]
        name = str(element)
        if info.kind is Kind.CLASS:
            found = class_info(info.annotation)
            return OwnedField(found, found.fields[name], self._schema_name) if name in found.fields else None
        annotation: Any = None
        if info.kind in (Kind.LIST, Kind.VARIADIC_TUPLE, Kind.SET):
            annotation = info.parts[0]
        elif info.kind is Kind.MAP:
            annotation = info.parts[1]
        elif info.kind is Kind.TUPLE and isinstance(element, int) and element < len(info.parts):
            annotation = info.parts[element]
        if annotation is None or info_of(annotation).kind is Kind.ANY:
            return None
        return AttrsField(name, name, annotation, self._schema_name, self._checks_below())

    def child_names(self) -> frozenset[str] | None:
        """Return the names of the fields of a nested class, or of several in a union; ``None`` for any other field."""
        if self._alternatives is not None:
            return self._alternatives.child_names()
        if len(self._choices) == 1 and self._choices[0].kind is Kind.CLASS:
            return frozenset(class_info(self._choices[0].annotation).fields)
        return None

    def computed_names(self) -> frozenset[str]:
        """Return the names of the fields of a nested class, or of several in a union, that the class computes."""
        if self._alternatives is not None:
            return self._alternatives.computed_names()
        if len(self._choices) == 1 and self._choices[0].kind is Kind.CLASS:
            return class_info(self._choices[0].annotation).computed
        return frozenset()

    def _checks_below(self) -> list[Check]:
        """Return the validators of the elements or entries."""
        return [below for check in self._checks for below in checks_below(check)]

    def _native(self, value: Any, mode: Mode) -> Any:
        if value is None:
            if self.nullable:
                return None
            raise WrongType("None is not allowed.")
        return structurer(mode).reader(self.annotation)(value)

    @cached_property
    def _alternatives(self) -> AlternativeField | None:
        """The choices of a union; ``None`` for any other field."""
        if not self.is_union or self.shape is Shape.SCALAR:
            return None
        return AlternativeField(
            [AttrsField(self.name, self.attribute, each.annotation, self._schema_name) for each in self._choices]
        )


class OwnedField(AttrsField):
    """A field of a class: one with a converter, a validator and a default."""

    def __init__(self, owner: ClassInfo, field: ClassField, schema_name: str | None = None) -> None:
        super().__init__(field.name, field.attribute, field.annotation, schema_name or owner.name)
        self.own = field
        self._owner = owner
        self.nullable = field.nullable
        self.required = field.required
        self.takes_values = not field.is_computed

    @property
    def has_default(self) -> bool:
        """Whether a missing value is replaced by one that is not ``None``."""
        return self.own.has_default

    def take_form(self, form: Any) -> None:
        """Take what the metadata say about the form of the field's date-times."""
        self.stored_form = form
        if form == AS_GIVEN:
            self.ordered = False

    def _checks_below(self) -> list[Check]:
        return [*checks_below((self.own.validator, self.own.own))] if self.own.validator is not None else []

    def _native(self, value: Any, mode: Mode) -> Any:
        if self.own.own is None:
            return super()._native(value, mode)
        builder = self._builders[mode]
        instance = builder.new()
        native = builder.readers[self.name].read(value, instance)
        if self.own.validator is not None and mode.validates:
            builder.put(instance, self.name, native)
            errors: dict[str, Any] = {}
            builder.validate(instance, errors, part=True)
            if errors:
                raise ValueError(*errors[self.name])
        return native

    @cached_property
    def _builders(self) -> Mapping[Mode, Builder]:
        return {mode: structurer(mode).builder(self._owner) for mode in (GIVEN, COMPARED)}
