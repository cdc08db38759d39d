"""The backend keeps the promises of a backend, on event loops, too, where the core runs it in threads."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing import BackendConformance
from dynamorm_jsonfile.backend import JsonFileBackend


class TestJsonFileBackend(BackendConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", os.fstat)  # none of these tests is about a loss of power
            with JsonFileBackend(str(tmp_path_factory.mktemp("tables"))) as backend:
                yield backend
