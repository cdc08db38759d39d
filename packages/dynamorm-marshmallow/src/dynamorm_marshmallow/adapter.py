"""A model's Marshmallow schema as the :class:`~dynamorm.ports.schemas.SchemaAdapter` of DynamORM's core."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import marshmallow

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.passthrough import fast_path_enabled
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_marshmallow.date_times import pull_in_utc
from dynamorm_marshmallow.fast_path import FastDumper, FastLoader, get_attribute, has_fast_path
from dynamorm_marshmallow.fields import NamedFields
from dynamorm_marshmallow.nested_schemas import ItemLoading

Unknown: TypeAlias = Literal["exclude", "include", "raise"] | None


class MarshmallowAdapter(SchemaAdapter):
    """Loads and dumps with one instance of the schema, which is made once.

    A bare class becomes a schema that inherits from it and from ``marshmallow.Schema``; a schema gets a subclass. So
    hooks, validators, ``class Meta`` and the method resolution order are the user's.

    A schema of fields alone takes the fast path of :mod:`dynamorm_marshmallow.fast_path`, with the same results.
    """

    def __init__(self, model_name: str, definition: type) -> None:
        try:
            self.schema: type[marshmallow.Schema] = _schema_of(model_name, definition)
            self._schema = self.schema()
            pull_in_utc(self._schema)
        except (TypeError, ValueError) as error:
            raise DynaModelException(f"Marshmallow refuses the Schema of {model_name}: {error}") from error
        self.keeps_unknown = self._schema.unknown == marshmallow.INCLUDE
        # Making a schema takes longer than using it, and a program updates the same few fields again and again.
        self._schema_for = lru_cache(maxsize=64)(self._make_schema_for)
        fast_path = fast_path_enabled()
        self.fields: NamedFields = NamedFields(
            self._schema, self.schema.__name__, fast_path=fast_path, unknown=self._schema.unknown
        )
        for field in self.fields.values():
            field.check_loadable(f"of {model_name}")
            field.check_below()
        fast_path = fast_path and has_fast_path(definition, self._schema)
        self._fast_loader = FastLoader(self._schema) if fast_path else None
        self._fast_dumper = FastDumper(self._schema) if fast_path else None
        self._item_loading = ItemLoading(self._schema)
        #: The names that may be missing in partial data.
        self._names = tuple(self._schema.fields)
        self._dump_only = {name for name, field in self._schema.fields.items() if field.dump_only}
        self._computed = self.fields.computed.union(
            name for name in self._dump_only if isinstance(self._schema.fields[name], marshmallow.fields.Constant)
        )
        # With ``attribute=``, the loaded value has another name than the field.
        self._loaded_names = {
            field.attribute: name for name, field in self._schema.fields.items() if field.attribute is not None
        }
        for loaded_name, name in self._loaded_names.items():
            if "." in loaded_name:
                raise DynaModelException(
                    f"The field '{name}' of {model_name} has attribute='{loaded_name}', a path into another object. "
                    "The fields of a model are flat: use data_key to name the stored attribute."
                )

    def computed_names(self) -> frozenset[str]:
        """Return the names of the fields that are computed from others, and of constants that are only dumped."""
        return self._computed

    def defaults(self) -> dict[str, Any]:
        """Return the ``load_default`` of each field that has one."""
        found = {}
        for name, field in self._schema.fields.items():
            default = field.load_default
            if default is not marshmallow.missing:
                found[name] = default() if callable(default) else default
        return found

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's values as ``load`` returns them. The schema's ``Meta.unknown`` decides about unknown names.

        In partial data a ``dump_only`` field is refused, because an update would remove what ``load`` leaves out.
        """
        if partial and self._dump_only and self._schema.unknown == marshmallow.EXCLUDE:
            self._refuse_dump_only(values)
        data = self.fields.serialised(values)
        if partial and self._item_loading:
            # Only the item is partial. A nested value is a whole one, with its defaults, if that is possible.
            with suppress(ValidationError):
                return self._load(data, values, partial=self._names)
        fast = self._fast_loader
        if fast is not None and (self._schema.unknown == marshmallow.EXCLUDE or fast.covers(data)):
            return self._load_fast(fast, data, values, partial=partial)
        return self._load(data, values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a stored item as ``load`` returns it."""
        if not self._item_loading:
            return self._load_item(item, partial=partial)
        with self._item_loading:
            return self._load_item(item, partial=partial)

    def _load_item(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        fast = self._fast_loader
        if fast is None or (self._dump_only and self.keeps_unknown):
            return self._load(item, item, partial=partial, unknown="exclude")
        return self._load_fast(fast, item, item, partial=partial)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return native values as ``dump`` returns them."""
        if self._fast_dumper is not None and (not partial or self._fast_dumper.covers(values)):
            return self._fast_dumper.dump(values, partial=partial)
        schema = self._schema_for(frozenset(values)) if partial else self._schema
        if self._loaded_names:
            renamed = {name: loaded for loaded, name in self._loaded_names.items()}
            values = {renamed.get(name, name): value for name, value in values.items()}
        dumped: dict[str, Any] = schema.dump(values)
        return dumped

    def _refuse_dump_only(self, values: Mapping[str, Any]) -> None:
        errors = {name: [self._schema.error_messages["unknown"]] for name in values if name in self._dump_only}
        if errors:
            raise ValidationError(dict(values), self.schema.__name__, errors)

    def _load_fast(
        self, fast: FastLoader, data: Mapping[str, Any], raw: Mapping[str, Any], *, partial: bool
    ) -> dict[str, Any]:
        try:
            return fast.load(data, partial=partial)
        except marshmallow.ValidationError as error:
            raise ValidationError(dict(raw), self.schema.__name__, error.messages) from error

    def _make_schema_for(self, names: frozenset[str]) -> marshmallow.Schema:
        schema = self.schema(only=names)
        pull_in_utc(schema)
        return schema

    def _load(
        self,
        data: Mapping[str, Any],
        raw: Mapping[str, Any],
        *,
        partial: bool | tuple[str, ...],
        unknown: Unknown = None,
    ) -> dict[str, Any]:
        try:
            # Marshmallow would pass a False on to each field, and so override the setting of a nested schema.
            loaded = self._schema.load(data, partial=partial or None, unknown=unknown)
        except marshmallow.ValidationError as error:
            raise ValidationError(dict(raw), self.schema.__name__, error.messages) from error
        # A ``post_load`` hook may have turned it into an object.
        values: Mapping[str, Any] = loaded if isinstance(loaded, Mapping) else vars(loaded)
        values = {self._loaded_names.get(name, name): value for name, value in values.items()}
        return self._with_dumped(values, data) if self._dump_only and self.keeps_unknown else values

    def _with_dumped(self, values: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the *values* of *data*, also those of fields that Marshmallow only dumps, and includes as unknown."""
        for name in self._dump_only - self._computed:
            attribute = self.fields[name].attribute
            if attribute in data:
                values.pop(attribute, None)
                values[name] = data[attribute]
                # One that the field can't read stays as it is, as other values without a field do.
                with suppress(marshmallow.ValidationError):
                    values[name] = self._schema.fields[name].deserialize(data[attribute])
        return values


#: What Python makes for each class anew.
_SPECIAL = frozenset({"__dict__", "__weakref__"})


def _schema_of(model_name: str, definition: type) -> type[marshmallow.Schema]:
    body: dict[str, Any] = {"__doc__": definition.__doc__, "__module__": definition.__module__}
    if getattr(definition, "get_attribute", marshmallow.Schema.get_attribute) is marshmallow.Schema.get_attribute:
        body["get_attribute"] = get_attribute
    if not issubclass(definition, marshmallow.Schema):
        # A field may have the name of one of Marshmallow's own attributes. Marshmallow moves such fields out of the way
        # only in the body of a schema.
        for name in dir(marshmallow.Schema):
            if isinstance(getattr(definition, name, None), marshmallow.fields.Field):
                body[name] = inspect.getattr_static(marshmallow.Schema, name)
        if isinstance(vars(definition).get("error_messages"), marshmallow.fields.Field):
            # Marshmallow reads its messages from this attribute of each base.
            members = {name: value for name, value in vars(definition).items() if name not in _SPECIAL}
            body["error_messages"] = members.pop("error_messages")
            definition = type(definition.__name__, definition.__bases__, members)
        return type(f"{model_name}Schema", (definition, marshmallow.Schema), body)
    # Marshmallow registers schemas by name. If this one were registered too, nested fields could no longer name a
    # schema of the program that has the same name.
    body["Meta"] = type("Meta", (definition.Meta,), {"register": False})
    return type(f"{model_name}Schema", (definition,), body)
