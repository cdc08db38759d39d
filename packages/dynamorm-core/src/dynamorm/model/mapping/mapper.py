"""The mapper of a model, which converts between the values of its users and the items of its table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans.preconditions import VersionMatches
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidValue, ValidationError
from dynamorm.model.mapping.nones import Nones
from dynamorm.model.mapping.time_keys import TimeKeys
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.misplaced import refuse_query_elements
from dynamorm.model.query.schema_errors import add_schema_note
from dynamorm.model.table.keys import missing_key_error
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.table.versions import VersionField, version_field
from dynamorm.ports.schemas import SchemaAdapter

if TYPE_CHECKING:
    from dynamorm.engine.plans.writes import Write
    from dynamorm.model.mapping.compilers import WriteCompiler

    # Imported for models that have them.
    from dynamorm.model.table.composed_keys import ComposedKeys
    from dynamorm.model.table.kinds import Kind
    from dynamorm.model.table.write_tokens import WriteTokenField


class Mapper:
    """The schema, the fields and the relationships of a model, created when its class is defined.

    *relationships* are those of the model by name, to which more may be added later. *version* and *write_token* are
    the names of the fields that hold an item's version, and the token of its last conditional write.
    """

    #: The constraints by which writes are compiled, if there are any.
    constraints: WriteCompiler | None = None

    def __init__(
        self,
        model_name: str,
        adapter: SchemaAdapter,
        table: TableLayout,
        relationships: MutableMapping[str, Any],
        *,
        version: object = None,
        write_token: object = None,
        composed: ComposedKeys | None = None,
        kind: Kind | None = None,
    ) -> None:
        self.model_name = model_name
        #: The kind of the items, if the model shares its table with others.
        self.kind = kind
        #: Whether items have attributes that the schema does not know and that :meth:`completed` adds.
        self.completes_items = kind is not None or composed is not None
        #: The relationships of the model by name, including inherited ones.
        self.relationships = relationships
        #: The names of the verbs that the model overrides.
        self.overridden: frozenset[str] = frozenset()
        self.adapter = adapter
        self.table = table
        self.fields = SchemaFields(model_name, adapter.fields, keeps_unknown=adapter.keeps_unknown)
        self._field_names = frozenset(adapter.fields)
        self._names_by_attribute = {field.attribute: name for name, field in adapter.fields.items()}
        #: The keys that templates compose; ``None`` if each key attribute is a field's own.
        self.composed = composed
        #: The attributes of the primary key, and their fields: one each, unless templates compose them.
        self.key_names = tuple(attribute.name for attribute in table.spec.key_attributes)
        self._primary = primary = None if composed is None else composed.primary
        names_of_keys = [self._names_by_attribute.get(name, "") for name in self.key_names]
        self.key_fields = tuple(names_of_keys) if primary is None else primary.fields
        # A template takes values by field name.
        names = self.key_names if primary is None else self.key_fields
        self._key_sources = tuple(zip(self.key_fields, names, strict=True))
        #: The field that holds an item's version, if the table has one.
        self.version: VersionField | None = None
        if version is not None:
            self.version = version_field(model_name, adapter, table.spec, version, self.defaults())
        #: The field that holds the token of the last conditional write, if the table has one.
        self.write_token: WriteTokenField | None = None
        if write_token is not None:
            from dynamorm.model.table.write_tokens import write_token_field  # deferred: start-up cost

            self.write_token = write_token_field(model_name, adapter, table.spec, write_token, self.defaults())
        #: The fields that writes set by themselves.
        own = (self.version, self.write_token, None if kind is None else kind.own_field)
        self.own_fields = tuple(field for field in own if field is not None)

        #: The meaning of a ``None`` in each field.
        self.nones = Nones(model_name, adapter, table.spec, None if self.version is None else self.version.name)

    @property
    def spec(self) -> TableSpec:
        """The keys and the indexes of the table, with its name on the current connection."""
        return self.table.spec_in_force()

    # Values of whole items

    def has_fields(self, names: Iterable[str]) -> bool:
        """Return whether all *names* are names of fields."""
        return self._field_names.issuperset(names)

    def validated(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's *values*, by field name or attribute name, as validated native values by field name.

        The schema is asked about a ``None`` only where it would be stored as NULL; where a missing attribute reads as
        ``None``, it is not given to the schema. Raises :class:`~dynamorm.exceptions.ValidationError`, also for a
        ``None`` that could not be read again, and when a field is given under both of its names.
        """
        self.check_mapping(values, "An item")
        named = values if self.has_fields(values) else self._named(values)
        given = dict(named)
        unset: list[str] = []
        for value in named.values():
            if value is None:
                judged, unset = self.nones.split(named)
                given = {name: each for name, each in named.items() if each is not None or name in judged}
                break
        try:
            validated = self.adapter.validate(given, partial=partial)
        except Exception as error:
            refuse_query_elements(given, self.model_name)
            add_schema_note(error, self.model_name)
            raise
        for name in unset:
            validated.setdefault(name, None)
        return validated

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a user's *values* by field name, replacing names of attributes."""
        named = {
            name if name in self._field_names else self._names_by_attribute.get(name, name): value
            for name, value in values.items()
        }
        if len(named) != len(values):
            twice = [name for name in named if self._is_given_twice(name, values)]
            errors = {name: ["Given twice, by the field's name and by the attribute's name."] for name in twice}
            raise ValidationError(dict(values), self.adapter.schema.__name__, errors)
        return named

    def _is_given_twice(self, name: str, values: Mapping[str, Any]) -> bool:
        return name in self.fields and self.fields.field(name).attribute in values.keys() - {name}

    def check_mapping(self, values: object, what: str) -> None:
        """Raise ``DynaModelException`` if the *values* of an item or a key, which *what* names, are not a dict."""
        if type(values) is not dict and not isinstance(values, Mapping):
            advice = "For several, use put_batch(*items) and get_batch(keys)."
            if self.adapter.has_objects and self.adapter.from_object(values) is not None:
                advice = f"Make an instance of it: {self.model_name}.from_schema(…)."
            raise DynaModelException(
                f"{what} of {self.model_name} must be a dict by field name, not {type(values).__name__}. {advice}"
            )

    def loaded(self, item: Item, *, partial: bool, in_parts: bool = False) -> dict[str, Any]:
        """Return a stored *item* as native values by field name. A NULL that the schema does not allow is missing.

        Pass *in_parts* if parts were read below its attributes.
        """
        try:
            if in_parts:
                return self.adapter.load_part(self.nones.readable(item))
            return self.adapter.load(self.nones.readable(item), partial=partial)
        except Exception as error:
            add_schema_note(error, self.model_name)
            raise

    def dumped(self, values: Mapping[str, Any], *, partial: bool = False) -> Item:
        """Return native *values* by field name as a stored item, or a part of one.

        A ``None`` is left out where a missing attribute reads as ``None``, and else is NULL.
        """
        return self._normalised(self.serialised(values, partial=partial))

    def _normalised(self, values: Mapping[str, Any]) -> Item:
        stored = values
        # Fast path: most values have no NULLs.
        for value in values.values():
            if value is None:
                stored = self.nones.readable(values)
                break
        try:
            return normalise_item(stored)
        except InvalidValue:
            refuse_query_elements(values, self.model_name)
            without = self.nones.without_empty_sets(stored)
            if len(without) == len(stored):
                raise
            return normalise_item(without)

    def serialised(self, values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
        """Return native *values* by field name as the schema library serialises them, by attribute name."""
        try:
            stored = self.adapter.dump(values, partial=partial)
        except Exception as error:
            refuse_query_elements(values, self.model_name)
            add_schema_note(error, self.model_name)
            raise
        for value in values.values():
            if value is None:
                return self.nones.serialised(values, stored)
        return stored

    def defaults(self) -> dict[str, Any]:
        """Return new default values by field name."""
        try:
            return self.adapter.defaults()
        except Exception as error:
            add_schema_note(error, self.model_name)
            raise

    def extra_values(self, values: Mapping[str, Any], given: Collection[str]) -> Item:
        """Return the *values* of *given* names that are not fields but that the schema accepts, to store as is."""
        if self.has_fields(given):
            return {}
        extra = {name: values[name] for name in given if name in values and name not in self.fields}
        try:
            return normalise_item(extra)
        except InvalidValue:
            refuse_query_elements(extra, self.model_name)
            raise

    def item(self, given: Mapping[str, Any]) -> Item:
        """Return the item to store for the values *given* by a user, validated."""
        values = self.validated(given, partial=False)
        if self.time_keys:
            self.time_keys.refuse(values)
        item = {**self.extra_values(values, given), **self.dumped(values)}
        return self.completed(item) if self.completes_items else item

    def completed(self, item: Item) -> Item:
        """Return a whole *item* with the attributes that the schema does not know: its kind, and composed keys."""
        if self.kind is not None:
            item = self.kind.add_to(item)
        return item if self.composed is None else self.composed.add_to(item)

    def by_attribute(self, item: Item) -> Item:
        """Return a stored *item* in which fields may have their own names, by attribute name."""
        if self._names_by_attribute.keys() >= item.keys():
            return item
        named = self._named(item)
        return {self.fields.field(name).attribute if name in self.fields else name: named[name] for name in named}

    def field_name(self, attribute: str) -> str:
        """Return the name of the field that is stored as an *attribute*, or the attribute's if there is none."""
        return self._names_by_attribute.get(attribute, attribute)

    def unknown_attributes(self, item: Item) -> Item:
        """Return the attributes of a stored *item* that neither the schema nor DynamORM itself knows."""
        known, computed = self._names_by_attribute, self.computed
        return {name: value for name, value in item.items() if name not in known and name not in computed}

    @cached_property
    def computed(self) -> frozenset[str]:
        """The attributes that the schema does not know and that are computed for each item."""
        computed = frozenset() if self.composed is None else self.composed.attributes
        if self.kind is None or self.kind.own_field is not None:
            return computed
        return computed | {self.kind.attribute}

    @cached_property
    def nested_attributes(self) -> tuple[str, ...]:
        """The attributes below which the schema may leave out names when items are read; see ``kept_names``."""
        from dynamorm.model.mapping.nested_fields import nested_attributes  # deferred: start-up cost

        return nested_attributes(self.adapter.fields)

    @cached_property
    def only_serialised(self) -> frozenset[str]:
        """The attributes of fields that items have and are not read with, and that nothing computes."""
        computed = self.adapter.computed_names()
        return frozenset(
            field.attribute
            for name, field in self.adapter.fields.items()
            if field.is_computed and field.is_stored and not field.takes_values and name not in computed
        )

    def written_by(self, attributes: AbstractSet[str]) -> AbstractSet[str]:
        """Return the *attributes* that an update writes, and those of fields that only keys among them hold."""
        return attributes if self.composed is None else attributes | self.composed.fields_held(attributes)

    # Keys

    def key(self, values: Mapping[str, Any], *, as_read: bool = False) -> Item:
        """Return the primary key from its parts by field name, each native or serialised.

        Pass *as_read* for the key of an item that was read, which the table holds in whatever form.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` for a name that is not in the schema,
        :class:`~dynamorm.exceptions.InvalidKey` for a field that is not part of the key, and
        :class:`~dynamorm.exceptions.MissingKey` for a part that is missing.
        """
        self.check_mapping(values, "A key")
        for name in values:
            if name not in self.key_fields:
                # Raises an error of its own for a name that is not a field.
                self.fields.field(name)
                raise InvalidKey(
                    f"'{name}' is not part of the primary key of {self.model_name}, which is "
                    f"{' and '.join(self.key_fields)}. {self._other_ways(name)}"
                )
        if not as_read and self.time_keys:
            self.time_keys.refuse(values)
        stored: Item = {}
        for name, stored_name in self._key_sources:
            value = values.get(name)
            if value is None:
                missing = [name for name in self.key_fields if values.get(name) is None]
                raise missing_key_error(self.model_name, self.key_fields, missing)
            stored[stored_name] = self.fields.stored_value(name, value)
        return stored if self._primary is None else self._primary.format(stored)

    @property
    def hash_fields(self) -> tuple[str, ...]:
        """The fields of the hash key of the table: one, unless a template composes it."""
        return self.key_fields[:1] if self._primary is None else self._primary.hash.fields

    def _other_ways(self, name: str) -> str:
        """Return a sentence about how to find items by the field *name*, which is no part of the primary key."""
        rules = () if self.constraints is None else self.constraints.unique
        unique = next((rule.fields for rule in rules if name in rule.fields), None)
        if unique is not None:
            values = ", ".join(f"{each}=…" for each in unique)
            return f"To find the item that has a unique value, use {self.model_name}.by_unique({values})."
        return "To find items by other fields, use query with an index, or scan."

    def differing_key_field(self, key: Item, other: Item) -> str:
        """Return the name of the first field by which two primary keys differ."""
        if self._primary is None:
            return next(name for name, each in self._key_sources if key[each] != other[each])
        values, others = self._primary.parse(key) or {}, self._primary.parse(other) or {}
        return next((name for name in self.key_fields if values.get(name) != others.get(name)), self.key_fields[0])

    def key_values(self, key: Item, item: Item) -> dict[str, Any]:
        """Return the values of the fields in a primary *key* by field name, as the table holds them.

        *item* is what is known of the item, of which a key may have only a folded form.
        """
        if self._primary is None:
            return {name: key[each] for name, each in self._key_sources}
        return {**(self._primary.parse(key) or {}), **self._primary.values_of(item)}

    @cached_property
    def time_keys(self) -> TimeKeys:
        """The fields of keys that take times of day with a UTC offset, unless the table allows these."""
        fields = {} if self.fields.has_unordered_keys else self.adapter.fields
        return TimeKeys(self.model_name, fields, self.table.spec, self.composed)

    def refuse_reverse(self, index: str | None) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidKey` if the order of a table or an *index* is not its values'."""
        for attribute in (self.table.index(index) or self.spec).range_keys:
            name = self._names_by_attribute.get(attribute.name)
            if name is not None and not self.fields.field(name).ordered:
                raise InvalidKey(
                    f"reverse() needs the order of the range key '{name}' of {self.model_name}, whose stored form does "
                    "not sort like its values. Sort the items that were read in the program."
                )

    # Versions and write tokens

    @property
    def token_attribute(self) -> str | None:
        """The attribute for the token of a conditional write; ``None`` if the table has none."""
        return None if self.write_token is None else self.write_token.attribute

    def refuse_own_changes(self, changed: Collection[str]) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if a *changed* field is one that writes set themselves."""
        for field in self.own_fields:
            field.refuse_change(field.name in changed)

    def version_precondition(self, item: Item) -> VersionMatches | None:
        """Return the precondition that the stored item has the version of *item*; ``None`` if there are no versions."""
        return None if self.version is None else self.version.precondition(item)

    def refuse_batch(self, *, deletes: bool) -> None:
        """Raise ``DynaModelException`` if there are versions or other constraints, which a batch can't check."""
        if self.version is not None:
            self.version.refuse_batch()
        if self.constraints is not None:
            self.constraints.refuse_batch(deletes=deletes)
        if self.kind is not None and deletes:
            from dynamorm.model.table.kind_preconditions import refuse_batch  # deferred: start-up cost

            refuse_batch(self.kind)

    def of_kind(self, write: Write, *, replaces: bool = False) -> Write:
        """Return a *write* with a condition on the kind of the item, where the model needs one for its kind."""
        if self.kind is None:
            return write
        from dynamorm.model.table.kind_preconditions import of_kind  # deferred: start-up cost

        return of_kind(self.kind, write, replaces=replaces)
