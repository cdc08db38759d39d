"""The items of several models of a shared table by their keys, and items that a program hands over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.checks import primary_key_values
from dynamorm.engine.plans.steps import Emit, StreamPlan, map_stream
from dynamorm.exceptions import DynaModelException, WrongKind
from dynamorm.model.interchange.images import item_of_image
from dynamorm.model.mapping.given_keys import GivenKey, listed_key
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.query.arguments import kind_of as type_of_argument
from dynamorm.model.shared_tables.collection_kinds import CollectionKinds
from dynamorm.model.shared_tables.collections import kind_of_model
from dynamorm.model.shared_tables.definitions import SharedDefinition
from dynamorm.model.verbs.batches import NotLoaded


def get_batch(
    shared: SharedDefinition,
    reads: Iterable[tuple[type[Any], GivenKey]],
    consistent: bool = False,
    *,
    progress: ProgressCallback | None = None,
) -> StreamPlan[Any]:
    """Read the items of models by pairs of a model and a primary key. Wrong arguments raise at the call."""
    spec, layout = shared.spec, shared.layout
    pairs = parse_pairs(shared, reads, "get_batch")
    models = {primary_key_values(spec, key): model for model, key in pairs}
    plan = batches.get_all(spec, [key for _, key in pairs], consistent=consistent, progress=progress)
    origin = layout.origin()

    def instances_of(chunk: Sequence[Item]) -> StreamPlan[Any]:
        for item in chunk:
            if layout.is_hidden(item):
                continue
            model = models[primary_key_values(spec, item)]
            try:
                instance = model._load(item, origin=origin)
            except Exception as error:  # noqa: BLE001 - raised at its turn
                yield Emit(NotLoaded(error))
                continue
            yield Emit(instance)

    return map_stream(plan, instances_of)


def parse_pairs(shared: SharedDefinition, reads: object, verb: str) -> list[tuple[type[Any], Item]]:
    """Return the pairs of a model and a key that a *verb* of a shared table was given, each key as it is stored.

    Raises:
        DynaModelException: Something else was given, or a model of another table.
    """
    name = shared.layout.model_name
    pairs: list[tuple[type[Any], Item]] = []
    for read in reads if isinstance(reads, Iterable) else (None,):
        if not isinstance(read, Sequence) or len(read) != 2 or not isinstance(read[0], type):
            raise DynaModelException(
                f"{name}.{verb} takes pairs of a model and a primary key, such as (Order, {{'order_id': '1'}})."
            )
        model, key = read
        kind_of_model(shared, model, verb)
        pairs.append((model, listed_key(model._mapper, key, verb)))
    return pairs


def load(
    shared: SharedDefinition, item: Mapping[str, Any] | None, *, partial: bool = False, strict: bool = False
) -> Any:
    """Return the instance of an *item*, an image of a stream or plain values, of whichever model.

    Returns ``None`` for a missing image, and for the library's own items.

    Raises:
        KeyMismatch: The load is *strict*, and a key of the item is not the one that its fields give.
    """
    if partial and strict:
        raise DynaModelException(
            f"{shared.layout.model_name}.load can compare the keys of whole items only: give 'partial' or 'strict', "
            "not both."
        )
    if item is None:
        return None
    stored = _as_item(shared, item)
    kinds = CollectionKinds(shared.registry, shared.layout.spec, (), "raise", is_named=False)
    loaded = LoadedAttributes(complete=False) if partial else ALL_LOADED
    try:
        loader = kinds.loader_of(stored)
    except WrongKind:
        return None
    kind = kinds.of(stored) if strict else None
    if kind is not None:
        from dynamorm.model.upkeep.examinations import refuse_mismatch  # deferred: start-up cost

        refuse_mismatch(kind.model, stored)
    return loader(stored, partial, loaded, shared.layout.origin())


def _as_item(shared: SharedDefinition, item: Mapping[str, Any]) -> Item:
    name, hash_key = shared.layout.model_name, shared.layout.spec.hash_key.name
    if not isinstance(item, Mapping):
        raise DynaModelException(
            f"{name}.load takes an item, a dict by attribute name or an image of a stream, not "
            f"{type_of_argument(item)}."
        )
    if hash_key in item and not isinstance(item[hash_key], Mapping):
        return normalise_item(item)
    return item_of_image(item, f"load of {name}", f"{name}.load")
