"""The service, which connects when it starts, and closes its connection at the end.

Run it on a file, without AWS::

    CURSOR_SECRET="at least 16 characters" DYNAMORM_URL=sqlite:///forum.db uvicorn forum.app:app
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import dynamorm
from forum import threads, users
from forum.errors import add_handlers
from forum.models import MODELS


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Connect when the service starts, and create the tables unless they are there; close at its end."""
    async with dynamorm.connect(os.environ.get("DYNAMORM_URL", "boto3")):
        await dynamorm.acreate_all(MODELS)
        yield


app = FastAPI(title="Forum", lifespan=lifespan)
app.include_router(users.router)
app.include_router(threads.router)
add_handlers(app)
