"""All exceptions that DynamORM raises.

You can catch them without an SDK or a schema library. Each also subclasses the built-in exception that fits::

    DynamoException
    ├── DynaModelException              a model is defined or used wrongly
    │   ├── SchemaNotRecognised         no schema adapter fits the Schema         (TypeError)
    │   ├── AmbiguousSchema             two schema adapters fit the Schema        (TypeError)
    │   ├── UnknownModel                a relationship's other model is missing   (LookupError)
    │   ├── ModelNotFound               no model has the name that a command got  (LookupError)
    │   ├── ModelImportFailed           the module of a model can't be imported   (ImportError)
    │   ├── UnknownAttribute            an attribute that is not there            (AttributeError)
    │   ├── NoRelatedInstance           there is no related instance to delete    (AttributeError)
    │   ├── WrongModel                  an instance of another model was assigned (TypeError)
    │   └── ValidationError             the schema library refused the data       (ValueError)
    ├── DynamoTableException            a table, key, condition or item is wrong
    │   ├── MissingTableAttribute       a Table or an index lacks a setting       (TypeError)
    │   ├── InvalidSchemaField          a name that is not in the schema          (LookupError)
    │   ├── InvalidOperator             an unknown or unsuitable operator         (ValueError)
    │   ├── InvalidKey                  a key that is empty, invalid or misused   (ValueError)
    │   │   └── MissingKey              a part of a key is missing                (LookupError)
    │   ├── InvalidCursor               a cursor that does not fit the read       (ValueError)
    │   ├── InvalidValue                a value that DynamoDB can't store         (ValueError)
    │   │   └── ItemTooLarge            an item of more than 400 KB
    │   ├── InvalidUpdate               an update that can't be applied           (ValueError)
    │   ├── ConditionFailed             a condition did not hold; nothing written
    │   │   ├── HashKeyExists           a unique put found an existing item
    │   │   ├── NotUnique               a unique value belongs to another item
    │   │   ├── ReferenceMissing        an instance refers to one that is not there
    │   │   └── StaleItem               a versioned item was changed meanwhile
    │   ├── TransactionCancelled        a transaction was cancelled
    │   │   └── TransactionConditionFailed  … because of a condition: also a ConditionFailed
    │   │       └── StaleTransaction    … because of a version: also a StaleItem
    │   ├── NoItemFound                 no item, where there must be one          (LookupError)
    │   ├── MultipleItemsFound          several items, where there must be one    (ValueError)
    │   ├── WrongKind                   an item is of another model               (LookupError)
    │   ├── UnknownKind                 an item is of no known model              (LookupError)
    │   ├── KeyMismatch                 a key is not what the item's fields give
    │   ├── TableNotFound               there is no such table or index           (LookupError)
    │   ├── TableAlreadyExists          create_table found an existing table
    │   ├── TableMismatch               can't be changed to fit its model         (ValueError)
    │   ├── TableProtected              deletion protection is on                 (PermissionError)
    │   └── TableNotActive              the table is not ready                    (RuntimeError)
    ├── PlanChanged                     tables are no longer as a plan found them (RuntimeError)
    ├── BudgetExceeded                  an operation would exceed a budget        (RuntimeError)
    ├── InvalidDump                     files are no dump that can be used so     (ValueError)
    ├── InvalidLoad                     a load that can't work as it is asked for (ValueError)
    ├── NothingLoaded                   there was nothing to load or to copy      (LookupError)
    ├── RateExceeded                    an operation may not wait for its rate   (RuntimeError)
    ├── PluginException                 a plugin is missing or unusable
    │   ├── UnknownBackend              no backend has this name or URL           (LookupError)
    │   ├── IncompatiblePlugin          a plugin that can't be used as it is      (ImportError)
    │   └── InvalidObserver             an object that can't observe operations   (TypeError)
    └── BackendException                the backend failed
        ├── BackendUnavailable          it can't be reached or opened             (ConnectionError)
        ├── BackendClosed               it was closed                             (RuntimeError)
        ├── BackendMisconfigured        its settings can't work                   (ValueError)
        ├── CredentialsMissing          no credentials were found                 (PermissionError)
        ├── AccessDenied                the credentials are not sufficient        (PermissionError)
        ├── WriteRefused                the connection is read-only               (PermissionError)
        ├── RequestRejected             the service refused the request           (ValueError)
        ├── Throttled                   the capacity was exceeded
        │   ├── HotKey                  … that one partition has
        │   ├── CapacityExceeded        … that a table or an index was given
        │   ├── OnDemandLimitReached    … the maximum that it was given on demand
        │   └── AccountLimitReached     … the quota of the account
        ├── TransactionConflict         a transaction was writing the same item
        ├── UnprocessedItems            a batch ended with unprocessed requests
        └── Unsupported                 this backend can't do that                (NotImplementedError)
            └── NotYetSupported         … but a later release of it will

Messages name tables, fields, operators and distributions, never the values of items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamorm.exceptions.backends import AccessDenied as AccessDenied
from dynamorm.exceptions.backends import BackendClosed as BackendClosed
from dynamorm.exceptions.backends import BackendException as BackendException
from dynamorm.exceptions.backends import BackendMisconfigured as BackendMisconfigured
from dynamorm.exceptions.backends import BackendUnavailable as BackendUnavailable
from dynamorm.exceptions.backends import CredentialsMissing as CredentialsMissing
from dynamorm.exceptions.backends import DynamoException as DynamoException
from dynamorm.exceptions.backends import IncompatiblePlugin as IncompatiblePlugin
from dynamorm.exceptions.backends import InvalidObserver as InvalidObserver
from dynamorm.exceptions.backends import NotYetSupported as NotYetSupported
from dynamorm.exceptions.backends import PluginException as PluginException
from dynamorm.exceptions.backends import RequestRejected as RequestRejected
from dynamorm.exceptions.backends import Throttled as Throttled
from dynamorm.exceptions.backends import TransactionConflict as TransactionConflict
from dynamorm.exceptions.backends import UnknownBackend as UnknownBackend
from dynamorm.exceptions.backends import UnprocessedItems as UnprocessedItems
from dynamorm.exceptions.backends import Unsupported as Unsupported

if TYPE_CHECKING:
    from dynamorm.exceptions.kinds import KeyMismatch as KeyMismatch
    from dynamorm.exceptions.kinds import UnknownKind as UnknownKind
    from dynamorm.exceptions.operating import InvalidDump as InvalidDump
    from dynamorm.exceptions.operating import InvalidLoad as InvalidLoad
    from dynamorm.exceptions.operating import ModelImportFailed as ModelImportFailed
    from dynamorm.exceptions.operating import ModelNotFound as ModelNotFound
    from dynamorm.exceptions.operating import NothingLoaded as NothingLoaded
    from dynamorm.exceptions.operating import PlanChanged as PlanChanged
    from dynamorm.exceptions.operating import WriteRefused as WriteRefused
    from dynamorm.exceptions.rates import RateExceeded as RateExceeded
    from dynamorm.exceptions.reasons import CancellationReason as CancellationReason
    from dynamorm.exceptions.reasons import ThrottlingReason as ThrottlingReason
    from dynamorm.exceptions.throttling import AccountLimitReached as AccountLimitReached
    from dynamorm.exceptions.throttling import CapacityExceeded as CapacityExceeded
    from dynamorm.exceptions.throttling import HotKey as HotKey
    from dynamorm.exceptions.throttling import OnDemandLimitReached as OnDemandLimitReached


def __getattr__(name: str) -> Any:
    from dynamorm.exceptions.deferred import MODULES, public  # deferred: start-up cost

    if name == "__all__":  # of "from dynamorm.exceptions import *"
        defined = [*globals().items()]
        kinds = (name for name, each in defined if isinstance(each, type) and issubclass(each, DynamoException))
        return [*kinds, *MODULES]
    return public(name)


def __dir__() -> list[str]:
    from dynamorm.exceptions.deferred import MODULES  # deferred: start-up cost

    return [*globals(), *MODULES]


class DynaModelException(DynamoException):
    """A model is defined or used wrongly. Change the code that the message names; nothing was sent.

    It is no ``TypeError``: Python swallows one that ``len()`` raises within ``list()``, and ``ValidationError`` is one
    of its subclasses.
    """


class SchemaNotRecognised(DynaModelException, TypeError):
    """No installed schema adapter fits the inner ``Schema`` of a model.

    Install the distribution that the message names, or give ``Schema`` fields of a schema library.
    """


class AmbiguousSchema(DynaModelException, TypeError):
    """More than one schema adapter fits the inner ``Schema`` of a model.

    Give ``Schema`` the fields and the base class of one schema library only.
    """


class UnknownModel(DynaModelException, LookupError):
    """A relationship names its other model, and no model with that name is defined.

    Correct the name, or import the module that defines the model before you use the relationship.
    """


class UnknownAttribute(DynaModelException, AttributeError):
    """A model, its instance, its table or its index has no such attribute. Use what the message names instead."""


class NoRelatedInstance(DynaModelException, AttributeError):
    """``del`` of a relationship's attribute found no related instance to delete. Catch it if that does not matter."""


