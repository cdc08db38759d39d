"""Which models a test uses, if it does not say so."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm_pytest.marks import has_table


def models_in_use(request: pytest.FixtureRequest, defined: Iterable[type[DynaModel]]) -> list[type[DynaModel]]:
    """Return the models that are imported, and those that the test has *defined*: one for each table.

    Those of other modules of tests are left out, unless the module of this test imports them: they may describe a table
    of the same name otherwise. So are those that a function has defined, of which another test may be the last trace.
    """
    module = getattr(request, "module", None)
    here = [] if module is None else [each for each in vars(module).values() if _is_model(each)]
    others = {getattr(getattr(item, "module", None), "__name__", None) for item in request.session.items}
    others.discard(getattr(module, "__name__", None))
    imported = [each for each in _all() if each.__module__ not in others and _is_importable(each)]
    of_class = [each for base in getattr(request.cls, "__mro__", ()) for each in vars(base).values() if _is_model(each)]
    own = [*defined, *of_class, *here]
    found: dict[str, type[DynaModel]] = {}
    for model in [*own, *imported]:
        other = found.setdefault(model.Table.name, model)
        if not (other in own or _are_alike(other, model)):
            pytest.fail(
                f"The models {_full_name(other)} and {_full_name(model)} have the same table '{model.Table.name}', but "
                "describe it differently. Name the models that this test uses: @pytest.mark.dynamorm(models=[…]).",
                pytrace=False,
            )
    return list(found.values())


def _all() -> Iterator[type[DynaModel]]:
    waiting: list[type[DynaModel]] = [DynaModel]
    seen: set[type] = set()
    while waiting:
        for model in waiting.pop().__subclasses__():
            if model not in seen:
                seen.add(model)
                waiting.append(model)
                if _is_model(model):
                    yield model


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, DynaModel) and has_table(value)


def _is_importable(model: type[DynaModel]) -> bool:
    module = sys.modules.get(model.__module__)
    if module is None:
        return False
    found: Any = module
    for name in model.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is model or any(value is model for value in vars(module).values())


def _are_alike(model: type[DynaModel], other: type[DynaModel]) -> bool:
    one, two = model.Table, other.Table
    return one is two or (one.spec_with_capacity, one.table_settings) == (two.spec_with_capacity, two.table_settings)


def _full_name(model: type[DynaModel]) -> str:
    return f"{model.__module__}.{model.__qualname__}"
