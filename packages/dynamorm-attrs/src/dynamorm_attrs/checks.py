"""Validators of the elements of a list, and of the entries of a map, found in the validator of the whole field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import attrs

from dynamorm_attrs.errors import USER_REFUSALS, UserFault, message_of

#: A validator, and the field that it is called with.
Check: TypeAlias = tuple[Any, Any]

#: The fields of attrs's own validators, which are attrs classes, that hold the validators of elements and of entries.
_BELOW = ("member_validator", "value_validator")
#: Those that hold other validators of the same value.
_SAME = ("validator", "_validators")


def checks_below(check: Check) -> Iterator[Check]:
    """Yield what validates each element or entry: what ``deep_iterable`` and ``deep_mapping`` hold, also in others."""
    validator, own = check
    if not attrs.has(type(validator)):
        return
    for field in attrs.fields(type(validator)):
        found = getattr(validator, field.name)
        if found is None:
            continue
        if field.name in _BELOW:
            yield found, own
        elif field.name in _SAME:
            for each in found if isinstance(found, (list, tuple)) else (found,):
                yield from checks_below((each, own))


def run(check: Check, native: Any) -> None:
    """Call a validator with one element. There is no instance that the element belongs to.

    Raises:
        ValueError: The validator refuses the value.
        UserFault: It raises something else.
    """
    validator, own = check
    if attrs.validators.get_disabled():
        return
    try:
        validator(None, own, native)
    except USER_REFUSALS as error:
        raise ValueError(message_of(error, native)) from error
    except AttributeError as error:
        if error.obj is not None:
            raise UserFault(error) from error
    except Exception as error:
        raise UserFault(error) from error
