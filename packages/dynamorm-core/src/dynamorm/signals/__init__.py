"""Signals tell a program about what its models do: `blinker <https://blinker.readthedocs.io>`_ signals.

The sender is the model's class::

    from dynamorm.signals import post_save

    @post_save.connect_via(Book)
    def saved(sender, instance, put_kwargs):
        ...

Each is sent once an act on an instance; verbs of the class, such as ``put`` and ``put_batch``, send none.
A receiver takes the arguments that its signal lists, by name. What a receiver raises reaches the
caller of the verb; raised before the act, nothing is sent to the table.

While :func:`dynamorm.explain` looks at a verb, the signals before the act are sent as ever, as their receivers may change
what is written; those after it are not, as nothing was written.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from blinker import NamedSignal, Namespace

from dynamorm.engine.run.dry_run import current_rehearsal

_signals = Namespace()


class _SignalAfterAct(NamedSignal):
    """Has no receivers for an act that was only explained."""

    def receivers_for(self, sender: Any) -> Generator[Callable[..., Any], None, None]:
        if current_rehearsal() is None:
            yield from super().receivers_for(sender)


def _after_act(name: str) -> NamedSignal:
    return _signals.setdefault(name, _SignalAfterAct(name))


#: A model's class is ready for use. Only the sender is given.
model_prepared = _signals.signal("dynamorm.model_prepared")

#: An instance is about to be made. ``instance``, ``partial`` (bool) and ``raw``, the dict it is made from, which a
#: receiver may change.
pre_init = _signals.signal("dynamorm.pre_init")

#: An instance was made, by the program or from a stored item. ``instance``, ``partial``, ``raw``.
post_init = _signals.signal("dynamorm.post_init")

#: ``save`` is about to put an instance, or it is added to a batch. ``instance``, and ``put_kwargs``, the dict of
#: ``save``'s further arguments.
pre_save = _signals.signal("dynamorm.pre_save")

#: ``save`` has put an instance, or a batch has. ``instance``, ``put_kwargs``.
post_save = _after_act("dynamorm.post_save")

#: ``update``, or a partial ``save``, is about to update an instance. ``instance``, ``conditions``,
#: ``update_item_kwargs`` (dict or ``None``), and ``updates``, the dict of the changes and of the primary key.
pre_update = _signals.signal("dynamorm.pre_update")

#: An instance was updated. The arguments of ``pre_update``.
post_update = _after_act("dynamorm.post_update")

#: ``delete`` is about to delete an instance, or it is added to a batch to be deleted. ``instance``.
pre_delete = _signals.signal("dynamorm.pre_delete")

#: An instance was deleted. ``instance``.
post_delete = _after_act("dynamorm.post_delete")