class WrongModel(DynaModelException, TypeError):
    """A relationship was assigned a value that is not an instance of its other model. Assign an instance of that."""


class ValidationError(DynaModelException, ValueError):
    """The schema library refused the data. Show ``errors`` to whoever supplied the data.

    Attributes:
        raw: The data that was refused.
        schema_name: The name of the schema.
        errors: The schema library's messages, in its own form: for Marshmallow a ``dict`` of lists.
        key: The primary key of the stored item that was refused when it was read, by attribute name; ``None`` for data
            of the program.
    """

    key: Mapping[str, Any] | None = None

    def __init__(self, raw: Any, schema_name: str, errors: Any) -> None:
        super().__init__(raw, schema_name, errors)
        self.raw = raw
        self.schema_name = schema_name
        self.errors = errors

    def __str__(self) -> str:
        return f"Validation failed for schema {self.schema_name}. Errors: {self.errors}"


class DynamoTableException(DynamoException):
    """The base class of exceptions about tables, keys, conditions and items. It is never raised itself."""


class MissingTableAttribute(DynamoTableException, TypeError):
    """A ``Table`` or an index class lacks a required setting. Add the setting that the message names."""


class InvalidSchemaField(DynamoTableException, LookupError):
    """A name is not in the schema. Use the field's name in the schema, not its name in the table."""


