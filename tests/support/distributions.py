"""Distributions made up for a test: importable, with metadata and entry points, as if they had been installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent

BACKENDS = "dynamorm.backends"
SCHEMAS = "dynamorm.schemas"
OBSERVERS = "dynamorm.observers"

BACKEND = """
    from dynamorm.ports.backends import Backend, BackendProvider
    from dynamorm.ports.hooks import hookimpl


    class MyBackend(Backend):
        def execute(self, operation):
            raise NotImplementedError

        def close(self):
            pass


    @hookimpl
    def dynamorm_register_backend():
        return BackendProvider("{name}", {contract}, lambda address, options: MyBackend())
"""

SCHEMA = """
    from dynamorm.ports.hooks import hookimpl
    from dynamorm.ports.schemas import Claim, SchemaProvider


    def claims(definition):
        values = vars(definition).values()
        return Claim.{claim} if any(type(value).__module__ == "{library}" for value in values) else Claim.NONE


    def adapt(model_name, definition):
        raise NotImplementedError


    @hookimpl
    def dynamorm_register_schema():
        return SchemaProvider("{name}", {contract}, claims, adapt)
"""

OBSERVER = """
    from dynamorm.ports.hooks import hookimpl

    SEEN = []


    @hookimpl
    def dynamorm_operation_done(operation):
        SEEN.append(type(operation).__name__)
"""


def schema(name: str, library: str, claim: str = "FIELDS", contract: int = 1) -> str:
    """The code of a schema plugin that claims classes with values of a *library*."""
    return SCHEMA.format(name=name, library=library, claim=claim, contract=contract)


def install(
    folder: Path,
    distribution: str,
    plugin: str,
    code: str,
    group: str = BACKENDS,
    version: str = "1.0",
    requires: Iterable[str] = (),
) -> str:
    """Puts a distribution with one plugin into a *folder* of the import path; returns the plugin's module."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(dedent(code))
    describe(folder, distribution, f"[{group}]\n{plugin} = {module}\n", version, requires)
    return module


def describe(
    folder: Path, distribution: str, entry_points: str, version: str = "1.0", requires: Iterable[str] = ()
) -> None:
    """Writes what an installer writes of a distribution."""
    metadata = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    (metadata / "METADATA").write_text("\n".join([*lines, ""]))
    (metadata / "entry_points.txt").write_text(entry_points)
