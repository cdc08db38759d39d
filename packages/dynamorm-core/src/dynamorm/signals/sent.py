"""The signals as models send them: blinker is imported when the program asks for a signal, for its receivers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blinker import Signal


class SentSignal:
    """A signal of blinker's that is made when the program first asks for it: before that, it has no receivers.

    Attributes:
        name: The full name of the signal.
        receivers: What is connected to the signal.
    """

    __slots__ = ("_made", "name", "receivers")

    def __init__(self, name: str) -> None:
        self.name = f"dynamorm.{name}"
        self.receivers: Mapping[Any, Any] = {}
        self._made: Signal | None = None

    def made(self) -> Signal:
        """Return blinker's signal."""
        if self._made is None:
            from blinker import NamedSignal  # deferred: start-up cost

            self._made = NamedSignal(self.name)
            self.receivers = self._made.receivers
        return self._made

    def receivers_for(self, sender: Any) -> Iterable[Any]:
        """Iterate over the receivers that are connected for a *sender*."""
        return self.made().receivers_for(sender) if self.receivers else ()

    def send(self, sender: Any, /, **arguments: Any) -> Any:
        """Call each receiver."""
        return self.made().send(sender, **arguments) if self.receivers else []

    def send_async(self, sender: Any, /, **arguments: Any) -> Any:
        """Call each receiver, and await those that are coroutine functions."""
        return self.made().send_async(sender, **arguments)


model_prepared = SentSignal("model_prepared")
pre_init = SentSignal("pre_init")
post_init = SentSignal("post_init")
pre_save = SentSignal("pre_save")
post_save = SentSignal("post_save")
pre_update = SentSignal("pre_update")
post_update = SentSignal("post_update")
pre_delete = SentSignal("pre_delete")
post_delete = SentSignal("post_delete")
