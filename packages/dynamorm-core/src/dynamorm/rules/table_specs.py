"""Table specs: the checks that DynamoDB makes, and a JSON text to store them.

The rules are those of "CreateTable" in the API reference.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Final, NotRequired, TypedDict, get_args

from dynamorm.data import (
    IndexKind,
    IndexSpec,
    KeyAttribute,
    KeyType,
    ProjectionKind,
    ProjectionSpec,
    StreamView,
    TableClass,
    TableSpec,
    Throughput,
    limits,
)
from dynamorm.exceptions import RequestRejected
from dynamorm.rules.keys import quoted

_NAME: Final = re.compile(limits.TABLE_NAME_PATTERN)


def check_spec(spec: TableSpec) -> None:
    """Raise :class:`~dynamorm.exceptions.RequestRejected` for the *spec* of a table that DynamoDB would not create."""
    check_table_name(spec.name)
    _check_distinct((attribute.name for attribute in spec.key_attributes), f"the key of '{spec.name}'")
    _check_throughput(spec.throughput, f"the table '{spec.name}'")
    if spec.table_class not in get_args(TableClass):
        raise RequestRejected(f"'{spec.table_class}' is not a table class. Give {' or '.join(get_args(TableClass))}.")
    _check_distinct((index.name for index in spec.indexes), f"the names of the indexes of '{spec.name}'")
    for kind, most in (("global", limits.GLOBAL_INDEXES), ("local", limits.LOCAL_INDEXES)):
        count = sum(index.kind == kind for index in spec.indexes)
        if count > most:
            raise RequestRejected(f"'{spec.name}' has {count} {kind} indexes; DynamoDB allows {most} for a table.")
    for index in spec.indexes:
        _check_index(index, spec)
    included = sum(len(index.projection.include) for index in spec.indexes)
    if included > limits.INCLUDED_ATTRIBUTES:
        raise RequestRejected(
            f"The indexes of '{spec.name}' include {included} attributes in all; DynamoDB allows "
            f"{limits.INCLUDED_ATTRIBUTES} for a table. Let some of them project all attributes."
        )
    attributes = {*spec.key_attributes, *(attribute for index in spec.indexes for attribute in index.key_attributes)}
    _check_distinct((attribute.name for attribute in attributes), f"the types of the key attributes of '{spec.name}'")


def check_table_name(name: str) -> None:
    """Raise :class:`~dynamorm.exceptions.RequestRejected` for a *name* that tables and indexes can't have."""
    if not _NAME.fullmatch(name):
        raise RequestRejected(
            f"'{name}' can't be the name of a table or an index. Names have 3 to 255 characters, only of a-z, A-Z, "
            "0-9, '_', '-' and '.'."
        )


def _check_index(index: IndexSpec, spec: TableSpec) -> None:
    check_table_name(index.name)
    what = f"the index '{index.name}' of '{spec.name}'"
    _check_distinct((attribute.name for attribute in index.key_attributes), f"the key of {what}")
    _check_key(index, what)
    if index.kind == "local":
        if spec.range_key is None:
            raise RequestRejected(f"'{spec.name}' has no range key, so {what} can't be local. Make it a global index.")
        if index.range_key is None or index.hash_key != spec.hash_key:
            raise RequestRejected(
                f"{what} is local, and local indexes have the table's hash key '{spec.hash_key.name}' and a range key "
                "of their own. Give it these, or make it a global index."
            )
    elif index.throughput is None and spec.throughput is not None:
        raise RequestRejected(
            f"{what} has no read and write capacity, and its table has one. Give the index a capacity, too."
        )
    _check_throughput(index.throughput, what)
    projection = index.projection
    if (projection.kind == "INCLUDE") != bool(projection.include):
        raise RequestRejected(
            f"The projection of {what} is {projection.kind}. Only INCLUDE takes attributes to include, and it needs at "
            "least one."
        )
    _check_distinct(projection.include, f"the attributes included in {what}")


