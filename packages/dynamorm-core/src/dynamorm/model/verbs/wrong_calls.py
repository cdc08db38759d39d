"""The errors for calls of verbs that can't work: on a class in place of an instance, or with arguments of other verbs.

It is imported when there is such a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType

from dynamorm.data.arguments import unknown_argument
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.arguments import kind_of

#: What to use on the class, by the name of the verb of instances. The names of awaited verbs begin with an "a".
_ON_THE_CLASS: Mapping[str, str] = {
    "update": "To change an item by its key, without reading it, use {a}update_item(…) of the class.",
    "delete": "To delete an item by its key, without reading it, use {a}delete_item(…) of the class.",
    "save": "To store an item, use {a}create(…) of the class, or {a}put({{…}}).",
}
_GET_ONE = "{a}get(…) of the class returns an instance."


def without_instance(verb: str, given: object) -> DynaModelException:
    """Return the error for a *verb* of instances that was *given* something else, or ``None``: called on the class."""
    awaited = "a" if verb.startswith("a") else ""
    called = "on the class" if given is None else f"with {kind_of(given)} in place of one"
    advice = _ON_THE_CLASS.get(verb[len(awaited) :], _GET_ONE).format(a=awaited)
    return DynaModelException(f"{verb}() is a method of instances, and was called {called}. {advice}")


def verb_of(trace: TracebackType | None) -> str:
    """Return the name of the function that called the one in which a traceback begins."""
    caller = None if trace is None else trace.tb_frame.f_back
    return "This" if caller is None else caller.f_code.co_name


def unknown_keyword(instance: object, verb: str, given: Iterable[str], known: Sequence[str]) -> DynaModelException:
    """Return the error for keywords that were *given* to a *verb* of instances, and that it does not have."""
    if not isinstance(instance, StoredInstance):
        return without_instance(verb, instance)
    name = min(given)
    field = name.partition("__")[0]
    if field not in instance._mapper.fields:
        return unknown_argument(verb, name, known)
    if verb.endswith("save") and field == name:
        advice = f"Assign the value before: {type(instance).__name__.lower()}.{field} = …"
    else:
        advice = f"Conditions that the item must meet are given apart: conditions={{'{name}': …}}."
    return DynaModelException(f"{verb}() has no argument '{name}'. {advice}")


def unknown_batch_keyword(
    model: type[StoredInstance], verb: str, given: Iterable[str], known: Sequence[str]
) -> DynaModelException:
    """Return the error for keywords that were *given* to a *verb* with many keys, and that it does not have."""
    name = min(given)
    if name not in model._mapper.fields:
        return unknown_argument(verb, name, known)
    key = ", ".join(f"'{each}': …" for each in model._mapper.key_fields)
    call = f"[{{{key}}}, …]" if verb.endswith("get_batch") else f"{{{key}}}, …"
    return DynaModelException(
        f"{verb}() has no argument '{name}'. It takes keys, each as a dict by field name: "
        f"{model.__name__}.{verb}({call})."
    )
