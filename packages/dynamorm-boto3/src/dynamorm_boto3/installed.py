"""Find out which versions of boto3 and botocore are installed, without importing them."""

from __future__ import annotations

import re
from functools import cache
from importlib.machinery import PathFinder


def minor_version(version: str) -> tuple[int, int]:
    """Return the first two numbers of a *version*; zeros if it has none."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


@cache
def installed_version(package: str) -> str:
    """Return the version in the ``__init__.py`` of a *package*; an empty string if there is none."""
    spec = PathFinder.find_spec(package)
    read = getattr(spec and spec.loader, "get_data", None)
    if spec is None or spec.origin is None or read is None:
        return ""
    try:
        text: bytes = read(spec.origin)
    except OSError:
        return ""
    found = re.search(rb"^__version__ = ['\"]([\w.]+)['\"]", text, re.MULTILINE)
    return found[1].decode() if found else ""
