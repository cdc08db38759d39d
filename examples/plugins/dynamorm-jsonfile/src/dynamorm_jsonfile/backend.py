"""The backend: each operation is executed under the lock of the folder."""

from typing import TypeVar

from dynamorm import wire
from dynamorm.data import Operation
from dynamorm.exceptions import BackendClosed, BackendUnavailable, DynamoException
from dynamorm.ports.backends import Backend, Capability
from dynamorm.ports.needed_capabilities import check_capabilities
from dynamorm.rules import WRITES, execute
from dynamorm_jsonfile.folder import Folder
from dynamorm_jsonfile.store import JsonStore, Table

Result = TypeVar("Result")


class JsonFileBackend(Backend):
    """Tables in JSON files. Time to live and table classes mean nothing to them, and are refused."""

    capabilities = frozenset(
        {
            Capability.GLOBAL_INDEXES,
            Capability.LOCAL_INDEXES,
            Capability.MULTI_ATTRIBUTE_KEYS,
            Capability.PARALLEL_SCAN,
            Capability.CONCURRENT_CALLS,
            Capability.TRANSACTIONS,
            Capability.TABLE_UPDATES,
            Capability.DELETION_PROTECTION,
            Capability.TAGS,
            Capability.CONSUMED_CAPACITY,
        }
    )
    max_concurrency = 1  # writes wait for each other

    def __init__(self, path: str) -> None:
        self._folder = Folder(path)
        self._closed = False
        self._known: tuple[bytes, dict[str, Table | None]] = (b"", {})

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* and return its result."""
        if self._closed:
            raise BackendClosed("This backend was closed. Connect again with dynamorm.connect().")
        check_capabilities(self, operation)
        writes = type(operation) in WRITES
        try:
            with self._folder.locked(exclusive=writes) as stamp:
                known = self._known[1] if stamp and stamp == self._known[0] else {}
                if writes:
                    self._known = b"", {}  # until the changes are written
                store = JsonStore(self._folder, known)
                result = execute(store, operation)
                changes = store.changes()
                self._known = (self._folder.replace(changes) if changes else stamp), known
                return result
        except DynamoException:  # some are OSErrors, too
            raise
        except OSError as error:
            fault = f"{self._folder.path} can't be read or written ({error.strerror}). A write may have been made."
            raise BackendUnavailable(f"{wire.subject_of(operation)} failed: {fault}") from error

    def close(self) -> None:
        """Refuse later operations. No file is open between operations."""
        self._closed = True
