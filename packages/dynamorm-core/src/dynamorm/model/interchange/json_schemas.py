"""JSON Schemas of models, for OpenAPI: that of a Pydantic schema, or what is known of the fields of another one."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from dynamorm.model.interchange.documents import is_unset
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.table.replaced_fields import WrappingAdapter
from dynamorm.ports.schemas import SchemaField, Shape

JsonSchema: TypeAlias = dict[str, Any]

#: Nested schemas that are deeper are told to be objects: a schema may contain itself.
_LEVELS = 5
_BY_KEY_TYPE: dict[str | None, JsonSchema] = {"S": {"type": "string"}, "N": {"type": "number"}}


class Handler(Protocol):
    """Pydantic's handler."""

    def __call__(self, core_schema: Any, /) -> JsonSchema:
        """Return the JSON Schema of a core schema, or a reference to it."""

    def resolve_ref_schema(self, schema: JsonSchema, /) -> JsonSchema:
        """Return what a reference refers to; another JSON Schema as it is."""


def json_schema_of(mapper: Mapper, handler: Handler) -> JsonSchema:
    """Return the JSON Schema of a model, for which Pydantic's *handler* was given."""
    core = mapper.adapter.pydantic_core_schema()
    found = _of_fields(mapper) if core is None else dict(handler.resolve_ref_schema(handler(core)))
    if "properties" not in found:
        return found
    adapter = mapper.adapter
    required = [name for name in found.get("required", ()) if name not in adapter.fields or _is_required(mapper, name)]
    found.pop("required", None)
    if required:
        found["required"] = required
    found["title"] = mapper.model_name
    if not adapter.keeps_unknown:
        found.setdefault("additionalProperties", False)
    described: JsonSchema = _with_base64(found)
    return described


def changes_schema_of(mapper: Mapper, handler: Handler) -> JsonSchema:
    """Return the JSON Schema of changes of an item: of each field that may be changed, and none is required."""
    found = json_schema_of(mapper, handler)
    fixed = unchangeable(mapper)
    properties = {
        name: {key: value for key, value in each.items() if key != "default"}
        for name, each in found.get("properties", {}).items()
        if name not in fixed
    }
    changed = {key: value for key, value in found.items() if key != "required"}
    return {**changed, "title": f"{mapper.model_name}Changes", "properties": properties}


def unchangeable(mapper: Mapper) -> frozenset[str]:
    """Return the names of the fields that an update can't change: those of the key, and those that it sets itself."""
    return frozenset({*mapper.key_fields, *(field.name for field in mapper.own_fields)})


def _is_required(mapper: Mapper, name: str) -> bool:
    return mapper.adapter.fields[name].required


def _of_fields(mapper: Mapper) -> JsonSchema:
    adapter = mapper.adapter
    while isinstance(adapter, WrappingAdapter):
        # JSON is written by the schema library, and not as the item is stored.
        adapter = adapter.inner
    fields = adapter.fields
    properties = {name: _of_field(field, is_unset(mapper, name), 0) for name, field in fields.items()}
    required = [name for name in fields if _is_required(mapper, name)]
    return {"type": "object", "properties": properties, "required": required}


def _of_field(field: SchemaField, nullable: bool, level: int) -> JsonSchema:
    found = _of_values(field, level)
    return {"anyOf": [found, {"type": "null"}]} if found and (nullable or field.nullable) else found


def _of_values(field: SchemaField, level: int) -> JsonSchema:
    if field.json_schema is not None:
        return dict(field.json_schema)
    if field.is_binary:
        return {"type": "string", "format": "binary"}
    if field.shape is Shape.SCALAR:
        found = dict(_BY_KEY_TYPE.get(field.key_type, {}))
        return {**found, "format": "date-time"} if field.date_times else found
    if field.shape is Shape.LIST:
        return {"type": "array", "items": _of_part(field.child(0), level)}
    return _of_map(field, level) if field.shape is Shape.MAP else {}


def _of_map(field: SchemaField, level: int) -> JsonSchema:
    names = field.child_names()
    if names is None:
        return {"type": "object", "additionalProperties": _of_part(field.child("-"), level) or True}
    if level >= _LEVELS:
        return {"type": "object"}
    children = {name: child for name in sorted(names) if (child := field.child(name)) is not None}
    required = [name for name, child in children.items() if child.required]
    properties = {name: _of_part(child, level) for name, child in children.items()}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _of_part(field: SchemaField | None, level: int) -> JsonSchema:
    return {} if field is None else _of_field(field, nullable=False, level=level + 1)


def _with_base64(schema: Any) -> Any:
    """Return a JSON *schema* in which bytes are base64, as OpenAPI says it: strings of the format ``byte``."""
    if isinstance(schema, dict):
        if schema.get("type") == "string" and schema.get("format") == "binary":
            return {**schema, "format": "byte"}
        return {key: _with_base64(value) for key, value in schema.items()}
    return [_with_base64(each) for each in schema] if isinstance(schema, list) else schema
