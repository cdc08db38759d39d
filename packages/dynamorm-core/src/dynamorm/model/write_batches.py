"""Puts and deletes of several models in one batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from dynamorm.data.batches import BatchWriteRequest, DeleteRequest, PutRequest
from dynamorm.data.nouns import noun
from dynamorm.data.tables import TableSpec
from dynamorm.engine import batches
from dynamorm.engine.runner import run
from dynamorm.exceptions import DynaModelException, UnprocessedItems
from dynamorm.model.mapper import Mapper
from dynamorm.model.models import DynaModel
from dynamorm.ports.backends import Backend
from dynamorm.signals import post_delete, post_save, pre_delete


@noun
class _Write:
    backend: Backend
    spec: TableSpec
    request: BatchWriteRequest
    #: What is to be done once it was written, and the signal that is to be sent then.
    note: Callable[[], object] | None
    tell: Callable[[], object] | None


class WriteBatch:
    """Puts and deletes that are sent together at the end of the ``with`` block; :func:`dynamorm.batch` makes one."""

    def __init__(self) -> None:
        self._writes: list[_Write] = []
        self._is_over = False

    def put(self, what: DynaModel | type[DynaModel], item: Mapping[str, Any] | None = None) -> None:
        """Adds an instance, to be saved as a whole; or a model and an *item* of it, by field name.

        It is validated at once. Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        self._check_open()
        mapper = _mapper_of(what)
        if isinstance(what, DynaModel):
            _refuse_more(what, item)
            put_kwargs: dict[str, Any] = {}
            values, prepared = what._prepared(put_kwargs)
            # Now, not when it was written: the program may change the instance before that.
            what._refresh(values)
            self._add(
                what,
                PutRequest(mapper.spec.name, prepared),
                partial(what._note_saved, prepared),
                partial(post_save.send, type(what), instance=what, put_kwargs=put_kwargs),
            )
        elif item is None:
            raise DynaModelException(
                f"put of a batch needs an item of {what.__name__}, or an instance in place of the model."
            )
        else:
            self._add(what, PutRequest(mapper.spec.name, mapper.item(item)))

    def delete(self, what: DynaModel | type[DynaModel], **key: Any) -> None:
        """Adds an instance whose item is to be deleted; or a model and the primary *key* of an item.

        That there is no such item is no error. Raises what :meth:`DynaModel.get <dynamorm.DynaModel.get>` raises for a key.
        """
        self._check_open()
        mapper = _mapper_of(what)
        if isinstance(what, DynaModel):
            _refuse_more(what, key or None)
            request = DeleteRequest(mapper.spec.name, what._key())
            pre_delete.send(type(what), instance=what)
            self._add(what, request, tell=partial(post_delete.send, type(what), instance=what))
        else:
            self._add(what, DeleteRequest(mapper.spec.name, mapper.key(key)))

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        if exception is None:
            self._send()

    def _add(
        self,
        what: DynaModel | type[DynaModel],
        request: BatchWriteRequest,
        note: Callable[[], object] | None = None,
        tell: Callable[[], object] | None = None,
    ) -> None:
        self._writes.append(_Write(what._mapper.backend(), what._mapper.spec, request, note, tell))

    def _check_open(self) -> None:
        if self._is_over:
            raise DynaModelException("This batch is over. Open another one: with dynamorm.batch() as batch.")

    def _send(self) -> None:
        shares = [[write for write in self._writes if write.backend is backend] for backend in self._backends()]
        # Each plan checks all of its writes before the first of any is sent.
        plans = [batches.write_all([(write.spec, write.request) for write in share]) for share in shares]
        written: list[_Write] = []
        try:
            for share, plan in zip(shares, plans, strict=True):
                try:
                    run(plan, share[0].backend)
                except UnprocessedItems as error:
                    written += [write for write in share if write.request not in error.unprocessed]
                    raise
                written += share
        finally:
            # A receiver that raises keeps nothing from being written, nor other instances from knowing that they were.
            _call(write.note for write in written)
            _call(write.tell for write in written)

    def _backends(self) -> list[Backend]:
        return list({id(write.backend): write.backend for write in self._writes}.values())


def batch() -> WriteBatch:
    """A batch of puts and deletes, of any models, that is sent when its ``with`` block ends.

    ::

        with dynamorm.batch() as batch:
            batch.put(Book, {"isbn": "1", "title": "One"})
            batch.put(book)
            batch.delete(Author, name="Mr. Bar")

    All of it is checked first, then written in batches of 25. It is no transaction: others see one write before the next. When the
    block raises, nothing is sent. For instances, the signals of ``save`` and ``delete`` are sent: those before the act when the
    instance is added, those after it when the batch was written. Related instances are not saved with them.

    The end of the block raises :class:`~dynamorm.exceptions.InvalidKey` when two of the writes have the same primary key, and
    :class:`~dynamorm.exceptions.UnprocessedItems` with what is left when the service stops processing them.
    """
    return WriteBatch()


def _mapper_of(what: object) -> Mapper:
    is_model = isinstance(what, type) and issubclass(what, DynaModel) and what is not DynaModel
    if not (is_model or isinstance(what, DynaModel)):
        raise DynaModelException(
            f"A batch takes an instance, or a model and what it is about, as in put(Book, {{…}}) and delete(Book, isbn=…); not "
            f"{type(what).__name__}."
        )
    mapper: Mapper = what._mapper  # type: ignore[attr-defined]
    return mapper


def _refuse_more(instance: DynaModel, more: object) -> None:
    if more is not None:
        raise DynaModelException(
            f"A batch takes an instance of {type(instance).__name__} by itself; values and keys are given with the model."
        )


def _call(functions: Iterable[Callable[[], object] | None]) -> None:
    for function in functions:
        if function is not None:
            function()
