"""Conditions on the fields of templates, as the key condition of a query and its filter.

Each field of a hash key's template needs one value. The fields of a range key's template are given from the left, all
but the last of them with one value; this last one with any condition that a range key allows. An operator that no range
key allows, such as ``ne``, filters by the field's own attribute. A field that is stored only in the key can't do that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dynamorm.data.conditions import (
    BeginsWith,
    Between,
    Comparison,
    DescribedKeyCondition,
    KeyCondition,
    RangeCondition,
    Value,
)
from dynamorm.data.paths import Path
from dynamorm.data.records import record, replace
from dynamorm.data.tables import KeyAttribute
from dynamorm.data.values import AttributeType, AttributeValue
from dynamorm.exceptions import InvalidKey
from dynamorm.model.key_templates.exclusivity import common_prefix
from dynamorm.model.key_templates.forms import BooleanForm, NumberForm
from dynamorm.model.key_templates.ranges import FieldRanges, KeyRange, beginning_with
from dynamorm.model.key_templates.templates import Template
from dynamorm.model.query.expressions import Expression, OperandExpression
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.key_conditions import check_hash_key, check_order, hash_value, operands, range_condition
from dynamorm.model.query.operators import COMPARISONS, Lookup
from dynamorm.ports.schemas import SchemaField, Shape

#: The operators that a range key allows.
_RANGE_OPERATORS = frozenset((*COMPARISONS, "between", "begins_with")) - {"ne"}
_SPELLED = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "begins_with": "begins with"}


class KeyPart(Protocol):
    """A hash key or a range key: the template that composes it, or else the field that it is."""

    @property
    def attribute(self) -> KeyAttribute:
        """The attribute of the key."""

    @property
    def template(self) -> Template | None:
        """The template; ``None`` for a key that is a field."""

    @property
    def field(self) -> str | None:
        """The field; ``None`` for a key that a template composes."""

    @property
    def former(self) -> Template | None:
        """The template that composed it before, under which items may still be stored; ``None`` without one."""


@record
class KeyQuery:
    """What the conditions of a query ask of its keys, for one model.

    ``range_lookups`` are all conditions on fields of the range key, ``others`` what is left to filter by, and
    ``described`` and ``described_range`` what the keys are compared with, without values. ``wider`` names a field by
    which the key does not sort as the field itself does. ``misses_former`` says that a key has a former template, under
    whose keys a query does not look.
    """

    hash_values: Mapping[str, AttributeValue]
    range: KeyRange
    range_attribute: str | None
    range_lookups: tuple[Lookup, ...]
    others: tuple[Expression, ...]
    described: tuple[str, ...]
    described_range: tuple[str, ...]
    wider: str | None = None
    misses_former: bool = False

    def condition(self) -> KeyCondition:
        """Return the key condition, with its description for ``explain``."""
        warnings: tuple[str, ...] = ()
        if self.wider is not None:
            text = (
                f"strings of '{self.wider}' don't sort in the key '{self.range_attribute}' exactly as they do alone, "
                "so items near the bounds are read and dropped."
            )
            warnings = (text,)
        described = ", ".join((*self.described, *self.described_range))
        return DescribedKeyCondition(
            self.hash_values, self.range.condition, described, warnings, misses_former=self.misses_former
        )


def key_query(
    fields: SchemaFields, parts: Sequence[KeyPart], expressions: Iterable[Expression], target: str
) -> KeyQuery:
    """Return what *expressions* ask of a key.

    Args:
        fields: The fields of the model, and the key attributes, which can be compared as well.
        parts: The hash key, then the range key, if there is one.
        expressions: The conditions, AND-ed.
        target: The table or the index, as error messages name it.

    Raises:
        MissingKey: A field of the hash key has no value.
        InvalidKey: A key has any other condition that a query does not allow, or a value that it can't hold.
        InvalidOperator: The order of keys is not the one that an operator compares.
    """
    given = _Given(fields, expressions, target)
    hash_part = parts[0]
    value, described = _hash_key(given, hash_part)
    found = _FoundRange(KeyRange(None, "")) if len(parts) == 1 else _range_key(given, parts[1])
    return KeyQuery(
        {hash_part.attribute.name: value},
        found.range,
        None if len(parts) == 1 else parts[1].attribute.name,
        tuple(given.used_of_range),
        tuple(given.left),
        described,
        found.described,
        found.wider,
        misses_former=any(part.former is not None for part in parts),
    )


def merged(queries: Sequence[KeyQuery]) -> KeyQuery:
    """Return the query that reads what each of *queries*, of different models, reads.

    If the range keys have different conditions, all keys are read that begin with what they have in common, and the
    conditions on fields filter: by the attributes of the first one, as the models store them alike.

    Raises:
        InvalidKey: The hash keys have different values.
    """
    first = queries[0]
    if not first.misses_former and any(each.misses_former for each in queries):
        first = replace(first, misses_former=True)
    if any(each.hash_values != first.hash_values for each in queries):
        raise InvalidKey("The models of a query have different hash keys, so that no single query reads all of them.")
    if first.range_attribute is None or all(each.range == first.range for each in queries):
        return first
    prefix = common_prefix([each.range.prefix for each in queries])
    left = [term for term in first.others if all(term is not lookup for lookup in first.range_lookups)]
    return replace(
        first,
        range=beginning_with(first.range_attribute, prefix),
        others=(*left, *first.range_lookups),
        described_range=(),
        wider=None,
    )


class _Given:
    """The conditions that are given, by what they compare: a field, ``address.city``, or a key attribute."""

    def __init__(self, fields: SchemaFields, expressions: Iterable[Expression], target: str) -> None:
        self.fields = fields
        self.target = target
        #: What is not part of the key condition alone, in the order in which it was given.
        self.left: list[Expression] = []
        #: The conditions on fields of the range key.
        self.used_of_range: list[Lookup] = []
        self._by_name: dict[str, list[Lookup]] = {}
        for expression in expressions:
            for term in expression.terms(fields):
                self.left.append(term)
                if isinstance(term, Lookup) and not term.sized:
                    self._by_name.setdefault(".".join(map(str, term.names)), []).append(term)

    def of(self, names: Iterable[str]) -> dict[str, list[Lookup]]:
        """Return the conditions on each of *names* that has some."""
        return {name: found for name in names if (found := self._by_name.get(name))}

    def of_attribute(self, part: KeyPart) -> list[Lookup]:
        """Return the conditions on the key attribute itself, unless it is that of a field."""
        name = part.attribute.name
        found = self._by_name.get(name, [])
        return found if found and isinstance(self.fields.field(name), KeyAttributeField) else []

    def use(self, lookups: Iterable[Lookup]) -> None:
        """Leave *lookups* to the key condition alone."""
        used = set(map(id, lookups))
        self.left = [term for term in self.left if id(term) not in used]


class KeyAttributeField(SchemaField):
    """A key attribute that the schema does not know, as a field that can be compared."""

    shape = Shape.SCALAR

    def __init__(self, attribute: KeyAttribute) -> None:
        self.name = self.attribute = attribute.name
        self.key_type = attribute.type

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the *value* as it is."""
        return value


