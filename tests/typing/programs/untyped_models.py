"""Models without annotations, as 0.11's programs have them. No line may be an error, except those with "# E"."""

from __future__ import annotations

from typing import Any, assert_type

import pydantic
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ManyToOne, OneToMany, OneToOne, ProjectAll, ProjectKeys, Q, verbs


class Thread(DynaModel):
    class Table:
        name = "threads"
        hash_key = "forum"
        range_key = "subject"
        read = 5
        write = 5

    class ByViews(LocalIndex):
        name = "by-views"
        hash_key = "forum"
        range_key = "views"
        projection = ProjectKeys()

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        read = 5
        write = 5
        projection = ProjectAll()

    class Schema:
        forum = fields.String(required=True)
        subject = fields.String(required=True)
        user = fields.String()
        views = fields.Integer(load_default=0)
        tags = fields.List(fields.String())

    replies = OneToMany("Reply", query=lambda thread: {"thread": thread.subject})


class Child(Thread):
    class Table(Thread.Table):
        name = "children"
        hash_key = "forum"
        range_key = "subject"

    class Schema(Thread.Schema):
        forum = fields.String(required=True)
        subject = fields.String(required=True)
        user = fields.String()
        views = fields.Integer()


class Other(Thread):
    class Table:  # E-pyright
        name = "others"
        hash_key = "forum"
        range_key = "subject"


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "thread"

    class Schema(pydantic.BaseModel):
        thread: str
        text: str = ""

    topic = ManyToOne(Thread, query=lambda reply: {"forum": "x", "subject": reply.thread})
    other = OneToOne("Thread", query=lambda reply: {"forum": "y", "subject": reply.thread})


thread = Thread(forum="a", subject="b", views=1)
Thread()
Thread(partial=True)
thread.views = 5
thread.anything = "x"
print(thread.views + 1, thread.replies, thread.Table, Thread.views, Thread.unknown)
thread.save()
thread.save(partial=True, return_all=True)
thread.update(views__plus=1, conditions=Q(views__lt=5) | Q(views__not_exists=True))
thread.update({Thread.tags[0]: "x"})
thread.update([Thread.views.plus(1), Thread.tags.append(["y"])])
thread.delete()
Thread.put({"forum": "a", "subject": "b"})
Thread.put_batch({"forum": "a", "subject": "b"}, {"forum": "a", "subject": "c"})
Thread.update_item(forum="a", subject="b", views=Thread.views.if_not_exists(0) + 1)
assert_type(Thread.get(forum="a", subject="b"), Thread | None)
assert_type(Thread.query(forum="a", subject__begins_with="b").first(), Thread | None)
assert_type(Thread.scan(Thread.views > 5, (Thread.user == "ann") & Thread.tags.contains("x")).count(), int)
for each in Thread.ByUser.query(user="ann").limit(5):
    print(each.subject)
for each in Thread.ByViews.scan():
    print(each.subject)
for reply in thread.replies.filter(text="x"):
    print(reply.text)
for found in Thread.query(forum="a"):
    assert_type(found, Thread)
print(Reply(thread="b").topic, Reply(thread="b").other)
Thread.__table__.create(wait=True)
Thread.__table__.update()
assert_type(Thread.__table__.exists, bool)
verbs.save(thread)
verbs.put(Thread, {"forum": "a", "subject": "b"})
dynamorm.transact_get((Thread, {"forum": "a", "subject": "b"}))
with dynamorm.transaction() as tx:
    tx.put(thread)
    tx.update(Thread, forum="a", subject="b", views=1)
with dynamorm.batch() as batch:
    batch.put(thread)


def any_model(model: type[DynaModel]) -> Any:
    return model.scan().first()


any_model(Thread)
any_model(str)  # E
Thread.scan(True)  # E


async def awaited_reads() -> None:
    async for found in Thread.query(forum="a"):
        assert_type(found, Thread)
    async for each in thread.replies:
        print(each.text)
    assert_type([len(page) async for page in Thread.ByUser.query(user="ann").pages()], list[int])
    assert_type(await Thread.query(forum="a").afirst(), Thread | None)
    assert_type(await Reply(thread="b").afetch(Reply.topic), Thread | None)
    await Thread.query(forum="a")  # E


async def awaited_verbs() -> None:
    assert_type(await Thread.aget(forum="a", subject="b"), Thread | None)
    assert_type(await Thread.acreate(forum="a", subject="b"), Thread)
    assert_type(await Thread.aget_or_create(forum="a", subject="b"), tuple[Thread, bool])
    assert_type(await Thread.aput({"forum": "a", "subject": "b"}), Thread | None)
    assert_type([each.views async for each in Thread.aget_batch([("a", "b")])], list[Any])
    await thread.asave(partial=True)
    await thread.aupdate(views__plus=1)
    await verbs.adelete(thread)
    await Thread.__table__.acreate()
    async with dynamorm.transaction() as tx:
        tx.put(thread)
