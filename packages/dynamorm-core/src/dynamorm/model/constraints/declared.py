"""The constraints as a program declares them: unique values in a ``Table``, counters in a relationship."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from dynamorm.data.arguments import checks_arguments
from dynamorm.exceptions import DynaModelException

if TYPE_CHECKING:
    from dynamorm.model.query.expressions import Expression
    from dynamorm.model.query.field_paths import FieldPath

#: What happens to the instances that refer to one that is deleted.
OnDelete: TypeAlias = Literal["PROTECT"]
#: As ``on_delete`` of a relationship: an instance that others refer to can't be deleted.
PROTECT: Final = "PROTECT"


class ReferenceRules:
    """The rules of a relationship to one: whether the other instance must be there, is protected, and counts.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for rules that don't fit together.
    """

    __slots__ = ("counters", "on_delete", "required")

    def __init__(self, required: bool, on_delete: OnDelete | None, counters: Sequence[Counter]) -> None:
        if on_delete not in (None, PROTECT):
            raise DynaModelException(
                "on_delete of a relationship is dynamorm.PROTECT, or left out. To delete what refers to an instance, "
                "delete each in your program."
            )
        given = tuple(counters) if isinstance(counters, (list, tuple)) else (counters,)
        if not all(isinstance(each, Counter) for each in given):
            raise DynaModelException(
                "The counters of a relationship are a list of Count and Sum, such as [Count('order_count')]."
            )
        if on_delete is not None and not any(isinstance(each, Count) and each.where is None for each in given):
            raise DynaModelException(
                "on_delete=PROTECT needs a counter of all instances that refer to another one: add Count('…'), without "
                "'where', to the counters of the relationship."
            )
        self.required = required
        self.on_delete = on_delete
        self.counters = given


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

    @checks_arguments
    def __init__(self, *fields: str, by: Callable[[Any], Any] | None = None, name: str | None = None) -> None:
        self.fields = fields
        self.by = by
        self.name = name

    def __repr__(self) -> str:
        return f"Unique({', '.join(map(repr, self.fields))})"

    def is_same(self, other: object) -> bool:
        """Return whether another declaration is one of the same values, as of a model that others inherit from."""
        return isinstance(other, Unique) and (other.fields, other.name) == (self.fields, self.name)


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

    @checks_arguments
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

    @checks_arguments
    def __init__(
        self, field: FieldPath | str | Any, amount: FieldPath | str | Any, *, where: Expression | None = None
    ) -> None:
        super().__init__(field, amount, where)


def _name(field: Any) -> str:
    names = getattr(field, "names", None)
    return ".".join(map(str, names)) if isinstance(names, tuple) else str(field)
