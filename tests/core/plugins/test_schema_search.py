"""Which plugin adapts a ``Schema``: the strongest claim, whatever was imported first and whatever else is broken."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import attr
import attrs
import marshmallow
import msgspec
import pydantic
import pydantic.dataclasses
import pytest
import schematics

from dynamorm.exceptions import AmbiguousSchema, DynaModelException, IncompatiblePlugin, SchemaNotRecognised
from dynamorm.plugins import PluginFinder
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaField, SchemaProvider
from tests.support.distributions import BACKENDS, SCHEMAS, describe, install, schema


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    raise AssertionError("Nothing is adapted before it is certain by whom.")


def of(*libraries: str) -> type:
    """A Schema with a field of each of some *libraries*, which need not be there."""
    values = {f"field_{library}": type("Field", (), {"__module__": library})() for library in libraries}
    return type("Schema", (), values)


class Plain:
    isbn: str


class Child(Plain):
    pass


class WithDefault:
    isbn: str = "1"


class OfMarshmallow:
    isbn = marshmallow.fields.String()


class AnnotatedOfMarshmallow:
    isbn: marshmallow.fields.String = marshmallow.fields.String()


class SchemaOfMarshmallow(marshmallow.Schema):
    isbn: str


class SchematicsInMarshmallow(marshmallow.Schema):
    isbn = schematics.types.StringType()


class ModelOfPydantic(pydantic.BaseModel):
    isbn: str


class OfPydantic:
    isbn: str = pydantic.Field(max_length=3)


class OfSchematics:
    isbn = schematics.types.StringType()


@attrs.define
class OfAttrs:
    isbn: str


@attr.s(auto_attribs=True)
class OfOldAttrs:
    isbn: str


class ChildOfAttrs(OfAttrs):
    title: str


class OfMsgspec(msgspec.Struct):
    isbn: str


@dataclasses.dataclass
class Dataclass:
    isbn: str


@pydantic.dataclasses.dataclass
class DataclassOfPydantic:
    isbn: str


INSTALLED = [
    (Plain, "pydantic"),
    (Child, "pydantic"),
    (WithDefault, "pydantic"),
    (OfMarshmallow, "marshmallow"),
    (AnnotatedOfMarshmallow, "marshmallow"),
    (SchemaOfMarshmallow, "marshmallow"),
    (SchematicsInMarshmallow, "marshmallow"),
    (ModelOfPydantic, "pydantic"),
    (OfPydantic, "pydantic"),
    (DataclassOfPydantic, "pydantic"),
    (OfSchematics, "schematics"),
    (OfAttrs, "attrs"),
    (OfOldAttrs, "attrs"),
    (ChildOfAttrs, "attrs"),
    (OfMsgspec, "msgspec"),
    (Dataclass, "msgspec"),
    (type("Child", (Dataclass,), {}), "msgspec"),
]


@pytest.mark.parametrize("before", [None, *(definition for definition, _ in INSTALLED)])
def test_what_a_schema_is_made_of_decides_whatever_was_loaded_before(before: type | None) -> None:
    plugins = PluginFinder()
    if before is not None:
        plugins.schema_for("Before", before)
    assert [plugins.schema_for("Book", definition).name for definition, _ in INSTALLED] == [
        name for _, name in INSTALLED
    ]


UNADAPTED = [
    (OfAttrs, "an attrs class", "attrs"),
    (OfOldAttrs, "an attrs class", "attrs"),
    (ChildOfAttrs, "an attrs class", "attrs"),
    (OfMsgspec, "a msgspec Struct", "msgspec"),
    (Dataclass, "a dataclass", "msgspec"),
    (type("Child", (Dataclass,), {}), "a dataclass", "msgspec"),
]


@pytest.mark.parametrize(("definition", "noun", "library"), UNADAPTED)
@pytest.mark.parametrize("before", [Plain, OfMarshmallow])
@pytest.mark.usefixtures("without_plugins_of_makers")
def test_class_of_a_library_without_its_plugin_is_refused_with_the_command_that_installs_it(
    definition: type, noun: str, library: str, before: type
) -> None:
    plugins = PluginFinder()
    plugins.schema_for("Before", before)
    words = f"The Schema of Book is {noun}, and no installed plugin adapts it.*: pip install dynamorm-{library}"
    with pytest.raises(SchemaNotRecognised, match=words):
        plugins.schema_for("Book", definition)


@pytest.mark.parametrize(
    ("definition", "plugin"),
    [(OfAttrs, "attrs"), (OfOldAttrs, "attrs"), (OfMsgspec, "msgspec"), (Dataclass, "msgspec"), (Dataclass, "attrs")],
)
@pytest.mark.parametrize("loaded_before", [False, True])
@pytest.mark.usefixtures("without_plugins_of_makers")
def test_class_of_a_library_is_adapted_by_its_plugin_beside_pydantic(
    folder: Path, definition: type, plugin: str, loaded_before: bool
) -> None:
    code = """
        from dynamorm.ports.hooks import hookimpl
        from dynamorm.ports.schemas import Claim, SchemaProvider

        @hookimpl
        def dynamorm_register_schema():
            return SchemaProvider("{plugin}", 1, lambda definition: Claim.CLASS, print)
    """
    install(folder, f"my-{plugin}", plugin, dedent(code).format(plugin=plugin), SCHEMAS)
    plugins = PluginFinder()
    if loaded_before:
        plugins.schema_for("Before", Plain)
    assert plugins.schema_for("Book", definition).name == plugin
    assert plugins.schema_for("After", Plain).name == "pydantic"


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [(Claim.CLASS, Claim.FIELDS), (Claim.CLASS, Claim.ANNOTATIONS), (Claim.FIELDS, Claim.ANNOTATIONS)],
)
@pytest.mark.parametrize("order", [("strong", "weak"), ("weak", "strong")])
def test_strongest_claim_decides(stronger: Claim, weaker: Claim, order: tuple[str, str]) -> None:
    plugins = PluginFinder()
    for name in order:
        plugins.register(Claiming(name, stronger if name == "strong" else weaker))
    assert plugins.schema_for("Book", of("formlib")).name == "strong"


@pytest.mark.parametrize("claim", [Claim.CLASS, Claim.FIELDS, Claim.ANNOTATIONS])
def test_equal_claims_are_an_error_until_the_table_names_a_library(claim: Claim) -> None:
    plugins = PluginFinder()
    plugins.register(Claiming("one", claim))
    plugins.register(Claiming("other", claim))
    words = r"The Schema of Book is claimed by one and other.*one library only.*schema_library = 'one'"
    with pytest.raises(AmbiguousSchema, match=words):
        plugins.schema_for("Book", of("formlib"))
    assert plugins.schema_for("Book", of("formlib"), "one").name == "one"
    assert plugins.schema_for("Book", of("formlib"), "other").name == "other"


def test_plugin_of_the_program_does_not_hide_an_equal_claim_of_an_installed_one() -> None:
    plugins = PluginFinder()
    plugins.register(Claiming("greedy", Claim.FIELDS))
    with pytest.raises(
        AmbiguousSchema, match=r"The Schema of Book is claimed by greedy and marshmallow.*one library only"
    ):
        plugins.schema_for("Book", OfMarshmallow)


@pytest.mark.parametrize("made", [dataclasses.dataclass, attrs.define])
def test_library_that_makes_its_classes_with_another_goes_before_that(made: Callable[[type], type]) -> None:
    class Base:
        __module__ = "formlib.records"

    class Record(Base):
        isbn: str

    plugins = PluginFinder()
    plugins.register(Claiming("formlib", Claim.CLASS))
    assert plugins.schema_for("Book", made(Record)).name == "formlib"
    plugins.register(Claiming("greedy", Claim.CLASS))
    assert plugins.schema_for("Book", made(Record)).name == "formlib"
    with pytest.raises(AmbiguousSchema, match="claimed by"):
        plugins.schema_for("Book", Dataclass)


def test_fields_of_two_libraries_are_ambiguous() -> None:
    definition = type("Schema", (OfMarshmallow, OfSchematics), {})
    with pytest.raises(AmbiguousSchema, match="claimed by marshmallow and schematics"):
        PluginFinder().schema_for("Book", definition)
    assert PluginFinder().schema_for("Book", definition, "schematics").name == "schematics"


@pytest.mark.usefixtures("without_plugins_of_makers")
def test_library_of_the_table_that_does_not_fit() -> None:
    plugins = PluginFinder()
    with pytest.raises(
        SchemaNotRecognised, match=r"'attrs', the schema_library in .* Book.*pip install dynamorm-attrs"
    ):
        plugins.schema_for("Book", Plain, "attrs")
    with pytest.raises(
        SchemaNotRecognised, match=r"'forms', .* names no installed .* marshmallow, .*pydantic, schematics"
    ):
        plugins.schema_for("Book", Plain, "forms")
    with pytest.raises(SchemaNotRecognised, match=r"'marshmallow', .* does not recognise its Schema"):
        plugins.schema_for("Book", Plain, "marshmallow")


@pytest.mark.parametrize("definition", [Plain, Child, OfMarshmallow, ModelOfPydantic, OfSchematics])
def test_healthy_model_imports_no_plugin_that_it_has_no_use_for(folder: Path, definition: type) -> None:
    others = [install(folder, f"dynamorm-{name}", name, "raise RuntimeError", SCHEMAS) for name in ("forms", "records")]
    PluginFinder().schema_for("Book", definition)
    assert not {*others} & {*sys.modules}


FAILING: list[tuple[str, str]] = [
    ("import no_such_library", "can't be imported: ModuleNotFoundError"),
    ("raise SystemExit", "can't be imported: SystemExit"),
    ("", "has no function dynamorm_register_schema"),
    (schema("another", "formlib"), "registers the name 'another'"),
    (schema("forms", "formlib", contract=7), "was made for version 7"),
    (
        schema("forms", "formlib").replace("values =", "raise KeyError(definition)\n        values ="),
        "can't tell whether it",
    ),
    (schema("forms", "formlib").replace("values =", "raise SystemExit\n        values ="), "can't tell whether it"),
    (schema("forms", "formlib").replace("return Claim", "return 'yes' or Claim"), "returns str from 'claims'"),
    (schema("forms", "formlib").replace("return Claim", "return True or Claim"), "returns bool from 'claims'"),
]


@pytest.mark.parametrize(("code", "told"), FAILING)
def test_broken_plugin_concerns_no_other_schema(folder: Path, code: str, told: str) -> None:
    install(folder, "dynamorm-forms", "forms", code, SCHEMAS)
    plugins = PluginFinder()
    # A library that no plugin is named after: all are asked.
    with pytest.raises(SchemaNotRecognised, match="These plugins could not be asked") as raised:
        plugins.schema_for("Book", of("formlib"))
    assert told in str(raised.value)
    install(folder, "dynamorm-healthy", "healthy", schema("healthy", "healthlib"), SCHEMAS)
    for _ in range(2):
        assert PluginFinder().schema_for("Book", of("healthlib")).name == "healthy"
        assert plugins.schema_for("Book", OfMarshmallow).name == "marshmallow"
        assert plugins.schema_for("Book", Plain).name == "pydantic"


@pytest.mark.parametrize(("code", "told"), FAILING)
def test_broken_plugin_of_the_schema_s_own_library(folder: Path, code: str, told: str) -> None:
    install(folder, "dynamorm-forms", "forms", code, SCHEMAS)
    plugins = PluginFinder()
    for _ in range(2):
        with pytest.raises(IncompatiblePlugin, match="The Schema of Book needs a plugin that can't be used") as raised:
            plugins.schema_for("Book", of("forms", "formlib"))
        assert told in str(raised.value)


def test_schema_plugin_with_two_distributions(folder: Path) -> None:
    install(folder, "dynamorm-forms", "forms", schema("forms", "forms"), SCHEMAS)
    install(folder, "dynamorm-forms-too", "forms", schema("forms", "forms"), SCHEMAS)
    plugins = PluginFinder()
    assert plugins.schema_for("Book", OfMarshmallow).name == "marshmallow"
    with pytest.raises(IncompatiblePlugin, match=r"dynamorm-forms 1\.0 .* and dynamorm-forms-too 1\.0"):
        plugins.schema_for("Book", of("forms"))


@pytest.mark.parametrize("library", ["marshmallow", "pydantic", "schematics", "attrs", "msgspec"])
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


@pytest.mark.usefixtures("nothing_installed")
def test_annotated_class_without_the_adapter_of_pydantic() -> None:
    with pytest.raises(
        SchemaNotRecognised, match=r"The Schema of Book has annotations.*pip install dynamorm-pydantic$"
    ):
        PluginFinder().schema_for("Book", Plain)


def test_annotated_class_goes_to_another_plugin_without_pydantic_s(nothing_installed: Path) -> None:
    code = schema("forms", "x").replace("return Claim.FIELDS if", "return Claim.ANNOTATIONS or")
    install(nothing_installed, "dynamorm-forms", "forms", code.replace("else Claim.NONE", ""), SCHEMAS)
    assert PluginFinder().schema_for("Book", Plain).name == "forms"


def test_schema_made_of_nothing() -> None:
    words = "recognises the Schema of Book.*dynamorm-marshmallow, dynamorm-pydantic, dynamorm-schematics"
    with pytest.raises(SchemaNotRecognised, match=words):
        PluginFinder().schema_for("Book", type("Schema", (), {"isbn": str}))


def test_model_whose_plugin_is_missing_is_a_mistake_in_its_definition() -> None:
    assert issubclass(SchemaNotRecognised, DynaModelException)


def test_plugin_that_only_a_backend_s_group_names_is_not_asked(folder: Path) -> None:
    module = install(folder, "dynamorm-forms", "forms", schema("forms", "forms"), BACKENDS)
    with pytest.raises(SchemaNotRecognised):
        PluginFinder().schema_for("Book", of("forms"))
    assert module not in sys.modules


def test_plugin_whose_module_defines_a_model_of_its_own_kind(folder: Path) -> None:
    """While the module is imported, the plugin is not there yet."""
    code = """
        from dynamorm.plugins import finder
        from dynamorm.exceptions import DynamoException

        class Schema:
            field = type("Field", (), {"__module__": "forms"})()

        try:
            finder().schema_for("Own", Schema)
        except DynamoException as error:
            TOLD = str(error)
    """
    install(folder, "dynamorm-forms", "forms", dedent(code) + dedent(schema("forms", "forms")), SCHEMAS)
    program = """
        from dynamorm.plugins import finder

        class Schema:
            field = type("Field", (), {"__module__": "forms"})()

        assert finder().schema_for("Book", Schema).name == "forms"
        import dynamorm_forms
        print(dynamorm_forms.TOLD)
    """
    done = subprocess.run([sys.executable, "-c", dedent(program)], cwd=folder, text=True, stdout=-1, check=True)
    assert "is asked for while it is being imported" in done.stdout


def schema_from(model_name: str, annotations: object, arguments: object) -> type:
    return Plain


@pytest.mark.parametrize("function", [None, schema_from])
def test_plugin_may_leave_typed_models_out(function: Callable[..., type] | None) -> None:
    plugin = Claiming("forms", Claim.CLASS)
    plugin.provider = SchemaProvider("forms", 1, lambda definition: Claim.CLASS, adapt, function)
    plugins = PluginFinder()
    plugins.register(plugin)
    assert plugins.schema_for("Book", of("formlib")).schema_from is function


def test_what_makes_typed_models_is_a_function() -> None:
    plugin = Claiming("forms", Claim.CLASS)
    plugin.provider = SchemaProvider("forms", 1, lambda definition: Claim.CLASS, adapt, Plain())  # type: ignore[arg-type]
    with pytest.raises(IncompatiblePlugin, match="gives Plain as 'schema_from', which is a function"):
        PluginFinder().register(plugin)


def test_fields_are_in_order_unless_they_say_otherwise() -> None:
    class Text(SchemaField):
        def dump(self, value: object, *, validate: bool = False) -> object:
            return value

    class Duration(Text):
        ordered = False

    assert (Text().ordered, Duration().ordered) == (True, False)


def test_claims_have_an_order() -> None:
    assert sorted(Claim, reverse=True)[::-1] == [Claim.NONE, Claim.ANNOTATIONS, Claim.FIELDS, Claim.CLASS]


class Claiming:
    """A plugin that claims every class."""

    def __init__(self, name: str, claim: Claim) -> None:
        self.provider = SchemaProvider(name, 1, lambda definition: claim, adapt)

    @hookimpl
    def dynamorm_register_schema(self) -> SchemaProvider:
        return self.provider


def test_distribution_may_name_its_plugins_module_in_any_order(folder: Path) -> None:
    module = install(folder, "dynamorm-forms", "forms", schema("forms", "formlib"), SCHEMAS)
    describe(folder, "dynamorm-more", f"[{SCHEMAS}]\nbroken = no_such_module\naaa = {module}\n")
    assert PluginFinder().schema_for("Book", of("formlib")).name == "forms"
