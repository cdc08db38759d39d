"""Models for other tools: tables as CloudFormation and Terraform, and the IAM policies that programs need.

Nothing is sent, and no connection is opened, except by :func:`existing_tables`. The modules are imported when they are
first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamorm.operate.export.cloudformation_templates import CloudFormationTemplate, cloudformation
    from dynamorm.operate.export.iam_policies import IamPolicy, Purpose, iam
    from dynamorm.operate.export.tables import aexisting_tables, existing_tables
    from dynamorm.operate.export.terraform_configurations import TerraformConfiguration, terraform

__all__ = [
    "CloudFormationTemplate",
    "IamPolicy",
    "Purpose",
    "TerraformConfiguration",
    "aexisting_tables",
    "cloudformation",
    "existing_tables",
    "iam",
    "terraform",
]

#: The names of each module.
_NAMES = {
    "cloudformation_templates": ("CloudFormationTemplate", "cloudformation"),
    "iam_policies": ("IamPolicy", "Purpose", "iam"),
    "tables": ("aexisting_tables", "existing_tables"),
    "terraform_configurations": ("TerraformConfiguration", "terraform"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"dynamorm.operate.export.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
