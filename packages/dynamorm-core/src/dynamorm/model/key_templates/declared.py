"""``Key``, with which a model declares a key that is computed from its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from dynamorm.data.arguments import checks_arguments
from dynamorm.exceptions import DynaModelException

if TYPE_CHECKING:
    # A class that inherits from a shared table has a Key where that has the name of an attribute, which type checkers
    # allow only of a kind of string.
    _Base = str
else:
    _Base = object


class Key(_Base):
    """A key that is computed from fields of the model: ``hash_key = Key("CUSTOMER#{customer_id}")``.

    ``{field}`` is replaced by the stored value of a field, and ``{address.city}`` by one below it. Each item still has
    the fields as attributes of their own. ``{{`` and ``}}`` are braces, and a template without fields is a constant.

    A key sorts as its fields do. For that, a whole number needs a width, ``{number:010d}``, and date-times are those
    with a UTC offset, or with ``{at:naive}`` those without one. ``{email:casefold}`` makes keys that differ only in
    upper and lower case equal. Other numbers, bytes, lists, maps and sets can't be part of a template.

    A model whose template does not fit its schema raises :class:`~dynamorm.exceptions.InvalidKey` or
    :class:`~dynamorm.exceptions.InvalidSchemaField` when it is defined. A value that holds the separator of the table,
    ``"#"`` by default, or an empty string raises :class:`~dynamorm.exceptions.InvalidKey` before anything is sent.

    Args:
        template: The text of the key. Between two fields stands the separator, with or without more text.
        attribute: The name of the key attribute. On a ``Table``, it is ``"pk"`` for a hash key and ``"sk"`` for a range
            key by default; the key of an index needs it. On a ``SharedTable``, the table names it.
        also: The template of an earlier release. ``get`` also finds items by it, with a second request; ``get_batch``
            and ``transact_get`` ask for both keys at once. An instance that was read is written where it is, until
            ``move`` or ``reindex`` gives it the new key. Queries, references and writes that have not read
            the item, such as ``create``, ``put_unique``, ``update_item`` and ``delete_item``, know the new one only:
            they miss items that are not moved yet, or write a second one. So ``reindex`` first.
        only_key: Fields that are not stored as attributes of their own, for tables that hold such items already. They
            are read from the key, and can't be filtered by.
    """

    if TYPE_CHECKING:

        def __new__(
            cls, template: str, *, attribute: str | None = None, also: str | None = None, only_key: Sequence[str] = ()
        ) -> Self:
            """Create a key, as ``__init__`` describes it."""

    @checks_arguments
    def __init__(
        self, template: str, *, attribute: str | None = None, also: str | None = None, only_key: Sequence[str] = ()
    ) -> None:
        for given in (template, also):
            if not isinstance(given, str) and (given is template or given is not None):
                raise DynaModelException(
                    f"A Key is made of a template, such as Key('ORDER#{{order_id}}'), not of {type(given).__name__}."
                )
        self.template = template
        self.attribute = attribute
        self.also = also
        self.only_key: tuple[str, ...] = (only_key,) if isinstance(only_key, str) else tuple(only_key)

    def __repr__(self) -> str:
        options = {"attribute": self.attribute, "also": self.also, "only_key": list(self.only_key)}
        given = [f"{name}={value!r}" for name, value in options.items() if value]
        return f"Key({', '.join([repr(self.template), *given])})"

    def __eq__(self, other: object) -> bool:
        return self._compared() == other._compared() if isinstance(other, Key) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        return self.template, self.attribute, self.also, self.only_key
