"""Document paths: the location of a value inside an item."""

from __future__ import annotations

from typing import TypeAlias

from dynamorm.data.records import record

#: A key of a map, or an index into a list.
PathElement: TypeAlias = str | int


@record
class Path:
    """A document path: the name of an attribute, then keys of maps and indexes of lists.

    Names are those in the table, taken literally: a dot in a name is part of the name.
    """

    elements: tuple[PathElement, ...]

    def __post_init__(self) -> None:
        if not self.elements or not isinstance(self.elements[0], str):
            raise ValueError("A path starts with the name of an attribute.")

    @classmethod
    def of(cls, *elements: PathElement) -> Path:
        """Return the path with these *elements*: ``Path.of("things", 0, "name")``."""
        return cls(elements)

    @property
    def attribute(self) -> str:
        """The name of the top-level attribute that the path starts with."""
        return str(self.elements[0])

    @property
    def is_attribute(self) -> bool:
        """True if the path leads to a whole top-level attribute."""
        return len(self.elements) == 1

    def overlaps(self, other: Path) -> bool:
        """Return whether the paths are equal, or one of them leads into the other."""
        shared = min(len(self.elements), len(other.elements))
        return self.elements[:shared] == other.elements[:shared]

    def leads_into(self, other: Path) -> bool:
        """Return whether the *other* path begins with this one, and is longer."""
        return len(self.elements) < len(other.elements) and self.overlaps(other)

    def __str__(self) -> str:
        text = self.attribute
        for element in self.elements[1:]:
            text += f"[{element}]" if isinstance(element, int) else f".{element}"
        return text
