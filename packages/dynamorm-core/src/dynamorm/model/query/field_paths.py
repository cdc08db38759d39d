"""Field paths, which the fields of a model's class are: ``Book.author == "Mr. Bar"``, ``Book.address["state"]``."""

from __future__ import annotations

from collections.abc import Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Self

from dynamorm.data.conditions import Operand, Size
from dynamorm.data.paths import PathElement
from dynamorm.data.values import AttributeType
from dynamorm.exceptions import InvalidOperator, UnknownAttribute
from dynamorm.model.query.changes import Changeable
from dynamorm.model.query.expressions import Expression, OperandExpression, refuse_bool, spelled_path
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.misplaced import values_listed
from dynamorm.model.query.operators import Lookup
from dynamorm.model.query.update_operands import PathWithDefault, UpdateOperand


class _Comparable(OperandExpression):
    """The comparison operators of paths and sizes; each returns an :class:`Expression`."""

    _names: tuple[PathElement, ...]
    _sized = False

    def _lookup(self, operator: str, operand: Any) -> Expression:
        return Lookup(self._names, operator, operand, self._sized)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return self._lookup("eq", other)

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return self._lookup("ne", other)

    def __lt__(self, other: Any) -> Expression:
        return self._lookup("lt", other)

    def __le__(self, other: Any) -> Expression:
        return self._lookup("lte", other)

    def __gt__(self, other: Any) -> Expression:
        return self._lookup("gt", other)

    def __ge__(self, other: Any) -> Expression:
        return self._lookup("gte", other)

    def __hash__(self) -> int:
        return hash(self._names)

    def __bool__(self) -> bool:
        return refuse_bool("The path of a field")

    def between(self, low: Any, high: Any) -> Expression:
        """Return the condition that ``low <= value <= high``."""
        return self._lookup("between", (low, high))

    def is_in(self, choices: Iterable[Any]) -> Expression:
        """Return the condition that the value is one of 1 to 100 *choices*."""
        return self._lookup("in", values_listed(choices))


class FieldPath(_Comparable, Changeable, UpdateOperand):
    """The path of a field of a model, or of a value below it.

    ``path[name]`` and ``path[index]`` lead to an entry of a map and an element of a list. Names are taken literally:
    dots, spaces and double underscores have no special meaning.

    In an update, ``path + value``, ``path - value`` and :meth:`if_not_exists` are values that DynamoDB computes from
    the item: ``Book.update_item(isbn="1", price=Book.list_price - Book.rebate)``. Changes of an update can be written
    with the methods of paths, too: ``book.update([Book.title.set("x"), Book.tags.append(["new"])])``.
    """

    #: For annotations: type checkers know the type of the value, ``FieldPath[bool]``.
    __class_getitem__: Any = classmethod(GenericAlias)

    def __init__(self, names: tuple[PathElement, ...]) -> None:
        self._names = names

    @property
    def names(self) -> tuple[PathElement, ...]:
        """The field's name, followed by the names and indexes below it."""
        return self._names

    def __getitem__(self, element: str | int) -> FieldPath:
        if isinstance(element, bool) or not isinstance(element, (str, int)):
            raise InvalidOperator(f"A path continues with a name or an index, not with {type(element).__name__}.")
        if isinstance(element, int) and element < 0:
            raise InvalidOperator("DynamoDB counts the elements of a list from the front: an index is 0 or more.")
        return FieldPath((*self._names, element))

    def __iter__(self) -> Any:
        raise TypeError(
            f'The path of a field can\'t be iterated over: {self!r}. In an update, Book.tags + ["new"] joins lists.'
        )

    if not TYPE_CHECKING:
        # Type checkers report what is missing.

        def __contains__(self, value: object) -> bool:
            """Raise ``InvalidOperator``: Python would make a bool of the condition."""
            path = spelled_path(self._names)
            raise InvalidOperator(
                f"Python's 'in' makes no condition. Use {path}.contains(…) for a part of a string, or an element of a "
                f"list or set; {path}.is_in([…]) for one of several values."
            )

        def __getattr__(self, name: str) -> object:
            """Say what to use in place of a method that other libraries have."""
            if name.startswith("_"):
                raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
            from dynamorm.model.query.other_words import PATH_METHODS, advice  # deferred: start-up cost

            path = spelled_path(self._names)
            methods = [each for each in dir(type(self)) if not each.startswith("_")]
            below = f"A value below the field is {path}[{name!r}]."
            # Most unknown names are those of values in a map, and short ones are like some method or other.
            meant = advice(name, PATH_METHODS, methods, likeness=0.8)
            if not meant or (meant.startswith("Did you mean") and name not in PATH_METHODS):
                meant = f"{meant} {below}".lstrip()
            raise UnknownAttribute(f"The field path {path} has no attribute '{name}'. {meant}")

    def begins_with(self, prefix: str | bytes | OperandExpression) -> Expression:
        """Return the condition that the string or the bytes begin with *prefix*."""
        return self._lookup("begins_with", prefix)

    def contains(self, value: Any) -> Expression:
        """Return the condition that *value* is a substring of the string, or an element of the list or set."""
        return self._lookup("contains", value)

    def exists(self) -> Expression:
        """Return the condition that there is a value."""
        return self._lookup("exists", operand=True)

    def not_exists(self) -> Expression:
        """Return the condition that there is no value."""
        return self._lookup("not_exists", operand=True)

    def is_type(self, type_: AttributeType) -> Expression:
        """Return the condition that the value has this DynamoDB type: ``"S"``, ``"N"``, ``"L"`` and so on."""
        return self._lookup("type", type_)

    def if_not_exists(self, default: Any) -> PathWithDefault:
        """Return the value at this path, or the *default* if there is none, as a value of an update.

        The default is a value, or another path or ``if_not_exists``.
        """
        return PathWithDefault(self._names, default)

    def size(self) -> SizePath:
        """Return the size of the value, to be compared with a number."""
        return SizePath(self._names)

    def operand(self, fields: SchemaFields) -> Operand:
        """Return the path as an operand of another field's comparison."""
        return fields.locate(self._names).path

    def _usage(self) -> str:
        """Say how a field stands in conditions and in updates."""
        path = spelled_path(self._names)
        return (
            f"A condition compares the field, as in {path} == …. An update sets it, as in {path}.set(…), and can "
            f"compute {path} + … and {path} - …."
        )

    def spelled(self) -> str:
        """Return the path as it is written after the model."""
        return spelled_path(self._names)

    def __get__(self, instance: object | None, owner: type) -> Self | None:
        # Not a data descriptor: an instance's own value comes first, and this is called only when it has none.
        return self if instance is None else None

    def __repr__(self) -> str:
        return f"<FieldPath {self.spelled()}>"


class SizePath(_Comparable):
    """The size of a value: the length of a string, bytes of binary data, elements of a set, list or map."""

    _sized = True

    def __init__(self, names: tuple[PathElement, ...]) -> None:
        self._names = names

    def operand(self, fields: SchemaFields) -> Operand:
        """Return the size as an operand of another field's comparison."""
        return Size(fields.locate(self._names).path)

    def _usage(self) -> str:
        """Say how a size stands in conditions."""
        return f"A condition compares the size, as in {self.spelled()} >= …. DynamoDB computes nothing with it."

    def spelled(self) -> str:
        """Return the size as it is written after the model."""
        return f"{spelled_path(self._names)}.size()"

    def __repr__(self) -> str:
        return f"<FieldPath {self.spelled()}>"
