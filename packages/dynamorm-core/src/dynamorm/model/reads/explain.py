"""Verbs that are explained instead of run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ParamSpec

from dynamorm.engine.run.dry_run import rehearsing
from dynamorm.exceptions import DynaModelException
from dynamorm.model.reads.query_sets import QuerySet
from dynamorm.model.reads.reads import ReadIterator

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation

Arguments = ParamSpec("Arguments")


def explain(
    verb: Callable[Arguments, object], /, *arguments: Arguments.args, **keywords: Arguments.kwargs
) -> Explanation:
    """What a *verb* would send with these arguments, and what that costs; nothing is sent.

    ::

        print(dynamorm.explain(Book.get, isbn="1"))
        print(dynamorm.explain(book.save, partial=True))

    Any function will do: it is called, and left where it would send something. That first operation is explained, and
    all calls of a batch; what comes after it depends on what is answered. Signals before the act are sent, as
    their receivers may change what is written; a receiver that itself reads or writes is left there, and then that
    operation is explained. Signals after the act are not sent. It holds for the current thread or task.

    Queries and scans have an ``explain()`` of their own. Raises what the verb raises before it sends anything.
    """
    if not callable(verb):
        raise DynaModelException(
            f"explain takes a verb and its arguments, as in explain(Book.get, isbn='1'), and was given {type(verb).__name__}. A query "
            "or a scan has its own: Book.scan().explain()."
        )
    result: object = None
    with rehearsing() as rehearsal:
        result = verb(*arguments, **keywords)
        if isinstance(result, Iterator) and not isinstance(result, ReadIterator):
            # Nothing is sent by such a verb before the first result is asked for.
            next(result, None)
    if isinstance(result, (ReadIterator, QuerySet)):
        return result.explain()
    # Imported here because few programs need it, and each would pay for it when it starts.
    from dynamorm.engine.costs.explanations import explanation_of

    return explanation_of(rehearsal.operations, rehearsal.specs.values())
