"""The finder: plugins of distributions, loaded by name and no sooner, and its errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import marshmallow
import pluggy
import pytest

from dynamorm.exceptions import AmbiguousSchema, IncompatiblePlugin, SchemaNotRecognised, UnknownBackend
from dynamorm.plugins import PluginFinder
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import SchemaAdapter, SchemaProvider
from tests.core.plugins.distributions import BACKEND, SCHEMA, install


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the import path, whose modules are forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No distribution has a plugin."""
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: ())


def of(library: str) -> type:
    """A Schema with a field of a *library* that need not be there."""
    field = type("Field", (), {"__module__": library})
    return type("Schema", (), {"isbn": field()})


def test_backend_of_a_third_party_is_found_by_its_name(folder: Path) -> None:
    module = install(folder, "dynamorm-mydb", "mydb", BACKEND.format(name="mydb", contract=1))
    plugins = PluginFinder()
    assert module not in sys.modules
    assert plugins.backend("mydb").name == "mydb"
    assert plugins.backend("mydb").name == "mydb"


def test_only_the_plugin_that_is_asked_for_is_imported(folder: Path) -> None:
    wanted = install(folder, "dynamorm-wanted", "wanted", BACKEND.format(name="wanted", contract=1))
    other = install(folder, "dynamorm-other", "other", BACKEND.format(name="other", contract=1))
    PluginFinder().backend("wanted")
    assert wanted in sys.modules
    assert other not in sys.modules


def test_schema_adapter_of_a_third_party_may_be_called_otherwise_than_its_library(folder: Path) -> None:
    install(folder, "dynamorm-forms", "forms", SCHEMA.format(name="forms", contract=1, library="formlib"))
    assert PluginFinder().schema_for("Book", of("formlib")).name == "forms"


def test_schema_of_a_published_library_needs_no_other_plugin(folder: Path) -> None:
    broken = install(folder, "dynamorm-broken", "broken", "raise RuntimeError('out of order')")
    schema = type("Schema", (), {"isbn": marshmallow.fields.String()})
    assert PluginFinder().schema_for("Book", schema).name == "marshmallow"
    assert broken not in sys.modules


def test_plugin_that_can_not_be_imported(folder: Path) -> None:
    install(folder, "dynamorm-broken", "broken", "import no_such_library")
    with pytest.raises(
        IncompatiblePlugin, match=r"'broken' \(dynamorm_broken\) can't be imported: .*no_such_library"
    ) as raised:
        PluginFinder().backend("broken")
    assert isinstance(raised.value, ImportError)
    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize("contract", [0, 2])
def test_plugin_of_another_contract(folder: Path, contract: int) -> None:
    install(folder, "dynamorm-mydb", "mydb", BACKEND.format(name="mydb", contract=contract))
    words = rf"^The plugin 'mydb' was made for version {contract} of .* has version 1\. Install releases of both"
    with pytest.raises(IncompatiblePlugin, match=words):
        PluginFinder().backend("mydb")


def test_schema_adapter_of_another_contract(folder: Path) -> None:
    install(folder, "dynamorm-forms", "forms", SCHEMA.format(name="forms", contract=7, library="formlib"))
    with pytest.raises(IncompatiblePlugin, match="'forms' was made for version 7"):
        PluginFinder().schema_for("Book", of("formlib"))


def test_two_distributions_with_one_name(folder: Path) -> None:
    install(folder, "dynamorm-one", "mydb", BACKEND.format(name="mydb", contract=1))
    install(folder, "dynamorm-two", "mydb", BACKEND.format(name="mydb", contract=1))
    with pytest.raises(IncompatiblePlugin, match="'mydb'") as raised:
        PluginFinder().backend("mydb")
    assert "dynamorm_one" in str(raised.value)
    assert "dynamorm_two" in str(raised.value)
    assert "Uninstall one of them" in str(raised.value)


def test_hook_with_a_wrong_argument_is_refused_at_registration() -> None:
    class Wrong:
        @hookimpl
        def dynamorm_register_backend(self, colour: str) -> None:
            raise AssertionError

    plugins = PluginFinder()
    with pytest.raises(pluggy.PluginValidationError, match="colour"):
        plugins.register(Wrong())


def test_hook_with_an_unknown_name_is_refused_at_registration() -> None:
    class Wrong:
        @hookimpl
        def dynamorm_register_backends(self) -> None:
            raise AssertionError

    with pytest.raises(pluggy.PluginValidationError, match="dynamorm_register_backends"):
        PluginFinder().register(Wrong())


@pytest.mark.parametrize("name", ["boto3", "sqlite"])
@pytest.mark.usefixtures("nothing_installed")
def test_published_backend_that_is_not_installed(name: str) -> None:
    with pytest.raises(UnknownBackend, match=f"'{name}' is not installed.*pip install dynamorm-{name}") as raised:
        PluginFinder().backend(name)
    assert isinstance(raised.value, LookupError)


@pytest.mark.usefixtures("nothing_installed")
def test_unknown_backend_when_nothing_is_installed() -> None:
    with pytest.raises(UnknownBackend, match=r"No backend is called 'mongo'.*installed: none"):
        PluginFinder().backend("mongo")


@pytest.mark.parametrize("library", ["marshmallow", "pydantic", "schematics"])
@pytest.mark.usefixtures("nothing_installed")
def test_schema_of_a_library_whose_adapter_is_not_installed(library: str) -> None:
    words = f"The Schema of Book is made of {library}, .* pip install dynamorm-{library}$"
    with pytest.raises(SchemaNotRecognised, match=words):
        PluginFinder().schema_for("Book", of(f"{library}.fields"))


@pytest.mark.usefixtures("nothing_installed")
def test_schema_whose_base_is_of_a_library_without_its_adapter() -> None:
    base = type("BaseModel", (), {"__module__": "pydantic.main"})
    with pytest.raises(SchemaNotRecognised, match="pip install dynamorm-pydantic"):
        PluginFinder().schema_for("Book", type("Schema", (base,), {}))


def test_schema_made_of_nothing() -> None:
    words = "recognises the Schema of Book.*dynamorm-marshmallow, dynamorm-pydantic, dynamorm-schematics"
    with pytest.raises(SchemaNotRecognised, match=words):
        PluginFinder().schema_for("Book", type("Schema", (), {"isbn": str}))


def test_schema_that_two_adapters_claim() -> None:
    def adapt(model_name: str, definition: type) -> SchemaAdapter:
        raise AssertionError("Nothing is adapted before it is certain by whom.")

    class Greedy:
        @hookimpl
        def dynamorm_register_schema(self) -> SchemaProvider:
            return SchemaProvider("greedy", 1, lambda definition: True, adapt)

    plugins = PluginFinder()
    plugins.register(Greedy())
    schema = type("Schema", (), {"isbn": marshmallow.fields.String()})
    with pytest.raises(
        AmbiguousSchema, match=r"The Schema of Book is claimed by greedy and marshmallow.*one library only"
    ):
        plugins.schema_for("Book", schema)
