"""Distributions made up for a test: importable, with entry points, as if they had been installed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

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
    from dynamorm.ports.schemas import SchemaProvider


    def claims(definition):
        return any(type(value).__module__ == "{library}" for value in vars(definition).values())


    def adapt(model_name, definition):
        raise NotImplementedError


    @hookimpl
    def dynamorm_register_schema():
        return SchemaProvider("{name}", {contract}, claims, adapt)
"""


def install(folder: Path, distribution: str, plugin: str, code: str) -> str:
    """Puts a distribution with one plugin into a *folder* of the import path; answers the plugin's module."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(dedent(code))
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[dynamorm]\n{plugin} = {module}\n")
    return module
