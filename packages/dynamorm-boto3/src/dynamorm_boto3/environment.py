"""What the environment alone says of the service, so that a program need not wait for boto3 to be imported.

boto3 takes a tenth of a second to import, and longer to make a client. Where environment variables and arguments say all that
boto3 would find out, as in AWS Lambda, they are read here, by the rules of "Configuration" and "Credentials" in boto3's
documentation. Where anything else could have a say, boto3 is asked.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from dynamorm_boto3.service import NotLean, Service
from dynamorm_boto3.settings import Settings
from dynamorm_boto3.signing import Credentials
from dynamorm_boto3.user_agent import user_agent

#: The regions of the partition ``aws``, whose hosts end in ``amazonaws.com``; from botocore's ``partitions.json``.
_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+", re.ASCII)
#: The variable by which AWS Lambda is known.
LAMBDA_VARIABLE = "AWS_LAMBDA_FUNCTION_NAME"
#: The variables whose meaning is known here, or that mean nothing to DynamoDB's client. Each other one that begins with
#: ``AWS_`` or ``BOTO`` may be one of botocore's.
_KNOWN = {
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
_KNOWN_PREFIXES = ("AWS_LAMBDA_", "AWS_XRAY_", "AWS_ENDPOINT_URL_")
#: The packages whose finders of modules do nothing with a module but find it: those of Python, setuptools, editable
#: installations, virtualenv, six, importlib-metadata and pytest.
_MERE_FINDERS = (
    "_frozen_importlib",
    "_distutils_hack",
    "__editable__",
    "_virtualenv",
    "six",
    "importlib_metadata",
    "_pytest",
)
#: The arguments whose meaning is known here.
_SESSION_ARGUMENTS = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region_name"}
_CLIENT_ARGUMENTS = {"endpoint_url"}


def service_of_environment(settings: Settings) -> Service:
    """The service that *settings* and environment variables name.

    Raises :class:`~dynamorm_boto3.service.NotLean` when boto3 has to be asked. So it is when botocore is imported already, or
    somebody waits for that to happen: something may have been added to it, or would be.
    """
    if "botocore" in sys.modules:
        raise NotLean("botocore is imported already.")
    _refuse_import_hooks()
    _refuse_unknown(settings)
    region = settings.session.get("region_name") or os.environ.get("AWS_DEFAULT_REGION", "")
    if not _REGION.fullmatch(region):
        raise NotLean(f"The region '{region}' is for boto3 to look up.")
    credentials = _credentials(settings.session, os.environ)
    headers = {"User-Agent": user_agent(), "amz-sdk-request": "attempt=1"}
    verify = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True
    return Service(_url(settings, region), region, headers, lambda: credentials, verify)


def refuse_proxies() -> None:
    """Refuses an environment that names a proxy, for any address: which ones it is for is botocore's to decide."""
    if sys.platform in {"darwin", "win32"}:
        from urllib.request import getproxies

        proxies = list(getproxies())
    else:
        proxies = [name for name in os.environ if name.lower().endswith("_proxy") and name.lower() != "no_proxy"]
    if proxies:
        raise NotLean(f"The environment names proxies: {', '.join(proxies)}.")


def trace_header() -> Mapping[str, str]:
    """The header by which AWS Lambda traces the requests of an invocation: "Lambda recursive loop detection"."""
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    if not trace or LAMBDA_VARIABLE not in os.environ:
        return {}
    from urllib.parse import quote

    return {"X-Amzn-Trace-Id": quote(trace, safe="-=;:+&[]{}\"',")}


def _refuse_import_hooks() -> None:
    """Refuses finders that may act when botocore is imported: so tools that trace a program wrap boto3's clients."""
    for finder in sys.meta_path:
        module = getattr(finder, "__module__", type(finder).__module__)
        # Many packages have a copy of six in them.
        if not module.startswith(_MERE_FINDERS) and not module.endswith(".six"):
            raise NotLean(f"The module {module} watches what is imported, and may take part in boto3's requests.")


def _refuse_unknown(settings: Settings) -> None:
    unknown = [
        *(settings.session.keys() - _SESSION_ARGUMENTS),
        *(settings.client.keys() - _CLIENT_ARGUMENTS),
        *(["config"] if settings.configs else []),
    ]
    if unknown:
        raise NotLean(f"The options {', '.join(sorted(unknown))} are for boto3 to read.")
    if variables := list(filter(_is_unknown, os.environ)):
        raise NotLean(f"The environment variables {', '.join(sorted(variables))} are for boto3 to read.")
    refuse_proxies()
    files = (
        os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"),
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        # Definitions of services that are read in place of botocore's own.
        "~/.aws/models",
    )
    for file in files:
        if os.path.exists(os.path.expanduser(file)):
            raise NotLean(f"The file {file} is for boto3 to read.")


def _is_unknown(variable: str) -> bool:
    if variable.startswith("AWS_"):
        return variable not in _KNOWN and not variable.startswith(_KNOWN_PREFIXES)
    return variable.startswith("BOTO")


def _credentials(arguments: Mapping[str, str], environment: Mapping[str, str]) -> Credentials:
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    given = [arguments.get(name) for name in names]
    access_key, secret_key, token = given if any(given) else [environment.get(name.upper()) for name in names]
    if not access_key or not secret_key:
        raise NotLean("The environment has no pair of keys.")
    return Credentials(access_key, secret_key, token or None)


def _url(settings: Settings, region: str) -> str:
    url = (
        settings.client.get("endpoint_url")
        or os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
        or os.environ.get("AWS_ENDPOINT_URL")
    )
    if not url:
        return f"https://dynamodb.{region}.amazonaws.com/"
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
        or parts.username is not None
    ):
        raise NotLean("The URL of the endpoint is for boto3 to read.")
    return f"{parts.scheme}://{parts.netloc}/"
