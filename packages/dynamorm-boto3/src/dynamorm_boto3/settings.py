"""The options of a connection, sorted into arguments of boto3's session and of its client.

The names are those of ``boto3.session.Session`` and of its method ``client`` in boto3's reference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynamorm.data.records import field, record
from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.addresses import without_secrets
from dynamorm.ports.backends import BackendAddress, TableOptions
from dynamorm_boto3.secrets import Secret

# The options that choose credentials. They go together: a table that names a profile does not use the connection's
# keys.
_CREDENTIAL_OPTIONS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_account_id",
    "profile_name",
    "botocore_session",
)
_SECRETS = ("aws_secret_access_key", "aws_session_token")
_SESSION_OPTIONS = (*_CREDENTIAL_OPTIONS, "region_name")
_CLIENT_OPTIONS = ("api_version", "config", "endpoint_url", "use_ssl", "verify")
#: With botocore's default of 10, more threads than that would open and drop a connection for each call, with a new TLS
#: handshake. An idle connection costs nothing.
POOLED_CONNECTIONS = 50
#: The environment variable that switches the direct path on (1, the default) or off (0) where no option does.
DIRECT_VARIABLE = "DYNAMORM_BOTO3_DIRECT"
_DIRECT_OPTION = "direct"
_CONNECTIONS_OPTION = "max_connections"
_OWN_OPTIONS = (_DIRECT_OPTION, _CONNECTIONS_OPTION)
# boto3's clients and resources take these, too. Here they become arguments of the session.
_TABLE_CLIENT_OPTIONS = (
    *_CLIENT_OPTIONS,
    "region_name",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_account_id",
)


@record
class Settings:
    """Arguments for boto3's session and for its client.

    ``configs`` are client configurations, each a ``botocore.config.Config`` or a mapping of its arguments; later ones
    override earlier ones. ``direct`` is whether the direct path may be taken. ``max_connections`` is how many
    connections an event loop may have open, if the program says so. ``text`` is the address that was given, for
    messages.
    """

    session: Mapping[str, Any] = field(repr=False)
    client: Mapping[str, Any] = field(repr=False)
    configs: tuple[Any, ...] = field(repr=False)
    direct: bool
    max_connections: int | None
    text: str

    @classmethod
    def of(cls, address: BackendAddress, options: Mapping[str, Any]) -> Settings:
        """Return the settings for an address, ``boto3`` or ``boto3://<region>``, and keyword arguments.

        Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for another form of address, and for an unknown
        option.
        """
        region, text = address.location, without_secrets(address.text)
        if not re.fullmatch(r"[A-Za-z0-9-]*", region):
            raise BackendMisconfigured(
                f"'{text}' is not an address of DynamoDB: boto3:// is followed by the name of an AWS region, as in "
                "boto3://eu-west-1, or by nothing. Pass the address of a server as the option endpoint_url, and a key "
                "pair as aws_access_key_id and aws_secret_access_key."
            )
        options = dict(options)
        direct = _direct_path_allowed(options.pop(_DIRECT_OPTION, None), text)
        connections = _max_connections(options.pop(_CONNECTIONS_OPTION, None), text)
        _check_names(options, (*_SESSION_OPTIONS, *_CLIENT_OPTIONS), f"The backend '{text}'", _OWN_OPTIONS)
        if region and options.get("region_name") not in {None, region}:
            raise BackendMisconfigured(
                f"'{text}' names one region and the option region_name another one, "
                f"'{options['region_name']}'. Leave one of them out."
            )
        settings = cls({}, {}, (), direct, connections, text)._with(options)
        return settings._with({"region_name": region}) if region else settings

    def overridden_by(self, options: TableOptions) -> Settings:
        """Return these settings, overridden by the *options* of a ``Table``.

        Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for an option that boto3 does not have.
        """
        _check_names(options.session_kwargs, _SESSION_OPTIONS, "The session_kwargs of a Table")
        _check_names(options.resource_kwargs, _TABLE_CLIENT_OPTIONS, "The resource_kwargs of a Table")
        return self._with(options.session_kwargs)._with(options.resource_kwargs)

    def _with(self, options: Mapping[str, Any]) -> Settings:
        session, client = dict(self.session), dict(self.client)
        if not options.keys().isdisjoint(_CREDENTIAL_OPTIONS):
            session = {name: value for name, value in session.items() if name not in _CREDENTIAL_OPTIONS}
        configs = self.configs
        for name, value in options.items():
            if name == "config":
                configs = configs if value is None else (*configs, value)
            elif name in _SESSION_OPTIONS:
                session[name] = Secret(value) if name in _SECRETS and isinstance(value, str) else value
            else:
                client[name] = value
        return Settings(session, client, configs, self.direct, self.max_connections, self.text)


def _check_names(options: Iterable[str], known: Sequence[str], owner: str, own: Sequence[str] = ()) -> None:
    if unknown := [name for name in options if name not in known]:
        from difflib import get_close_matches

        if unknown[0] in {"session_kwargs", "resource_kwargs"}:
            raise BackendMisconfigured(
                f"{owner} has no option '{unknown[0]}': that is a setting of a Table. Give boto3's options by "
                "themselves, as in dynamorm.connect('boto3', profile_name='dev')."
            )
        close = [match for name in unknown for match in get_close_matches(name, (*known, *own), n=1, cutoff=0.75)]
        hint = f"Did you mean {' and '.join(map(repr, close))}? " if close else ""
        raise BackendMisconfigured(
            f"{owner} has no option {', '.join(map(repr, unknown))}. {hint}boto3 knows {', '.join(sorted(known))}"
            f"{'; DynamORM has its own: ' + ', '.join(own) if own else ''}."
        )


def _direct_path_allowed(option: object, owner: str) -> bool:
    """Return whether the direct path may be taken, as the *option* says, or else the environment variable."""
    if option is None:
        text = os.environ.get(DIRECT_VARIABLE, "1")
        if text not in {"0", "1"}:
            raise BackendMisconfigured(
                f"The environment variable {DIRECT_VARIABLE} can be 1, or 0 to send each request through boto3's "
                "client."
            )
        return text == "1"
    if not isinstance(option, bool):
        raise BackendMisconfigured(f"The option {_DIRECT_OPTION} of the backend '{owner}' can be True or False.")
    return option


def _max_connections(option: object, owner: str) -> int | None:
    if option is not None and (isinstance(option, bool) or not isinstance(option, int) or option < 1):
        raise BackendMisconfigured(
            f"The option {_CONNECTIONS_OPTION} of the backend '{owner}' is the largest number of connections of an "
            "event loop: give an integer, 1 or greater."
        )
    return option
