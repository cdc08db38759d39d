"""The plugin: what its module imports, and which classes it claims when other plugins are installed beside it."""

from __future__ import annotations

import enum
import json
import os
import subprocess
import sys
import types
from abc import ABC
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any, NamedTuple, TypedDict

from dynamorm.plugins.kinds import SCHEMA
from dynamorm.plugins.plugin_finder import PluginFinder
from dynamorm.plugins.traces import OF_ANNOTATIONS, traces_of
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaProvider
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite

#: The major version of the contract that this suite tests.
CONTRACT = 1
#: How long a fresh interpreter may take to import a plugin.
_SECONDS = 60
#: Prints which of the library's modules are imported after each step, and the name of the provider.
_PROGRAM = """
import json, sys
from importlib import import_module

def imported():
    return [name for name in sys.argv[2].split(",") if name in sys.modules]

import dynamorm.ports.hooks, dynamorm.ports.schemas
class Plain:
    number: int = 5
before = imported()
module = import_module(sys.argv[1])
after_import = imported()
provider = module.dynamorm_register_schema()
after_hook = imported()
claim = provider.claims(Plain)
print(json.dumps([before, after_import, after_hook, imported(), provider.name, int(claim)]))
"""


class Nothing:
    """A class that belongs to no library."""

    number = 5


class Annotated(Nothing):
    """A class with annotations, which Pydantic alone may claim."""

    number: int = 5


class Colour(enum.Enum):
    """A class that the standard library has made something of."""

    RED = "red"


class Named(NamedTuple):
    """A tuple with fields."""

    number: int


class Typed(TypedDict):
    """A dict with fields."""

    number: int


class Abstract(ABC):  # noqa: B024 - only its metaclass matters
    """A class with a metaclass of the standard library's."""


class ProviderTests(SchemaSuite):
    """Test the provider beside others."""

    def test_contract(self, library: SchemaLibrary) -> None:
        """The provider is made for this version of the contract, and has a name."""
        provider = library.provider
        assert isinstance(provider, SchemaProvider)
        assert (type(provider.contract), provider.contract) == (int, CONTRACT)
        assert provider.name.isidentifier()

    def test_claims_what_is_its_own(self, library: SchemaLibrary) -> None:
        """The provider claims a schema of its library, with a ``Claim`` that says how surely."""
        claim = library.provider.claims(library.schema({"id": fields.text()}))
        assert isinstance(claim, Claim)
        assert claim >= (Claim.ANNOTATIONS if library.provider.name == OF_ANNOTATIONS else Claim.FIELDS)

    def test_claims_what_the_library_made(self, library: SchemaLibrary) -> None:
        """The class that the library made, ``adapter.schema``, is claimed no less surely than what it was made of."""
        definition = library.schema({"id": fields.text()})
        adapter = library.provider.adapt("Thing", definition)
        assert library.provider.claims(adapter.schema) >= library.provider.claims(definition)

    def test_claims_no_other_class(self, library: SchemaLibrary) -> None:
        """The provider claims no class of nobody's, and none that the standard library has made something of."""
        claims = library.provider.claims
        for other in (Nothing, object, type, int, dict, Exception, Colour, Abstract):
            assert claims(other) is Claim.NONE
        for annotated in (Annotated, Named, Typed):
            allowed = {Claim.NONE, Claim.ANNOTATIONS} if library.provider.name == OF_ANNOTATIONS else {Claim.NONE}
            assert claims(annotated) in allowed

    def test_claims_no_class_of_another_library(self, library: SchemaLibrary) -> None:
        """A class of another library is claimed less surely than that library's own plugin claims it."""
        for owner, module, make in _FOREIGN:
            if owner == library.provider.name or find_spec(module.partition(".")[0]) is None:
                continue
            for definition, own_claim in make(import_module(module)).items():
                assert library.provider.claims(definition) < own_claim, f"claims a class of {owner}"

    def test_found_by_name(self, library: SchemaLibrary) -> None:
        """The provider has the name of a module that a schema shows traces of, by which DynamORM looks for plugins."""
        assert library.provider.name in traces_of(library.schema({"id": fields.text()})).names

    def test_found_beside_other_plugins(self, library: SchemaLibrary) -> None:
        """Of all installed plugins, this one is chosen for a schema of its library, and for what it makes of one."""
        plugin = _Plugin(library.provider)
        finder = PluginFinder()
        finder.register(plugin)
        definition = library.schema({"id": fields.text(required=True), "number": fields.integer()})
        assert finder.schema_for("Thing", definition) is library.provider
        made = library.provider.adapt("Thing", definition).schema
        assert finder.schema_for("Thing", made) is library.provider

    def test_entry_point(self, library: SchemaLibrary) -> None:
        """The entry point of the plugin, if there is one, has the name of the provider."""
        modules = {_plugin_module(library), library.provider.claims.__module__}
        named = [each.name for each in entry_points(group=SCHEMA.group) if each.module in modules]
        assert not named or library.provider.name in named

    def test_imports_nothing(self, library: SchemaLibrary) -> None:
        """The plugin's module, its hook, and its claims import nothing of the library: a model may need another one."""
        modules = library.modules or (library.provider.name,)
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, _plugin_module(library), ",".join(modules)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        before, after_import, after_hook, after_claims, name, claim = json.loads(done.stdout)
        assert name == library.provider.name
        assert claim == Claim.NONE or name == OF_ANNOTATIONS
        # What an interpreter imports at its start is nobody's fault.
        assert (after_import, after_hook, after_claims) == (before, before, before)


