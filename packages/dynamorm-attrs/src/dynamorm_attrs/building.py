"""Instances of attrs classes, made field by field: each refused field is named, and what the class does runs once.

An ``__init__`` of attrs stops at the first field that is refused, and does not say which one it is. So converters,
factories and validators are called here, in the order of attrs: all fields first, then the validators, then
``__attrs_post_init__``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeAlias

import attrs

from dynamorm.ports.passthrough import NEEDS_CONVERSION, NO_PASSTHROUGH, Passthrough, PassthroughCopy
from dynamorm_attrs.classes import ClassField, ClassInfo
from dynamorm_attrs.errors import REFUSALS, USER_REFUSALS, InvalidFields, UserFault, errors_of, message_of
from dynamorm_attrs.modes import Mode
from dynamorm_attrs.scalars import WrongType

#: Returns the native value of a value of one annotation.
Read: TypeAlias = Callable[[Any], Any]
#: The name under which ``errors`` has what ``__attrs_post_init__`` says of the schema itself.
WHOLE = "_schema"


class FieldReader:
    """Reads the values of one field in one mode."""

    def __init__(self, field: ClassField, read: Read, passthrough: Passthrough, mode: Mode) -> None:
        self.field = field
        self.name = field.name
        #: Which values need not be read, because they are native.
        self.passthrough = NO_PASSTHROUGH if field.converter is not None else passthrough
        self._read = read
        self._mode = mode

    def without_converter(self, value: Any) -> Any:
        """Return the native value of a *value* that is not to be converted."""
        if value is None:
            if self.field.nullable:
                return None
            raise WrongType("None is not allowed.")
        return self._read(value)

    def read(self, value: Any, instance: Any) -> Any:
        """Return the native value of a *value*, which the field's converter gets.

        The converter gets it in its native form if it has one, else as it is, and returns a value of the field's type.
        """
        if self.field.converter is None:
            return self.without_converter(value)
        structured, refusal = value, None
        try:
            structured = self.without_converter(value)
        except REFUSALS as error:
            refusal = error
        try:
            converted = self.field.convert(structured, instance)
        except Exception as error:
            if refusal is not None and not isinstance(error, ValueError):
                # The converter is not made for such values, and what it raises would tell less.
                raise refusal from error
            if not isinstance(error, USER_REFUSALS):
                raise UserFault(error) from error
            if refusal is None and not self._mode.validates:
                # No item has the value, but a condition may.
                return structured
            raise ValueError(message_of(error, value)) from error
        return self.without_converter(converted)


class Builder:
    """Makes native values of the fields of one class, in one mode."""

    def __init__(self, info: ClassInfo, readers: Callable[[], Mapping[str, FieldReader]], mode: Mode) -> None:
        self.info = info
        self.mode = mode
        self._make_readers = readers

    @cached_property
    def readers(self) -> Mapping[str, FieldReader]:
        """The readers by field name. Classes may hold one another, so they are made when they are first used."""
        return self._make_readers()

    def build(self, values: Mapping[str, Any], unknown: Iterable[str] = (), *, part: bool = False) -> Any:
        """Return an instance with these *values* by field name, with defaults unless it is only a *part*.

        Raises:
            InvalidFields: Fields are refused, or missing, or *unknown*.
            UserFault: A function of the user's raised something else.
        """
        errors: dict[str, Any] = {name: ["Unknown field."] for name in unknown}
        instance = self.new()
        if self.info.pre_init is not None and not part:
            self._call(instance.__attrs_pre_init__, errors)
        for name, reader in self.readers.items():
            try:
                if name in values:
                    native = reader.read(values[name], instance)
                elif part:
                    continue
                else:
                    native = self._missing(reader, instance, lacks_some=bool(errors))
            except REFUSALS as error:
                errors[name] = errors_of(error, values.get(name))
            else:
                if native is not attrs.NOTHING:
                    self.put(instance, name, native)
        self.validate(instance, errors, part=part)
        if not (errors or part):
            self._finish(instance, errors)
        if errors:
            raise InvalidFields(errors)
        return instance

    def read(self, values: Mapping[str, Any], unknown: Iterable[str] = (), *, part: bool = False) -> dict[str, Any]:
        """Return the native values by field name, for a class whose values are known without an instance.

        Raises as :meth:`build` does.
        """
        errors: dict[str, Any] = {name: ["Unknown field."] for name in unknown}
        found: dict[str, Any] = {}
        get, nothing = values.get, attrs.NOTHING
        for name, exact, copy, reader in self._passing:
            value = get(name, nothing)
            if type(value) is exact:
                found[name] = value
                continue
            if copy is not None and (copied := copy(value)) is not NEEDS_CONVERSION:
                found[name] = copied
                continue
            if value is nothing and part:
                continue
            try:
                if value is nothing:
                    value = self._missing(reader, None)
                elif value is not None or not reader.field.nullable:
                    value = reader.without_converter(value)
                if value is not nothing:
                    found[name] = value
            except REFUSALS as error:
                errors[name] = errors_of(error, values.get(name))
        if errors:
            raise InvalidFields(errors)
        return found

    @cached_property
    def _passing(self) -> list[tuple[str, type | None, PassthroughCopy | None, FieldReader]]:
        return [(name, *reader.passthrough, reader) for name, reader in self.readers.items()]

    def default_of(self, name: str) -> Any:
        """Return the default of a field whose factory needs no instance."""
        return self._missing(self.readers[name], None)

    def computed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what ``__attrs_post_init__`` computes of native *values*; nothing if it lacks some that are required.

        Raises as :meth:`build` does.
        """
        instance = self.new()
        for name, reader in self.readers.items():
            field = reader.field
            if field.is_computed:
                continue
            if name not in values and field.required:
                return {}
            native = values[name] if name in values else self._missing(reader, instance)
            object.__setattr__(instance, name, native)
        errors: dict[str, Any] = {}
        self._finish(instance, errors)
        if errors:
            raise InvalidFields(errors)
        return {name: value for name, value in self.values_of(instance).items() if name in self.info.computed}

    def new(self) -> Any:
        """Return an instance without values: a dict for a ``TypedDict``."""
        return self.info.cls.__new__(self.info.cls) if self.info.is_attrs else {}

    def put(self, instance: Any, name: str, native: Any) -> None:
        """Give an *instance* a *native* value, frozen or not."""
        if self.info.is_attrs:
            object.__setattr__(instance, name, native)
        else:
            instance[name] = native

    def validate(self, instance: Any, errors: dict[str, Any], *, part: bool = False) -> None:
        """Call the validators of the fields that an *instance* has, and add to the *errors*."""
        if not self.mode.validates or not self.info.validated or attrs.validators.get_disabled():
            return
        lacks_some = part or bool(errors)
        values = self.values_of(instance)
        for field in self.info.validated:
            if field.name in errors or field.name not in values:
                continue
            value = values[field.name]
            try:
                field.validator(instance, field.own, value)
            except USER_REFUSALS as error:
                errors[field.name] = [message_of(error, value)]
            except AttributeError as error:
                # The validator asks for another field, which is not there to be compared with.
                if not (lacks_some and self._is_of_missing(error, instance)):
                    raise UserFault(error) from error
            except Exception as error:
                raise UserFault(error) from error

    def check(self, instance: Any) -> Any:
        """Return a new *instance* of the class with the same values, as the types of the fields have them.

        Raises as :meth:`build` does.
        """
        errors: dict[str, Any] = {}
        found: dict[str, Any] = {}
        lacks_some = False
        for name, reader in self.readers.items():
            value = getattr(instance, name, attrs.NOTHING)
            if value is attrs.NOTHING:
                lacks_some = True
                if not self.mode.parts_of_instances:
                    errors[name] = ["Missing."]
                continue
            try:
                found[name] = reader.without_converter(value)
            except REFUSALS as error:
                errors[name] = errors_of(error, value)
        if self.info.computed and self.mode.validates and not (errors or lacks_some):
            # The program may have changed what they are computed from. A read computes them anew.
            found |= self.computed(found)
        # The program may go on to change the one that it gave.
        made = self._copy_of(instance)
        for name, native in found.items():
            object.__setattr__(made, name, native)
        self.validate(made, errors, part=lacks_some)
        if errors:
            raise InvalidFields(errors)
        return made

    def _copy_of(self, instance: Any) -> Any:
        """Return another instance of the same class, which may be a subclass, with what else its ``__dict__`` has."""
        cls: Any = type(instance)
        made = cls.__new__(cls)
        if hasattr(made, "__dict__"):
            made.__dict__.update(vars(instance))
        return made

    def values_of(self, instance: Any) -> dict[str, Any]:
        """Return the values that an *instance* has by field name."""
        if not self.info.is_attrs:
            return dict(instance)
        found = {name: getattr(instance, name, attrs.NOTHING) for name in self.info.fields}
        return {name: value for name, value in found.items() if value is not attrs.NOTHING}

    def _is_of_missing(self, error: AttributeError, instance: Any) -> bool:
        """Return whether an *error* says that the *instance* lacks a field."""
        return error.obj is instance and error.name in self.info.fields

    def _missing(self, reader: FieldReader, instance: Any, *, lacks_some: bool = False) -> Any:
        field = reader.field
        if field.default is None and field.converter is None:
            return None
        if field.default is attrs.NOTHING:
            if field.required:
                raise WrongType("Missing.")
            return attrs.NOTHING if field.is_entry or field.is_computed else None
        try:
            default = field.default_for(instance)
        except Exception as error:
            if lacks_some and isinstance(error, AttributeError) and self._is_of_missing(error, instance):
                # It is made of a field that is refused.
                return attrs.NOTHING
            raise UserFault(error) from error
        return reader.read(default, instance)

    def _finish(self, instance: Any, errors: dict[str, Any]) -> None:
        """Call ``__attrs_post_init__``, and read what it has set."""
        if self.info.post_init is None:
            return
        before = self.values_of(instance)
        self._call(instance.__attrs_post_init__, errors)
        for name, value in self.values_of(instance).items():
            if errors or value is before.get(name, attrs.NOTHING):
                continue
            try:
                object.__setattr__(instance, name, self.readers[name].without_converter(value))
            except REFUSALS as error:
                errors[name] = errors_of(error, value)

    def _call(self, method: Callable[[], object], errors: dict[str, Any]) -> None:
        try:
            method()
        except USER_REFUSALS as error:
            errors[WHOLE] = [message_of(error)]
        except Exception as error:
            raise UserFault(error) from error
