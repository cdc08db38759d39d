"""The base class of all exceptions, and those of backends and plugins: import them from ``dynamorm.exceptions``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynamorm.exceptions.reasons import ThrottlingReason


class DynamoException(Exception):
    """The base class of all exceptions that DynamORM raises. It is never raised itself.

    Attributes:
        retries: The number of attempts before the one that ended with this exception, if the backend reports them.
        unconfirmed_attempts: How many attempts ended without a response or with a server error: they may have worked.
        unprocessed: The requests of a batch that were not carried out because of the exception: put and delete requests
            of a batch write, or batch get requests with the keys that were not read. Requests that were being sent are
            among them, and may have been carried out.
        cursor: The position from which ``reindex`` or ``check`` can continue; ``None`` if it has to begin again.
    """

    __module__ = "dynamorm.exceptions"

    retries: int = 0
    unconfirmed_attempts: int = 0
    unprocessed: tuple[Any, ...] = ()
    cursor: str | None = None


class BackendException(DynamoException):
    """The base class of exceptions about backends. It is never raised itself."""

    __module__ = "dynamorm.exceptions"


class BackendUnavailable(BackendException, ConnectionError):
    """The backend can't be reached or opened: a refused connection, a file that is not a database.

    Reads can be tried again. A write that got no response may have been carried out.
    """

    __module__ = "dynamorm.exceptions"


class BackendClosed(BackendException, RuntimeError):
    """The backend was closed. Connect again, or close it later."""

    __module__ = "dynamorm.exceptions"


class BackendMisconfigured(BackendException, ValueError):
    """The backend's settings can't work: a malformed URL, a missing region, an unknown option. Correct them."""

    __module__ = "dynamorm.exceptions"


class CredentialsMissing(BackendException, PermissionError):
    """No credentials were found. Provide them where boto3 looks for them, or as options of ``connect``."""

    __module__ = "dynamorm.exceptions"


class AccessDenied(BackendException, PermissionError):
    """The credentials were refused or have expired, or do not allow this. Renew them, or extend their policy."""

    __module__ = "dynamorm.exceptions"


class RequestRejected(BackendException, ValueError):
    """The service refused the request, for a reason that has no exception of its own. The message has its reason.

    ``code`` is the service's error code, for example ``"ValidationException"``.
    """

    __module__ = "dynamorm.exceptions"

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code


class Throttled(BackendException):
    """A table, an index or the account had no capacity left for a request, even after retries.

    Try again later and more slowly, or raise the capacity. Where the service says what was used up, the exception is a
    ``HotKey``, a ``CapacityExceeded``, an ``OnDemandLimitReached`` or an ``AccountLimitReached``: the first of them
    that one of its reasons stands for.

    Attributes:
        tries: The number of times that the request was sent.
        seconds: The time from the first to the last try.
        reasons: What the service says about why it throttled the request, each a ``ThrottlingReason``; empty if it says
            nothing, as older servers do.
        key: The primary key of the operation by attribute name, of a query the values of its hash key; ``None`` for an
            operation on several items.
    """

    __module__ = "dynamorm.exceptions"

    def __init__(
        self,
        message: str = "",
        tries: int = 1,
        seconds: float = 0.0,
        *,
        reasons: Sequence[ThrottlingReason] = (),
        key: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.tries = tries
        self.seconds = seconds
        self.reasons = tuple(reasons)
        self.key = key

    def __str__(self) -> str:
        message = super().__str__()
        times = "once" if self.tries == 1 else f"{self.tries} times"
        return f"{message} It was sent {times}, in {self.seconds:.1f} seconds." if self.seconds else message


class TransactionConflict(BackendException):
    """A transaction was writing the same item, at each of several tries. Try again later."""

    __module__ = "dynamorm.exceptions"


class UnprocessedItems(BackendException):
    """A batch ended, after all retries, with requests that the service did not process. Send them again later.

    Attributes:
        unprocessed: The put and delete requests of a batch write, or batch get requests with the keys that were not
            read.
        tries: The number of times that they were sent.
        seconds: The time from the first to the last try.
    """

    __module__ = "dynamorm.exceptions"

    def __init__(self, message: str, unprocessed: Sequence[Any] = (), tries: int = 1, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.unprocessed = tuple(unprocessed)
        self.tries = tries
        self.seconds = seconds


class Unsupported(BackendException, NotImplementedError):
    """The backend can't do that, and never does something else instead. The message names an alternative."""

    __module__ = "dynamorm.exceptions"


class NotYetSupported(Unsupported):
    """The backend can't do that yet; a later release of it will. Use another backend until then."""

    __module__ = "dynamorm.exceptions"


class PluginException(DynamoException):
    """The base class of exceptions about plugins. It is never raised itself."""

    __module__ = "dynamorm.exceptions"


class UnknownBackend(PluginException, LookupError):
    """No installed backend has this name or URL scheme. Install the distribution that the message names."""

    __module__ = "dynamorm.exceptions"


class IncompatiblePlugin(PluginException, ImportError):
    """A plugin can't be used as it is: made for another version of the contract, broken, or not alone under its name.

    The message says which, and what to update or uninstall.
    """

    __module__ = "dynamorm.exceptions"


class InvalidObserver(PluginException, TypeError):
    """An observer does not implement ``dynamorm_operation_done``, is added twice, or removed without being added.

    Write this hook as "Plugins" in the documentation describes it, and pass an instance, not a class.
    """

    __module__ = "dynamorm.exceptions"
