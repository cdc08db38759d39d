"""Tables as resources of Terraform: see ``aws_dynamodb_table`` in the documentation of the provider ``hashicorp/aws``.

A configuration is a dict as in a file ``*.tf.json``; its text in Terraform's own language is made of that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export.ids import ids_of, snake_case
from dynamorm.operate.export.tables import ExportedTable, tables_of

_RESOURCE: Final = "aws_dynamodb_table"
#: Since this release, global indexes have blocks ``key_schema``, and ``hash_key`` and ``range_key`` in them are
#: deprecated. Before it, ``hash_key`` is required.
_KEY_SCHEMA_SINCE: Final = "6.29.0"
#: The release of Terraform that has import blocks.
_IMPORT_SINCE: Final = ">= 1.5.0"


@record
class TerraformConfiguration:
    """A configuration with the tables of models.

    Attributes:
        document: The configuration as a dict, as in a file ``*.tf.json``.
    """

    document: Mapping[str, Any]

    def json(self) -> str:
        """Return the text of a file ``*.tf.json``."""
        return json.dumps(self.document, ensure_ascii=False, indent=2) + "\n"

    def hcl(self) -> str:
        """Return the text of a file ``*.tf``, in Terraform's language."""
        from dynamorm.operate.export.hcl_text import hcl_of

        return hcl_of(self.document)


def terraform(
    models: Iterable[Any],
    *,
    table_prefix: str | None = None,
    name_parameter: bool = False,
    ids: Mapping[str, str] | None = None,
    imported: Collection[str] = (),
    provider_before_6_29: bool = False,
) -> TerraformConfiguration:
    """Return a Terraform configuration with the tables of *models*. Nothing is sent.

    Each table has ``prevent_destroy``: Terraform refuses to delete it, or to replace it by another one.

    Args:
        models: Models that have a table, and shared tables. Several on one table are exported as one table.
        table_prefix: What to put before the names of the tables; ``None`` for the prefix of the connection in force.
        name_parameter: Let the name of each table be a variable of the configuration, whose default is the name.
        ids: The names of the tables' resources, by the names that their models give them. The others are made of the
            names: ``prod_books`` for ``prod-books``. The prefix of a connection is no part of them.
        imported: The names of tables that exist, as :func:`existing_tables` returns them. Each gets an import block.
        provider_before_6_29: Write for a provider before 6.29.0, which knows only indexes whose hash key and range key
            are one attribute each.

    Raises:
        DynaModelException: Something else than a model is given, two models describe one table differently, two tables
            would have one id, or an old provider does not know keys of several attributes.
        MissingTableAttribute: Only one of ``read`` and ``write`` is set.
        RequestRejected: DynamoDB would not create a table.
    """
    exported = tables_of(models, "export.terraform", table_prefix)
    rule = "it has letters, digits, '_' and '-', and does not begin with a digit or '-'"
    tables = ids_of(exported, snake_case, ids, r"[a-zA-Z_][a-zA-Z0-9_-]*", rule)
    names = [table.name for table in exported]
    for name in imported:
        if name not in names:
            raise DynaModelException(f"The table '{name}' is to be imported, and is none of {', '.join(names)}.")
    operator = "<" if provider_before_6_29 else ">="
    provider = {"source": "hashicorp/aws", "version": f"{operator} {_KEY_SCHEMA_SINCE}"}
    settings: dict[str, Any] = {"required_version": _IMPORT_SINCE} if imported else {}
    document: dict[str, Any] = {"terraform": {**settings, "required_providers": {"aws": provider}}}
    if name_parameter:
        document["variable"] = {f"{identifier}_name": _variable(table) for identifier, table in tables.items()}
    document["resource"] = {
        _RESOURCE: {
            identifier: {
                "name": f"${{var.{identifier}_name}}" if name_parameter else table.name,
                **_arguments(table, with_key_schema=not provider_before_6_29),
            }
            for identifier, table in tables.items()
        }
    }
    if imported:
        document["import"] = [
            {"to": f"{_RESOURCE}.{identifier}", "id": table.name}
            for identifier, table in tables.items()
            if table.name in imported
        ]
    return TerraformConfiguration(document)


