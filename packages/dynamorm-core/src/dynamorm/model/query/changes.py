"""Changes of an update that the methods of a path make: ``Book.title.set("x")``, ``Book.tags.append(["new"])``.

They say the same as the keywords of an update, ``title="x"`` and ``tags__append=["new"]``, in a form that type checkers
and editors know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynamorm.data.paths import PathElement
from dynamorm.exceptions import InvalidUpdate
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.misplaced import QueryElement


class Change(QueryElement):
    """One change of an update: a function of an update and its *value*, for the value that *names* lead to.

    The function ``"set"`` replaces the value; the others are those of the keywords of an update.
    """

    __slots__ = ("function", "names", "value")

    def __init__(self, names: tuple[PathElement, ...], function: str, value: Any) -> None:
        self.names = names
        self.function = function
        self.value = value

    def _usage(self) -> str:
        """Say how several changes are given."""
        return "Changes are given to an update in a list: update([Book.title.set(…), Book.tags.append(…)])."

    def __repr__(self) -> str:
        path = str(self.names[0]) + "".join(f"[{name!r}]" for name in self.names[1:])
        return f"<Change {path}.{METHODS.get(self.function, self.function)}({'' if self.value is True else '…'})>"


#: The methods of paths that have another name than the function of the update.
METHODS: Mapping[str, str] = {"if_not_exists": "set_if_not_exists"}


class Changeable:
    """The methods of paths that make a :class:`Change`, one for each function of an update."""

    _names: tuple[PathElement, ...]

    def set(self, value: Any) -> Change:
        """Set the value, to a constant or to what DynamoDB computes from the item. ``None`` removes an attribute."""
        return Change(self._names, "set", value)

    def set_if_not_exists(self, value: Any) -> Change:
        """Set the value, unless there is one."""
        return Change(self._names, "if_not_exists", value)

    def remove(self) -> Change:
        """Remove the value. Nothing happens if there is none."""
        return Change(self._names, "remove", value=True)

    def append(self, values: Any) -> Change:
        """Add a list of elements at the end of the list. A list that is not there is made."""
        return Change(self._names, "append", values)

    def prepend(self, values: Any) -> Change:
        """Add a list of elements at the beginning of the list. A list that is not there is made."""
        return Change(self._names, "prepend", values)

    def plus(self, value: Any) -> Change:
        """Add to the number, which must be there; :meth:`add` starts from 0 if it is not."""
        return Change(self._names, "plus", value)

    def minus(self, value: Any) -> Change:
        """Subtract from the number, which must be there."""
        return Change(self._names, "minus", value)

    def add(self, value: Any) -> Change:
        """Add to the number, or add a set of elements to the set. Start from 0 or an empty set if there is no value."""
        return Change(self._names, "add", value)

    def delete(self, value: Any) -> Change:
        """Remove a set of elements from the set. The attribute is removed when no element is left."""
        return Change(self._names, "delete", value)


def changes_of(given: object) -> dict[Change, Any]:
    """Return *given* changes, one or several, with their values. Each has a key of its own, even when it is repeated.

    Raises:
        InvalidUpdate: Something else was given.
    """
    changes = [given] if isinstance(given, Change) else given
    if not isinstance(changes, Iterable) or isinstance(changes, (str, bytes, Mapping, QueryElement)):
        raise InvalidUpdate(
            "The positional argument of an update is a list of changes, [Book.title.set(…), Book.tags.append(…)], or "
            f"a dict of changes by field path, {{Book.tags[0]: …}}, not {_described(given)}. Write the key and "
            "changes of whole fields by name, as in update_item(isbn=…, title=…), and conditions as conditions=…"
        )
    found: dict[Change, Any] = {}
    for change in changes:
        if not isinstance(change, Change):
            raise InvalidUpdate(
                'A list of changes holds what the methods of paths return, as in [Book.title.set("x")], not '
                f"{_described(change)}. Write conditions as conditions=…"
            )
        found[Change(change.names, change.function, change.value)] = change.value
    return found


def _described(given: object) -> str:
    if isinstance(given, Expression):
        return "a condition"
    if isinstance(given, QueryElement):
        return f"{type(given).__name__}. {given._usage()}".removesuffix(".")
    return "a dict by other keys" if isinstance(given, Mapping) else type(given).__name__
