"""The tools that judge what is exported: cfn-lint, parliament and python-hcl2.

The first two run in a process of their own: their import warns, and warnings are errors here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

_CFN_LINT = """
import json, sys
from cfnlint.api import lint
from cfnlint.config import ManualArgs
# Informational rules, too, but not that resources lack a description of their architecture.
config = ManualArgs(include_checks=["I"], ignore_checks=["I4010"])
found = [[f"{'.'.join(map(str, each.path))}: {each}" for each in lint(text, config=config)] for text in json.load(sys.stdin)]
print(json.dumps(found))
"""
_PARLIAMENT = """
import importlib.util, json, os, sys, types
# It finds its data files by setuptools' pkg_resources, which is gone.
stub = types.ModuleType("pkg_resources")
stub.resource_filename = lambda package, name: os.path.join(
    os.path.dirname(importlib.util.find_spec(package).origin), name
)
sys.modules["pkg_resources"] = stub
import parliament
policies = [parliament.analyze_policy_string(text) for text in json.load(sys.stdin)]
print(json.dumps([[f"{each.issue} {each.detail} {each.location}" for each in policy.findings] for policy in policies]))
"""


def cfn_lint(*templates: str) -> list[list[str]]:
    """The findings of cfn-lint in each of these CloudFormation templates."""
    return _findings(_CFN_LINT, templates)


def parliament(*policies: str) -> list[list[str]]:
    """The findings of parliament in each of these IAM policies."""
    return _findings(_PARLIAMENT, policies)


def _findings(program: str, texts: tuple[str, ...]) -> list[list[str]]:
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def parsed_hcl(text: str) -> dict[str, Any]:
    """A configuration of Terraform as the dict of its JSON form, which python-hcl2 reads from its *text*."""
    import hcl2

    document: dict[str, Any] = _plain(hcl2.loads(text))
    for name in ("resource", "variable"):
        if name in document:
            document[name] = _merged(document[name])
    (document["terraform"],) = document["terraform"]
    (document["terraform"]["required_providers"],) = document["terraform"]["required_providers"]
    for resource in document["resource"]["aws_dynamodb_table"].values():
        for name in ("lifecycle", "ttl"):
            if name in resource:
                (resource[name],) = resource[name]
    for block in document.get("import", ()):
        block["to"] = block["to"].removeprefix("${").removesuffix("}")
    return document


def _plain(value: Any) -> Any:
    """The values of what python-hcl2 returns: it keeps the quotes of strings, and marks blocks."""
    if isinstance(value, dict):
        return {_unquoted(name): _plain(each) for name, each in value.items() if name != "__is_block__"}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return _unquoted(value) if isinstance(value, str) else value


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        # A reference: a value as ${…}, and a name as it is.
        return text
    # Terraform's escapes are those of JSON, with one more.
    text = re.sub(r"\\U([0-9a-f]{8})", lambda found: chr(int(found[1], 16)), text)
    unquoted: str = json.loads(text)
    return unquoted


def _merged(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for block in blocks:
        for label, body in block.items():
            merged.setdefault(label, {}).update(body)
    return merged
