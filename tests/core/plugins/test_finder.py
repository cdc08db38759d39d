"""The finder: plugins of distributions, loaded by name and no sooner, and its errors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from threading import Barrier, Thread
from typing import Any

import marshmallow
import pytest

from dynamorm.exceptions import IncompatiblePlugin, PluginException, SchemaNotRecognised, UnknownBackend
from dynamorm.plugins import PluginFinder, finder
from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl
from tests.support.distributions import BACKEND, BACKENDS, SCHEMAS, describe, install, schema

MYDB = BACKEND.format(name="mydb", contract=1)


def of(library: str) -> type:
    """A Schema with a field of a *library* that need not be there."""
    field = type("Field", (), {"__module__": library})
    return type("Schema", (), {"isbn": field()})


def failure(name: str) -> str:
    """What the finder says about the backend called *name*."""
    with pytest.raises(IncompatiblePlugin) as raised:
        PluginFinder().backend(name)
    return str(raised.value)


def test_backend_of_a_third_party_is_found_by_its_name(folder: Path) -> None:
    module = install(folder, "dynamorm-mydb", "mydb", MYDB)
    plugins = PluginFinder()
    assert module not in sys.modules
    assert plugins.backend("mydb").name == "mydb"
    assert plugins.backend("mydb") is plugins.backend("mydb")


def test_only_the_plugin_that_is_asked_for_is_imported(folder: Path) -> None:
    wanted = install(folder, "dynamorm-wanted", "wanted", BACKEND.format(name="wanted", contract=1))
    other = install(folder, "dynamorm-other", "other", BACKEND.format(name="other", contract=1))
    PluginFinder().backend("wanted")
    assert wanted in sys.modules
    assert other not in sys.modules


def test_search_for_a_schema_imports_no_backend(folder: Path) -> None:
    backend = install(folder, "dynamorm-mydb", "mydb", MYDB)
    # Asked for by the name of the library too.
    with pytest.raises(SchemaNotRecognised):
        PluginFinder().schema_for("Book", of("mydb"))
    with pytest.raises(SchemaNotRecognised):
        PluginFinder().schema_for("Book", type("Schema", (), {}))
    assert backend not in sys.modules


def test_schema_plugin_is_no_backend(folder: Path) -> None:
    install(folder, "dynamorm-forms", "forms", schema("forms", "formlib"), SCHEMAS)
    with pytest.raises(UnknownBackend, match="No backend is called 'forms'") as raised:
        PluginFinder().backend("forms")
    assert "forms," not in str(raised.value)


def test_schema_adapter_of_a_third_party_may_be_called_otherwise_than_its_library(folder: Path) -> None:
    install(folder, "dynamorm-forms", "forms", schema("forms", "formlib"), SCHEMAS)
    assert PluginFinder().schema_for("Book", of("formlib")).name == "forms"


def test_group_of_earlier_days_is_not_read_and_named(folder: Path) -> None:
    module = install(folder, "dynamorm-mydb", "mydb", MYDB, "dynamorm")
    words = r"called 'mydb'.*dynamorm-mydb 1\.0 \(dynamorm_mydb\) names it in the group 'dynamorm', which is not read"
    with pytest.raises(UnknownBackend, match=words):
        PluginFinder().backend("mydb")
    assert module not in sys.modules


def test_one_module_may_register_a_backend_and_a_schema_adapter(folder: Path) -> None:
    module = install(folder, "dynamorm-both", "both", MYDB.replace("mydb", "both") + schema("both", "both"))
    describe(folder, "dynamorm-both-schemas", f"[{SCHEMAS}]\nboth = {module}\n")
    plugins = PluginFinder()
    assert plugins.backend("both").name == "both"
    assert plugins.schema_for("Book", of("both")).name == "both"


@pytest.mark.parametrize("contract", [0, 2])
def test_plugin_of_another_contract_is_told_in_one_line(folder: Path, contract: int) -> None:
    install(folder, "dynamorm-mydb", "mydb", BACKEND.format(name="mydb", contract=contract), version="3.1")
    message = failure("mydb")
    assert message.startswith(
        f"The backend 'mydb' of dynamorm-mydb 3.1 (dynamorm_mydb) was made for version {contract} of DynamORM's plugin contract, "
        "and dynamorm-core "
    )
    older = "dynamorm-mydb" if contract < 1 else "dynamorm-core"
    assert message.endswith(f"has version 1. Update one of them: pip install -U {older}.")
    assert "\n" not in message


def test_plugin_that_asks_for_another_core_says_so(folder: Path) -> None:
    code = "from dynamorm.ports.backends import Teleporter"
    install(folder, "dynamorm-new", "new", code, version="2.0", requires=["dynamorm-core<3,>=2", "requests"])
    words = r"can't be imported: ImportError: .*Teleporter.* It asks for dynamorm-core<3,>=2, and dynamorm-core 1\."
    with pytest.raises(IncompatiblePlugin, match=words) as raised:
        PluginFinder().backend("new")
    assert str(raised.value).endswith(" is installed. Update both: pip install -U dynamorm-core dynamorm-new")


MORE = "@hookimpl(specname='dynamorm_register_backend')\n    def once_more(): pass"
HOOK = """
    from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
    from dynamorm.ports.hooks import hookimpl
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import no_such_library", "can't be imported: ModuleNotFoundError: No module named 'no_such_library'"),
        ("def (", "can't be imported: SyntaxError"),
        ("raise SystemExit('not on this machine')", "can't be imported: SystemExit: not on this machine"),
        ("class Odd(BaseException):\n    def __str__(self): 1 / 0\nraise Odd", "can't be imported: Odd."),
        ("", "has no function dynamorm_register_backend that is marked with hookimpl"),
        ("def dynamorm_register_backend(): pass", "has no function dynamorm_register_backend that is marked"),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backends(): pass",
            "does not fit the hooks: unknown hook 'dynamorm_register_backends'",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(colour): pass",
            "does not fit the hooks: Argument(s) {'colour'}",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): return {{}}['x']",
            "can't be registered: KeyError: 'x'",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): raise SystemExit(3)",
            "can't be registered: SystemExit: 3",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): pass",
            "returns NoneType from dynamorm_register_backend, and not a BackendProvider",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    async def dynamorm_register_backend(): pass",
            "implements dynamorm_register_backend as a wrapper or a coroutine",
        ),
        (
            f"{HOOK}\n    @hookimpl(wrapper=True)\n    def dynamorm_register_backend(): return (yield)",
            "implements dynamorm_register_backend as a wrapper or a coroutine",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): return BackendProvider('other', 1, print)",
            "registers the name 'other'. A plugin can register only the name of its entry point",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): return BackendProvider('broken', 1, 'print')",
            "gives str as 'connect', which is a function",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): return BackendProvider('broken', 1)",
            "has neither 'connect' nor 'connect_async'",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): return BackendProvider(name='broken', door=1)",
            "can't be registered: TypeError",
        ),
        (
            f"{HOOK}\n    @hookimpl\n    def dynamorm_register_backend(): pass\n    {MORE}",
            "implements dynamorm_register_backend 2 times",
        ),
    ],
)
def test_what_is_wrong_with_a_plugin_is_told_to_who_asks_for_it(folder: Path, code: str, told: str) -> None:
    install(folder, "dynamorm-broken", "broken", dedent(code))
    plugins = PluginFinder()
    for _ in range(2):
        with pytest.raises(IncompatiblePlugin) as raised:
            plugins.backend("broken")
        assert str(raised.value).startswith(f"The backend 'broken' of dynamorm-broken 1.0 (dynamorm_broken) {told}")
    assert isinstance(raised.value, ImportError)
    # Others go on.
    assert plugins.backend("sqlite").name == "sqlite"


