"""What the service takes and returns where that is not a model as it is stored."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from forum.models import Name, User

Item = TypeVar("Item")


class NewUser(BaseModel):
    """A user as the client may make one: karma is the service's own."""

    model_config = ConfigDict(extra="forbid")
    name: Name


class NewForum(BaseModel):
    """A forum as the client may make one."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    category: str = Field("", max_length=60)


class NewThread(BaseModel):
    """A thread as the client may make one."""

    model_config = ConfigDict(extra="forbid")
    subject: Name
    user_name: Name
    tags: set[str] = Field(default_factory=set, max_length=10)


class NewReply(BaseModel):
    """A reply as the client may make one."""

    model_config = ConfigDict(extra="forbid")
    user_name: Name
    message: str = Field(min_length=1, max_length=10_000)


class ThreadWithUser(BaseModel):
    """A thread, and who wrote it."""

    model_config = ConfigDict(from_attributes=True)
    forum_name: str
    subject: str
    tags: set[str]
    replies_in_all: int
    user: User | None


class ReplyWithUser(BaseModel):
    """A reply, and who wrote it."""

    model_config = ConfigDict(from_attributes=True)
    created: datetime
    message: str
    user: User | None


class Page(BaseModel, Generic[Item]):
    """Some of a list's items, and the cursor of the next ones."""

    items: list[Item]
    next: str | None
