"""The settings of the keys of a table and its indexes, as the classes of a model have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import DynaModelException, MissingTableAttribute
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.table.keys import capitalized, throughput

if TYPE_CHECKING:
    from dynamorm.model.query.expressions import Expression


@record
class KeySettings:
    """The settings of the key of a table (the index is ``None``) or of an index, as its class has them.

    *label* names the class in errors.
    """

    index: str | None
    label: str
    spec: TableSpec | IndexSpec
    hash_key: object
    range_key: object
    only_if: Expression | None = None

    @property
    def has_template(self) -> bool:
        """Whether a part of the key is composed by a template."""
        return isinstance(self.hash_key, Key) or isinstance(self.range_key, Key)

    def composed_attributes(self) -> list[str]:
        """Return the names of the attributes that templates compose."""
        keys = ((self.hash_key, self.spec.hash_keys), (self.range_key, self.spec.range_keys))
        return [each.name for given, attributes in keys if isinstance(given, Key) for each in attributes]


@record
class IndexSettings:
    """An index of a model as its class describes it, with its capacity, which may be incomplete."""

    spec: IndexSpec
    read: int | None
    write: int | None
    key_settings: KeySettings

    def spec_with_capacity(self, table: str, *, provisioned: bool) -> IndexSpec:
        """Return the spec to create the index from, for a table that is *provisioned* or billed on demand.

        Raises :class:`~dynamorm.exceptions.MissingTableAttribute` for a capacity that does not go with the table's.
        """
        if self.spec.kind == "local":
            return self.spec
        label = f"the index '{self.spec.name}' of '{table}'"
        capacity = throughput(self.read, self.write, label)
        if provisioned and capacity is None:
            raise MissingTableAttribute(
                f"{capitalized(label)} has neither 'read' nor 'write', but its table has both. Give it both."
            )
        if capacity is not None and not provisioned:
            raise MissingTableAttribute(
                f"{capitalized(label)} has 'read' and 'write', but its table has neither. Give both to the table, or "
                "remove them here."
            )
        return replace(self.spec, throughput=capacity)


def refuse_same_names(owner: str, indexes: Sequence[IndexSettings]) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` if two *indexes* of an *owner* have one name."""
    names = [index.spec.name for index in indexes]
    for name in names:
        if names.count(name) > 1:
            raise DynaModelException(f"Two indexes of {owner} have the name '{name}'. Give each its own.")