class _Plugin:
    """A plugin that registers one provider."""

    def __init__(self, provider: SchemaProvider) -> None:
        self._provider = provider

    @hookimpl
    def dynamorm_register_schema(self) -> SchemaProvider:
        """Register the provider."""
        return self._provider


def _plugin_module(library: SchemaLibrary) -> str:
    """Return the module of the plugin: what the library states, what is installed, or where ``claims`` is defined."""
    installed = [each.module for each in entry_points(group=SCHEMA.group, name=library.provider.name)]
    return library.plugin or next(iter(installed), library.provider.claims.__module__)


def _with_fields(base: type, body: Mapping[str, Any]) -> type:
    return types.new_class("Schema", (base,), exec_body=lambda namespace: namespace.update(body))


def _of_marshmallow(marshmallow: Any) -> dict[type, Claim]:
    body = {"id": marshmallow.fields.String()}
    return {_with_fields(marshmallow.Schema, body): Claim.CLASS, _with_fields(object, body): Claim.FIELDS}


def _of_schematics(models: Any) -> dict[type, Claim]:
    body = {"id": import_module("schematics.types").StringType()}
    return {_with_fields(models.Model, body): Claim.CLASS, _with_fields(object, body): Claim.FIELDS}


def _of_pydantic(pydantic: Any) -> dict[type, Claim]:
    return {pydantic.create_model("Schema", id=(str, "x")): Claim.CLASS}


def _of_attrs(attrs: Any) -> dict[type, Claim]:
    return {attrs.make_class("Schema", {"id": attrs.field(type=str)}): Claim.CLASS}


def _of_msgspec(msgspec: Any) -> dict[type, Claim]:
    return {msgspec.defstruct("Schema", [("id", str)]): Claim.CLASS}


def _of_dataclasses(dataclasses: Any) -> dict[type, Claim]:
    return {dataclasses.make_dataclass("Schema", [("id", str)]): Claim.CLASS}


#: Makes classes of a library, with how surely its own plugin claims them: the plugin's name, the library's module, and
#: the function that makes the classes.
_FOREIGN: tuple[tuple[str, str, Callable[[Any], Mapping[type, Claim]]], ...] = (
    ("marshmallow", "marshmallow", _of_marshmallow),
    ("schematics", "schematics.models", _of_schematics),
    ("pydantic", "pydantic", _of_pydantic),
    ("attrs", "attrs", _of_attrs),
    ("msgspec", "msgspec", _of_msgspec),
    ("msgspec", "dataclasses", _of_dataclasses),
)
