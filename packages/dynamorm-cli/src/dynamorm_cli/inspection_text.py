"""An inspection for people, and as a JSON document."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamorm_cli.cells import cell, printable
from dynamorm_cli.quantities import count, percent, size, units

if TYPE_CHECKING:
    from dynamorm.operate import Inspection, KeyName
    from dynamorm.operate.inspecting.records import InspectedAttribute, InspectedModel

WIDTH = 100
INDENT = 12
DOT = " · "
#: So many names are listed of each kind. JSON has them all.
MOST_LISTED = 30
#: The label of an entry, and its parts.
Entry: TypeAlias = tuple[str, Iterable[str]]
TYPES = {"S": "string", "N": "number", "B": "binary"}


def lines_of(found: Inspection, *, wrapped: bool) -> Iterator[str]:
    """Yield the lines that describe what was *found*: *wrapped* for a terminal, or each entry as a line of its own."""
    for label, parts in _entries(found):
        if wrapped:
            yield from _wrapped(label, parts)
        else:
            # So that a program finds an entry by its label, and all of it.
            yield f"{label:<{INDENT}}{printable(DOT.join(parts))}"


def _entries(found: Inspection) -> Iterator[Entry]:
    yield "table", _table(found)
    yield "sample", [_sample(found)]
    sizes = found.sizes
    if sizes is not None:
        parts = [f"median {size(sizes.median)}", f"99 % {size(sizes.percentile_99)}"]
        parts.append(f"largest {size(sizes.largest)} ({_key(sizes.largest_key)})")
        if sizes.over_read_unit:
            parts.append(f"over 4 KB: {percent(sizes.over_read_unit, found.items)} (each costs 2 or more read units)")
        yield "sizes", parts
        yield "attributes", _attributes(found)
    for model in found.models:
        yield _model(model, found)
    if found.kinds:
        kinds = [f"{printable(name)} {number:,}" for name, number in found.kinds.items()]
        yield "kinds", _first(kinds)
    if found.without_model:
        yield "no model", [f"{count(found.without_model, 'item')} {_are(found.without_model)} of no model"]
    if found.own_items:
        yield "guards", [f"{count(found.own_items, 'item')} of DynamORM itself, such as unique values"]
    for index in found.indexes:
        if index.absent:
            names = " or ".join(f"'{name}'" for name in index.lacking)
            lack = "lacks" if index.absent == 1 else "lack"
            text = f"{count(index.absent, 'item')} {lack} {names}, so {_are(index.absent)} not in it"
            yield "index", [f"{index.spec.name}: {text}"]
    if found.busiest is not None:
        share = 100 * found.busiest.share
        # Not "hot": that is a key with much traffic, of which nothing is known here.
        text = f"the largest has {share:.1f} % of the bytes, {count(found.busiest.items, 'item')}"
        yield "hash keys", [f"{text} ({_key(found.busiest.name)})"]


def document_of(found: Inspection) -> dict[str, Any]:
    """Return the document of what was *found*. Keys are in it only if they were asked for."""
    description = found.description
    return {
        "format": 1,
        "table": found.table,
        "keys": {each.name: each.type for each in description.spec.key_attributes},
        "item_count": description.item_count,
        "size_bytes": description.size_bytes,
        "items": found.items,
        "complete": found.complete,
        "segments": found.segments,
        "total_segments": found.total_segments,
        "read_units": found.capacity,
        "sizes": None
        if found.sizes is None
        else {
            "median": found.sizes.median,
            "percentile_99": found.sizes.percentile_99,
            "largest": found.sizes.largest,
            "largest_key": _key_document(found.sizes.largest_key),
            "over_4_kb": found.sizes.over_read_unit,
        },
        "attributes": [{"name": each.name, "items": each.items, "types": each.types} for each in found.attributes],
        "more_attributes": found.more_attributes,
        "models": [_model_document(each) for each in found.models],
        "kinds": found.kinds,
        "without_model": found.without_model,
        "own_items": found.own_items,
        "invalid": found.invalid,
        "indexes": [{"name": each.spec.name, "absent": each.absent, "lacking": each.lacking} for each in found.indexes],
        "busiest": None
        if found.busiest is None
        else {
            **_key_document(found.busiest.name),
            "items": found.busiest.items,
            "share": round(found.busiest.share, 6),
        },
    }


def _table(found: Inspection) -> Iterator[str]:
    spec = found.description.spec
    keys = ", ".join(f"{each.name} ({TYPES[each.type]})" for each in spec.key_attributes)
    yield f"{found.table}: {keys}"
    for index in spec.indexes:
        yield f"index {index.name}: {', '.join(each.name for each in index.key_attributes)}"
    bytes_of_table = found.description.size_bytes
    total = count(found.description.item_count, "item")
    if bytes_of_table is not None:
        total += f", {size(bytes_of_table)}"
    # A backend that has no ARN is no DynamoDB, and counts at once.
    yield total if found.description.arn is None else f"{total} (DynamoDB's figures, up to 6 hours old)"


def _sample(found: Inspection) -> str:
    text = f"all {count(found.items, 'item')}" if found.complete else count(found.items, "item")
    if not found.complete:
        text += f" in {found.segments:,} of {count(found.total_segments, 'segment')}, chosen at random"
    return text if found.capacity is None else f"{text}, {units(found.capacity)} read units"


def _attributes(found: Inspection) -> Iterator[str]:
    yield from _first([f"{printable(each.name)} {_types(each, found.items)}" for each in found.attributes])
    if found.more_attributes:
        yield f"and {found.more_attributes:,} values of others"


def _first(names: Sequence[str]) -> list[str]:
    """Return as many of the *names* as are listed, and how many more there are."""
    more = len(names) - MOST_LISTED
    return [*names[:MOST_LISTED], *([f"and {more:,} more (--json lists them)"] if more > 0 else [])]


def _types(attribute: InspectedAttribute, items: int) -> str:
    ordered = sorted(attribute.types.items(), key=lambda entry: -entry[1])
    shares = [f"{percent(number, items)} {kind}" for kind, number in ordered]
    # Several types in one attribute are mostly a mistake.
    return shares[0] if len(shares) == 1 else f"{', '.join(shares)} (!)"


def _model(model: InspectedModel, found: Inspection) -> Entry:
    name = model.model.__name__
    parts = [f"{name}: valid {model.valid:,}"]
    if model.invalid:
        reasons = [f"{printable(each.reason).rstrip('.')} ({each.items:,})" for each in model.refused]
        parts.append(f"invalid {model.invalid:,}: {', '.join(_first(reasons))}")
        if found.items and (first := next((each for each in model.refused if each.examples), None)) is not None:
            parts.append(f"for example {', '.join(map(_key, first.examples))}")
    if model.unknown_attributes:
        total = model.valid + model.invalid
        names = [f"{printable(each)} ({percent(number, total)})" for each, number in model.unknown_attributes.items()]
        parts.append(f"unknown to the model: {', '.join(_first(names))}")
    if model.key_problems:
        problems = ", ".join(f"{problem} ({number:,})" for problem, number in model.key_problems.items())
        parts.append(f"keys that are not as the fields say: {problems}")
    if model.expired:
        parts.append(f"expired {model.expired:,}")
    return "model", parts


def _model_document(model: InspectedModel) -> dict[str, Any]:
    return {
        "model": f"{model.model.__module__}:{model.model.__qualname__}",
        "valid": model.valid,
        "invalid": model.invalid,
        "refused": [
            {"reason": each.reason, "items": each.items, "examples": [_key_document(key) for key in each.examples]}
            for each in model.refused
        ],
        "unknown_attributes": model.unknown_attributes,
        "key_problems": model.key_problems,
        "expired": model.expired,
    }


def _key(name: KeyName) -> str:
    if name.key is None:
        return f"key hash {name.hash}"
    return ", ".join(f"{attribute}={cell(value)}" for attribute, value in name.key.items())


def _key_document(name: KeyName) -> dict[str, Any]:
    if name.key is None:
        return {"key_hash": name.hash}
    from dynamorm.wire import JSON  # deferred: start-up cost

    return {"key_hash": name.hash, "key": JSON.encode_item(name.key)}


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _wrapped(label: str, parts: Iterable[str]) -> Iterator[str]:
    """Yield an entry with its *label* in front, in lines of at most :data:`WIDTH` characters, cut between *parts*."""
    text = ""
    for part in parts:
        longer = f"{text}{DOT}{part}" if text else part
        if text and INDENT + len(longer) > WIDTH:
            yield from _lines(label, f"{text}{DOT.rstrip()}")
            label, longer = "", part
        text = longer
    yield from _lines(label, text)


def _lines(label: str, text: str) -> Iterator[str]:
    """Yield a *text* as lines, which are cut between words only if it is a long list."""
    # Names of attributes and of tables may hold anything, too.
    for line in textwrap.wrap(printable(text), WIDTH - INDENT, break_long_words=False, break_on_hyphens=False):
        yield f"{label:<{INDENT}}{line}"
        label = ""
