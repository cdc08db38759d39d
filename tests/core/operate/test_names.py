"""The names of ``dynamorm.operate``: what type checkers are told of them is what programs get."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

from dynamorm import operate


def test_each_name_is_what_type_checkers_read() -> None:
    tree = ast.parse(Path(operate.__file__).read_text(encoding="utf-8"))
    (for_checkers,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    imported = [
        (node.module, alias.name)
        for node in for_checkers.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    ]
    assert sorted(operate.__all__) == sorted(name for _, name in imported)
    for module, name in imported:
        assert getattr(operate, name) is getattr(import_module(module), name)
    assert set(operate.__all__) <= set(dir(operate))
