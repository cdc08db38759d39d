"""The mapper of a model: between the values that its users write and the items that its table holds.

Made once, when the model's class is defined; all that the verbs of a model have in common is here.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias

from dynamorm.data.conditions import Condition
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.tables import IndexSpec, KeyAttribute
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import AttributeValue, Item, normalise_item
from dynamorm.engine.plans.preconditions import VersionMatches
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import (
    DynaModelException,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    MissingKey,
    ValidationError,
)
from dynamorm.model.query.expressions import AllOf, Expression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.key_conditions import split_conditions
from dynamorm.model.query.operators import Q
from dynamorm.model.query.schema_errors import note_schema
from dynamorm.model.query.updates import Changes, action, assignment, split_change
from dynamorm.model.table.expiry import ReadOperation
from dynamorm.model.table.model_table import ModelTable
from dynamorm.model.table.versions import VersionField, version_field
from dynamorm.ports.schemas import SchemaAdapter, Shape

#: Conditions of a write: keywords as a dict, one expression, or several that are AND-ed.
Conditions: TypeAlias = Mapping[str, Any] | Expression | Iterable[Expression] | None


class Mapper:
    """Knows a model's schema and table, and turns the arguments of its verbs into operations' parts."""

    def __init__(
        self, model_name: str, adapter: SchemaAdapter, table: ModelTable, inherited: MutableMapping[str, Any]
    ) -> None:
        self.model_name = model_name
        #: The relationships of the model by name, the *inherited* ones too, which may still grow.
        self.relationships: MutableMapping[str, Any] = ChainMap({}, inherited)
        self.adapter = adapter
        self.table = table
        self.spec = table.spec
        self._indexes = {index.name: index for index in table.spec.indexes}
        self.fields = SchemaFields(model_name, adapter.fields)
        self._field_names = frozenset(adapter.fields)
        self._names_by_attribute = {field.attribute: name for name, field in adapter.fields.items()}
        self.key_fields = tuple(self._names_by_attribute[attribute.name] for attribute in self.spec.key_attributes)
        #: The field that holds an item's version, if the table has one.
        self.version: VersionField | None = None
        if table.version is not None:
            self.version = version_field(model_name, adapter, table.spec, table.version, self.defaults())

    def backend(self) -> Connection:
        """The backend in force for this model."""
        return self.table.connection()

    # Values of whole items

    def has_fields(self, names: Iterable[str]) -> bool:
        """Whether all *names* are those of fields."""
        return self._field_names.issuperset(names)

    def validated(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """A user's *values*, by field name or attribute name, as native values by field name.

        A top-level ``None`` counts as not given, as it is not stored either. Raises
        :class:`~dynamorm.exceptions.ValidationError`, also when a field is given under both of its names.
        """
        self._check_mapping(values, "An item")
        named = values if self.has_fields(values) else self._named(values)
        given = {name: value for name, value in named.items() if value is not None}
        try:
            return self.adapter.validate(given, partial=partial)
        except Exception as error:
            note_schema(error, self.model_name)
            raise

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A user's *values* by field name, where the name of an attribute was given."""
        named = {
            name if name in self._field_names else self._names_by_attribute.get(name, name): value
            for name, value in values.items()
        }
        if len(named) != len(values):
            twice = [name for name in named if self._is_given_twice(name, values)]
            errors = {name: ["Given twice, by the field's name and by the attribute's."] for name in twice}
            raise ValidationError(dict(values), self.adapter.schema.__name__, errors)
        return named

    def _is_given_twice(self, name: str, values: Mapping[str, Any]) -> bool:
        return name in self.fields and self.fields.field(name).attribute in values.keys() - {name}

    def _check_mapping(self, values: object, what: str) -> None:
        if type(values) is not dict and not isinstance(values, Mapping):
            raise DynaModelException(
                f"{what} of {self.model_name} is a dict by field name, not {type(values).__name__}. Verbs for several take them as "
                "put_batch(*items) and get_batch(keys)."
            )

    def loaded(self, item: Item, *, partial: bool) -> dict[str, Any]:
        """A stored *item* as native values by field name. A top-level NULL counts as not there."""
        try:
            return self.adapter.load(
                {name: value for name, value in item.items() if value is not None}, partial=partial
            )
        except Exception as error:
            note_schema(error, self.model_name)
            raise

    def dumped(self, values: Mapping[str, Any], *, partial: bool = False) -> Item:
        """Native *values* by field name as a stored item, or a part of one; a top-level ``None`` is left out."""
        given = {name: value for name, value in values.items() if value is not None}
        return normalise_item(_without_nulls(self.serialised(given, partial=partial)))

    def serialised(self, values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
        """Native *values* by field name as the schema library serialises them, by attribute name."""
        try:
            return self.adapter.dump(values, partial=partial)
        except Exception as error:
            note_schema(error, self.model_name)
            raise

    def defaults(self) -> dict[str, Any]:
        """Fresh default values by field name."""
        try:
            return self.adapter.defaults()
        except Exception as error:
            note_schema(error, self.model_name)
            raise

    def extra_values(self, values: Mapping[str, Any], given: Collection[str]) -> Item:
        """What of the names *given* the schema let through into *values* without knowing it: it is stored as it is."""
        if self.has_fields(given):
            return {}
        return normalise_item(_without_nulls({name: values.get(name) for name in given if name not in self.fields}))

    def item(self, given: Mapping[str, Any]) -> Item:
        """The item to store of the values *given* by a user, validated."""
        values = self.validated(given, partial=False)
        return {**self.extra_values(values, given), **self.dumped(values)}

    def unknown_attributes(self, item: Item) -> Item:
        """The attributes of a stored *item* that the schema does not know."""
        return {name: value for name, value in item.items() if name not in self._names_by_attribute}

    # Keys

    def key(self, values: Mapping[str, Any]) -> Item:
        """The primary key from its parts by field name, each native or serialised.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` for a name that is not in the schema,
        :class:`~dynamorm.exceptions.InvalidKey` for a field that is not part of the key, and
        :class:`~dynamorm.exceptions.MissingKey` for a part that is missing.
        """
        self._check_mapping(values, "A key")
        for name in values:
            if name not in self.key_fields:
                # Raises for a name that is none of a field.
                self.fields.field(name)
                raise InvalidKey(
                    f"'{name}' is not part of the primary key of {self.model_name}, which is {' and '.join(self.key_fields)}. To "
                    "find items by other fields use query with an index, or scan."
                )
        key: Item = {}
        for name, attribute in zip(self.key_fields, self.spec.key_attributes, strict=True):
            value = values.get(name)
            if value is None:
                missing = [name for name in self.key_fields if values.get(name) is None]
                raise MissingKey(
                    f"The primary key of {self.model_name} is {' and '.join(self.key_fields)}; {' and '.join(missing)} was not given."
                )
            key[attribute.name] = self.fields.stored(name, value)
        return key

    def index(self, name: str | None) -> IndexSpec | None:
        """The index of this *name* in the table; ``None`` for none. Raises ``DynaModelException`` when there is none."""
        if name is None:
            return None
        try:
            return self._indexes[name]
        except KeyError:
            raise DynaModelException(
                f"{self.model_name} has no index '{name}'. Its indexes are {', '.join(self._indexes) or 'none'}."
            ) from None

    def keys_read(self, index: str | None) -> tuple[str, ...]:
        """The names of the key attributes of what is read: of the table, and of the *index* of this name."""
        return tuple(attribute.name for attribute in self.key_attributes_read(index))

    def key_attributes_read(self, index: str | None) -> tuple[KeyAttribute, ...]:
        """The key attributes of what is read, each once: of the table, and of the *index* of this name."""
        indexed = () if index is None else self._indexes[index].key_attributes
        return tuple({attribute.name: attribute for attribute in (*self.spec.key_attributes, *indexed)}.values())

    # Expired items

    @property
    def hides_expired(self) -> bool:
        """Whether reads leave out items that have expired, unless they are told otherwise."""
        return self.table.expiry is not None and self.table.expiry.hidden

    def is_hidden(self, item: Item) -> bool:
        """Whether an *item* that was read is to be left out."""
        return self.table.expiry is not None and self.table.expiry.hidden and self.table.expiry.is_over(item)

    def projection_with_ttl(self, projection: tuple[Path, ...] | None) -> tuple[Path, ...] | None:
        """A *projection* that also reads what tells whether an item is hidden; the same one where nothing is missing."""
        if projection is None or self.table.expiry is None or not self.table.expiry.hidden:
            return projection
        path = Path.of(self.table.expiry.attribute)
        return projection if path in projection else (*projection, path)

    def without_ttl(self, item: Item) -> Item:
        """An *item* without what tells when it expires."""
        expiry = self.table.expiry
        return {name: value for name, value in item.items() if expiry is None or name != expiry.attribute}

    def unexpired(self, operation: ReadOperation) -> ReadOperation:
        """An *operation* that leaves out what has expired by now.

        Raises :class:`~dynamorm.exceptions.DynaModelException` without a ``ttl``, and for an index that does not hold it, and
        :class:`~dynamorm.exceptions.InvalidKey` for a query by it.
        """
        if self.table.expiry is None:
            raise DynaModelException(
                f"The Table of {self.model_name} has no ttl, the field by which items expire: none is to be left out."
            )
        return self.table.expiry.leave_out(operation, self.spec, self.index(operation.index))

    # Versions

    def version_check(self, item: Item) -> VersionMatches | None:
        """That the stored item is in the version of *item*; ``None`` when the model has no versions."""
        return None if self.version is None else self.version.check(item)

    def refuse_batch_of_versions(self) -> None:
        """Raises :class:`~dynamorm.exceptions.DynaModelException` when the model has versions, which no batch can check."""
        if self.version is not None:
            self.version.refuse_batch()

    # Conditions

    def condition(self, conditions: Conditions) -> Condition | None:
        """The condition of a write, from whatever form it was given in; ``None`` when there is none."""
        if conditions is None:
            return None
        return AllOf(_expressions(conditions)).resolve(self.fields)

    def query(
        self, expressions: Sequence[Expression], lookups: Mapping[str, Any], index: IndexSpec | None = None
    ) -> Query:
        """The operation that reads the first page of a query."""
        place = f"'{self.spec.name}'" if index is None else f"the index '{index.name}' of '{self.spec.name}'"
        given = (*_expressions(expressions), Q(**lookups))
        key_condition, filter_ = split_conditions(self.fields, index or self.spec, given, place)
        return Query(self.spec.name, key_condition, None if index is None else index.name, filter_)

    def scan(
        self, expressions: Sequence[Expression], lookups: Mapping[str, Any], index: IndexSpec | None = None
    ) -> Scan:
        """The operation that reads the first page of a scan."""
        filter_ = AllOf((*_expressions(expressions), Q(**lookups))).resolve(self.fields)
        return Scan(self.spec.name, None if index is None else index.name, filter_)

    # Projections

    def projection(self, attributes: str | Iterable[str | FieldPath]) -> tuple[Path, ...]:
        """The paths of *attributes*: field names with what is below, ``things[0].name``, or field paths.

        A text may name several, with commas between. Raises
        :class:`~dynamorm.exceptions.InvalidSchemaField`.
        """
        named = attributes.split(",") if isinstance(attributes, str) else attributes
        found = dict.fromkeys(self.fields.locate(_names(attribute)).path for attribute in named)
        if not found:
            raise InvalidSchemaField(
                f"No attributes of {self.model_name} were named. Leave it out to read all of them."
            )
        # DynamoDB refuses paths that overlap; the outer one reads what the inner one would.
        return tuple(path for path in found if not any(other.leads_into(path) for other in found))

    # Updates

    def actions(self, changes: Changes) -> list[UpdateAction]:
        """The actions of an update. New values of whole fields are validated, together, as the schema says."""
        keywords = {change: split_change(self.fields, change) for change in changes}
        whole = {
            str(keyword.names[0]): changes[change]
            for change, keyword in keywords.items()
            if not keyword.operators and len(keyword.names) == 1
        }
        stored = self._stored_values(whole)
        actions = []
        for change, keyword in keywords.items():
            name = str(keyword.names[0])
            if not keyword.operators and len(keyword.names) == 1:
                actions.append(assignment(self.fields.locate((name,)), stored.get(name)))
            else:
                actions.append(action(self.fields, keyword, changes[change]))
        return actions

    def changed_fields(self, changes: Changes) -> set[str]:
        """The names of the fields that *changes* are about, as a whole or in part."""
        return {str(split_change(self.fields, change).names[0]) for change in changes}

    def _stored_values(self, values: Mapping[str, Any]) -> dict[str, AttributeValue]:
        for name, value in values.items():
            if value is None and self.fields.field(name).required:
                errors = {name: ["This field is required and can't be removed."]}
                raise ValidationError(dict(values), self.adapter.schema.__name__, errors)
        native = self.validated(values, partial=True)
        for name, value in native.items():
            # Only the item is partial. A nested value takes the place of the former one, and has to be complete.
            if name in values and value is not None and self.fields.field(name).shape is not Shape.SCALAR:
                self.fields.locate((name,)).check(value)
        item = self.dumped(native, partial=True)
        return {name: item.get(self.fields.field(name).attribute) for name in values}


def _without_nulls(values: Mapping[str, Any]) -> Mapping[str, Any]:
    for value in values.values():
        if value is None:
            return {name: value for name, value in values.items() if value is not None}
    return values


def _expressions(conditions: Mapping[str, Any] | Expression | Iterable[Expression]) -> tuple[Expression, ...]:
    if isinstance(conditions, Mapping):
        return (Q(**conditions),)
    if isinstance(conditions, Expression):
        return (conditions,)
    expressions = tuple(conditions)
    for expression in expressions:
        if not isinstance(expression, Expression):
            raise InvalidOperator(
                f"A condition is a dict of keywords, a Q, a comparison of a field, or a list of those, not {type(expression).__name__}."
            )
    return expressions


def _names(attribute: str | FieldPath) -> tuple[PathElement, ...]:
    if isinstance(attribute, FieldPath):
        return attribute.names
    names: list[PathElement] = []
    for part in attribute.strip().split("."):
        # Indexes at the end, as DynamoDB's own projection expressions have them: matrix[0][1]
        name, *indexes = re.split(r"\[(\d+)\](?=(?:\[\d+\])*$)", part)
        names += [name, *(int(index) for index in indexes if index)]
    return tuple(names)
