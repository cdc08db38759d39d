"""The forum application of the DynamoDB guide, with models made with Pydantic 2."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field, field_validator

from dynamorm import (
    DynaModel,
    GlobalIndex,
    LocalIndex,
    ManyToOne,
    OneToMany,
    OneToOne,
    ProjectAll,
    ProjectInclude,
    ProjectKeys,
)


class NoteSchema:
    """What the program makes further models of, some of them wrong."""

    name: str
    text: str | None = None


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum_thread"
        range_key = "created"
        read = 1
        write = 1

    class ByUser(GlobalIndex):
        name = "replies-by-user"
        hash_key = "user_name"
        range_key = "message"
        projection = ProjectKeys()
        read = 1
        write = 1

    class Schema:
        forum_thread: str
        created: str
        user_name: str
        message: str | None = None
        stars: int | None = None


class Profile(DynaModel):
    class Table:
        name = "profiles"
        hash_key = "user_name"
        read = 1
        write = 1

    class Schema:
        user_name: str
        about: str | None = None


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"
        read = 1
        write = 1
        stream = "NEW_AND_OLD_IMAGES"

    class ByColor(GlobalIndex):
        name = "users-by-color"
        hash_key = "color"
        range_key = "karma"
        projection = ProjectAll()
        read = 1
        write = 1

    class Schema:
        name: str
        email: str | None = Field(None, pattern="@")
        color: Literal["purple", "red", "yellow"] | None = None
        joined: datetime.datetime | None = None
        karma: int = 0
        roles: list[str] = Field(default_factory=list)
        address: dict[str, Any] | None = None
        watched: set[str] | None = None

        @field_validator("name")
        @classmethod
        def validate_name(cls, value: str) -> str:
            if value.lower() == "evan":
                raise ValueError("No Evans allowed.")
            return value

    profile = OneToOne(
        Profile,
        query=lambda user: {"user_name": user.name},
        back_query=lambda profile: {"name": profile.user_name},
        auto_create=True,
    )
    replies = OneToMany(
        Reply,
        index="ByUser",
        query=lambda user: {"user_name": user.name},
        back_query=lambda reply: {"name": reply.user_name},
    )

    def say_hello(self) -> str:
        return f"Hello. {self.name} here, and I'm colored {self.color}."


class Thread(DynaModel):
    class Table:
        name = "threads"
        hash_key = "forum_name"
        range_key = "subject"
        read = 1
        write = 1

    class ByUser(GlobalIndex):
        name = "threads-by-user"
        hash_key = "user_name"
        range_key = "subject"
        projection = ProjectKeys()
        read = 1
        write = 1

    class ByViews(LocalIndex):
        name = "threads-by-views"
        hash_key = "forum_name"
        range_key = "views"
        projection = ProjectInclude("user_name")
        read = 1
        write = 1

    class Schema:
        forum_name: str
        user_name: str
        subject: str
        views: int | None = None
        tags: list[str] | None = None
        post: dict[str, Any] | None = None

    user = ManyToOne(
        User,
        query=lambda thread: {"name": thread.user_name},
        back_index="ByUser",
        back_query=lambda user: {"user_name": user.name},
        back_reference="written_thread",
    )
    replies = OneToMany(
        Reply,
        query=lambda thread: {"forum_thread": f"{thread.forum_name}\n{thread.subject}"},
        back_query=lambda reply: {
            "forum_name": reply.forum_thread.split("\n")[0],
            "subject": reply.forum_thread.split("\n")[1],
        },
    )


class Forum(DynaModel):
    class Table:
        name = "forums"
        hash_key = "name"
        read = 1
        write = 1
        session_kwargs = {"region_name": "us-east-1"}
        resource_kwargs = {"config": {"max_pool_connections": 5}}

    class Schema:
        name: str | None = None
        category: str | None = None
        threads_in_all: int | None = None

    threads = OneToMany(
        Thread,
        query=lambda forum: {"forum_name": forum.name},
        back_query=lambda thread: {"name": thread.forum_name},
    )
