"""The tables: made, found, brought up to date, deleted."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from dynamorm import DynaModel, GlobalIndex, ProjectAll


def tables_are_created(forum: ModuleType) -> None:
    for model in (forum.User, forum.Profile, forum.Forum, forum.Thread, forum.Reply):
        assert not model.Table.exists
        model.Table.create_table(wait=True)
        assert model.Table.exists


def tables_know_raw_items(forum: ModuleType) -> None:
    forum.Forum.Table.put({"name": "raw", "category": None, "invented": 5})
    assert forum.Forum.Table.get(name="raw") == {"name": "raw", "invented": 5}
    assert forum.Forum.Table.get(name="nowhere") is None


def tables_are_brought_up_to_date(forum: ModuleType) -> None:
    class Note(DynaModel):
        class Table:
            name = "notes"
            hash_key = "name"
            read = 1
            write = 1

        Schema = forum.NoteSchema

    before: Any = Note
    before.Table.create_table(wait=True)
    before.put({"name": "first", "text": "Hello"})
    assert before.Table.update_table() == 0

    class NoteOfToday(DynaModel):
        class Table:
            name = "notes"
            hash_key = "name"
            read = 2
            write = 3
            stream = "NEW_IMAGE"

        class ByText(GlobalIndex):
            name = "notes-by-text"
            hash_key = "text"
            projection = ProjectAll()
            read = 1
            write = 1

        Schema = forum.NoteSchema

    today: Any = NoteOfToday
    assert today.Table.update_table() == 3
    assert today.Table.update_table() == 0
    assert [note.name for note in today.ByText.query(text="Hello")] == ["first"]
    assert today.Table.delete(wait=True) is True

    # 0.11 took a local index for a global one that was not there yet.
    assert forum.Thread.Table.update_table() == 0


def tables_are_deleted(forum: ModuleType) -> None:
    for model in (forum.User, forum.Profile, forum.Forum, forum.Thread, forum.Reply):
        assert model.Table.delete(wait=True) is True
        assert not model.Table.exists
