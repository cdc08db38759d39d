"""The verbs of several models, which are functions of ``dynamorm``: batches, transactions and transactional reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from dynamorm.data.arguments import checks_arguments
from dynamorm.model import verbs
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs.drivers import adrive_on, drive_on

if TYPE_CHECKING:
    from dynamorm.data.progress import ProgressCallback
    from dynamorm.model.mapping.given_keys import GivenKey
    from dynamorm.model.verbs.batches import WriteBatch
    from dynamorm.model.verbs.transactions import Transaction

First = TypeVar("First", bound=StoredInstance)
Second = TypeVar("Second", bound=StoredInstance)
Third = TypeVar("Third", bound=StoredInstance)


@checks_arguments
def batch(*, progress: ProgressCallback | None = None) -> WriteBatch:
    """Return a batch of puts and deletes, across models, which is sent when its ``with`` block ends.

    ::

        with dynamorm.batch() as batch:
            batch.put(Book, {"isbn": "1", "title": "One"})
            batch.put(book)
            batch.delete(Author, name="Mr. Bar")

    ``async with dynamorm.batch() as batch`` awaits what its end sends; the methods are the same.

    Everything is checked first, then written in batches of 25 ("BatchWriteItem" in the API reference), several in
    parallel. It is not a transaction: other readers may see some writes before others, in any order. If the block
    raises, nothing is sent. For instances, the signals of ``save`` and ``delete`` are sent: the ``pre_`` signals when
    the instance is added, the ``post_`` signals when the batch was written. Related instances are not saved.

    Any exception that ends the batch has the put and delete requests that were not carried out in ``unprocessed``.

    Args:
        progress: A function that is called with a :class:`~dynamorm.progress.Progress` before the first request and
            after each round of requests.

    Raises:
        InvalidKey: At the end of the block: two writes have the same primary key; nothing was sent.
        UnprocessedItems: At the end of the block: automatic retries make no progress.
    """
    return verbs.batches.WriteBatch(progress)


@checks_arguments
def transaction(token: str | None = None) -> Transaction:
    """Return a transaction: up to 100 writes, across models, that succeed together when its block ends, or not at all.

    ::

        with dynamorm.transaction() as tx:
            tx.update(Account, id="a", balance__minus=10, conditions={"balance__gte": 10})
            tx.update(Account, id="b", balance__plus=10)
            tx.put(Transfer, {"id": "1", "amount": 10}, unique=True)
            tx.check(Customer, id="c", conditions={"blocked__not_exists": True})

    ``async with dynamorm.transaction() as tx`` awaits what its end sends; the methods are the same. If the block
    raises, nothing is sent. For instances, the signals of ``save``, ``update`` and ``delete`` are sent: the ``pre_``
    signals when the instance is added, the ``post_`` signals when the transaction has succeeded. Related instances are
    not saved. Conflicts with other transactions are retried automatically, with pauses.

    Args:
        token: A string of at most 36 characters that makes the transaction idempotent: one that is sent again with the
            same token and the same actions within ten minutes changes nothing. By default each transaction gets a new
            token; pass your own for idempotency across calls, for example the id of a message that may arrive twice.

    Raises:
        TransactionCancelled: At the end of the block, with a reason for each action. If a condition did not hold, it is
            also a :class:`~dynamorm.exceptions.ConditionFailed`, and for a version a
            :class:`~dynamorm.exceptions.StaleItem`.
        InvalidKey: Two actions are about one item; nothing was sent.
        RequestRejected: There are more than 100 actions, or more than 4 MB ("TransactWriteItems" in the API
            reference); nothing was sent.
    """
    return verbs.transactions.Transaction(token)


@overload
def transact_get(read: tuple[type[First], GivenKey], /) -> tuple[First | None]: ...
@overload
def transact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], /
) -> tuple[First | None, Second | None]: ...
@overload
def transact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], third: tuple[type[Third], GivenKey], /
) -> tuple[First | None, Second | None, Third | None]: ...
@overload
def transact_get(*reads: tuple[type[First], GivenKey]) -> tuple[First | None, ...]: ...
def transact_get(*reads: tuple[type[StoredInstance], GivenKey]) -> tuple[Any, ...]:
    """Read items as they are at one moment: up to 100 ("TransactGetItems" in the API reference).

    ::

        account, customer = dynamorm.transact_get((Account, "a"), (Customer, {"id": "c"}))

    It costs twice what consistent reads cost.

    Args:
        reads: Pairs of a model and a primary key: a dict by field name, a tuple of its parts, or the value of its only
            part. Without pairs, nothing is read.

    Returns:
        A tuple with an instance for each pair, or ``None`` for an item that does not exist.

    Raises:
        InvalidKey, InvalidSchemaField: A key is wrong; nothing was sent.
        TransactionCancelled: Other writes keep changing the items.
    """
    reader = verbs.transactional_reads
    found = reader.parse(reads)
    return tuple(drive_on(reader.connection_of(found), reader.get_all(found))) if found else ()


@overload
async def atransact_get(read: tuple[type[First], GivenKey], /) -> tuple[First | None]: ...
@overload
async def atransact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], /
) -> tuple[First | None, Second | None]: ...
@overload
async def atransact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], third: tuple[type[Third], GivenKey], /
) -> tuple[First | None, Second | None, Third | None]: ...
@overload
async def atransact_get(*reads: tuple[type[First], GivenKey]) -> tuple[First | None, ...]: ...
async def atransact_get(*reads: tuple[type[StoredInstance], GivenKey]) -> tuple[Any, ...]:
    """Read up to 100 items as they are at one moment, as :func:`transact_get` does."""
    reader = verbs.transactional_reads
    found = reader.parse(reads)
    return tuple(await adrive_on(reader.connection_of(found), reader.get_all(found))) if found else ()
