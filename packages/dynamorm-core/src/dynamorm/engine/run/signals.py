"""Sending signals: the steps of a plan that call the program's receivers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from dynamorm.engine.plans.steps import AnySignal, Signal
from dynamorm.exceptions import DynaModelException


def send(step: Signal, *, in_awaited_block: bool = False) -> None:
    """Call the receivers of a signal. At the end of an awaited block, those of the signal after the write are awaited.

    Raises :class:`~dynamorm.exceptions.DynaModelException` when a receiver of this signal, or of the one after the
    write, is a coroutine function that nobody would await.
    """
    from inspect import iscoroutinefunction  # deferred: start-up cost

    for signal in (step.signal,) if in_awaited_block else _signals_of(step):
        for receiver in signal.receivers_for(step.sender):
            if iscoroutinefunction(receiver) or iscoroutinefunction(type(receiver).__call__):
                model = step.sender.__name__
                who = f"a {'block that collects writes' if in_awaited_block else 'synchronous verb'} of {model}"
                raise DynaModelException(
                    f"The receiver {receiver_name(receiver)} of {_short_name(signal)} is a coroutine function, which "
                    f"{who} can't await. Make it a plain function, or await a verb, such as asave(). Nothing was "
                    "written."
                )
    step.signal.send(step.sender, **step.arguments)


async def send_async(step: Signal) -> None:
    """Call the receivers of a signal, and await what they return if it can be: not only coroutine functions do."""
    await step.signal.send_async(step.sender, _sync_wrapper=_awaitable, **step.arguments)


def receivers_of(step: Signal) -> Iterator[str]:
    """Iterate over the receivers that a verb would call before and after its write: ``"pre_save: shop.stamp"``."""
    for signal in _signals_of(step):
        for receiver in signal.receivers_for(step.sender):
            yield f"{_short_name(signal)}: {receiver_name(receiver)}"


def receiver_name(receiver: object) -> str:
    """Return the full name of a receiver, without any of its values."""
    named: Any = receiver if hasattr(receiver, "__qualname__") else type(receiver)
    return f"{named.__module__}.{named.__qualname__}"


def _signals_of(step: Signal) -> tuple[AnySignal, ...]:
    return (step.signal,) if step.then is None else (step.signal, step.then)


def _short_name(signal: AnySignal) -> str:
    return signal.name.rpartition(".")[2]


def _awaitable(receiver: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call(*arguments: Any, **keywords: Any) -> Any:
        result = receiver(*arguments, **keywords)
        return await result if hasattr(result, "__await__") else result

    return call
