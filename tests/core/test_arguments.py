"""Arguments that a public function does not have."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

import dynamorm
from dynamorm.exceptions import DynaModelException

MISSPELLED: list[tuple[Callable[..., Any], str, str]] = [
    (dynamorm.rate, "reed", "read"),
    (dynamorm.RateLimit, "wirte", "write"),
    (dynamorm.budget, "request", "requests"),
    (dynamorm.batch, "progres", "progress"),
    (dynamorm.transaction, "tokens", "token"),
    (dynamorm.refuse_blocking, "refuse", "refused"),
    (dynamorm.Unique, "names", "name"),
    (dynamorm.Key, "atribute", "attribute"),
    (dynamorm.Count, "were", "where"),
    (dynamorm.Sum, "amuont", "amount"),
    (dynamorm.ManyToOne, "requierd", "required"),
    (dynamorm.OneToMany, "back_querry", "back_query"),
    (dynamorm.OneToOne, "auto_creates", "auto_create"),
]
FUNCTIONS = [function for function, _, _ in MISSPELLED]


@pytest.mark.parametrize(("function", "given", "meant"), MISSPELLED, ids=[each.__name__ for each in FUNCTIONS])
def test_a_misspelled_argument_gets_a_suggestion(function: Callable[..., Any], given: str, meant: str) -> None:
    message = rf"^{function.__name__}\(\) has no argument '{given}'. Did you mean '{meant}'\?$"
    with pytest.raises(DynaModelException, match=message):
        function(**{given: 5})


def test_for_another_argument_all_are_named() -> None:
    with pytest.raises(DynaModelException, match=r"budget\(\) has no argument 'zzz'. Its arguments are requests, cap"):
        dynamorm.budget(zzz=5)  # type: ignore[call-arg]
    with pytest.raises(DynaModelException, match=r"batch\(\) has no argument 'zzz'. Its argument is progress\.$"):
        dynamorm.batch(zzz=5)  # type: ignore[call-arg]


def test_each_function_with_options_is_tested_above() -> None:
    # Their keywords are those of a program or a backend, and other tests are about them; or nobody calls them.
    others = {"DynaModel", "Model", "GlobalIndex", "LocalIndex", "Connection", "RawItem"}
    assert {name for name in dynamorm.__all__ if _has_options(name)} - others == {each.__name__ for each in FUNCTIONS}


def _has_options(name: str) -> bool:
    function = getattr(dynamorm, name)
    if not callable(function) or name == "Changes":  # a dict, which has no signature
        return False
    parameters = signature(function).parameters.values()
    return any(each.default is not each.empty and each.kind is not each.POSITIONAL_ONLY for each in parameters)
