"""Signals: `blinker <https://blinker.readthedocs.io>`_ signals that models send when instances are made or written.

The sender is the model's class::

    from dynamorm.signals import post_save

    @post_save.connect_via(Book)
    def saved(sender, instance, put_kwargs):
        ...

Each signal is sent once for an operation on an instance; verbs of the class, such as ``put`` and ``put_batch``, send
none, unless they are given instances. A receiver takes the arguments that are listed for its signal, by name. An
exception that a receiver raises reaches the caller of the verb; if it is raised before the write, nothing is sent to
the table.

:func:`dynamorm.explain` sends no signals; its explanation names the receivers that were not called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamorm.signals import sent

if TYPE_CHECKING:
    from blinker import Signal

    #: Sent when a model's class is ready for use, without arguments.
    model_prepared: Signal

    #: Sent before an instance is created. Arguments: ``instance``, ``partial`` (bool), and ``raw``, the dict of its
    #: values, which a receiver may change.
    pre_init: Signal

    #: Sent after an instance was created, by the program or from a stored item. Arguments: ``instance``, ``partial``,
    #: ``raw``.
    post_init: Signal

    #: Sent before ``save`` puts an instance, or when one is added to a batch or a transaction. Arguments: ``instance``,
    #: and ``put_kwargs``, the dict of further arguments of ``save``.
    pre_save: Signal

    #: Sent after ``save``, a batch or a transaction put an instance. Arguments: ``instance``, ``put_kwargs``.
    post_save: Signal

    #: Sent before ``update`` or a partial ``save`` updates an instance. Arguments: ``instance``, ``conditions``,
    #: ``update_item_kwargs`` (dict or ``None``), and ``updates``, the dict of the changes and of the primary key.
    pre_update: Signal

    #: Sent after an instance was updated, with the arguments of ``pre_update``.
    post_update: Signal

    #: Sent before ``delete`` deletes an instance, or when its deletion is added to a batch or a transaction. Argument:
    #: ``instance``.
    pre_delete: Signal

    #: Sent after an instance was deleted. Argument: ``instance``.
    post_delete: Signal


def __getattr__(name: str) -> Signal:
    """Return a signal, which blinker makes when the program first asks for it."""
    signal = getattr(sent, name, None)
    if isinstance(signal, sent.SentSignal):
        globals()[name] = made = signal.made()
        return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
