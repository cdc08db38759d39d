"""Where a value stands inside an item."""

from __future__ import annotations

from typing import TypeAlias

from dynamorm.data.records import record

#: A name in a map, or an index into a list.
PathElement: TypeAlias = str | int


@record
class Path:
    """A document path: an attribute's name, then names of map entries and indexes of list elements.

    The names are the stored ones, taken literally: a dot in a name is part of the name.
    """

    elements: tuple[PathElement, ...]

    def __post_init__(self) -> None:
        if not self.elements or not isinstance(self.elements[0], str):
            raise ValueError("A path starts with the name of an attribute.")

    @classmethod
    def of(cls, *elements: PathElement) -> Path:
        """The path through *elements*: ``Path.of("things", 0, "name")``."""
        return cls(elements)

    @property
    def attribute(self) -> str:
        """The name of the top-level attribute that the path starts at."""
        return str(self.elements[0])

    @property
    def is_attribute(self) -> bool:
        """Whether it leads to a whole attribute."""
        return len(self.elements) == 1

    def overlaps(self, other: Path) -> bool:
        """Whether one of the two paths is the other one or leads into it."""
        shared = min(len(self.elements), len(other.elements))
        return self.elements[:shared] == other.elements[:shared]

    def leads_into(self, other: Path) -> bool:
        """Whether the *other* path goes on where this one ends."""
        return len(self.elements) < len(other.elements) and self.overlaps(other)

    def __str__(self) -> str:
        text = self.attribute
        for element in self.elements[1:]:
            text += f"[{element}]" if isinstance(element, int) else f".{element}"
        return text
