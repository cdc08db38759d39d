"""Every exception that DynamORM raises.

Catching them needs no SDK and no schema library. Each one also subclasses the built-in exception
that fits, so that ``except LookupError`` or ``except ValueError`` work as a reader would guess::

    DynamoException
    ├── DynaModelException              a model is defined or used wrongly        (TypeError)
    │   ├── SchemaNotRecognised         no schema adapter fits the Schema
    │   ├── AmbiguousSchema             two schema adapters fit the Schema
    │   ├── UnknownModel                a relationship's other model isn't there  (LookupError)
    │   ├── NoRelatedInstance           a related instance to delete isn't there  (AttributeError)
    │   └── ValidationError             the schema library refused the data       (ValueError)
    ├── DynamoTableException            a table, key, condition or item is wrong
    │   ├── MissingTableAttribute       a Table or an index lacks a setting       (TypeError)
    │   ├── InvalidSchemaField          a name that is not in the schema          (LookupError)
    │   ├── InvalidOperator             an operator that is unknown or unfit      (ValueError)
    │   ├── InvalidKey                  a key that is missing, empty or misused   (ValueError)
    │   │   └── MissingKey              … and an InvalidSchemaField               (LookupError)
    │   ├── InvalidCursor               a cursor that is not this read's          (ValueError)
    │   ├── InvalidValue                a value that DynamoDB can't store         (ValueError)
    │   │   └── ItemTooLarge            an item of more than 400 KB
    │   ├── InvalidUpdate               an update that can't be applied           (ValueError)
    │   ├── ConditionFailed             a condition did not hold; nothing written
    │   │   ├── HashKeyExists           a unique put met an existing item
    │   │   └── StaleItem               a versioned item was changed by another
    │   ├── TransactionCancelled        a transaction did not take place
    │   │   └── TransactionConditionFailed  … because of a condition, so a ConditionFailed
    │   │       └── StaleTransaction    … because of a version, so a StaleItem
    │   ├── TableNotFound               there is no such table or index           (LookupError)
    │   ├── TableAlreadyExists          create_table met an existing table
    │   ├── TableMismatch               a live table can't become its model's     (ValueError)
    │   ├── TableProtected              deletion protection keeps the table       (PermissionError)
    │   └── TableNotActive              the table is not ready                    (RuntimeError)
    ├── BudgetExceeded                  an operation would go beyond a budget     (RuntimeError)
    ├── PluginException                 a plugin is missing or unusable
    │   ├── UnknownBackend              no backend has this name or URL           (LookupError)
    │   ├── IncompatiblePlugin          a plugin that can't be used as it is      (ImportError)
    │   └── InvalidObserver             an object that can't observe operations   (TypeError)
    └── BackendException                the backend could not do it
        ├── BackendUnavailable          it can't be reached or opened             (ConnectionError)
        ├── BackendClosed               it was closed before                      (RuntimeError)
        ├── BackendMisconfigured        settings that can't work                  (ValueError)
        ├── CredentialsMissing          no credentials were found                 (PermissionError)
        ├── AccessDenied                the credentials do not suffice            (PermissionError)
        ├── RequestRejected             the service refused the request           (ValueError)
        ├── Throttled                   more capacity was asked for than there is
        ├── TransactionConflict         a transaction was writing the same item
        ├── UnprocessedItems            a batch ended with items left over
        └── Unsupported                 this backend can't do that                (NotImplementedError)
            └── NotYetSupported         … but a later release of it will

Messages name tables, fields, operators and distributions. They never contain the values of items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class DynamoException(Exception):
    """The base of every exception that DynamORM raises.

    ``retries`` is how often the transport sent the request again before it gave up, where it says so.

    ``unprocessed`` is what it keeps a batch from doing: put and delete requests of a batch write, or batch get requests
    with the keys that were not read. Those that were under way when it was raised are among them, and may have taken place.
    """

    retries: int = 0
    unprocessed: tuple[Any, ...] = ()


class DynaModelException(DynamoException, TypeError):
    """A model is defined or used wrongly."""


class SchemaNotRecognised(DynaModelException):
    """No installed schema adapter fits the inner ``Schema`` of a model."""


class AmbiguousSchema(DynaModelException):
    """More than one schema adapter fits the inner ``Schema`` of a model."""


class UnknownModel(DynaModelException, LookupError):
    """The other model of a relationship was named, and no model of that name is defined."""


class NoRelatedInstance(DynaModelException, AttributeError):
    """A related instance was to be deleted, and there is none."""


class ValidationError(DynaModelException, ValueError):
    """The schema library refused the data.

    ``raw`` is the data as it was given, ``schema_name`` the name of the schema, and ``errors``
    the schema library's own messages, in its own shape (for Marshmallow a ``dict`` of lists).
    """

    def __init__(self, raw: Any, schema_name: str, errors: Any) -> None:
        super().__init__(raw, schema_name, errors)
        self.raw = raw
        self.schema_name = schema_name
        self.errors = errors

    def __str__(self) -> str:
        return f"Validation failed for schema {self.schema_name}. Errors: {self.errors}"


class DynamoTableException(DynamoException):
    """A table, a key, a condition or an item is wrong."""


class MissingTableAttribute(DynamoTableException, TypeError):
    """A ``Table`` or an index class lacks a setting that it needs."""


class InvalidSchemaField(DynamoTableException, LookupError):
    """A name was used that the schema does not have."""


class InvalidOperator(DynamoTableException, ValueError):
    """An operator is unknown, or does not fit the field or the place where it stands."""


class InvalidKey(DynamoTableException, ValueError):
    """A key is missing, empty, of the wrong type, or used in a way that DynamoDB does not allow."""


class MissingKey(InvalidKey, InvalidSchemaField):
    """A part of a key was not given."""


class InvalidCursor(DynamoTableException, ValueError):
    """A cursor was changed or cut off, belongs to another read, or is not signed with the secret that is asked for."""


class InvalidValue(DynamoTableException, ValueError):
    """A value that DynamoDB can't store: of an unsupported type, too precise, too deep, not a number."""


