"""A release of the core that the observer was not made for is told with the command that mends it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import dynamorm.{module}
del dynamorm.{module}.{name}
import dynamorm_opentelemetry
"""


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


def test_core_without_a_name_that_the_observer_needs() -> None:
    told = printed(PROGRAM.format(module="wire", name="tables_of"))
    last = told.splitlines()[-1]
    assert last.startswith(
        "ImportError: dynamorm-opentelemetry and dynamorm-core do not fit one another: cannot import name 'tables_of' "
        "from 'dynamorm.wire'"
    )
    assert last.endswith(" Update both: pip install -U dynamorm-core dynamorm-opentelemetry")
    assert told.count("pip install") == 1


def test_another_library_that_lacks_a_name_is_told_as_it_is() -> None:
    told = printed("import opentelemetry.trace\ndel opentelemetry.trace.get_tracer\nimport dynamorm_opentelemetry")
    assert told.splitlines()[-1].startswith("ImportError: cannot import name 'get_tracer' from 'opentelemetry.trace'")
