"""What a definition says, and what is wrong with some."""

from __future__ import annotations

from types import ModuleType

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    DynamoException,
    DynamoTableException,
    HashKeyExists,
    InvalidKey,
    InvalidSchemaField,
    MissingTableAttribute,
    TableNotActive,
    ValidationError,
)
from dynamorm.signals import model_prepared


def models_are_defined(forum: ModuleType) -> None:
    assert (forum.Thread.Table.name, forum.Thread.Table.hash_key, forum.Thread.Table.range_key) == (
        "threads",
        "forum_name",
        "subject",
    )
    assert (forum.User.Table.read, forum.User.Table.write) == (1, 1)
    assert forum.User.Table.stream == "NEW_AND_OLD_IMAGES"
    assert forum.Forum.Table.resource_kwargs == {"config": {"max_pool_connections": 5}}
    assert forum.Forum.Table.session_kwargs == {"region_name": "us-east-1"}
    assert set(forum.Thread.Table.indexes) == {"threads-by-user", "threads-by-views"}
    by_user = forum.Thread.Table.indexes["threads-by-user"]
    assert (by_user.name, by_user.hash_key, by_user.range_key, by_user.read) == (
        "threads-by-user",
        "user_name",
        "subject",
        1,
    )
    assert forum.Thread.ByUser.name == "threads-by-user"
    assert forum.Thread.ByViews.projection.include == ("user_name",)
    assert {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in forum.Thread.Table.attribute_definitions
    } == {"forum_name": "S", "subject": "S", "user_name": "S", "views": "N"}
    assert forum.User.Schema.__name__ == "UserSchema"


def models_inherit(forum: ModuleType) -> None:
    class Moderator(forum.User):  # type: ignore[name-defined]
        def may_delete(self) -> bool:
            return True

    assert Moderator.Table is forum.User.Table
    assert Moderator.Schema is forum.User.Schema
    moderator = Moderator(name="mia", color="red")
    assert moderator.may_delete()
    assert moderator.say_hello() == "Hello. mia here, and I'm colored red."
    assert isinstance(moderator, DynaModel)


def models_announce_themselves(forum: ModuleType) -> None:
    prepared = []

    def remember(sender: type[DynaModel]) -> None:
        prepared.append(sender)

    with model_prepared.connected_to(remember):

        class Note(DynaModel):
            class Table:
                name = "notes"
                hash_key = "name"

            Schema = forum.NoteSchema

    assert prepared == [Note]


def wrong_models_are_refused(forum: ModuleType) -> None:
    with pytest.raises(DynaModelException):

        class WithoutTable(DynaModel):
            Schema = forum.NoteSchema

    with pytest.raises(DynaModelException):

        class WithoutSchema(DynaModel):
            class Table:
                name = "notes"
                hash_key = "name"

    with pytest.raises(MissingTableAttribute):

        class WithoutName(DynaModel):
            class Table:
                hash_key = "name"

            Schema = forum.NoteSchema

    with pytest.raises(InvalidSchemaField):

        class KeyNotInSchema(DynaModel):
            class Table:
                name = "notes"
                hash_key = "number"

            Schema = forum.NoteSchema

    with pytest.raises(MissingTableAttribute):

        class IndexWithoutProjection(DynaModel):
            class Table:
                name = "notes"
                hash_key = "name"

            class ByText(GlobalIndex):
                name = "notes-by-text"
                hash_key = "text"

            Schema = forum.NoteSchema

    with pytest.raises(InvalidSchemaField):

        class IndexKeyNotInSchema(DynaModel):
            class Table:
                name = "notes"
                hash_key = "name"

            class ByNumber(GlobalIndex):
                name = "notes-by-number"
                hash_key = "number"
                projection = ProjectAll()

            Schema = forum.NoteSchema


def exceptions_have_one_tree() -> None:
    assert issubclass(DynaModelException, DynamoException)
    assert issubclass(ValidationError, DynaModelException)
    assert issubclass(DynamoTableException, DynamoException)
    for kind in (
        MissingTableAttribute,
        InvalidSchemaField,
        InvalidKey,
        HashKeyExists,
        ConditionFailed,
        TableNotActive,
    ):
        assert issubclass(kind, DynamoTableException)
