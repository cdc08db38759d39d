"""The operations of the queries and scans of several models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import KeyCondition
from dynamorm.data.operations import Query, Scan
from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import DynaModelException, InvalidKey, MissingKey
from dynamorm.model.key_templates.conditions import KeyQuery, key_query, merged
from dynamorm.model.query.conditions import positional_expressions
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.key_conditions import refuse_keys, split_conditions
from dynamorm.model.query.operations import refuse_unprojected, scan_operation, target_of
from dynamorm.model.query.operators import Lookup, Q, conjunction
from dynamorm.model.reads.composed_operations import refuse_only_key
from dynamorm.model.shared_tables.collection_fields import CollectionFields
from dynamorm.model.shared_tables.shared_kinds import SharedKind
from dynamorm.model.table.composed_keys import KeyPart


@record
class Collection:
    """What a read of a shared table, called *label*, reads: the models that were *named*, or *all* of them."""

    label: str
    spec: TableSpec
    index: IndexSpec | None
    fields: CollectionFields
    named: tuple[SharedKind, ...]
    all: tuple[SharedKind, ...]

    @property
    def _index_name(self) -> str | None:
        return None if self.index is None else self.index.name

    @property
    def _target(self) -> TableSpec | IndexSpec:
        return self.spec if self.index is None else self.index

    def query(self, expressions: Sequence[object], lookups: Mapping[str, Any]) -> tuple[Query, tuple[SharedKind, ...]]:
        """Return the operation of a query, and the kinds of the models that it is made for; none if it is for all.

        Raises:
            InvalidKey: The conditions on the keys are not those that a query allows, or the models have different hash
                keys.
            InvalidSchemaField: A name is in no model, or means two things.
        """
        given = (*positional_expressions(expressions, "query"), Q(**lookups))
        target = target_of(self.spec, self.index)
        names = _names_with_values(given, self.fields)
        kinds = self.named
        if not (kinds or self._hash_attributes() <= names):
            kinds = self._fitting(names, target)
        if kinds:
            key_condition, others = self._of_models(kinds, names, given, target)
            filter_ = conjunction(others, self.fields)
            if filter_ is not None:
                refuse_keys(filter_, self._target, target)
        else:
            key_condition, filter_ = split_conditions(self.fields, self._target, given, target)
        if filter_ is not None:
            for kind in kinds or self.all:
                refuse_only_key(filter_, kind.composed, kind.model.__name__)
            if self.index is not None:
                refuse_unprojected(filter_, self.spec, self.index)
        return Query(self.spec.name, key_condition, self._index_name, filter_), kinds

    def scan(self, expressions: Sequence[Any], lookups: Mapping[str, Any]) -> Scan:
        """Return the operation of a scan. Raises what :meth:`query` raises, except ``InvalidKey`` for a key."""
        scan = scan_operation(self.fields, self.spec, self.index, expressions, lookups)
        if scan.filter is not None:
            for kind in self.named or self.all:
                refuse_only_key(scan.filter, kind.composed, kind.model.__name__)
        return scan

    def _hash_attributes(self) -> set[str]:
        return {each.name for each in self._target.hash_keys}

    def _of_models(
        self, kinds: Sequence[SharedKind], names: set[str], given: Sequence[Expression], target: str
    ) -> tuple[KeyCondition, tuple[Expression, ...]]:
        """Return the key condition, and the other conditions, of a query of models by their fields."""
        parts = [(kind, self._parts(kind)) for kind in kinds]
        first = next(((kind, own) for kind, own in parts if set(own[0].fields) <= names), None)
        hashed = {name for _, own in parts for name in own[0].fields}
        queries: list[KeyQuery] = []
        for kind, own in parts:
            own_given = self._without(given, hashed - set(own[0].fields))
            if first is not None and not set(own[0].fields) <= names:
                own_given = self._with_hash_of(first, (kind, own), given, target)
            queries.append(key_query(self.fields, own, own_given, target))
        self._refuse_different(kinds, queries)
        found = merged(queries)
        return found.condition(), found.others

    def _without(self, given: Sequence[Expression], names: set[str]) -> tuple[Expression, ...]:
        """Return the conditions that are *given* without the values of fields of these *names*."""
        return tuple(
            term
            for expression in given
            for term in expression.terms(self.fields)
            if not (isinstance(term, Lookup) and _name(term) in names and term.operator == "eq")
        )

    def _with_hash_of(
        self,
        first: tuple[SharedKind, list[KeyPart]],
        second: tuple[SharedKind, list[KeyPart]],
        given: Sequence[Expression],
        target: str,
    ) -> tuple[Expression, ...]:
        """Return the conditions for the *second* model, whose hash key is the first's with other names of fields.

        Raises:
            InvalidKey: Its template is another one.
        """
        hash_part, other = first[1][0], second[1][0]
        if _shape(hash_part) != _shape(other):
            raise self._different(first[0], second[0])
        asked = key_query(self.fields, first[1], given, target)
        left = self._without(given, {*hash_part.fields, *other.fields})
        name = hash_part.attribute.name
        return (*left, Q(**{name: asked.hash_values[name]}))

    def _refuse_different(self, kinds: Sequence[SharedKind], queries: Sequence[KeyQuery]) -> None:
        for kind, query in zip(kinds, queries, strict=True):
            if query.hash_values != queries[0].hash_values:
                raise self._different(kinds[0], kind)

    def _different(self, first: SharedKind, second: SharedKind) -> InvalidKey:
        one, other = (self._parts(kind)[0] for kind in (first, second))
        advice = f"Query them one by one, or scan: {self.label}.scan({first.model.__name__}, {second.model.__name__})."
        return InvalidKey(
            f"{first.model.__name__} and {second.model.__name__} have different hash keys in "
            f"{target_of(self.spec, self.index)}, {_spelled(one)} and {_spelled(other)}, so that no query finds items "
            f"of both. {advice}"
        )

    def _fitting(self, names: set[str], target: str) -> tuple[SharedKind, ...]:
        """Return the kinds of the models whose hash keys are composed of fields that have values."""
        keyed = [(kind, parts[0]) for kind in self.all if (parts := self._parts_or_none(kind)) is not None]
        found = [kind for kind, part in keyed if part.fields and set(part.fields) <= names]
        if found:
            return tuple(found)
        fields = {kind.model.__name__: ", ".join(part.fields) for kind, part in keyed if part.fields}
        known = "; ".join(f"{name} takes {names}" for name, names in fields.items())
        attribute = next(iter(self._hash_attributes()))
        raise MissingKey(
            f"A query of {target} needs the fields of a model's hash key{': ' + known if known else ''}. Or give the "
            f"attribute itself, {attribute}='…'. To search all items, use scan, which reads them all."
        )

    def _parts(self, kind: SharedKind) -> list[KeyPart]:
        parts = self._parts_or_none(kind)
        if parts is None:
            assert self.index is not None
            raise DynaModelException(
                f"{kind.model.__name__} has no keys in the index '{self.index.name}' of {self.label}, so that none of "
                f"its items are there. Leave it out, or give it a class that inherits from {self.label}'s index."
            )
        return parts

    def _parts_or_none(self, kind: SharedKind) -> list[KeyPart] | None:
        key = kind.key_of(self._index_name)
        if key is not None:
            return list(key.parts)
        fields = {each.attribute: name for name, each in kind.model._mapper.adapter.fields.items()}
        attributes = self._target.key_attributes
        if len(self._target.hash_keys) > 1 or len(self._target.range_keys) > 1:
            return None
        # An index may have attributes of the table's key, as an inverted one has.
        parts = [
            kind.part_of(each.name, self.index)
            or (KeyPart(each, None, fields[each.name]) if each.name in fields else None)
            for each in attributes
        ]
        found = [each for each in parts if each is not None]
        return found if len(found) == len(parts) else None


def _names_with_values(given: Sequence[Expression], fields: CollectionFields) -> set[str]:
    """Return the names of fields and attributes that are compared with one value."""
    return {
        _name(term)
        for expression in given
        for term in expression.terms(fields)
        if isinstance(term, Lookup) and term.operator == "eq" and not term.sized
    }


def _name(term: Lookup) -> str:
    return ".".join(map(str, term.names))


def _shape(part: KeyPart) -> tuple[object, ...]:
    """Return a template without the names of its fields."""
    if part.template is None:
        return (None,)
    return tuple(each if isinstance(each, str) else (type(each), each.pattern) for each in part.template.parts)


def _spelled(part: KeyPart) -> str:
    return f"the field '{part.field}'" if part.template is None else f"'{part.template.text}'"
