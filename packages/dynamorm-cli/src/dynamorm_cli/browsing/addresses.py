"""Addresses of pages: what is read is in the address, so it can be kept, changed and gone back to."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from dynamorm import wire
from dynamorm.data.values import Item
from dynamorm.exceptions import InvalidKey, InvalidValue
from dynamorm.operate import Filter
from dynamorm_cli.browsing.values import visible_json

PAGE_SIZES = (25, 100, 500)
MOST_FIELDS = 500

#: The fields of a query string.
Query = Mapping[str, list[str]]


@dataclass(frozen=True)
class PageAddress:
    """The address of a page of items.

    Attributes:
        name: The name of the model or of the shared table.
        index: The name of the class of its index.
        filters: The conditions.
        page_size: How many items a page reads.
        descending: Whether they are read in descending order.
        scan: Whether a scan was asked for.
        after: The cursor of the page before.
    """

    name: str
    index: str | None = None
    filters: tuple[Filter, ...] = ()
    page_size: int = PAGE_SIZES[0]
    descending: bool = False
    scan: bool = False
    after: str | None = None

    @classmethod
    def parse(cls, name: str, query: Query) -> PageAddress:
        """Return the address of the page *name* with this *query*.

        Raises:
            InvalidOperator: A condition is none.
            InvalidValue: The page size is none of :data:`PAGE_SIZES`.
        """
        size = first(query, "size") or str(PAGE_SIZES[0])
        if size not in map(str, PAGE_SIZES):
            raise InvalidValue(f"A page has {', '.join(map(str, PAGE_SIZES))} items.")
        return cls(
            name,
            first(query, "index"),
            tuple(map(Filter.parse, query.get("where", ()))),
            int(size),
            first(query, "order") == "descending",
            first(query, "scan") == "yes",
            first(query, "after"),
        )

    def __str__(self) -> str:
        pairs = [
            *([("index", self.index)] if self.index else []),
            *(("where", str(each)) for each in self.filters),
            *([("size", str(self.page_size))] if self.page_size != PAGE_SIZES[0] else []),
            *([("order", "descending")] if self.descending else []),
            *([("scan", "yes")] if self.scan else []),
            *([("after", self.after)] if self.after else []),
        ]
        return _address(f"/t/{quote(self.name)}", pairs)

    def but(self, **changes: Any) -> PageAddress:
        """Return the address with *changes*, at the first page unless they say otherwise."""
        return replace(self, **{"after": None, **changes})


def item_address(name: str, key: Item) -> str:
    """Return the address of the item with this *key*."""
    return _address(f"/t/{quote(name)}/item", [("key", _encode(key))])


def partition_address(name: str, hash_key: Item, index: str | None = None, after: str | None = None) -> str:
    """Return the address of the partition with this *hash_key* of a table, or of an index."""
    pairs = [("hash", _encode(hash_key))]
    pairs += [("index", index)] if index else []
    return _address(f"/t/{quote(name)}/partition", pairs + ([("after", after)] if after else []))


def filters_of_form(query: Query, fields: Container[str]) -> tuple[Filter, ...]:
    """Return the filters of a form that was sent: those that have a value, and those that need none.

    A dot leads below a field, unless one of the *fields* has it in its name.
    """
    found = []
    for name, operator, text, kind in zip(
        query.get("field", ()), query.get("op", ()), query.get("value", ()), query.get("kind", ()), strict=False
    ):
        if name and (text or operator in ("exists", "not_exists")):
            keyword = keyword_of(name if name in fields else name.strip(), fields)
            found.append(Filter(keyword, text, operator, is_json=kind == "json"))
    return tuple(found)


def keyword_of(name: str, fields: Container[str]) -> str:
    """Return the name of a field, or of what is below one after a dot, as the keywords of reads have it."""
    return name if name in fields else name.replace(".", "__")


def key_of(text: str | None) -> Item:
    """Return the key in an address. Raises :class:`~dynamorm.exceptions.InvalidKey` for what is none."""
    try:
        decoded = json.loads(text or "")
        if not isinstance(decoded, dict) or not decoded:
            raise ValueError  # noqa: TRY301 - as what is no JSON
        return wire.JSON.decode_item(decoded)
    except Exception as error:
        raise InvalidKey("The address has no key of an item, in DynamoDB JSON.") from error


def dynamodb_json(item: Item) -> str:
    """Return an *item* as DynamoDB JSON, indented."""
    return visible_json(json.dumps(wire.JSON.encode_item(item), indent=2, ensure_ascii=False))


def parse_query(query: str) -> Query:
    """Return the fields of a query string.

    Raises :class:`~dynamorm.exceptions.InvalidValue` for more than :data:`MOST_FIELDS`.
    """
    try:
        return parse_qs(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidValue(f"The address has more than {MOST_FIELDS} fields.") from None


def first(query: Query, name: str) -> str | None:
    """Return the first value of a field that is not empty; ``None`` without one."""
    return next((value for value in query.get(name, ()) if value), None)


def _encode(key: Item) -> str:
    return json.dumps(wire.JSON.encode_item(key), separators=(",", ":"), ensure_ascii=False)


def _address(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
