"""The user agent of requests."""

from __future__ import annotations

import os
import sys

from dynamorm_boto3.__about__ import __version__


def user_agent(*libraries: str) -> str:
    """Return the header ``User-Agent``, with DynamORM, its *libraries*, Python and AWS's execution environment."""
    environment = os.environ.get("AWS_EXECUTION_ENV")
    parts = [f"DynamORM/{__version__}", *libraries, f"lang/python#{'.'.join(map(str, sys.version_info[:3]))}"]
    return " ".join([*parts, f"exec-env/{environment}"] if environment else parts)