@record
class _FoundRange:
    range: KeyRange
    described: tuple[str, ...] = ()
    wider: str | None = None


def _hash_key(given: _Given, part: KeyPart) -> tuple[AttributeValue, tuple[str, ...]]:
    """Return the value of the hash key, and what it is made of."""
    attribute, template = part.attribute, part.template
    names = _fields_of(part)
    found = given.of(names)
    direct = given.of_attribute(part)
    if direct:
        _refuse_both(attribute.name, found, given.target)
        given.use(direct)
        return hash_value(given.fields, attribute.name, attribute.type, direct, given.target), ()
    check_hash_key(names, found, given.target)
    values = {
        name: hash_value(given.fields, name, _type_of(part, name), lookups, given.target)
        for name, lookups in found.items()
    }
    for lookups in found.values():
        given.use(lookups)
    described = tuple(f"{name} = …" for name in names)
    if template is None:
        return values[names[0]], described
    return template.format(values), described or (str(template.format({})),)


def _range_key(given: _Given, part: KeyPart) -> _FoundRange:
    attribute, template = part.attribute, part.template
    names = _fields_of(part)
    found = {
        name: usable
        for name, lookups in given.of(names).items()
        if (usable := [lookup for lookup in lookups if template is None or _is_usable(lookup)])
    }
    direct = given.of_attribute(part)
    if direct:
        _refuse_both(attribute.name, found, given.target)
        given.use(direct)
        condition = range_condition(given.fields, attribute.name, attribute.type, direct, given.target)
        return _FoundRange(KeyRange(condition, _prefix_of(condition)))
    conditions = {
        name: range_condition(given.fields, name, _type_of(part, name), lookups, given.target)
        for name, lookups in found.items()
    }
    check_order(names, conditions, found, given.target)
    given.used_of_range = [lookup for lookups in found.values() for lookup in lookups]
    if template is None or not template.parts:
        given.use(given.used_of_range)
        return _of_whole_key(attribute, found, conditions)
    return _of_template(given, template, found, conditions)


