"""What is known of an attrs class, a model's schema or a nested one, or of a ``TypedDict``."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from dynamorm.ports.incomplete_schemas import UndefinedName
from dynamorm_attrs.annotations import Unsupported, info_of, settings_of, substituted

#: What a field's metadata say about its name in the table, and about the form of its date-times.
ATTRIBUTE = "attribute"
STORED_FORM = "stored_form"
#: The modules and the names of what other libraries put into a class for a field, which attrs takes for a default.
_FIELDS_OF_OTHERS = frozenset({("dataclasses", "Field"), ("msgspec", "Field"), ("pydantic", "FieldInfo")})


class ClassField:
    """One field of a class."""

    def __init__(
        self, name: str, annotation: Any, own: attrs.Attribute[Any] | None, *, required: bool, is_entry: bool = False
    ) -> None:
        self.name = name
        self.annotation = annotation
        #: What attrs knows of it; ``None`` for an entry of a ``TypedDict`` without settings.
        self.own: Any = own
        self.is_entry = is_entry
        self.metadata: Mapping[Any, Any] = {} if own is None else own.metadata
        self.attribute = self._attribute()
        self.stored_form: Any = self.metadata.get(STORED_FORM)
        self.default: Any = attrs.NOTHING if own is None else own.default
        self.has_factory = isinstance(self.default, attrs.Factory)  # type: ignore[arg-type] # typed as a function
        self.converter: Any = None if own is None else own.converter
        self.validator: Any = (own.validator or None) if own is not None else None
        #: Whether only ``__attrs_post_init__`` sets it.
        self.is_computed = own is not None and not is_entry and not own.init and self.default is attrs.NOTHING
        self._required = required

    @cached_property
    def nullable(self) -> bool:
        """Whether it may be ``None``."""
        return self.default is None or info_of(self.annotation).nullable

    @property
    def required(self) -> bool:
        """Whether data without it are refused. What may be ``None`` is ``None`` where it is missing."""
        return self._required and (self.is_entry or not self.nullable)

    @property
    def has_default(self) -> bool:
        """Whether a missing value is replaced by one that is not ``None``."""
        return self.default is not attrs.NOTHING and self.default is not None

    @property
    def needs_instance(self) -> bool:
        """Whether its default or its converter is called with the instance."""
        return (self.has_factory and self.default.takes_self) or getattr(self.converter, "takes_self", False)

    def convert(self, value: Any, instance: Any) -> Any:
        """Return what the converter makes of a *value*."""
        if not isinstance(self.converter, attrs.Converter):
            return self.converter(value)
        converter: Any = self.converter
        of_self = [instance] if converter.takes_self else []
        return converter.converter(value, *of_self, *([self.own] if converter.takes_field else []))

    def default_for(self, instance: Any) -> Any:
        """Return the default, which a factory makes anew."""
        if not self.has_factory:
            return self.default
        return self.default.factory(instance) if self.default.takes_self else self.default.factory()

    def _attribute(self) -> str:
        given = self.metadata.get(ATTRIBUTE, self.name)
        if not isinstance(given, str) or not given:
            raise Unsupported(
                f"The metadata of the field '{self.name}' say attribute={given!r}. It is the name of the attribute in "
                "the table, a string."
            )
        return given


class ClassInfo:
    """A class, with its fields by name.

    *arguments* are those of a generic class by type variable, and *hints* are annotations by name where these are known
    otherwise.
    """

    def __init__(self, cls: Any, arguments: Mapping[Any, Any], hints: Mapping[str, Any] | None = None) -> None:
        self.cls = cls
        self.is_attrs = attrs.has(cls)
        found = _attrs_fields(cls, arguments, hints) if self.is_attrs else _entries(cls, arguments)
        self.fields: dict[str, ClassField] = {field.name: field for field in found}
        self.names = {field.attribute: name for name, field in self.fields.items()}
        self.computed = frozenset(name for name, field in self.fields.items() if field.is_computed)
        self.pre_init = getattr(cls, "__attrs_pre_init__", None) if self.is_attrs else None
        self.post_init = getattr(cls, "__attrs_post_init__", None) if self.is_attrs else None
        self.validated = [field for field in self.fields.values() if field.validator is not None]
        #: Whether its values are known without an instance.
        self.is_plain = not (
            self.pre_init
            or self.post_init
            or self.validated
            or any(field.needs_instance or field.converter for field in self.fields.values())
        )
        if self.is_attrs:
            self._check_class()

    @property
    def name(self) -> str:
        """The name of the class."""
        return str(self.cls.__name__)

    def _check_class(self) -> None:
        definer = next(base for base in self.cls.__mro__ if "__init__" in vars(base))
        if "__attrs_init__" in vars(definer) or "__attrs_attrs__" not in vars(definer):
            raise Unsupported(
                f"{self.name} has an __init__ of its own. DynamORM makes instances field by field, to name each field "
                "that is refused, and would not call it. Use converters, validators, factories and "
                "__attrs_post_init__."
            )
        self._check_fields()
        if issubclass(self.cls, BaseException):
            raise Unsupported(f"{self.name} is an exception, which is no data. Use a class without that base.")
        if self.pre_init is not None and len(inspect.signature(self.pre_init).parameters) > 1:
            raise Unsupported(
                f"__attrs_pre_init__ of {self.name} takes values of the fields. Let it take self alone, or use "
                "__attrs_post_init__."
            )
        if _caches_hash(self.cls, self.fields):
            raise Unsupported(
                f"{self.name} has cache_hash=True, for which only its own __init__ prepares an instance. Leave it out."
            )

    def _check_fields(self) -> None:
        for base in self.cls.__mro__:
            lost = [name for name in vars(base).get("__dataclass_fields__", ()) if name not in self.fields]
            if lost:
                raise Unsupported(
                    f"{self.name} inherits from the dataclass {base.__name__}, whose field '{lost[0]}' attrs does not "
                    f"know. Decorate {base.__name__} with @attrs.define."
                )
        for name, field in self.fields.items():
            kind = type(field.default)
            if (kind.__module__.partition(".")[0], kind.__name__) in _FIELDS_OF_OTHERS:
                raise Unsupported(
                    f"The default of '{name}' of {self.name} is a field of another library, {kind.__module__}."
                    f"{kind.__name__}, which would be taken for a value. Use attrs.field."
                )


def schema_of(model_name: str, definition: Any) -> Any:
    """Return the class that is a model's schema: its inner ``Schema`` under the model's name, or one that exists.

    Raises:
        Unsupported: It is no attrs class.
    """
    if not attrs.has(definition):
        raise Unsupported("It has attrs's fields, but is no attrs class. Decorate it with @attrs.define.")
    if definition.__name__ != "Schema":
        return definition
    _refuse_fields_without_decorator(definition)
    body = {"__slots__": (), "__module__": definition.__module__, "__doc__": definition.__doc__}
    return types.new_class(f"{model_name}Schema", (definition,), exec_body=lambda names: names.update(body))


def class_info(annotation: Any) -> ClassInfo:
    """Return what is known of an attrs class, a generic one with its arguments, or of a ``TypedDict``.

    Raises:
        Unsupported: It can't be nested in an item, or be a schema.
        UndefinedName: An annotation in it names what is not defined.
    """
    return _cached(annotation)


@lru_cache(maxsize=512)
def _cached(annotation: Any) -> ClassInfo:
    cls = get_origin(annotation) or annotation
    return ClassInfo(cls, dict(zip(getattr(cls, "__parameters__", ()), get_args(annotation), strict=False)))


def _attrs_fields(cls: Any, arguments: Mapping[Any, Any], hints: Mapping[str, Any] | None) -> Iterator[ClassField]:
    _refuse_fields_without_decorator(cls)
    if hints is None:
        resolve(cls)
    known = {**_inherited_arguments(cls), **arguments}
    for own in attrs.fields(cls):
        annotation = own.type if hints is None else hints.get(own.name, own.type)
        annotation = Any if annotation is None else substituted(annotation, known)
        yield ClassField(own.name, annotation, own, required=own.default is attrs.NOTHING and own.init)


def _entries(cls: Any, arguments: Mapping[Any, Any]) -> Iterator[ClassField]:
    try:
        hints = get_type_hints(cls, include_extras=True)
    except NameError:
        try:
            hints = get_type_hints(cls, localns=local_names(cls), include_extras=True)
        except NameError as error:
            raise UndefinedName(str(error.name)) from error
    for name, annotation in hints.items():
        own, required = settings_in(name, annotation), name in cls.__required_keys__
        yield ClassField(name, substituted(annotation, arguments), own, required=required, is_entry=True)


def settings_in(name: str, annotation: Any) -> attrs.Attribute[Any] | None:
    """Return what an ``attrs.field(…)`` in an ``Annotated`` says; ``None`` without one."""
    kind = type(attrs.field())
    found = [each for each in settings_of(annotation) if type(each) is kind]
    return attrs.fields(attrs.make_class("Settings", {name: found[-1]}))[0] if found else None


def resolve(cls: type) -> None:
    """Resolve annotations that are strings, also with the local names of the functions that are running.

    Raises:
        UndefinedName: A name is not defined.
    """
    try:
        attrs.resolve_types(cls)
    except NameError:
        try:
            attrs.resolve_types(cls, localns=local_names(cls))
        except NameError as error:
            raise UndefinedName(str(error.name)) from error


def local_names(cls: type) -> dict[str, Any]:
    """Return the names in the running functions in which a class and its bases are defined, and in their bodies."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found.update(_names_around(base))
        found.update((name, value) for name, value in vars(base).items() if isinstance(value, type))
    return found


