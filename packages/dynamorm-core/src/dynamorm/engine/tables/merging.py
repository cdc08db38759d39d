"""One definition of a table from those of the models that share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSettings, TableSpec, Throughput
from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.engine.tables.differences import describe_primary_key, describe_units
from dynamorm.engine.tables.index_differences import describe_index, is_same_index
from dynamorm.exceptions import DynaModelException, MissingTableAttribute

Value = TypeVar("Value")


@record
class TableDefinition:
    """A table as its *owner* defines it: a model or a shared table, for messages."""

    owner: str
    spec: TableSpec
    settings: TableSettings


def merged_definition(definitions: Sequence[TableDefinition]) -> tuple[TableSpec, TableSettings]:
    """Return the definition of one table that has all that is in any of the *definitions*, of which there is one.

    It has the indexes and tags of all, and each setting that one of them has and the others leave out.

    Raises:
        DynaModelException: Two of them contradict one another. The message names both.
        MissingTableAttribute: One of them has an index without capacity, and another one makes the table provisioned.
    """
    first, *others = definitions
    if all((each.spec, each.settings) == (first.spec, first.settings) for each in others):
        return first.spec, first.settings
    for other in others:
        if other.spec.key_attributes != first.spec.key_attributes:
            keys = describe_primary_key(first.spec), describe_primary_key(other.spec)
            raise _contradiction(first.spec, (first.owner, other.owner), "the primary key", keys)
    _check_types(definitions)
    merger = _Merger(definitions)
    throughput = merger.one("the capacity", lambda each: each.spec.throughput, describe_units)
    spec = replace(
        first.spec,
        indexes=_indexes(definitions, throughput),
        throughput=throughput,
        stream=merger.one("the stream", lambda each: each.spec.stream),
    )
    settings = TableSettings(
        merger.one("the time to live", lambda each: each.settings.time_to_live),
        merger.one("the deletion protection", lambda each: each.settings.deletion_protection),
        merger.one("the table class", lambda each: each.settings.table_class),
        _tags(definitions),
    )
    return spec, settings


class _Merger:
    """Finds the one value of a setting that some of the *definitions* of a table have."""

    def __init__(self, definitions: Sequence[TableDefinition]) -> None:
        self._definitions = definitions

    def one(
        self,
        label: str,
        value_of: Callable[[TableDefinition], Value | None],
        in_words: Callable[[Value], str] = str,
    ) -> Value | None:
        """Return the value of a setting; ``None`` if no definition has one.

        Raises :class:`~dynamorm.exceptions.DynaModelException` if two have different ones.
        """
        found: tuple[str, Value] | None = None
        for each in self._definitions:
            value = value_of(each)
            if value is None:
                continue
            if found is None:
                found = each.owner, value
            elif found[1] != value:
                values = in_words(found[1]), in_words(value)
                raise _contradiction(each.spec, (found[0], each.owner), label, values)
        return None if found is None else found[1]


def _tags(definitions: Sequence[TableDefinition]) -> Mapping[str, str] | None:
    given = [each for each in definitions if each.settings.tags is not None]
    keys = dict.fromkeys(key for each in given for key in each.settings.tags or ())
    merger = _Merger(given)
    tags = {key: merger.one(f"the tag '{key}'", partial(_tag, key)) or "" for key in keys}
    return tags if given else None


def _tag(key: str, definition: TableDefinition) -> str | None:
    return (definition.settings.tags or {}).get(key)


def _indexes(definitions: Sequence[TableDefinition], table: Throughput | None) -> tuple[IndexSpec, ...]:
    found: dict[str, tuple[str, IndexSpec]] = {}
    for each in definitions:
        for index in each.spec.indexes:
            owner, present = found.setdefault(index.name, (each.owner, index))
            label, owners = f"the index '{index.name}'", (owner, each.owner)
            if not is_same_index(present, index):
                raise _contradiction(each.spec, owners, label, (describe_index(present), describe_index(index)))
            if present.throughput is None:
                found[index.name] = each.owner, index
            elif index.throughput not in (None, present.throughput):
                capacities = describe_units(present.throughput), describe_units(index.throughput)
                raise _contradiction(each.spec, owners, f"the capacity of {label}", capacities)
    for name, (owner, index) in found.items():
        if table is not None and index.kind == "global" and index.throughput is None:
            other = next(each.owner for each in definitions if each.spec.throughput is not None)
            raise MissingTableAttribute(
                f"The index '{name}' of {owner} has neither 'read' nor 'write', but its table '{each.spec.name}' has "
                f"both, in {other}. Give both to the index."
            )
    return tuple(index for _, index in found.values())


def _check_types(definitions: Sequence[TableDefinition]) -> None:
    found: dict[str, tuple[str, KeyAttribute]] = {}
    for each in definitions:
        for attribute in each.spec.attribute_definitions():
            owner, present = found.setdefault(attribute.name, (each.owner, attribute))
            if present != attribute:
                types = KEY_TYPE_NAMES[present.type], KEY_TYPE_NAMES[attribute.type]
                raise _contradiction(each.spec, (owner, each.owner), f"the key attribute '{attribute.name}'", types)


def _contradiction(spec: TableSpec, owners: tuple[str, str], label: str, values: tuple[str, str]) -> DynaModelException:
    return DynaModelException(
        f"{owners[0]} and {owners[1]} both describe the table '{spec.name}', and differ in {label}: the first has "
        f"{values[0]}, the second {values[1]}. Let them agree, or let one of them leave it out, or give one of them a "
        "table with another name."
    )
