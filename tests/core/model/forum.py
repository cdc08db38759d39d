"""The forum application of the DynamoDB guide, as DynamORM's guide has always defined it."""

from __future__ import annotations

from dynamorm import DynaModel, GlobalIndex, ManyToOne, OneToMany, OneToOne, ProjectKeys
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum_thread"
        range_key = "created"

    class ByUser(GlobalIndex):
        name = "replies-by-user"
        hash_key = "user_name"
        range_key = "message"
        projection = ProjectKeys()

    class Schema:
        forum_thread = fields.text(required=True)
        created = fields.text(required=True)
        user_name = fields.text(required=True)
        message = fields.text()


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        city = fields.text(longest=10)

    replies = OneToMany(
        Reply,
        index="ByUser",
        query=lambda user: {"user_name": user.name},
        back_query=lambda reply: {"name": reply.user_name},
    )
    settings: OneToOne[Settings] = OneToOne(
        "Settings",
        query=lambda user: {"user_name": user.name},
        back_query=lambda settings: {"name": settings.user_name},
    )


class Settings(DynaModel):
    class Table:
        name = "settings"
        hash_key = "user_name"

    class Schema:
        user_name = fields.text(required=True)
        theme = fields.text(longest=5)


class Thread(DynaModel):
    class Table:
        name = "threads"
        hash_key = "forum_name"
        range_key = "subject"

    class ByUser(GlobalIndex):
        name = "threads-by-user"
        hash_key = "user_name"
        range_key = "subject"
        projection = ProjectKeys()

    class Schema:
        forum_name = fields.text(required=True)
        user_name = fields.text()
        subject = fields.text(required=True)

    user = ManyToOne(
        User,
        query=lambda thread: {"name": thread.user_name},
        back_index="ByUser",
        back_query=lambda user: {"user_name": user.name},
    )
    replies = OneToMany(
        Reply,
        query=lambda thread: {"forum_thread": f"{thread.forum_name}\n{thread.subject}"},
        back_query=lambda reply: dict(zip(("forum_name", "subject"), reply.forum_thread.split("\n"), strict=True)),
    )


class Forum(DynaModel):
    class Table:
        name = "forums"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)

    threads = OneToMany(
        Thread,
        query=lambda forum: {"forum_name": forum.name},
        back_query=lambda thread: {"name": thread.forum_name},
    )


MODELS: tuple[type[DynaModel], ...] = (Forum, User, Settings, Thread, Reply)


def create_tables() -> None:
    """Makes the tables of all models."""
    for model in MODELS:
        table_of(model).create_table()


def fill() -> None:
    """Writes two users, a forum with two threads, and five replies."""
    User.put_batch({"name": "ann", "city": "Oslo"}, {"name": "bob"})
    Forum(name="db").save()
    for subject, user in (("keys", "ann"), ("locks", "bob")):
        Thread(forum_name="db", subject=subject, user_name=user).save()
    for number, user in enumerate(("bob", "ann", "bob", "ann", "bob")):
        subject = "keys" if number < 3 else "locks"
        Reply(forum_thread=f"db\n{subject}", created=str(number), user_name=user, message=f"m{number}").save()
