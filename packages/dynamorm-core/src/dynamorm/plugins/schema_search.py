"""The search for the schema plugin of one class: who claims it most surely, and what to say when nobody does."""

from __future__ import annotations

from collections.abc import Iterable

from dynamorm.exceptions import AmbiguousSchema, IncompatiblePlugin, PluginException, SchemaNotRecognised
from dynamorm.plugins.loading import attempt
from dynamorm.plugins.traces import MSGSPEC, Traces
from dynamorm.ports.schemas import Claim, SchemaProvider

#: Schema libraries that this project publishes a plugin for, for the hint in an error.
PUBLISHED_SCHEMAS = ("marshmallow", "pydantic", "schematics", "attrs", "msgspec")


class SchemaSearch:
    """Collects claims to the inner ``Schema`` *definition* of a model, of which the strongest decides."""

    def __init__(self, model_name: str, definition: type, traces: Traces) -> None:
        self._model_name = model_name
        self._definition = definition
        self._traces = traces
        self._claims: dict[str, tuple[Claim, SchemaProvider]] = {}
        #: Why plugins could not be asked, by their names.
        self.failures: dict[str, IncompatiblePlugin] = {}

    @property
    def strongest(self) -> Claim:
        """The strongest claim so far."""
        return max((claim for claim, _ in self._claims.values()), default=Claim.NONE)

    def was_asked(self, name: str) -> bool:
        """Return whether the plugin called *name* was asked, with whatever result."""
        return name in self._claims or name in self.failures

    def ask(self, providers: Iterable[SchemaProvider]) -> None:
        """Ask *providers* whether they claim the class; of one name, the first counts."""
        for provider in providers:
            if self.was_asked(provider.name):
                continue
            try:
                self._claims[provider.name] = (claim_of(provider, self._definition), provider)
            except IncompatiblePlugin as failure:
                self.failures[provider.name] = failure

    def result(self) -> SchemaProvider:
        """Return the provider with the strongest claim, or raise what tells why there is none."""
        strongest, maker = self.strongest, self._traces.maker
        if strongest == Claim.NONE or (maker is not None and strongest < Claim.CLASS):
            raise self._not_recognised()
        claimants = sorted(name for name, (claim, _) in self._claims.items() if claim == strongest)
        claimants = self._built_on_maker(claimants) or claimants
        if len(claimants) > 1:
            raise AmbiguousSchema(
                f"The Schema of {self._model_name} is claimed by {' and '.join(claimants)}: its bases and fields come "
                "from more than one schema library. Make it of one library only: that library's fields, and no base "
                "class of another. Or name the one that you mean in the model's Table: "
                f"schema_library = '{claimants[0]}'. Other models may use another library."
            )
        return self._claims[claimants[0]][1]

    def _built_on_maker(self, claimants: Iterable[str]) -> list[str]:
        """Return those of several *claimants* whose library makes classes with another one, such as ``dataclasses``."""
        maker = self._traces.maker
        if maker is None:
            return []
        return [name for name in claimants if name in self._traces.names and name not in (maker.plugin, *maker.others)]

    def _not_recognised(self) -> PluginException | SchemaNotRecognised:
        own = next((self.failures[name] for name in self._traces.names if name in self.failures), None)
        if own is not None:
            error: PluginException | SchemaNotRecognised = IncompatiblePlugin(
                f"The Schema of {self._model_name} needs a plugin that can't be used. {own}"
            )
            error.__cause__ = own.__cause__
            return error
        why = self._why()
        if self.failures:
            failed = " ".join(map(str, self.failures.values()))
            why = f"{why.rstrip('.')}. These plugins could not be asked: {failed}"
        error = SchemaNotRecognised(why)
        error.__cause__ = next((failure.__cause__ for failure in self.failures.values()), None)
        return error

    def _why(self) -> str:
        traces, name = self._traces, self._model_name
        if traces.maker is not None:
            missing = f"The Schema of {name} is {traces.maker.noun}, and no installed plugin adapts it."
            hint = _hint(traces.maker.plugin)
            if traces.maker is MSGSPEC:
                return f"{missing} {hint}"
            return f"{missing} {hint}. Remove the decorator for Pydantic: annotations are enough."
        library = next((each for each in traces.names if each in PUBLISHED_SCHEMAS and each not in self._claims), None)
        if library is not None and traces.plain:
            return f"The Schema of {name} has annotations, and Pydantic's adapter is not installed. {_hint(library)}"
        if library is not None:
            return f"The Schema of {name} is made of {library}, whose adapter is not installed. {_hint(library)}"
        published = ", ".join(f"dynamorm-{library}" for library in PUBLISHED_SCHEMAS)
        return (
            f"No installed schema adapter recognises the Schema of {name}. Fill it with the fields of a schema "
            f"library, or inherit from the library's base class, and install its adapter: {published}, or one of a "
            "third party."
        )


def claim_of(provider: SchemaProvider, definition: type) -> Claim:
    """Return how surely a plugin claims a class; whatever else the plugin does becomes an ``IncompatiblePlugin``."""
    label = f"The schema adapter '{provider.name}'"
    claim: object = attempt(
        lambda: provider.claims(definition), f"{label} can't tell whether it knows {definition.__name__}"
    )
    if not isinstance(claim, Claim):
        raise IncompatiblePlugin(
            f"{label} returns {type(claim).__name__} from 'claims', and not a Claim, of dynamorm.ports.schemas."
        )
    return claim


def _hint(library: str) -> str:
    return f"It is in the distribution dynamorm-{library}: pip install dynamorm-{library}"
