"""Questions and their answers, and how they are printed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO, TypeAlias

Question: TypeAlias = Callable[[], Iterable[str]]
"""Its docstring says what it asks, or does. It answers the same on every backend, in the same order."""

LINE_LENGTH = 116


@dataclass(frozen=True)
class Answer:
    """What one question found. ``name`` is that of its function."""

    section: str
    name: str
    question: str
    found: tuple[str, ...]


def answers(sections: Mapping[str, Iterable[Question]]) -> list[Answer]:
    """Ask all questions, one after the other."""
    return [
        Answer(section, question.__name__, inspect.getdoc(question) or "", tuple(question()))
        for section, questions in sections.items()
        for question in questions
    ]


def write(answers: Iterable[Answer], stream: TextIO) -> None:
    """Print *answers* below the headings of their sections."""
    section = None
    for answer in answers:
        if answer.section != section:
            section = answer.section
            stream.write(f"\n{section}\n{'=' * len(section)}\n")
        stream.write("\n".join(["", answer.question, *_lines(answer.found or ("nothing",)), ""]))


def _lines(words: Iterable[str]) -> list[str]:
    """Fill lines with *words*, none of which is broken."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) < LINE_LENGTH:
            lines[-1] += f" · {word}"
        else:
            lines.append(f"    {word}")
    return lines
