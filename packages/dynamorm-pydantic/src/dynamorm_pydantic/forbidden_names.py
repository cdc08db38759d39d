"""Names in stored items that nested models forbid. A newer version of the program may have stored them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

Location: TypeAlias = tuple[str | int, ...]


def without_forbidden(item: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return a stored *item* without the names that it must not have, as Pydantic's *errors* say.

    Return ``None`` if there is another error, and for a union of which several models forbid names: only Pydantic can
    tell which of them is meant.
    """
    if any(error["type"] != "extra_forbidden" for error in errors):
        return None
    chosen: dict[Location, Location] = {}
    paths = []
    for error in errors:
        path, labels = _path_in(item, error["loc"])
        if not path or chosen.setdefault(path[:-1], labels) != labels:
            return None
        paths.append(path)
    copied = deepcopy(dict(item))
    for path in paths:
        holder: Any = copied
        for element in path[:-1]:
            holder = holder[element]
        del holder[path[-1]]
    return copied


def _path_in(item: Mapping[str, Any], location: Location) -> tuple[Location, Location]:
    """Return the path of a *location* in an item, if it leads there, and the labels of unions that are also in it."""
    found: Any = item
    path: list[str | int] = []
    labels: list[str | int] = []
    for element in location:
        if element in found if isinstance(found, dict) else isinstance(found, list) and isinstance(element, int):
            found = found[element]
            path.append(element)
        else:
            labels.append(element)
    leads_there = bool(path) and path[-1] == location[-1]
    return tuple(path) if leads_there else (), tuple(labels)
