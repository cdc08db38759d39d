"""The functions behind the checks of ``checks.py``, and the settings that environment variables add.

Each finder returns what it found, as a sentence without its full stop, or an empty string for nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

from dynamorm_boto3.installed import installed_version, minor_version
from dynamorm_boto3.originals import is_of_boto
from dynamorm_boto3.secrets import Secret
from dynamorm_boto3.settings import Settings

#: The newest minor version of botocore whose requests were compared with those of the direct path. Before you raise it,
#: read tests/boto3/test_newest_botocore.py.
NEWEST_BOTOCORE = (1, 44)
#: The regions of the partition ``aws``, whose hosts end in ``amazonaws.com``; from botocore's ``partitions.json``.
REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+", re.ASCII)
#: The variables whose meaning is known here, or that mean nothing to DynamoDB's client. Any other variable that begins
#: with ``AWS_`` or ``BOTO`` may be botocore's.
VARIABLES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EXECUTION_ENV",
}
_VARIABLE_PREFIXES = ("AWS_LAMBDA_", "AWS_XRAY_", "AWS_ENDPOINT_URL_")
#: The packages whose import finders only find modules: Python, setuptools, editable installations, virtualenv, six,
#: importlib-metadata and pytest.
_FINDERS = (
    "_frozen_importlib",
    "_distutils_hack",
    "__editable__",
    "_virtualenv",
    "six",
    "importlib_metadata",
    "_pytest",
)
_LARGEST_PORT = 65_535
#: The options whose meaning is known here.
OPTIONS = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region_name", "endpoint_url"}


def credentials_of(settings: Settings) -> tuple[str | None, str | None, str | None]:
    """Return key, secret and token from the options, or else from the environment."""
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    given = [settings.session.get(name) for name in names]
    key, secret, token = given if any(given) else [os.environ.get(name.upper()) for name in names]
    return key, secret and Secret(secret), token and Secret(token)


def region_of(settings: Settings) -> str:
    """Return the region from the options, or else from the environment."""
    return settings.session.get("region_name") or os.environ.get("AWS_DEFAULT_REGION", "")


def url_of(settings: Settings) -> str:
    """Return the URL of the endpoint from the options, or else from the environment; an empty string without one."""
    return (
        settings.client.get("endpoint_url")
        or os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
        or os.environ.get("AWS_ENDPOINT_URL", "")
    )


def import_hook(_settings: Settings) -> str:
    """Find an import hook that may act when botocore is imported."""
    for finder in sys.meta_path:
        module = getattr(finder, "__module__", type(finder).__module__)
        # Many packages have a copy of six in them.
        if not module.startswith(_FINDERS) and not module.endswith(".six"):
            return f"The module {module} watches what is imported"
    return ""


def untested_botocore(_settings: Settings) -> str:
    """Find a botocore that is newer than the newest tested one."""
    version = installed_version("botocore")
    is_tested = (0, 0) < minor_version(version) <= NEWEST_BOTOCORE
    return told(found=not is_tested, text=f"The version of botocore is {version or 'unknown'}")


def unknown_options(settings: Settings) -> str:
    """Find options that only boto3 understands."""
    unknown = {*settings.session, *settings.client} - OPTIONS
    return listed("The options {} are set", [*unknown, *(["config"] if settings.configs else [])])


def unknown_variables(_settings: Settings) -> str:
    """Find environment variables that only boto3 understands."""

    def is_unknown(variable: str) -> bool:
        if variable.startswith("AWS_"):
            return variable not in VARIABLES and not variable.startswith(_VARIABLE_PREFIXES)
        return variable.startswith("BOTO")

    return listed("The environment variables {} are set", filter(is_unknown, os.environ))


def proxies(_subject: object) -> str:
    """Find proxies that the environment names."""
    # botocore decides for which addresses they are.
    if sys.platform in {"darwin", "win32"}:
        from urllib.request import getproxies

        found = list(getproxies())
    else:
        found = [name for name in os.environ if name.lower().endswith("_proxy") and name.lower() != "no_proxy"]
    return listed("The environment names the proxies {}", found)


def files(_settings: Settings) -> str:
    """Find configuration files, which only boto3 reads."""
    files = (
        os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"),
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        # Descriptions of services that take the place of botocore's own.
        "~/.aws/models",
    )
    return next((f"There is {file}" for file in files if os.path.exists(os.path.expanduser(file))), "")


def unusual_url(settings: Settings) -> str:
    """Find a URL of which boto3 may make something else."""
    url = url_of(settings)
    plain = re.fullmatch(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?/?", url or "https://host")
    is_plain = plain is not None and int(plain["port"] or 0) <= _LARGEST_PORT
    return told(found=not is_plain, text="The URL of the endpoint is unusual")


def foreign_handler(handlers: Iterable[Any]) -> str:
    """Return which module has added itself to the *handlers* that botocore gives to each client."""
    for _, handler, *_ in handlers:
        function = handler.func if isinstance(handler, partial) else handler
        module = getattr(function, "__module__", None)
        if not is_of_boto(module):
            return f"The module {module} handles events of all clients of botocore"
    return ""


def told(*, found: object, text: str) -> str:
    """Return a *text* if something was *found*."""
    return text if found else ""


def listed(text: str, names: Iterable[str]) -> str:
    """Return a *text* with the *names* in it, if there are any."""
    found = sorted(names)
    return text.format(", ".join(found)) if found else ""
