"""The newest version of botocore whose requests are known."""

from __future__ import annotations

import botocore

from dynamorm_boto3.findings import NEWEST_BOTOCORE
from dynamorm_boto3.installed import installed_version, minor_version


def test_newest_botocore_is_tested() -> None:
    """A newer one has programs import boto3 where they would start without it, until it was looked at."""
    assert minor_version(botocore.__version__) <= NEWEST_BOTOCORE, (
        f"botocore {botocore.__version__} is newer than the newest tested version. Raise NEWEST_BOTOCORE in "
        "dynamorm_boto3/findings.py to its minor version and run tests/boto3. test_direct_choice.py compares headers, "
        "regions and variables with botocore's; if it fails, change environment_probe.py accordingly."
    )


def test_installed_versions_are_found_without_an_import() -> None:
    assert installed_version("botocore") == botocore.__version__
    assert installed_version("boto3")
    assert installed_version("no_such_package") == ""
    assert installed_version("email") == "", "It has no version of its own."
    assert minor_version("1.44.8") == (1, 44)
    assert minor_version("unknown") == (0, 0)
