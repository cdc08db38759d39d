"""``explain``: what a verb would send and cost, without running it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ParamSpec

from dynamorm.exceptions import DynaModelException
from dynamorm.model.verbs.drivers import DryRun, dry_run, end_of, recording
from dynamorm.model.verbs.planned import PlanOfVerb, plan_of

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation

Arguments = ParamSpec("Arguments")


def explain(
    verb: Callable[Arguments, object], /, *arguments: Arguments.args, **keywords: Arguments.kwargs
) -> Explanation:
    """Explain what a *verb* would send with these arguments and what that would cost, without sending anything.

    ::

        print(dynamorm.explain(Book.get, isbn="1"))
        print(dynamorm.explain(book.save, partial=True))
        print(dynamorm.explain(Book.aget, isbn="1"))

    The explanation covers the first operation, and all calls of a batch; later operations depend on what is returned.
    No signals are sent: the explanation names the receivers that were not called, which may change what is written.

    Verbs that are awaited are explained without being awaited. Any other function works too, including a verb that a
    model overrides: it is called, and stopped where it would send something. Until then, everything that it calls in
    this thread or task sends nothing. A coroutine function must not await anything else before.

    Queries and scans have their own ``explain()``. Raises what the verb raises before it sends anything.
    """
    if isinstance(verb, CoroutineType):
        name = verb.__name__
        # Python would warn that it was never awaited.
        verb.close()
        raise DynaModelException(
            f"explain takes a verb and its arguments, and was given a call, {name}(…), which is a coroutine. Give the "
            "verb without calling it: explain(Book.aget, isbn='1')."
        )
    if not callable(verb):
        raise DynaModelException(
            f"explain takes a verb and its arguments, as in explain(Book.get, isbn='1'), but was given "
            f"{type(verb).__name__}. A query or a scan has its own: Book.scan().explain()."
        )
    plan = plan_of(verb)
    if plan is None:
        return _explained_call(verb, *arguments, **keywords)
    return _explained_verb(verb, plan, arguments, keywords)


def _explained_verb(
    verb: Callable[..., object], plan: PlanOfVerb, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Explanation:
    from inspect import signature  # deferred: start-up cost

    bound = signature(verb).bind(*arguments, **keywords)
    given = list(bound.args)
    # A verb of instances that is given none has its place empty.
    owner: Any = verb.__self__ if hasattr(verb, "__self__") else next(iter(given), None)
    given = given if hasattr(verb, "__self__") else given[1:]
    spec = getattr(getattr(owner, "_mapper", owner), "spec", None)
    if spec is None:
        given_kind = "nothing" if owner is None else type(owner).__name__
        raise DynaModelException(
            f"explain was given {verb.__qualname__} with {given_kind} in place of an instance of the model. "
            "Use the verb of an instance, as in explain(book.save)."
        )
    from inspect import iscoroutinefunction  # deferred: start-up cost

    is_awaited = iscoroutinefunction(verb)
    collected = dry_run(lambda: plan(owner, *given, **bound.kwargs), spec, is_awaited=is_awaited)
    composed = getattr(getattr(owner, "_mapper", None), "composed", None)
    primary = None if composed is None else composed.primary
    return _explained(collected, has_former_key=primary is not None and primary.has_former)


def _explained_call(
    function: Callable[Arguments, object], /, *arguments: Arguments.args, **keywords: Arguments.kwargs
) -> Explanation:
    from dynamorm.model.reads.reads import ReadIterator  # deferred: start-up cost

    result: object = None
    with recording() as collected:
        result = function(*arguments, **keywords)
        if isinstance(result, AsyncIterator):
            result = end_of(anext(result, None))
        elif isinstance(result, CoroutineType):
            result = end_of(result)
        if isinstance(result, Iterator) and not isinstance(result, ReadIterator):
            # Such a verb sends nothing before the first result is requested.
            next(result, None)
    if isinstance(result, ReadIterator):
        return result.explain()
    return _explained(collected)


def _explained(collected: DryRun, *, has_former_key: bool = False) -> Explanation:
    from dynamorm.engine.costs.explanations import explanation_of  # deferred: start-up cost

    return explanation_of(
        collected.operations,
        collected.specs.values(),
        receivers=collected.receivers,
        constraints=collected.constraints,
        has_former_key=has_former_key,
    )
