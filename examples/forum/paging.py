"""Pages of lists, which clients go through with signed cursors."""

import os
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from dynamorm import Model
from dynamorm.model.reads.reads import ReadIterator

Item = TypeVar("Item", bound=Model)


class Paging:
    """Which page of a list a request asks for."""

    def __init__(self, limit: Annotated[int, Query(ge=1, le=100)] = 20, after: str | None = None) -> None:
        self.limit = limit
        self.after = after

    def page_of(self, read: ReadIterator[Item]) -> ReadIterator[Item]:
        """Return the *read* of that page only.

        The cursor is signed: a client can't make one of its own.
        """
        return read.limit(self.limit).signed(os.environ["CURSOR_SECRET"]).after(self.after)


PageAsked = Annotated[Paging, Depends()]
