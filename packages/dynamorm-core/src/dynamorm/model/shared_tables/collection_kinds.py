"""The kinds of a read of several models: which items it gives, and as what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import AttributeNotExists, BeginsWith, Between, Comparison, Not, Value
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item
from dynamorm.exceptions import UnknownKind, WrongKind
from dynamorm.model.key_templates.exclusivity import common_prefix, leading_text
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.mapping.loading import Loader, Origin
from dynamorm.model.reads.collections import Unknown
from dynamorm.model.reads.raw_items import RawItem
from dynamorm.model.shared_tables.shared_kinds import SharedKind, SharedRegistry, begin_alike
from dynamorm.model.table.held_guards import MARKER, is_guard
from dynamorm.model.table.kind_registry import OWN_KINDS
from dynamorm.model.table.kinds import and_also, index_read, is_held, kind_condition, with_warning


@record
class CollectionKinds:
    """The kinds of a read of a shared table: those of the models that are *read*, or all, if these are none.

    *unknown* is what happens to items of no known kind, and *is_named* says whether the program named the models.
    """

    registry: SharedRegistry
    spec: TableSpec
    read: tuple[SharedKind, ...]
    unknown: Unknown
    is_named: bool = True

    @property
    def attribute(self) -> str:
        """The attribute of the kind; empty if there is none."""
        return self.registry.attribute

    @property
    def needs_whole_items(self) -> bool:
        """Whether more than keys and the attribute of the kind may tell the kind of an item."""
        return self.registry.kind_of is not None

    @property
    def label(self) -> str:
        """What a cursor of the read is bound to: the models, in their order."""
        return ",".join(kind.name for kind in self.read) if self.is_named else "*"

    @property
    def models(self) -> list[type[Any]]:
        """The models that the program has named, in their order."""
        return [kind.model for kind in self.read] if self.is_named else []

    def with_unknown(self, unknown: Unknown) -> CollectionKinds:
        """Return these kinds with another rule for items of no known kind."""
        return replace(self, unknown=unknown)

    def claimed(self) -> Mapping[str, Any]:
        """Return the kinds whose items are read, by name, as they are registered now."""
        if not self.read:
            return self.registry.kinds
        found: dict[str, Any] = {}
        for kind in self.read:
            found = {**kind.claimed(), **found}
        return found

    def of(self, item: Item) -> SharedKind | None:
        """Return the kind of an *item*, if it is one that is read."""
        name = self._name_of(item)
        return None if name is None else self.claimed().get(name)

    def _name_of(self, item: Item) -> str | None:
        """Return the name of the kind of an *item*; ``None`` for a guard, and for one that nobody knows."""
        if item.get(self.attribute) is None and is_guard(item, self.spec):
            return None
        return self.registry.kind_name(item)

    def gives(self, item: Item) -> bool:
        """Return whether the read gives an *item*, or raises for it, instead of leaving it out."""
        try:
            self.loader_of(item)
        except WrongKind:
            return False
        except UnknownKind:
            return True
        return True

    def loader_of(self, item: Item) -> Callable[..., Any]:
        """Return the loader of an *item*.

        Raises:
            WrongKind: The item is left out.
            UnknownKind: It is of no known kind.
        """
        kind = self.of(item)
        if kind is not None:
            return kind.loader_of(item)
        stored = item.get(self.attribute)
        name = stored if type(stored) is str else None
        key = {each.name: item[each.name] for each in self.spec.key_attributes if each.name in item}
        is_own = is_guard(item, self.spec) or (name or "").startswith(OWN_KINDS)
        if is_own or self._name_of(item) in self.registry.kinds or self.unknown == "skip":
            raise WrongKind("The item is of a kind that is not read.", name, key)
        if self.unknown == "raw":
            return _load_raw(name)
        what = "is of a kind that no model has"
        if stored is None:
            lacking = f"has no attribute '{self.attribute}', and " if self.attribute else ""
            what = f"{lacking}has the key of no model"
        raise UnknownKind(
            f"An item of {self.registry.label} {what}. Import the module of its "
            "model; or leave such items out, with unknown('skip'), or take them as they are, with unknown('raw').",
            name,
            key,
        )

    def loader(self) -> Loader[Any]:
        """Return the function that makes an instance of each item, of whichever model."""

        def load(
            item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED, origin: Origin = None
        ) -> Any:
            return self.loader_of(item)(item, partial, loaded, origin)

        return load

    def drops(self, error: Exception, item: Item) -> bool:
        """Return whether the read leaves out an *item* that raised this *error*."""
        return isinstance(error, WrongKind) and error.key == {name: item.get(name) for name in error.key}

    def attributes_held(self, spec: TableSpec, index: IndexSpec | None) -> tuple[str, ...]:
        """Return the attributes that tell kinds apart, if the table, or an *index* of it, holds them."""
        return (self.attribute,) if is_held(spec, index, self.attribute) else ()

    def is_decided_by_program(self, operation: Query | Scan, spec: TableSpec) -> bool:
        """Return whether no filter can tell the items that the read gives from others."""
        if not self.is_named:
            index = index_read(operation, spec)
            # In an index that holds neither attribute, only the key tells a guard.
            hides_guards = not any(is_held(spec, index, name) for name in (self.attribute, MARKER))
            return hides_guards or bool(self.read) or self.unknown == "skip"
        if self.unknown != "skip" or self.registry.kind_of is not None:
            return True
        if not is_held(spec, index_read(operation, spec), self.attribute):
            return True
        # The keys of items without a kind tell whose they are.
        return any(kind.takes_items_without for kind in self.read)

    def restrict(self, operation: Query | Scan, spec: TableSpec, *, counts: bool) -> Query | Scan:
        """Return the *operation* of the read, with a filter of the kinds where it needs one."""
        index = index_read(operation, spec)
        if not self.read:
            return self._without_guards(operation, spec, index) if counts else operation
        if not is_held(spec, index, self.attribute):
            return operation
        # Items of no known kind are asked for, and have to come.
        is_needed = self.unknown == "skip" and self._meets_others(operation)
        if not (counts or is_needed):
            return operation
        absent = [kind.without_attribute(operation) for kind in self.read if kind.takes_items_without]
        condition = kind_condition(self.attribute, tuple(self.claimed()), absent)
        filtered = replace(operation, filter=and_also(operation.filter, condition))
        return filtered if counts or isinstance(filtered, Scan) else with_warning(filtered)

    def _without_guards(self, operation: Query | Scan, spec: TableSpec, index: IndexSpec | None) -> Query | Scan:
        if is_held(spec, index, self.attribute):
            no_guard = Not(BeginsWith(Path.of(self.attribute), Value(OWN_KINDS)))
            return replace(operation, filter=and_also(operation.filter, no_guard))
        if is_held(spec, index, MARKER):
            return replace(operation, filter=and_also(operation.filter, AttributeNotExists(Path.of(MARKER))))
        return operation

    def _meets_others(self, operation: Query | Scan) -> bool:
        """Return whether an *operation* may read items of models that are not named."""
        if isinstance(operation, Scan):
            return True
        claimed = set(map(id, self.claimed().values()))
        others: list[SharedKind] = [
            each for each in dict.fromkeys(self.registry.kinds.values()) if id(each) not in claimed
        ]
        prefix = _range_prefix(operation)
        target = index_read(operation, self.spec) or self.spec
        return any(_is_met(kind, operation, target, prefix) for kind in others)


def _is_met(kind: SharedKind, query: Query, target: TableSpec | IndexSpec, prefix: str) -> bool:
    """Return whether a *query* of a *target* whose range keys begin with *prefix* may read items of a *kind*."""
    index = None if isinstance(target, TableSpec) else target
    if index is not None and not kind.may_be_in(index):
        return False
    for name, value in query.key_condition.hash_values.items():
        template = kind.template_of(name, index)
        if template is not None and template.parse(value) is None:
            return False
    for each in target.range_keys[:1]:
        return begin_alike(prefix, leading_text(kind.template_of(each.name, index)))
    return True


def _range_prefix(query: Query) -> str:
    """Return the text with which all range keys begin that a *query* reads."""
    values: Sequence[object] = ()
    for condition in query.key_condition.range_conditions:
        match condition:
            case BeginsWith(prefix=Value(value)):
                values = (value,)
            case Comparison(operator="=", right=Value(value)):
                values = (value,)
            case Between(low=Value(low), high=Value(high)):
                values = (low, high)
    texts = [value for value in values if isinstance(value, str)]
    return common_prefix(texts) if texts else ""


def _load_raw(kind: str | None) -> Callable[..., RawItem]:
    def load(item: Item, *_: object) -> RawItem:
        return RawItem(item, kind)

    return load
