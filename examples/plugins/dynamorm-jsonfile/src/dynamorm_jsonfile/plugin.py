"""The plugin: what DynamORM finds under the name ``jsonfile``."""

from collections.abc import Mapping
from typing import Any

from dynamorm.exceptions import BackendMisconfigured, BackendUnavailable
from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl


def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    """Open the folder that *address* names. Make it if there is none."""
    from dynamorm_jsonfile.backend import JsonFileBackend

    if options:
        raise BackendMisconfigured(f"'{address.text}' has no options: {', '.join(sorted(options))}.")
    if not address.location or {"?", "\0"} & set(address.location):
        raise BackendMisconfigured(f"'{address.text}' names no folder. Write jsonfile://data, for example.")
    try:
        return JsonFileBackend(address.location)
    except OSError as error:
        raise BackendUnavailable(f"The folder of '{address.text}' can't be made: {error.strerror}.") from error


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Register the backend ``jsonfile``."""
    return BackendProvider(name="jsonfile", contract=1, connect=connect)
