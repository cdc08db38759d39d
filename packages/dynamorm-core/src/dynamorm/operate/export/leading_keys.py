"""The uses of tables and indexes that a policy can limit to items whose hash keys fit patterns."""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export.access import Use
from dynamorm.operate.export.key_patterns import KeyPattern, KeyText


def limited(uses: Sequence[Use], patterns: Sequence[KeyPattern]) -> tuple[tuple[Use, ...], list[str]]:
    """Return those *uses* whose hash keys fit one of the *patterns*, and notes on what will be denied.

    An index must also have the fields of the table's hash key in the places of the variables: otherwise one could read
    what belongs to others.

    Raises:
        DynaModelException: No table of the models has such keys.
    """
    listed = " or ".join(f"'{each.text}'" for each in patterns)
    kept: list[Use] = []
    notes: list[str] = []
    for use in uses:
        fields = _fields(use.hash_key, patterns)
        expected = fields if use.index is None else _fields(use.primary, patterns)
        if fields & expected:
            kept.append(use)
        elif fields and expected:
            (theirs, *_), (ours, *_) = fields, expected
            notes.append(
                f"{_denied(use)}: its hash keys have {_quoted(theirs)} where those of the table have {_quoted(ours)}."
            )
        else:
            notes.append(f"{_denied(use)}: the hash keys there are {use.shown}, which does not fit {listed}.")
    if not any(use.is_own and use.index is None for use in kept):
        keys = dict.fromkeys(f"{use.what} has {use.shown}" for use in uses if use.is_own and use.index is None)
        raise DynaModelException(
            f"No table has hash keys that fit {listed}: {'; '.join(keys)}. Write the text of a template, with a "
            "variable in the place of a field, and a '*' after a separator for the rest."
        )
    return tuple(kept), list(dict.fromkeys(notes))


def _fields(key: KeyText | None, patterns: Sequence[KeyPattern]) -> set[tuple[str, ...]]:
    """Return the fields of a *key* that stand where the patterns that it fits have variables."""
    found = (pattern.fields_of(key) for pattern in patterns)
    return {fields for fields in found if fields is not None}


def _denied(use: Use) -> str:
    if use.index is None:
        return f"{use.what} will be denied in the table '{use.table}'"
    return f"Reads by {use.what} will be denied in the index '{use.index}' of '{use.table}'"


def _quoted(fields: Sequence[str]) -> str:
    return " and ".join(map(repr, fields)) or "no field"
