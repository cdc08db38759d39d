"""Tables as resources of CloudFormation: see "AWS::DynamoDB::Table" in the AWS CloudFormation template reference."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dynamorm.data.records import record
from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export.ids import ids_of, pascal_case
from dynamorm.operate.export.tables import ExportedTable, tables_of
from dynamorm.wire import encode

_VERSION: Final = "2010-09-09"


@record
class CloudFormationTemplate:
    """A template with the tables of models.

    Attributes:
        resources: The resources, by their logical ids.
        parameters: The parameters, by name: those of the tables' names, if they were asked for.
    """

    resources: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, Mapping[str, Any]]

    @property
    def document(self) -> dict[str, Any]:
        """The whole template."""
        parameters = {"Parameters": self.parameters} if self.parameters else {}
        return {"AWSTemplateFormatVersion": _VERSION, **parameters, "Resources": self.resources}

    @property
    def fragment(self) -> dict[str, Any]:
        """The part to paste into a larger template, such as SAM's, or into ``resources`` of a serverless.yml."""
        parameters = {"Parameters": self.parameters} if self.parameters else {}
        return {**parameters, "Resources": self.resources}

    def json(self, *, fragment: bool = False) -> str:
        """Return the template, or only the *fragment*, as JSON text."""
        return json.dumps(self.fragment if fragment else self.document, ensure_ascii=False, indent=2) + "\n"

    def yaml(self, *, fragment: bool = False) -> str:
        """Return the template, or only the *fragment*, as YAML text."""
        from dynamorm.operate.export.yaml_text import yaml_of

        return yaml_of(self.fragment if fragment else self.document)


def cloudformation(
    models: Iterable[Any],
    *,
    table_prefix: str | None = None,
    name_parameter: bool = False,
    ids: Mapping[str, str] | None = None,
) -> CloudFormationTemplate:
    """Return a CloudFormation template with the tables of *models*. Nothing is sent.

    Each table has ``DeletionPolicy`` and ``UpdateReplacePolicy`` ``Retain``: CloudFormation never deletes it.

    Args:
        models: Models that have a table, and shared tables. Several on one table are exported as one table.
        table_prefix: What to put before the names of the tables; ``None`` for the prefix of the connection in force.
        name_parameter: Let the name of each table be a parameter of the template, whose default is the name.
        ids: Logical ids of tables, by the names that their models give them. The others are made of the names:
            ``ProdBooks`` for ``prod-books``. The prefix of a connection is no part of them.

    Raises:
        DynaModelException: Something else than a model is given, two models describe one table differently, or two
            tables would have one id.
        MissingTableAttribute: Only one of ``read`` and ``write`` is set.
        RequestRejected: DynamoDB would not create a table.
    """
    exported = tables_of(models, "export.cloudformation", table_prefix)
    tables = ids_of(exported, pascal_case, ids, r"[a-zA-Z0-9]{1,255}", "it has 1 to 255 letters and digits")
    parameters = {f"{identifier}Name": _parameter(table) for identifier, table in tables.items() if name_parameter}
    for name in parameters.keys() & tables.keys():
        raise DynaModelException(
            f"'{name}' is both the id of a table and the parameter with the name of another one. Give one of the "
            "tables another id: ids={…} (--id TABLE=…)."
        )
    resources = {}
    for identifier, table in tables.items():
        table_name = {"Ref": f"{identifier}Name"} if name_parameter else table.name
        resources[identifier] = {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"TableName": table_name, **_properties(table)},
        }
    return CloudFormationTemplate(resources, parameters)


def _properties(table: ExportedTable) -> dict[str, Any]:
    """Return the properties of a *table*, which are the parameters of CreateTable but for a few."""
    properties = dict(encode(table.creation).parameters)
    del properties["TableName"]
    settings = table.settings
    if table.spec.stream is not None:
        properties["StreamSpecification"] = {"StreamViewType": table.spec.stream}
    if settings.table_class is not None:
        properties["TableClass"] = settings.table_class
    if settings.deletion_protection is not None:
        properties["DeletionProtectionEnabled"] = settings.deletion_protection
    if settings.time_to_live is not None:
        properties["TimeToLiveSpecification"] = {"AttributeName": settings.time_to_live, "Enabled": True}
    return properties


def _parameter(table: ExportedTable) -> dict[str, Any]:
    return {
        "Type": "String",
        "Default": table.name,
        "AllowedPattern": "[a-zA-Z0-9_.-]{3,255}",
        "Description": f"The name of the table of {', '.join(table.models)}",
    }
