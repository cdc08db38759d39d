"""Import every module of the packages that the command line names, and all that their code imports of this project.

Deferred imports count: a name that an older release of the core lacks would otherwise be missed only when it is used.
Each failure is a line of the output, and the exit status is then 1.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


def modules(package: str) -> Iterator[str]:
    """Yield the names of the modules of a *package*."""
    yield package
    folder = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(folder, f"{package}.", onerror=lambda _: None):
        yield module.name


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each module of this project that some code imports, with a name in it."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and id(node) not in skipped:
            module = node.module or ""
            if module.startswith("dynamorm"):
                yield from ((module, name.name) for name in node.names if name.name != "*")


def failure(module: str, name: str) -> str | None:
    """Return why a *name* can't be imported from a *module*; ``None`` if it can."""
    try:
        if not hasattr(importlib.import_module(module), name):
            importlib.import_module(f"{module}.{name}")
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == f"{module}.{name}"
        return f"ImportError: cannot import name '{name}' from '{module}'" if missing else told(error)
    return None


def told(error: BaseException) -> str:
    """Return an error in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def failures(package: str) -> Iterator[str]:
    """Say what of a *package* can't be imported."""
    try:
        names = list(modules(package))
    except Exception as error:  # noqa: BLE001 - whatever a module raises
        yield f"{package}: {told(error)}"
        return
    for name in names:
        tree = code_of(name)
        # A module that is gone may stay to name its successor: it does nothing but raise.
        if any(isinstance(statement, ast.Raise) for statement in tree.body):
            continue
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001
            yield f"{name}: {told(error)}"
            continue
        for wanted in imported(tree):
            if reason := failure(*wanted):
                yield f"{name}: {reason}"


def code_of(module: str) -> ast.Module:
    """Return the code of a *module*; that of one that is compiled is empty."""
    spec = find_spec(module)
    source = Path((spec and spec.origin) or "")
    return ast.parse(source.read_text(encoding="utf-8") if source.suffix == ".py" else "")


def main() -> None:
    """Print the failures of all packages."""
    warnings.simplefilter("ignore")
    found = list(dict.fromkeys(line for package in sys.argv[1:] for line in failures(package)))
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
