"""Items are found: by key, by query, by index, by scan."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest

from dynamorm import Q
from dynamorm.exceptions import DynamoException, InvalidKey, InvalidSchemaField

NUMBERS = range(1, 7)


def threads_are_written(forum: ModuleType) -> None:
    forum.Thread.put_batch(
        *(
            {
                "forum_name": "DynamoDB",
                "subject": f"Thread {number}",
                "user_name": "alice" if number % 2 else "bob",
                "views": number * 10,
                "tags": ["all", f"tag {number}"],
                "post": {"text": f"Text {number}", "likes": number, "links": [{"to": "S3"}]},
            }
            for number in NUMBERS
        )
    )
    forum.Thread.put({"forum_name": "S3", "subject": "Buckets", "user_name": "carl", "tags": ["all"]})


def subjects(threads: Iterable[Any]) -> list[str]:
    return [thread.subject for thread in threads]


def numbered(*numbers: int) -> list[str]:
    return [f"Thread {number}" for number in numbers]


def keys_find_items(forum: ModuleType) -> None:
    thread = forum.Thread.get(forum_name="DynamoDB", subject="Thread 1")
    assert (thread.views, thread.tags, thread.post["links"]) == (10, ["all", "tag 1"], [{"to": "S3"}])
    keys = [{"forum_name": "DynamoDB", "subject": f"Thread {number}"} for number in (1, 2, 100)]
    assert sorted(subjects(forum.Thread.get_batch(keys))) == numbered(1, 2)
    for part in forum.Thread.get_batch(keys, consistent=True, attrs="forum_name, subject"):
        assert part.subject in numbered(1, 2)
        assert (getattr(part, "tags", None), part.views) == (None, None)
    with pytest.raises(InvalidSchemaField):
        forum.Thread.get(forum_name="DynamoDB", title="Thread 1")
    with pytest.raises(InvalidSchemaField):
        list(forum.Thread.get_batch([{"forum_name": "DynamoDB", "title": "Thread 1"}]))


def queries_find_items(forum: ModuleType) -> None:
    query = forum.Thread.query
    assert subjects(query(forum_name="DynamoDB")) == numbered(*NUMBERS)
    assert subjects(query(forum_name="DynamoDB", subject="Thread 3")) == numbered(3)
    assert subjects(query(forum_name="DynamoDB", subject__begins_with="Thread")) == numbered(*NUMBERS)
    assert subjects(query(forum_name="DynamoDB", subject__between=["Thread 2", "Thread 4"])) == numbered(2, 3, 4)
    assert subjects(query(forum_name="DynamoDB", subject__lt="Thread 3")) == numbered(1, 2)
    assert subjects(query(forum_name="DynamoDB", subject__gte="Thread 5")) == numbered(5, 6)
    assert subjects(query(forum_name="DynamoDB", views__gt=40)) == numbered(5, 6)
    assert subjects(query(forum_name="DynamoDB", post__likes=2)) == numbered(2)
    assert subjects(query(Q(views=10) | Q(views=20), ~Q(user_name="bob"), forum_name="DynamoDB")) == numbered(1)
    assert subjects(query(forum_name="nowhere")) == []
    with pytest.raises(InvalidSchemaField):
        list(query(views__gt=10))
    with pytest.raises(InvalidKey):
        list(query(forum_name__begins_with="Dynamo"))


def scans_find_items(forum: ModuleType) -> None:
    def found(*expressions: Any, **lookups: Any) -> list[str]:
        return sorted(subjects(forum.Thread.scan(*expressions, **lookups)))

    assert found() == ["Buckets", *numbered(*NUMBERS)]
    assert found(views=10) == found(views__eq=10) == numbered(1)
    assert found(views__ne=10) == ["Buckets", *numbered(2, 3, 4, 5, 6)]
    assert found(views__lt=30) == found(views__lte=20) == numbered(1, 2)
    assert found(views__gt=40) == found(views__gte=50) == numbered(5, 6)
    assert found(views__between=[20, 40]) == numbered(2, 3, 4)
    assert found(views__exists=True) == numbered(*NUMBERS)
    assert found(views__not_exists=True) == ["Buckets"]
    assert found(subject__begins_with="Thread", views__lt=20) == numbered(1)
    assert found(subject__contains="hread 2") == found(tags__contains="tag 2") == numbered(2)
    assert found(views__is_in=[10, 20]) == numbered(1, 2)
    assert found(views__attribute_type="N") == numbered(*NUMBERS)
    assert found(post__text__begins_with="Text 3") == found(post__likes__between=[3, 3]) == numbered(3)
    assert found(Q(views=10) | Q(views=20), ~Q(tags__contains="tag 1")) == numbered(2)
    assert found(Q(views__gt=10) & Q(views__lt=30)) == found(Q(views__gt=10, views__lt=30)) == numbered(2)


def operators_of_1_0_find_items(forum: ModuleType) -> None:
    def found(*expressions: Any, **lookups: Any) -> list[str]:
        return sorted(subjects(forum.Thread.scan(*expressions, **lookups)))

    assert found(views__in=[10, 20]) == found(forum.Thread.views.is_in([10, 20])) == numbered(1, 2)
    assert found(views__type="N") == numbered(*NUMBERS)
    assert found(tags__type="L") == ["Buckets", *numbered(*NUMBERS)]
    assert found(tags__size=2) == found(tags__size__gt=1) == found(forum.Thread.tags.size() > 1) == numbered(*NUMBERS)
    assert found(post__links__0__to="S3", post__likes__lt=2) == numbered(1)
    assert found(forum.Thread.post["likes"] == 2) == numbered(2)
    assert found((forum.Thread.views > 10) & ~(forum.Thread.tags[1] == "tag 2") & Q(views__lt=40)) == numbered(3)


def indexes_find_items(forum: ModuleType) -> None:
    threads = list(forum.Thread.ByUser.query(user_name="bob"))
    assert subjects(threads) == numbered(2, 4, 6)
    assert getattr(threads[0], "views", None) is None
    assert subjects(forum.Thread.ByUser.query(user_name="bob", subject__gt="Thread 2").limit(1)) == numbered(4)
    assert sorted(subjects(forum.Thread.ByUser.scan())) == ["Buckets", *numbered(*NUMBERS)]
    by_views = forum.Thread.ByViews.query(forum_name="DynamoDB", views__gte=40).consistent().reverse()
    assert [(thread.views, thread.user_name) for thread in by_views] == [(60, "bob"), (50, "alice"), (40, "bob")]
    users = list(forum.User.ByColor.query(color="purple", karma__gt=1))
    assert [(user.name, user.say_hello()) for user in users] == [
        ("alice", "Hello. alice here, and I'm colored purple.")
    ]
    with pytest.raises(DynamoException):
        list(forum.Thread.ByUser.query(user_name="bob").consistent())


def pages_follow_one_another(forum: ModuleType) -> None:
    page = forum.Thread.query(forum_name="DynamoDB").limit(4)
    assert page.last is None
    assert subjects(page) == numbered(1, 2, 3, 4)
    assert page.last == {"forum_name": "DynamoDB", "subject": "Thread 4"}
    assert subjects(forum.Thread.query(forum_name="DynamoDB").start(page.last)) == numbered(5, 6)
    assert subjects(page.again()) == numbered(5, 6)
    assert page.last is None
    assert subjects(page.again()) == numbered(5, 6)

    everything = forum.Thread.query(forum_name="DynamoDB").recursive()
    assert subjects(everything) == numbered(*NUMBERS)
    assert subjects(everything.again()) == numbered(*NUMBERS)
    assert subjects(forum.Thread.query(forum_name="DynamoDB").reverse().limit(2)) == numbered(6, 5)
    first = next(forum.Thread.query(forum_name="DynamoDB"))
    assert first.subject == "Thread 1"


def reads_are_configured(forum: ModuleType) -> None:
    assert forum.Thread.query(forum_name="DynamoDB").count() == 6
    assert forum.Thread.query(forum_name="DynamoDB", views__gt=40).count() == 2
    assert forum.Thread.scan(user_name="bob").count() == 3
    (part,) = forum.Thread.query(forum_name="S3").specific_attributes(["subject", "post.text"]).consistent()
    assert (part.subject, getattr(part, "user_name", None)) == ("Buckets", None)
    (part,) = forum.Thread.query(forum_name="DynamoDB", subject="Thread 1").specific_attributes(["views", "post.text"])
    assert (part.views, part.post) == (10, {"text": "Text 1"})
    assert subjects(forum.Thread.query(forum_name="S3").partial(True)) == ["Buckets"]
    assert subjects(forum.Thread.query(forum_name="DynamoDB", query_kwargs={"Limit": 2})) == numbered(1, 2)
    assert len(list(forum.Thread.scan(scan_kwargs={"Limit": 2}))) == 2
