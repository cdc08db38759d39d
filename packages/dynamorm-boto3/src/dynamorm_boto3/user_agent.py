"""What requests say of the program that sends them."""

from __future__ import annotations

import os
import sys

from dynamorm_boto3.__about__ import __version__


def user_agent(*libraries: str) -> str:
    """The header ``User-Agent``: DynamORM, the *libraries* that it sends with, Python, and where it runs if AWS says so."""
    environment = os.environ.get("AWS_EXECUTION_ENV")
    parts = [f"DynamORM/{__version__}", *libraries, f"lang/python#{'.'.join(map(str, sys.version_info[:3]))}"]
    return " ".join([*parts, f"exec-env/{environment}"] if environment else parts)
