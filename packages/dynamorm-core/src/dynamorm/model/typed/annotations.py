"""The annotations in the body of a class: which of them were written with ``Mapped``, and what they say.

They are recognised by the mark that ``Mapped[…]`` leaves, whatever name the program gave it. Annotations may be
strings, as ``from __future__ import annotations`` makes them all, and may name classes that are defined later.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar, ForwardRef, get_args, get_origin, get_type_hints

from dynamorm.data.records import record
from dynamorm.exceptions import DynaModelException
from dynamorm.model.typed.mapped import MARK, Mapped
from dynamorm.model.typed.scopes import Scope


@record
class Annotation:
    """An annotation: its value, as far as it can be evaluated, and the name that it needs and that is not defined."""

    value: Any
    missing: str | None = None

    @property
    def is_mapped(self) -> bool:
        """Whether it was written with ``Mapped``."""
        return MARK in getattr(self.value, "__metadata__", ())

    @property
    def is_class_variable(self) -> bool:
        """Whether it says that the attribute is the class's own."""
        return self.value is ClassVar or get_origin(self.value) is ClassVar

    @property
    def contains_mapped(self) -> bool:
        """Whether a part of it was written with ``Mapped``, or ``Mapped`` stands without a type."""
        return self.value is Mapped or _has_mark(self.value)

    @property
    def type(self) -> Any:
        """The type in ``Mapped[…]``: a string if it names what is not defined yet."""
        kind, *metadata = get_args(self.value)
        if isinstance(kind, ForwardRef):
            kind = kind.__forward_arg__
        others = tuple(each for each in metadata if each is not MARK)
        return Annotated[kind, *others] if others else kind


def raw_annotations(definer: type) -> Mapping[str, Any]:
    """Return the annotations in the body of a class, as they are kept."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations  # deferred: start-up cost

        return get_annotations(definer, format=Format.FORWARDREF)
    found: Mapping[str, Any] = vars(definer).get("__annotations__", {})
    return found


def annotations_of(definer: type, body: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Annotation]:
    """Return the annotations of a class with this *body*, evaluated; *kept* is what :func:`raw_annotations` returned.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a string that is not an expression.
    """
    if not kept:
        return {}
    scope = Scope.of(definer, body)
    return {name: _evaluated(value, scope, f"'{name}' of {definer.__name__}") for name, value in kept.items()}


def _evaluated(kept: Any, scope: Scope, label: str) -> Annotation:
    value, text = kept, ""
    try:
        while isinstance(value, str):
            # Once more for a string in an annotation that is a string itself.
            text = value
            value = scope.evaluate(text)
        return Annotation(_resolved(value, scope))
    except NameError as error:
        return _in_part(text, scope, str(error.name))
    except DynaModelException as error:
        raise DynaModelException(f"The annotation of {label}: {error}") from error
    except Exception as error:
        raise DynaModelException(
            f"The annotation of {label} can't be evaluated: {type(error).__name__}: {error}"
        ) from error


def _resolved(value: Any, scope: Scope) -> Any:
    """Return an evaluated annotation in which the strings are evaluated, too, if all of their names are defined."""
    try:
        holder: Any = SimpleNamespace(__annotations__={"value": value})
        return get_type_hints(holder, scope.module_names, scope.local_names, include_extras=True)["value"]
    except (NameError, TypeError, SyntaxError, AttributeError):
        # A name that is not defined yet; a value that is not a type.
        return value


def _in_part(text: str, scope: Scope, missing: str) -> Annotation:
    """Return an annotation that names what is *missing*, of which only the outermost part is known."""
    node = ast.parse(text.strip(), mode="eval").body
    if not isinstance(node, ast.Subscript):
        return Annotation(text, missing)
    try:
        outer = scope.evaluate(ast.unparse(node.value))
    except Exception:  # noqa: BLE001 - whatever it is, it is not Mapped
        return Annotation(text, missing)
    inner = node.slice.value if isinstance(node.slice, ast.Constant) else ast.unparse(node.slice)
    if outer is Mapped:
        return Annotation(Annotated[inner, MARK], missing)
    return Annotation(ClassVar if outer is ClassVar else text, missing)


def _has_mark(value: Any) -> bool:
    if MARK in getattr(value, "__metadata__", ()):
        return True
    return any(map(_has_mark, get_args(value)))
