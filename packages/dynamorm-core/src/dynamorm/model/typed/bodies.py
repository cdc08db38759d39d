"""What the body of a typed model holds for its schema: the schema library's validators and serialisers.

They move to the schema, and get the schema library's object instead of an instance of the model. Methods and constants
of the model that they use move with them; what can't move is refused when the model is defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any

from dynamorm.exceptions import DynaModelException
from dynamorm.model.indexes import Index
from dynamorm.model.mapping.computed_fields import ComputedField
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import is_own
from dynamorm.model.relationships.base import Relationship
from dynamorm.model.typed.fields import mapped_names

#: The name of a schema library's configuration in the body of a class: Pydantic's.
CONFIGURATION = "model_config"


def belonging(model: type, body: Mapping[str, Any], library: str) -> dict[str, Any]:
    """Return what belongs into the schema of a *model*: validators of the *library*, and its configuration.

    It stands in the *body* of the model, or in a mixin that is not a model.
    """
    mixins = [base for base in model.__mro__[1:] if _is_plain_mixin(base, model)]
    found: dict[str, Any] = {}
    for names in (*(vars(mixin) for mixin in reversed(mixins)), body):
        found.update({name: value for name, value in names.items() if _belongs(name, value, library)})
    return found


def body_for_schema(model: type, found: Mapping[str, Any]) -> dict[str, Any]:
    """Take what was *found* to belong into the schema off the *model*, and return that with what it uses.

    Classes in the body of the model are there, too, for annotations that are evaluated later.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a function that can't move.
    """
    moved = dict(found)
    functions = {name: function for name in found if (function := _function_of(getattr(model, name))) is not None}
    waiting = dict(functions)
    while waiting:
        name, function = waiting.popitem()
        _refuse_super(model, name, function)
        for used in _attributes_of_first_argument(function.__code__):
            value = _defined_by_program(model, used)
            if used not in moved and value is not None:
                moved[used] = value
                helper = _function_of(getattr(model, used))
                if helper is not None:
                    waiting[used] = helper
    for name in found:
        value = getattr(model, name)
        if name in vars(model):
            type.__delattr__(model, name)
        if isinstance(value, property | cached_property) and name in functions:
            type.__setattr__(model, name, ComputedField(name, functions[name]))
            known: tuple[str, ...] = getattr(model, "_dynamorm_computed", ())
            type.__setattr__(model, "_dynamorm_computed", (*known, name))
    fields = mapped_names(model)
    for name, value in vars(model).items():
        if isinstance(value, type) and name not in fields and _defined_by_program(model, name) is not None:
            moved.setdefault(name, value)
    moved.update(__module__=model.__module__, __qualname__=f"{model.__qualname__}.Schema", __doc__=model.__doc__)
    return moved


def check_functions(model: type, schema: type, fields: Iterable[str], names: Iterable[str]) -> None:
    """Refuse a function of a *schema*, of these *names*, that uses what only the *model* has, such as a verb."""
    known = {*fields}
    for name in names:
        function = _function_of(getattr(schema, name, None))
        if function is None:
            continue
        for used in _attributes_of_first_argument(function.__code__):
            if used not in known and not hasattr(schema, used) and _has(model, used):
                raise DynaModelException(
                    f"'{name}' of {model.__name__} uses '{used}' of the model. As part of the schema it gets an object "
                    f"of the schema library instead of an instance of {model.__name__}, without verbs, relationships "
                    "and indexes."
                )


def _is_plain_mixin(base: type, model: type) -> bool:
    if base is object or issubclass(base, StoredInstance) or issubclass(StoredInstance, base):
        return False
    # That of a parent belongs to the parent's schema.
    return not any(issubclass(parent, base) and issubclass(parent, StoredInstance) for parent in model.__bases__)


def _belongs(name: str, value: object, library: str) -> bool:
    if name == CONFIGURATION:
        return isinstance(value, Mapping)
    return type(value).__module__.partition(".")[0] == library and hasattr(type(value), "__get__")


def _function_of(value: Any) -> FunctionType | None:
    """Return the function of a method or a property; ``None`` for any other *value*."""
    inner = value.fget if isinstance(value, property) else getattr(value, "func", value)
    inner = getattr(inner, "__func__", inner)
    return inner if isinstance(inner, FunctionType) else None


def _defined_by_program(model: type, name: str) -> Any:
    """Return the attribute of a *model* that the program defines, and that is of use without a table."""
    definer = next((base for base in model.__mro__ if name in vars(base)), None)
    if definer is None or definer is object or is_own(definer) or name in mapped_names(model):
        return None
    value = vars(definer)[name]
    if name in {"Table", "Schema"} or isinstance(value, Relationship | Index | ComputedField):
        return None
    return None if isinstance(value, type) and issubclass(value, Index) else value


def _has(model: type, name: str) -> bool:
    return any(name in vars(base) for base in model.__mro__)


def _refuse_super(model: type, name: str, function: FunctionType) -> None:
    if "__class__" in function.__code__.co_freevars:
        raise DynaModelException(
            f"'{name}' of {model.__name__} calls super(), but DynamORM moves it to the schema, which does not "
            f"inherit from {model.__name__}. Write it in an inner class Schema, or without super()."
        )


def _attributes_of_first_argument(code: CodeType) -> Iterator[str]:
    """Yield the names of the attributes that a function reads of its first argument: those of ``self`` or ``cls``."""
    if code.co_argcount:
        yield from _attributes_of(code.co_varnames[0], code)


def _attributes_of(variable: str, code: CodeType) -> Iterator[str]:
    from dis import get_instructions  # deferred: start-up cost

    before = ""
    for each in get_instructions(code):
        if each.opname in _LOADS_ATTRIBUTE and before == variable:
            yield str(each.argval)
        # One instruction may load two names, of which the last one is used next.
        loaded = each.argval[-1:] if isinstance(each.argval, tuple) else (each.argval,)
        before = str(loaded[0]) if loaded and each.opname.startswith(_LOADS_VARIABLE) else ""
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and variable in inner.co_freevars:
            yield from _attributes_of(variable, inner)


_LOADS_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")
#: A variable that a function inside of its own uses, too, is a cell. Python 3.13 loads one where it stores another.
_LOADS_VARIABLE = ("LOAD_FAST", "LOAD_DEREF", "STORE_FAST_LOAD_FAST")
