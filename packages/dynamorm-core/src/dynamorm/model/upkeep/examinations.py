"""The examination of one item: whether its keys are those that its fields give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynamorm.data.values import Item, identical
from dynamorm.exceptions import DynaModelException, InvalidKey, KeyMismatch, ValidationError
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.upkeep.findings import Finding
from dynamorm.model.upkeep.key_differences import IndexDifference, ItemKeys
from dynamorm.ports.date_times import AS_GIVEN


def unknown_kind(label: str, attribute: str, key: Item, item: Item) -> Finding:
    """Return the finding that no model has the kind of an *item*, which is in its *attribute*."""
    what = "has a kind that no model has" if attribute in item else "has no kind, and no model claims it"
    message = f"An item of {label} {what}. Import the module of its model, or delete it."
    return Finding("unknown_kind", message, None, key, item, attributes=(attribute,) if attribute else ())


def findings_in(model: Any, item: Item) -> Iterator[Finding]:
    """Yield what is wrong with the keys, and with the forms of date-times, of an *item* of a *model*."""
    mapper: Mapper = model._mapper
    key = {name: item[name] for name in mapper.key_names}
    forms = list(_stored_forms(model, mapper, key, item))
    yield from forms
    if mapper.composed is not None:
        for finding in key_findings(model, item):
            # A date-time in another form can't be part of a key either, which was said already.
            if finding.problem != "not_composable" or not forms:
                yield finding


def refuse_mismatch(model: Any, item: Item) -> None:
    """Raise :class:`~dynamorm.exceptions.KeyMismatch` if a key of an *item* of a *model* is not as its fields say."""
    mapper: Mapper = model._mapper
    missing = [name for name in mapper.key_names if name not in item]
    if missing:
        lacking = " and ".join(map(repr, missing))
        raise KeyMismatch(f"An item of {mapper.model_name} lacks {lacking}, a part of its key.")
    for finding in key_findings(model, item):
        raise finding.error()


def key_findings(model: Any, item: Item) -> Iterator[Finding]:
    """Yield what is wrong with the keys of an *item* of a *model* that has composed keys."""
    mapper: Mapper = model._mapper
    keys, name = ItemKeys(mapper, item), mapper.model_name
    reasons: set[str] = set()
    if keys.composed.primary is not None:
        try:
            yield from _primary(model, name, keys)
        except InvalidKey as error:
            reasons.add(str(error))
            yield _not_composable(model, keys, f"the primary key can't be composed. {error}")
    for difference in keys.index_differences():
        if not isinstance(difference, InvalidKey):
            yield _index(model, name, keys, difference)
        elif str(difference) not in reasons:
            # A local index has the hash key of the table, whose fault was told.
            reasons.add(str(difference))
            yield _not_composable(model, keys, f"the key of an index can't be composed. {difference}")


def _not_composable(model: Any, keys: ItemKeys, what: str) -> Finding:
    return Finding("not_composable", f"Of an item of {model.__name__}, {what}", model, keys.stored, keys.item)


def _primary(model: Any, name: str, keys: ItemKeys) -> Iterator[Finding]:
    expected = keys.expected_primary()
    stored = keys.stored
    if expected is None:
        missing = " and ".join(map(repr, keys.missing_fields()))
        yield _not_composable(model, keys, f"the primary key can't be composed: it has no value of {missing}.")
        return
    differing = tuple(each for each in stored if not identical(stored[each], expected[each]))
    if not differing:
        return
    if keys.is_former(expected):
        message = f"An item of {name} is stored under its former primary key. reindex() moves it to the present one."
        yield Finding("former_key", message, model, stored, keys.item, None, differing, expected)
        return
    message = (
        f"An item of {name} is not stored under the primary key that its fields give: {_differ(differing)}. Put it "
        "under that key, and delete this one, after you have found out which of the two is right."
    )
    yield Finding("primary_key", message, model, stored, keys.item, None, differing, expected)


def _index(model: Any, name: str, keys: ItemKeys, difference: IndexDifference) -> Finding:
    index, attributes = difference.key, difference.attributes
    if difference.is_half:
        what = f"has only a part of the key of the index '{index.index}'"
    elif difference.expected is None:
        what = f"has a key of the index '{index.index}', and its fields give none"
    elif not any(each in keys.item for each in attributes):
        what = f"lacks the key of the index '{index.index}' that its fields give"
    else:
        what = f"has another key of the index '{index.index}' than its fields give"
    message = f"An item of {name} {what}: {_differ(attributes)}. reindex() writes it again."
    problem = "half_index_key" if difference.is_half else "index_key"
    return Finding(
        problem,  # type: ignore[arg-type]  # one of two of them
        message,
        model,
        keys.stored,
        keys.item,
        index.index,
        attributes,
        difference.expected,
    )


def _differ(names: tuple[str, ...]) -> str:
    return f"{' and '.join(map(repr, names))} {'differs' if len(names) == 1 else 'differ'}"


def _stored_forms(model: Any, mapper: Mapper, key: Item, item: Item) -> Iterator[Finding]:
    """Yield the fields whose date-time is not as the field would write it."""
    for name, field in mapper.adapter.fields.items():
        value = item.get(field.attribute)
        if not field.date_times or field.stored_form == AS_GIVEN or not isinstance(value, str):
            continue
        if not _is_own_form(mapper, field.attribute, value):
            message = (
                f"'{name}' of an item of {mapper.model_name} is a date-time in another form than the field writes, so "
                "it does not sort and compare as others do. Read the item and save it; if the field is part of the "
                "primary key, put the item under its new key and delete this one."
            )
            yield Finding("stored_form", message, model, key, item, attributes=(field.attribute,))


def _is_own_form(mapper: Mapper, attribute: str, value: str) -> bool:
    """Return whether the schema writes the *value* of an *attribute* as it is stored."""
    try:
        written = mapper.dumped(mapper.loaded({attribute: value}, partial=True), partial=True)
    except (ValidationError, DynaModelException):
        return False
    return written.get(attribute) == value
