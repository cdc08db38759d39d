"""Patterns of hash keys in IAM policies, and the hash keys that fit them.

A pattern, as ``TENANT#${aws:PrincipalTag/tenant}#*``, is compared with the template of a key, as
``TENANT#{tenant}#ORDERS``: both begin with the same text, and a field stands where the pattern has a variable. See "IAM
policy elements: Variables and tags" and "Using IAM policy conditions for fine-grained access control".
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from dynamorm.data.records import record
from dynamorm.exceptions import DynaModelException

_TOKEN: Final = re.compile(r"\$\{([^{}]*)\}|(\*)|(\?)|(.)", re.DOTALL)
#: The special characters that a policy spells as variables: "IAM policy elements: Variables and tags".
_SPECIAL: Final = frozenset("*?$")


@record
class FieldPart:
    """A field in the text of a key. *is_whole* if it is the whole key, so that it may hold any text."""

    name: str
    is_whole: bool = False


#: The text of a key: literal text and fields, in turn.
KeyText: TypeAlias = tuple[str | FieldPart, ...]


@record
class _Variable:
    name: str


class KeyPattern:
    """A pattern of hash keys, for the condition key ``dynamodb:LeadingKeys``.

    Raises:
        DynaModelException: It would let through the keys of others, or has wildcards within it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        tokens: list[str | _Variable] = []
        self.is_open = False
        for variable, star, mark, character in _TOKEN.findall(text):
            if self.is_open or mark:
                raise self._invalid(
                    "has a wildcard before its end. Write one '*' at the end, or none, and ${*} and ${?} for the "
                    "characters themselves"
                )
            if star:
                self.is_open = True
            elif character:
                tokens.append(character)
            else:
                tokens.append(variable if variable in _SPECIAL else _Variable(variable))
        if not tokens:
            raise self._invalid("lets everyone read and write every key. Write the text that the keys begin with")
        if any(isinstance(each, _Variable) and not each.name for each in tokens) or "${" in re.sub(
            r"\$\{[^{}]*\}", "", text
        ):
            raise self._invalid("has a variable without a name or an end, as ${aws:PrincipalTag/tenant} has both")
        if self.is_open and isinstance(tokens[-1], _Variable):
            raise self._invalid(
                "has a '*' right after a variable, which also lets through whoever's value only begins with it: 'a1' "
                "and 'a12'. Put the separator between them, as in ${aws:PrincipalTag/tenant}#*"
            )
        self._tokens = tuple(tokens)

    def fields_of(self, key: KeyText | None) -> tuple[str, ...] | None:
        """Return the fields of a *key* that stand where the pattern has variables, or text in their place.

        ``None`` if keys of this text are not those that the pattern lets through.
        """
        if key is None:
            return None
        if len(key) == 1 and isinstance(key[0], FieldPart) and key[0].is_whole:
            return (key[0].name,)
        tokens = list(self._tokens)
        fields: list[str] = []
        for number, part in enumerate(key):
            if isinstance(part, str):
                for character in part:
                    if not tokens:
                        return tuple(fields) if self.is_open else None
                    if tokens.pop(0) != character:
                        return None
                continue
            following = key[number + 1] if number + 1 < len(key) else ""
            end = following[0] if isinstance(following, str) and following else None
            taken = 0
            while tokens and tokens[0] != end:
                tokens.pop(0)
                taken += 1
            if not taken:
                # The wildcard stands for the field.
                return tuple(fields) if self.is_open and not tokens else None
            if not tokens and self.is_open:
                # It would let through values that only begin with this one.
                return None
            fields.append(part.name)
        return None if tokens else tuple(fields)

    def _invalid(self, reason: str) -> DynaModelException:
        return DynaModelException(f"The leading key '{self.text}' {reason}.")
