"""The constraints as a program declares them: unique values in a ``Table``, counters in a relationship."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from dynamorm.model.query.expressions import Expression
    from dynamorm.model.query.field_paths import FieldPath

#: What happens to the instances that refer to one that is deleted.
OnDelete: TypeAlias = Literal["PROTECT"]
#: As ``on_delete`` of a relationship: an instance that others refer to can't be deleted.
PROTECT: Final = "PROTECT"


class Unique:
    """A rule of a ``Table``: no two items have one value of a field, or one combination of values of several.

    ``unique = [Unique("email"), Unique("tenant", "username")]``. The value is held by an item of its own, a *guard*, in
    the same table; see "Unique values, references and counters" in the documentation. An item without a value, or
    without one of several, takes part in none.

    Args:
        fields: The names of the fields, whose values are stored as strings, numbers or bytes.
        by: A function that returns what is compared for one stored value, such as ``str.casefold``.
        name: The name of the rule in the keys of its guards, by default the names of the attributes. To rename a field,
            give the name that it had.
    """

    __slots__ = ("by", "fields", "name")

    def __init__(self, *fields: str, by: Callable[[Any], Any] | None = None, name: str | None = None) -> None:
        self.fields = fields
        self.by = by
        self.name = name

    def __repr__(self) -> str:
        return f"Unique({', '.join(map(repr, self.fields))})"


class Counter:
    """The base of the counters that a relationship keeps in the instance that is referred to.

    Not for programs, which use :class:`Count` and :class:`Sum`.
    """

    __slots__ = ("amount", "field", "where")

    def __init__(
        self, field: FieldPath | str | Any, amount: FieldPath | str | Any, where: Expression | None = None
    ) -> None:
        self.field = field
        self.amount = amount
        self.where = where

    def __repr__(self) -> str:
        amount = "" if self.amount is None else f", {_name(self.amount)}"
        return f"{type(self).__name__}({_name(self.field)}{amount})"


class Count(Counter):
    """A counter of the instances that refer to another one: ``Count(Customer.order_count)``.

    Args:
        field: The field of the other model that holds the number, or its name.
        where: A condition, a ``Q``: only the instances that meet it are counted.
    """

    __slots__ = ()

    def __init__(self, field: FieldPath | str | Any, *, where: Expression | None = None) -> None:
        super().__init__(field, None, where)


class Sum(Counter):
    """A sum over the instances that refer to another one: ``Sum(Customer.spent, "total")``.

    Args:
        field: The field of the other model that holds the sum, or its name.
        amount: The field of this model that is summed up, or its name; a missing value counts as 0.
        where: A condition, a ``Q``: only the instances that meet it are summed up.
    """

    __slots__ = ()

    def __init__(
        self, field: FieldPath | str | Any, amount: FieldPath | str | Any, *, where: Expression | None = None
    ) -> None:
        super().__init__(field, amount, where)


def _name(field: Any) -> str:
    names = getattr(field, "names", None)
    return ".".join(map(str, names)) if isinstance(names, tuple) else str(field)
