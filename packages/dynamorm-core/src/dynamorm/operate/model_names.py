"""Models by name, as a command line or a configuration file names them: ``app.models:Book,Order``."""

from __future__ import annotations

import difflib
import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any, TypeAlias

from dynamorm.exceptions import ModelImportFailed, ModelNotFound
from dynamorm.model.models import DynaModel
from dynamorm.model.relationships.registry import full_name, is_redefined
from dynamorm.model.shared_tables.shared_table import SharedTableMeta
from dynamorm.model.tables import ModelTable

#: A class of a model. Its fields are not known to type checkers.
ModelClass: TypeAlias = type[DynaModel]


def find_models(*names: str) -> list[ModelClass]:
    """Import the modules of *names*, and return the models that they name, each once, in the order of their definition.

    A name is ``app.models:Book``, ``app.models:Book,Order``, or ``app.models`` for every model that the module defines
    or imports. A shared table stands for its models. Abstract models are left out, and models that a reload of their
    module has replaced. The modules must be importable: put their folder on ``sys.path`` first.

    Raises:
        ModelImportFailed: A module can't be imported. The message has the last line of code of yours that ran.
        ModelNotFound: A module has no models, or none of that name.
    """
    found: dict[ModelClass, None] = {}
    for name in names:
        module_name, colon, attributes = name.partition(":")
        if module_name.strip().startswith((".", "/")):
            raise ModelNotFound(f"'{name}' names no module. Did you mean {_meant(module_name)}?")
        if not module_name.strip() or (colon and not all(map(str.strip, attributes.split(",")))):
            raise ModelNotFound(
                f"'{name}' names no models. Write a module and its models, such as app.models:Book,Order, or a module "
                "alone for all of its models."
            )
        module = import_user_module(module_name.strip())
        if colon:
            for each in attributes.split(","):
                found.update(dict.fromkeys(_models_called(module, each.strip())))
        else:
            found.update(dict.fromkeys(_models_of(module)))
    return list(found)


def find_model(name: str, modules: Iterable[str] = ()) -> ModelClass:
    """Return the model with a *name*: ``app.models:Book``, or ``Book`` alone, which is looked up in *modules*.

    The *modules* are names as :func:`find_models` takes them.

    Raises:
        ModelImportFailed: A module can't be imported.
        ModelNotFound: There is no such model, or several modules have another one of that name.
    """
    if ":" in name:
        models = find_models(name)
        if len(models) != 1:
            raise ModelNotFound(f"'{name}' names {len(models)} models, and one is needed.")
        return models[0]
    searched = list(modules)
    if not searched:
        raise ModelNotFound(f"In which module is '{name}'? Name it, as in app.models:{name}.")
    known = find_models(*searched)
    matching = [model for model in known if model.__name__ == name]
    if len(matching) == 1:
        return matching[0]
    if matching:
        full_names = " and ".join(f"{model.__module__}:{model.__qualname__}" for model in matching)
        raise ModelNotFound(f"Several models are called '{name}': {full_names}. Name the module, too.")
    raise ModelNotFound(
        f"No model is called '{name}' in {', '.join(searched)}.{_suggestion(name, (each.__name__ for each in known))}"
    )


def import_user_module(name: str) -> ModuleType:
    """Import a module of the program that is operated.

    Raises :class:`~dynamorm.exceptions.ModelImportFailed`, whose message has the last line of the program's own code.
    """
    try:
        return import_module(name)
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:
        # SystemExit, too: a script without a guard for __main__ ends the process when it is imported.
        raise ModelImportFailed(_import_failure(name, error)) from error


def _models_of(module: ModuleType) -> list[ModelClass]:
    models = [value for value in vars(module).values() if _is_model(value)]
    if not models:
        raise ModelNotFound(
            f"{module.__name__} has no models: it neither defines nor imports a class with a table that inherits from "
            "dynamorm.DynaModel or dynamorm.Model."
        )
    return models