def test_hook_of_another_group_is_named_with_it(folder: Path) -> None:
    install(folder, "dynamorm-forms", "forms", schema("forms", "formlib"), BACKENDS)
    message = failure("forms")
    assert "has no function dynamorm_register_backend" in message
    assert message.endswith("dynamorm.schemas is the group for its dynamorm_register_schema.")


def test_cause_is_kept(folder: Path) -> None:
    install(folder, "dynamorm-broken", "broken", "import no_such_library")
    with pytest.raises(IncompatiblePlugin) as raised:
        PluginFinder().backend("broken")
    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_keyboard_interrupt_is_nobody_s_failure(folder: Path) -> None:
    install(folder, "dynamorm-slow", "slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        PluginFinder().backend("slow")


def test_entry_point_that_names_a_class_or_nothing(folder: Path) -> None:
    (folder / "dynamorm_odd.py").write_text("class Plugin: pass")
    names = "cls = dynamorm_odd:Plugin\nattribute = dynamorm_odd:plugin\nmodule = no_such_module\nnothing = !\n"
    describe(folder, "dynamorm-odd", f"[{BACKENDS}]\n{names}")
    assert "is the class Plugin. Give an instance or a module" in failure("cls")
    assert "can't be imported: AttributeError" in failure("attribute")
    assert "can't be imported: ModuleNotFoundError" in failure("module")
    assert "can't be imported" in failure("nothing")


def test_two_distributions_with_one_name_are_refused_when_it_is_used(folder: Path) -> None:
    install(folder, "dynamorm-one", "mydb", MYDB, version="1.2")
    install(folder, "dynamorm-two", "mydb", MYDB, version="3.4")
    install(folder, "dynamorm-three", "otherdb", BACKEND.format(name="otherdb", contract=1))
    assert failure("mydb") == (
        "Two installed distributions provide a backend called 'mydb': dynamorm-one 1.2 (dynamorm_one) and dynamorm-two 3.4 "
        "(dynamorm_two). Uninstall one of them."
    )
    assert "dynamorm_one" not in sys.modules
    plugins = PluginFinder()
    assert plugins.backend("otherdb").name == "otherdb"
    assert plugins.schema_for("Book", type("Schema", (marshmallow.Schema,), {})).name == "marshmallow"


def test_one_name_in_two_groups_is_no_conflict(folder: Path) -> None:
    install(folder, "dynamorm-one", "mydb", MYDB)
    install(folder, "dynamorm-two", "mydb", schema("mydb", "mydb"), SCHEMAS)
    plugins = PluginFinder()
    assert plugins.backend("mydb").name == "mydb"
    assert plugins.schema_for("Book", of("mydb")).name == "mydb"


@pytest.mark.parametrize("damage", ["[dynamorm.backends\nmydb", "just words", "[dynamorm.backends]\nno equals sign"])
def test_damaged_distribution_hides_no_plugin(folder: Path, damage: str) -> None:
    describe(folder, "damaged", damage)
    install(folder, "dynamorm-mydb", "mydb", MYDB)
    plugins = PluginFinder()
    assert plugins.backend("mydb").name == "mydb"
    assert plugins.backend("sqlite").name == "sqlite"


def test_distribution_without_metadata_is_called_by_its_module(folder: Path) -> None:
    module = install(folder, "dynamorm-mydb", "mydb", "import no_such_library")
    (folder / f"{module}-1.0.dist-info" / "METADATA").unlink()
    assert "'mydb' of" in failure("mydb")
    assert "dynamorm_mydb" in failure("mydb")


def test_plugin_that_asks_for_itself_while_it_is_imported(folder: Path) -> None:
    code = "from dynamorm.plugins import finder\nfinder().backend('loop')"
    install(folder, "dynamorm-loop", "loop", code)
    program = "from dynamorm.plugins import finder\nfinder().backend('loop')"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert "asked for while it is being imported" in done.stderr
    assert "RecursionError" not in done.stderr


def test_threads_that_import_and_ask_do_not_wait_for_each_other_for_ever(folder: Path) -> None:
    """One thread imports a module that asks for a plugin; the plugin imports that module."""
    install(folder, "dynamorm-mydb", "mydb", f"import application\n{dedent(MYDB)}")
    (folder / "application.py").write_text("import meeting; meeting.point.wait(); meeting.ask()")
    program = """
import threading, types, sys
from dynamorm.plugins import finder
from dynamorm.exceptions import PluginException
meeting = types.ModuleType("meeting")
meeting.point = threading.Barrier(2)
def ask():
    try:
        finder().backend("mydb")
    except PluginException:
        pass
meeting.ask = ask
sys.modules["meeting"] = meeting
importing = threading.Thread(target=__import__, args=("application",), daemon=True)
importing.start()
meeting.point.wait()
ask()
importing.join(20)
sys.exit(importing.is_alive())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, check=False, timeout=60)
    assert done.returncode == 0


def test_threads_get_one_provider(folder: Path) -> None:
    install(folder, "dynamorm-mydb", "mydb", MYDB)
    plugins, meeting, found = PluginFinder(), Barrier(8), []

    def ask() -> None:
        meeting.wait()
        found.append(plugins.backend("mydb"))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(provider) for provider in found}) == 1


def open_nothing(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    raise AssertionError("Nothing is to be opened.")


class Silent:
    @hookimpl
    def dynamorm_register_backend(self) -> BackendProvider:
        return BackendProvider("silent", 1, open_nothing)


def test_program_registers_a_plugin_of_its_own() -> None:
    plugins, plugin = PluginFinder(), Silent()
    plugins.register(plugin)
    assert plugins.backend("silent").connect is open_nothing
    with pytest.raises(PluginException, match="Silent is registered already"):
        plugins.register(plugin)
    plugins.unregister(plugin)
    with pytest.raises(UnknownBackend):
        plugins.backend("silent")
    with pytest.raises(PluginException, match="type Silent is not registered"):
        plugins.unregister(plugin)


def test_plugin_of_the_program_goes_before_an_installed_one(folder: Path) -> None:
    install(folder, "dynamorm-silent", "silent", "import no_such_library")
    plugins = PluginFinder()
    plugins.register(Silent())
    assert plugins.backend("silent").connect is open_nothing


def test_hook_with_a_wrong_argument_is_refused_at_registration() -> None:
    class Wrong:
        @hookimpl
        def dynamorm_register_backend(self, colour: str) -> None:
            raise AssertionError

    with pytest.raises(IncompatiblePlugin, match=r"The plugin Wrong does not fit the hooks: .*colour"):
        PluginFinder().register(Wrong())


def test_hook_with_an_unknown_name_is_refused_at_registration() -> None:
    class Wrong:
        @hookimpl
        def dynamorm_register_backends(self) -> None:
            raise AssertionError

    with pytest.raises(IncompatiblePlugin, match="unknown hook 'dynamorm_register_backends'"):
        PluginFinder().register(Wrong())


@pytest.mark.parametrize("nothing", [object(), Silent])
def test_object_without_a_hook_is_refused_at_registration(nothing: Any) -> None:
    with pytest.raises(IncompatiblePlugin, match=r"no function that is marked with hookimpl|is the class Silent"):
        PluginFinder().register(nothing)


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


def test_finder_of_the_process_is_one_and_the_same() -> None:
    assert finder() is finder()
