"""The related instances of an instance, on the many side of a relationship."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from dynamorm.data.operations import Query
from dynamorm.data.records import replace
from dynamorm.data.values import Item
from dynamorm.model.query.expressions import Expression
from dynamorm.model.reads.configuring import ConfigurableRead, Model
from dynamorm.model.reads.reads import QueryIterator
from dynamorm.model.reads.settings import ReadSettings


class QuerySet(QueryIterator[Model]):
    """The related instances of one instance: a read of them, which can also be filtered further.

    The query is made when it is first needed, on the connection that is current then.
    """

    _kind = "QuerySet"

    def __init__(
        self,
        query: Callable[..., QueryIterator[Model]],
        lookups: Mapping[str, Any],
        expressions: tuple[Expression, ...] = (),
        held: tuple[Item, ...] | None = None,
    ) -> None:
        ConfigurableRead.__init__(self, None)
        self._forget_iterations()
        self._query = query
        self._lookups = dict(lookups)
        self._expressions = expressions
        #: The items that a joined read has found, so that nothing needs to be sent.
        self._held = held

    def filter(self, /, *expressions: Expression, **lookups: Any) -> QuerySet[Model]:
        """Return a query set of those instances that also match *expressions* and *lookups*, written as for ``query``.

        A lookup replaces one of the same name.
        """
        filtered: QuerySet[Model] = QuerySet(self._query, self._lookups | lookups, (*self._expressions, *expressions))
        if self._configured is not None:
            settings, operation = self._settings, filtered._settings.operation
            changed = settings.operation
            assert isinstance(changed, Query)
            assert isinstance(operation, Query)
            changed = replace(changed, key_condition=operation.key_condition, filter=operation.filter)
            filtered._configured = settings._replace(operation=changed, held=None)
        return filtered

    def _with(self, settings: ReadSettings) -> Self:
        # A read that was configured otherwise asks the service.
        return super()._with(settings._replace(held=None))

    def _label(self) -> str:
        relationship: object = getattr(getattr(self._query, "func", None), "__self__", "related instances")
        return str(relationship)

    def _first_settings(self) -> ReadSettings:
        return self._query(*self._expressions, **self._lookups)._settings._replace(held=self._held)
