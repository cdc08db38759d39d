"""Whether the templates of two models can give one key: then an item would not tell whose it is.

Each template is an automaton that accepts the keys which it gives. Two can give one key if some text leads both to
their ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynamorm.data.records import record
from dynamorm.model.key_templates.forms import CLASSES, Form
from dynamorm.model.key_templates.templates import Template


@record
class _Characters:
    """The characters of a step: these, or all but these."""

    members: frozenset[str]
    excluded: bool = False

    def meets(self, other: _Characters) -> bool:
        """Return whether some character belongs to both."""
        if self.excluded and other.excluded:
            return True
        if self.excluded:
            return bool(other.members - self.members)
        if other.excluded:
            return bool(self.members - other.members)
        return not self.members.isdisjoint(other.members)


class _Automaton:
    """The keys that a template gives. States are numbers; a key begins in the state 0."""

    def __init__(self, template: Template) -> None:
        self._steps: list[list[tuple[_Characters, int]]] = [[]]
        self.end = 0
        for part in template.parts:
            if isinstance(part, str):
                self._add([[_Characters(frozenset(each)) for each in part]])
            elif part.shapes:
                self._add([_characters_of(shape) for shape in part.shapes])
            else:
                self._add_text(template.separator)

    def steps(self, state: int) -> Sequence[tuple[_Characters, int]]:
        """Return the characters that lead on from a *state*, each with the next state."""
        return self._steps[state]

    def _add(self, shapes: Sequence[Sequence[_Characters]]) -> None:
        begin, self.end = self.end, self._new_state()
        for shape in shapes:
            state = begin
            for place, characters in enumerate(shape):
                following = self.end if place == len(shape) - 1 else self._new_state()
                self._steps[state].append((characters, following))
                state = following

    def _add_text(self, separator: str) -> None:
        characters = _Characters(frozenset(separator), excluded=True)
        begin, self.end = self.end, self._new_state()
        self._steps[begin].append((characters, self.end))
        self._steps[self.end].append((characters, self.end))

    def _new_state(self) -> int:
        self._steps.append([])
        return len(self._steps) - 1


def _characters_of(shape: str) -> list[_Characters]:
    return [_Characters(frozenset(CLASSES.get(each, each))) for each in shape]


def can_coincide(a: Template, b: Template) -> bool:
    """Return whether two templates, of one key attribute, can give one key."""
    if a.type != "S" or b.type != "S":
        return a.type == b.type
    first, second = _Automaton(a), _Automaton(b)
    seen = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        state = waiting.pop()
        if state == (first.end, second.end):
            return True
        new = set(_following(first, second, state)) - seen
        seen |= new
        waiting.extend(new)
    return False


def _following(first: _Automaton, second: _Automaton, state: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for characters, next_first in first.steps(state[0]):
        for others, next_second in second.steps(state[1]):
            if characters.meets(others):
                yield next_first, next_second


def common_literal_prefix(templates: Sequence[Template | None]) -> str:
    """Return the longest text with which the keys of all *templates* begin, whatever the values of their fields are."""
    return common_prefix([leading_text(template) for template in templates])


def common_prefix(texts: Sequence[str]) -> str:
    """Return the longest text with which all *texts* begin."""
    # Whatever the first and the last in order have in common, those between them have, too.
    first, last = min(texts), max(texts)
    for place, character in enumerate(first):
        if last[place] != character:
            return first[:place]
    return first


def leading_text(template: Template | None) -> str:
    """Return the text with which all keys of a *template* begin; empty without one, as any value may be a key then."""
    first = template.parts[0] if template is not None and template.parts else ""
    return "" if isinstance(first, Form) else first
