"""The base of all relationships between models: the other model, the queries in both directions, the back reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias

from dynamorm.data.arguments import checks_arguments
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidOperator, InvalidSchemaField, UnknownModel
from dynamorm.model.indexes import Index
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.origins import at_home
from dynamorm.model.names import is_taken
from dynamorm.model.query.expressions import Expression
from dynamorm.model.reads.operations import query_of
from dynamorm.model.relationships import registry
from dynamorm.model.relationships.unread_fields import unread_fields

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from dynamorm.model.constraints.declared import ReferenceRules
    from dynamorm.model.reads.prefetch import Prefetchable

    #: The other model; any, if it is given by name.
    Other = TypeVar("Other", default=Any)
else:
    from typing import TypeVar

    Other = TypeVar("Other")

#: Returns the keywords of a query for an instance.
LookupsOf: TypeAlias = Callable[[Any], Mapping[str, Any]]


def snake_case(relationship: Relationship[Any]) -> str:
    """Return the default name of a back reference, from the model's name: ``order_item`` for ``OrderItem``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", relationship.model.__name__).lower()


#: The name of a back reference, a function that returns it for the relationship, or ``None`` for no back reference.
BackReference: TypeAlias = str | Callable[["Relationship[Any]"], object] | None


class Relationship(Generic[Other]):
    """The base of the three kinds of relationships.

    Args:
        other: The related model; for one that is defined later, its name (of a model of the same module, or a full
            name such as ``"forum.models.Reply"``) or a function that returns it, ``lambda: Reply``, which type checkers
            understand.
        query: A function from an instance to the keywords of a query that finds the related instances.
        index: The class of the other model's index to query, by name (``"ByUser"``).
        back_query: A function from an instance of the other model to the keywords of a query of this model. With it,
            the other model gets an attribute for the opposite direction.
        back_index: The class of this model's index for that query, by name.
        back_reference: The name of that attribute; by default this model's name in snake case, as a plural if there
            are many.
    """

    #: Whether many instances of the model that declares it may be related to one of the other.
    is_many_side: ClassVar[bool]
    #: Whether there may be many instances of the other model for one of this.
    leads_to_many: ClassVar[bool] = False

    #: Whether the other instance must be there, is protected and counts, if there are such rules.
    rules: ReferenceRules | None = None

    #: The name of this attribute, and the model that has it.
    name: str
    model: type[Any]

    @checks_arguments
    def __init__(  # noqa: PLR0917 - the order is DynamORM 0.11's
        self,
        other: type[Other] | Callable[[], type[Other]] | str,
        query: LookupsOf,
        index: str | None = None,
        back_query: LookupsOf | None = None,
        back_index: str | None = None,
        back_reference: BackReference = snake_case,
    ) -> None:
        self._declared_other = other
        #: The name of the other model, if it was given by name, or if the function that returns it lacked that name.
        self._other_name = other if isinstance(other, str) else None
        self._other: type[Any] | None = None
        self._is_final = False
        #: Back references of a previous definition of this model that this one replaced, with their models and names.
        self._displaced: list[tuple[type[Any], str, Relationship[Any]]] = []
        self._query = query
        self._index = index
        self._back_query = back_query
        self._back_index = back_index
        self._back_reference = back_reference
        #: Whether a related instance is saved with its owner, which it is not through a back reference.
        self.saved_with_owner = True

    def __set_name__(self, owner: type, name: str) -> None:
        self.model = owner
        self.name = name
        self._displaced = []

    def __repr__(self) -> str:
        other = self._other_name or getattr(self._other or self._declared_other, "__name__", "")
        return f"<{type(self).__name__} {self}: {other}>"

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.name}"

    @property
    def index_name(self) -> str | None:
        """The class of the other model's index that is queried, by name; ``None`` for the table."""
        return self._index

    @property
    def other(self) -> type[Any]:
        """The related model. Raises :class:`~dynamorm.exceptions.UnknownModel` when it is not defined yet."""
        if self._other is None:
            other = self._called()
            if other is not None:
                self.bind(other)
                return other
            raise UnknownModel(
                f"The relationship {self} refers to the model '{self._other_name}', which is not defined. A plain "
                f"name means a model of the module {self.model.__module__}; for a model of another module, give its "
                "full name ('package.module.Model') and import that module."
            )
        return self._other

    # Used when models are defined

    def declare(self) -> None:
        """Look for the other model, now that this relationship's own model is ready."""
        other = self._called()
        if self._other_name is not None:
            registry.add_pending(self)
            other = other or registry.find(self.model_names())
        if other is not None:
            self.bind(other)

    def _called(self) -> type[Any] | None:
        """Return the other model, or what the program's function returns; ``None`` if it has to be looked up by name.

        A function that runs before the model is defined says by its error which name it lacks, so the relationship
        waits for a model of that name; otherwise for the next definition of the same one, as a module that is reloaded
        makes it.
        """
        other: Any = self._declared_other
        if isinstance(other, str):
            return None
        if isinstance(other, type) or not callable(other):
            return other  # type: ignore[no-any-return]
        try:
            found: Any = other()
        except NameError as error:
            self._other_name = error.name
        except AttributeError as error:
            # A module that is still being imported.
            self._other_name = f"{getattr(error.obj, '__name__', '')}.{error.name}"
        else:
            if isinstance(found, type) and not registry.is_defined_in_function(found):
                self._other_name = registry.full_name(found)
            return found  # type: ignore[no-any-return]
        return None

    def model_names(self) -> Iterator[str]:
        """Return the full names that the other model may have, if it was given by name."""
        return registry.candidate_names(self.model, str(self._other_name))

    def is_redefined(self) -> bool:
        """Return whether this relationship's own model has been redefined since."""
        return registry.is_redefined(self.model)

    def rebinds(self) -> bool:
        """Return whether the next model that is defined under one of the names replaces the present other model.

        Models that one call of a function defined belong together; another call defines models of its own.
        """
        return self._other is None or not (self._is_final or self.is_redefined())

    def bind(self, model: type[Any]) -> None:
        """Set the other *model*, and the back reference on it.

        Raises :class:`~dynamorm.exceptions.DynaModelException` when an index does not exist, or the name of the back
        reference is in use.
        """
        if getattr(model, "_relationships", None) is None:
            raise DynaModelException(f"The relationship {self} must refer to a model, or to the name of one.")
        self._check_index(model, self._index)
        self._check_index(self.model, self._back_index)
        self._other = model
        self._is_final = registry.is_defined_in_function(model) and not self._is_bound_to_previous(model)
        self._restore_displaced()
        if self._back_query is not None and self._back_reference is not None:
            name, *former_names = self._back_reference_names()
            self._set_back_reference(model, name)
            for former_name in former_names:
                if not is_taken(model, former_name):
                    self._set_back_reference(model, former_name)

    def _check_index(self, model: type[Any], name: str | None) -> None:
        index = None if name is None else getattr(model, name, None)
        if name is not None and not (isinstance(index, type) and issubclass(index, Index)):
            raise DynaModelException(
                f"The relationship {self} uses the index '{name}', which {model.__name__} does not have. Give the name "
                "of the index's class in the model."
            )

    def _back_reference_names(self) -> list[str]:
        """Return the name of the back reference, followed by those that DynamORM 0.11 made, where they differ."""
        given = self._back_reference
        if given is snake_case:
            former = "".join(f"_{c.lower()}" if not c.islower() else c for c in self.model.__name__).strip("_")
            names = (_plural(snake_case(self)), f"{former}s") if self.is_many_side else (snake_case(self), former)
        else:
            name = str(given(self)) if callable(given) else str(given)
            names = (name, f"{name}s") if self.is_many_side else (name, name)
        return list(dict.fromkeys(names))

    def _set_back_reference(self, model: type[Any], name: str) -> None:
        present = getattr(model, name, None)
        if isinstance(present, Relationship) and _is_previous_definition(present.other, self.model):
            # It belongs to a previous definition of this model, and is replaced.
            self._displaced.append((model, name, present))
        elif is_taken(model, name):
            raise DynaModelException(
                f"The back reference '{name}' of the relationship {self} would hide an attribute of {model.__name__}. "
                "Give the relationship another back_reference='…', or None for no back reference."
            )
        assert self._back_query is not None
        back = self._make_back_reference(self.model, self._back_query, self._back_index, self._query)
        back.saved_with_owner = False
        back.__set_name__(model, name)
        back.bind(self.model)
        setattr(model, name, back)
        model._relationships[name] = back

    def _is_bound_to_previous(self, other: type[Any]) -> bool:
        """Return whether the previous definition of this model is bound to the *other* one already."""
        former: Any = registry.find(iter([registry.full_name(self.model)]))
        if former is None or former is self.model:
            return False
        theirs: Relationship[Any] | None = former._relationships.get(self.name)
        return theirs is not None and theirs._other is other

    def _restore_displaced(self) -> None:
        """Restore the back references that this one replaced on the model that it was bound to before."""
        for model, name, back in self._displaced:
            setattr(model, name, back)
            model._relationships[name] = back
        self._displaced = []

    def _make_back_reference(
        self, other: type[Any], query: LookupsOf, index: str | None, back_query: LookupsOf
    ) -> Relationship[Any]:
        """Return the relationship for the opposite direction."""
        raise NotImplementedError

    # Used by instances

    def prefetchable(self) -> Prefetchable:
        """Return this relationship if it can be loaded with batch gets; raise ``DynaModelException`` if not."""
        raise DynaModelException(
            f"The relationship {self} can't be prefetched: related instances are found by a query, but a batch get "
            "reads by primary key."
        )

    async def afetch(self, owner: object) -> Other | None:
        """Return the related instance of the *owner*; raise ``DynaModelException`` if there may be many."""
        raise DynaModelException(
            f"{self} leads to many instances, which are read when you iterate over them: async for each in "
            f"{snake_case(self)}.{self.name}. afetch is for a relationship to one."
        )

    def lookups(self, owner: object) -> dict[str, Any]:
        """Return the keywords of the query for the instances that are related to the *owner*.

        Raises ``DynaModelException`` if the owner was read without a field that the query needs.
        """
        if unread := unread_fields(owner, self._query):
            raise DynaModelException(
                f"{self} needs {' and '.join(map(repr, unread))}, and this {type(owner).__name__} was read without. "
                "Read that too, or refresh the instance."
            )
        return keywords(self._query(owner), f"The query of the relationship {self}")

    def reader(self, owner: Any, /, *expressions: Expression, **lookups: Any) -> Any:
        """Return the query of the other model, or of its index, with these conditions, where the *owner* belongs."""
        self.check_lookups(lookups)
        source = self.other if self._index is None else getattr(self.other, self._index)
        with at_home(owner):
            return source.query(*expressions, **lookups)

    def check_lookups(self, lookups: Mapping[str, Any]) -> None:
        """Raise what a query of the other model with these *lookups* would raise, without sending anything."""
        mapper: Mapper = self.other._mapper
        index = None if self._index is None else getattr(self.other, self._index).spec
        try:
            query_of(mapper, index, (), lookups, spec=mapper.table.spec)
        except (InvalidKey, InvalidOperator, InvalidSchemaField) as error:
            raise type(error)(
                f"The query of the relationship {self} does not fit {mapper.model_name}: {error}"
            ) from error


def keywords(lookups: object, what: str) -> dict[str, Any]:
    """Return the keywords that a query function returned; raise ``DynaModelException`` if they are not a dict."""
    if not isinstance(lookups, Mapping):
        raise DynaModelException(f"{what} must return a dict of keywords, not {describe_type(lookups)}.")
    return dict(lookups)


def describe_type(value: object) -> str:
    """Return the type of a *value*, or its name if it is a class, for messages."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _plural(noun: str) -> str:
    if re.search("[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search("(s|x|z|ch|sh)$", noun) else f"{noun}s"


def _is_previous_definition(model: type, other: type) -> bool:
    return model is not other and registry.full_name(model) == registry.full_name(other)
