"""The kinds of a shared table, whose models are told apart by the templates of their keys, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.data.conditions import And, BeginsWith, Comparison, Condition, Value
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException
from dynamorm.model.key_templates.exclusivity import can_coincide, common_literal_prefix, leading_text
from dynamorm.model.query.operations import unprojected
from dynamorm.model.table.kind_registry import KindOf, KindRegistry, unprojected_kind
from dynamorm.model.table.kinds import Kind

if TYPE_CHECKING:
    from dynamorm.model.key_templates.templates import Template
    from dynamorm.model.table.composed_keys import ComposedKey, ComposedKeys, KeyPart


class SharedKind(Kind):
    """The kind of a model of a shared table.

    Its *family* is the class that it and others inherit from. *written* are the attributes that its items may have.
    *overlaps* are the names of models of other families whose items may have the same keys.
    """

    def __init__(
        self,
        registry: KindRegistry[Any],
        model: type[Any],
        names: tuple[str, ...],
        *,
        family: type[Any],
        composed: ComposedKeys,
        written: frozenset[str],
        overlaps: frozenset[str] = frozenset(),
        is_view: bool = False,
        field: str | None = None,
    ) -> None:
        super().__init__(registry, model, names, is_root=model is family, is_view=is_view, field=field)
        self.family = family
        self.composed = composed
        self.written = written
        self.overlaps = overlaps
        self._needs: tuple[Mapping[str, Kind], dict[str | None, bool]] = ({}, {})

    def key_of(self, index: str | None) -> ComposedKey | None:
        """Return the composed primary key, or that of an *index*; ``None`` for an index that the model does not use."""
        return self.composed.primary if index is None else self.composed.indexes.get(index)

    def may_be_in(self, index: IndexSpec) -> bool:
        """Return whether items of the model may be in an *index*, whose key may be fields of the model."""
        return self.written.issuperset(each.name for each in index.key_attributes)

    def part_of(self, attribute: str, index: IndexSpec | None) -> KeyPart | None:
        """Return the part of the key of the table, or of an *index*, that is in an *attribute*.

        An attribute of the table's key may be one of an index, too. ``None``: it is a field that is stored as it.
        """
        keys = (None if index is None else self.key_of(index.name), self.key_of(None))
        parts = (each for key in keys if key is not None for each in key.parts)
        return next((each for each in parts if each.attribute.name == attribute), None)

    def template_of(self, attribute: str, index: IndexSpec | None) -> Template | None:
        """Return the template of a key *attribute*; ``None`` for a field, which can have any value."""
        part = self.part_of(attribute, index)
        return None if part is None else part.template

    def relatives(self) -> list[Kind]:
        """Return the kinds of the other models of its family: those of other families have other keys."""
        return [each for each in super().relatives() if each.family is self.family]  # type: ignore[attr-defined]  # all are shared

    def has_key(self, item: Item) -> bool:
        """Return whether the primary key of an *item* is one that the model's templates give."""
        key = self.composed.primary
        return key is not None and key.parse(item) is not None

    def needs_filter(self, operation: Query | Scan) -> bool:
        """Return whether there may be items of other kinds in what an *operation* of this model reads."""
        if not self.is_root or isinstance(operation, Scan):
            return True
        kinds, needs = self._needs
        if kinds is not self.registry.kinds:
            needs = {}
            self._needs = (self.registry.kinds, needs)
        index = operation.index
        if index not in needs:
            spec = None if index is None else self.model._mapper.table.index(index)
            needs[index] = any(self.meets(other, spec) for other in self._strangers())
        return needs[index] and not self._reads_one_key(operation)

    def without_attribute(self, operation: Query | Scan) -> Condition:
        """Return the condition that an item which an *operation* reads lacks the attribute, and may be of this kind.

        A scan may compare its keys, a query may not.
        """
        absent, key = super().without_attribute(operation), self.composed.primary
        if isinstance(operation, Query) or key is None or self.registry.kind_of is not None:
            return absent
        templates = {part.attribute.name: (part.template, part.former or part.template) for part in key.parts}
        prefixes = {name: common_literal_prefix(both) for name, both in templates.items()}
        begun = [BeginsWith(Path.of(name), Value(prefix)) for name, prefix in prefixes.items() if prefix]
        return And((absent, *begun)) if begun else absent

    def meets(self, other: SharedKind, index: IndexSpec | None) -> bool:
        """Return whether a query of the table, or of an *index*, by this kind may find items of an *other* one."""
        if index is None:
            return meets(self.key_of(None), other.key_of(None))
        if not other.may_be_in(index):
            return False
        hashes = ((self.template_of(each.name, index), other.template_of(each.name, index)) for each in index.hash_keys)
        if not all(_templates_coincide(*each) for each in hashes):
            return False
        for each in index.range_keys[:1]:
            own, theirs = (kind.template_of(each.name, index) for kind in (self, other))
            return begin_alike(leading_text(own), leading_text(theirs))
        return True

    def is_decided_by_program(self, operation: Query | Scan, spec: TableSpec) -> bool:
        """Return whether no filter can tell the items of this model from others that an *operation* reads.

        The keys of items without a kind tell whose they are.
        """
        if super().is_decided_by_program(operation, spec):
            return True
        return self.takes_items_without and self.needs_filter(operation)

    def _reads_one_key(self, query: Query) -> bool:
        """Return whether a *query* of the table reads one key, which no model of another family has."""
        conditions = query.key_condition.range_conditions
        is_equal = all(isinstance(each, Comparison) and each.operator == "=" for each in conditions)
        return query.index is None and bool(conditions) and is_equal and not self.overlaps

    def _strangers(self) -> Iterator[SharedKind]:
        kinds: Iterator[Any] = iter(self.registry.kinds.values())
        return (kind for kind in kinds if kind.family is not self.family)


