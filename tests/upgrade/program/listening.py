"""Signals tell what happens to instances."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from dynamorm.signals import (
    post_delete,
    post_init,
    post_save,
    post_update,
    pre_delete,
    pre_init,
    pre_save,
    pre_update,
)


def signals_are_sent(forum: ModuleType) -> None:
    heard: list[tuple[str, type, Any]] = []

    def before_init(sender: type, instance: Any, partial: bool, raw: dict[str, Any]) -> None:
        raw.setdefault("category", "none")
        heard.append(("pre_init", sender, (partial, raw["name"])))

    def after_init(sender: type, instance: Any, partial: bool, raw: dict[str, Any]) -> None:
        heard.append(("post_init", sender, (partial, instance.category)))

    def before_save(sender: type, instance: Any, put_kwargs: dict[str, Any]) -> None:
        instance.threads_in_all = 0
        heard.append(("pre_save", sender, put_kwargs))

    def after_save(sender: type, instance: Any, put_kwargs: dict[str, Any]) -> None:
        heard.append(("post_save", sender, put_kwargs))

    def before_update(
        sender: type, instance: Any, conditions: Any, update_item_kwargs: Any, updates: dict[str, Any]
    ) -> None:
        heard.append(("pre_update", sender, (instance.threads_in_all, conditions, updates["threads_in_all"])))

    def after_update(
        sender: type, instance: Any, conditions: Any, update_item_kwargs: Any, updates: dict[str, Any]
    ) -> None:
        heard.append(("post_update", sender, (instance.threads_in_all, conditions, updates["threads_in_all"])))

    def before_delete(sender: type, instance: Any) -> None:
        heard.append(("pre_delete", sender, instance.name))

    def after_delete(sender: type, instance: Any) -> None:
        heard.append(("post_delete", sender, instance.name))

    receivers: dict[Any, Callable[..., None]] = {
        pre_init: before_init,
        post_init: after_init,
        pre_save: before_save,
        post_save: after_save,
        pre_delete: before_delete,
        post_delete: after_delete,
    }
    for signal, receiver in receivers.items():
        signal.connect(receiver, sender=forum.Forum)
    made = forum.Forum(name="RDS")
    made.save()
    for signal in (pre_init, post_init):
        signal.disconnect(receivers[signal], sender=forum.Forum)

    pre_update.connect(before_update, sender=forum.Forum)
    post_update.connect(after_update, sender=forum.Forum)
    made.update(threads_in_all=1, conditions={"threads_in_all": 0})
    made.threads_in_all = 2
    made.save(partial=True)
    pre_update.disconnect(before_update, sender=forum.Forum)
    post_update.disconnect(after_update, sender=forum.Forum)

    made.delete()
    forum.Forum.put({"name": "RDS"})
    for signal in (pre_save, post_save, pre_delete, post_delete):
        signal.disconnect(receivers[signal], sender=forum.Forum)

    assert [(name, what) for name, sender, what in heard if sender is forum.Forum] == [
        ("pre_init", (False, "RDS")),
        ("post_init", (False, "none")),
        ("pre_save", {}),
        ("post_save", {}),
        ("pre_update", (0, {"threads_in_all": 0}, 1)),
        ("post_update", (1, {"threads_in_all": 0}, 1)),
        ("pre_update", (2, None, 2)),
        ("post_update", (2, None, 2)),
        ("pre_delete", "RDS"),
        ("post_delete", "RDS"),
    ]
    assert len(heard) == 10