def _variable(table: ExportedTable) -> dict[str, Any]:
    return {
        "type": "string",
        "default": table.name,
        "description": f"The name of the table of {', '.join(table.models)}",
    }


def _arguments(table: ExportedTable, *, with_key_schema: bool) -> dict[str, Any]:
    """Return the arguments and blocks of a *table*, without its name."""
    spec, settings = table.spec, table.settings
    arguments: dict[str, Any] = {"billing_mode": "PAY_PER_REQUEST" if spec.throughput is None else "PROVISIONED"}
    arguments |= _capacity(spec)
    arguments["hash_key"] = literal(spec.hash_key.name)
    if spec.range_key is not None:
        arguments["range_key"] = literal(spec.range_key.name)
    if spec.stream is not None:
        arguments |= {"stream_enabled": True, "stream_view_type": spec.stream}
    if settings.table_class is not None:
        arguments["table_class"] = settings.table_class
    if settings.deletion_protection is not None:
        arguments["deletion_protection_enabled"] = settings.deletion_protection
    if settings.tags:
        arguments["tags"] = {literal(name): literal(value) for name, value in settings.tags.items()}
    arguments["attribute"] = [{"name": literal(each.name), "type": each.type} for each in spec.attribute_definitions()]
    indexes: dict[str, list[dict[str, Any]]] = {}
    for index in spec.indexes:
        block = f"{index.kind}_secondary_index"
        keys = _keys(index, spec, with_key_schema=with_key_schema)
        indexes.setdefault(block, []).append({"name": index.name, **_projection(index), **_capacity(index), **keys})
    arguments |= indexes
    if settings.time_to_live is not None:
        arguments["ttl"] = {"attribute_name": literal(settings.time_to_live), "enabled": True}
    # A change of the primary key, or of the name, would have Terraform delete the table and make an empty one.
    arguments["lifecycle"] = {"prevent_destroy": True}
    return arguments


def _capacity(spec: TableSpec | IndexSpec) -> dict[str, int]:
    throughput = spec.throughput
    return {} if throughput is None else {"read_capacity": throughput.read, "write_capacity": throughput.write}


def _projection(index: IndexSpec) -> dict[str, Any]:
    projection: dict[str, Any] = {"projection_type": index.projection.kind}
    if index.projection.include:
        projection["non_key_attributes"] = [literal(name) for name in index.projection.include]
    return projection


def _keys(index: IndexSpec, spec: TableSpec, *, with_key_schema: bool) -> dict[str, Any]:
    if index.kind == "local":
        # It has the hash key of the table.
        return {"range_key": literal(index.range_keys[0].name)}
    if with_key_schema:
        keys = (("HASH", index.hash_keys), ("RANGE", index.range_keys))
        return {
            "key_schema": [
                {"attribute_name": literal(each.name), "key_type": kind} for kind, key in keys for each in key
            ]
        }
    if len(index.hash_keys) > 1 or len(index.range_keys) > 1:
        raise DynaModelException(
            f"The index '{index.name}' of '{spec.name}' has keys of several attributes, which the provider "
            f"hashicorp/aws knows since {_KEY_SCHEMA_SINCE}. Use that one, without provider_before_6_29 "
            "(--provider-before-6.29)."
        )
    keys_by_name = {"hash_key": index.hash_keys, "range_key": index.range_keys}
    return {name: literal(key[0].name) for name, key in keys_by_name.items() if key}


def literal(text: str) -> str:
    """Return a *text* as Terraform's templates spell it, which each string is: without interpolation."""
    return re.sub(r"([$%])\{", r"\1\1{", text)
