"""The part of the forum's service that the load run asks, written on aiobotocore's client.

It takes and returns the same, validates the same, and sends the same requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from aiobotocore.session import get_session
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.service.addresses import DATABASE_URL, KEY, REGION

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^/\x00-\x1f]+$")]
_plain = TypeDeserializer().deserialize
_stored = TypeSerializer().serialize


class User(BaseModel):
    """A user, as it is stored and sent."""

    name: Name
    joined: datetime
    karma: int = 0


class Thread(BaseModel):
    """A thread, as it is stored."""

    forum_name: Name
    subject: Name
    user_name: Name
    tags: set[str] = Field(default_factory=set)
    replies_in_all: int = 0


class ThreadWithUser(BaseModel):
    """A thread, and who wrote it."""

    forum_name: str
    subject: str
    tags: set[str]
    replies_in_all: int
    user: User | None


class Page(BaseModel):
    """Some threads, and the cursor of the next ones."""

    items: list[ThreadWithUser]
    next: str | None


class NewReply(BaseModel):
    """A reply as the client may make one."""

    model_config = ConfigDict(extra="forbid")
    user_name: Name
    message: str = Field(min_length=1, max_length=10_000)


class Reply(BaseModel):
    """A reply, as it is stored and sent."""

    thread_id: str
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    user_name: Name
    message: str = Field(min_length=1, max_length=10_000)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Make the client, and close it in the end."""
    made = get_session().create_client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=DATABASE_URL,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
    )
    async with made as client:
        app.state.client = client
        yield


app = FastAPI(title="Forum", lifespan=lifespan)


def values_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an item in DynamoDB's JSON."""
    return {name: _plain(value) for name, value in item.items()}


def item_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return DynamoDB's JSON of values, or of a key."""
    return {name: _stored(value) for name, value in values.items()}


def with_user(thread: Thread, user: User | None) -> ThreadWithUser:
    """Return a thread as it is sent."""
    return ThreadWithUser(
        forum_name=thread.forum_name,
        subject=thread.subject,
        tags=thread.tags,
        replies_in_all=thread.replies_in_all,
        user=user,
    )


async def get(client: Any, table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the values of an item, if it exists."""
    found = await client.get_item(TableName=table, Key=item_of(key))
    return values_of(found["Item"]) if "Item" in found else None


@app.get("/forums/{forum}/threads/{subject}")
async def read_thread(forum: str, subject: str, request: Request) -> ThreadWithUser:
    """Return a thread with its user."""
    client = request.app.state.client
    found = await get(client, "threads", {"forum_name": forum, "subject": subject})
    if found is None:
        raise HTTPException(404, "There is no such thread.")
    thread = Thread.model_validate(found)
    user = await get(client, "users", {"name": thread.user_name})
    return with_user(thread, None if user is None else User.model_validate(user))


@app.get("/forums/{forum}/threads")
async def list_threads(
    forum: str, request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20, after: str | None = None
) -> Page:
    """Return the threads of a forum with their users."""
    client = request.app.state.client
    start = {} if after is None else {"ExclusiveStartKey": key_in(after, forum)}
    found = await client.query(
        TableName="threads",
        KeyConditionExpression="#f = :f",
        ExpressionAttributeNames={"#f": "forum_name"},
        ExpressionAttributeValues={":f": {"S": forum}},
        Limit=limit,
        **start,
    )
    threads = [Thread.model_validate(values_of(item)) for item in found["Items"]]
    keys = [{"name": {"S": name}} for name in dict.fromkeys(thread.user_name for thread in threads)]
    asked: dict[str, Any] = {"users": {"Keys": keys}} if keys else {}
    users: dict[str, User] = {}
    while asked:
        some = await client.batch_get_item(RequestItems=asked)
        for item in some["Responses"]["users"]:
            user = User.model_validate(values_of(item))
            users[user.name] = user
        asked = some.get("UnprocessedKeys")
    items = [with_user(thread, users.get(thread.user_name)) for thread in threads]
    last = found.get("LastEvaluatedKey")
    return Page(items=items, next=None if last is None else cursor_of(last, forum))


@app.post("/forums/{forum}/threads/{subject}/replies", status_code=201)
async def reply(forum: str, subject: str, new: NewReply, request: Request) -> Reply:
    """Reply to a thread."""
    written = Reply(thread_id=f"{forum}/{subject}", user_name=new.user_name, message=new.message)
    count = {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    stored = item_of({**written.model_dump(mode="json"), "created": written.created.isoformat()})
    await request.app.state.client.transact_write_items(
        ClientRequestToken=str(uuid4()),
        TransactItems=[
            {
                "Update": {
                    "TableName": "threads",
                    "Key": item_of({"forum_name": forum, "subject": subject}),
                    "UpdateExpression": "SET #n = #n + :one",
                    "ConditionExpression": "attribute_exists(#k)",
                    "ExpressionAttributeNames": {"#n": "replies_in_all", "#k": "subject"},
                    **count,
                }
            },
            {
                "Update": {
                    "TableName": "users",
                    "Key": item_of({"name": new.user_name}),
                    "UpdateExpression": "SET #n = #n + :one",
                    "ConditionExpression": "attribute_exists(#k)",
                    "ExpressionAttributeNames": {"#n": "karma", "#k": "name"},
                    **count,
                }
            },
            {
                "Put": {
                    "TableName": "replies",
                    "Item": stored,
                    "ConditionExpression": "attribute_not_exists(#k)",
                    "ExpressionAttributeNames": {"#k": "thread_id"},
                }
            },
        ],
    )
    return written


def cursor_of(last: Mapping[str, Any], context: str) -> str:
    """Return a signed cursor of a key."""
    text = base64.urlsafe_b64encode(json.dumps(last).encode()).decode()
    return f"{text}.{_signature(text, context)}"


def key_in(cursor: str, context: str) -> Any:
    """Return the key of a cursor that this service has signed."""
    text, _, signature = cursor.partition(".")
    if not hmac.compare_digest(signature, _signature(text, context)):
        raise HTTPException(400, "This is no cursor of this list.")
    return json.loads(base64.urlsafe_b64decode(text))


def _signature(text: str, context: str) -> str:
    secret = os.environ["CURSOR_SECRET"].encode()
    return hmac.new(secret, f"{context}\n{text}".encode(), hashlib.sha256).hexdigest()


@app.exception_handler(ClientError)
def failed(request: Request, error: ClientError) -> JSONResponse:
    """Say what has failed."""
    code = error.response["Error"]["Code"]
    status = {"TransactionCanceledException": 409, "ThrottlingException": 503}.get(code, 500)
    return JSONResponse({"detail": code}, status)