def _names_around(cls: type) -> dict[str, Any]:
    parts = cls.__qualname__.split(".<locals>.")
    functions = {".<locals>.".join(parts[:length]) for length in range(1, len(parts))}
    found: dict[str, Any] = {}
    frame = inspect.currentframe()
    while frame is not None and functions:
        if frame.f_globals.get("__name__") == cls.__module__ and frame.f_code.co_qualname in functions:
            functions.discard(frame.f_code.co_qualname)
            # Those of an inner function, which come first, hide the others.
            found = {**frame.f_locals, **found}
        frame = frame.f_back
    return found


def _inherited_arguments(cls: type) -> dict[Any, Any]:
    """Return what the bases of a class were given for their type variables: ``class Books(Page[Book])``."""
    known: dict[Any, Any] = {}
    for base in cls.__mro__:
        for generic in vars(base).get("__orig_bases__", ()):
            parameters = getattr(get_origin(generic), "__parameters__", ())
            given = (substituted(each, known) for each in get_args(generic))
            known.update(zip(parameters, given, strict=False))
    return known


def _refuse_fields_without_decorator(cls: type) -> None:
    """Refuse a class with annotations that attrs has not seen: they would be ignored."""
    for base in cls.__mro__:
        if "__attrs_attrs__" in vars(base):
            return
        if found := [name for name in inspect.get_annotations(base) if not name.startswith("__")]:
            raise Unsupported(
                f"{base.__name__} inherits from an attrs class, but is none itself, so that attrs does not know its "
                f"field '{found[0]}'. Decorate it with @attrs.define."
            )


def _caches_hash(cls: Any, fields: Mapping[str, ClassField]) -> bool:
    """Return whether ``hash()`` of an instance looks for something that no field is."""
    try:
        hash(cls.__new__(cls))
    except AttributeError as error:
        return error.name not in fields
    except Exception:  # noqa: BLE001 - of a __hash__ of the program's own
        return False
    return False
