"""``Mapped`` and ``mapped`` at run time: a field's annotation, and its default and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

from dynamorm.data.arguments import unknown_argument
from dynamorm.exceptions import DynaModelException


class Mark:
    """What stands in the metadata of an annotation that was written with ``Mapped``."""

    def __repr__(self) -> str:
        return "Mapped"


#: The mark of all annotations that were written with ``Mapped``.
MARK = Mark()

#: Where a model keeps the fields that its own body declares with ``Mapped``.
MAPPED_FIELDS = "_mapped_fields"
#: Where a typed model keeps the class that was made of its annotations; ``None`` where an inner ``Schema`` has fields.
MADE_SCHEMA = "_made_schema"

#: The arguments of ``mapped`` besides the default: ``FieldArguments`` in :mod:`dynamorm.model.typed.declared`.
FIELD_ARGUMENTS = (
    "attribute",
    "title",
    "description",
    "examples",
    "gt",
    "ge",
    "lt",
    "le",
    "multiple_of",
    "min_length",
    "max_length",
    "pattern",
    "strict",
    "discriminator",
    "max_digits",
    "decimal_places",
    "allow_inf_nan",
    "validate_default",
    "json_schema_extra",
)
DEFAULTS = ("default", "default_factory")
#: What other libraries call what stands elsewhere here, and where it does.
_ATTRIBUTE = "the attribute's name in the table is attribute='…'"
_KEYS = "keys are named in the inner class Table, and those of an index in the index"
_OTHER_WORDS = {
    **dict.fromkeys(
        ("alias", "validation_alias", "serialization_alias", "data_key", "serialized_name", "attr_name", "name"),
        _ATTRIBUTE,
    ),
    **dict.fromkeys(("factory", "insert_default"), "it is default_factory=…"),
    **dict.fromkeys(("hash_key", "range_key", "primary_key", "partition_key", "sort_key", "index"), _KEYS),
    **dict.fromkeys(
        ("nullable", "null", "optional", "allow_none", "required"),
        "the annotation says so: Mapped[str | None] may be None, and a field without a default is required",
    ),
    "ttl": "time to live is a setting of the inner class Table: ttl = 'field'",
}


class Mapped:
    """The annotation of a field of a typed model: ``isbn: Mapped[str]``.

    ``Mapped[T]`` is ``Annotated[T, …]`` at run time, so whatever reads annotations sees ``T``.
    """

    def __new__(cls, *_: object, **__: object) -> NoReturn:
        """Raise :class:`~dynamorm.exceptions.DynaModelException`: it is an annotation, and has no instances."""
        raise DynaModelException("Mapped is an annotation. Write: isbn: Mapped[str]. Settings are given by mapped(…).")

    def __class_getitem__(cls, kind: Any) -> Any:
        """Return *kind*, marked."""
        if isinstance(kind, MappedField):
            raise DynaModelException(
                "The type in Mapped[…] is what mapped(…) returned: a field has the name of its type, which it hides "
                "in the class body. Import the module of the type instead, and write Mapped[datetime.date], for "
                "example."
            )
        if isinstance(kind, tuple):
            raise DynaModelException(
                "Mapped[…] takes one type. For a choice write Mapped[int | str], for a tuple Mapped[tuple[int, str]]."
            )
        return Annotated[kind, MARK]


class MappedField:
    """What ``mapped(…)`` returns until the model's class is made: the arguments of a field."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.arguments = arguments

    def __repr__(self) -> str:
        return f"mapped({', '.join(f'{name}=…' for name in self.arguments)})"


def mapped(*positional: object, **arguments: Any) -> Any:
    """Return the default and the settings of a field.

    ``title: Mapped[str] = mapped(default="", max_length=200)``

    Without a default, the field is required.

    Args:
        positional: Refused: type checkers would take no notice of a default without its name.
        arguments: ``default``, or ``default_factory``, a function that returns it; ``attribute``, the name of the
            attribute in the table, by default the field's own; and the settings that Pydantic's ``Field`` has:
            ``title``, ``description``, ``examples``, ``gt``, ``ge``, ``lt``, ``le``, ``multiple_of``, ``min_length``,
            ``max_length``, ``pattern``, ``strict``, ``discriminator``, ``max_digits``, ``decimal_places``,
            ``allow_inf_nan``, ``validate_default``, ``json_schema_extra``.

    Raises:
        DynaModelException: An argument is unknown.
    """
    if positional:
        raise DynaModelException(
            "mapped() takes its arguments by name. Write mapped(default=…), or mapped(default_factory=…)."
        )
    for name in arguments:
        if name not in FIELD_ARGUMENTS and name not in DEFAULTS:
            raise _unknown_argument(name)
    if all(name in arguments for name in DEFAULTS):
        raise DynaModelException("mapped() got both default and default_factory. Give one of them.")
    if "default_factory" in arguments and not callable(arguments["default_factory"]):
        raise DynaModelException(
            "The default_factory of mapped() must be a function without arguments, such as list. For a value, use "
            "default=…."
        )
    attribute = arguments.get("attribute", "attribute")
    if not isinstance(attribute, str) or not attribute:
        raise DynaModelException("The attribute of mapped() must be the name of the attribute in the table, a string.")
    return MappedField(arguments)


def _unknown_argument(name: str) -> DynaModelException:
    if name in _OTHER_WORDS:
        return DynaModelException(f"mapped() has no argument '{name}': {_OTHER_WORDS[name]}.")
    return unknown_argument("mapped", name, (*DEFAULTS, *FIELD_ARGUMENTS))
