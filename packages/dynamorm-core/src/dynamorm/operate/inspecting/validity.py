"""Which models the items of a table are of, and why a schema refuses some of them. Reasons hold no values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.model.interchange.error_messages import messages_of
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.upkeep.examinations import findings_in
from dynamorm.model.upkeep.models import TableModels
from dynamorm.operate.inspecting.records import InspectedModel, RefusedItems
from dynamorm.operate.key_hashes import KeyName, key_name

#: So many reasons of one model are told apart. A message of a schema's own might differ from item to item.
MOST_REASONS = 100
#: The reason of all others.
OTHER_REASONS = "other reasons"
#: So many unknown attributes, and so many kinds, are counted by name.
MOST_NAMES = 1000
#: So many primary keys are kept for each reason.
MOST_EXAMPLES = 5
#: In a message about a whole item, only values are looked for that are longer than any word that stands for nothing.
_SHORTEST_VALUE = 3
#: Numbers in a string that may be found in a message: shorter ones stand for anything.
_DIGITS = re.compile(r"[0-9]{2,}(?:\.[0-9]+)?")


class Validity:
    """The validity of the items of a table with this *spec*, by the schemas of *models*.

    Raises:
        DynaModelException: The models can't be told apart: some of them have kinds, and others don't.
    """

    def __init__(self, models: Sequence[Any], spec: TableSpec, *, keys_shown: bool) -> None:
        self._spec = spec
        registries = {model: None if model._mapper.kind is None else model._mapper.kind.registry for model in models}
        if len(set(registries.values())) > 1:
            raise DynaModelException(
                f"{', '.join(model.__name__ for model in models)} don't tell their items apart in the table "
                f"'{spec.name}' in one way: each has kinds of its own, or some have none. Inspect it with one of them."
            )
        self._registry = next(iter(registries.values()), None)
        #: With kinds, all models of the table are known, whichever were given.
        known = tuple(models) if self._registry is None else self._registry.models
        self._models = TableModels(spec.name, known, self._registry, everything=True)
        self._counts = {model: _Counts(model, spec, keys_shown=keys_shown) for model in known}
        self.kinds: Counter[str] = Counter()
        self.without_model = 0
        self.own_items = 0

    def add(self, item: Item) -> None:
        """Count an *item*."""
        if not self._counts:
            return
        if self._models.is_own_item(item, self._spec):
            self.own_items += 1
        elif self._registry is not None:
            self._add_by_kind(item)
        elif len(self._counts) == 1:
            next(iter(self._counts.values())).add(item)
        elif not any(counts.accepts(item) for counts in self._counts.values()):
            self.without_model += 1

    def models(self) -> tuple[InspectedModel, ...]:
        """Return the items of each model."""
        return tuple(counts.result() for counts in self._counts.values())

    def _add_by_kind(self, item: Item) -> None:
        assert self._registry is not None, "items have kinds"
        name = item.get(self._registry.attribute)
        model = self._models.model_of(item)
        if type(name) is str:
            # It is written by programs, not by people: it is a name, and no value.
            count(self.kinds, (name,))
        elif model is not None:
            self.kinds[model._mapper.kind.name] += 1
        if model is None:
            self.without_model += 1
        else:
            self._counts[model].add(item)


class _Counts:
    """The items of one *model*."""

    def __init__(self, model: Any, spec: TableSpec, *, keys_shown: bool) -> None:
        self._model = model
        self._mapper: Mapper = model._mapper
        self._spec = spec
        self._keys_shown = keys_shown
        self._valid = self._invalid = self._expired = 0
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, list[KeyName]] = {}
        self._unknown: Counter[str] = Counter()
        self._key_problems: Counter[str] = Counter()

    def add(self, item: Item) -> None:
        """Count an *item* of the model, which may be invalid."""
        reasons = list(dict.fromkeys(self._reasons_of(item)))
        if not reasons:
            self._add_valid(item)
            return
        self._invalid += 1
        self._add_any(item)
        for reason in reasons:
            known = reason in self._reasons or len(self._reasons) < MOST_REASONS
            name = reason if known else OTHER_REASONS
            self._reasons[name] += 1
            examples = self._examples.setdefault(name, [])
            if len(examples) < MOST_EXAMPLES:
                key = {attribute.name: item[attribute.name] for attribute in self._spec.key_attributes}
                examples.append(key_name(key, is_shown=self._keys_shown))

    def accepts(self, item: Item) -> bool:
        """Return whether the schema accepts an *item*, and count it if so."""
        if any(True for _ in self._reasons_of(item)):
            return False
        self._add_valid(item)
        return True

    def result(self) -> InspectedModel:
        """Return the record of what was counted."""
        refused = (
            RefusedItems(reason, number, tuple(self._examples[reason]))
            for reason, number in by_frequency(self._reasons).items()
        )
        return InspectedModel(
            self._model,
            self._valid,
            self._invalid,
            tuple(refused),
            by_frequency(self._unknown),
            by_frequency(self._key_problems),
            self._expired,
        )

    def _add_valid(self, item: Item) -> None:
        self._valid += 1
        self._add_any(item)
        for finding in findings_in(self._model, item):
            place = "" if finding.index is None else f" of {finding.index}"
            self._key_problems[f"{finding.problem}{place}"] += 1

    def _add_any(self, item: Item) -> None:
        count(self._unknown, self._mapper.unknown_attributes(item))
        expiry = self._mapper.table.expiry
        if expiry is not None and expiry.has_expired(item):
            self._expired += 1

    def _reasons_of(self, item: Item) -> Iterator[str]:
        """Yield why the schema refuses an *item*; nothing if it accepts it."""
        try:
            self._mapper.loaded(item, partial=False)
        except ValidationError as error:
            for location, _, message, _ in messages_of(error.errors):
                yield self._reason(item, location, message)
        except Exception as error:  # noqa: BLE001 - a validator of the program's own may raise anything
            yield f"the schema raised {type(error).__name__}"

    def _reason(self, item: Item, location: tuple[Any, ...], message: str) -> str:
        place = self._mapper.adapter.json_location(location)
        path = "".join(self._names(place, item)).removeprefix(".")
        field = str(place[0]) if place else ""
        if field in self._mapper.fields:
            values = leaves(item.get(self._mapper.fields.field(field).attribute))
        else:
            values = telling(item)
        text = without(message, values)
        return f"{path}: {text}" if path else text

    def _names(self, place: Sequence[str | int], item: Item) -> Iterator[str]:
        """Yield the parts of a *place* in an *item*. The keys of a map are values, unless the schema declares them."""
        value: Any = item
        field: Any = None
        for number, each in enumerate(place):
            if isinstance(each, int):
                yield "[]"
                value = value[each] if isinstance(value, list) and each < len(value) else None
                field = None if field is None else field.child(each)
                continue
            known = None if field is None else field.child_names()
            is_key = number > 0 and known is None and isinstance(value, dict) and each in value
            yield ".*" if is_key else f".{each}"
            value = self._below(value, each, is_field=not number)
            field = self._child(field, each, is_field=not number)

    def _below(self, value: Any, name: str, *, is_field: bool) -> Any:
        attribute = self._mapper.fields.field(name).attribute if is_field and name in self._mapper.fields else name
        return value.get(attribute) if isinstance(value, dict) else None

    def _child(self, field: Any, name: str, *, is_field: bool) -> Any:
        if is_field:
            return self._mapper.fields.field(name) if name in self._mapper.fields else None
        return None if field is None else field.child(name)


def count(counter: Counter[str], names: Iterable[str]) -> None:
    """Count *names*, but no new ones when there are too many already."""
    for name in names:
        if name in counter or len(counter) < MOST_NAMES:
            counter[name] += 1


def by_frequency(counter: Counter[str]) -> dict[str, int]:
    """Return what was counted, the most frequent first; in the order of names where the numbers are equal."""
    return dict(sorted(counter.items(), key=lambda entry: (-entry[1], entry[0])))


def leaves(value: AttributeValue) -> Iterator[AttributeValue]:
    """Yield the strings, numbers and bytes in a *value*, at each level."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, (list, set)):
        for each in value:
            yield from leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield value


def telling(item: Item) -> Iterator[AttributeValue]:
    """Yield the values in an *item* that are told from words which stand for nothing."""
    return (each for each in leaves(item) if not isinstance(each, str) or len(each) >= _SHORTEST_VALUE)


def without(message: str, values: Iterable[AttributeValue]) -> str:
    """Return a *message* of a schema library with a mark in place of each of the *values* that it holds.

    A value is found in capitals and in small letters, too, and so are its digits: those of a date, for example, which
    a validator writes in another way. What a validator of the program's own makes of a value otherwise is not found.
    """
    # The longest first: others may be parts of it.
    texts = sorted({text for value in values for text in _texts(value)}, key=lambda each: (-len(each), each))
    for text in texts:
        if text.casefold() in message.casefold():
            message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", message, flags=re.IGNORECASE)
    return message


def _texts(value: AttributeValue) -> Iterator[str]:
    """Yield what stands for a *value* in a message."""
    text = str(value)
    quoted = repr(value)[1:-1] if isinstance(value, str) else repr(value)
    yield from (each for each in (text, quoted, text.strip()) if each)
    if isinstance(value, str):
        yield from _DIGITS.findall(text)
