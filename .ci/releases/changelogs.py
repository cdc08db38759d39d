"""Changelogs: their sections, one for each version, and how a section that was begun takes in the fragments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

#: Above the newest section. towncrier writes below it.
MARKER = "<!-- fragments are written below this line -->\n"
UNRELEASED = "unreleased"

HEADING = re.compile(r"^## (?P<version>\S+)(?: - (?P<date>.+))?$", re.MULTILINE)
CATEGORY = re.compile(r"^### (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """The section of one version."""

    version: str
    date: str | None
    text: str

    @property
    def dated(self) -> bool:
        """Return whether its date is a day, and not ``unreleased``."""
        try:
            return self.date == date.fromisoformat(self.date or "").isoformat()
        except ValueError:
            return False


def sections(changelog: str) -> list[Section]:
    """Return the sections of a *changelog*, the newest first."""
    return list(_sections(changelog.partition(MARKER)[2]))


def _sections(text: str) -> Iterator[Section]:
    headings = list(HEADING.finditer(text))
    starts = [heading.start() for heading in headings] + [len(text)]
    for heading, end in zip(headings, starts[1:], strict=True):
        yield Section(heading["version"], heading["date"], text[heading.end() : end].strip("\n"))


def joined(changelog: str) -> str:
    """Return a *changelog* whose newest section has taken in the one below, if that is the same version unreleased."""
    newest, *others = sections(changelog)
    if not others or others[0].version != newest.version or others[0].date != UNRELEASED:
        return changelog
    begun, *earlier = others
    parts = _categories(begun.text)
    for name, text in _categories(newest.text).items():
        parts[name] = "\n".join(filter(None, (parts.get(name), text)))
    body = "\n\n".join(text if not name else f"### {name}\n\n{text}" for name, text in parts.items() if text)
    kept = "".join(f"\n\n## {each.version}{f' - {each.date}' if each.date else ''}\n\n{each.text}" for each in earlier)
    head = changelog.partition(MARKER)[0]
    return f"{head}{MARKER}\n## {newest.version} - {newest.date}\n\n{body}{kept}\n"


def _categories(text: str) -> dict[str, str]:
    """Return the parts of a section by their names; what stands above the first one has the name ``''``."""
    found = list(CATEGORY.finditer(text))
    starts = [each.start() for each in found] + [len(text)]
    parts = {"": text[: starts[0]].strip("\n")}
    for heading, end in zip(found, starts[1:], strict=True):
        parts[heading[1]] = text[heading.end() : end].strip("\n")
    return parts