class InvalidOperator(DynamoTableException, ValueError):
    """An operator is unknown, or does not suit the field. Use one of the operators that the message lists."""


class InvalidKey(DynamoTableException, ValueError):
    """A key is empty, too long, of the wrong type, or used in a way that DynamoDB does not allow.

    The message names the verb or the kind of key that allows what you wanted.
    """


class MissingKey(InvalidKey, InvalidSchemaField):
    """A part of a key is missing. Pass the hash key and, if there is one, the range key; to read all items, scan."""


class InvalidCursor(DynamoTableException, ValueError):
    """A cursor was changed or cut off, belongs to another read, or is not signed with the read's secret.

    Start again with the first page. If the cursor came from a user, tell them that the link is no longer valid.
    """


class InvalidValue(DynamoTableException, ValueError):
    """DynamoDB can't store a value: it has an unsupported type, too many digits or levels, or is not a number.

    Use a schema field that converts the value to a type that DynamoDB has.
    """


class ItemTooLarge(InvalidValue):
    """An item is larger than 400 KB, attribute names included ("Quotas in Amazon DynamoDB", section "Items").

    Split the item, compress the large attribute, or store the attribute elsewhere and keep a reference to it.
    """


class InvalidUpdate(DynamoTableException, ValueError):
    """An update can't be applied: paths overlap, a key would change, or a type does not fit.

    Change each path once. To change a key, save an item with the new key and delete the old one.
    """


