"""The Pydantic model that is made of the annotations of a typed model."""

from __future__ import annotations

import types
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field, PydanticUserError
from pydantic_core import SchemaError

from dynamorm.exceptions import DynaModelException
from dynamorm_pydantic.definitions import configuration_of, decorated_attributes, made_of_annotations

#: Settings that would seem to apply to instances of the model.
_OF_OBJECTS = ("frozen", "validate_assignment")


def schema_from(
    model_name: str,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...],
    body: Mapping[str, Any],
) -> type[BaseModel]:
    """Return the Pydantic model of a typed model's annotations; see :class:`~dynamorm.ports.schemas.SchemaProvider`.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for what Pydantic refuses.
    """
    models = [base for base in bases if issubclass(base, BaseModel)]
    own: dict[str, Any] = {}
    configuration: dict[str, Any] = {}
    for base in bases:
        if base not in models:
            attributes, settings = decorated_attributes(model_name, base)
            own.update(attributes)
            configuration.update(settings)
    own.update(body)
    configuration.update(own.pop("model_config", {}))
    for setting in _OF_OBJECTS:
        if configuration.get(setting):
            raise DynaModelException(
                f"'{setting}' in the model_config of {model_name} would have no effect: it is about Pydantic's object, "
                f"and instances of {model_name} are not Pydantic's. Leave it out. save() validates what was assigned."
            )
    others = {name: ClassVar[Any] for name, value in own.items() if _is_constant(name, value)}
    # Errors name the fields, and not the attributes in the table.
    own["model_config"] = configuration_of({"loc_by_alias": False, **configuration})
    own["__annotations__"] = {**others, **annotations}
    try:
        for name in annotations:
            own[name] = _field(arguments.get(name, {}))
        with warnings.catch_warnings():
            # A field may have any name that the model may have: nobody calls Pydantic's methods on these objects.
            warnings.filterwarnings("ignore", 'Field name ".+" shadows an attribute in parent')
            warnings.filterwarnings("ignore", 'Field name ".+" in ".+" shadows an attribute in parent')
            warnings.filterwarnings("ignore", 'Field ".+" .*conflict with protected namespace')
            schema = types.new_class(
                f"{model_name}Schema",
                tuple(bases) if models else (*bases, BaseModel),
                exec_body=lambda namespace: namespace.update(own),
            )
    except PydanticUserError as error:
        raise DynaModelException(f"Pydantic refuses the fields of {model_name}: {error.message}") from error
    except (TypeError, NameError, ValueError, SchemaError) as error:
        raise DynaModelException(f"Pydantic refuses the fields of {model_name}: {error}") from error
    made_of_annotations.add(schema)
    assert issubclass(schema, BaseModel)
    return schema


def _field(arguments: Mapping[str, Any]) -> Any:
    given = dict(arguments)
    attribute = given.pop("attribute", None)
    if attribute is not None:
        given["alias"] = attribute
    return Field(**given)


def _is_constant(name: str, value: object) -> bool:
    if name.startswith("__") or name == "model_config":
        return False
    return not hasattr(value, "__get__")
