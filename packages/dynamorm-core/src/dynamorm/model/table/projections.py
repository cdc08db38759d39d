"""Projections: the attributes that an index holds."""

from __future__ import annotations

from typing import ClassVar

from dynamorm.exceptions import DynaModelException


class Projection:
    """The attributes that an index holds. Items read through a ``partial`` projection are partial instances."""

    partial: ClassVar[bool] = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ProjectAll(Projection):
    """Project all attributes: items read through the index are complete."""

    partial = False


class ProjectKeys(Projection):
    """Project only the keys of the table and of the index: items read through it are partial."""


class ProjectInclude(Projection):
    """Project the named fields besides the keys: items read through the index are partial.

    ``projection = ProjectInclude("title", "year")``; a name that is not in the schema is an attribute's.
    """

    def __init__(self, *include: str) -> None:
        if not include:
            raise DynaModelException(
                "ProjectInclude needs the names of the fields to include. To include none, use ProjectKeys."
            )
        if not all(isinstance(name, str) for name in include):
            raise DynaModelException(
                "ProjectInclude takes the names of fields one by one: ProjectInclude('title', 'year')."
            )
        self.include = include

    def __repr__(self) -> str:
        return f"ProjectInclude({', '.join(map(repr, self.include))})"
