"""The forum of the DynamoDB developer guide: users with a profile, forums, threads and replies."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from dynamorm import GlobalIndex, ManyToOne, Mapped, Model, OneToMany, OneToOne, ProjectAll, mapped

#: What the path of a URL and the key of a thread are made of: no slash, and no control character.
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^/\x00-\x1f]+$")]


class Profile(Model):
    """What a user says about themself, and may change."""

    class Table:
        name = "profiles"
        hash_key = "user_name"
        version = "version"

    user_name: Mapped[Name]
    about: Mapped[str | None] = mapped(default=None, max_length=1000)
    color: Mapped[str | None] = mapped(default=None, max_length=20)
    version: Mapped[int | None] = mapped(default=None)


class User(Model):
    """Somebody who writes threads and replies."""

    class Table:
        name = "users"
        hash_key = "name"

    name: Mapped[Name]
    joined: Mapped[datetime] = mapped(default_factory=lambda: datetime.now(UTC))
    karma: Mapped[int] = mapped(default=0)

    profile = OneToOne(Profile, query=lambda user: {"user_name": user.name}, back_reference=None)


class Forum(Model):
    """A place for threads on one subject."""

    class Table:
        name = "forums"
        hash_key = "name"

    name: Mapped[Name]
    category: Mapped[str] = mapped(default="", max_length=60)
    threads_in_all: Mapped[int] = mapped(default=0)


class Reply(Model):
    """A message in a thread. Replies of a thread are in the order in which they were written."""

    class Table:
        name = "replies"
        hash_key = "thread_id"
        range_key = "created"

    class ByUser(GlobalIndex["Reply"]):
        name = "replies-by-user"
        hash_key = "user_name"
        range_key = "created"
        projection = ProjectAll()

    thread_id: Mapped[str]
    created: Mapped[datetime] = mapped(default_factory=lambda: datetime.now(UTC))
    user_name: Mapped[Name]
    message: Mapped[str] = mapped(min_length=1, max_length=10_000)

    user = ManyToOne(User, query=lambda reply: {"name": reply.user_name}, back_reference=None)


class Thread(Model):
    """A question or a subject, to which users reply."""

    class Table:
        name = "threads"
        hash_key = "forum_name"
        range_key = "subject"

    class ByUser(GlobalIndex["Thread"]):
        name = "threads-by-user"
        hash_key = "user_name"
        range_key = "subject"
        projection = ProjectAll()

    forum_name: Mapped[Name]
    subject: Mapped[Name]
    user_name: Mapped[Name]
    tags: Mapped[set[str]] = mapped(default_factory=set)
    replies_in_all: Mapped[int] = mapped(default=0)

    user = ManyToOne(User, query=lambda thread: {"name": thread.user_name}, back_reference=None)
    replies = OneToMany(Reply, query=lambda thread: {"thread_id": thread.id}, back_reference=None)

    @property
    def id(self) -> str:
        """The hash key of the thread's replies. Neither part has a slash."""
        return f"{self.forum_name}/{self.subject}"


MODELS = [Profile, User, Forum, Reply, Thread]
