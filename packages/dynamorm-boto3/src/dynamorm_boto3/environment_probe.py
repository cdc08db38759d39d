"""Find out from options and environment variables alone where requests go, so that a program need not import boto3.

boto3 takes a tenth of a second to import, and longer to make a client. If options and environment variables say
everything, as in AWS Lambda, they are read here, by the rules of "Configuration" and "Credentials" in boto3's
documentation. If anything else could matter, boto3 is asked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from dynamorm_boto3.checks import ENVIRONMENT_CHECKS, refuse
from dynamorm_boto3.credentials import FixedCredentials
from dynamorm_boto3.endpoint import DirectPathRefused, Endpoint
from dynamorm_boto3.findings import credentials_of, region_of, url_of
from dynamorm_boto3.http import from_signal_handler
from dynamorm_boto3.installed import installed_version, minor_version
from dynamorm_boto3.settings import Settings
from dynamorm_boto3.signing import Credentials
from dynamorm_boto3.user_agent import user_agent

#: The variable that AWS Lambda sets.
LAMBDA_VARIABLE = "AWS_LAMBDA_FUNCTION_NAME"

#: Since this version of botocore the retry mode is "standard" unless it is set, and requests tell how often they may be
#: sent.
_WITH_MAXIMUM = (1, 44)


def endpoint_of_environment(settings: Settings) -> Endpoint:
    """Return the endpoint that *settings* and environment variables name.

    Raises :class:`~dynamorm_boto3.endpoint.DirectPathRefused` when boto3 has to be asked.
    """
    try:
        refuse(ENVIRONMENT_CHECKS, settings)
        return _service(settings)
    except DirectPathRefused:
        raise
    except Exception as error:
        if from_signal_handler(error) is not None:
            raise
        raise DirectPathRefused(f"The settings can't be read without boto3: {type(error).__name__} (other).") from error


def _service(settings: Settings) -> Endpoint:
    region = region_of(settings)
    access_key, secret_key, token = credentials_of(settings)
    credentials = Credentials(access_key or "", secret_key or "", token or None)
    url = urlsplit(url_of(settings) or f"https://dynamodb.{region}.amazonaws.com")
    botocore = installed_version("botocore")
    # As boto3's client writes it: botocore's session adds its own name and version.
    agent = f"{user_agent('Boto3/' + installed_version('boto3'))} Botocore/{botocore}"
    attempt = "attempt=1; max=4" if minor_version(botocore) >= _WITH_MAXIMUM else "attempt=1"
    headers = {"User-Agent": agent, "amz-sdk-request": attempt}
    verify = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True
    return Endpoint(f"{url.scheme}://{url.netloc}/", region, headers, FixedCredentials(credentials), verify)


def trace_header() -> Mapping[str, str]:
    """Return the header with which AWS Lambda detects recursive loops, if the program runs there."""
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    if not trace or LAMBDA_VARIABLE not in os.environ:
        return {}
    from urllib.parse import quote

    return {"X-Amzn-Trace-Id": quote(trace, safe="-=;:+&[]{}\"',")}