def _check_key(index: IndexSpec, what: str) -> None:
    """Raise ``RequestRejected`` for a key of too many attributes: see "Multi-attribute keys pattern"."""
    for kind, attributes, most in (
        ("hash", index.hash_keys, limits.HASH_KEY_ATTRIBUTES),
        ("range", index.range_keys, limits.RANGE_KEY_ATTRIBUTES),
    ):
        if len(attributes) > most:
            raise RequestRejected(
                f"The {kind} key of {what} has {len(attributes)} attributes; DynamoDB allows {most}. Combine some of "
                "them into one attribute."
            )
        if index.kind == "local" and len(attributes) > 1:
            raise RequestRejected(
                f"The {kind} key of {what} has {len(attributes)} attributes, which only the keys of global indexes can "
                "have. Make it a global index."
            )
    if not index.hash_keys:
        raise RequestRejected(f"{what} has no hash key. Give it one.")


def _check_throughput(throughput: Throughput | None, what: str) -> None:
    if throughput is not None and (throughput.read < 1 or throughput.write < 1):
        raise RequestRejected(f"{what} needs a capacity of at least 1 for reads and 1 for writes.")


def _check_distinct(names: Iterable[str], where: str) -> None:
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise RequestRejected(f"{quoted(repeated)} appears more than once in {where}. Use each name once.")


class _KeyRecord(TypedDict):
    name: str
    type: KeyType


class _ThroughputRecord(TypedDict):
    read: int
    write: int


class _ProjectionRecord(TypedDict):
    kind: ProjectionKind
    include: list[str]


class _IndexRecord(TypedDict):
    name: str
    kind: IndexKind
    hash_key: _KeyRecord | list[_KeyRecord]
    range_key: _KeyRecord | list[_KeyRecord] | None
    projection: _ProjectionRecord
    throughput: _ThroughputRecord | None


class _TableRecord(TypedDict):
    name: str
    hash_key: _KeyRecord
    range_key: _KeyRecord | None
    indexes: list[_IndexRecord]
    throughput: _ThroughputRecord | None
    stream: StreamView | None
    # Files of storage format 1 have neither of these.
    table_class: NotRequired[TableClass]
    deletion_protection: NotRequired[bool]


def spec_to_json(spec: TableSpec) -> str:
    """Return a *spec* as JSON text, with the names of its fields. Later releases read it, too."""
    return json.dumps(asdict(spec), ensure_ascii=False)


def spec_from_json(text: str) -> TableSpec:
    """Return the spec of a JSON *text* that :func:`spec_to_json` has made."""
    record: _TableRecord = json.loads(text)
    return TableSpec(
        record["name"],
        KeyAttribute(**record["hash_key"]),
        _key(record["range_key"]),
        tuple(map(_index, record["indexes"])),
        _throughput(record["throughput"]),
        record["stream"],
        record.get("table_class", "STANDARD"),
        record.get("deletion_protection", False),
    )


def _index(record: _IndexRecord) -> IndexSpec:
    projection = record["projection"]
    return IndexSpec(
        record["name"],
        record["kind"],
        _keys(record["hash_key"]),
        _keys(record["range_key"]),
        ProjectionSpec(projection["kind"], tuple(projection["include"])),
        _throughput(record["throughput"]),
    )


def _key(record: _KeyRecord | None) -> KeyAttribute | None:
    return None if record is None else KeyAttribute(**record)


def _keys(record: _KeyRecord | list[_KeyRecord] | None) -> tuple[KeyAttribute, ...]:
    if record is None:
        return ()
    # A single attribute is not in a list, as in files that are older than keys of several attributes.
    records = record if isinstance(record, list) else [record]
    return tuple(KeyAttribute(**each) for each in records)


def _throughput(record: _ThroughputRecord | None) -> Throughput | None:
    return None if record is None else Throughput(**record)
