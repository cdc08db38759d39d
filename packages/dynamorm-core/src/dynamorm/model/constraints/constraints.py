"""The constraints of a model, by which its writes are compiled."""

from __future__ import annotations

from dynamorm.data.operations import PutItem
from dynamorm.data.records import replace
from dynamorm.data.values import Item
from dynamorm.engine.plans.preconditions import ItemAbsent
from dynamorm.engine.plans.writes import SingleWrite, Write, with_preconditions
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException
from dynamorm.model.constraints.compilation import Compilation, StillDeleted
from dynamorm.model.constraints.known_items import (
    ANY_ITEM,
    NO_ITEM,
    ItemChange,
    KnownItem,
    known_of,
    said_of,
    with_key_fields,
)
from dynamorm.model.constraints.references import CountedBy, Reference
from dynamorm.model.constraints.unique import UniqueRule
from dynamorm.model.mapping.known_values import KnownValues
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.origins import used_origin
from dynamorm.model.mapping.snapshots import Presence
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.table.expiry import absent_or_expired


class Constraints:
    """The constraints of the model of a *mapper*. Without any, a mapper has none of these."""

    def __init__(
        self,
        mapper: Mapper,
        unique: tuple[UniqueRule, ...],
        references: tuple[Reference, ...],
        counted_by: tuple[CountedBy, ...],
    ) -> None:
        self.mapper = mapper
        self.unique = unique
        self.references = references
        self.counted_by = counted_by
        others = (*(each.name for each in references), *(each.name for each in counted_by))
        #: What tells the rules from those of other models; a model that inherits them has the same.
        self.names = frozenset((*(rule.prefix for rule in unique), *others))

    def put(self, write: Write, instance: StoredInstance | None = None, *, is_copy: bool = False) -> Write:
        """Return the compiled put of an instance, which may only be a copy in another backend, or of values."""
        is_unique = any(isinstance(each, ItemAbsent) for each in write.preconditions)
        before = ANY_ITEM
        if is_unique or (instance is not None and (is_copy or not _is_present(instance))):
            before = NO_ITEM
        elif instance is not None:
            before = known_of(instance)
        assert isinstance(write.operation, PutItem)
        for rule in self.unique:
            rule.refuse_key_of_guard(write.operation.item)
        if before is NO_ITEM and not is_copy:
            for each in self.counted_by:
                each.refuse_counts(write.operation.item)
        return self._compiled(write, before, _origin(instance))

    @property
    def counted_fields(self) -> frozenset[str]:
        """The names of the fields in which other instances are counted."""
        return frozenset(self.mapper.field_name(name) for each in self.counted_by for name in each.attributes)

    def change(self, write: Write, instance: StoredInstance) -> Write:
        """Return the compiled update or deletion of the item of an instance."""
        if instance._dynamorm_snapshot.presence is Presence.ABSENT:
            # Deleted again: the rules have no more to do.
            return with_preconditions(write, (StillDeleted(),), (), self.mapper.token_attribute)
        return self._compiled(write, known_of(instance), _origin(instance))

    def change_known(self, write: Write, known: KnownValues | None) -> Write:
        """Return the compiled update or deletion of an item of which the program says what is *known*."""
        return self._compiled(write, said_of(known), None)

    def change_read(self, write: Write, item: Item) -> Write:
        """Return the compiled update or deletion of an *item* that was read, of which there is no instance."""
        return self._compiled(write, KnownItem(item, complete=True), None)

    def moved(self, put: Write, delete: Write, instance: StoredInstance | None, item: Item) -> tuple[Write, Write]:
        """Return the compiled *put* and *delete* that give an *item* of an instance another key."""
        origin = _origin(instance)
        return self._compiled(put, NO_ITEM, origin), self._compiled(delete, KnownItem(item, complete=True), origin)

    def _compiled(self, write: Write, before: KnownItem, origin: Connection | None) -> Write:
        operation = write.operation
        assert isinstance(operation, SingleWrite), "a check changes nothing"
        if before.item is not None:
            before = replace(before, item=with_key_fields(self.mapper, before.item))
        put = with_key_fields(self.mapper, operation.item) if isinstance(operation, PutItem) else None
        change = ItemChange.of(operation, self._with_key(before, operation), put)
        compilation = Compilation(self.mapper, origin)
        rules: list[CountedBy | Reference | UniqueRule] = [*self.counted_by, *self.references, *self.unique]
        for rule in rules:
            rule.compile(change, compilation)
        return compilation.compiled(write, absent_or_expired(self.mapper.table.expiry) if change.is_new else None)

    def _with_key(self, before: KnownItem, operation: SingleWrite) -> KnownItem:
        """Return what is known of an item *before* an operation, which knows its key, with the fields of that."""
        if before.item is None or isinstance(operation, PutItem):
            return before
        values = self.mapper.key_values(operation.key, before.item)
        key = {self.mapper.fields.field(name).attribute: value for name, value in values.items()}
        return replace(before, item={**before.item, **key})

    def refuse_batch(self, *, deletes: bool) -> None:
        """Raise ``DynaModelException`` if a batch that puts, or *deletes*, could break a rule: it has no conditions."""
        rules: list[UniqueRule | Reference | CountedBy] = [*self.unique]
        rules += [each for each in self.references if each.rules.counters or not deletes]
        rules += [each for each in self.counted_by if each.protects or not deletes]
        if not rules:
            return
        rule = rules[0]
        raise DynaModelException(
            f"{self.mapper.model_name} has {rule.name}, and a batch can't keep to it: it checks nothing. Save or "
            "delete each instance, or use dynamorm.transaction()."
        )


def _is_present(instance: StoredInstance) -> bool:
    return instance._dynamorm_snapshot.presence is Presence.PRESENT


def _origin(instance: StoredInstance | None) -> Connection | None:
    return None if instance is None else used_origin(instance)
