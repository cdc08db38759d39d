"""What the verbs of models do to which tables and indexes: what an IAM policy has to allow.

The verbs of a model reach its own table and indexes, the tables that hold the guards of its unique values, the tables
of models that its rules check and count in, and those of related models, which its instances read and, to one, save.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec
from dynamorm.model.constraints.constraints import Constraints
from dynamorm.model.constraints.unique import UniqueRule
from dynamorm.model.key_templates.templates import Template
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.relationships.to_one import ToOne
from dynamorm.model.shared_tables.shared_table import SharedTableMeta
from dynamorm.model.table.composed_keys import ComposedKey
from dynamorm.model.table.layout import TableLayout
from dynamorm.operate.export.key_patterns import FieldPart, KeyText

#: The actions that read items. A transaction that reads needs ``GetItem``.
READS: Final = ("GetItem", "BatchGetItem", "Query")
#: The actions that write items. There is none for transactions, which need those of their parts.
WRITES: Final = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")
SCAN: Final = ("Scan",)

Actions: TypeAlias = tuple[str, ...]


@record
class Use:
    """The *actions* of verbs on one table, or on one of its *indexes*, with the hash keys of the items there.

    Attributes:
        table: The name of the table, with the prefix.
        index: The name of the index; ``None`` for the table itself.
        actions: The actions of DynamoDB's API.
        hash_key: The text of the hash keys that the verbs send; ``None`` if it has several attributes or is no text.
        primary: For an index, the text of the hash keys of the same items in their table.
        shown: The hash key, for messages.
        what: The verbs, for messages: the name of a model or of one of its indexes, or a rule.
        is_own: Whether the table is that of a model that the policy is for.
    """

    table: str
    index: str | None
    actions: Actions
    hash_key: KeyText | None
    shown: str
    what: str
    is_own: bool = False
    primary: KeyText | None = None


def uses_of(
    models: Iterable[Any], *, writes: bool, scan: bool = False, table_prefix: str | None = None
) -> tuple[Use, ...]:
    """Return what the verbs of *models* do, in the order of the models: those that read, or also those that write.

    Args:
        models: Models that have a table, and shared tables, which stand for all of their models.
        writes: Whether verbs that write are used.
        scan: Whether verbs that scan are used.
        table_prefix: As for :func:`~dynamorm.operate.export.iam`.

    Raises:
        DynaModelException: Something else is given.
        UnknownModel: A relationship refers to a model that is not defined.
    """
    uses = _Uses(writes=writes, scan=scan, table_prefix=table_prefix)
    for model in models:
        if isinstance(model, SharedTableMeta):
            uses.add_shared(model)
            for each in model.models:
                uses.add_model(each)
        else:
            uses.add_model(model)
    return tuple(dict.fromkeys(uses.found))


class _Uses:
    """The uses that are *found*, and the models whose instances are saved together with others."""

    def __init__(self, *, writes: bool, scan: bool, table_prefix: str | None) -> None:
        self.found: list[Use] = []
        self._writes = writes
        self._scan = scan
        self._prefix = table_prefix
        self._saved: set[int] = set()

    def add_shared(self, shared: SharedTableMeta) -> None:
        """Add the reads of a *shared* table across its models, or all that it allows as long as it has none."""
        layout, models, name = shared.layout, shared.models, shared.__name__
        for index in layout.spec.indexes:
            what = f"{name}, with index='{index.name}',"
            for model in models:
                if index.name in model.Table.indexes:
                    self._add_index(layout, index, model._mapper, what, is_own=True)
            if not models:
                self._add(Use(self._name(layout), index.name, ("Query",), *_attribute_key(index), what, is_own=True))
        if not models:
            self._add(
                Use(self._name(layout), None, self._all_actions(), *_attribute_key(layout.spec), name, is_own=True)
            )

    def add_model(self, model: Any) -> None:
        """Add all that the verbs of a *model* and of its instances do."""
        mapper: Mapper = model._mapper
        name = mapper.model_name
        self._add_table(mapper, self._all_actions(), name, is_own=True)
        former = _former_key(mapper)
        if former is not None:
            # A get asks for the former key, too, and a batch for both at once.
            self._add(
                Use(self._name(mapper.table), None, self._all_actions(), *former, f"{name}, under its former keys,")
            )
        for index_name, index_class in model.Table.indexes.items():
            self._add_index(
                mapper.table, mapper.table.index(index_name), mapper, f"{name}.{index_class.__name__}", is_own=True
            )
        self._add_rules(mapper)
        for relationship in mapper.relationships.values():
            self._add_related(relationship)

    def _add_related(self, relationship: Any) -> None:
        """Add what an instance does to the one, or to those, that it is related to."""
        other: Mapper = relationship.other._mapper
        what = str(relationship)
        self._add_table(other, READS, what)
        if relationship.index_name is not None:
            index_class = getattr(relationship.other, relationship.index_name)
            self._add_index(other.table, other.table.index(index_class.name), other, what)
        if self._writes and isinstance(relationship, ToOne):
            self._add_saved(relationship, other, what)

    def _add_saved(self, relationship: ToOne[Any], other: Mapper, what: str) -> None:
        """Add what deletes a related instance, with ``del``, and saves it together with its owner."""
        saves = ("PutItem", "UpdateItem") if relationship.saved_with_owner else ()
        self._add_table(other, (*saves, "DeleteItem"), what)
        self._add_rules(other)
        if relationship.saved_with_owner and id(other) not in self._saved:
            self._saved.add(id(other))
            for each in other.relationships.values():
                if isinstance(each, ToOne) and each.saved_with_owner:
                    self._add_saved(each, each.other._mapper, str(each))

    def _add_rules(self, mapper: Mapper) -> None:
        """Add what the constraints of a model do to other items: to guards, and to those that are referred to."""
        constraints = mapper.constraints
        if not isinstance(constraints, Constraints):
            return
        for rule in constraints.unique:
            # by_unique reads a guard, and the check of a whole table reads many.
            actions: Actions = ("GetItem", *(("BatchGetItem",) if self._scan else ()))
            if self._writes:
                actions = (*actions, "PutItem", "DeleteItem")
            what = f"{rule.name} of {mapper.model_name}"
            self._add(Use(self._name(rule.layout), None, actions, *_guard_key(rule), what))
        for reference in constraints.references if self._writes else ():
            other: Mapper = reference.relationship.other._mapper
            actions = ("ConditionCheckItem",) if reference.rules.required else ()
            if reference.counters():
                actions = (*actions, "UpdateItem")
            self._add_table(other, actions, reference.name)

    def _add_table(self, mapper: Mapper, actions: Actions, what: str, *, is_own: bool = False) -> None:
        self._add(Use(self._name(mapper.table), None, actions, *_primary_key(mapper), what, is_own))

    def _add_index(
        self, layout: TableLayout, index: IndexSpec | None, mapper: Mapper, what: str, *, is_own: bool = False
    ) -> None:
        assert index is not None, "it has a name"
        primary, _ = _primary_key(mapper)
        key = _index_key(mapper, index)
        self._add(Use(self._name(layout), index.name, ("Query",), *key, what, is_own, primary))

    def _add(self, use: Use) -> None:
        if use.is_own and self._scan:
            use = replace(use, actions=(*use.actions, *SCAN))
        if use.actions:
            self.found.append(use)

    def _all_actions(self) -> Actions:
        return (*READS, *WRITES) if self._writes else READS

    def _name(self, layout: TableLayout) -> str:
        return layout.spec_with_prefix(self._prefix).name


# The hash keys, and how messages show them


def _primary_key(mapper: Mapper) -> tuple[KeyText | None, str]:
    composed = None if mapper.composed is None else mapper.composed.primary
    return _hash_key(mapper, composed, mapper.table.spec.hash_keys)


def _index_key(mapper: Mapper, index: IndexSpec) -> tuple[KeyText | None, str]:
    composed = None if mapper.composed is None else mapper.composed.indexes.get(index.name)
    return _hash_key(mapper, composed, index.hash_keys)


def _attribute_key(keyed: TableSpec | IndexSpec) -> tuple[KeyText | None, str]:
    """Return the hash key of a table or an index of which no model is known."""
    names = [each.name for each in keyed.hash_keys]
    is_text = len(names) == 1 and keyed.hash_keys[0].type == "S"
    return ((FieldPart(names[0], is_whole=True),) if is_text else None), " and ".join(names)


def _hash_key(
    mapper: Mapper, composed: ComposedKey | None, attributes: Sequence[KeyAttribute]
) -> tuple[KeyText | None, str]:
    template = None if composed is None else composed.hash.template
    names = [mapper.field_name(each.name) for each in attributes]
    if len(attributes) > 1 or attributes[0].type != "S":
        return None, " and ".join(names)
    if template is None:
        return (FieldPart(names[0], is_whole=True),), names[0]
    return _text_of(template), template.text


def _former_key(mapper: Mapper) -> tuple[KeyText | None, str] | None:
    """Return the hash key that items of a model had under the template before; ``None`` if there is none."""
    composed = None if mapper.composed is None else mapper.composed.primary
    if composed is None or composed.hash.former is None:
        return None
    return _text_of(composed.hash.former), composed.hash.former.text


def _text_of(template: Template) -> KeyText | None:
    if template.type != "S":
        return None
    return tuple(each if isinstance(each, str) else FieldPart(each.field.name) for each in template.parts)


def _guard_key(rule: UniqueRule) -> tuple[KeyText | None, str]:
    """Return the hash key of the guards of a *rule*; what is compared may be another text than the value."""
    parts: list[str | FieldPart] = [rule.prefix]
    for number, name in enumerate(rule.fields):
        parts += [*("#" if number else ""), FieldPart(name)]
    shown = "".join(each if isinstance(each, str) else f"{{{each.name}}}" for each in parts)
    return tuple(parts), shown
