"""A model's Marshmallow schema, as DynamORM's core uses it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import marshmallow

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_marshmallow.fields import NamedFields

Unknown: TypeAlias = Literal["exclude", "include", "raise"] | None


class MarshmallowAdapter(SchemaAdapter):
    """Loads and dumps with one instance of the schema, which is made once.

    A bare class becomes a schema that inherits from it and from ``marshmallow.Schema``; one that is a schema
    already is inherited from. So hooks, validators, ``class Meta`` and the method resolution order are the user's.
    """

    def __init__(self, model_name: str, definition: type) -> None:
        bases = (definition,) if issubclass(definition, marshmallow.Schema) else (definition, marshmallow.Schema)
        self.schema: type[marshmallow.Schema] = type(f"{model_name}Schema", bases, {"__doc__": definition.__doc__})
        try:
            self._schema = self.schema()
        except ValueError as error:
            raise DynaModelException(f"Marshmallow refuses the Schema of {model_name}: {error}") from error
        # Making a schema takes longer than using it, and a program changes the same few fields again and again.
        self._schema_of = lru_cache(maxsize=64)(self._schema_with)
        self.fields: NamedFields = NamedFields(self._schema, self.schema.__name__)
        for field in self.fields.values():
            field.check_below()
        # Marshmallow's ``attribute=`` gives the loaded value another name than the field's.
        self._loaded_names = {
            field.attribute: name for name, field in self._schema.fields.items() if field.attribute is not None
        }
        for loaded_name in self._loaded_names:
            if "." in loaded_name:
                raise DynaModelException(
                    f"The field '{self._loaded_names[loaded_name]}' of {model_name} has attribute='{loaded_name}', which leads into "
                    "another object. A model's fields are flat; use data_key to name the stored attribute."
                )

    def defaults(self) -> dict[str, Any]:
        """Each field's ``load_default``, if it has one."""
        found = {}
        for name, field in self._schema.fields.items():
            default = field.load_default
            if default is not marshmallow.missing:
                found[name] = default() if callable(default) else default
        return found

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What ``load`` makes of a user's values. Unknown names are treated as the schema's ``Meta`` says."""
        return self._loaded(self.fields.serialised(values), values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What ``load`` makes of a stored item."""
        return self._loaded(item, item, partial=partial, unknown="exclude")

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What ``dump`` makes of native values."""
        schema = self._schema_of(frozenset(values)) if partial else self._schema
        if self._loaded_names:
            renamed = {name: loaded for loaded, name in self._loaded_names.items()}
            values = {renamed.get(name, name): value for name, value in values.items()}
        dumped: dict[str, Any] = schema.dump(values)
        return dumped

    def _schema_with(self, names: frozenset[str]) -> marshmallow.Schema:
        return self.schema(only=names)

    def _loaded(
        self, data: Mapping[str, Any], raw: Mapping[str, Any], *, partial: bool, unknown: Unknown = None
    ) -> dict[str, Any]:
        try:
            # With False, Marshmallow would hand it on to each field, and override what a nested schema says of itself.
            loaded = self._schema.load(data, partial=partial or None, unknown=unknown)
        except marshmallow.ValidationError as error:
            raise ValidationError(dict(raw), self.schema.__name__, error.messages) from error
        # A ``post_load`` hook may have made an object of it.
        values: Mapping[str, Any] = loaded if isinstance(loaded, Mapping) else vars(loaded)
        return {self._loaded_names.get(name, name): value for name, value in values.items()}
