"""The tables: made, found, deleted."""

from __future__ import annotations

from types import ModuleType


def tables_are_created(forum: ModuleType) -> None:
    for model in (forum.User, forum.Profile, forum.Forum, forum.Thread, forum.Reply):
        assert not model.Table.exists
        model.Table.create_table(wait=True)
        assert model.Table.exists


def tables_know_raw_items(forum: ModuleType) -> None:
    forum.Forum.Table.put({"name": "raw", "category": None, "invented": 5})
    assert forum.Forum.Table.get(name="raw") == {"name": "raw", "invented": 5}
    assert forum.Forum.Table.get(name="nowhere") is None


def tables_are_deleted(forum: ModuleType) -> None:
    for model in (forum.User, forum.Profile, forum.Forum, forum.Thread, forum.Reply):
        assert model.Table.delete(wait=True) is True
        assert not model.Table.exists
