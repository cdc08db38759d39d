"""Count the work of a model's verbs: ``python -m benchmarks.work_of_models SCHEMAS PATH ITEMS``, in its own process."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from unittest.mock import patch

import dynamorm
from benchmarks.clients import BACKEND_URL
from benchmarks.counting import work_of
from benchmarks.programs.dynamorm_models import ModelProgram
from dynamorm import DynaModel


def figures(schemas: str, path: str, items: int) -> dict[str, int]:
    """Return the figures of the model with these *schemas* on a *path*: ``direct``, ``client`` or ``sqlite``.

    One connection does everything in a row: which thread waits for which is nothing that two runs have in common.
    """
    model: type[DynaModel] = import_module(f"benchmarks.programs.{schemas}_models").Book
    if path == "sqlite":
        dynamorm.connect("sqlite:///:memory:", max_concurrency=1)
        model.Table.create_table()
    else:
        url = os.environ["BENCHMARK_URL"]
        dynamorm.connect(BACKEND_URL, endpoint_url=url, direct=path == "direct", max_concurrency=1)
    made = ModelProgram(model, items)
    # The table of the embedded backend is empty, and its pages are those of a scan: each book has its own hash key.
    made.write()
    works = {
        "get": made.get,
        "put": made.put,
        f"batch of {items}": made.write,
        f"page of {items}": (lambda: made.scan(1)) if path == "sqlite" else made.page,
    }
    # A second that begins is work for whoever writes the time into requests.
    with patch("time.time", new=lambda: 1_795_420_800.0):
        return {
            f"{schemas}, {path}: {work}, {unit}": count
            for work, operation in works.items()
            for unit, count in work_of(operation).items()
        }


if __name__ == "__main__":
    print(json.dumps(figures(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