class ConditionFailed(DynamoTableException):
    """A condition did not hold, and this attempt wrote nothing. Read the item again, and write it if it is still right.

    Attributes:
        item: The item as it is now, by attribute name; ``None`` when it does not exist, or was not returned.
        may_be_own: Whether an earlier attempt, or an earlier write of the instance, got no response or was interrupted,
            and the item is as that leaves it. This is no proof.
    """

    may_be_own: bool = False

    def __init__(self, message: str = "", item: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.item = item


class HashKeyExists(ConditionFailed):
    """A unique put found an item with the same primary key. Choose another key, or put without ``unique``."""


class StaleItem(ConditionFailed):
    """An item was changed or deleted after it was read, and the write changed nothing. Read it again, then retry."""


class NotUnique(ConditionFailed):
    """A value that no two items may share belongs to another item, and the write changed nothing. Choose another value.

    Attributes:
        fields: The names of the fields of the unique value.
        owner: The primary key of the item that has it, by attribute name; ``None`` if the backend did not tell.
    """

    def __init__(self, message: str = "", fields: Sequence[str] = (), owner: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.fields = tuple(fields)
        self.owner = owner


class ReferenceMissing(ConditionFailed):
    """An instance refers to another one that does not exist, and the write changed nothing. Create that one first."""


class TransactionCancelled(DynamoTableException):
    """A transaction was cancelled, and nothing was written.

    ``reasons`` has a :class:`CancellationReason` for each action, in order. Conflicts with other transactions were
    retried: if they are the reason, try again later, or spread the writes over more items.
    """

    def __init__(self, message: str = "", reasons: Sequence[CancellationReason] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class TransactionConditionFailed(TransactionCancelled, ConditionFailed):
    """A condition of a transaction did not hold, and nothing was written. Read the items again, then decide.

    ``item`` is the item of the first action whose condition failed.
    """

    def __init__(self, message: str = "", reasons: Sequence[CancellationReason] = ()) -> None:
        super().__init__(message, reasons)
        self.item = next((reason.item for reason in self.reasons if reason.error is not None), None)
        self.may_be_own = any(getattr(reason.error, "may_be_own", False) for reason in self.reasons)


class StaleTransaction(TransactionConditionFailed, StaleItem):
    """An item of a transaction was changed or deleted after it was read. Read the items again, then try again."""


class NoItemFound(DynamoTableException, LookupError):
    """``one()`` found no item. Correct the conditions, or use ``first()``, which returns ``None`` in that case."""


class MultipleItemsFound(DynamoTableException, ValueError):
    """``one()`` found more than one item. Add conditions that only one item meets, or use ``first()``."""


class _KindOfItem(Exception):
    """What exceptions about the kind of an item have: its *kind* and its *key*."""

    def __init__(self, message: str = "", kind: str | None = None, key: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.key: Mapping[str, Any] = {} if key is None else key


class WrongKind(_KindOfItem, DynamoTableException, LookupError):
    """An item with this key is of the kind of another model. Read it with that model, or correct the key.

    Attributes:
        kind: The kind of the item, as it is stored; ``None`` if it has none.
        key: The primary key of the item, by attribute name.
    """


class TableNotFound(DynamoTableException, LookupError):
    """There is no such table, or the table has no such index. Create it, or check the region and the endpoint."""


class TableAlreadyExists(DynamoTableException):
    """A table with this name exists already. To accept it, create the table with ``exist_ok=True``."""


class TableMismatch(DynamoTableException, ValueError):
    """A live table differs from its model in what DynamoDB can't change: its primary key, or a local index.

    Fix the model, or give it a table with another name, create that table, and copy the items.
    """


class TableProtected(DynamoTableException, PermissionError):
    """A table can't be deleted, because its deletion protection is on. Switch it off first."""


class TableNotActive(DynamoTableException, RuntimeError):
    """A table is being created, changed or deleted, and can't be used or changed now. Wait, then try again."""


class BudgetExceeded(DynamoException, RuntimeError):
    """An operation would exceed the budget, and was not sent. Read and write less, or allow more."""
