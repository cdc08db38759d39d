"""DynamORM's models, whatever their schemas are made of."""

from __future__ import annotations

import dynamorm
from benchmarks.clients import BACKEND_URL
from benchmarks.values import book, isbn
from dynamorm import DynaModel


def connect(url: str, *, direct: bool) -> None:
    """Make the server at *url* the default: on the *direct* path, or through boto3's client."""
    dynamorm.connect(BACKEND_URL, endpoint_url=url, direct=direct)


class ModelProgram:
    """The work on a *model*, on the backend in force."""

    def __init__(self, model: type[DynaModel], items: int) -> None:
        self._model = model
        self._key = isbn(1)
        self._values = book(1)
        self._items = [book(number) for number in range(items)]

    def get(self) -> object:
        return self._model.get(isbn=self._key)

    def put(self) -> None:
        self._model(**self._values).save()

    def page(self) -> list[object]:
        return list(self._model.query(isbn=self._key))

    def write(self) -> None:
        self._model.put_batch(*self._items)

    def scan(self, segments: int) -> int:
        return sum(1 for _ in self._model.scan().parallel(segments).recursive())