def _models_called(module: ModuleType, path: str) -> Sequence[ModelClass]:
    """Return the model of a name, or the models of the shared table of that name."""
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if _is_model(found):
        model: ModelClass = found
        return (model,)
    if isinstance(found, SharedTableMeta) and vars(found).get("_dynamorm_table") is not None:
        if not found.models:
            raise ModelNotFound(
                f"The shared table '{path}' of {module.__name__} has no models. Name the module that defines them."
            )
        return found.models
    names = [name for name, value in vars(module).items() if _is_model(value)]
    if found is None:
        has = f" Its models: {', '.join(sorted(names))}." if names else " It has no models."
        raise ModelNotFound(f"{module.__name__} has no model '{path}'.{_suggestion(path, names) or has}")
    if isinstance(found, type) and issubclass(found, DynaModel):
        raise ModelNotFound(f"'{path}' of {module.__name__} is an abstract model, which has no table.")
    raise ModelNotFound(f"'{path}' of {module.__name__} is not a model, but {_described(found)}.")


def _is_model(value: object) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, DynaModel)
        and isinstance(getattr(value, "Table", None), ModelTable)
        and not is_redefined(value)
    )


def _described(value: object) -> str:
    return f"the class {full_name(value)}" if isinstance(value, type) else f"of the type {type(value).__name__}"


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean '{close[0]}'?" if close else ""


def _import_failure(name: str, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name is not None and f"{name}.".startswith(f"{error.name}."):
        meant = _meant(name)
        return f"There is no module '{error.name}' in {_first_folder()} or elsewhere on Python's path. " + (
            f"Did you mean {meant}?"
            if meant
            else "Run the command in the folder that has it, or name that folder with --app-dir."
        )
    text = str(error).partition("\n")[0].strip()
    if isinstance(error, SyntaxError) and error.filename is not None:
        text = error.msg
    told = f"{type(error).__name__}: {text}" if text else type(error).__name__
    place = next(_places(error), None)
    return f"{name} can't be imported: {told}" if place is None else f"{name} can't be imported: {told}\n  {place}"


def _meant(name: str) -> str | None:
    """Return what the *name* of a module that is not there was likely meant to be: it is a path, or has a model."""
    dotted = re.sub(r"[/\\\\]+", ".", re.sub(r"\.py$", "", name)).strip(".")
    if dotted != name:
        return dotted
    module, _, last = name.rpartition(".")
    return f"{module}:{last}" if hasattr(sys.modules.get(module), last) else None


def _first_folder() -> Path:
    """Return the folder that modules are looked for first: that of --app-dir, or of the script that runs."""
    return Path(next(iter(sys.path), "")).resolve()


def _places(error: BaseException) -> Iterator[str]:
    """Yield where the program's own code was, the last place first: the file, the line and its code."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        yield _place(error.filename, error.lineno or 0)
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    for filename, line in reversed(frames):
        if is_of_the_program(filename):
            yield _place(filename, line)


def _place(filename: str, line: int) -> str:
    import linecache

    path = Path(filename)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    code = linecache.getline(filename, line).strip()
    return f"{shown}, line {line}: {code}" if code else f"{shown}, line {line}"


def is_of_the_program(filename: str) -> bool:
    """Return whether a file with code is neither the standard library's nor of an installed distribution."""
    if filename.startswith("<"):
        return False
    return not any(Path(filename).resolve().is_relative_to(folder) for folder in _library_folders())


def _library_folders() -> list[Path]:
    """Return the folders of the standard library, of installed distributions and of this package."""
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *site.getsitepackages()]
    folders += [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), site.getusersitepackages()]
    own = [module.__file__ for name, module in sys.modules.items() if name in {"dynamorm", "dynamorm_cli"}]
    return [Path(folder).resolve() for folder in folders] + [Path(file).parent.resolve() for file in own if file]