class ItemTooLarge(InvalidValue):
    """An item is larger than the 400 KB that DynamoDB allows, its attribute names included."""


class InvalidUpdate(DynamoTableException, ValueError):
    """An update can't be applied: paths overlap, a key would change, or a type does not fit."""


class ConditionFailed(DynamoTableException):
    """A condition did not hold, and nothing was written.

    ``item`` is the item as it is now, by attribute name, when the service returned it; ``None``
    when there is no such item.
    """

    def __init__(self, message: str = "", item: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.item = item


class HashKeyExists(ConditionFailed):
    """A unique put met an item that has this primary key already."""


class StaleItem(ConditionFailed):
    """An item is no longer in the version that was read, or is gone; nothing was written.

    Read it again, and decide anew what is to be written.
    """


class CancellationReason(NamedTuple):
    """Why one act of a transaction kept it from taking place, or that it was not the reason.

    ``code`` is the service's, such as ``"ConditionalCheckFailed"`` or ``"TransactionConflict"``, and ``"None"`` for an act
    that was not the reason. ``item`` is the item as it is now, by attribute name, where a condition failed for it; ``None``
    when there is no such item. ``act`` is ``"PutItem"`` and the like, ``key`` the primary key by attribute name, ``model`` the
    model's name. ``error`` is the exception that the act would have raised by itself where its condition failed:
    ``ConditionFailed``, ``HashKeyExists`` or ``StaleItem``.
    """

    code: str
    message: str = ""
    item: Mapping[str, Any] | None = None
    act: str = ""
    table: str = ""
    key: Mapping[str, Any] | None = None
    model: str | None = None
    error: ConditionFailed | None = None


class TransactionCancelled(DynamoTableException):
    """A transaction did not take place, and nothing was written. ``reasons`` has one for each of its acts, in their order."""

    def __init__(self, message: str = "", reasons: Sequence[CancellationReason] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class TransactionConditionFailed(TransactionCancelled, ConditionFailed):
    """A condition of a transaction did not hold. ``item`` is that of the first act whose condition failed."""

    def __init__(self, message: str = "", reasons: Sequence[CancellationReason] = ()) -> None:
        super().__init__(message, reasons)
        self.item = next((reason.item for reason in self.reasons if reason.error is not None), None)


class StaleTransaction(TransactionConditionFailed, StaleItem):
    """An item of a transaction is no longer in the version that was read, or is gone."""


class TableNotFound(DynamoTableException, LookupError):
    """There is no such table, or the table has no such index."""


class TableAlreadyExists(DynamoTableException):
    """A table of this name exists already."""


class TableMismatch(DynamoTableException, ValueError):
    """A live table differs from its model in what DynamoDB can't change: its primary key, or a local index."""


class TableProtected(DynamoTableException, PermissionError):
    """A table can't be deleted, because its deletion protection is on."""


class TableNotActive(DynamoTableException, RuntimeError):
    """The table is being created, changed or deleted, and can't do this now."""


class BudgetExceeded(DynamoException, RuntimeError):
    """A budget does not suffice for an operation, which was not sent."""


class PluginException(DynamoException):
    """A plugin is missing or can't be used."""


class UnknownBackend(PluginException, LookupError):
    """No installed backend has this name or this URL."""


class IncompatiblePlugin(PluginException, ImportError):
    """A plugin can't be used: it was made for another major version of the plugin contract, or it breaks its promises."""


class InvalidObserver(PluginException, TypeError):
    """An observer can't observe: it does not implement its hook as it must, is added twice, or is not there to be removed."""


class BackendException(DynamoException):
    """The backend could not do what was asked of it."""


class BackendUnavailable(BackendException, ConnectionError):
    """The backend can't be reached or opened: a refused connection, a file that is not a database."""


class BackendClosed(BackendException, RuntimeError):
    """The backend was closed and can't be used any more."""


class BackendMisconfigured(BackendException, ValueError):
    """The backend's settings can't work: a malformed URL, a missing region, an unknown option."""


class CredentialsMissing(BackendException, PermissionError):
    """No credentials were found for the backend."""


class AccessDenied(BackendException, PermissionError):
    """The credentials were refused, or do not allow this."""


class RequestRejected(BackendException, ValueError):
    """The service refused the request as invalid, for a reason that has no exception of its own.

    ``code`` is the service's error code, for example ``"ValidationException"``.
    """

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code


class Throttled(BackendException):
    """The table, the index or the account has no capacity left for this request.

    ``tries`` is how often the transport sent it, and ``seconds`` how long that took in all.
    """

    def __init__(self, message: str = "", tries: int = 1, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.tries = tries
        self.seconds = seconds

    def __str__(self) -> str:
        message = super().__str__()
        times = "once" if self.tries == 1 else f"{self.tries} times"
        return f"{message} It was sent {times}, in {self.seconds:.1f} seconds." if self.seconds else message


class TransactionConflict(BackendException):
    """A transaction was writing the same item at this moment, and went on doing so over several tries."""


class UnprocessedItems(BackendException):
    """A batch ended, after all its retries, with requests that the service did not process.

    ``unprocessed`` holds them, so that they can be sent again: put and delete requests of a batch
    write, or batch get requests with the keys that were not read. ``tries`` is how often it was tried, and ``seconds`` how long
    that took in all.
    """

    def __init__(self, message: str, unprocessed: Sequence[Any], tries: int = 1, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.unprocessed = tuple(unprocessed)
        self.tries = tries
        self.seconds = seconds


class Unsupported(BackendException, NotImplementedError):
    """This backend can't do that. It never does something else instead."""


class NotYetSupported(Unsupported):
    """This backend can't do that yet; a later release of it will."""
