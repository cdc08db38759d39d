"""The connection settings of a model's ``Table``: checked when the model is defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target, address_of
from dynamorm.exceptions import BackendMisconfigured, DynaModelException
from dynamorm.ports.backends import TableOptions

#: The scheme that ``session_kwargs`` and ``resource_kwargs`` are meant for, as in DynamORM 0.11.
_OF_SESSION_AND_RESOURCE = "boto3"


def table_options(
    place: str,
    *,
    session_kwargs: Mapping[str, Any] | None,
    resource_kwargs: Mapping[str, Any] | None,
    backend_options: Mapping[str, Mapping[str, Any]] | None,
    backend: Target | None,
) -> TableOptions | None:
    """Return the settings of a ``Table`` for its backend; ``None`` when it has none. *place* names the table in errors.

    Settings for another backend than the one in force wait unused, so that a model runs on every backend.
    Raises :class:`~dynamorm.exceptions.DynaModelException` for those that can never be used, because the table is
    pinned to another *backend*, and for options that are no dicts.
    """
    for setting, given in (("session_kwargs", session_kwargs), ("resource_kwargs", resource_kwargs)):
        if not isinstance(given, Mapping | None):
            raise DynaModelException(
                f"{setting} of {place} is a dict of arguments for boto3, such as {{'region_name': 'eu-west-1'}}."
            )
    by_scheme = _checked(place, backend_options or {})
    if not (session_kwargs or resource_kwargs or by_scheme):
        return None
    schemes = {**dict.fromkeys(by_scheme, "backend_options")}
    if session_kwargs or resource_kwargs:
        schemes[_OF_SESSION_AND_RESOURCE] = "session_kwargs" if session_kwargs else "resource_kwargs"
    pinned = _scheme_of(backend)
    for scheme, setting in schemes.items():
        if pinned is not None and scheme != pinned:
            raise DynaModelException(
                f"{setting} of {place} is for '{scheme}', and its backend is always '{pinned}', which would never use "
                "it. Leave one of the two out."
            )
    return TableOptions(session_kwargs or {}, resource_kwargs or {}, by_scheme)


def _checked(place: str, options: object) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(options, Mapping) or not all(
        isinstance(scheme, str) and isinstance(own, Mapping) for scheme, own in options.items()
    ):
        raise DynaModelException(
            f"The backend_options of {place} are a dict of options for each backend, by its name: "
            "{'mydb': {'timeout': 5}}."
        )
    if _OF_SESSION_AND_RESOURCE in options:
        raise DynaModelException(
            f"The backend_options of {place} are for other backends than boto3. boto3's are session_kwargs and "
            "resource_kwargs."
        )
    return {scheme: own for scheme, own in options.items() if own}


def _scheme_of(backend: Target | None) -> str | None:
    """Return the scheme that a table is pinned to; ``None`` when it is not pinned, or not by its scheme."""
    if isinstance(backend, Connection):
        return backend.scheme
    if not isinstance(backend, str):
        return None
    try:
        return address_of(backend).scheme
    except BackendMisconfigured:
        # What is no URL is refused when the backend is opened.
        return None
