"""The forum application of the DynamoDB guide, with models made with Marshmallow 4."""

from __future__ import annotations

from marshmallow import ValidationError as Refused
from marshmallow import fields, validate, validates

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

    name = fields.String(required=True)
    text = fields.String()


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
        forum_thread = fields.String(required=True)
        created = fields.String(required=True)
        user_name = fields.String(required=True)
        message = fields.String()
        stars = fields.Integer()


class Profile(DynaModel):
    class Table:
        name = "profiles"
        hash_key = "user_name"
        read = 1
        write = 1

    class Schema:
        user_name = fields.String(required=True)
        about = fields.String()


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
        name = fields.String(required=True)
        email = fields.Email()
        color = fields.String(validate=validate.OneOf(("purple", "red", "yellow")))
        joined = fields.DateTime()
        karma = fields.Integer(load_default=0)
        roles = fields.List(fields.String(), load_default=list)
        address = fields.Dict()
        watched = fields.Raw()

        @validates("name")
        def validate_name(self, value: str, data_key: str) -> None:
            if value.lower() == "evan":
                raise Refused("No Evans allowed.")

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
        forum_name = fields.String(required=True)
        user_name = fields.String(required=True)
        subject = fields.String(required=True)
        views = fields.Integer()
        tags = fields.List(fields.String())
        post = fields.Dict()

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
        name = fields.String()
        category = fields.String()
        threads_in_all = fields.Integer()

    threads = OneToMany(
        Thread,
        query=lambda forum: {"forum_name": forum.name},
        back_query=lambda thread: {"name": thread.forum_name},
    )
