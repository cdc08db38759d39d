"""Tables with random features in each form that they are exported in, as other tools read them."""

from __future__ import annotations

import json

import yaml

from dynamorm import operate
from tests.core.operate import table_matrix
from tests.core.operate.linters import cfn_lint, parliament, parsed_hcl
from tests.support.counts import COUNTS


def judge_exports(tables: int, seed: int) -> None:
    """Export this number of *tables*, and let cfn-lint, parliament and python-hcl2 read them."""
    models = table_matrix.models(tables, seed)
    template = operate.export.cloudformation(models, name_parameter=bool(seed % 2))
    assert yaml.safe_load(template.yaml()) == json.loads(template.json()) == template.document
    configuration = operate.export.terraform(models, name_parameter=bool(seed % 2))
    assert parsed_hcl(configuration.hcl()) == json.loads(configuration.json()) == configuration.document
    assert cfn_lint(template.yaml()) == [[]]
    assert parliament(operate.export.iam(models, scan=bool(seed % 2)).json()) == [[]]
    COUNTS["tables exported"] += tables
