"""Models are related: users write threads and replies, forums hold threads, and a user has a profile."""

from __future__ import annotations

from types import ModuleType

import pytest

from dynamorm.exceptions import ValidationError

KEY = "DynamoDB\nRelations"


def related_instances_make_items(forum: ModuleType) -> None:
    dynamodb = forum.Forum.get(name="DynamoDB")
    alice, bob = forum.User.get(name="alice"), forum.User.get(name="bob")
    thread = forum.Thread(forum=dynamodb, user=alice, subject="Relations")
    assert (thread.forum_name, thread.user_name) == ("DynamoDB", "alice")
    assert thread.user is alice
    assert thread.forum is dynamodb
    thread.save()
    for created, user, message in (("1", bob, "Hello"), ("2", bob, "Again"), ("3", alice, "Thanks")):
        reply = forum.Reply(thread=thread, user=user, created=created, message=message)
        assert (reply.forum_thread, reply.user_name) == (KEY, user.name)
        reply.save()
    assert forum.Reply.get(forum_thread=KEY, created="3").user_name == "alice"


def one_is_read(forum: ModuleType) -> None:
    reply = forum.Reply.get(forum_thread=KEY, created="1")
    assert (reply.user.name, reply.user.color) == ("bob", "red")
    assert reply.user is reply.user
    assert reply.thread.subject == "Relations"
    assert reply.thread.user.name == "alice"
    assert reply.thread.forum.category == "AWS"
    # 0.11 had one related instance for all replies.
    assert forum.Reply.get(forum_thread=KEY, created="3").user.name == "alice"
    assert reply.user.name == "bob"


def many_are_read(forum: ModuleType) -> None:
    thread = forum.Thread.get(forum_name="DynamoDB", subject="Relations")
    assert [reply.message for reply in thread.replies] == ["Hello", "Again", "Thanks"]
    assert len(thread.replies) == thread.replies.count() == 3
    replies = thread.replies
    assert list(map(str, range(1, 4))) == [reply.created for reply in replies] == [reply.created for reply in replies]
    assert [reply.message for reply in thread.replies.filter(user_name="bob")] == ["Hello", "Again"]
    assert thread.replies.filter(created__gt="1").count() == 2
    assert len(thread.replies.filter(created__gt="1").filter(user_name="alice")) == 1

    bob = forum.User.get(name="bob")
    assert [(reply.message, getattr(reply, "stars", None)) for reply in bob.replies] == [
        ("Again", None),
        ("Hello", None),
    ]
    assert [reply.message for reply in bob.replies.filter(message__begins_with="He")] == ["Hello"]
    assert len(bob.replies) == bob.replies.count() == 2

    alice = forum.User.get(name="alice")
    assert [written.subject for written in alice.written_threads] == ["Relations", "Thread 1", "Thread 3", "Thread 5"]
    assert forum.Forum.get(name="DynamoDB").threads.filter(subject__begins_with="Thread").count() == 6
    carl = forum.User.get(name="carl")
    assert list(carl.replies) == []
    assert not carl.replies


def one_belongs_to_one(forum: ModuleType) -> None:
    alice = forum.User.get(name="alice")
    assert alice.profile.user_name == "alice"
    assert forum.Profile.get(user_name="alice") is None
    alice.profile.about = "I ask."
    alice.save()
    assert forum.Profile.get(user_name="alice").about == "I ask."
    alice.profile.about = "I answer."
    alice.update(karma__plus=1)
    assert forum.Profile.get(user_name="alice").about == "I answer."
    assert forum.Profile.get(user_name="alice").user.name == "alice"

    alice.profile.about = ["not", "a", "text"]
    alice.email = "new@example.com"
    with pytest.raises(ValidationError):
        alice.save()
    assert forum.User.get(name="alice").email != "new@example.com"


def one_is_assigned_and_deleted(forum: ModuleType) -> None:
    bob = forum.User.get(name="bob")
    profile = forum.Profile(partial=True, about="I read.")
    bob.profile = profile
    assert bob.profile is profile
    assert profile.user_name == "bob"
    assert forum.Profile.get(user_name="bob") is None
    bob.save()
    assert forum.Profile.get(user_name="bob").about == "I read."
    with pytest.raises(TypeError):
        bob.profile = forum.User.get(name="alice")

    del bob.profile
    assert forum.Profile.get(user_name="bob") is None
    with pytest.raises(AttributeError):
        del bob.profile
    assert forum.User.get(name="bob").color == "red"
