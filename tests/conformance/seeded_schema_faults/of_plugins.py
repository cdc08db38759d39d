"""Mistakes of providers: names, claims, imports, typed models."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import Claim, SchemaAdapter
from dynamorm.testing import SchemaLibrary
from dynamorm_marshmallow import plugin as marshmallow_plugin
from dynamorm_pydantic import plugin as pydantic_plugin
from dynamorm_schematics import plugin as schematics_plugin
from tests.conformance.seeded_schema_faults.faults import Fault, WrappedAdapter
from tests.support.schema_libraries.in_marshmallow import MarshmallowLibrary
from tests.support.schema_libraries.in_plain import PlainLibrary


def with_plugin(name: str) -> Callable[[], SchemaLibrary]:
    """Marshmallow with another module for its plugin."""

    def library() -> SchemaLibrary:
        made = MarshmallowLibrary()
        made.plugin = f"tests.conformance.seeded_schema_faults.{name}"
        return made

    return library


def claims_annotations(definition: type) -> Claim:
    claim = marshmallow_plugin.claims(definition)
    return claim or (Claim.ANNOTATIONS if "__annotations__" in vars(definition) else Claim.NONE)


def claims_dataclasses(definition: type) -> Claim:
    is_one = hasattr(definition, "__dataclass_fields__")
    return Claim.CLASS if is_one else schematics_plugin.claims(definition)


def claims_models(definition: type) -> Claim:
    return Claim.CLASS if hasattr(definition, "model_fields") else schematics_plugin.claims(definition)


def claims_what_has_slots(definition: type) -> Claim:
    # A class need not have what the claim looks for.
    names: Any = definition.__dict__["number"]
    return Claim.FIELDS if names else Claim.NONE


def claims_weakly(definition: type) -> Claim:
    return min(marshmallow_plugin.claims(definition), Claim.ANNOTATIONS)


def claims_only_bare_classes(definition: type) -> Claim:
    claim = marshmallow_plugin.claims(definition)
    return Claim.FIELDS if claim is Claim.FIELDS else Claim.NONE


class OtherSchema(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self.schema = type("Schema", (), {})


class SchemaThatIsNoClass(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self.schema = inner.schema()


class NothingComplete(WrappedAdapter):
    def complete(self) -> SchemaAdapter:
        raise NotImplementedError


def with_adapters_of(key: Callable[[type], Any]) -> Callable[[], SchemaLibrary]:
    """The plain library with one adapter for all definitions that have the same *key*."""

    def library() -> SchemaLibrary:
        made = PlainLibrary()
        adapt = made.provider.adapt
        known: dict[Any, SchemaAdapter] = {}

        def cached(model_name: str, definition: type) -> SchemaAdapter:
            if key(definition) not in known:
                known[key(definition)] = adapt(model_name, definition)
            return known[key(definition)]

        made.provider = dataclasses.replace(made.provider, adapt=cached)
        return made

    return library


class LatestExtra(WrappedAdapter):
    """Keeps unknown names if the schema that was adapted last does."""

    keeps: ClassVar[bool] = False

    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        LatestExtra.keeps = inner.keeps_unknown

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        extra = {name: value for name, value in values.items() if name not in self.fields}
        if self.keeps or not extra:
            known = {name: value for name, value in values.items() if name in self.fields}
            return {**self.inner.validate(known, partial=partial), **extra}
        return self.inner.validate(values, partial=partial)


class SharedExtra(WrappedAdapter):
    """Has one dictionary for the values of unknown names of all models."""

    extra: ClassVar[dict[str, Any]] = {}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        self.extra.update({name: value for name, value in found.items() if name not in self.fields})
        return {**found, **self.extra}


TYPED = "dynamorm.testing.schemas.typed"


def made(*schema: Any) -> type:
    return pydantic_plugin.schema_from(*schema)


def without_attributes(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    left = {
        each: {key: value for key, value in given.items() if key != "attribute"} for each, given in arguments.items()
    }
    return made(name, annotations, left, bases, body)


def without_factories(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    left = {
        each: {key: value for key, value in given.items() if key != "default_factory"}
        for each, given in arguments.items()
    }
    return made(name, annotations, left, bases, body)


def with_anything(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    known = {each: kind if getattr(kind, "__module__", "") != TYPED else Any for each, kind in annotations.items()}
    return made(name, known, arguments, bases, body)


def sorted_fields(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    return made(name, dict(sorted(annotations.items())), arguments, bases, body)


def without_bases(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    return made(name, annotations, arguments, (), body)


def without_body(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    return made(name, annotations, arguments, bases, {})


def with_its_own_error(name: str, annotations: Any, arguments: Any, bases: Any, body: Any) -> type:
    try:
        return made(name, annotations, arguments, bases, body)
    except DynaModelException as error:
        raise TypeError(str(error)) from error


class CompleteFromTheStart(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        for field in self.fields.values():
            field.unresolved = None


class FieldOfAnError(WrappedAdapter):
    def complete(self) -> SchemaAdapter:
        try:
            return self.inner.complete()
        except DynaModelException as error:
            raise NameError(str(error)) from error


FAULTS = (
    Fault("the distribution's name for the provider", ("test_contract",), provider={"name": "dynamorm-plain"}),
    Fault("a name of its own for the provider", ("test_found_by_name",), "marshmallow", provider={"name": "marsh"}),
    Fault("another version of the contract", ("test_contract",), provider={"contract": 2}),
    Fault("a version of the contract that is text", ("test_contract",), provider={"contract": "1"}),
    Fault(
        "claims that say yes",
        ("test_claims_what_is_its_own", "test_claims_no_other_class"),
        provider={"claims": lambda _: True},
    ),
    Fault(
        "claims to all annotations",
        ("test_claims_no_other_class",),
        "marshmallow",
        provider={"claims": claims_annotations},
    ),
    Fault(
        "claims to dataclasses",
        ("test_claims_no_class_of_another_library",),
        "schematics",
        provider={"claims": claims_dataclasses},
    ),
    Fault(
        "claims to models of Pydantic's",
        ("test_claims_no_class_of_another_library",),
        "schematics",
        provider={"claims": claims_models},
    ),
    Fault(
        "claims that fail for other classes",
        ("test_claims_no_other_class",),
        provider={"claims": claims_what_has_slots},
    ),
    Fault(
        "claims that are too weak",
        ("test_claims_what_is_its_own",),
        "marshmallow",
        provider={"claims": claims_weakly},
    ),
    Fault(
        "claims that leave out what the library made",
        ("test_claims_what_the_library_made", "test_schema_can_be_inherited_from", "test_found_beside_other_plugins"),
        "marshmallow",
        provider={"claims": claims_only_bare_classes},
    ),
    Fault("an import with the plugin", ("test_imports_nothing",), library=with_plugin("eager_import")),
    Fault("an import by the hook", ("test_imports_nothing",), library=with_plugin("eager_hook")),
    Fault("an import by the claims", ("test_imports_nothing",), library=with_plugin("eager_claims")),
    Fault("a schema that is another class", ("test_schema_is_a_class",), adapter=OtherSchema),
    Fault("a schema that is an instance", ("test_schema_is_a_class",), "marshmallow", adapter=SchemaThatIsNoClass),
    Fault(
        "one adapter for the models of one class",
        ("test_two_models_of_one_schema",),
        library=with_adapters_of(lambda definition: definition),
    ),
    Fault(
        "one adapter for the classes of one name",
        ("test_two_models_of_one_schema",),
        library=with_adapters_of(lambda definition: definition.__name__),
    ),
    Fault(
        "one adapter for a class and those that inherit from it",
        ("test_schema_can_be_inherited_from",),
        library=with_adapters_of(lambda definition: definition.__mro__[-2]),
    ),
    Fault(
        "unknown names as the latest schema has them",
        ("test_models_with_and_without_unknown_names",),
        adapter=LatestExtra,
    ),
    Fault(
        "unknown names of all models in one dictionary",
        ("test_models_with_and_without_unknown_names",),
        adapter=SharedExtra,
    ),
    Fault("a schema that is never complete", ("test_complete",), adapter=NothingComplete),
    Fault(
        "typed models without attributes",
        ("test_schema_of_annotations",),
        "pydantic",
        provider={"schema_from": without_attributes},
    ),
    Fault(
        "typed models without factories",
        ("test_schema_of_annotations",),
        "pydantic",
        provider={"schema_from": without_factories},
    ),
    Fault(
        "typed models in another order",
        ("test_schema_of_annotations",),
        "pydantic",
        provider={"schema_from": sorted_fields},
    ),
    Fault(
        "typed models without their bases",
        ("test_class_of_annotations", "test_schema_of_a_parent"),
        "pydantic",
        provider={"schema_from": without_bases},
    ),
    Fault(
        "typed models without their body",
        ("test_class_of_annotations",),
        "pydantic",
        provider={"schema_from": without_body},
    ),
    Fault(
        "typed models with the library's error",
        ("test_arguments_that_exclude_each_other",),
        "pydantic",
        provider={"schema_from": with_its_own_error},
    ),
    Fault(
        "typed models that take anything",
        ("test_annotation_that_can_t_be_stored",),
        "pydantic",
        provider={"schema_from": with_anything},
    ),
    Fault(
        "fields that don't say that they are unresolved",
        ("test_annotation_of_a_class_that_is_defined_later",),
        "pydantic",
        adapter=CompleteFromTheStart,
    ),
    Fault(
        "completion with an error of Python's",
        ("test_annotation_of_a_class_that_is_defined_later",),
        "pydantic",
        adapter=FieldOfAnError,
    ),
)
