"""What all relationships between models share: the other model, the queries both ways, the back reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidOperator, InvalidSchemaField, UnknownModel
from dynamorm.model.indexes import Index
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.operations import query_operation
from dynamorm.model.reads.prefetch import Prefetchable
from dynamorm.model.relationships import registry

Other = TypeVar("Other")

#: Leads from an instance to keywords of a query.
LookupsOf: TypeAlias = Callable[[Any], Mapping[str, Any]]


def snake_case(relationship: Relationship[Any]) -> str:
    """The default name of a back reference: the model's own, ``order_item`` for ``OrderItem``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", relationship.model.__name__).lower()


#: The name of a back reference, a function that makes it of the relationship, or ``None`` for no back reference.
BackReference: TypeAlias = str | Callable[["Relationship[Any]"], object] | None


class Relationship(Generic[Other]):
    """What the three kinds of relationships share.

    *other* is the related model, or its name: one that is defined in the same module, or a full name such as
    ``"forum.models.Reply"``. *query* leads from an instance to the keywords of a query that finds what is related to
    it, through the index of the other model that *index* names as its class does (``"ByUser"``).

    With *back_query*, which leads from an instance of the other model to keywords of a query of this one, through
    *back_index*, the other model gets an attribute for the way back. *back_reference* is its name; by default that of
    this model in snake case, in the plural when there are many.
    """

    #: Whether many instances of the model that declares it may be related to one of the other.
    is_many_side: ClassVar[bool]

    #: The name of the attribute that it is, and the model that it is an attribute of.
    name: str
    model: type[Any]

    def __init__(  # noqa: PLR0917 - the order is DynamORM 0.11's
        self,
        other: type[Other] | str,
        query: LookupsOf,
        index: str | None = None,
        back_query: LookupsOf | None = None,
        back_index: str | None = None,
        back_reference: BackReference = snake_case,
    ) -> None:
        self._given = other
        self._other: type[Any] | None = None
        self._is_final = False
        #: The back reference of a former definition of this model that made way for that of this one, and its place.
        self._displaced: list[tuple[type[Any], str, Relationship[Any]]] = []
        self._query = query
        self._index = index
        self._back_query = back_query
        self._back_index = back_index
        self._back_reference = back_reference
        #: Whether a related instance is saved with the one that it belongs to: not through a back reference.
        self.saved_with_owner = True

    def __set_name__(self, owner: type, name: str) -> None:
        self.model = owner
        self.name = name
        self._displaced = []

    def __repr__(self) -> str:
        other = self._given if isinstance(self._given, str) else self._given.__name__
        return f"<{type(self).__name__} {self}: {other}>"

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.name}"

    @property
    def other(self) -> type[Any]:
        """The related model. Raises :class:`~dynamorm.exceptions.UnknownModel` when it is not defined yet."""
        if self._other is None:
            raise UnknownModel(
                f"The relationship {self} is one to the model '{self._given}', which is not defined. A name stands for a model of the "
                f"module {self.model.__module__}; one of another module is named in full ('package.module.Model'), and that module "
                "has to be imported."
            )
        return self._other

    # What the definition of models does

    def declare(self) -> None:
        """Looks for the other model, now that the model that it is an attribute of is ready."""
        if isinstance(self._given, str):
            registry.wait(self)
            other = registry.find(self.model_names())
        else:
            other = self._given
        if other is not None:
            self.bind(other)

    def model_names(self) -> Iterator[str]:
        """The full names that the other model may have, if it was given by name."""
        return registry.names_seen_from(self.model, str(self._given))

    def is_redefined(self) -> bool:
        """Whether the model that it is an attribute of was defined anew since."""
        return registry.is_redefined(self.model)

    def rebinds(self) -> bool:
        """Whether it takes the next model that is defined under one of its names, in place of the one that it has.

        What a function defined belongs together: another call of it defines models of their own.
        """
        return self._other is None or not (self._is_final or self.is_redefined())

    def bind(self, model: type[Any]) -> None:
        """Takes the other *model*, and sets the back reference there.

        Raises :class:`~dynamorm.exceptions.DynaModelException` when an index is not there, or the name of the back reference
        is taken.
        """
        if not isinstance(getattr(model, "_mapper", None), Mapper):
            raise DynaModelException(f"The relationship {self} needs a model, or the name of one, as its other.")
        self._check_index(model, self._index)
        self._check_index(self.model, self._back_index)
        self._other = model
        self._is_final = registry.is_in_function(model) and not self._is_of_former(model)
        self._give_back_displaced()
        if self._back_query is not None and self._back_reference is not None:
            name, *former_names = self._back_reference_names()
            self._set_back_reference(model, name)
            for former_name in former_names:
                if not hasattr(model, former_name):
                    self._set_back_reference(model, former_name)

    def _check_index(self, model: type[Any], name: str | None) -> None:
        index = None if name is None else getattr(model, name, None)
        if name is not None and not (isinstance(index, type) and issubclass(index, Index)):
            raise DynaModelException(
                f"The relationship {self} uses the index '{name}', which {model.__name__} does not have. An index is named as its "
                "class in the model is."
            )

    def _back_reference_names(self) -> list[str]:
        """The name of the back reference, then those that DynamORM 0.11 made, where they differ."""
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
        if isinstance(present, Relationship) and _is_former(present.other, self.model):
            # That of a former definition of this model makes way for it.
            self._displaced.append((model, name, present))
        elif hasattr(model, name):
            raise DynaModelException(
                f"The back reference '{name}' of the relationship {self} would hide an attribute of {model.__name__}. Give the "
                "relationship another back_reference='…', or None for no back reference."
            )
        assert self._back_query is not None
        back = self._back(self.model, self._back_query, self._back_index, self._query)
        back.saved_with_owner = False
        back.__set_name__(model, name)
        back.bind(self.model)
        setattr(model, name, back)
        model._mapper.relationships[name] = back

    def _is_of_former(self, other: type[Any]) -> bool:
        """Whether the former definition of this model has the *other* one already."""
        former: Any = registry.find(iter([registry.full_name(self.model)]))
        if former is None or former is self.model:
            return False
        theirs: Relationship[Any] | None = former._mapper.relationships.get(self.name)
        return theirs is not None and theirs._other is other

    def _give_back_displaced(self) -> None:
        """Now that it has another model, the one that it had before gets its back references back."""
        for model, name, back in self._displaced:
            setattr(model, name, back)
            model._mapper.relationships[name] = back
        self._displaced = []

    def _back(self, other: type[Any], query: LookupsOf, index: str | None, back_query: LookupsOf) -> Relationship[Any]:
        """The relationship for the way back."""
        raise NotImplementedError

    # What instances do with it

    def prefetchable(self) -> Prefetchable:
        """This relationship, if it can be loaded with batch gets. Raises ``DynaModelException`` if not."""
        raise DynaModelException(
            f"The relationship {self} can't be prefetched: what is related is found by a query, and a batch get reads by primary keys."
        )

    def lookups(self, owner: object) -> dict[str, Any]:
        """The keywords of the query for what is related to an instance."""
        return keywords(self._query(owner), f"The query of the relationship {self}")

    def reader(self, *expressions: Expression, **lookups: Any) -> Any:
        """The query of the other model, or of its index, with these conditions."""
        self.check_lookups(lookups)
        source = self.other if self._index is None else getattr(self.other, self._index)
        return source.query(*expressions, **lookups)

    def check_lookups(self, lookups: Mapping[str, Any]) -> None:
        """Raises what a query of the other model with these *lookups* would; nothing is sent."""
        mapper: Mapper = self.other._mapper
        index = None if self._index is None else getattr(self.other, self._index).spec
        try:
            query_operation(mapper.fields, mapper.spec, index, (), lookups)
        except (InvalidKey, InvalidOperator, InvalidSchemaField) as error:
            raise type(error)(
                f"The query of the relationship {self} does not fit {mapper.model_name}: {error}"
            ) from error


def keywords(lookups: object, what: str) -> dict[str, Any]:
    """What a query of a relationship gave. Raises ``DynaModelException`` when it is no dict of keywords."""
    if not isinstance(lookups, Mapping):
        raise DynaModelException(f"{what} is to give a dict of keywords, not {kind(lookups)}.")
    return dict(lookups)


def kind(value: object) -> str:
    """What *value* is, for messages."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _plural(noun: str) -> str:
    if re.search("[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search("(s|x|z|ch|sh)$", noun) else f"{noun}s"


def _is_former(model: type, other: type) -> bool:
    return model is not other and registry.full_name(model) == registry.full_name(other)
