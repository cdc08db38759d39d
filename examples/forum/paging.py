"""Pages of lists, which clients go through with signed cursors."""

import os
from typing import Annotated, NamedTuple, TypeVar

from fastapi import Depends, Query

from dynamorm import Model
from dynamorm.reads import Read

Item = TypeVar("Item", bound=Model)


class Paging(NamedTuple):
    """Which page of a list a request asks for."""

    limit: int
    after: str | None

    def page_of(self, read: Read[Item]) -> Read[Item]:
        """Return the *read* of that page only.

        The cursor is signed: a client can't make one of its own.
        """
        return read.limit(self.limit).signed(os.environ["CURSOR_SECRET"]).after(self.after)


async def page_asked(limit: Annotated[int, Query(ge=1, le=100)] = 20, after: str | None = None) -> Paging:
    """Return the page that the query names. FastAPI would run a plain function in a thread."""
    return Paging(limit, after)


PageAsked = Annotated[Paging, Depends(page_asked)]
