"""``DynaModel``: the class that every model inherits from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dynamorm.data.conditions import And, AttributeNotExists, Condition
from dynamorm.data.operations import ReturnValues
from dynamorm.data.paths import Path
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item, copy_of_item, normalise_item
from dynamorm.engine import batches, plans
from dynamorm.engine.runner import run, stream
from dynamorm.exceptions import ConditionFailed, DynaModelException, HashKeyExists
from dynamorm.model.definition import CONSTRUCTOR_PARAMETERS, ModelMeta
from dynamorm.model.expressions import Expression
from dynamorm.model.field_paths import FieldPath
from dynamorm.model.mapper import Conditions, Mapper
from dynamorm.model.reading import QueryIterator, ScanIterator
from dynamorm.model.stored import Reach, StoredItem, new_key_refused
from dynamorm.model.tables import ModelTable
from dynamorm.signals import (
    post_delete,
    post_init,
    post_save,
    post_update,
    pre_delete,
    pre_init,
    pre_save,
    pre_update,
)


class DynaModel(metaclass=ModelMeta):
    """The base of all models.

    A model describes a table, and the items in it, with two inner classes::

        class Book(DynaModel):
            class Table:
                name = "prod-books"
                hash_key = "isbn"

            class Schema:
                isbn = fields.String(required=True)
                title = fields.String()

    ``Table`` holds the settings of :class:`~dynamorm.model.tables.ModelTable`; ``Schema`` is filled as the schema
    library's users do. Indexes are further inner classes, of :class:`GlobalIndex` or :class:`LocalIndex`.
    An instance's attributes are the fields of the schema; one that is not set reads as ``None``.
    """

    __slots__ = ("__dict__", "__weakref__", "_dynamorm_stored")

    Table: ClassVar[ModelTable]
    Schema: ClassVar[type]
    _mapper: ClassVar[Mapper]

    _dynamorm_stored: StoredItem

    def __init__(self, /, partial: bool = False, **raw: Any) -> None:
        """Makes an instance of values by field name, each native or serialised, and validates them at once.

        With ``partial=True`` required fields may be missing and defaults are not filled in. Without any
        value the instance is empty but for the defaults, to be filled by assignment; ``save`` validates it.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        if not isinstance(partial, bool):
            raise DynaModelException(
                f"{type(self).__name__} takes values by name; its one positional argument, partial, is True or False."
            )
        stored: StoredItem | None = getattr(self, "_dynamorm_stored", None)
        if stored is not None:
            # An attribute that is called like a parameter can't be handed over as a keyword.
            raw.update(
                copy_of_item({name: stored.item[name] for name in CONSTRUCTOR_PARAMETERS if name in stored.item})
            )
        pre_init.send(type(self), instance=self, partial=partial, raw=raw)
        if stored is not None:
            values = self._mapper.loaded(raw, partial=partial)
        elif raw or partial:
            values = self._mapper.validated(raw, partial=partial)
            self._dynamorm_stored = StoredItem(self._mapper.let_through(values, raw))
        else:
            self._dynamorm_stored = StoredItem({})
            values = self._mapper.defaults()
        self.__dict__.update(values)
        post_init.send(type(self), instance=self, partial=partial, raw=raw)

    @classmethod
    def _load(cls, item: Item, partial: bool, reach: Reach) -> Self:
        """The instance of a stored *item*. A subclass's own constructor is called as for a new instance."""
        instance = cls.__new__(cls)
        instance._dynamorm_stored = StoredItem(copy_of_item(item), reach)
        keywords = {name: value for name, value in item.items() if name not in CONSTRUCTOR_PARAMETERS}
        instance.__init__(partial=partial, **keywords)  # type: ignore[misc]
        return instance

    @classmethod
    def new_from_raw(cls, raw: Mapping[str, Any] | None, partial: bool = False) -> Self | None:
        """An instance of a stored item, by attribute name; ``None`` of ``None``.

        Attributes that the schema does not know are kept, and written back by ``save``. Raises
        :class:`~dynamorm.exceptions.ValidationError`.
        """
        return None if raw is None else cls._load(normalise_item(raw), partial, Reach())

    # Verbs of the class

    @classmethod
    def put(cls, item: Mapping[str, Any], *, conditions: Conditions = None) -> None:
        """Validates an *item*, by field name, and writes it in place of the one with its key.

        Raises :class:`~dynamorm.exceptions.ValidationError`, and
        :class:`~dynamorm.exceptions.ConditionFailed` when the *conditions* don't hold for the present one.
        """
        mapper = cls._mapper
        run(plans.put(mapper.spec, mapper.item(item), mapper.condition(conditions)), mapper.backend())

    @classmethod
    def put_unique(cls, item: Mapping[str, Any]) -> None:
        """Validates an *item* and writes it, unless there is one with its primary key.

        Raises :class:`~dynamorm.exceptions.ValidationError` and :class:`~dynamorm.exceptions.HashKeyExists`.
        """
        _put_unique(cls._mapper, cls._mapper.item(item))

    @classmethod
    def put_batch(cls, *items: Mapping[str, Any]) -> None:
        """Validates all *items*, and writes them in batches of 25. A batch is no transaction.

        Raises :class:`~dynamorm.exceptions.ValidationError` before anything is sent, and
        :class:`~dynamorm.exceptions.UnprocessedItems` with what is left when the service stops processing them.
        """
        mapper = cls._mapper
        run(batches.put_all(mapper.spec, [mapper.item(item) for item in items]), mapper.backend())

    @classmethod
    def get(cls, consistent: bool = False, **key: Any) -> Self | None:
        """The item with this primary *key*; ``None`` when there is no such item.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` and :class:`~dynamorm.exceptions.InvalidKey`.
        """
        mapper = cls._mapper
        item = run(plans.get(mapper.spec, mapper.key(key), consistent=consistent), mapper.backend())
        return None if item is None else cls._load(item, partial=False, reach=Reach())

    @classmethod
    def get_batch(
        cls,
        keys: Iterable[Mapping[str, Any]],
        consistent: bool = False,
        attrs: str | Iterable[str | FieldPath] | None = None,
    ) -> Iterator[Self]:
        """The items with these primary *keys*, in no certain order, read in batches of 100 as they are asked for.

        *attrs* names the attributes to read, ``"isbn, title"``; instances are then partial. Keys without an item
        are passed over. Raises what :meth:`get` raises, at once, and
        :class:`~dynamorm.exceptions.UnprocessedItems`.
        """
        mapper = cls._mapper
        projection = None if attrs is None else mapper.projection(attrs)
        reach = Reach.of(projection)
        found_keys = [mapper.key(key) for key in keys]
        plan = batches.get_all(mapper.spec, found_keys, projection=projection, consistent=consistent)
        found = stream(plan, mapper.backend())
        return (cls._load(item, attrs is not None, reach) for chunk in found for item in chunk)

    @classmethod
    def update_item(
        cls,
        changes: Mapping[FieldPath, Any] | None = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> dict[str, Item]:
        """Changes attributes of the item whose primary key stands among the *keywords*; makes it if there is none.

        The other keywords are changes: ``field=value``, or with a function behind a double underscore
        ``__append``, ``__prepend``, ``__plus``, ``__minus``, ``__if_not_exists``, ``__remove=True``, ``__add``,
        ``__delete``, each also below a field: ``child__foo__bar=1``. Of *update_item_kwargs* ``ReturnValues`` is known;
        the answer then has what it asks for under ``"Attributes"``, by attribute name.

        Raises :class:`~dynamorm.exceptions.ValidationError`, :class:`~dynamorm.exceptions.InvalidSchemaField`,
        :class:`~dynamorm.exceptions.InvalidKey`, :class:`~dynamorm.exceptions.InvalidUpdate` and
        :class:`~dynamorm.exceptions.ConditionFailed`.
        """
        mapper = cls._mapper
        key = mapper.key({name: keywords.pop(name) for name in mapper.key_fields if name in keywords})
        actions = mapper.actions(_combined(keywords, changes))
        parameters = dict(update_item_kwargs or {})
        return_values = parameters.pop("ReturnValues", "NONE")
        if parameters:
            raise DynaModelException(
                f"The request parameters {', '.join(sorted(parameters))} have no place in update_item_kwargs, which knows "
                "ReturnValues. Use the arguments of update."
            )
        condition = mapper.condition(conditions)
        attributes = run(plans.update(mapper.spec, key, actions, condition, return_values), mapper.backend())
        return {} if attributes is None else {"Attributes": attributes}

    @classmethod
    def query(
        cls, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> QueryIterator[Self]:
        """The items with one hash key, lazily, in the order of their range key.

        Conditions on the keys (``=`` on the hash key; one of ``eq``, ``lt``, ``lte``, ``gt``, ``gte``, ``between``,
        ``begins_with`` on the range key) decide what is read; the other ones filter what was read. Of *query_kwargs*
        ``Limit``, ``ExclusiveStartKey``, ``ConsistentRead`` and ``ScanIndexForward`` are known.

        Raises :class:`~dynamorm.exceptions.InvalidKey`, :class:`~dynamorm.exceptions.InvalidSchemaField`,
        :class:`~dynamorm.exceptions.InvalidOperator` and :class:`~dynamorm.exceptions.ValidationError`.
        """
        return QueryIterator(cls._mapper, cls._load, cls._mapper.query(expressions, lookups), query_kwargs)

    @classmethod
    def scan(
        cls, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> ScanIterator[Self]:
        """The items of the whole table, lazily, filtered by *expressions* and *lookups*; every item is read and paid for.

        Of *scan_kwargs* ``Limit``, ``ExclusiveStartKey`` and ``ConsistentRead`` are known. Raises
        :class:`~dynamorm.exceptions.InvalidSchemaField`, :class:`~dynamorm.exceptions.InvalidOperator` and
        :class:`~dynamorm.exceptions.ValidationError`.
        """
        return ScanIterator(cls._mapper, cls._load, cls._mapper.scan(expressions, lookups), scan_kwargs)

    # Verbs of an instance

    def validate(self) -> dict[str, Any]:
        """The instance's values, validated: native, by field name, defaults filled in.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        return self._mapper.validated(self._values(), partial=False)

    def to_dict(self, native: bool = False) -> dict[str, Any]:
        """The instance's values as the schema library serialises them; with *native* what :meth:`validate` answers.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        if native:
            return self.validate()
        return self._mapper.serialised(self._mapper.validated(self._values(), partial=True))

    def save(
        self,
        partial: bool = False,
        unique: bool = False,
        return_all: bool = False,
        *,
        conditions: Conditions = None,
        **put_kwargs: Any,
    ) -> None:
        """Validates the instance and writes it: the whole item, or with *partial* only what changed since it was loaded.

        With *unique* an item that has its primary key is not overwritten (``HashKeyExists``). After a partial
        save *return_all* refreshes all attributes. Attributes of the stored item that the schema does not know are kept.

        Raises :class:`~dynamorm.exceptions.ValidationError`, :class:`~dynamorm.exceptions.ConditionFailed` when
        the *conditions* don't hold, and :class:`~dynamorm.exceptions.DynaModelException` for a whole save of an instance
        that was read only in part: through a projection, or an index that does not hold all attributes.
        """
        if put_kwargs:
            raise DynaModelException(
                f"save() has no argument {' and '.join(sorted(put_kwargs))}; a condition is given as conditions=…"
            )
        if partial:
            self._save_changes(conditions, return_all=return_all)
            return
        if not self._dynamorm_stored.reach.complete:
            raise DynaModelException(
                f"This {type(self).__name__} was read without all of its attributes, and saving it as a whole would lose the rest. "
                "Use save(partial=True), which writes only what changed, or read the whole item first."
            )
        arguments: dict[str, Any] = {} if conditions is None else {"conditions": conditions}
        pre_save.send(type(self), instance=self, put_kwargs=arguments)
        mapper = self._mapper
        values = self.validate()
        item = {**mapper.unknown(self._dynamorm_stored.item), **mapper.dumped(values)}
        if unique:
            _put_unique(mapper, item, mapper.condition(conditions))
        else:
            run(plans.put(mapper.spec, item, mapper.condition(conditions)), mapper.backend())
        self._refresh(values)
        self._dynamorm_stored = StoredItem(item)
        post_save.send(type(self), instance=self, put_kwargs=arguments)

    def update(
        self,
        changes: Mapping[FieldPath, Any] | None = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        return_all: bool = False,
        **keywords: Any,
    ) -> None:
        """Changes attributes of the stored item, as :meth:`update_item` does, and of this instance.

        With *return_all* all attributes of the instance are refreshed, else those that were changed.
        """
        if update_item_kwargs:
            raise DynaModelException(
                "update() of an instance knows no update_item_kwargs; use its arguments, or update_item."
            )
        self._update(_combined(keywords, changes), [], conditions, return_all=return_all)

    def delete(self, *, conditions: Conditions = None) -> None:
        """Deletes the stored item; that there is none is no error.

        Raises :class:`~dynamorm.exceptions.ConditionFailed` when the *conditions* don't hold.
        """
        mapper = self._mapper
        key = mapper.key({name: self.__dict__.get(name) for name in mapper.key_fields})
        pre_delete.send(type(self), instance=self)
        run(plans.delete(mapper.spec, key, mapper.condition(conditions)), mapper.backend())
        post_delete.send(type(self), instance=self)

    def _values(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self._mapper.adapter.fields if name in self.__dict__}

    def _refresh(self, values: Mapping[str, Any]) -> None:
        # A value that is equal stays the object it is: the program may hold it, and change it in place.
        for name, value in values.items():
            if self.__dict__.get(name) != value:
                self.__dict__[name] = value

    def _save_changes(self, conditions: Conditions, *, return_all: bool) -> None:
        values = self._mapper.validated(self._values(), partial=True)
        found = self._dynamorm_stored.differences(self._mapper, values)
        self._update(found.values, found.computed, conditions, return_all=return_all)

    def _update(
        self,
        updates: dict[str | FieldPath, Any],
        computed: list[UpdateAction],
        conditions: Conditions,
        *,
        return_all: bool,
    ) -> None:
        """Sends *updates*, and the actions of what the schema library has *computed* for want of a value."""
        mapper = self._mapper
        key = mapper.key({name: self.__dict__.get(name) for name in mapper.key_fields})
        for name in mapper.key_fields:
            if name in updates:
                raise new_key_refused(mapper, name)
        signal: dict[str, Any] = {
            "instance": self,
            "conditions": conditions,
            "update_item_kwargs": None,
            "updates": updates,
        }
        pre_update.send(type(self), **signal)
        actions = [*mapper.actions(updates), *computed]
        condition = mapper.condition(conditions)
        if actions or condition is not None:
            self._apply(key, actions, condition, return_all=return_all)
        post_update.send(type(self), **signal)

    def _apply(self, key: Item, actions: list[UpdateAction], condition: Condition | None, *, return_all: bool) -> None:
        mapper = self._mapper
        # Of a nested path the service would return only the part below it.
        nested = any(len(action.path.elements) > 1 for action in actions)
        return_values: ReturnValues = "ALL_NEW" if return_all or nested else "UPDATED_NEW" if actions else "NONE"
        answer = run(plans.update(mapper.spec, key, actions, condition, return_values), mapper.backend()) or {}
        self._dynamorm_stored, fresh = self._dynamorm_stored.updated(mapper, key, actions, answer, whole=return_all)
        self.__dict__.update(fresh)

    if TYPE_CHECKING:
        # Fields become attributes when an instance is made, where no type checker sees them.
        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...


def _combined(keywords: Mapping[str, Any], changes: Mapping[FieldPath, Any] | None) -> dict[str | FieldPath, Any]:
    return {name: value for named in (keywords, changes or {}) for name, value in named.items()}


def _put_unique(mapper: Mapper, item: Item, condition: Condition | None = None) -> None:
    absent = AttributeNotExists(Path.of(mapper.spec.hash_key.name))
    try:
        run(plans.put(mapper.spec, item, absent if condition is None else And((absent, condition))), mapper.backend())
    except ConditionFailed as error:
        if condition is not None and error.item is None:
            raise
        raise HashKeyExists(
            f"There is an item with this primary key in '{mapper.spec.name}' already; it was not overwritten.",
            error.item,
        ) from error