class SharedRegistry(KindRegistry[SharedKind]):
    """The kinds of the models of a shared table, the label of which is its name."""

    def __init__(self, label: str, attribute: str, kind_of: KindOf | None) -> None:
        super().__init__(label, attribute, kind_of)

    def root_of(self, kind: SharedKind) -> SharedKind | None:
        """Return the kind of the model that the model of *kind* and others inherit from, unless that is abstract."""
        return next((each for each in self.kinds.values() if each.is_root and each.family is kind.family), None)

    def kind_without_attribute(self, item: Item) -> SharedKind | None:
        """Return the kind of an *item* that lacks the attribute; ``None`` if nobody knows it.

        It is the one that ``kind_of`` names, or else that of the only family whose templates give its key.
        """
        if self.kind_of is not None:
            return super().kind_without_attribute(item)
        found = [kind for kind in dict.fromkeys(self.kinds.values()) if kind.has_key(item)]
        if len({kind.family for kind in found}) != 1:
            return None
        return found[0] if len(found) == 1 else self.root_of(found[0])

    def check(self, kind: SharedKind, spec: TableSpec, index_classes: Mapping[str, str]) -> None:
        """Raise ``DynaModelException`` if reads could not tell a *kind* from those that are registered."""
        for other in self.others(kind):
            if other.family is kind.family:
                self._check_family(kind, other, spec, index_classes)
                continue
            names = f"{other.model.__name__} and {kind.model.__name__}"
            is_meant = kind.model.__name__ in other.overlaps or other.model.__name__ in kind.overlaps
            if _share_keys(kind.composed.primary, other.composed.primary) and not (is_meant and self.attribute):
                raise DynaModelException(
                    f"{names} can have the same keys in {self.label}: {_spelled(other)}, and {_spelled(kind)}. Then "
                    "an item would not tell whose it is, and one would overwrite the other. Begin one of the templates "
                    f"with another text; if this is meant, say overlaps = ['{other.model.__name__}'] in the Table of "
                    f"{kind.model.__name__}."
                )
            for index in spec.indexes:
                if not (self.attribute and unprojected(spec, index, (self.attribute,))):
                    continue
                if coincide_in(index, kind, other):
                    what = f"{names} can have the same keys in the index {index.name} of {self.label}"
                    raise unprojected_kind(what, index, index_classes.get(index.name, index.name), self.attribute)

    def others(self, kind: SharedKind) -> list[SharedKind]:
        """Return the registered kinds of other models, each once, without those that this one is about to replace."""
        name = (kind.model.__module__, kind.model.__qualname__)
        kinds = dict.fromkeys(self.kinds.values())
        replaced = [each.model for each in kinds if (each.model.__module__, each.model.__qualname__) == name]
        return [each for each in kinds if not any(issubclass(each.model, model) for model in replaced)]

    def _check_family(
        self, kind: SharedKind, other: SharedKind, spec: TableSpec, index_classes: Mapping[str, str]
    ) -> None:
        names = f"{other.model.__name__} and {kind.model.__name__}"
        if not self.attribute:
            raise DynaModelException(
                f"{names} have the same keys in {self.label}, whose kind is None, so that nothing tells them apart. "
                f"Give {self.label} a kind, the name of an attribute."
            )
        for index in spec.indexes:
            is_used = kind.may_be_in(index) and other.may_be_in(index)
            if is_used and unprojected(spec, index, (self.attribute,)):
                what = f"{names} have the same keys in the index {index.name} of {self.label}"
                raise unprojected_kind(what, index, index_classes.get(index.name, index.name), self.attribute)


def _share_keys(first: ComposedKey | None, second: ComposedKey | None) -> bool:
    """Return whether two models can have one primary key, a former one or the present one."""
    if first is None or second is None:
        return False
    return any(all(map(_templates_coincide, ours, theirs)) for ours in _layouts(first) for theirs in _layouts(second))


def _layouts(key: ComposedKey) -> list[list[Template | None]]:
    """Return the templates of a *key*, and those that composed it before."""
    present = [part.template for part in key.parts]
    return [present, [part.former or part.template for part in key.parts]] if key.has_former else [present]


def coincide_in(index: IndexSpec, first: SharedKind, second: SharedKind) -> bool:
    """Return whether items of two kinds can have one key in an *index*."""
    if not (first.may_be_in(index) and second.may_be_in(index)):
        return False
    names = [each.name for each in index.key_attributes]
    return all(_templates_coincide(first.template_of(name, index), second.template_of(name, index)) for name in names)


def meets(first: ComposedKey | None, second: ComposedKey | None) -> bool:
    """Return whether a query by the *first* key, with any condition on the range, may find items of the *second*."""
    if first is None or second is None or not _parts_coincide(first.hash, second.hash):
        return False
    if first.range is None or second.range is None:
        return True
    return begin_alike(leading_text(first.range.template), leading_text(second.range.template))


def begin_alike(prefix: str, other: str) -> bool:
    """Return whether one text can begin with both of two prefixes."""
    return prefix.startswith(other) or other.startswith(prefix)


def _parts_coincide(first: KeyPart, second: KeyPart) -> bool:
    return _templates_coincide(first.template, second.template)


def _templates_coincide(first: Template | None, second: Template | None) -> bool:
    return first is None or second is None or can_coincide(first, second)


def _spelled(kind: SharedKind) -> str:
    key = kind.composed.primary
    assert key is not None, "a model of a shared table has a composed key"
    return " and ".join(f"'{each.text}'" for each in key.templates)
