"""Check that no module of the distributions is over 400 lines long, and no function over 40.

A function's lines are those of its statements: neither its decorators and signature nor its docstring are counted.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 40


def faults(path: Path) -> Iterator[str]:
    """Say what of the module at *path* is too long."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > MOST_MODULE_LINES:
        yield f"{path}: {lines} lines, and a module has at most {MOST_MODULE_LINES}. Divide it by subject."
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            statements = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if statements and (length := (node.end_lineno or 0) - statements[0].lineno + 1) > MOST_FUNCTION_LINES:
                where = f"{path}:{node.lineno}: {node.name}"
                yield f"{where} has {length} lines, and a function at most {MOST_FUNCTION_LINES}."


def main() -> None:
    """Check all modules, and exit with 1 when one is too long."""
    root = Path(__file__).resolve().parent.parent
    found = [fault for path in sorted(root.glob("packages/*/src/**/*.py")) for fault in faults(path.relative_to(root))]
    print("\n".join(found) or "No module and no function is too long.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
