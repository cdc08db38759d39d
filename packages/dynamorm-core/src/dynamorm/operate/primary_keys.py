"""Primary keys as people give them, by the fields of a model or the attributes of a table: whole, or the hash key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.operations import DescribeTable
from dynamorm.data.records import replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans.checks import check_key
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.connections import Target, current_connection
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.models import DynaModel
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.upkeep.partitions import hash_keys
from dynamorm.model.verbs.drivers import drive_on
from dynamorm.operate.connections import opened
from dynamorm.operate.reading.conditions import with_key_words


def stored_key(model: type[DynaModel], values: Mapping[str, Any]) -> Item:
    """Return the primary key of a *model* that *values* of fields give, or the hash key, if they give only that.

    Raises:
        InvalidKey: They give neither.
    """
    mapper: Mapper = model._mapper
    if mapper.spec.range_key is not None and set(values) == set(mapper.hash_fields) != set(mapper.key_fields):
        return {mapper.spec.hash_key.name: hash_keys(TableModels.of(model), values)[0]}
    return mapper.key(values)


def key_of_table(table: str, values: Mapping[str, Any], *, backend: Target | None = None) -> Item:
    """Return the primary key of a *table* that *values* by attribute are, or the hash key, if they are only that.

    ``hash`` and ``range`` stand for the attributes of the key. The description of the table is read.

    Raises:
        InvalidKey: They are neither.
        TableNotFound: There is no such table.
    """
    with opened(backend) as connection:
        return drive_on(connection or current_connection(), _described_key(table, values))


def _described_key(table: str, values: Mapping[str, Any]) -> Plan[Item]:
    description = yield DescribeTable(table)
    spec: TableSpec = description.spec
    key = normalise_item(with_key_words(spec, values))
    if spec.range_key is not None and set(key) == {spec.hash_key.name}:
        spec = replace(spec, range_key=None, indexes=())
    check_key(spec, key)
    return key
