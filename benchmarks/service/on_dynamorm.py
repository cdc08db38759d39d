"""The forum of ``examples``, as it is, on the database of the load run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import dynamorm
from benchmarks.service.addresses import DATABASE_URL, KEY, REGION
from forum import threads, users
from forum.errors import add_handlers


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Connect as the service does. The tables are there."""
    async with dynamorm.connect(
        f"boto3://{REGION}", endpoint_url=DATABASE_URL, aws_access_key_id=KEY, aws_secret_access_key=KEY
    ):
        yield


app = FastAPI(title="Forum", lifespan=lifespan)
app.include_router(users.router)
app.include_router(threads.router)
add_handlers(app)
