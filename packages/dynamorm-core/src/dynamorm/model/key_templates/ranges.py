"""The range of keys in which a condition on a field holds, as the condition on a key that reads it.

A key is *begun* text, the text of the value, what is *following* in the template up to the next field, and the rest.
Keys sort as the values do if these texts end by themselves, and if they are the end of the key. Otherwise what follows
is compared as well: ``"a#…"`` and ``"a b#…"`` don't sort as ``"a"`` and ``"a b"``. The range then holds more than the
items that meet the condition, and the condition filters them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.data.conditions import BeginsWith, Between, Comparison, RangeCondition, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue
from dynamorm.exceptions import InvalidKey, InvalidOperator
from dynamorm.model.key_templates.forms import (
    CLASSES,
    GREATEST,
    EscapedForm,
    FoldedForm,
    Form,
    KeyField,
    ShapedForm,
    TextForm,
)
from dynamorm.ports.date_times import is_whole


@record
class KeyRange:
    """A range of keys, which all begin with *prefix*. The condition is ``None`` for all keys.

    *needs_filter* says whether keys may be in it that don't meet the condition on the field, and *is_wider* whether
    these may be more than the one at a bound.
    """

    condition: RangeCondition | None
    prefix: str
    needs_filter: bool = False
    is_wider: bool = False


def beginning_with(attribute: str, prefix: str) -> KeyRange:
    """Return the range of all keys that begin with *prefix*."""
    return KeyRange(BeginsWith(Path.of(attribute), Value(prefix)) if prefix else None, prefix)


class FieldRanges:
    """The ranges of keys for conditions on one field of a template, whose text is *begun* with the values before it."""

    def __init__(self, form: Form, begun: str, following: str) -> None:
        self._form = form
        self._field: KeyField = form.field
        self._path = Path.of(form.field.attribute)
        self._begun = begun
        self._following = following
        self._is_exact = not following or _sorts_before(form, following)
        self._is_wider = not self._is_exact

    def of(self, operator: str, values: Sequence[AttributeValue]) -> KeyRange:
        """Return the range for an *operator* and its stored *values*.

        Raises:
            InvalidKey: A value can't be in a key.
            InvalidOperator: The order of keys is not the one that the operator compares.
        """
        if operator == "begins_with":
            return beginning_with(self._field.attribute, self._begun + self._beginning(str(values[0])))
        if isinstance(self._form, FoldedForm):
            raise InvalidOperator(
                f"The operator '{operator}' on '{self._field.name}' compares strings in their order, but the key "
                f"'{self._field.attribute}' of {self._field.model_name} has them without upper and lower case. Use eq "
                "or begins_with."
            )
        if operator == "between":
            (low, low_filter), (high, high_filter) = self._low(values[0], "gte"), self._high(values[1], "lte")
            return self._between(low, high, needs_filter=low_filter or high_filter)
        if operator in ("gt", "gte"):
            low, needs_filter = self._low(values[0], operator)
            return self._between(low, None, needs_filter=needs_filter)
        high, needs_filter = self._high(values[0], operator)
        return self._between(None, high, needs_filter=needs_filter)

    def _between(self, low: str | None, high: str | None, *, needs_filter: bool) -> KeyRange:
        # No key is empty, so that a range from the first key on, or to the last one, has one bound.
        begun = self._begun
        first = begun if low is None else begun + low
        last = begun + (GREATEST if high is None else high)
        condition: RangeCondition
        if first and (high is not None or begun):
            condition = Between(self._path, Value(first), Value(last))
        elif first:
            condition = Comparison(">=", self._path, Value(first))
        else:
            condition = Comparison("<=", self._path, Value(last))
        return KeyRange(condition, begun, needs_filter, self._is_wider)

    def _low(self, value: AttributeValue, operator: str) -> tuple[str, bool]:
        """Return the text from which on keys meet a lower bound, and whether others come after it, too."""
        text, is_cut, is_whole_value = self._bound(value, operator)
        if is_cut or not self._is_exact:
            return text, True
        if operator == "gte" or not is_whole_value:
            return text, False
        if not self._following and not self._form.is_delimited:
            # What begins with the value is greater, too.
            return text, True
        return text + self._following + GREATEST, False

    def _high(self, value: AttributeValue, operator: str) -> tuple[str, bool]:
        """Return the text up to which keys meet an upper bound, and whether others come before it, too."""
        text, is_cut, is_whole_value = self._bound(value, operator)
        if is_cut:
            return text + GREATEST, True
        if not self._is_exact:
            return text + self._following + GREATEST, True
        if not self._following:
            return text, operator == "lt"
        if operator == "lte" and is_whole_value:
            return text + self._following + GREATEST, False
        return text, False

    def _bound(self, value: AttributeValue, operator: str) -> tuple[str, bool, bool]:
        """Return the text of a bound, whether it was cut, and whether it is that of a whole value."""
        form = self._form
        if isinstance(form, ShapedForm):
            text = str(value)
            whole = form.is_value(text)
            if not whole:
                self._refuse_other_date_time(value)
            if self._following and not whole and not _begins_a_shape(text, form):
                self._is_exact, self._is_wider = False, True
        else:
            text, whole = form.text(value), True
        if isinstance(form, EscapedForm):
            kept = form.before_escapes(str(value))
            if len(kept) < len(str(value)):
                self._is_wider = True
                return kept, True, False
        if not self._is_exact:
            self._refuse_characters_before(text, operator)
        return text, False, whole

    def _refuse_characters_before(self, text: str, operator: str) -> None:
        if any(each <= self._following[0] for each in text):
            raise InvalidOperator(
                f"The operator '{operator}' on '{self._field.name}' was given a string with a character that sorts "
                f"before {self._following[0]!r}, which follows '{self._field.name}' in the key "
                f"'{self._field.attribute}' of {self._field.model_name}, so that a query would miss items. Use eq or "
                'begins_with, filter in the program, or, before there are items, set separator = "\\x1f" in '
                f"{self._field.owner}, which sorts before all characters that are printed."
            )

    def _refuse_other_date_time(self, value: AttributeValue) -> None:
        """Raise the error of a date-time of another kind, without a UTC offset for example."""
        if is_whole(value):
            self._form.text(value)

    def _beginning(self, prefix: str) -> str:
        """Return how the texts of values begin that begin with *prefix*."""
        form = self._form
        if not prefix:
            return ""
        if isinstance(form, TextForm):
            return form.text(prefix)
        if isinstance(form, ShapedForm) and (form.is_value(prefix) or _begins_a_shape(prefix, form)):
            return prefix
        raise InvalidKey(
            f"'{self._field.name}' of {self._field.model_name} has no value that begins so, in the form in which it is "
            f"part of the key '{self._field.attribute}'."
        )


def _sorts_before(form: Form, following: str) -> bool:
    """Return whether texts of a *form* sort alike with something *following* them."""
    # Where one text begins with another, what follows the shorter one is compared with the rest of the longer one.
    rests = [
        other[len(shape)]
        for shape in form.shapes
        for other in form.shapes
        if other != shape and other.startswith(shape)
    ]
    return bool(form.shapes) and all(following[0] < CLASSES.get(rest, rest)[0] for rest in rests)


def _begins_a_shape(text: str, form: Form) -> bool:
    return any(
        len(text) < len(shape)
        and all(given in CLASSES.get(each, each) for given, each in zip(text, shape, strict=False))
        for shape in form.shapes
    )
