"""``Model``: the base of typed models, whose fields type checkers know."""

from __future__ import annotations

from typing import TYPE_CHECKING, dataclass_transform

from dynamorm.model.definition import ModelMeta
from dynamorm.model.models import DynaModel
from dynamorm.model.names import own

if TYPE_CHECKING:
    from dynamorm.model.typed.declared import mapped
else:
    from dynamorm.model.typed.mapped import mapped


class TypedMeta(ModelMeta):
    """The metaclass of typed models."""

    _typed = True

    if TYPE_CHECKING:
        # Takes back that every attribute is Any: None in a subclass cancels the parent's method for type checkers.
        __getattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]


@own
@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(mapped,))
class Model(DynaModel, metaclass=TypedMeta):
    """The base of typed models: fields are annotations in the body, ``isbn: Mapped[str]``, which type checkers know."""

    __slots__ = ()

    if TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]
        __setattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]
