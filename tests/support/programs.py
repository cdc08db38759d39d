"""Programs that are given as text: a module of their own each, with and without annotations that are strings."""

from __future__ import annotations

import itertools
import sys
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

#: The two ways in which Python keeps annotations: as values, or all as strings.
ANNOTATIONS = ("", "from __future__ import annotations")
IMPORTS = """
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar
from dynamorm import *
"""
_numbers = itertools.count()


class Programs:
    """Runs programs whose annotations are kept in one of the two ways."""

    def __init__(self, patch: pytest.MonkeyPatch, future: str = "") -> None:
        self._patch = patch
        self._future = future

    def run(self, source: str) -> Any:
        """Return the module of a program, after its ``from dynamorm import *`` and some of ``typing``."""
        name = f"program_{next(_numbers)}"
        module = ModuleType(name)
        self._patch.setitem(sys.modules, name, module)
        lines = f"{self._future}\n{IMPORTS}\n{dedent(source)}"
        exec(compile(lines, name, "exec", dont_inherit=True), vars(module))
        return module
