"""``dynamorm browse`` of models whose tables are not all in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import WriteRefused
from dynamorm.operate import ReadOnly
from dynamorm_cli.browsing.catalogue import Catalogue
from dynamorm_cli.browsing.meter import Meter
from dynamorm_cli.browsing.pages import Pages
from tests.support import shelf


def test_a_table_that_is_elsewhere_is_told_apart_and_only_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/pinned.db"

    class Pinned(DynaModel):
        class Table:
            name = "pinned"
            hash_key = "id"
            backend = url

        class Schema:
            id: str

    Pinned.__table__.create()
    Pinned.put({"id": "1"})
    with dynamorm.using(ReadOnly("sqlite:///:memory:")) as connection:
        page = Pages(Catalogue([Pinned, shelf.Author]), Meter(), connection.describe(), pytest.fail)
        shown = page.response_to("/").body.decode()
        assert re.findall(r'<p class="target">(.*?)</p>', shown) == [url]
        shown = page.response_to("/t/Pinned?scan=yes").body.decode()
        assert f">{url}</span>" in shown
        assert "1</b> item" in shown
        with pytest.raises(WriteRefused):
            Pinned.put({"id": "2"})