def _of_whole_key(
    attribute: KeyAttribute, found: Mapping[str, Sequence[Lookup]], conditions: Mapping[str, RangeCondition]
) -> _FoundRange:
    """Return the range of a key that is one field, as it is."""
    for name, condition in conditions.items():
        moved = _moved(condition, Path.of(attribute.name))
        return _FoundRange(KeyRange(moved, _prefix_of(moved)), (_described(found[name][0]),))
    return _FoundRange(KeyRange(None, ""))


def _of_template(
    given: _Given,
    template: Template,
    found: Mapping[str, Sequence[Lookup]],
    conditions: Mapping[str, RangeCondition],
) -> _FoundRange:
    """Return the range of a key that a template composes."""
    begun = ""
    described = tuple(_described(lookups[0]) for lookups in found.values())
    for place, part in enumerate(template.parts):
        if isinstance(part, str):
            begun += part
            continue
        name = part.field.name
        condition = conditions.get(name)
        if condition is None:
            given.use(given.used_of_range)
            literal = (f"{begun}…",) if begun else ()
            return _FoundRange(beginning_with(template.attribute, begun), described or literal)
        values = [operand.value for operand in operands(condition) if isinstance(operand, Value)]
        lookup = found[name][0]
        if lookup.operator == "eq":
            begun += part.text(values[0])
            continue
        following = template.parts[place + 1] if place + 1 < len(template.parts) else ""
        assert isinstance(following, str)
        keys = FieldRanges(part, begun, following).of(lookup.operator, values)
        given.use(each for each in given.used_of_range if not (keys.needs_filter and each is lookup))
        return _FoundRange(keys, described, name if keys.is_wider else None)
    given.use(given.used_of_range)
    condition = Comparison("=", Path.of(template.attribute), Value(begun))
    return _FoundRange(KeyRange(condition, begun), described or (begun,))


def _fields_of(part: KeyPart) -> tuple[str, ...]:
    if part.template is not None:
        return part.template.fields
    return () if part.field is None else (part.field,)


def _type_of(part: KeyPart, name: str) -> AttributeType:
    """Return the type of the stored values of a field of a key."""
    form = None if part.template is None else part.template.forms.get(name)
    if form is None:
        return part.attribute.type
    return "N" if isinstance(form, NumberForm) else "BOOL" if isinstance(form, BooleanForm) else "S"


def _is_usable(lookup: Lookup) -> bool:
    """Return whether a condition can be part of a key condition: with values, and an operator of range keys."""
    given = lookup.operand if lookup.operator == "between" else (lookup.operand,)
    with_values = not isinstance(given, (list, tuple)) or not any(isinstance(each, OperandExpression) for each in given)
    return lookup.operator in _RANGE_OPERATORS and with_values


def _described(lookup: Lookup) -> str:
    name = ".".join(map(str, lookup.names))
    if lookup.operator == "between":
        return f"{name} between … and …"
    return f"{name} {_SPELLED[lookup.operator]} …"


def _prefix_of(condition: RangeCondition) -> str:
    value = condition.prefix if isinstance(condition, BeginsWith) else None
    if isinstance(condition, Comparison) and condition.operator == "=":
        value = condition.right
    return value.value if isinstance(value, Value) and isinstance(value.value, str) else ""


def _moved(condition: RangeCondition, path: Path) -> RangeCondition:
    """Return a *condition* on a field as one on the key at a *path*."""
    if isinstance(condition, Comparison):
        return replace(condition, left=path)
    return replace(condition, operand=path) if isinstance(condition, Between) else replace(condition, path=path)


def _refuse_both(attribute: str, found: Mapping[str, Sequence[Lookup]], target: str) -> None:
    if found:
        raise InvalidKey(
            f"A query of {target} has conditions on '{attribute}' and on '{next(iter(found))}', of which it is "
            "composed. Give one or the other."
        )
