"""A model's Marshmallow schema, as DynamORM's core uses it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import marshmallow

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_marshmallow.fields import NamedFields
from dynamorm_marshmallow.loops import DumpLoop, LoadLoop, get_attribute, is_made_of_fields

Unknown: TypeAlias = Literal["exclude", "include", "raise"] | None


class MarshmallowAdapter(SchemaAdapter):
    """Loads and dumps with one instance of the schema, which is made once.

    A bare class becomes a schema that inherits from it and from ``marshmallow.Schema``; one that is a schema
    already is inherited from. So hooks, validators, ``class Meta`` and the method resolution order are the user's.
    A schema that has fields only is asked field by field, which does the same and takes less time.
    """

    def __init__(self, model_name: str, definition: type) -> None:
        try:
            self.schema: type[marshmallow.Schema] = _schema_of(model_name, definition)
            self._schema = self.schema()
        except (TypeError, ValueError) as error:
            raise DynaModelException(f"Marshmallow refuses the Schema of {model_name}: {error}") from error
        # Making a schema takes longer than using it, and a program changes the same few fields again and again.
        self._schema_of = lru_cache(maxsize=64)(self._schema_with)
        self.fields: NamedFields = NamedFields(self._schema, self.schema.__name__)
        for field in self.fields.values():
            field.check_below()
        plain = is_made_of_fields(definition, self._schema)
        self._load_loop = LoadLoop(self._schema) if plain else None
        self._dump_loop = DumpLoop(self._schema) if plain else None
        self._dump_only = {name for name, field in self._schema.fields.items() if field.dump_only}
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
        """What ``load`` makes of a user's values. Unknown names are treated as the schema's ``Meta`` says.

        In partial data a field that is only dumped is refused: an update would remove what ``load`` leaves out.
        """
        if partial and self._dump_only and self._schema.unknown == marshmallow.EXCLUDE:
            self._refuse_dump_only(values)
        data = self.fields.serialised(values)
        if self._load_loop is not None and (self._schema.unknown == marshmallow.EXCLUDE or self._load_loop.knows(data)):
            return self._loaded_by(self._load_loop, data, values, partial=partial)
        return self._loaded(data, values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What ``load`` makes of a stored item."""
        if self._load_loop is not None:
            return self._loaded_by(self._load_loop, item, item, partial=partial)
        return self._loaded(item, item, partial=partial, unknown="exclude")

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What ``dump`` makes of native values."""
        if self._dump_loop is not None and (not partial or self._dump_loop.knows(values)):
            return self._dump_loop.dump(values, partial=partial)
        schema = self._schema_of(frozenset(values)) if partial else self._schema
        if self._loaded_names:
            renamed = {name: loaded for loaded, name in self._loaded_names.items()}
            values = {renamed.get(name, name): value for name, value in values.items()}
        dumped: dict[str, Any] = schema.dump(values)
        return dumped

    def _refuse_dump_only(self, values: Mapping[str, Any]) -> None:
        errors = {name: [self._schema.error_messages["unknown"]] for name in values if name in self._dump_only}
        if errors:
            raise ValidationError(dict(values), self.schema.__name__, errors)

    def _loaded_by(
        self, loop: LoadLoop, data: Mapping[str, Any], raw: Mapping[str, Any], *, partial: bool
    ) -> dict[str, Any]:
        try:
            return loop.load(data, partial=partial)
        except marshmallow.ValidationError as error:
            raise ValidationError(dict(raw), self.schema.__name__, error.messages) from error

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


def _schema_of(model_name: str, definition: type) -> type[marshmallow.Schema]:
    body: dict[str, Any] = {"__doc__": definition.__doc__, "__module__": definition.__module__}
    if getattr(definition, "get_attribute", marshmallow.Schema.get_attribute) is marshmallow.Schema.get_attribute:
        body["get_attribute"] = get_attribute
    if not issubclass(definition, marshmallow.Schema):
        # A field may be called as something that Marshmallow's schemas have, which it takes out of the way in their own
        # bodies only.
        for name in dir(marshmallow.Schema):
            if isinstance(getattr(definition, name, None), marshmallow.fields.Field):
                body[name] = inspect.getattr_static(marshmallow.Schema, name)
        return type(f"{model_name}Schema", (definition, marshmallow.Schema), body)
    # A schema is registered by its own name; a second one could have that of another schema of the program, which nested
    # fields then could not name any more.
    body["Meta"] = type("Meta", (definition.Meta,), {"register": False})
    return type(f"{model_name}Schema", (definition,), body)
