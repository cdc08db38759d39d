"""The settings of the keys of a table and its indexes, as the classes of a model have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import DynaModelException, InvalidKey, MissingTableAttribute
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.table.keys import capitalized, throughput

if TYPE_CHECKING:
    from dynamorm.model.query.expressions import Expression

HASH: Final = "hash_key"
RANGE: Final = "range_key"


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

    def templates(self) -> Iterator[tuple[str, str, Key]]:
        """Yield the attributes that templates compose, each with the label of the setting, and the template."""
        keys = ((HASH, self.hash_key, self.spec.hash_keys), (RANGE, self.range_key, self.spec.range_keys))
        for setting, given, attributes in keys:
            if isinstance(given, Key):
                yield from ((each.name, f"the {setting} of {self.label}", given) for each in attributes)

    def composed_attributes(self) -> list[str]:
        """Return the names of the attributes that templates compose."""
        return [name for name, _, _ in self.templates()]


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


def refuse_contradictions(keys: Sequence[KeySettings]) -> None:
    """Refuse *keys* of one model that give an attribute two values, and a wrong ``only_if``.

    Raises:
        InvalidKey: Two templates compose one attribute.
        DynaModelException: An ``only_if`` is no condition.
    """
    found: dict[str, tuple[KeySettings, str, str]] = {}
    for each in keys:
        for name, label, key in each.templates():
            other, other_label, template = found.setdefault(name, (each, label, key.template))
            if template != key.template or (other is each and other_label != label):
                raise InvalidKey(
                    f"{capitalized(other_label)} and {label} are both held by '{name}', which has one value in an "
                    "item. Give the same template twice, in two indexes, or use another attribute."
                )
        if each.only_if is not None:
            from dynamorm.model.query.expressions import Expression  # deferred: start-up cost

            if not isinstance(each.only_if, Expression):
                raise DynaModelException(
                    f"The 'only_if' of {each.label} is a condition, such as Q(status__ne='archived'), not "
                    f"{type(each.only_if).__name__}."
                )


def refuse_same_names(owner: str, indexes: Sequence[IndexSettings]) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` if two *indexes* of an *owner* have one name."""
    names = [index.spec.name for index in indexes]
    for name in names:
        if names.count(name) > 1:
            raise DynaModelException(f"Two indexes of {owner} have the name '{name}'. Give each its own.")
