"""The fields that the body of a model declares with ``Mapped``, and the mistakes in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, NoReturn, TypeVar, get_args, get_origin

from dynamorm.data.records import record
from dynamorm.exceptions import DynaModelException
from dynamorm.model.indexes import Index
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.relationships.base import Relationship
from dynamorm.model.typed.annotations import Annotation, annotations_of, raw_annotations
from dynamorm.model.typed.mapped import MAPPED_FIELDS, MappedField

_NOT_GIVEN = object()


@record
class MappedFields:
    """The fields that one class declares with ``Mapped``: their types, and the arguments of ``mapped``, by name."""

    types: Mapping[str, Any]
    arguments: Mapping[str, Mapping[str, Any]]


NO_FIELDS = MappedFields({}, {})


def own_fields(model: type) -> MappedFields:
    """Return the fields that the body of a *model* declares with ``Mapped``."""
    found: MappedFields = vars(model).get(MAPPED_FIELDS, NO_FIELDS)
    return found


def mapped_names(model: type) -> list[str]:
    """Return the names of the fields that a *model* and its bases declare with ``Mapped``, those of bases first."""
    return list(dict.fromkeys(name for base in reversed(model.__mro__) for name in own_fields(base).types))


def arguments_of(model: type, name: str) -> Mapping[str, Any]:
    """Return the arguments of ``mapped`` for a field of a *model*."""
    definer = next(base for base in model.__mro__ if name in own_fields(base).types)
    return own_fields(definer).arguments.get(name, {})


def declare_fields(model: type, body: Mapping[str, Any], *, strict: bool) -> None:
    """Keep the fields that the *body* of a *model* declares with ``Mapped``, and take their settings off the class.

    In the body of a *strict* model every annotation is a field's, or says otherwise.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a mistake.
    """
    kept = raw_annotations(model)
    settings = {name: value for name, value in body.items() if isinstance(value, MappedField)}
    if strict:
        _refuse_plain_mixins(model)
    if not kept and not settings and "__orig_bases__" not in body:
        return
    annotations = annotations_of(model, body, kept)
    for name, annotation in annotations.items():
        if annotation.is_mapped:
            _check_field(model, name, body.get(name, _NOT_GIVEN))
        elif annotation.contains_mapped:
            raise DynaModelException(
                f"The annotation of '{name}' of {model.__name__} has Mapped inside another type, or without a type. "
                f"Put Mapped outside, for example {name}: Mapped[int | None]."
            )
        elif strict:
            _check_plain(model, name, annotation, body.get(name, _NOT_GIVEN))
    types = _types_of_parameters(model)
    types.update({name: annotation.type for name, annotation in annotations.items() if annotation.is_mapped})
    for name in settings:
        if name not in types:
            raise DynaModelException(
                f"'{name} = mapped(…)' of {model.__name__} has no annotation that says its type. Write "
                f"{name}: Mapped[…] = mapped(…)."
            )
        type.__delattr__(model, name)
    arguments = {name: arguments_of(model, name) for name in types if name not in annotations}
    arguments.update({name: field.arguments for name, field in settings.items()})
    type.__setattr__(model, MAPPED_FIELDS, MappedFields(types, arguments))


def _types_of_parameters(model: type) -> dict[str, Any]:
    """Return the types of the fields of generic bases, whose parameters a *model* gives: ``class Page(Base[int])``."""
    found: dict[str, Any] = {}
    for alias in vars(model).get("__orig_bases__", ()):
        base, given = get_origin(alias), get_args(alias)
        if not isinstance(base, type) or base is Generic or not issubclass(base, StoredInstance):
            continue
        parameters: tuple[Any, ...] = getattr(base, "__parameters__", ())
        types = dict(zip(parameters, given, strict=False))
        for name in mapped_names(base):
            declared = next(own_fields(each).types[name] for each in base.__mro__ if name in own_fields(each).types)
            if isinstance(declared, TypeVar) or bool(getattr(declared, "__parameters__", ())):
                found[name] = _with_types(declared, types)
    return found


def _with_types(declared: Any, types: Mapping[Any, Any]) -> Any:
    if isinstance(declared, TypeVar):
        return types.get(declared, declared)
    return declared[tuple(types.get(parameter, parameter) for parameter in declared.__parameters__)]


#: Names in the body of a model that are not fields.
_RESERVED: Mapping[str, str] = {
    "Table": "the inner class with the settings of the table",
    "Schema": "the inner class with the schema of an untyped model",
    "model_config": "the configuration of Pydantic",
}


def _check_field(model: type, name: str, value: object) -> None:
    if name.startswith("_"):
        raise DynaModelException(
            f"'{name}' of {model.__name__} begins with an underscore, which a field can't. Write "
            f"{name.lstrip('_') or 'name'}: Mapped[…] = mapped(attribute='{name}')."
        )
    if name in _RESERVED:
        raise DynaModelException(
            f"'{name}' of {model.__name__} is {_RESERVED[name]}, not a field. Choose another name for the field, such "
            f"as {name.strip('_').lower()}_: Mapped[…] = mapped(attribute='{name}')."
        )
    if value is _NOT_GIVEN or isinstance(value, MappedField):
        return
    if isinstance(value, Relationship):
        kind = type(value).__name__
        raise DynaModelException(
            f"'{name}' of {model.__name__} is a relationship, not a field. Write {name}: {kind}[…] = {kind}(…)."
        )
    raise DynaModelException(
        f"'{name}' of {model.__name__} has its default as a value, which type checkers take for a Mapped. Write "
        f"{name}: Mapped[…] = mapped(default=…)."
    )


def _check_plain(model: type, name: str, annotation: Annotation, value: object) -> None:
    if annotation.is_class_variable or name.startswith("_") or isinstance(value, Relationship | Index):
        return
    if annotation.missing is not None and str(annotation.value).startswith(f"{annotation.missing}["):
        _refuse_unknown(model, name, annotation.missing)
    raise DynaModelException(
        f"The annotation of '{name}' of {model.__name__} does not declare a field. Write {name}: Mapped[…] for a field "
        f"or {name}: ClassVar[…] for an attribute of the class."
    )


def _refuse_unknown(model: type, name: str, missing: str) -> NoReturn:
    raise DynaModelException(
        f"The annotation of '{name}' of {model.__name__} needs '{missing}', which is not defined. Import it where the "
        "model is defined, and not under 'if TYPE_CHECKING': annotations of models are used at run time."
    )


def _refuse_plain_mixins(model: type) -> None:
    """Refuse a base that declares fields, but is not a model: type checkers leave its fields out of the constructor."""
    for base in model.__mro__:
        if issubclass(base, StoredInstance) or issubclass(StoredInstance, base) or base is Generic:
            continue
        kept = raw_annotations(base)
        settings = [name for name, value in vars(base).items() if isinstance(value, MappedField)]
        found = [name for name, each in annotations_of(base, vars(base), kept).items() if each.is_mapped] or settings
        if found:
            raise DynaModelException(
                f"{base.__name__}, a base of {model.__name__}, declares the field '{found[0]}', but is not a model, so "
                f"{model.__name__} would not have that field. Write class {base.__name__}(Model)."
            )
