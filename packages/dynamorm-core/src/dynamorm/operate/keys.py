"""Names of keys that hold no values: two hashes are equal if and only if the keys are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from dynamorm.data.operations import DescribeTable
from dynamorm.data.records import field, record, replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item, normalise_item
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
from dynamorm.wire import JSON

#: How many hexadecimal digits of a hash are kept. Among a million keys two share a hash with a chance of 1 to 500.
_DIGITS = 12


@record
class KeyName:
    """A key, or a part of one, by its hash.

    Attributes:
        hash: The first 12 hexadecimal digits of the SHA-256 of the key: see :func:`key_hash`.
        key: The key by attribute name; ``None`` unless keys were asked for.
    """

    hash: str
    key: Item | None = field(default=None, repr=False)


def key_hash(key: Mapping[str, AttributeValue]) -> str:
    """Return the hash of a *key*, by attribute name: 12 hexadecimal digits.

    It tells whether two keys are equal. Whoever can guess a key can find out whether it is this one, so it hides the
    keys of people no better than they can be guessed.

    Raises:
        InvalidValue: A value of the key can't be stored.
    """
    encoded = {name: JSON.encode(value) for name, value in sorted(normalise_item(key).items())}
    return sha256(json.dumps(encoded, separators=(",", ":")).encode()).hexdigest()[:_DIGITS]


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


def key_name(key: Item, *, is_shown: bool) -> KeyName:
    """Return the name of a *key*, with the key itself if it *is_shown*."""
    return KeyName(key_hash(key), key if is_shown else None)
