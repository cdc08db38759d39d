"""The keys of a model that templates compose from its fields, and the other attributes that the schema does not know.

They are computed from the stored form of a whole item after the schema has serialised it, and fields that an item lacks
are parsed back from them before it is loaded. No schema library has a part in that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dynamorm.data import limits
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import KeyAttribute
from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import InvalidKey, MissingKey
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.key_templates.templates import Template, bind
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.table.index_settings import KeySettings, refuse_contradictions
from dynamorm.model.table.keys import capitalized, missing_key_error, setting_field
from dynamorm.ports.schemas import SchemaAdapter

if TYPE_CHECKING:
    from dynamorm.data.conditions import Condition
    from dynamorm.model.query.expressions import Expression
    from dynamorm.model.table.key_groups import KeyGroup


@record
class KeyPart:
    """A hash key or a range key: a template that composes it, or the field that it is.

    *former* is the template that composed it before, under which items may still be stored.
    """

    attribute: KeyAttribute
    template: Template | None = None
    field: str | None = None
    former: Template | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that it consists of; one below a field has dots in its name."""
        if self.template is not None:
            return self.template.fields
        return () if self.field is None else (self.field,)


class ComposedKey:
    """The primary key of a table, or the key of an index, of which at least one part is composed by a template."""

    def __init__(
        self, index: str | None, label: str, parts: Sequence[KeyPart], fields: SchemaFields, only_if: Expression | None
    ) -> None:
        self.index = index
        #: What errors call the table or the index.
        self.label = label
        self.hash = parts[0]
        self.range = parts[1] if len(parts) > 1 else None
        self.parts = tuple(parts)
        #: The fields of both parts, each once, those of the hash key first.
        self.fields = tuple(dict.fromkeys(name for part in parts for name in part.fields))
        #: The fields without which an item has no such key. An attribute that is a field's own is no concern of the
        #: others: without it, DynamoDB leaves the item out of the index.
        self.needed = tuple(
            dict.fromkeys(name for part in parts for name in part.fields if index is None or part.template is not None)
        )
        #: An item that does not meet it is not in the index.
        self.only_if = only_if
        self._schema_fields = fields
        self._paths = {name: fields.locate(name.split(".")).path for name in self.fields}
        self._sources = tuple((name, path.elements) for name, path in self._paths.items())
        self._condition: Condition | None = None

    def paths(self) -> Mapping[str, Path]:
        """Return the path of each field in an item, by name."""
        return self._paths

    def needed_paths(self) -> list[Path]:
        """Return the paths without which an item has no such key."""
        return [self._paths[name] for name in self.needed]

    @property
    def templates(self) -> Iterator[Template]:
        """The templates of the parts."""
        return (part.template for part in self.parts if part.template is not None)

    def condition(self) -> Condition | None:
        """Return the condition under which an item is in the index; ``None`` if there is none."""
        if self._condition is None and self.only_if is not None:
            self._condition = self.only_if.resolve(self._schema_fields)
        return self._condition

    def values_of(self, item: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
        """Return the stored values, by field name, of the fields that an *item* has: not those that are NULL."""
        values: dict[str, AttributeValue] = {}
        for name, elements in self._sources:
            value: Any = item.get(elements[0])  # type: ignore[arg-type]  # the first one is a name
            for element in elements[1:]:
                value = value.get(element) if isinstance(value, dict) else None
            if value is not None:
                values[name] = value
        return values

    def of(self, item: Mapping[str, AttributeValue]) -> Item | None:
        """Return the attributes of the key of an *item*; ``None`` if a field has no value, or ``only_if`` fails.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a value that its template can't hold.
        """
        values = self.values_of(item)
        if len(values) != len(self._sources) and any(name not in values for name in self.needed):
            return None
        condition = self.condition()
        if condition is not None:
            from dynamorm.rules import holds  # deferred: start-up cost

            if not holds(condition, item):  # type: ignore[arg-type]  # it is only read
                return None
        return self.format(values)

    def format(self, values: Mapping[str, AttributeValue]) -> Item:
        """Return the attributes of the key for the stored *values* of all fields that it needs.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a value that its template can't hold.
        """
        key: Item = {}
        for part in self.parts:
            template = part.template
            if template is not None:
                key[part.attribute.name] = template.format(values)
            elif part.field is not None and part.field in values:
                key[part.attribute.name] = values[part.field]
        return key

    def parse(self, key: Mapping[str, AttributeValue]) -> dict[str, AttributeValue] | None:
        """Return the stored values of the fields in a *key*, by attribute name; ``None`` if it is no such key."""
        return self._parse(key, is_former=False) or (self._parse(key, is_former=True) if self.has_former else None)

    def _parse(self, key: Mapping[str, AttributeValue], *, is_former: bool) -> dict[str, AttributeValue] | None:
        found: dict[str, AttributeValue] = {}
        for part in self.parts:
            value = key.get(part.attribute.name)
            template = part.former if is_former and part.former is not None else part.template
            parsed = {part.field: value} if template is None else None if value is None else template.parse(value)
            if parsed is None:
                return None
            found.update(parsed)  # type: ignore[arg-type]  # a part without a template has a field
        return found

    @property
    def has_former(self) -> bool:
        """Whether a part had another template before."""
        return any(part.former is not None for part in self.parts)

    def former(self, key: Item) -> Item | None:
        """Return the key that an item with this *key* had under the templates before; ``None`` if there are none."""
        values = self._parse(key, is_former=False) if self.has_former else None
        if values is None or len(values) != len(self.fields):
            return None
        former = dict(key)
        for part in self.parts:
            if part.former is not None:
                former[part.attribute.name] = part.former.format(values)
        return former


class ComposedKeys:
    """The attributes of a model's items that its schema does not know: the keys that templates compose."""

    def __init__(self, model_name: str, adapter: SchemaAdapter, keys: Sequence[ComposedKey]) -> None:
        self.model_name = model_name
        #: The primary key, if a part of it is composed.
        self.primary = next((key for key in keys if key.index is None), None)
        #: The keys of indexes that have a composed part, by the names of the indexes.
        self.indexes = {key.index: key for key in keys if key.index is not None}
        #: The attributes that are computed.
        self.attributes = frozenset(
            part.attribute.name for key in keys for part in key.parts if part.template is not None
        )
        fields = adapter.fields
        #: The attributes of fields that are stored only in keys.
        self.only_in_keys = tuple(
            dict.fromkeys(
                fields[name].attribute
                for key in keys
                for template in key.templates
                for name in template.fields
                if name in template.only_key
            )
        )
        self._names = {field.attribute: name for name, field in fields.items()}
        self._holders = {
            attribute: tuple(
                (key, template)
                for key in keys
                for template in key.templates
                if self._names[attribute] in template.only_key
            )
            for attribute in self.only_in_keys
        }
        self._keeps_unknown = adapter.keeps_unknown
        self._sources = tuple(
            (template.attribute, template, tuple((name, fields[name].attribute) for name in names))
            for key in keys
            for part in key.parts
            for template in (part.template, part.former)
            if template is not None and (names := [name for name in template.fields if "." not in name])
        )
        self._in_keys = frozenset(attribute for _, _, parsed in self._sources for _, attribute in parsed)

    def key_of(self, index: str | None) -> ComposedKey | None:
        """Return the key of the table, or of the *index* of this name; ``None`` if no part of it is composed."""
        return self.primary if index is None else self.indexes.get(index)

    def add_to(self, item: Item) -> Item:
        """Return a whole *item*, in its stored form, with the attributes that are computed from it.

        Raises :class:`~dynamorm.exceptions.MissingKey` if a field of the primary key has no value, and
        :class:`~dynamorm.exceptions.InvalidKey` for a value that its template can't hold.
        """
        complete = dict(item)
        for attribute in self.attributes:
            # An index that the item is not in any more.
            complete.pop(attribute, None)
        if self.primary is not None:
            key = self.primary.of(item)
            if key is None:
                raise self._missing(self.primary, item)
            complete.update(key)
        for index in self.indexes.values():
            complete.update(index.of(item) or {})
        if self.only_in_keys:
            self.refuse_lost(item, complete)
            for attribute in self.only_in_keys:
                complete.pop(attribute, None)
        return complete

    def refuse_lost(self, item: Item, keys: Mapping[str, AttributeValue]) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidKey` if a value of an *item* that only keys hold is in none.

        *keys* are the key attributes of the item, without those of the primary key if that is not concerned.
        """
        for attribute, holders in self._holders.items():
            if item.get(attribute) is None or any(
                key.index is None or template.attribute in keys for key, template in holders
            ):
                continue
            name, (key, _) = self._names[attribute], holders[0]
            raise InvalidKey(
                f"'{name}' of {self.model_name} is stored only in the key of {key.label}, as its only_key says, and an "
                f"item that is not in that index would lose it. The index needs {' and '.join(key.needed)}"
                f"{'' if key.only_if is None else ', and its only_if to hold'}. Set them, or leave '{name}' out of "
                "only_key."
            )

    def holder_of(self, attribute: str) -> tuple[Template, Mapping[str, Path]] | None:
        """Return a template that holds an *attribute* that items themselves lack, with the paths of its fields."""
        for key, template in self._holders.get(attribute, ()):
            return template, key.paths()
        return None

    def fields_held(self, attributes: Collection[str]) -> set[str]:
        """Return the attributes that items lack and whose values are in one of these key *attributes*."""
        return {
            attribute
            for attribute, holders in self._holders.items()
            if any(template.attribute in attributes for _, template in holders)
        }

    @cached_property
    def groups(self) -> tuple[KeyGroup, ...]:
        """The keys of indexes as updates of parts of an item change them."""
        from dynamorm.model.table.key_groups import key_groups  # deferred: start-up cost

        primary = frozenset() if self.primary is None else frozenset(part.attribute.name for part in self.primary.parts)
        return tuple(each for each in key_groups(tuple(self.indexes.values()), self._names, primary) if each.attributes)

    def refuse_own_fields(self, names: Collection[str]) -> None:
        """Raise ``InvalidKey`` if a key depends on a field that writes set by themselves, one of these *names*."""
        keys = () if self.primary is None else (self.primary,)
        found = [(key.label, name) for key in keys for name in key.fields]
        found += [(group.label, name) for group in self.groups for name in group.names.values()]
        for label, name in found:
            if name.partition(".")[0] in names:
                raise InvalidKey(
                    f"The key of {label} depends on '{name}', which each write of {self.model_name} sets by itself, "
                    "after the keys are composed. Use another field."
                )

    def _missing(self, key: ComposedKey, item: Item) -> MissingKey:
        values = key.values_of(item)
        missing = [name for name in key.fields if name not in values]
        return missing_key_error(self.model_name, key.fields, missing)

    def readable(self, item: Mapping[str, AttributeValue]) -> Mapping[str, AttributeValue]:
        """Return a stored *item* as the schema reads it: with the fields that only its keys have, without its keys."""
        # Fast path: most items have all fields of their keys.
        if not self._keeps_unknown and item.keys() >= self._in_keys:
            return item
        added: Item = {}
        for attribute, template, fields in self._sources:
            if all(each in item for _, each in fields):
                continue
            parsed = None if (value := item.get(attribute)) is None else template.parse(value)
            if parsed is not None:
                added.update({each: parsed[name] for name, each in fields if name in parsed and each not in item})
        if self._keeps_unknown:
            return {**{name: value for name, value in item.items() if name not in self.attributes}, **added}
        return {**item, **added} if added else item


def composed_keys(
    model_name: str,
    adapter: SchemaAdapter,
    settings: Sequence[KeySettings],
    *,
    separator: str,
    escape: bool,
    unordered: bool = False,
    owner: str | None = None,
) -> ComposedKeys | None:
    """Return the composed keys of a model; ``None`` if no key has a template.

    The table may allow *unordered* range keys. *owner* is what has its settings, for messages.

    Raises:
        InvalidKey: A template is wrong, or a field can't be part of a key.
        InvalidSchemaField: A template names a field that the schema lacks.
    """
    templated = [each for each in settings if each.has_template]
    if not templated:
        return None
    refuse_contradictions(settings)
    fields = SchemaFields(model_name, adapter.fields, keeps_unknown=adapter.keeps_unknown)
    form, keys = _KeyForm(separator, escape, unordered, owner), []
    for each in templated:
        parts = list(_parts(each, model_name, adapter, form))
        keys.append(ComposedKey(each.index, each.label, parts, fields, each.only_if))
    return ComposedKeys(model_name, adapter, keys)


@record
class _KeyForm:
    """The settings of a table for all of its templates."""

    separator: str
    escape: bool
    unordered: bool
    owner: str | None


def _parts(settings: KeySettings, model_name: str, adapter: SchemaAdapter, form: _KeyForm) -> Iterator[KeyPart]:
    of_hash = ("hash_key", settings.hash_key, limits.HASH_KEY_BYTES)
    of_range = ("range_key", settings.range_key, limits.RANGE_KEY_BYTES)
    attributes = (*settings.spec.hash_keys, *settings.spec.range_keys)
    for attribute, (setting, value, most_bytes) in zip(attributes, (of_hash, of_range), strict=False):
        label = f"the {setting} of {settings.label}"
        if not isinstance(value, Key):
            yield KeyPart(attribute, field=setting_field(adapter, value, label).name)
            continue
        bound = [
            bind(
                each,
                adapter.fields,
                model_name=model_name,
                attribute=attribute,
                separator=form.separator,
                escape=form.escape,
                owner=form.owner,
                label=label,
                most_bytes=most_bytes,
                ordered=setting == "range_key" and not form.unordered,
            )
            for each in (value, *_former_keys(value))
        ]
        template, former = bound[0], bound[1] if len(bound) > 1 else None
        if settings.index is None:
            _refuse_nested(template, label)
        if former is not None and not set(former.fields) <= set(template.fields):
            raise InvalidKey(
                f"The 'also' of {label} has fields that the template itself lacks, so a get could not compute the "
                f"former key. Use the fields {', '.join(template.fields)}."
            )
        yield KeyPart(attribute, template, former=former)


def _former_keys(key: Key) -> tuple[Key, ...]:
    return () if key.also is None else (Key(key.also, attribute=key.attribute, only_key=key.only_key),)


def _refuse_nested(template: Template, label: str) -> None:
    for name in template.fields:
        if "." in name:
            raise InvalidKey(
                f"{capitalized(label)} has '{name}', a part of a field. Only the keys of indexes can: get() takes the "
                "fields of the primary key by name."
            )
