"""``Mapped`` and ``mapped`` at run time: a field's annotation, and its default and settings."""

from __future__ import annotations

from typing import Annotated, Any


class Mark:
    """What stands in the metadata of an annotation that was written with ``Mapped``."""

    def __repr__(self) -> str:
        return "Mapped"


#: The mark of all annotations that were written with ``Mapped``.
MARK = Mark()


class Mapped:
    """The annotation of a field of a typed model: ``isbn: Mapped[str]``.

    ``Mapped[T]`` is ``Annotated[T, MARK]`` at run time, so whatever reads annotations sees ``T``.
    """

    def __class_getitem__(cls, kind: Any) -> Any:
        return Annotated[kind, MARK]


class MappedField:
    """What ``mapped(…)`` returns until the model's class is made: the arguments of a field."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments


def mapped(**arguments: Any) -> Any:
    """Return the default and the settings of a field.

    ``title: Mapped[str] = mapped(default="", max_length=200)``
    """
    return MappedField(arguments)
