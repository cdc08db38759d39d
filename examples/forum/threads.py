"""Forums, their threads, and the replies."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

import dynamorm
from forum.bodies import NewForum, NewReply, NewThread, Page, ReplyWithUser, ThreadWithUser
from forum.models import Forum, Reply, Thread, User
from forum.paging import PageAsked

router = APIRouter(prefix="/forums", tags=["forums"])


async def existing_thread(forum: str, subject: str) -> Thread:
    """Return the thread that the path names."""
    thread = await Thread.aget(forum_name=forum, subject=subject)
    if thread is None:
        raise HTTPException(404, "There is no such thread.")
    return thread


ExistingThread = Annotated[Thread, Depends(existing_thread)]


@router.post("", status_code=201)
async def create_forum(new: NewForum) -> Forum:
    """Open a forum."""
    return await Forum.acreate(name=new.name, category=new.category)


@router.get("")
async def list_forums() -> list[Forum]:
    """Return all forums, which are few."""
    return [forum async for forum in Forum.scan()]


@router.post("/{forum}/threads", status_code=201)
async def begin_thread(forum: str, new: NewThread) -> Thread:
    """Begin a thread: it is stored and counted, or nothing is, when the forum or the user does not exist."""
    thread = Thread(forum_name=forum, subject=new.subject, user_name=new.user_name, tags=new.tags)
    async with dynamorm.transaction() as tx:
        tx.check(User, name=new.user_name, conditions=User.name.exists())
        tx.update(Forum, name=forum, threads_in_all__plus=1, conditions=Forum.name.exists())
        tx.put(thread, unique=True)
    return thread


@router.get("/{forum}/threads")
async def list_threads(forum: str, page: PageAsked) -> Page[ThreadWithUser]:
    """Return the threads of a forum with their users: one request for the threads, and one for all users."""
    threads = page.page_of(Thread.query(forum_name=forum).prefetch("user"))
    items = [ThreadWithUser.model_validate(thread) async for thread in threads]
    return Page(items=items, next=threads.cursor)


@router.get("/{forum}/threads/{subject}")
async def read_thread(thread: ExistingThread) -> ThreadWithUser:
    """Return a thread with its user."""
    await thread.afetch(Thread.user)
    return ThreadWithUser.model_validate(thread)


@router.delete("/{forum}/threads/{subject}", status_code=204)
async def delete_thread(thread: ExistingThread) -> None:
    """Delete a thread and its replies. The replies go first: if this is interrupted, it can be done again."""
    keys = thread.replies.specific_attributes(["thread_id", "created"])
    async with dynamorm.batch() as batch:
        async for reply in keys:
            batch.delete(reply)
    async with dynamorm.transaction() as tx:
        tx.update(Forum, name=thread.forum_name, threads_in_all__minus=1)
        tx.delete(thread, conditions=Thread.subject.exists())


@router.post("/{forum}/threads/{subject}/replies", status_code=201)
async def reply(forum: str, subject: str, new: NewReply) -> Reply:
    """Reply to a thread: the reply is stored and counted, and its writer earns karma, or none of it happens."""
    written = Reply(thread_id=f"{forum}/{subject}", user_name=new.user_name, message=new.message)
    async with dynamorm.transaction() as tx:
        tx.update(Thread, forum_name=forum, subject=subject, replies_in_all__plus=1, conditions=Thread.subject.exists())
        tx.update(User, name=new.user_name, karma__plus=1, conditions=User.name.exists())
        tx.put(written, unique=True)
    return written


@router.get("/{forum}/threads/{subject}/replies")
async def list_replies(thread: ExistingThread, page: PageAsked) -> Page[ReplyWithUser]:
    """Return the replies to a thread, the oldest first, with their users."""
    replies = page.page_of(thread.replies.prefetch("user"))
    items = [ReplyWithUser.model_validate(each) async for each in replies]
    return Page(items=items, next=replies.cursor)
