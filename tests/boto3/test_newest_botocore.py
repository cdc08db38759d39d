"""The newest version of botocore whose requests are known."""

from __future__ import annotations

import botocore

from dynamorm_boto3.findings import NEWEST_BOTOCORE
from dynamorm_boto3.installed import installed_version, minor_version


def test_newest_botocore_is_tested() -> None:
    """A newer one has programs import boto3 where they would start without it, until it was looked at."""
    assert minor_version(botocore.__version__) <= NEWEST_BOTOCORE, (
        f"botocore {botocore.__version__} is newer than the newest tested one. Run tests/boto3 with it, once as they are and once "
        "with NEWEST_BOTOCORE in dynamorm_boto3/findings.py raised to its minor version. If test_direct_choice.py passes (it compares "
        "headers, regions and variables with botocore's), keep the raised version; if not, teach environment.py what is new."
    )


def test_installed_versions_are_found_without_an_import() -> None:
    assert installed_version("botocore") == botocore.__version__
    assert installed_version("boto3")
    assert installed_version("no_such_package") == ""
    assert installed_version("email") == "", "It has no version of its own."
    assert minor_version("1.44.8") == (1, 44)
    assert minor_version("unknown") == (0, 0)
