"""What type checkers are told of paths, indexes and fields exists when a program runs, with parameters that fit."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dynamorm.model.indexes as indexes
import dynamorm.model.query.path_types as path_types
import dynamorm.model.typed.declared as declared
import dynamorm.model.typed.mapped as mapped
from dynamorm import paths

Function = ast.FunctionDef | ast.AsyncFunctionDef


def classes_for_checkers(module: Any) -> Iterator[ast.ClassDef]:
    """The classes that a module has under ``if TYPE_CHECKING``."""
    for node in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (each for each in node.body if isinstance(each, ast.ClassDef))


def declared_methods(definition: ast.ClassDef) -> Iterator[Function]:
    yield from (node for node in definition.body if isinstance(node, ast.FunctionDef))


def fits(function: Function, real: Any) -> bool:
    """Whether a call with the declared parameters, by position and by name, binds to the *real* method of a class."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    by_name = {argument.arg: None for argument in arguments.kwonlyargs}
    signature = inspect.signature(real)
    try:
        signature.bind(None, *(None for _ in positional), **by_name)
        if not arguments.posonlyargs and not function.name.startswith("__"):
            signature.bind(None, **{argument.arg: None for argument in positional}, **by_name)
    except TypeError:
        return False
    return True


PATHS = [
    pytest.param(definition, method, id=f"{definition.name}.{method.name}")
    for definition in classes_for_checkers(path_types)
    for method in declared_methods(definition)
]


@pytest.mark.parametrize(("definition", "method"), PATHS)
def test_each_method_of_a_path_exists(definition: ast.ClassDef, method: Function) -> None:
    real = getattr(path_types, definition.name, path_types.FieldPath)
    found = inspect.getattr_static(real, method.name)
    if isinstance(found, property):
        assert [ast.unparse(each) for each in method.decorator_list] == ["property"]
    else:
        assert fits(method, getattr(real, method.name)), inspect.signature(getattr(real, method.name))


def test_each_method_of_paths_is_told_to_checkers() -> None:
    told = {method.name for definition in classes_for_checkers(path_types) for method in declared_methods(definition)}
    real = {name for name in dir(path_types.FieldPath) if not name.startswith("_")}
    assert real - told <= {"operand", "spelled"}


def test_public_paths_exist() -> None:
    assert all(hasattr(paths, name) for name in paths.__all__)
    told = {definition.name for definition in classes_for_checkers(path_types)}
    assert {name for name in told if not name.startswith("_")} <= set(paths.__all__)
    assert paths.NumberPath[int] is not None


@pytest.mark.parametrize("method", ["query", "scan"])
def test_index_in_one_expression_has_what_checkers_are_told(method: str) -> None:
    (told,) = (each for each in classes_for_checkers(indexes) if each.name == "IndexOf")
    (function,) = (each for each in declared_methods(told) if each.name == method)
    real = inspect.signature(getattr(indexes.Index, method))
    names = [argument.arg for argument in function.args.kwonlyargs]
    assert names == [name for name, each in real.parameters.items() if each.kind is each.KEYWORD_ONLY]


def test_settings_of_an_index_are_told_to_checkers() -> None:
    (told,) = (each for each in classes_for_checkers(indexes) if each.name == "IndexOf")
    annotated = {
        node.target.id for node in told.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert annotated == {*indexes.SETTINGS, "spec"}


def test_arguments_of_mapped_are_taken() -> None:
    assert set(declared.FieldArguments.__annotations__) == set(mapped.FIELD_ARGUMENTS)
    assert mapped.mapped(default=1) is not None
    assert mapped.mapped(default_factory=list) is not None
