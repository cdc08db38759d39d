"""The environment variables of the machine, which tests must not depend on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def without_settings_of_the_machine(missing: Path) -> Iterator[None]:
    """Keep the machine's own settings of AWS, of proxies and of DynamORM away. *missing* is a path that does not exist."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.upper().startswith(("AWS_", "BOTO_")) or name in {"DYNAMORM_URL", "DYNAMORM_TABLE_PREFIX"}:
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(missing))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(missing))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield
